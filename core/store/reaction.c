#include <string.h>

#include "base/clock.h"
#include "store/parts.h"
#include "store/rows.h"

#define REACTION_COLUMNS "SELECT id, {time_read:created_ts}, creator_id, content_id, reaction_type FROM reaction "

static enum status_code read_row(struct arena *arena, const struct db_rows *rows, void *row, struct status *status)
{
    struct store_reaction *out = row;
    (void)status;
    *out = (struct store_reaction){
        .id = (int32_t)db_column_int(rows, 0),
        .created_ts = db_column_int(rows, 1),
        .creator_id = (int32_t)db_column_int(rows, 2),
        .content_id = db_column_text(rows, 3, arena),
        .reaction_type = db_column_text(rows, 4, arena),
    };
    return STATUS_OK;
}

static const struct store_row_kind row_kind = {sizeof(struct store_reaction), read_row};

static enum status_code read_rows(struct db_conn *conn, struct arena *arena, const char *sql,
                                  const struct memora_value *params, uint32_t used, struct store_reaction **out,
                                  size_t *count, struct status *status)
{
    struct store_row_list rows;
    enum status_code code = store_read_rows(conn, arena, sql, params, used, &row_kind, &rows, status);
    *out = rows.items;
    *count = rows.count;
    return code;
}

char *store_reaction_subject(struct arena *arena, const char *memo_uid)
{
    return arena_printf(arena, "memos/%s", memo_uid);
}

static const char **content_ids(struct arena *arena, const char *const *memo_uids, size_t count)
{
    const char **ids = ARENA_ARRAY(arena, const char *, count);
    for (size_t i = 0; i < count; i++)
        ids[i] = store_reaction_subject(arena, memo_uids[i]);
    return ids;
}

struct db_select store_reaction_select(struct arena *arena, const char *const *memo_uids, size_t count)
{
    uint32_t used = 0;
    struct memora_value *params = store_sql_params(arena, count, 1, 0);
    struct buf sql = buf_in(arena);
    buf_add_str(&sql, REACTION_COLUMNS "WHERE content_id IN ");
    store_sql_in_text(&sql, params, &used, content_ids(arena, memo_uids, count), count);
    buf_add_str(&sql, " ORDER BY id");
    return (struct db_select){buf_str(&sql), params, used};
}

enum status_code store_reaction_collect(struct arena *arena, struct db_rows *rows, struct store_reaction **out,
                                        size_t *out_count, struct status *status)
{
    struct store_row_list found;
    enum status_code code = store_collect_rows(arena, rows, &row_kind, &found, status);
    *out = found.items;
    *out_count = found.count;
    return code;
}

enum status_code store_reaction_list(struct db_conn *conn, struct arena *arena, const char *const *memo_uids,
                                     size_t count, struct store_reaction **out, size_t *out_count,
                                     struct status *status)
{
    *out = NULL;
    *out_count = 0;
    if (count == 0)
        return STATUS_OK;
    if (count > STORE_IN_MAX)
        return status_set(status, STATUS_INTERNAL, "too many memos in one look-up of reactions: %zu", count);
    struct db_select select = store_reaction_select(arena, memo_uids, count);
    return read_rows(conn, arena, select.sql, select.params, select.count, out, out_count, status);
}

enum status_code store_reaction_get(struct db_conn *conn, struct arena *arena, int32_t id, struct store_reaction *out,
                                    struct status *status)
{
    const struct memora_value param = db_int(id);
    struct store_reaction *found;
    size_t count;
    enum status_code code = read_rows(conn, arena, REACTION_COLUMNS "WHERE id = ?", &param, 1, &found, &count, status);
    if (code)
        return code;
    if (count == 0)
        return status_set(status, STATUS_NOT_FOUND, "reaction not found");
    *out = found[0];
    return STATUS_OK;
}

enum status_code store_reaction_upsert(struct db_conn *conn, struct arena *arena, struct store_reaction *reaction,
                                       struct status *status)
{
    const struct memora_value key[] = {db_int(reaction->creator_id), db_text(reaction->content_id),
                                       db_text(reaction->reaction_type)};
    struct store_reaction *found;
    size_t count;
    enum status_code code =
        read_rows(conn, arena, REACTION_COLUMNS "WHERE creator_id = ? AND content_id = ? AND reaction_type = ?", key, 3,
                  &found, &count, status);
    if (code)
        return code;
    /* Some collations of MySQL take all emoji for the same; then the key has no room for both. */
    if (count && strcmp(found[0].reaction_type, reaction->reaction_type) != 0)
        return status_set(status, STATUS_ALREADY_EXISTS, "the database cannot tell this reaction from \"%s\"",
                          found[0].reaction_type);
    if (count) {
        *reaction = found[0];
        return STATUS_OK;
    }
    int64_t id;
    reaction->created_ts = clock_wall_s();
    const struct memora_value params[] = {key[0], key[1], key[2], db_int(reaction->created_ts)};
    code = db_insert(conn,
                     "INSERT INTO reaction (creator_id, content_id, reaction_type, created_ts) "
                     "VALUES (?, ?, ?, {time_write:?})",
                     params, 4, &id, status);
    if (!code)
        reaction->id = (int32_t)id;
    return code;
}

enum status_code store_reaction_delete(struct db_conn *conn, int32_t id, struct status *status)
{
    const struct memora_value param = db_int(id);
    return db_exec(conn, "DELETE FROM reaction WHERE id = ?", &param, 1, NULL, status);
}

enum status_code store_reaction_delete_of_memos(struct db_conn *conn, struct arena *arena, const char *const *memo_uids,
                                                size_t count, struct status *status)
{
    struct memora_value *params = store_sql_params(arena, count, 1, 0);
    struct buf sql = buf_in(arena);
    uint32_t used = 0;
    buf_add_str(&sql, "DELETE FROM reaction WHERE content_id IN ");
    store_sql_in_text(&sql, params, &used, content_ids(arena, memo_uids, count), count);
    return db_exec(conn, buf_str(&sql), params, used, NULL, status);
}
