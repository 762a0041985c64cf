#include "store/attachment.h"

#include "base/clock.h"
#include "codec/codec.h"
#include "store/removal.h"

#define NS_PER_MS 1000000

static const char *storage_name(enum store_attachment_storage storage)
{
    static const char *const names[] = {"", "LOCAL", "S3", "EXTERNAL"};
    return names[storage];
}

static enum status_code write_payload(struct buf *out, const struct store_attachment *attachment, struct status *status)
{
    if (attachment->payload)
        return codec_write_json(out, &attachment->payload->base, CODEC_JSON_SPARSE, status);
    buf_add_str(out, "{}");
    return STATUS_OK;
}

enum status_code store_attachment_insert(struct db_conn *conn, struct arena *arena, struct store_attachment *attachment,
                                         struct status *status)
{
    struct buf payload = buf_in(arena);
    enum status_code code = write_payload(&payload, attachment, status);
    if (code == STATUS_OK && attachment->promise)
        code = store_removal_take_back(conn, attachment->promise, status);
    if (code)
        return code;
    int64_t now = clock_wall_s(), id;
    attachment->created_ts = attachment->updated_ts = now;
    const struct memora_value params[] = {
        db_text(attachment->uid),
        db_int(attachment->creator_id),
        db_int(now),
        db_int(now),
        db_text(attachment->filename),
        attachment->storage == STORE_ATTACHMENT_DATABASE ? db_blob(attachment->bytes, attachment->bytes_length)
                                                         : db_null(),
        db_text(attachment->type),
        db_int(attachment->size),
        attachment->memo_id ? db_int(attachment->memo_id) : db_null(),
        db_text(storage_name(attachment->storage)),
        db_text(attachment->reference),
        db_text_n(buf_str(&payload), payload.len),
    };
    code = db_insert(conn,
                     "INSERT INTO attachment (uid, creator_id, created_ts, updated_ts, filename, `blob`, type, size, "
                     "memo_id, storage_type, reference, payload) "
                     "VALUES (?, ?, {time_write:?}, {time_write:?}, ?, ?, ?, ?, ?, ?, ?, ?)",
                     params, sizeof params / sizeof params[0], &id, status);
    if (code == STATUS_OK && spool_damaged(attachment->spools)) /* while it was decoded, or just now */
        code = status_set(status, STATUS_INTERNAL, "the upload cannot be read again");
    if (code == STATUS_OK)
        attachment->id = (int32_t)id;
    return code;
}

enum status_code store_attachment_update(struct db_conn *conn, int32_t id, const char *filename, int64_t updated_ts,
                                         struct status *status)
{
    if (!filename) {
        const struct memora_value params[] = {db_int(updated_ts), db_int(id)};
        return db_exec(conn, "UPDATE attachment SET updated_ts = {time_write:?} WHERE id = ?", params, 2, NULL, status);
    }
    const struct memora_value params[] = {db_text(filename), db_int(updated_ts), db_int(id)};
    return db_exec(conn, "UPDATE attachment SET filename = ?, updated_ts = {time_write:?} WHERE id = ?", params, 3,
                   NULL, status);
}

enum status_code store_attachment_link(struct db_conn *conn, int32_t id, int32_t memo_id, int64_t updated_ts,
                                       struct status *status)
{
    const struct memora_value params[] = {db_int(memo_id), db_int(updated_ts), db_int(id)};
    return db_exec(conn, "UPDATE attachment SET memo_id = ?, updated_ts = {time_write:?} WHERE id = ?", params, 3, NULL,
                   status);
}

enum status_code store_attachment_relink(struct db_conn *conn, struct arena *arena,
                                         const struct store_attachment *attachment, struct status *status)
{
    struct buf payload = buf_in(arena);
    if (write_payload(&payload, attachment, status))
        return status->code;
    const struct memora_value params[] = {db_text(attachment->reference), db_text_n(buf_str(&payload), payload.len),
                                          db_int(attachment->id)};
    return db_exec(conn, "UPDATE attachment SET reference = ?, payload = ? WHERE id = ?", params, 3, NULL, status);
}

/* Of the attachments those whose rows are there, locked: another server may be deleting the same ones. */
static enum status_code lock_rows(struct db_conn *conn, struct arena *arena, const struct store_attachment *attachments,
                                  size_t count, struct store_attachment *present, size_t *present_count,
                                  struct status *status)
{
    int32_t *ids = ARENA_ARRAY(arena, int32_t, count);
    struct memora_value *params = ARENA_ARRAY(arena, struct memora_value, STORE_IN_MAX);
    struct buf sql = buf_in(arena);
    struct db_rows *rows;
    struct status problem = {0};
    uint32_t used = 0;
    for (size_t i = 0; i < count; i++)
        ids[i] = attachments[i].id;
    buf_add_str(&sql, "SELECT id FROM attachment WHERE id IN ");
    store_sql_in(&sql, params, &used, ids, count);
    buf_add_str(&sql, " {for_update}");
    enum status_code code = db_query(conn, buf_str(&sql), params, used, &rows, status);
    if (code)
        return code;
    *present_count = 0;
    while (db_next(rows, &problem))
        for (size_t i = 0; i < count; i++)
            if (attachments[i].id == db_column_int(rows, 0) && *present_count < count)
                present[(*present_count)++] = attachments[i];
    db_rows_close(rows);
    return problem.code ? status_set(status, problem.code, "%s", problem.message) : STATUS_OK;
}

enum status_code store_attachment_delete(struct db_conn *conn, struct arena *arena,
                                         const struct store_attachment *attachments, size_t count, size_t *deleted,
                                         struct status *status)
{
    size_t present_count = 0;
    if (deleted)
        *deleted = 0;
    if (count == 0)
        return STATUS_OK;
    if (count > STORE_IN_MAX)
        return status_set(status, STATUS_INTERNAL, "too many attachments in one statement: %zu", count);
    struct store_attachment *present = ARENA_ARRAY(arena, struct store_attachment, count);
    if (lock_rows(conn, arena, attachments, count, present, &present_count, status))
        return status->code;
    if (present_count == 0)
        return STATUS_OK;
    int32_t *ids = ARENA_ARRAY(arena, int32_t, present_count);
    for (size_t i = 0; i < present_count; i++)
        ids[i] = present[i].id;
    struct memora_value *params = ARENA_ARRAY(arena, struct memora_value, STORE_IN_MAX);
    struct buf sql = buf_in(arena);
    uint32_t used = 0;
    buf_add_str(&sql, "DELETE FROM attachment WHERE id IN ");
    store_sql_in(&sql, params, &used, ids, present_count);
    enum status_code code = db_exec(conn, buf_str(&sql), params, used, NULL, status);
    if (deleted)
        *deleted = present_count;
    return code ? code : store_removal_add(conn, arena, present, present_count, clock_wall_ns() / NS_PER_MS, status);
}
