#include "fs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { COPY_SIZE = 128 * 1024, PROC_PATH_SIZE = 40 };

/* A file that is being written. Unnamed where the file system can (open(2), O_TMPFILE), so that even a crash leaves
 * nothing behind; else with a temporary name. */
struct draft {
    int dir, fd;
    bool borrowed;                /* fd is the core's */
    char name[FS_TEMP_NAME_SIZE]; /* "" = unnamed */
};

static int temporary_name(const struct memora_storage *storage, char out[FS_TEMP_NAME_SIZE])
{
    uint64_t random;
    if (storage->host->random(&random, sizeof random) != MEMORA_OK)
        return -1;
    snprintf(out, FS_TEMP_NAME_SIZE, FS_TEMP_PREFIX "%016llx", (unsigned long long)random);
    return 0;
}

static int draft_open(const struct memora_storage *storage, struct draft *draft)
{
    draft->name[0] = '\0';
    draft->fd = openat(draft->dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0644);
    if (draft->fd >= 0)
        return draft->fd;
    if (temporary_name(storage, draft->name) != 0) {
        errno = EIO;
        return -1;
    }
    draft->fd = openat(draft->dir, draft->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (draft->fd < 0)
        draft->name[0] = '\0';
    return draft->fd;
}

static void draft_close(struct draft *draft)
{
    if (draft->name[0] != '\0')
        unlinkat(draft->dir, draft->name, 0);
    if (draft->fd >= 0 && !draft->borrowed)
        close(draft->fd);
}

static int write_all(int fd, const unsigned char *data, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, data, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        data += n;
        length -= (size_t)n;
    }
    return 0;
}

/* Copies the whole source. The source's size, where it was announced, must be true. */
static int draft_fill(struct draft *draft, const char *key, const struct memora_put *put, struct memora_error *error)
{
    unsigned char *buffer = malloc(COPY_SIZE);
    if (!buffer)
        return fs_fail(error, MEMORA_E_NOMEM, ENOMEM, "cannot write %s", key);
    int result = MEMORA_OK;
    int64_t total = 0, n;
    while ((n = put->read(put->ctx, buffer, COPY_SIZE)) > 0) {
        total += n;
        if (n > COPY_SIZE || (put->size >= 0 && total > put->size))
            break;
        if (write_all(draft->fd, buffer, (size_t)n) != 0) {
            result = fs_fail(error, fs_code(errno), errno, "cannot write %s", key);
            break;
        }
    }
    free(buffer);
    if (result != MEMORA_OK)
        return result;
    if (n < 0)
        return fs_fail(error, MEMORA_E_CANCELLED, 0, "the source of %s gave up", key);
    if (n > 0 || (put->size >= 0 && total != put->size))
        return fs_fail(error, MEMORA_E_ARG, 0, "the source of %s has another size than announced", key);
    return MEMORA_OK;
}

/* Names the unnamed draft; linkat(2) tells how: by its entry in /proc. */
static int draft_link(const struct draft *draft, const char *name)
{
    char path[PROC_PATH_SIZE];
    snprintf(path, sizeof path, "/proc/self/fd/%d", draft->fd);
    return linkat(AT_FDCWD, path, draft->dir, name, AT_SYMLINK_FOLLOW);
}

/* Moves the named draft to name unless that exists. */
static int draft_move_exclusive(struct draft *draft, const char *name)
{
    if (syscall(SYS_renameat2, draft->dir, draft->name, draft->dir, name, RENAME_NOREPLACE) == 0) {
        draft->name[0] = '\0';
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS && errno != EPERM)
        return -1;
    return linkat(draft->dir, draft->name, draft->dir, name, 0); /* draft_close removes the temporary name */
}

/* Makes the finished draft visible as name in one step. */
static int draft_publish(const struct memora_storage *storage, struct draft *draft, const char *name, bool exclusive)
{
    if (draft->name[0] == '\0') {
        if (draft_link(draft, name) == 0)
            return 0;
        if (errno != EEXIST || exclusive)
            return -1;
        char temporary[FS_TEMP_NAME_SIZE];
        if (temporary_name(storage, temporary) != 0 || draft_link(draft, temporary) != 0)
            return -1;
        memcpy(draft->name, temporary, sizeof temporary);
    }
    if (exclusive)
        return draft_move_exclusive(draft, name);
    if (renameat(draft->dir, draft->name, draft->dir, name) != 0)
        return -1;
    draft->name[0] = '\0';
    return 0;
}

