#include <stdlib.h>
#include <string.h>

#include "store/parts.h"
#include "store/rows.h"

enum { VIEWER_PARAMS = 4 }; /* who looks, for both ends of both directions */

static void add_side(struct buf *sql, const char *direction, const char *column, bool with_content)
{
    buf_add_str(sql, "SELECT ");
    buf_add_str(sql, direction);
    buf_add_str(sql, " AS direction, r.memo_id, r.related_memo_id, r.type, source.uid AS source_uid, "
                     "target.uid AS target_uid");
    if (with_content)
        buf_add_str(sql, ", source.content AS source_content, target.content AS target_content");
    buf_add_str(sql, " FROM memo_relation AS r JOIN memo AS source ON source.id = r.memo_id "
                     "JOIN memo AS target ON target.id = r.related_memo_id WHERE r.");
    buf_add_str(sql, column);
}

static void add_visible(struct buf *sql, const char *memo, const struct store_viewer *viewer,
                        struct memora_value *params, uint32_t *used)
{
    if (viewer->kind == STORE_VIEWER_ALL)
        return;
    if (viewer->kind == STORE_VIEWER_ANYONE_PUBLIC) {
        buf_add_str(sql, " AND ");
        buf_add_str(sql, memo);
        buf_add_str(sql, ".visibility = 'PUBLIC'");
        return;
    }
    buf_add_str(sql, " AND (");
    buf_add_str(sql, memo);
    buf_add_str(sql, ".creator_id = ? OR ");
    buf_add_str(sql, memo);
    buf_add_str(sql, ".visibility IN ('PUBLIC', 'PROTECTED'))");
    params[(*used)++] = db_int(viewer->user_id);
}

static enum status_code read_plain_row(struct arena *arena, const struct db_rows *rows, void *row,
                                       struct status *status)
{
    struct store_relation *out = row;
    bool comment = strcmp(db_column_text(rows, 3, arena), "COMMENT") == 0;
    (void)status;
    *out = (struct store_relation){
        .type = comment ? STORE_RELATION_COMMENT : STORE_RELATION_REFERENCE,
        .incoming = db_column_int(rows, 0) == 2,
        .memo_id = (int32_t)db_column_int(rows, 1),
        .related_memo_id = (int32_t)db_column_int(rows, 2),
        .memo_uid = db_column_text(rows, 4, arena),
        .related_memo_uid = db_column_text(rows, 5, arena),
        .memo_content = "",
        .related_memo_content = "",
    };
    return STATUS_OK;
}

static enum status_code read_full_row(struct arena *arena, const struct db_rows *rows, void *row, struct status *status)
{
    struct store_relation *out = row;
    read_plain_row(arena, rows, row, status);
    out->memo_content = db_column_bytes(rows, 6, arena, &out->memo_content_length);
    out->related_memo_content = db_column_bytes(rows, 7, arena, &out->related_memo_content_length);
    return STATUS_OK;
}

/* Outgoing ones first, then by the newest source. Sorted here: an ORDER BY over the two halves costs the database more
 * than finding the rows, of which there are few. */
static int compare(const struct store_relation *left, const struct store_relation *right)
{
    if (left->incoming != right->incoming)
        return left->incoming ? 1 : -1;
    return (left->memo_id < right->memo_id) - (left->memo_id > right->memo_id);
}

static int by_oldest_target(const void *a, const void *b)
{
    const struct store_relation *left = a, *right = b;
    int order = compare(left, right);
    return order ? order
                 : (left->related_memo_id > right->related_memo_id) - (left->related_memo_id < right->related_memo_id);
}

static int by_newest_target(const void *a, const void *b)
{
    const struct store_relation *left = a, *right = b;
    int order = compare(left, right);
    return order ? order
                 : (left->related_memo_id < right->related_memo_id) - (left->related_memo_id > right->related_memo_id);
}

