#include <string.h>

#include "codec/codec.h"
#include "store/parts.h"
#include "store/rows.h"

enum {
    COL_ID,
    COL_UID,
    COL_CREATOR,
    COL_CREATED,
    COL_UPDATED,
    COL_FILENAME,
    COL_TYPE,
    COL_SIZE,
    COL_MEMO,
    COL_MEMO_UID,
    COL_STORAGE,
    COL_REFERENCE,
    COL_PAYLOAD
};

/* Everything but the bytes. */
#define SELECT_ATTACHMENT                                                                                              \
    "SELECT attachment.id, attachment.uid, attachment.creator_id, {time_read:attachment.created_ts}, "                 \
    "{time_read:attachment.updated_ts}, attachment.filename, attachment.type, attachment.size, attachment.memo_id, "   \
    "memo.uid, attachment.storage_type, attachment.reference, attachment.payload FROM attachment "                     \
    "LEFT JOIN memo ON memo.id = attachment.memo_id "
#define ORDER_ATTACHMENT " ORDER BY attachment.updated_ts DESC, attachment.id DESC"

static enum store_attachment_storage storage_parse(const char *text)
{
    if (strcmp(text, "LOCAL") == 0)
        return STORE_ATTACHMENT_LOCAL;
    if (strcmp(text, "S3") == 0)
        return STORE_ATTACHMENT_S3;
    return strcmp(text, "EXTERNAL") == 0 ? STORE_ATTACHMENT_EXTERNAL : STORE_ATTACHMENT_DATABASE;
}

static enum status_code read_row(struct arena *arena, const struct db_rows *rows, void *row, struct status *status)
{
    struct store_attachment *attachment = row;
    *attachment = (struct store_attachment){
        .id = (int32_t)db_column_int(rows, COL_ID),
        .uid = db_column_text(rows, COL_UID, arena),
        .creator_id = (int32_t)db_column_int(rows, COL_CREATOR),
        .created_ts = db_column_int(rows, COL_CREATED),
        .updated_ts = db_column_int(rows, COL_UPDATED),
        .filename = db_column_text(rows, COL_FILENAME, arena),
        .type = db_column_text(rows, COL_TYPE, arena),
        .size = db_column_int(rows, COL_SIZE),
        .memo_id = (int32_t)db_column_int(rows, COL_MEMO),
        .memo_uid = db_column_null(rows, COL_MEMO_UID) ? NULL : db_column_text(rows, COL_MEMO_UID, arena),
        .storage = storage_parse(db_column_text(rows, COL_STORAGE, arena)),
        .reference = db_column_text(rows, COL_REFERENCE, arena),
    };
    size_t length;
    const char *text = db_column_bytes(rows, COL_PAYLOAD, arena, &length);
    ProtobufCMessage *payload;
    struct status problem = {0};
    if (codec_read_json(arena, &memos__store__attachment_payload__descriptor, text, length, NULL, &payload, &problem))
        return status_set(status, STATUS_INTERNAL, "bad payload of attachment %d: %s", attachment->id, problem.message);
    attachment->payload = (const Memos__Store__AttachmentPayload *)payload;
    return STATUS_OK;
}

static const struct store_row_kind row_kind = {sizeof(struct store_attachment), read_row};

static enum status_code read_rows(struct db_conn *conn, struct arena *arena, const char *sql,
                                  const struct memora_value *params, uint32_t param_count,
                                  struct store_attachment **out, size_t *count, struct status *status)
{
    struct store_row_list rows;
    enum status_code code = store_read_rows(conn, arena, sql, params, param_count, &row_kind, &rows, status);
    *out = rows.items;
    *count = rows.count;
    return code;
}

enum status_code store_attachment_get(struct db_conn *conn, struct arena *arena, const char *uid,
                                      struct store_attachment *out, struct status *status)
{
    struct store_attachment *found;
    size_t count;
    const struct memora_value param = db_text(uid);
    enum status_code code =
        read_rows(conn, arena, SELECT_ATTACHMENT "WHERE attachment.uid = ?", &param, 1, &found, &count, status);
    if (code)
        return code;
    if (count == 0)
        return status_set(status, STATUS_NOT_FOUND, "attachment not found");
    *out = found[0];
    return STATUS_OK;
}

enum status_code store_attachment_get_many(struct db_conn *conn, struct arena *arena, const char *const *uids,
                                           size_t uid_count, struct store_attachment **out, size_t *count,
                                           struct status *status)
{
    *out = NULL;
    *count = 0;
    if (uid_count == 0)
        return STATUS_OK;
    if (uid_count > STORE_IN_MAX)
        return status_set(status, STATUS_INTERNAL, "too many attachments in one look-up: %zu", uid_count);
    uint32_t used = 0;
    struct memora_value *params = store_sql_params(arena, uid_count, 1, 0);
    struct buf sql = buf_in(arena);
    buf_add_str(&sql, SELECT_ATTACHMENT "WHERE attachment.uid IN ");
    store_sql_in_text(&sql, params, &used, uids, uid_count);
    return read_rows(conn, arena, buf_str(&sql), params, used, out, count, status);
}

