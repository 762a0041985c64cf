/* A consistent copy of the running database, through SQLite's online backup into a file beside it. */
#include "sqlite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGES_PER_STEP = 256, CHUNK = 64 * 1024 };

static int copy_pages(struct memora_conn *from, const char *path, struct memora_error *error)
{
    sqlite3 *to = NULL;
    int code = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    sqlite3_backup *backup = code == SQLITE_OK ? sqlite3_backup_init(to, "main", from->sqlite, "main") : NULL;
    if (!backup) {
        int result = sqlite_error(error, code == SQLITE_OK ? sqlite3_errcode(to) : code, to);
        sqlite3_close_v2(to);
        return result;
    }
    /* One read transaction around all steps: writers go on, and the copy does not start over at each commit. */
    code = sqlite3_exec(from->sqlite, "BEGIN; SELECT 1 FROM sqlite_master", NULL, NULL, NULL);
    do {
        if (code == SQLITE_OK)
            code = sqlite_host()->stopping() ? SQLITE_INTERRUPT : sqlite3_backup_step(backup, PAGES_PER_STEP);
    } while (code == SQLITE_OK);
    sqlite3_backup_finish(backup);
    sqlite3_exec(from->sqlite, "COMMIT", NULL, NULL, NULL);
    int result = code == SQLITE_DONE ? MEMORA_OK : sqlite_error(error, code, to);
    sqlite3_close_v2(to);
    return result;
}

static int send_file(int fd, int (*write)(void *, const void *, size_t), void *ctx, struct memora_error *error)
{
    char *chunk = malloc(CHUNK);
    int result = chunk ? MEMORA_OK : memora_fail(error, MEMORA_E_NOMEM, "out of memory");
    off_t offset = 0;
    while (result == MEMORA_OK) {
        ssize_t n = pread(fd, chunk, CHUNK, offset);
        if (n == 0)
            break;
        if (n < 0)
            result = memora_fail(error, MEMORA_E_IO, "reading the copy: %s", strerror(errno));
        else if (write(ctx, chunk, (size_t)n) < 0)
            result = memora_fail(error, MEMORA_E_CANCELLED, "the receiver of the copy gave up");
        else
            offset += n;
    }
    free(chunk);
    return result;
}

int sqlite_backup(struct memora_db *db, int (*write)(void *, const void *, size_t), void *ctx,
                  struct memora_error *error)
{
    char *path = NULL;
    if (asprintf(&path, "%s.backup-XXXXXX", db->path) < 0)
        return memora_fail(error, MEMORA_E_NOMEM, "out of memory");
    int fd = mkstemp(path);
    if (fd < 0) {
        int result = memora_fail(error, MEMORA_E_IO, "%s: %s", path, strerror(errno));
        free(path);
        return result;
    }
    struct memora_conn *conn = NULL;
    int result = sqlite_connect(db, &conn, error);
    if (result == MEMORA_OK) {
        result = copy_pages(conn, path, error);
        sqlite_disconnect(conn);
    }
    if (result == MEMORA_OK)
        result = send_file(fd, write, ctx, error);
    close(fd);
    unlink(path);
    free(path);
    return result;
}
