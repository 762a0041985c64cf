#include "fs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../common/object_key.h"

bool fs_key_valid(const char *key)
{
    size_t prefix = strlen(FS_TEMP_PREFIX);
    if (!object_key_valid(key))
        return false;
    for (const char *at = key; at; at = strchr(at, '/') ? strchr(at, '/') + 1 : NULL)
        if (strncmp(at, FS_TEMP_PREFIX, prefix) == 0)
            return false;
    return true;
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
