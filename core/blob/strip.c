/* Metadata of pictures: where and when they were taken, and with what (contract memos.md 5.5). */
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "blob/internal.h"
#include "blob/media.h"

static bool may_tell_too_much(const char *type)
{
    static const char *const types[] = {"image/jpeg", "image/jpg", "image/tiff"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcasecmp(type, types[i]) == 0)
            return true;
    return false;
}

static int64_t read_bytes(void *ctx, uint64_t pos, void *out, size_t cap)
{
    const struct store_attachment *attachment = ctx;
    if (pos >= attachment->bytes_length)
        return 0;
    size_t left = attachment->bytes_length - (size_t)pos, n = left < cap ? left : cap;
    memcpy(out, (const char *)attachment->bytes + pos, n);
    return (int64_t)n;
}

enum status_code blob_strip(struct blob *blob, struct arena *arena, struct store_attachment *attachment,
                            struct status *status)
{
    struct buf jpeg = buf_in(arena);
    struct status problem = {0};
    if (!may_tell_too_much(attachment->type) || !media_present(blob->media))
        return STATUS_OK;
    enum status_code code =
        media_run(blob->media, MEDIA_STRIP, read_bytes, attachment, attachment->bytes_length, &jpeg, &problem);
    if (code == STATUS_RESOURCE_EXHAUSTED)
        return status_set(status, code, "%s", problem.message);
    if (code) {
        log_warn("attachment %s keeps its metadata: %s", attachment->uid, problem.message);
        return STATUS_OK;
    }
    attachment->bytes = (const void *)jpeg.data;
    attachment->bytes_length = jpeg.len;
    attachment->size = (int64_t)jpeg.len;
    return STATUS_OK;
}
