#include "store/move.h"

#include <string.h>

#define MARKER "MEMORA_UNFINISHED_COPY"

enum {
    PARAMS_MAX = 4000 /* of one INSERT: more of them gain nothing */
};

static bool is_settings(const struct store_move_table *table)
{
    return table == &store_move_tables[STORE_MOVE_SETTING];
}

static void add_key(struct buf *sql, const struct store_move_table *table)
{
    for (unsigned i = 0; i < table->keys; i++)
        buf_printf(sql, "%s`%s`", i ? ", " : "", table->column[i].name);
}

static const char *page_sql(struct arena *arena, const struct store_move_table *table, bool after)
{
    struct buf sql = buf_in(arena);
    buf_add_str(&sql, "SELECT ");
    for (unsigned i = 0; i < table->columns; i++)
        buf_printf(&sql, table->column[i].kind == STORE_MOVE_TIME ? "%s{time_read:`%s`}" : "%s`%s`", i ? ", " : "",
                   table->column[i].name);
    buf_printf(&sql, " FROM `%s`", table->name);
    if (is_settings(table))
        buf_add_str(&sql, " WHERE `name` <> '" MARKER "'");
    if (after) {
        buf_add_str(&sql, is_settings(table) ? " AND (" : " WHERE (");
        add_key(&sql, table);
        buf_add_str(&sql, ") > (");
        db_sql_marks(&sql, table->keys);
        buf_add_char(&sql, ')');
    }
    buf_add_str(&sql, " ORDER BY ");
    add_key(&sql, table);
    buf_add_str(&sql, " LIMIT ?");
    return buf_str(&sql);
}

static struct memora_value read_value(struct arena *arena, const struct db_rows *rows, uint32_t index,
                                      const struct store_move_column *column)
{
    size_t length;
    if (db_column_null(rows, index))
        return db_null();
    switch (column->kind) {
    case STORE_MOVE_INT:
    case STORE_MOVE_TIME:
        return db_int(db_column_int(rows, index));
    case STORE_MOVE_BOOL:
        return db_bool(db_column_bool(rows, index));
    default:
        break;
    }
    const char *text = db_column_bytes(rows, index, arena, &length);
    return db_text_n(text, length);
}

enum status_code store_move_page(struct db_conn *conn, struct arena *arena, const struct store_move_table *table,
                                 const struct store_move_row *after, uint32_t limit, struct store_move_row **out,
                                 size_t *count, struct status *status)
{
    struct memora_value params[STORE_MOVE_COLUMNS_MAX];
    struct db_rows *rows;
    struct status problem = {0};
    uint32_t used = 0;
    for (; after && used < table->keys; used++)
        params[used] = after->values[used];
    params[used++] = db_int(limit);
    *out = ARENA_ARRAY(arena, struct store_move_row, limit);
    *count = 0;
    enum status_code code = db_query(conn, page_sql(arena, table, after != NULL), params, used, &rows, status);
    if (code)
        return code;
    while (*count < limit && db_next(rows, &problem)) {
        struct store_move_row *row = &(*out)[(*count)++];
        for (uint32_t i = 0; i < table->columns; i++)
            row->values[i] = read_value(arena, rows, i, &table->column[i]);
    }
    db_rows_close(rows);
    return problem.code ? status_set(status, problem.code, "%s", problem.message) : STATUS_OK;
}

static enum status_code query_int(struct db_conn *conn, const char *sql, int64_t *out, struct status *status)
{
    struct db_rows *rows;
    struct status problem = {0};
    enum status_code code = db_query(conn, sql, NULL, 0, &rows, status);
    if (code)
        return code;
    *out = db_next(rows, &problem) ? db_column_int(rows, 0) : 0;
    db_rows_close(rows);
    return problem.code ? status_set(status, problem.code, "%s", problem.message) : STATUS_OK;
}

enum status_code store_move_count(struct db_conn *conn, const struct store_move_table *table, int64_t *count,
                                  struct status *status)
{
    struct arena *arena = arena_create();
    const char *sql = arena_printf(arena, "SELECT COUNT(*) FROM `%s`%s", table->name,
                                   is_settings(table) ? " WHERE `name` <> '" MARKER "'" : "");
    enum status_code code = query_int(conn, sql, count, status);
    arena_destroy(arena);
    return code;
}

