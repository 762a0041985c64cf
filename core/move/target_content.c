#include <gnutls/crypto.h>
#include <string.h>

#include "blob/blob.h"
#include "blob/place.h"
#include "move/internal.h"

enum { BYTES_IN_ROW_MAX = 1024 * 1024 * 1024 };

/* What a storage plugin pulls; counted and summed on the way. */
struct through {
    struct move_content *content;
    gnutls_hash_hd_t hash;
    uint64_t total;
    struct status status;
};

static int64_t through_read(void *ctx, void *buf, size_t cap)
{
    struct through *through = ctx;
    int64_t n = through->content->ops->read(through->content, buf, cap, &through->status);
    if (n > 0) {
        gnutls_hash(through->hash, buf, (size_t)n);
        through->total += (uint64_t)n;
    }
    return n;
}

static enum status_code store_object(struct move_target *target, struct store_attachment *attachment,
                                     struct through *through, struct status *status)
{
    const struct memora_put put = {.struct_size = sizeof put,
                                   .size = (int64_t)through->content->size,
                                   .content_type = attachment->type,
                                   .read = through_read,
                                   .ctx = through};
    struct arena *arena = target->arena;
    enum status_code code =
        blob_put_at(target->site->blob, arena, blob_wanted_path(attachment), &put, attachment, status);
    if (through->status.code)
        return status_set(status, through->status.code, "%s", through->status.message);
    return code;
}

static enum status_code store_bytes(struct move_target *target, struct store_attachment *attachment,
                                    struct store_move_row *row, struct through *through, struct status *status)
{
    uint64_t size = through->content->size;
    if (size > BYTES_IN_ROW_MAX)
        return status_set(status, STATUS_RESOURCE_EXHAUSTED, "%llu bytes are too many for a row",
                          (unsigned long long)size);
    char *bytes = arena_alloc(target->arena, (size_t)size + 1);
    int64_t n = 1;
    while (n > 0 && through->total < size)
        n = through_read(through, bytes + through->total, (size_t)(size - through->total));
    if (n < 0)
        return status_set(status, through->status.code, "%s", through->status.message);
    row->bytes = bytes;
    row->bytes_length = (size_t)size;
    row->has_bytes = true;
    blob_forget_object(target->arena, attachment);
    attachment->storage = STORE_ATTACHMENT_DATABASE;
    attachment->reference = "";
    return STATUS_OK;
}

static enum status_code place(struct move_target *target, struct store_move_row *row, struct through *through,
                              struct status *status)
{
    struct store_attachment attachment;
    enum status_code code = move_row_attachment(target->arena, row, &attachment, status);
    if (code)
        return code;
    bool into_row = target->place == MOVE_DATABASE ||
                    (target->place == MOVE_KEEP && attachment.storage == STORE_ATTACHMENT_DATABASE);
    code = into_row ? store_bytes(target, &attachment, row, through, status)
                    : store_object(target, &attachment, through, status);
    if (code == STATUS_OK && through->total != through->content->size)
        code = status_set(status, STATUS_DATA_LOSS, "the content ended after %llu of %llu bytes",
                          (unsigned long long)through->total, (unsigned long long)through->content->size);
    return code ? code : move_row_place(target->arena, &attachment, row, status);
}

enum status_code move_target_content(struct move_target *target, struct store_move_row *row,
                                     struct move_content *content, struct status *status)
{
    int64_t id = row->values[STORE_MOVE_ID].u.i;
    struct through through = {.content = content};
    unsigned char digest[HASH_SHA256_SIZE];
    enum status_code code = content->ops->open(content, status);
    if (code == STATUS_NOT_FOUND) { /* the row goes on naming what is missing */
        target->totals.missing++;
        return STATUS_OK;
    }
    if (code == STATUS_OK) {
        if (gnutls_hash_init(&through.hash, GNUTLS_DIG_SHA256) != 0)
            memory_exhausted();
        code = place(target, row, &through, status);
        gnutls_hash_deinit(through.hash, digest);
        content->ops->close(content);
    }
    if (code) {
        struct status cause = *status;
        return status_set(status, code, "attachment %lld: %s", (long long)id, cause.message);
    }
    move_sum_content(&target->totals.contents, id, through.total, digest);
    target->totals.bytes += through.total;
    return STATUS_OK;
}
