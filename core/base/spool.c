#include "base/spool.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/guard.h"
#include "base/log.h"

enum { FILE_MODE = 0600 };

struct spool_area {
    char *directory;
    uint64_t most;
    atomic_uint_fast64_t used;
};

struct spool {
    struct spool *next;
    struct spool_area *area;
    int fd;
    uint64_t size, charged;
    char *mapped; /* size + 1 bytes; NULL: not yet */
    struct guard *guard;
};

struct spool_area *spool_area_create(const char *directory, uint64_t most_bytes)
{
    struct spool_area *area = memory_zalloc(sizeof *area);
    area->directory = memory_strdup(directory);
    area->most = most_bytes;
    return area;
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
    if (spool->mapped)
        munmap(spool->mapped, (size_t)spool->size + 1);
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
    int fd = open(area->directory, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, FILE_MODE);
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
        fd = open_named(area->directory);
    if (fd < 0)
        return failed(area, errno, status);
    struct spool *spool = memory_zalloc(sizeof *spool);
    *spool = (struct spool){.next = list->first, .area = area, .fd = fd};
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

enum status_code spool_write(struct spool *spool, const void *bytes, size_t length, struct status *status)
{
    if (!charge(spool, length))
        return status_set(status, STATUS_RESOURCE_EXHAUSTED, "too many uploads at a time");
    int problem = write_all(spool->fd, bytes, length, spool->size);
    if (problem)
        return failed(spool->area, problem, status);
    spool->size += length;
    return STATUS_OK;
}

uint64_t spool_size(const struct spool *spool)
{
    return spool->size;
}

enum status_code spool_map(struct spool *spool, const char **out, struct status *status)
{
    int problem = write_all(spool->fd, "", 1, spool->size);
    if (problem)
        return failed(spool->area, problem, status);
    void *mapped = spool->size < SIZE_MAX / 2 ? mmap(NULL, (size_t)spool->size + 1, PROT_READ, MAP_SHARED, spool->fd, 0)
                                              : MAP_FAILED;
    if (mapped == MAP_FAILED)
        return status_set(status, STATUS_RESOURCE_EXHAUSTED, "the upload is too large");
    spool->mapped = mapped;
    spool->guard = guard_add(mapped, (size_t)spool->size + 1);
    *out = mapped;
    return STATUS_OK;
}

static bool holds(const struct spool *spool, const char *byte)
{
    return spool->mapped && (uintptr_t)byte >= (uintptr_t)spool->mapped &&
           (uintptr_t)byte - (uintptr_t)spool->mapped <= spool->size;
}

static const struct spool *find(const struct spool_list *list, const char *byte)
{
    const struct spool *spool = list ? list->first : NULL;
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

int64_t spool_copy(const struct spool_list *list, const void *bytes, size_t length, uint64_t pos, void *out, size_t cap)
{
    const struct spool *spool = find(list, bytes);
    if (pos >= length)
        return 0;
    if (cap > length - pos)
        cap = (size_t)(length - pos);
    if (!spool) {
        memcpy(out, (const char *)bytes + pos, cap);
        return (int64_t)cap;
    }
    ssize_t n;
    do
        n = pread(spool->fd, out, cap, (off_t)((const char *)bytes - spool->mapped) + (off_t)pos);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        return n;
    log_error("cannot read a large request again: error %d", n < 0 ? errno : 0);
    return -1;
}

void spool_forget(const struct spool_list *list, const char *from, const char *to)
{
    const struct spool *spool = find(list, from);
    if (!spool)
        return;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t start = (size_t)(from - spool->mapped) / page * page, end = (size_t)(to - spool->mapped) / page * page;
    if (end > start)
        madvise(spool->mapped + start, end - start, MADV_DONTNEED);
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
