#include "blob/thumbnail.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/uid.h"
#include "blob/internal.h"
#include "blob/media.h"

enum {
    MARK_BYTES = 1024 * 1024, /* of the picture, in which marks of wide colours are looked for */
    CACHED_MAX = 4 * 1024 * 1024,
    AT_WORK_MAX = 64, /* workers that make or await thumbnails */
    HOPELESS = 256,
    UID_ROOM = 40
};

struct thumbnails {
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t finished;
    char at_work[AT_WORK_MAX][UID_ROOM]; /* "" = free */
    char hopeless[HOPELESS][UID_ROOM];   /* a ring of those that cannot be made */
    unsigned next_hopeless;
};

struct thumbnails *thumbnails_create(void)
{
    struct thumbnails *thumbnails = memory_zalloc(sizeof *thumbnails);
    pthread_mutex_init(&thumbnails->lock, NULL);
    pthread_cond_init(&thumbnails->finished, NULL);
    return thumbnails;
}

void thumbnails_destroy(struct thumbnails *thumbnails)
{
    if (!thumbnails)
        return;
    pthread_cond_destroy(&thumbnails->finished);
    pthread_mutex_destroy(&thumbnails->lock);
    free(thumbnails);
}

bool thumbnail_possible(const char *type)
{
    static const char *const types[] = {"image/png",  "image/jpeg", "image/jpg",
                                        "image/webp", "image/heic", "image/heif"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcasecmp(type, types[i]) == 0)
            return true;
    return false;
}

/* Index in a table of uids, or -1. */
static int find(char table[][UID_ROOM], unsigned count, const char *uid)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(table[i], uid) == 0)
            return (int)i;
    return -1;
}

/* Whether the caller is to make it. Else somebody else just has, or it cannot be made. */
static bool claim(struct thumbnails *thumbnails, const char *uid)
{
    bool waited = false;
    pthread_mutex_lock(&thumbnails->lock);
    while (find(thumbnails->at_work, AT_WORK_MAX, uid) >= 0) {
        waited = true;
        pthread_cond_wait(&thumbnails->finished, &thumbnails->lock);
    }
    int slot =
        waited || find(thumbnails->hopeless, HOPELESS, uid) >= 0 ? -1 : find(thumbnails->at_work, AT_WORK_MAX, "");
    if (slot >= 0)
        snprintf(thumbnails->at_work[slot], UID_ROOM, "%s", uid);
    pthread_mutex_unlock(&thumbnails->lock);
    return slot >= 0;
}

static void release(struct thumbnails *thumbnails, const char *uid, bool hopeless)
{
    pthread_mutex_lock(&thumbnails->lock);
    int slot = find(thumbnails->at_work, AT_WORK_MAX, uid);
    if (slot >= 0)
        thumbnails->at_work[slot][0] = '\0';
    if (hopeless)
        snprintf(thumbnails->hopeless[thumbnails->next_hopeless++ % HOPELESS], UID_ROOM, "%s", uid);
    pthread_cond_broadcast(&thumbnails->finished);
    pthread_mutex_unlock(&thumbnails->lock);
}

static const char *cache_dir(const struct blob *blob, struct arena *arena)
{
    return arena_printf(arena, "%s/.thumbnail_cache", blob->data_dir);
}

static const char *cache_path(const struct blob *blob, struct arena *arena, const char *uid)
{
    return arena_printf(arena, "%s/%s.v2.jpeg", cache_dir(blob, arena), uid);
}

bool thumbnail_is_cached(const struct blob *blob, struct arena *arena, const char *uid)
{
    return uid_valid(uid) && access(cache_path(blob, arena, uid), R_OK) == 0;
}

/* One that is older than the attachment is of another that had the uid before: v0.30 leaves them behind, and other
 * servers may. */
static bool read_whole(int fd, int64_t created_ts, struct buf *out)
{
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size <= 0 || info.st_size > CACHED_MAX ||
        info.st_mtime < created_ts)
        return false;
    buf_reserve(out, (size_t)info.st_size);
    size_t start = out->len, end = start + (size_t)info.st_size;
    while (out->len < end) {
        ssize_t n = read(fd, out->data + out->len, end - out->len);
        if (n <= 0)
            break;
        out->len += (size_t)n;
    }
    if (out->len == end)
        return true;
    out->len = start;
    return false;
}

static bool read_cached(const char *path, const struct store_attachment *attachment, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return false;
    bool found = read_whole(fd, attachment->created_ts, out);
    close(fd);
    return found;
}

/* Complete or not at all. A cache that cannot be written costs time only. */
static void write_cached(const struct blob *blob, struct arena *arena, const char *uid, const struct buf *jpeg)
{
    const char *dir = cache_dir(blob, arena), *part = arena_printf(arena, "%s/.%s.part-XXXXXX", dir, uid);
    mkdir(dir, 0750);
    int fd = mkostemp((char *)part, O_CLOEXEC);
    if (fd < 0) {
        log_warn("cannot write to %s: error %d", dir, errno);
        return;
    }
    bool written = write(fd, jpeg->data, jpeg->len) == (ssize_t)jpeg->len;
    if (close(fd) != 0 || !written || rename(part, cache_path(blob, arena, uid)) != 0) {
        log_warn("cannot write to %s: error %d", dir, errno);
        unlink(part);
    }
}

