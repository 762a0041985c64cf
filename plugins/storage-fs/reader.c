#include "fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct memora_reader {
    int fd;
    uint64_t off, end;
};

/* Opens an ordinary file; anything else (directory, pipe, device) is not an object. -1 with errno. */
static int open_object(const struct memora_storage *storage, const char *key, struct stat *st)
{
    int fd = fs_open_beneath(storage, key, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return -1;
    int err = fstat(fd, st) != 0 ? errno : S_ISREG(st->st_mode) ? 0 : ENOENT;
    if (err == 0)
        return fd;
    close(fd);
    errno = err;
    return -1;
}

int fs_stat(struct memora_storage *storage, const char *key, struct memora_object *out, struct memora_error *error)
{
    int result = fs_key_check(key, error);
    if (result != MEMORA_OK)
        return result;
    struct stat st;
    int fd = open_object(storage, key, &st);
    if (fd < 0)
        return fs_fail(error, fs_code(errno), errno, "cannot open %s", key);
    close(fd);
    fs_object_fill(out, &st);
    return MEMORA_OK;
}

int fs_get(struct memora_storage *storage, const char *key, uint64_t off, uint64_t len, struct memora_reader **out,
           struct memora_object *info, struct memora_error *error)
{
    int result = fs_key_check(key, error);
    if (result != MEMORA_OK)
        return result;
    struct stat st;
    int fd = open_object(storage, key, &st);
    if (fd < 0)
        return fs_fail(error, fs_code(errno), errno, "cannot open %s", key);
    uint64_t size = (uint64_t)st.st_size;
    fs_object_fill(info, &st);
    if (off > size) {
        close(fd);
        return fs_fail(error, MEMORA_E_RANGE, 0, "%s ends before the offset", key);
    }
    struct memora_reader *reader = malloc(sizeof *reader);
    if (!reader) {
        close(fd);
        return fs_fail(error, MEMORA_E_NOMEM, ENOMEM, "cannot open %s", key);
    }
    *reader = (struct memora_reader){.fd = fd, .off = off, .end = len < size - off ? off + len : size};
    *out = reader;
    return MEMORA_OK;
}

int64_t fs_read(struct memora_reader *reader, void *buf, size_t cap, struct memora_error *error)
{
    uint64_t left = reader->end - reader->off;
    size_t want = left < cap ? (size_t)left : cap;
    ssize_t n;
    do
        n = want ? pread(reader->fd, buf, want, (off_t)reader->off) : 0;
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return fs_fail(error, fs_code(errno), errno, "cannot read");
    reader->off += (uint64_t)n;
    return n;
}

int fs_reader_fd(struct memora_reader *reader, uint64_t *off)
{
    *off = reader->off;
    return reader->fd;
}

void fs_reader_close(struct memora_reader *reader)
{
    if (!reader)
        return;
    close(reader->fd);
    free(reader);
}

int fs_remove(struct memora_storage *storage, const char *key, struct memora_error *error)
{
    int result = fs_key_check(key, error);
    if (result != MEMORA_OK)
        return result;
    const char *name;
    int dir = fs_open_parent(storage, key, false, &name);
    if (dir < 0)
        return fs_code(errno) == MEMORA_E_NOT_FOUND
                   ? MEMORA_OK
                   : fs_fail(error, fs_code(errno), errno, "cannot open the directory of %s", key);
    struct stat st;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno != ENOENT)
            result = fs_fail(error, fs_code(errno), errno, "cannot remove %s", key);
    } else if (S_ISREG(st.st_mode) && ((unlinkat(dir, name, 0) != 0 && errno != ENOENT) || fsync(dir) != 0)) {
        result = fs_fail(error, fs_code(errno), errno, "cannot remove %s", key);
    }
    close(dir);
    return result;
}