struct db_select store_attachment_select(struct db_conn *conn, struct arena *arena, const int32_t *memo_ids,
                                         size_t count)
{
    uint32_t used = 0;
    struct memora_value *params = store_sql_params(arena, count, 1, 0);
    struct buf sql = buf_in(arena);
    buf_add_str(&sql, SELECT_ATTACHMENT "WHERE attachment.memo_id");
    store_sql_near(conn, &sql, params, &used, memo_ids, count);
    buf_add_str(&sql, ORDER_ATTACHMENT);
    return (struct db_select){buf_str(&sql), params, used};
}

enum status_code store_attachment_collect(struct arena *arena, struct db_rows *rows, const int32_t *memo_ids,
                                          size_t count, struct store_attachment **out, size_t *out_count,
                                          struct status *status)
{
    struct store_row_list found;
    enum status_code code = store_collect_rows(arena, rows, &row_kind, &found, status);
    *out = found.items;
    *out_count = 0;
    for (size_t i = 0; i < found.count; i++)
        if (store_ids_have(memo_ids, count, (*out)[i].memo_id))
            (*out)[(*out_count)++] = (*out)[i];
    return code;
}

enum status_code store_attachment_list_for_memos(struct db_conn *conn, struct arena *arena, const int32_t *memo_ids,
                                                 size_t memo_count, struct store_attachment **out, size_t *count,
                                                 struct status *status)
{
    *out = NULL;
    *count = 0;
    if (memo_count == 0)
        return STATUS_OK;
    if (memo_count > STORE_IN_MAX)
        return status_set(status, STATUS_INTERNAL, "too many memos in one look-up: %zu", memo_count);
    struct db_select select = store_attachment_select(conn, arena, memo_ids, memo_count);
    struct db_rows *rows;
    enum status_code code = db_query(conn, select.sql, select.params, select.count, &rows, status);
    if (code)
        return code;
    code = store_attachment_collect(arena, rows, memo_ids, memo_count, out, count, status);
    db_rows_close(rows);
    return code;
}

enum status_code store_attachment_list_s3(struct db_conn *conn, struct arena *arena, int32_t after_id, uint32_t limit,
                                          struct store_attachment **out, size_t *count, struct status *status)
{
    const struct memora_value params[] = {db_int(after_id), db_int(limit)};
    return read_rows(conn, arena,
                     SELECT_ATTACHMENT "WHERE attachment.storage_type = 'S3' AND attachment.id > ? "
                                       "ORDER BY attachment.id LIMIT ?",
                     params, 2, out, count, status);
}

enum { FIND_PARAMS = 3 };

enum status_code store_attachment_list(struct db_conn *conn, struct arena *arena,
                                       const struct store_attachment_find *find, struct store_attachment **out,
                                       size_t *count, struct status *status)
{
    uint32_t used = 0, filter_params = find->filter ? find->filter->param_count : 0;
    struct memora_value *params = ARENA_ARRAY(arena, struct memora_value, FIND_PARAMS + filter_params);
    struct buf sql = buf_in(arena);
    buf_add_str(&sql, SELECT_ATTACHMENT "WHERE 1 = 1");
    if (find->creator_id) {
        buf_add_str(&sql, " AND attachment.creator_id = ?");
        params[used++] = db_int(find->creator_id);
    }
    if (find->filter && find->filter->condition[0]) {
        buf_printf(&sql, " AND (%s)", find->filter->condition);
        for (uint32_t i = 0; i < filter_params; i++)
            params[used++] = find->filter->params[i];
    }
    buf_add_str(&sql, ORDER_ATTACHMENT);
    if (find->limit) {
        buf_add_str(&sql, " LIMIT ? OFFSET ?");
        params[used++] = db_int(find->limit);
        params[used++] = db_int((int64_t)find->offset);
    }
    return read_rows(conn, arena, buf_str(&sql), params, used, out, count, status);
}

enum status_code store_attachment_bytes_size(struct db_conn *conn, int32_t id, int64_t *size, struct status *status)
{
    struct db_rows *rows;
    struct status problem = {0};
    const struct memora_value param = db_int(id);
    enum status_code code =
        db_query(conn, "SELECT LENGTH(`blob`) FROM attachment WHERE id = ?", &param, 1, &rows, status);
    if (code)
        return code;
    *size = db_next(rows, &problem) && !db_column_null(rows, 0) ? db_column_int(rows, 0) : -1;
    db_rows_close(rows);
    return problem.code ? status_set(status, problem.code, "%s", problem.message) : STATUS_OK;
}

enum status_code store_attachment_bytes(struct db_conn *conn, struct arena *arena, int32_t id, uint64_t off,
                                        uint64_t len, const char **out, size_t *length, struct status *status)
{
    struct db_rows *rows;
    struct status problem = {0};
    /* SQL counts from 1, and no column is longer than 32 bits can tell. */
    const struct memora_value params[] = {db_int(off < INT32_MAX ? (int64_t)off + 1 : INT32_MAX),
                                          db_int(len < INT32_MAX ? (int64_t)len : INT32_MAX), db_int(id)};
    enum status_code code =
        db_query(conn, "SELECT SUBSTR(`blob`, ?, ?) FROM attachment WHERE id = ?", params, 3, &rows, status);
    if (code)
        return code;
    *out = "";
    *length = 0;
    if (db_next(rows, &problem) && !db_column_null(rows, 0))
        *out = db_column_bytes(rows, 0, arena, length);
    db_rows_close(rows);
    return problem.code ? status_set(status, problem.code, "%s", problem.message) : STATUS_OK;
}
