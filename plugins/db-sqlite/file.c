/* The database file and the lock that keeps a second server off it.
 *
 * SQLite itself would let two servers share a file, but their caches would not know of each other's writes. So each
 * instance holds flock(2) on a side-file, which says who holds it, and a lock on a byte of the database file, which
 * counts under whatever name the file has (links, mounts): far behind its end and all that SQLite locks, so that tools
 * which read are not stopped. It belongs to an open file (F_OFD_SETLK), which is closed after SQLite is done: closing
 * any descriptor of the file drops the locks of the process that SQLite relies on (fcntl(2)). */
#include "sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_PATH_LENGTH = 3800, MAX_LOCK_ATTEMPTS = 100 };
static const char lock_suffix[] = ".memora-lock";
static const off_t locked_byte = (off_t)1 << 62;

static int keep_path(struct memora_db *db, const char *dsn, struct memora_error *error)
{
    /* The core has made a relative path absolute. */
    if (strstr(dsn, "/:memory:") || strstr(dsn, "/file:"))
        return memora_fail(error, MEMORA_E_CONFIG, "dsn is \"%.200s\"; it must be the path of a file", dsn);
    if (!*dsn || strlen(dsn) > MAX_PATH_LENGTH)
        return memora_fail(error, MEMORA_E_CONFIG, "dsn is empty or longer than %d bytes", MAX_PATH_LENGTH);
    db->path = strdup(dsn);
    return db->path ? MEMORA_OK : memora_fail(error, MEMORA_E_NOMEM, "out of memory");
}

static int check_directory(const char *path, struct memora_error *error)
{
    char copy[MAX_PATH_LENGTH + 1];
    snprintf(copy, sizeof copy, "%s", path);
    const char *dir = dirname(copy);
    struct stat info;
    if (stat(dir, &info) != 0)
        return memora_fail(error, MEMORA_E_IO, "directory %s of the database file: %s", dir, strerror(errno));
    if (!S_ISDIR(info.st_mode))
        return memora_fail(error, MEMORA_E_IO, "%s is not a directory", dir);
    if (faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS) != 0)
        return memora_fail(error, MEMORA_E_IO,
                           "directory %s is not writable (SQLite keeps its log beside the database file): %s", dir,
                           strerror(errno));
    return MEMORA_OK;
}

static int check_file(struct memora_db *db, struct memora_error *error)
{
    struct stat info;
    if (stat(db->path, &info) != 0) {
        if (errno != ENOENT)
            return memora_fail(error, MEMORA_E_IO, "database file %s: %s", db->path, strerror(errno));
        db->is_new = true;
        return MEMORA_OK;
    }
    if (!S_ISREG(info.st_mode))
        return memora_fail(error, MEMORA_E_IO, "database file %s is not a regular file", db->path);
    if (faccessat(AT_FDCWD, db->path, R_OK | W_OK, AT_EACCESS) != 0)
        return memora_fail(error, MEMORA_E_IO, "database file %s cannot be read and written: %s", db->path,
                           strerror(errno));
    db->is_new = info.st_size == 0;
    /* SQLite keeps its log beside the file that a link leads to, and so do we with the lock. */
    char *real = realpath(db->path, NULL);
    if (!real || strlen(real) > MAX_PATH_LENGTH) {
        free(real);
        return memora_fail(error, MEMORA_E_IO, "database file %s cannot be found by its real path", db->path);
    }
    free(db->path);
    db->path = real;
    return MEMORA_OK;
}

/* The holder leaves its process id in the lock file, for the message only. */
static int held_by_another(const char *path, int lock, struct memora_error *error)
{
    char pid[24] = "";
    ssize_t n = pread(lock, pid, sizeof pid - 1, 0);
    if (n > 0)
        pid[strspn(pid, "0123456789")] = '\0';
    return memora_fail(error, MEMORA_E_IO, "database file %s is in use by another server%s%s (lock file %s%s)", path,
                       *pid ? ", process " : "", pid, path, lock_suffix);
}

