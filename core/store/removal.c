#include "store/removal.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "codec/codec.h"
#include "codec/json_text.h"

#define NS_PER_MS 1000000

static const Memos__Store__AttachmentPayload__S3Object *object_of(const struct store_attachment *attachment)
{
    const Memos__Store__AttachmentPayload *payload = attachment->payload;
    bool has = attachment->storage == STORE_ATTACHMENT_S3 && payload &&
               payload->payload_case == MEMOS__STORE__ATTACHMENT_PAYLOAD__PAYLOAD_S3_OBJECT;
    return has ? payload->s3_object : NULL;
}

bool store_removal_needed(const struct store_attachment *attachment)
{
    return (attachment->storage == STORE_ATTACHMENT_LOCAL && *attachment->reference) || object_of(attachment);
}

/* {"place":["LOCAL","/path"],"uid":... or {"place":["S3","endpoint","bucket","key"],"uid":... */
static void add_place(struct buf *out, const struct store_attachment *attachment)
{
    const Memos__Store__AttachmentPayload__S3Object *object = object_of(attachment);
    const Memos__Store__StorageS3Config *config = object ? object->s3_config : NULL;
    const char *const parts[] = {"S3", config ? config->endpoint : "", config ? config->bucket : "",
                                 object ? object->key : ""};
    buf_add_str(out, "{\"place\":[");
    if (!object) {
        buf_add_str(out, "\"LOCAL\",");
        json_add_string(out, attachment->reference, strlen(attachment->reference));
    }
    for (size_t i = 0; object && i < sizeof parts / sizeof *parts; i++) {
        buf_add_str(out, i ? "," : "");
        json_add_string(out, parts[i], strlen(parts[i]));
    }
    buf_add_str(out, "],");
}

enum status_code store_removal_text(struct arena *arena, const struct store_attachment *attachment, const char **out,
                                    struct status *status)
{
    struct buf text = buf_in(arena);
    add_place(&text, attachment);
    buf_add_str(&text, "\"uid\":");
    json_add_string(&text, attachment->uid, strlen(attachment->uid));
    if (object_of(attachment)) {
        buf_add_str(&text, ",\"payload\":");
        enum status_code code = codec_write_json(&text, &attachment->payload->base, CODEC_JSON_SPARSE, status);
        if (code)
            return code;
    }
    buf_add_str(&text, "}");
    *out = buf_str(&text);
    return STATUS_OK;
}

static enum status_code parse_payload(struct arena *arena, const json_t *json, struct store_attachment *out,
                                      struct status *status)
{
    ProtobufCMessage *message = NULL;
    char *text = json_dumps(json, JSON_COMPACT);
    enum status_code code = text ? codec_read_json(arena, &memos__store__attachment_payload__descriptor, text,
                                                   strlen(text), NULL, &message, status)
                                 : status_set(status, STATUS_DATA_LOSS, "no payload");
    free(text);
    out->payload = (const Memos__Store__AttachmentPayload *)message;
    return code;
}

enum status_code store_removal_parse(struct arena *arena, const char *text, struct store_attachment *out,
                                     struct status *status)
{
    json_t *json = json_loads(text, 0, NULL);
    const json_t *place = json_object_get(json, "place");
    const char *kind = json_string_value(json_array_get(place, 0)),
               *uid = json_string_value(json_object_get(json, "uid"));
    const char *reference = json_string_value(json_array_get(place, 1));
    struct status problem = {0};
    *out = (struct store_attachment){.reference = ""};
    if (!kind || !uid || !reference) {
        json_decref(json);
        return status_set(status, STATUS_DATA_LOSS, "an object to remove is not described as this server does");
    }
    out->uid = arena_strdup(arena, uid);
    out->storage = strcmp(kind, "S3") == 0 ? STORE_ATTACHMENT_S3 : STORE_ATTACHMENT_LOCAL;
    if (out->storage == STORE_ATTACHMENT_LOCAL)
        out->reference = arena_strdup(arena, reference);
    else if (parse_payload(arena, json_object_get(json, "payload"), out, &problem))
        status_set(status, STATUS_DATA_LOSS, "an object to remove is not described as this server does");
    json_decref(json);
    return problem.code ? STATUS_DATA_LOSS : STATUS_OK;
}

enum status_code store_removal_add(struct db_conn *conn, struct arena *arena,
                                   const struct store_attachment *attachments, size_t count, int64_t due_ms,
                                   struct status *status)
{
    const char **texts = ARENA_ARRAY(arena, const char *, count);
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        if (store_removal_needed(&attachments[i]) &&
            store_removal_text(arena, &attachments[i], &texts[used++], status) != STATUS_OK)
            return status->code;
    return store_outbox_add_many(conn, arena, store_outbox_removal, texts, used, due_ms, status);
}

/* The part of the text that names the place. */
static const char *place_of(struct arena *arena, const char *text)
{
    const char *end = strstr(text, "],\"uid\":");
    return arena_strndup(arena, text, end ? (size_t)(end - text) + 1 : strlen(text));
}

/* Rows of the outbox behind after_id for the same place. Texts are compared, since no index would pay for a table that
 * is empty most of the time. */
