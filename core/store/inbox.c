#include "store/inbox.h"

#include "base/clock.h"
#include "codec/codec.h"
#include "store/rows.h"

#define INBOX_SELECT "SELECT id, {time_read:created_ts}, sender_id, receiver_id, status, message FROM inbox "

static const char *status_name(enum store_inbox_status value)
{
    return value == STORE_INBOX_ARCHIVED ? "ARCHIVED" : "UNREAD";
}

enum status_code store_inbox_create(struct db_conn *conn, struct arena *arena, struct store_inbox *inbox,
                                    struct status *status)
{
    struct buf json = buf_in(arena);
    enum status_code code = codec_write_json(&json, &inbox->message->base, CODEC_JSON_SPARSE, status);
    if (code)
        return code;
    int64_t id = 0;
    inbox->created_ts = clock_wall_s();
    const struct memora_value params[] = {db_int(inbox->created_ts), db_int(inbox->sender_id),
                                          db_int(inbox->receiver_id), db_text(status_name(inbox->status)),
                                          db_text_n(buf_str(&json), json.len)};
    code = db_insert(conn,
                     "INSERT INTO inbox (created_ts, sender_id, receiver_id, status, message) "
                     "VALUES ({time_write:?}, ?, ?, ?, ?)",
                     params, sizeof params / sizeof params[0], &id, status);
    inbox->id = (int32_t)id;
    return code;
}

static enum status_code read_row(struct arena *arena, const struct db_rows *rows, void *row, struct status *status)
{
    struct store_inbox *out = row;
    size_t length = 0;
    char *json = db_column_bytes(rows, 5, arena, &length);
    ProtobufCMessage *message = NULL;
    struct status problem = {0};
    *out = (struct store_inbox){
        .id = (int32_t)db_column_int(rows, 0),
        .created_ts = db_column_int(rows, 1),
        .sender_id = (int32_t)db_column_int(rows, 2),
        .receiver_id = (int32_t)db_column_int(rows, 3),
        .status = strcmp(db_column_text(rows, 4, arena), "ARCHIVED") == 0 ? STORE_INBOX_ARCHIVED : STORE_INBOX_UNREAD,
    };
    if (codec_read_json(arena, &memos__store__inbox_message__descriptor, json, length, NULL, &message, &problem))
        return status_set(status, STATUS_INTERNAL, "stored notification %d cannot be read: %s", out->id,
                          problem.message);
    out->message = (const Memos__Store__InboxMessage *)message;
    return STATUS_OK;
}

static enum status_code read_rows(struct db_conn *conn, struct arena *arena, const char *sql, int32_t param,
                                  struct store_inbox **out, size_t *count, struct status *status)
{
    const struct memora_value value = db_int(param);
    static const struct store_row_kind kind = {sizeof(struct store_inbox), read_row};
    struct store_row_list rows;
    enum status_code code = store_read_rows(conn, arena, sql, &value, 1, &kind, &rows, status);
    *out = rows.items;
    *count = rows.count;
    return code;
}

enum status_code store_inbox_list(struct db_conn *conn, struct arena *arena, int32_t receiver_id,
                                  struct store_inbox **out, size_t *count, struct status *status)
{
    return read_rows(conn, arena, INBOX_SELECT "WHERE receiver_id = ? ORDER BY created_ts DESC, id DESC", receiver_id,
                     out, count, status);
}

enum status_code store_inbox_get(struct db_conn *conn, struct arena *arena, int32_t id, struct store_inbox *out,
                                 struct status *status)
{
    struct store_inbox *found;
    size_t count;
    enum status_code code = read_rows(conn, arena, INBOX_SELECT "WHERE id = ?", id, &found, &count, status);
    if (code)
        return code;
    if (count == 0)
        return status_set(status, STATUS_NOT_FOUND, "notification not found");
    *out = found[0];
    return STATUS_OK;
}

enum status_code store_inbox_set_status(struct db_conn *conn, int32_t id, enum store_inbox_status value,
                                        struct status *status)
{
    const struct memora_value params[] = {db_text(status_name(value)), db_int(id)};
    return db_exec(conn, "UPDATE inbox SET status = ? WHERE id = ?", params, 2, NULL, status);
}

enum status_code store_inbox_delete(struct db_conn *conn, int32_t id, struct status *status)
{
    const struct memora_value param = db_int(id);
    return db_exec(conn, "DELETE FROM inbox WHERE id = ?", &param, 1, NULL, status);
}
