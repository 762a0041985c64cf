/* Connections, transactions and the care of the write-ahead log. */
#include "sqlite.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    /* A busy writer moves the log into the database file every so many pages (of 4 KiB): often enough that a start
     * after a crash has little to recover, seldom enough that the cost is spread over many commits. */
    CHECKPOINT_PAGES = 2000,
    /* Readers that overlap for ever can keep the log from being re-used. From this size on new readers are made to
     * wait for the database file to catch up, for a moment at most. */
    RESTART_PAGES = 16384,
    RESTART_WAIT_MS = 50,
    LOG_SIZE_LIMIT = 16 * 1024 * 1024
};

static int on_commit(void *ctx, sqlite3 *sqlite, const char *schema, int pages)
{
    (void)sqlite;
    (void)schema;
    struct memora_conn *conn = ctx;
    if (pages < conn->log_pages) { /* the log was begun anew */
        conn->checkpointed = 0;
        conn->checkpoint_at = CHECKPOINT_PAGES;
    }
    conn->log_pages = pages;
    conn->wrote = true;
    return SQLITE_OK;
}

static int configure(struct memora_conn *conn)
{
    const struct memora_db *db = conn->db;
    sqlite3 *sqlite = conn->sqlite;
    char pragmas[256];
    snprintf(pragmas, sizeof pragmas,
             "PRAGMA foreign_keys = OFF; PRAGMA mmap_size = 0; PRAGMA synchronous = %s; PRAGMA cache_size = -%lld;"
             "PRAGMA journal_size_limit = %d; PRAGMA query_only = %d; PRAGMA schema_version",
             db->synchronous, (long long)db->page_cache_kib, LOG_SIZE_LIMIT, db->read_only);
    sqlite3_busy_timeout(sqlite, (int)db->busy_timeout_ms);
    sqlite3_db_config(sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(sqlite, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(sqlite, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    /* Until something is written nothing of the file may change, not even by moving a left-over log into it. */
    sqlite3_db_config(sqlite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_limit(sqlite, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_wal_hook(sqlite, on_commit, conn);
    int code = sqlite_functions_register(sqlite);
    return code == SQLITE_OK ? sqlite3_exec(sqlite, pragmas, NULL, NULL, NULL) : code;
}

static int prepare_transactions(struct memora_conn *conn)
{
    const struct {
        const char *sql;
        sqlite3_stmt **stmt;
    } list[] = {{"BEGIN", &conn->begin_read},
                {"BEGIN IMMEDIATE", &conn->begin_write},
                {"COMMIT", &conn->commit},
                {"ROLLBACK", &conn->rollback}};
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        int code = sqlite3_prepare_v3(conn->sqlite, list[i].sql, -1, SQLITE_PREPARE_PERSISTENT, list[i].stmt, NULL);
        if (code != SQLITE_OK)
            return code;
    }
    return SQLITE_OK;
}

int sqlite_connect(struct memora_db *db, struct memora_conn **out, struct memora_error *error)
{
    struct memora_conn *conn = calloc(1, sizeof *conn);
    if (!conn)
        return memora_fail(error, MEMORA_E_NOMEM, "out of memory");
    conn->db = db;
    conn->checkpoint_at = CHECKPOINT_PAGES;
    enum { FLAGS = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE };
    int code = sqlite3_open_v2(db->path, &conn->sqlite, FLAGS, NULL);
    if (code == SQLITE_OK)
        code = configure(conn);
    if (code == SQLITE_OK)
        code = prepare_transactions(conn);
    if (code != SQLITE_OK) {
        struct memora_error cause = {0};
        int result = sqlite_error(&cause, code, conn->sqlite);
        sqlite_disconnect(conn);
        if (error)
            error->native_code = code;
        return memora_fail(error, result, "database file %s: %.400s", db->path, cause.message);
    }
    *out = conn;
    return MEMORA_OK;
}

static bool in_wal_mode(struct memora_db *db)
{
    pthread_mutex_lock(&db->mutex);
    bool wal = db->wal;
    pthread_mutex_unlock(&db->mutex);
    return wal;
}

void sqlite_disconnect(struct memora_conn *conn)
{
    while (conn->statements)
        sqlite_finalize(conn->statements);
    sqlite3_finalize(conn->begin_read);
    sqlite3_finalize(conn->begin_write);
    sqlite3_finalize(conn->commit);
    sqlite3_finalize(conn->rollback);
    if (conn->sqlite && in_wal_mode(conn->db))
        sqlite3_db_config(conn->sqlite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    sqlite3_close_v2(conn->sqlite);
    free(conn);
}

static void checkpoint(struct memora_conn *conn)
{
    int in_log = 0, done = 0;
    bool restart = conn->log_pages >= RESTART_PAGES;
    if (restart)
        sqlite3_busy_timeout(conn->sqlite, RESTART_WAIT_MS);
    int mode = restart ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
    int code = sqlite3_wal_checkpoint_v2(conn->sqlite, NULL, mode, &in_log, &done);
    if (restart)
        sqlite3_busy_timeout(conn->sqlite, (int)conn->db->busy_timeout_ms);
    if ((code == SQLITE_OK || code == SQLITE_BUSY) && in_log >= 0) {
        conn->log_pages = in_log;
        conn->checkpointed = done;
    }
    /* What readers hold back now is tried again after some more commits, not after each. */
    conn->checkpoint_at = conn->log_pages + CHECKPOINT_PAGES / 4;
    if (conn->checkpoint_at < CHECKPOINT_PAGES)
        conn->checkpoint_at = CHECKPOINT_PAGES;
}

int sqlite_recycle(struct memora_conn *conn, struct memora_error *error)
{
    if (!sqlite3_get_autocommit(conn->sqlite)) {
        int result = sqlite_rollback(conn, error);
        if (result != MEMORA_OK)
            return result;
    }
    bool idle = !conn->wrote;
    conn->wrote = false;
    if (conn->log_pages > conn->checkpointed && (idle || conn->log_pages >= conn->checkpoint_at))
        checkpoint(conn);
    return MEMORA_OK;
}

void sqlite_interrupt_conn(struct memora_conn *conn)
{
    sqlite3_interrupt(conn->sqlite);
}

static int run(struct memora_conn *conn, sqlite3_stmt *stmt, struct memora_error *error)
{
    int code = sqlite3_step(stmt);
    int result = code == SQLITE_DONE ? MEMORA_OK : sqlite_error(error, code, conn->sqlite);
    sqlite3_reset(stmt);
    return result;
}

static int read_mode(void *ctx, int columns, char **values, char **names)
{
    (void)columns;
    (void)names;
    *(bool *)ctx = values[0] && sqlite3_stricmp(values[0], "wal") == 0;
    return 0;
}

/* The first writer switches the file to WAL mode, so that one which is only looked at stays as it is. */
static int enter_wal_mode(struct memora_conn *conn, struct memora_error *error)
{
    struct memora_db *db = conn->db;
    int result = MEMORA_OK;
    pthread_mutex_lock(&db->mutex);
    if (!db->wal) {
        bool wal = false;
        int code = sqlite3_exec(conn->sqlite, "PRAGMA journal_mode = WAL", read_mode, &wal, NULL);
        if (code != SQLITE_OK)
            result = sqlite_error(error, code, conn->sqlite);
        else if (!wal)
            result = memora_fail(error, MEMORA_E_IO, "%s cannot be put in WAL mode; is it on a network file system?",
                                 db->path);
        else
            db->wal = true;
    }
    pthread_mutex_unlock(&db->mutex);
    return result;
}

int sqlite_begin(struct memora_conn *conn, uint32_t mode, struct memora_error *error)
{
    if (mode != MEMORA_TX_WRITE)
        return run(conn, conn->begin_read, error);
    if (conn->db->read_only)
        return memora_fail(error, MEMORA_E_IO, "database file %s was opened only to be read", conn->db->path);
    int result = in_wal_mode(conn->db) ? MEMORA_OK : enter_wal_mode(conn, error);
    return result == MEMORA_OK ? run(conn, conn->begin_write, error) : result;
}

int sqlite_commit(struct memora_conn *conn, struct memora_error *error)
{
    return run(conn, conn->commit, error);
}

int sqlite_rollback(struct memora_conn *conn, struct memora_error *error)
{
    /* A full disk, an I/O error or an interrupt has rolled back already. */
    return sqlite3_get_autocommit(conn->sqlite) ? MEMORA_OK : run(conn, conn->rollback, error);
}

int sqlite_script(struct memora_conn *conn, const char *sql, size_t length, struct memora_error *error)
{
    char *text = length < INT_MAX ? strndup(sql, length) : NULL;
    if (!text)
        return memora_fail(error, MEMORA_E_NOMEM, "out of memory");
    int code = sqlite3_exec(conn->sqlite, text, NULL, NULL, NULL);
    free(text);
    return code == SQLITE_OK ? MEMORA_OK : sqlite_error(error, code, conn->sqlite);
}

/* The instance's lock file keeps other servers away from the moment of open() on. */
int sqlite_migrate_lock(struct memora_conn *conn, int64_t timeout_ns, struct memora_error *error)
{
    (void)timeout_ns;
    return conn->db->lock >= 0 ? MEMORA_OK : memora_fail(error, MEMORA_E_INTERNAL, "the database is not locked");
}

void sqlite_migrate_unlock(struct memora_conn *conn)
{
    (void)conn;
}

static int read_int(void *ctx, int columns, char **values, char **names)
{
    (void)columns;
    (void)names;
    *(int64_t *)ctx = values[0] ? strtoll(values[0], NULL, 10) : 0;
    return 0;
}

int64_t sqlite_size_bytes(struct memora_db *db)
{
    struct memora_conn *conn = NULL;
    int64_t pages = 0, page_size = 0;
    if (sqlite_connect(db, &conn, NULL) != MEMORA_OK)
        return -1;
    bool known = sqlite3_exec(conn->sqlite, "PRAGMA page_count", read_int, &pages, NULL) == SQLITE_OK &&
                 sqlite3_exec(conn->sqlite, "PRAGMA page_size", read_int, &page_size, NULL) == SQLITE_OK;
    sqlite_disconnect(conn);
    return known ? pages * page_size : -1;
}
