#include <string.h>

#include "codec/codec.h"
#include "move/internal.h"

static const char *const storages[] = {[STORE_ATTACHMENT_DATABASE] = "",
                                       [STORE_ATTACHMENT_LOCAL] = "LOCAL",
                                       [STORE_ATTACHMENT_S3] = "S3",
                                       [STORE_ATTACHMENT_EXTERNAL] = "EXTERNAL"};
enum { STORAGES = sizeof storages / sizeof storages[0] };

static const char *text(struct arena *arena, const struct store_move_row *row, unsigned column)
{
    const struct memora_value *value = &row->values[column];
    return arena_strndup(arena, value->len ? value->u.p : "", value->len);
}

enum status_code move_row_attachment(struct arena *arena, const struct store_move_row *row,
                                     struct store_attachment *out, struct status *status)
{
    const struct memora_value *json = &row->values[STORE_MOVE_ATTACHMENT_PAYLOAD];
    struct status problem = {0};
    ProtobufCMessage *payload;
    *out = (struct store_attachment){.id = (int32_t)row->values[STORE_MOVE_ID].u.i,
                                     .uid = text(arena, row, STORE_MOVE_ATTACHMENT_UID),
                                     .filename = text(arena, row, STORE_MOVE_ATTACHMENT_FILENAME),
                                     .type = text(arena, row, STORE_MOVE_ATTACHMENT_TYPE),
                                     .size = row->values[STORE_MOVE_ATTACHMENT_SIZE].u.i,
                                     .reference = text(arena, row, STORE_MOVE_ATTACHMENT_REFERENCE)};
    /* Any other text means the database (contract/database.md 3.3). */
    const char *storage = text(arena, row, STORE_MOVE_ATTACHMENT_STORAGE);
    for (unsigned i = 0; i < STORAGES; i++)
        if (strcmp(storage, storages[i]) == 0)
            out->storage = (enum store_attachment_storage)i;
    if (codec_read_json(arena, &memos__store__attachment_payload__descriptor, json->len ? json->u.p : "", json->len,
                        NULL, &payload, &problem))
        return status_set(status, STATUS_DATA_LOSS, "bad payload of attachment %d: %s", out->id, problem.message);
    out->payload = (const Memos__Store__AttachmentPayload *)payload;
    return STATUS_OK;
}

enum status_code move_row_place(struct arena *arena, const struct store_attachment *attachment,
                                struct store_move_row *row, struct status *status)
{
    struct buf json = buf_in(arena);
    bool of_bucket = attachment->storage == STORE_ATTACHMENT_S3 ||
                     strcmp(text(arena, row, STORE_MOVE_ATTACHMENT_STORAGE), storages[STORE_ATTACHMENT_S3]) == 0;
    row->values[STORE_MOVE_ATTACHMENT_STORAGE] = db_text(storages[attachment->storage]);
    row->values[STORE_MOVE_ATTACHMENT_REFERENCE] = db_text(arena_strdup(arena, attachment->reference));
    if (!of_bucket)
        return STATUS_OK; /* what it says besides stays as it was written */
    enum status_code code = codec_write_json(&json, &attachment->payload->base, CODEC_JSON_SPARSE, status);
    if (code)
        return code;
    row->values[STORE_MOVE_ATTACHMENT_PAYLOAD] = db_text_n(json.data, json.len);
    return STATUS_OK;
}