static const char *insert_sql(struct arena *arena, const struct store_move_table *table, bool with_bytes, size_t count)
{
    struct buf sql = buf_in(arena);
    buf_printf(&sql, "INSERT INTO `%s` (", table->name);
    for (unsigned i = 0; i < table->columns; i++)
        buf_printf(&sql, "%s`%s`", i ? ", " : "", table->column[i].name);
    buf_add_str(&sql, with_bytes ? ", `blob`) VALUES " : ") VALUES ");
    for (size_t row = 0; row < count; row++) {
        buf_add_str(&sql, row ? ", (" : "(");
        for (unsigned i = 0; i < table->columns; i++) {
            buf_add_str(&sql, i ? ", " : "");
            buf_add_str(&sql, table->column[i].kind == STORE_MOVE_TIME ? "{time_write:?}" : "?");
        }
        buf_add_str(&sql, with_bytes ? ", ?)" : ")");
    }
    return buf_str(&sql);
}

enum status_code store_move_insert(struct db_conn *conn, struct arena *arena, const struct store_move_table *table,
                                   const struct store_move_row *rows, size_t count, struct status *status)
{
    bool with_bytes = table == &store_move_tables[STORE_MOVE_ATTACHMENT];
    unsigned columns = table->columns + (with_bytes ? 1 : 0);
    size_t at_once = (db_max_params(conn) < PARAMS_MAX ? db_max_params(conn) : PARAMS_MAX) / columns;
    struct memora_value *params = arena_alloc(arena, PARAMS_MAX * sizeof *params);
    for (size_t at = 0; at < count;) {
        size_t n = count - at < at_once ? count - at : at_once;
        uint32_t used = 0;
        for (size_t i = 0; i < n; i++) {
            const struct store_move_row *row = &rows[at + i];
            memcpy(params + used, row->values, table->columns * sizeof *params);
            used += table->columns;
            if (with_bytes)
                params[used++] = row->has_bytes ? db_blob(row->bytes, row->bytes_length) : db_null();
        }
        enum status_code code = db_exec(conn, insert_sql(arena, table, with_bytes, n), params, used, NULL, status);
        if (code)
            return code;
        at += n;
    }
    return STATUS_OK;
}

enum status_code store_move_clear(struct db_conn *conn, const struct store_move_table *table, struct status *status)
{
    struct arena *arena = arena_create();
    const char *sql = arena_printf(arena, "DELETE FROM `%s`%s", table->name,
                                   is_settings(table) ? " WHERE `name` <> '" MARKER "'" : "");
    enum status_code code = db_exec(conn, sql, NULL, 0, NULL, status);
    arena_destroy(arena);
    return code;
}

enum status_code store_move_marker_get(struct db_conn *conn, struct arena *arena, const char **text,
                                       struct status *status)
{
    struct db_rows *rows;
    struct status problem = {0};
    enum status_code code =
        db_query(conn, "SELECT `value` FROM `system_setting` WHERE `name` = '" MARKER "'", NULL, 0, &rows, status);
    if (code)
        return code;
    *text = db_next(rows, &problem) ? db_column_text(rows, 0, arena) : NULL;
    db_rows_close(rows);
    return problem.code ? status_set(status, problem.code, "%s", problem.message) : STATUS_OK;
}

enum status_code store_move_marker_set(struct db_conn *conn, const char *text, struct status *status)
{
    struct memora_value param = db_text(text);
    if (!text)
        return db_exec(conn, "DELETE FROM `system_setting` WHERE `name` = '" MARKER "'", NULL, 0, NULL, status);
    return db_exec(conn,
                   "INSERT INTO `system_setting` (`name`, `value`, `description`) VALUES ('" MARKER "', ?, '') "
                   "{upsert:`name`|`value`}",
                   &param, 1, NULL, status);
}

enum status_code store_move_check_complete(struct db *db, struct status *status)
{
    struct db_conn *conn;
    const char *marker = NULL;
    struct arena *arena = arena_create();
    enum status_code code = db_read_begin(db, &conn, status);
    if (code == STATUS_OK) {
        code = store_move_marker_get(conn, arena, &marker, status);
        db_read_end(conn);
    }
    if (code == STATUS_OK && marker)
        code = status_set(status, STATUS_FAILED_PRECONDITION,
                          "a copy or restore into this database was not finished; run the same command again");
    arena_destroy(arena);
    return code;
}
