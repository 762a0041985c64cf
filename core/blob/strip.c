/* Metadata of pictures: where and when they were taken, and with what (contract memos.md 5.5). */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

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

/* What strip made is in the sink if *stripped. */
static enum status_code strip(struct blob *blob, const struct store_attachment *attachment,
                              const struct media_source *picture, const struct media_sink *made, bool *stripped,
                              struct status *status)
{
    struct status problem = {0};
    *stripped = false;
    if (!may_tell_too_much(attachment->type) || !media_present(blob->media))
        return STATUS_OK;
    enum status_code code = media_run(blob->media, MEDIA_STRIP, picture, made, &problem);
    if (code == STATUS_RESOURCE_EXHAUSTED)
        return status_set(status, code, "%s", problem.message);
    if (code)
        log_warn("attachment %s keeps its metadata: %s", attachment->uid, problem.message);
    *stripped = code == STATUS_OK;
    return STATUS_OK;
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
    const struct media_source picture = {read_bytes, attachment, attachment->bytes_length};
    const struct media_sink made = media_sink_to(&jpeg);
    bool stripped;
    enum status_code code = strip(blob, attachment, &picture, &made, &stripped, status);
    if (code || !stripped)
        return code;
    attachment->bytes = (const void *)jpeg.data;
    attachment->bytes_length = jpeg.len;
    attachment->size = (int64_t)jpeg.len;
    return STATUS_OK;
}

struct file_range {
    int fd;
    uint64_t size;
    int error; /* of writing */
};

static int64_t read_file(void *ctx, uint64_t pos, void *out, size_t cap)
{
    const struct file_range *file = ctx;
    if (pos >= file->size)
        return 0;
    ssize_t n;
    do
        n = pread(file->fd, out, file->size - pos < cap ? (size_t)(file->size - pos) : cap, (off_t)pos);
    while (n < 0 && errno == EINTR);
    return n;
}

static bool write_file(void *ctx, const void *bytes, size_t length)
{
    struct file_range *file = ctx;
    for (const char *at = bytes; length > 0;) {
        ssize_t n = pwrite(file->fd, at, length, (off_t)file->size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            file->error = n < 0 ? errno : ENOSPC;
            return false;
        }
        at += n;
        length -= (size_t)n;
        file->size += (uint64_t)n;
    }
    return true;
}

enum status_code blob_strip_file(struct blob *blob, const struct store_attachment *attachment, int in, uint64_t size,
                                 int out, uint64_t *out_size, bool *stripped, struct status *status)
{
    struct file_range from = {in, size, 0}, to = {out, 0, 0};
    const struct media_source picture = {read_file, &from, size};
    const struct media_sink made = {write_file, &to};
    enum status_code code = strip(blob, attachment, &picture, &made, stripped, status);
    *out_size = to.size;
    if (code || !to.error)
        return code;
    log_error("cannot write a picture without its metadata: error %d", to.error);
    return status_set(status, to.error == ENOSPC ? STATUS_RESOURCE_EXHAUSTED : STATUS_INTERNAL,
                      "cannot write a picture without its metadata");
}