void thumbnail_forget(struct blob *blob, struct arena *arena, const char *uid)
{
    if (uid_valid(uid) && unlink(cache_path(blob, arena, uid)) != 0 && errno != ENOENT)
        log_warn("cannot remove the thumbnail of attachment %s: error %d", uid, errno);
}

static bool contains(const char *bytes, size_t length, const char *mark, bool any_case)
{
    size_t mark_length = strlen(mark);
    if (!any_case)
        return memmem(bytes, length, mark, mark_length) != NULL;
    for (size_t i = 0; i + mark_length <= length; i++)
        if ((bytes[i] | 0x20) == (mark[0] | 0x20) && strncasecmp(bytes + i, mark, mark_length) == 0)
            return true;
    return false;
}

/* Colour profiles and HDR marks: such pictures are shown as they are, lest their colours change. */
static bool has_wide_colours(const char *bytes, size_t length)
{
    static const char *const exact[] = {"ICC_PROFILE", "iCCP", "ICCP", "cICP", "mDCv", "cLLi"};
    static const char *const any_case[] = {"hdrgm:",       "hdr gain map",     "hdrgainmap", "gainmap",
                                           "ultrahdr",     "adobe:hdrgainmap", "aux:hdr",    "auxiliaryimagetype",
                                           "display p3",   "display-p3",       "rec.2020",   "bt.2020",
                                           "arib-std-b67", "smpte st 2084"};
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++)
        if (contains(bytes, length, exact[i], false))
            return true;
    for (size_t i = 0; i < sizeof any_case / sizeof *any_case; i++)
        if (contains(bytes, length, any_case[i], true))
            return true;
    return false;
}

static int64_t read_content(void *content, uint64_t pos, void *out, size_t cap)
{
    return blob_content_read(content, pos, out, cap);
}

static bool read_start(struct blob_content *content, struct arena *arena, const char **out, size_t *length)
{
    uint64_t size = blob_content_size(content);
    size_t wanted = size < MARK_BYTES ? (size_t)size : MARK_BYTES;
    char *bytes = arena_alloc(arena, wanted + 1);
    for (*length = 0; *length < wanted;) {
        int64_t n = blob_content_read(content, *length, bytes + *length, wanted - *length);
        if (n <= 0)
            return false;
        *length += (size_t)n;
    }
    *out = bytes;
    return true;
}

/* Few browsers show those, whatever their colours. */
static bool is_heif(const char *type)
{
    return strcasecmp(type, "image/heic") == 0 || strcasecmp(type, "image/heif") == 0;
}

static enum status_code make(struct blob *blob, struct store *store, struct arena *arena,
                             const struct store_attachment *attachment, struct buf *out, struct status *status)
{
    struct blob_content *content = NULL;
    const char *start = NULL;
    size_t length = 0;
    enum status_code code = blob_content_open(blob, store, arena, attachment, &content, status);
    if (code)
        return code;
    uint64_t size = blob_content_size(content);
    if (size > MEDIA_PICTURE_MAX)
        code = status_set(status, STATUS_INVALID_ARGUMENT, "the picture is too large");
    else
        code = blob_content_select(content, 0, size, status);
    if (code == STATUS_OK && !read_start(content, arena, &start, &length))
        code = status_set(status, STATUS_UNAVAILABLE, "the picture cannot be read");
    if (code == STATUS_OK && !is_heif(attachment->type) && has_wide_colours(start, length))
        code = status_set(status, STATUS_INVALID_ARGUMENT, "the picture has colours of its own");
    const struct media_source picture = {read_content, content, size};
    const struct media_sink made = media_sink_to(out);
    if (code == STATUS_OK)
        code = media_run(blob->media, MEDIA_THUMBNAIL, &picture, &made, status);
    blob_content_close(content);
    if (code == STATUS_OK)
        write_cached(blob, arena, attachment->uid, out);
    return code;
}

enum status_code thumbnail_get(struct blob *blob, struct store *store, struct arena *arena,
                               const struct store_attachment *attachment, struct buf *out, struct status *status)
{
    const char *uid = attachment->uid, *path;
    if (!uid_valid(uid))
        return status_set(status, STATUS_INVALID_ARGUMENT, "the id cannot be a file name");
    path = cache_path(blob, arena, uid);
    if (read_cached(path, attachment, out))
        return STATUS_OK;
    if (!media_present(blob->media))
        return status_set(status, STATUS_FAILED_PRECONDITION, "there is no helper for pictures");
    if (!claim(blob->thumbnails, uid))
        return read_cached(path, attachment, out)
                   ? STATUS_OK
                   : status_set(status, STATUS_FAILED_PRECONDITION, "there is no thumbnail");
    enum status_code code =
        read_cached(path, attachment, out) ? STATUS_OK : make(blob, store, arena, attachment, out, status);
    release(blob->thumbnails, uid, code == STATUS_INVALID_ARGUMENT);
    return code;
}