static enum status_code count_pending(struct db_conn *conn, struct arena *arena, int64_t after_id, const char *text,
                                      int64_t *count, struct status *status)
{
    struct db_rows *rows;
    struct status problem = {0};
    const char *place = place_of(arena, text);
    size_t characters = 0;
    for (const char *at = place; *at; at++)
        characters += ((unsigned char)*at & 0xc0) != 0x80;
    const struct memora_value params[] = {db_text(store_outbox_removal), db_text(store_outbox_promise),
                                          db_int(after_id), db_int((int64_t)characters), db_text(place)};
    enum status_code code = db_query(
        conn, "SELECT COUNT(*) FROM memora_outbox WHERE kind IN (?, ?) AND id > ? AND SUBSTR(payload, 1, ?) = ?",
        params, 5, &rows, status);
    if (code)
        return code;
    *count = db_next(rows, &problem) ? db_column_int(rows, 0) : 0;
    db_rows_close(rows);
    return problem.code ? status_set(status, problem.code, "%s", problem.message) : STATUS_OK;
}

struct promise {
    struct store_attachment *attachment;
    const char *text;
    int64_t due_ms;
};

static enum status_code write_promise(struct db_conn *conn, void *ctx, struct status *status)
{
    struct promise *promise = ctx;
    return store_outbox_add(conn, store_outbox_promise, promise->text, promise->due_ms, &promise->attachment->promise,
                            status);
}

enum status_code store_removal_promise(struct store *store, struct arena *arena, struct store_attachment *attachment,
                                       int64_t due_ms, struct status *status)
{
    struct promise promise = {.attachment = attachment, .due_ms = due_ms};
    struct db_conn *conn;
    int64_t pending = 0;
    if (store_removal_text(arena, attachment, &promise.text, status) || store_read_begin(store, &conn, status))
        return status->code;
    /* Not in the transaction of the write, where servers that serialize would let uploads fail for each other. What is
     * added in between is of an object that is still there. */
    enum status_code code = count_pending(conn, arena, 0, promise.text, &pending, status);
    store_read_end(conn);
    if (!code && pending)
        code = status_set(status, STATUS_ALREADY_EXISTS, "an object of that name is being removed");
    return code ? code : store_write(store, write_promise, &promise, status);
}

/* Deleting and renaming the same row, the two exclude each other. */
enum status_code store_removal_take_back(struct db_conn *conn, int64_t promise, struct status *status)
{
    const struct memora_value params[] = {db_int(promise), db_text(store_outbox_promise)};
    int64_t rows = 0;
    enum status_code code =
        db_exec(conn, "DELETE FROM memora_outbox WHERE id = ? AND kind = ?", params, 2, &rows, status);
    if (!code && rows != 1)
        code = status_set(status, STATUS_ABORTED, "the upload took too long: its object was given up");
    return code;
}

struct breaking {
    int64_t promise, rows;
};

static enum status_code rename_promise(struct db_conn *conn, void *ctx, struct status *status)
{
    struct breaking *breaking = ctx;
    const struct memora_value params[] = {db_text(store_outbox_removal), db_int(breaking->promise),
                                          db_text(store_outbox_promise)};
    return db_exec(conn, "UPDATE memora_outbox SET kind = ? WHERE id = ? AND kind = ?", params, 3, &breaking->rows,
                   status);
}

enum status_code store_removal_break_off(struct store *store, int64_t promise, bool *gone, struct status *status)
{
    struct breaking breaking = {.promise = promise};
    enum status_code code = store_write(store, rename_promise, &breaking, status);
    *gone = !code && breaking.rows == 0;
    return code;
}

static enum status_code make_due(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct store_attachment *attachment = ctx;
    return store_outbox_put_off(conn, attachment->promise, clock_wall_ns() / NS_PER_MS, status);
}

enum status_code store_removal_keep_promise(struct store *store, const struct store_attachment *attachment,
                                            struct status *status)
{
    return store_write(store, make_due, (void *)attachment, status);
}

/* Attachments at the same place. */
static enum status_code count_attachments(struct db_conn *conn, const struct store_attachment *attachment,
                                          int64_t *count, struct status *status)
{
    const Memos__Store__AttachmentPayload__S3Object *object = object_of(attachment);
    struct db_rows *rows;
    struct status problem = {0};
    const struct memora_value param = object ? db_text(object->key) : db_text(attachment->reference);
    enum status_code code =
        db_query(conn,
                 object ? "SELECT COUNT(*) FROM attachment WHERE storage_type = 'S3' AND "
                          "{json_text:payload|s3Object.key} = ?"
                        : "SELECT COUNT(*) FROM attachment WHERE storage_type = 'LOCAL' AND reference = ?",
                 &param, 1, &rows, status);
    if (code)
        return code;
    *count = db_next(rows, &problem) ? db_column_int(rows, 0) : 0;
    db_rows_close(rows);
    return problem.code ? status_set(status, problem.code, "%s", problem.message) : STATUS_OK;
}

enum status_code store_removal_in_use(struct store *store, struct arena *arena, int64_t id, const char *text,
                                      const struct store_attachment *attachment, bool *in_use, struct status *status)
{
    struct db_conn *conn;
    int64_t pending = 0, attached = 0;
    enum status_code code = store_read_begin(store, &conn, status);
    if (code)
        return code;
    /* In this order: a promise is taken back in the transaction that brings the attachment. */
    code = count_pending(conn, arena, id, text, &pending, status);
    if (!code && !pending)
        code = count_attachments(conn, attachment, &attached, status);
    store_read_end(conn);
    *in_use = pending > 0 || attached > 0;
    return code;
}