struct db_select store_relation_select(struct db_conn *conn, struct arena *arena, const int32_t *memo_ids, size_t count,
                                       const struct store_viewer *viewer, bool with_content)
{
    uint32_t used = 0;
    struct memora_value *params = store_sql_params(arena, count, 2, VIEWER_PARAMS);
    struct buf sql = buf_in(arena);
    add_side(&sql, "1", "memo_id", with_content);
    store_sql_near(conn, &sql, params, &used, memo_ids, count);
    add_visible(&sql, "source", viewer, params, &used);
    add_visible(&sql, "target", viewer, params, &used);
    buf_add_str(&sql, " UNION ALL ");
    add_side(&sql, "2", "related_memo_id", with_content);
    store_sql_near(conn, &sql, params, &used, memo_ids, count);
    add_visible(&sql, "source", viewer, params, &used);
    add_visible(&sql, "target", viewer, params, &used);
    return (struct db_select){buf_str(&sql), params, used};
}

enum status_code store_relation_collect(struct arena *arena, struct db_rows *rows, const int32_t *memo_ids,
                                        size_t count, bool with_content, struct store_relation **out, size_t *out_count,
                                        struct status *status)
{
    static const struct store_row_kind plain = {sizeof(struct store_relation), read_plain_row};
    static const struct store_row_kind full = {sizeof(struct store_relation), read_full_row};
    struct store_row_list found;
    enum status_code code = store_collect_rows(arena, rows, with_content ? &full : &plain, &found, status);
    *out = found.items;
    *out_count = 0;
    for (size_t i = 0; i < found.count; i++)
        if (store_ids_have(memo_ids, count, (*out)[i].incoming ? (*out)[i].related_memo_id : (*out)[i].memo_id))
            (*out)[(*out_count)++] = (*out)[i];
    if (*out_count > 1)
        qsort(*out, *out_count, sizeof **out, with_content ? by_oldest_target : by_newest_target);
    return code;
}

enum status_code store_relation_list(struct db_conn *conn, struct arena *arena, const int32_t *memo_ids, size_t count,
                                     const struct store_viewer *viewer, bool with_content, struct store_relation **out,
                                     size_t *out_count, struct status *status)
{
    *out = NULL;
    *out_count = 0;
    if (count == 0)
        return STATUS_OK;
    if (count > STORE_IN_MAX)
        return status_set(status, STATUS_INTERNAL, "too many memos in one look-up of relations: %zu", count);
    struct db_select select = store_relation_select(conn, arena, memo_ids, count, viewer, with_content);
    struct db_rows *rows;
    enum status_code code = db_query(conn, select.sql, select.params, select.count, &rows, status);
    if (code)
        return code;
    code = store_relation_collect(arena, rows, memo_ids, count, with_content, out, out_count, status);
    db_rows_close(rows);
    return code;
}

static const char *type_name(enum store_relation_type type)
{
    return type == STORE_RELATION_COMMENT ? "COMMENT" : "REFERENCE";
}

enum status_code store_relation_add(struct db_conn *conn, int32_t memo_id, int32_t related_memo_id,
                                    enum store_relation_type type, struct status *status)
{
    const struct memora_value params[] = {db_int(memo_id), db_int(related_memo_id), db_text(type_name(type))};
    return db_exec(conn,
                   "INSERT INTO memo_relation (memo_id, related_memo_id, type) VALUES (?, ?, ?) "
                   "{upsert:memo_id, related_memo_id, type|type}",
                   params, 3, NULL, status);
}

enum status_code store_relation_delete_references(struct db_conn *conn, int32_t memo_id, struct status *status)
{
    const struct memora_value param = db_int(memo_id);
    return db_exec(conn, "DELETE FROM memo_relation WHERE memo_id = ? AND type = 'REFERENCE'", &param, 1, NULL, status);
}

enum status_code store_relation_delete_of_memos(struct db_conn *conn, struct arena *arena, const int32_t *ids,
                                                size_t count, struct status *status)
{
    struct memora_value *params = store_sql_params(arena, count, 2, 0);
    struct buf sql = buf_in(arena);
    uint32_t used = 0;
    buf_add_str(&sql, "DELETE FROM memo_relation WHERE memo_id IN ");
    store_sql_in(&sql, params, &used, ids, count);
    buf_add_str(&sql, " OR related_memo_id IN ");
    store_sql_in(&sql, params, &used, ids, count);
    return db_exec(conn, buf_str(&sql), params, used, NULL, status);
}
