#include "fs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Length of the well-formed UTF-8 sequence at text (RFC 3629), 0 if there is none. Stops at a NUL by itself. */
static size_t utf8_sequence(const unsigned char *text)
{
    if (text[0] < 0x80)
        return 1;
    unsigned low = 0x80, high = 0xbf;
    size_t length;
    if (text[0] >= 0xc2 && text[0] <= 0xdf) {
        length = 2;
    } else if (text[0] >= 0xe0 && text[0] <= 0xef) {
        length = 3;
        low = text[0] == 0xe0 ? 0xa0 : low;   /* overlong */
        high = text[0] == 0xed ? 0x9f : high; /* surrogates */
    } else if (text[0] >= 0xf0 && text[0] <= 0xf4) {
        length = 4;
        low = text[0] == 0xf0 ? 0x90 : low;
        high = text[0] == 0xf4 ? 0x8f : high; /* beyond U+10FFFF */
    } else {
        return 0;
    }
    if (text[1] < low || text[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if (text[i] < 0x80 || text[i] > 0xbf)
            return 0;
    return length;
}

static bool segment_valid(const char *segment, size_t length)
{
    if (length == 0 || (length == 1 && segment[0] == '.') || (length == 2 && memcmp(segment, "..", 2) == 0))
        return false;
    size_t prefix = strlen(FS_TEMP_PREFIX);
    return length < prefix || memcmp(segment, FS_TEMP_PREFIX, prefix) != 0;
}

bool fs_key_valid(const char *key)
{
    size_t start = 0, i = 0;
    while (key[i] != '\0') {
        const unsigned char *at = (const unsigned char *)key + i;
        size_t length = utf8_sequence(at);
        if (length == 0 || *at < 0x20 || *at == 0x7f || i + length > FS_KEY_MAX)
            return false;
        if (*at == '/') {
            if (!segment_valid(key + start, i - start))
                return false;
            start = i + 1;
        }
        i += length;
    }
    return segment_valid(key + start, i - start);
}

int fs_key_check(const char *key, struct memora_error *error)
{
    return key && fs_key_valid(key) ? MEMORA_OK : fs_fail(error, MEMORA_E_ARG, 0, "not a valid object key");
}

static int nofollow(const struct memora_storage *storage)
{
    return storage->follow_symlinks ? 0 : O_NOFOLLOW;
}

/* Opens the next directory of a walk and closes the one before, unless that is the root itself. */
static int step_into(const struct memora_storage *storage, int dir, const char *segment)
{
    int next = openat(dir, segment, O_RDONLY | O_DIRECTORY | O_CLOEXEC | nofollow(storage));
    int err = errno;
    if (dir != storage->root_fd)
        close(dir);
    errno = err;
    return next;
}

/* Makes segment in dir; a new entry is made durable at once, since a file below it is going to be. */
static int make_directory(int dir, const char *segment)
{
    if (mkdirat(dir, segment, 0777) == 0)
        return fsync(dir);
    return errno == EEXIST ? 0 : -1;
}

/* Opens the directory path segment by segment; the way for creating, and for kernels without openat2. */
static int walk(const struct memora_storage *storage, const char *path, size_t length, bool create)
{
    char segment[FS_KEY_MAX + 1];
    int dir = storage->root_fd;
    for (size_t at = 0; at < length && dir >= 0;) {
        const char *slash = memchr(path + at, '/', length - at);
        size_t size = slash ? (size_t)(slash - path) - at : length - at;
        memcpy(segment, path + at, size);
        segment[size] = '\0';
        if (create && make_directory(dir, segment) != 0) {
            int err = errno;
            if (dir != storage->root_fd)
                close(dir);
            errno = err;
            return -1;
        }
        dir = step_into(storage, dir, segment);
        at += size + 1;
    }
    return dir == storage->root_fd ? openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : dir;
}

int fs_open_beneath(const struct memora_storage *storage, const char *path, int flags)
{
    flags |= O_CLOEXEC;
    if (storage->follow_symlinks)
        return openat(storage->root_fd, path, flags);
    struct open_how how = {.flags = (uint64_t)(unsigned)flags, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
    long fd = syscall(SYS_openat2, storage->root_fd, path, &how, sizeof how);
    /* Kernels before 5.6 say ENOSYS, seccomp profiles that don't know the call EPERM. */
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
        return (int)fd;
    const char *slash = strrchr(path, '/');
    int dir = walk(storage, path, slash ? (size_t)(slash - path) : 0, false);
    if (dir < 0)
        return -1;
    int opened = openat(dir, slash ? slash + 1 : path, flags | O_NOFOLLOW);
    int err = errno;
    close(dir);
    errno = err;
    return opened;
}

int fs_open_parent(const struct memora_storage *storage, const char *key, bool create, const char **name)
{
    const char *slash = strrchr(key, '/');
    *name = slash ? slash + 1 : key;
    if (!slash)
        return fs_open_beneath(storage, ".", O_RDONLY | O_DIRECTORY);
    char path[FS_KEY_MAX + 1];
    size_t length = (size_t)(slash - key);
    memcpy(path, key, length);
    path[length] = '\0';
    int dir = fs_open_beneath(storage, path, O_RDONLY | O_DIRECTORY);
    return dir < 0 && errno == ENOENT && create ? walk(storage, path, length, true) : dir;
}
