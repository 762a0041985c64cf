/* Links that are stored with S3 rows: signed anew before they run out. */
#include "base/clock.h"
#include "base/log.h"
#include "blob/internal.h"
#include "codec/codec.h"

enum { PAGE = 100, FRESH_S = 4 * 24 * 3600 };

static bool is_fresh(const struct store_attachment *attachment, int64_t now_s)
{
    const Memos__Store__AttachmentPayload *payload = attachment->payload;
    if (payload->payload_case != MEMOS__STORE__ATTACHMENT_PAYLOAD__PAYLOAD_S3_OBJECT)
        return true; /* nothing to sign */
    const Google__Protobuf__Timestamp *signed_at = payload->s3_object->last_presigned_time;
    return signed_at && now_s - signed_at->seconds < FRESH_S;
}

static enum status_code sign(struct blob *blob, struct store *store, struct arena *arena,
                             struct store_attachment *attachment, struct status *status)
{
    const Memos__Store__StorageS3Config *settings;
    enum status_code code = blob_bucket_settings(blob, store, arena, attachment, &settings, status);
    if (!code)
        code = blob_link(blob, store, arena, attachment, &attachment->reference, status);
    if (code)
        return code;
    blob_describe_object(arena, settings, attachment->payload->s3_object->key, attachment);
    return STATUS_OK;
}

struct page {
    struct arena *arena;
    const struct store_attachment *items;
    size_t count;
};

static enum status_code write_page(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct page *page = ctx;
    enum status_code code = STATUS_OK;
    for (size_t i = 0; !code && i < page->count; i++)
        code = store_attachment_relink(conn, page->arena, &page->items[i], status);
    return code;
}

/* Reads one page behind *after_id and signs it; false at the end. */
static bool sign_page(struct blob *blob, struct store *store, struct arena *arena, int32_t *after_id)
{
    struct db_conn *conn;
    struct store_attachment *found;
    size_t count, used = 0;
    struct status problem = {0};
    if (store_read_begin(store, &conn, &problem) != STATUS_OK)
        goto failed;
    enum status_code code = store_attachment_list_s3(conn, arena, *after_id, PAGE, &found, &count, &problem);
    store_read_end(conn);
    if (code)
        goto failed;
    for (size_t i = 0; i < count; i++) {
        *after_id = found[i].id;
        if (is_fresh(&found[i], clock_wall_s()))
            continue;
        struct store_attachment attachment = found[i];
        if (sign(blob, store, arena, &attachment, &problem) == STATUS_OK)
            found[used++] = attachment;
        else
            log_warn("no fresh link to attachment %s: %s", attachment.uid, problem.message);
    }
    struct page page = {arena, found, used};
    if (used > 0 && store_write(store, write_page, &page, &problem))
        goto failed;
    return count == PAGE;
failed:
    log_warn("links to S3 objects are not signed anew: %s", problem.message);
    return false;
}

void blob_sign_anew(struct blob *blob, struct store *store)
{
    int32_t after_id = 0;
    bool more = true;
    while (more && !plugin_host()->stopping()) {
        struct arena *arena = arena_create();
        more = sign_page(blob, store, arena, &after_id);
        arena_destroy(arena);
    }
}