/* The lock counts only if the locked file is still the one at that path: the former holder removes it. */
static bool still_there(int lock, const char *lock_path)
{
    struct stat locked, named;
    return fstat(lock, &locked) == 0 && stat(lock_path, &named) == 0 && locked.st_ino == named.st_ino &&
           locked.st_dev == named.st_dev;
}

static int take_lock(struct memora_db *db, struct memora_error *error)
{
    char lock_path[MAX_PATH_LENGTH + sizeof lock_suffix];
    snprintf(lock_path, sizeof lock_path, "%s%s", db->path, lock_suffix);
    for (int attempt = 0; attempt < MAX_LOCK_ATTEMPTS; attempt++) {
        int lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (lock < 0)
            return memora_fail(error, MEMORA_E_IO, "lock file %s: %s", lock_path, strerror(errno));
        if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
            int result = errno == EWOULDBLOCK
                             ? held_by_another(db->path, lock, error)
                             : memora_fail(error, MEMORA_E_IO, "lock file %s: %s", lock_path, strerror(errno));
            close(lock);
            return result;
        }
        if (still_there(lock, lock_path)) {
            db->lock = lock;
            if (ftruncate(lock, 0) == 0)
                dprintf(lock, "%ld\n", (long)getpid());
            return MEMORA_OK;
        }
        close(lock);
    }
    return memora_fail(error, MEMORA_E_IO, "lock file %s keeps changing", lock_path);
}

/* SQLite would create the file readable by everyone; it will hold password hashes and the signing key. */
static int create_file(const struct memora_db *db, struct memora_error *error)
{
    int fd = open(db->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return memora_fail(error, MEMORA_E_IO, "database file %s cannot be created: %s", db->path, strerror(errno));
    close(fd);
    return MEMORA_OK;
}

/* Readers change nothing, so that they need no lock; but there must be something to read. */
static int check_is_there(const struct memora_db *db, struct memora_error *error)
{
    return db->is_new ? memora_fail(error, MEMORA_E_IO, "there is no database file %s", db->path) : MEMORA_OK;
}

static int lock_under_any_name(struct memora_db *db, struct memora_error *error)
{
    struct flock byte = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = locked_byte, .l_len = 1};
    db->file = open(db->path, O_RDWR | O_CLOEXEC);
    if (db->file < 0)
        return memora_fail(error, MEMORA_E_IO, "database file %s: %s", db->path, strerror(errno));
    if (fcntl(db->file, F_OFD_SETLK, &byte) == 0)
        return MEMORA_OK;
    if (errno == EAGAIN || errno == EACCES)
        return memora_fail(error, MEMORA_E_IO,
                           "database file %s is in use by another server, which knows it by another name", db->path);
    return memora_fail(error, MEMORA_E_IO, "database file %s cannot be locked: %s", db->path, strerror(errno));
}

int sqlite_file_open(struct memora_db *db, const char *dsn, struct memora_error *error)
{
    int result = keep_path(db, dsn, error);
    if (result == MEMORA_OK)
        result = check_directory(db->path, error);
    if (result == MEMORA_OK)
        result = check_file(db, error);
    if (result == MEMORA_OK)
        result = db->read_only ? check_is_there(db, error) : take_lock(db, error);
    if (result == MEMORA_OK && db->is_new)
        result = create_file(db, error);
    if (result == MEMORA_OK && !db->read_only)
        result = lock_under_any_name(db, error);
    return result;
}

void sqlite_file_close(struct memora_db *db)
{
    if (db->file >= 0)
        close(db->file);
    if (db->lock >= 0) {
        char lock_path[MAX_PATH_LENGTH + sizeof lock_suffix];
        snprintf(lock_path, sizeof lock_path, "%s%s", db->path, lock_suffix);
        unlink(lock_path); /* while it is still locked: nobody can hold it */
        close(db->lock);
    }
    free(db->path);
}
