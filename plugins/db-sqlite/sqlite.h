/* What the files of this plugin share. The members of memora_db_ops keep the promises of memora/db.h; only what is
 * particular to SQLite is said here. */
#ifndef DB_SQLITE_H
#define DB_SQLITE_H

#include <memora/db.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>

struct memora_db {
    char *path;
    int lock;       /* descriptor of the locked side-file */
    int file;       /* descriptor of the database file, for a lock alone */
    bool is_new;    /* the file was not there at open() */
    bool read_only; /* beside a server: no lock, no writes */
    int64_t page_cache_kib;
    int64_t busy_timeout_ms;
    const char *synchronous; /* SQL word */
    struct memora_dialect dialect;
    pthread_mutex_t mutex; /* guards wal */
    bool wal;              /* the file was seen, or put, in WAL mode by a writer */
};

struct memora_conn {
    struct memora_db *db;
    sqlite3 *sqlite;
    struct memora_stmt *statements; /* all that are not finalized */
    sqlite3_stmt *begin_read, *begin_write, *commit, *rollback;
    bool wrote;        /* committed since the last recycle() */
    int log_pages;     /* pages in the write-ahead log after the last commit */
    int checkpointed;  /* how many of them are in the database file */
    int checkpoint_at; /* under load, when the log has this many pages */
};

struct memora_stmt {
    struct memora_conn *conn;
    struct memora_stmt *next, *prior; /* of conn->statements */
    sqlite3_stmt *sqlite;
    int params, columns;
};

/* plugin.c */
const struct memora_host *sqlite_host(void);

/* file.c: finds, checks and locks the database file. Fills path, lock and is_new. */
int sqlite_file_open(struct memora_db *db, const char *dsn, struct memora_error *error);
void sqlite_file_close(struct memora_db *db);

/* dialect.c */
void sqlite_dialect_fill(struct memora_dialect *dialect);

/* errors.c: fills *error and returns the MEMORA_E_* code. handle gives the detail text; NULL: only the code's. */
int sqlite_error(struct memora_error *error, int code, sqlite3 *handle);

/* functions.c: SQL functions with the core's case folding and regular expressions. Returns an SQLite code. */
int sqlite_functions_register(sqlite3 *sqlite);

/* conn.c */
int sqlite_connect(struct memora_db *db, struct memora_conn **out, struct memora_error *error);
void sqlite_disconnect(struct memora_conn *conn);
int sqlite_recycle(struct memora_conn *conn, struct memora_error *error);
void sqlite_interrupt_conn(struct memora_conn *conn);
int sqlite_begin(struct memora_conn *conn, uint32_t mode, struct memora_error *error);
int sqlite_commit(struct memora_conn *conn, struct memora_error *error);
int sqlite_rollback(struct memora_conn *conn, struct memora_error *error);
int sqlite_script(struct memora_conn *conn, const char *sql, size_t length, struct memora_error *error);
int sqlite_migrate_lock(struct memora_conn *conn, int64_t timeout_ns, struct memora_error *error);
void sqlite_migrate_unlock(struct memora_conn *conn);
int64_t sqlite_size_bytes(struct memora_db *db);

/* stmt.c */
int sqlite_prepare(struct memora_conn *conn, const char *sql, size_t length, struct memora_stmt **out,
                   struct memora_error *error);
int sqlite_bind(struct memora_stmt *stmt, const struct memora_value *values, uint32_t n, struct memora_error *error);
int sqlite_step(struct memora_stmt *stmt, struct memora_error *error);
int sqlite_row(struct memora_stmt *stmt, struct memora_value *out, uint32_t n);
int64_t sqlite_affected(struct memora_stmt *stmt);
int64_t sqlite_last_id(struct memora_stmt *stmt);
void sqlite_reset(struct memora_stmt *stmt);
void sqlite_finalize(struct memora_stmt *stmt);

/* backup.c */
int sqlite_backup(struct memora_db *db, int (*write)(void *, const void *, size_t), void *ctx,
                  struct memora_error *error);

#endif
