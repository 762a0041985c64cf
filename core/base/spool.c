#include "base/spool.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/guard.h"
#include "base/log.h"

enum {
    FILE_MODE = 0644, /* of what is stored; before, nobody else has a name to open it by */
    FLUSH_STEP = 8 * 1024 * 1024,
    LARGE_PAGE = 2 * 1024 * 1024
};

struct spool_area {
    char *directory;
    uint64_t most;
    bool keep;
    atomic_uint_fast64_t used;
};

/* Its bytes are those in memory and those of the file behind them. Mapped they are one piece:
 *
 *      view          mapped - before_length       mapped                    mapped + in_file      mapped + size
 *      | (page, not used) | before               | the file                | copies of what was cut off it |  NUL
 */
struct spool {
    struct spool *next;
    struct spool_area *area;
    int fd;
    uint64_t size, charged; /* size: without those before */
    uint64_t in_file;       /* the size, until what comes behind the bytes that are taken is cut off */
    uint64_t flushed;       /* on their way to the disk */
    bool keep, linkable, cut;
    char *before;
    size_t before_length;
    char *view, *mapped; /* NULL: not yet */
    size_t view_size;
    struct guard *guard;
};

struct spool_area *spool_area_create(const char *directory, uint64_t most_bytes)
{
    struct spool_area *area = memory_zalloc(sizeof *area);
    area->directory = memory_strdup(directory);
    area->most = most_bytes;
    return area;
}

void spool_area_keep(struct spool_area *area)
{
    area->keep = true;
}

void spool_area_destroy(struct spool_area *area)
{
    if (!area)
        return;
    assert(atomic_load(&area->used) == 0);
    free(area->directory);
    free(area);
}

static void destroy(struct spool *spool)
{
    guard_remove(spool->guard);
    if (spool->view)
        munmap(spool->view, spool->view_size);
    free(spool->before);
    close(spool->fd);
    atomic_fetch_sub(&spool->area->used, spool->charged);
    free(spool);
}

void spool_list_close(struct spool_list *list)
{
    while (list->first) {
        struct spool *spool = list->first;
        list->first = spool->next;
        destroy(spool);
    }
}