/* Whether a file that was made elsewhere is what one made in dir would be. */
static bool is_at_home(int dir, const struct stat *file)
{
    struct stat st;
    if (fstat(dir, &st) != 0 || file->st_dev != st.st_dev || ((st.st_mode & S_ISGID) && file->st_gid != st.st_gid))
        return false;
    return fgetxattr(dir, "system.posix_acl_default", NULL, 0) < 0; /* acl(5): new files inherit from it */
}

/* Takes the file of the source for the draft, so that nothing has to be copied. */
static bool draft_adopt(struct draft *draft, const struct memora_put *put)
{
    struct stat st;
    int fd = put->size >= 0 && MEMORA_HAS(put, take_file) && put->take_file ? put->take_file(put->ctx) : -1;
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink != 0 || st.st_size != put->size ||
        !is_at_home(draft->dir, &st))
        return false;
    draft->fd = fd;
    draft->borrowed = true;
    draft->name[0] = '\0';
    return true;
}

static int draft_copy(const struct memora_storage *storage, struct draft *draft, const char *key,
                      const struct memora_put *put, struct memora_error *error)
{
    draft->borrowed = false;
    if (draft_open(storage, draft) < 0)
        return fs_fail(error, fs_code(errno), errno, "cannot create a file for %s", key);
    return draft_fill(draft, key, put, error);
}

/* The file first, then its name. MEMORA_E_UNSUPPORTED: this file, which was made elsewhere, cannot get a name here. */
static int draft_finish(const struct memora_storage *storage, struct draft *draft, const char *key, const char *name,
                        bool exclusive, struct memora_object *out, struct memora_error *error)
{
    struct stat st;
    if (fsync(draft->fd) != 0 || fstat(draft->fd, &st) != 0)
        return fs_fail(error, fs_code(errno), errno, "cannot write %s", key);
    if (draft_publish(storage, draft, name, exclusive) != 0) {
        bool elsewhere =
            draft->borrowed && draft->name[0] == '\0' && (errno == EXDEV || errno == ENOENT || errno == EPERM);
        return fs_fail(error, elsewhere ? MEMORA_E_UNSUPPORTED : fs_code(errno), errno, "cannot name the file of %s",
                       key);
    }
    if (fsync(draft->dir) != 0)
        return fs_fail(error, fs_code(errno), errno, "cannot make the name of %s durable", key);
    fs_object_fill(out, &st);
    return MEMORA_OK;
}

static int put_in(const struct memora_storage *storage, struct draft *draft, const char *key, const char *name,
                  const struct memora_put *put, struct memora_object *out, struct memora_error *error)
{
    bool exclusive = (put->flags & MEMORA_PUT_NO_REPLACE) != 0;
    int result = MEMORA_E_UNSUPPORTED;
    struct stat st;
    /* Only spares the copying; whether the name is free is decided when publishing. */
    if (exclusive && fstatat(draft->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return fs_fail(error, MEMORA_E_EXISTS, 0, "%s exists already", key);
    if (draft_adopt(draft, put))
        result = draft_finish(storage, draft, key, name, exclusive, out, error);
    if (result != MEMORA_E_UNSUPPORTED)
        return result;
    result = draft_copy(storage, draft, key, put, error);
    return result == MEMORA_OK ? draft_finish(storage, draft, key, name, exclusive, out, error) : result;
}

int fs_put(struct memora_storage *storage, const char *key, const struct memora_put *put, struct memora_object *out,
           struct memora_error *error)
{
    int result = fs_key_check(key, error);
    if (result != MEMORA_OK)
        return result;
    const char *name;
    struct draft draft = {.fd = -1};
    draft.dir = fs_open_parent(storage, key, true, &name);
    if (draft.dir < 0)
        return fs_fail(error, fs_code(errno), errno, "cannot open the directory of %s", key);
    result = put_in(storage, &draft, key, name, put, out, error);
    draft_close(&draft);
    close(draft.dir);
    return result;
}