/* Some file systems (NFS, older FUSE) have no files without a name. */
static int open_named(const char *directory)
{
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/.memora-spool-XXXXXX", directory);
    if (length < 0 || (size_t)length >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

static enum status_code failed(const struct spool_area *area, int problem, struct status *status)
{
    log_error("cannot keep a large request in %s: error %d", area->directory, problem);
    if (problem == ENOSPC || problem == EDQUOT || problem == EFBIG)
        return status_set(status, STATUS_RESOURCE_EXHAUSTED, "no room for the upload");
    if (problem == EMFILE || problem == ENFILE)
        return status_set(status, STATUS_RESOURCE_EXHAUSTED, "too many open files");
    return status_set(status, STATUS_INTERNAL, "the upload cannot be kept");
}

enum status_code spool_create(struct spool_list *list, struct spool **out, struct status *status)
{
    struct spool_area *area = list->area;
    int fd = open(area->directory, O_TMPFILE | O_RDWR | O_CLOEXEC, FILE_MODE);
    bool linkable = fd >= 0;
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
        fd = open_named(area->directory);
    if (fd < 0)
        return failed(area, errno, status);
    struct spool *spool = memory_zalloc(sizeof *spool);
    *spool = (struct spool){.next = list->first, .area = area, .fd = fd, .linkable = linkable};
    list->first = spool;
    *out = spool;
    return STATUS_OK;
}

static bool charge(struct spool *spool, uint64_t bytes)
{
    spool->charged += bytes;
    return atomic_fetch_add(&spool->area->used, bytes) + bytes <= spool->area->most;
}

static int write_all(int fd, const char *bytes, size_t length, uint64_t at)
{
    while (length > 0) {
        ssize_t n = pwrite(fd, bytes, length, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : ENOSPC;
        bytes += n;
        at += (uint64_t)n;
        length -= (size_t)n;
    }
    return 0;
}

/* So that whoever has to wait until all is on the disk waits only for the last of it. What fails here fails there. */
static void flush(struct spool *spool)
{
    if (!spool->keep || spool->size - spool->flushed < FLUSH_STEP)
        return;
    sync_file_range(spool->fd, (off_t)spool->flushed, (off_t)(spool->size - spool->flushed), SYNC_FILE_RANGE_WRITE);
    spool->flushed = spool->size;
}

enum status_code spool_write(struct spool *spool, const void *bytes, size_t length, struct status *status)
{
    if (!charge(spool, length))
        return status_set(status, STATUS_RESOURCE_EXHAUSTED, "too many uploads at a time");
    int problem = write_all(spool->fd, bytes, length, spool->size);
    if (problem)
        return failed(spool->area, problem, status);
    spool->size += length;
    flush(spool);
    return STATUS_OK;
}

enum status_code spool_write_before(struct spool *spool, const void *bytes, size_t length, struct status *status)
{
    if (!charge(spool, length))
        return status_set(status, STATUS_RESOURCE_EXHAUSTED, "too many uploads at a time");
    spool->before = memory_realloc(NULL, length ? length : 1);
    memcpy(spool->before, bytes, length);
    spool->before_length = length;
    return STATUS_OK;
}

void spool_keep(struct spool *spool)
{
    spool->keep = spool->area->keep;
}

uint64_t spool_size(const struct spool *spool)
{
    return spool->before_length + spool->size;
}

static size_t to_pages(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (size + page - 1) / page * page;
}

/* A place for all, then memory and the file in it. */
static bool map(struct spool *spool)
{
    size_t room = to_pages(spool->before_length), size = (size_t)spool->size + 1;
    char *view = mmap(NULL, room + size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (view == MAP_FAILED)
        return false;
    spool->view = view;
    spool->view_size = room + size;
    if ((room && mprotect(view, room, PROT_READ | PROT_WRITE) != 0) ||
        mmap(view + room, size, PROT_READ, MAP_SHARED | MAP_FIXED, spool->fd, 0) == MAP_FAILED)
        return false;
    spool->mapped = view + room;
    if (room)
        memcpy(spool->mapped - spool->before_length, spool->before, spool->before_length);
    return true;
}

enum status_code spool_map(struct spool *spool, const char **out, struct status *status)
{
    int problem = write_all(spool->fd, "", 1, spool->size);
    if (problem)
        return failed(spool->area, problem, status);
    if (spool->size >= SIZE_MAX / 2 || !map(spool))
        return status_set(status, STATUS_RESOURCE_EXHAUSTED, "the upload is too large");
    spool->guard = guard_add(spool->mapped, (size_t)spool->size + 1);
    spool->in_file = spool->size;
    *out = spool->mapped - spool->before_length;
    return STATUS_OK;
}

/* Where a byte is in the file; below 0: before it. */
static int64_t place_of(const struct spool *spool, const char *byte)
{
    return (int64_t)((intptr_t)byte - (intptr_t)spool->mapped);
}

static bool holds(const struct spool *spool, const char *byte)
{
    int64_t place = spool->mapped ? place_of(spool, byte) : 0;
    return spool->mapped && place >= -(int64_t)spool->before_length && place <= (int64_t)spool->size;
}

static struct spool *find(const struct spool_list *list, const char *byte)
{
    struct spool *spool = list ? list->first : NULL;
    while (spool && !holds(spool, byte))
        spool = spool->next;
    return spool;
}

bool spool_damaged(const struct spool_list *list)
{
    const struct spool *spool = list ? list->first : NULL;
    while (spool && !guard_damaged(spool->guard))
        spool = spool->next;
    if (spool)
        log_error("a large request in %s cannot be read again: a disk error, or somebody has cut its file",
                  spool->area->directory);
    return spool != NULL;
}

bool spool_holds(const struct spool_list *list, const void *bytes)
{
    return find(list, bytes) != NULL;
}

/* Out of the file, as far as they are there. */
static int64_t copy_from_file(const struct spool *spool, uint64_t place, void *out, size_t cap)
{
    ssize_t n;
    if (cap > spool->in_file - place)
        cap = (size_t)(spool->in_file - place);
    do
        n = pread(spool->fd, out, cap, (off_t)place);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        return n;
    log_error("cannot read a large request again: error %d", n < 0 ? errno : 0);
    return -1;
}

int64_t spool_copy(const struct spool_list *list, const void *bytes, size_t length, uint64_t pos, void *out, size_t cap)
{
    const struct spool *spool = find(list, bytes);
    if (pos >= length)
        return 0;
    if (cap > length - pos)
        cap = (size_t)(length - pos);
    const char *from = (const char *)bytes + pos;
    int64_t place = spool ? place_of(spool, from) : 0;
    if (spool && place >= 0 && (uint64_t)place < spool->in_file)
        return copy_from_file(spool, (uint64_t)place, out, cap);
    if (spool && place < 0 && cap > (uint64_t)-place)
        cap = (size_t)-place;
    memcpy(out, from, cap);
    return (int64_t)cap;
}

/* Memory with what the file has from there on takes its place in the view. */
static bool detach(struct spool *spool, uint64_t from)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), start = (size_t)from / page * page;
    size_t length = (size_t)spool->size + 1 - start;
    char *copy = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (copy == MAP_FAILED)
        return false;
    memcpy(copy, spool->mapped + start, length);
    if (mremap(copy, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, spool->mapped + start) != MAP_FAILED)
        return true;
    munmap(copy, length);
    return false;
}

int spool_take(const struct spool_list *list, const void *bytes, size_t length)
{
    struct spool *spool = find(list, bytes);
    if (!spool || !spool->linkable || bytes != spool->mapped || length > spool->size ||
        spool->size - length > SPOOL_AROUND_MAX)
        return -1;
    if (spool->cut)
        return length == spool->in_file ? spool->fd : -1;
    struct stat st; /* somebody may have cut it, and then it must not grow again */
    if (fstat(spool->fd, &st) != 0 || st.st_size != (off_t)spool->size + 1 || !detach(spool, length) ||
        ftruncate(spool->fd, (off_t)length) != 0)
        return -1;
    spool->in_file = length;
    spool->cut = true;
    return spool->fd;
}

void spool_forget(const struct spool_list *list, const char *from, const char *to)
{
    const struct spool *spool = find(list, from);
    if (!spool)
        return;
    /* Only the file's: other memory would be empty afterwards. The kernel may map all of a large page when a part of
     * it is touched, those before it again. */
    const char *end = spool->mapped + spool->in_file;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t start = from > spool->mapped ? (size_t)(from - spool->mapped) / LARGE_PAGE * LARGE_PAGE : 0;
    size_t stop = to > spool->mapped ? (size_t)((to < end ? to : end) - spool->mapped) / page * page : 0;
    if (stop > start)
        madvise(spool->mapped + start, stop - start, MADV_DONTNEED);
}

struct spool_sink spool_sink_in(struct spool_list *list, struct arena *arena)
{
    return (struct spool_sink){.list = list && list->area ? list : NULL, .memory = buf_in(arena)};
}

enum status_code spool_sink_add(struct spool_sink *sink, const void *bytes, size_t length, struct status *status)
{
    if (sink->list && !sink->spool && sink->memory.len + length > SPOOL_MEMORY) {
        if (spool_create(sink->list, &sink->spool, status) ||
            spool_write(sink->spool, sink->memory.data, sink->memory.len, status))
            return status->code;
        spool_keep(sink->spool);
    }
    if (sink->spool)
        return spool_write(sink->spool, bytes, length, status);
    buf_add(&sink->memory, bytes, length);
    return STATUS_OK;
}

size_t spool_sink_length(const struct spool_sink *sink)
{
    return sink->spool ? (size_t)sink->spool->size : sink->memory.len;
}

enum status_code spool_sink_finish(struct spool_sink *sink, const char **out, size_t *length, struct status *status)
{
    *length = spool_sink_length(sink);
    if (sink->spool)
        return spool_map(sink->spool, out, status);
    *out = sink->memory.len ? sink->memory.data : "";
    return STATUS_OK;
}
