/* The database interface: a thin SQL driver. See memora-db-plugin(3).
 *
 * Lifecycle:  open -> dialect -> connect -> { begin -> { prepare | bind -> step -> row ... -> reset }
 *                                             -> commit | rollback } -> recycle ... -> finalize -> disconnect -> close
 *
 * The driver knows its client library and nothing of Memora: schema, SQL text, pooling, statement caching, time limits,
 * retry of transactions and the log of slow statements are the core's. What differs between databases is data: the
 * dialect. */
#ifndef MEMORA_DB_H
#define MEMORA_DB_H

#include "memora/plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

struct memora_db;   /* an instance; the plugin's */
struct memora_conn; /* a connection; the plugin's */
struct memora_stmt; /* a prepared statement; the plugin's */

enum memora_value_type {
    MEMORA_NULL = 0,
    MEMORA_INT = 1,    /* u.i, 64 bits signed */
    MEMORA_DOUBLE = 2, /* u.d */
    MEMORA_TEXT = 3,   /* u.p, len bytes of UTF-8, not NUL-terminated; "" is not NULL. p may be NULL if len is 0 */
    MEMORA_BLOB = 4,   /* u.p, len bytes. p may be NULL if len is 0 */
    MEMORA_BOOL = 5    /* u.i, 0 or 1; a driver without MEMORA_SQL_NATIVE_BOOL gives MEMORA_INT in rows */
};
/* Frozen: it travels in arrays. */
struct memora_value {
    uint32_t type, reserved; /* enum memora_value_type, 0 */
    uint64_t len;            /* bytes of TEXT and BLOB */
    union {
        int64_t i;
        double d;
        const void *p;
    } u;
};
MEMORA_STATIC_ASSERT(sizeof(struct memora_value) == 24, "memora_value is frozen");

/* Which of the core's schema and statement forms fit. The core asks for features, never for names. */
enum memora_family {
    MEMORA_FAMILY_SQLITE = 1,
    MEMORA_FAMILY_MYSQL = 2,
    MEMORA_FAMILY_POSTGRES = 3,
    MEMORA_FAMILY_OTHER = 100 /* brings its own schema_dir below share/memora/schema */
};
enum memora_sql_feature {
    MEMORA_SQL_RETURNING = 1 << 0,     /* INSERT ... RETURNING id */
    MEMORA_SQL_ON_CONFLICT = 1 << 1,   /* INSERT ... ON CONFLICT (...) DO UPDATE SET x = excluded.x */
    MEMORA_SQL_ON_DUPLICATE = 1 << 2,  /* INSERT ... ON DUPLICATE KEY UPDATE x = VALUES(x) */
    MEMORA_SQL_DOLLAR_PARAMS = 1 << 3, /* parameters are $1, $2, ...; else ? */
    MEMORA_SQL_DDL_IN_TX = 1 << 4,     /* schema changes can be rolled back */
    MEMORA_SQL_SKIP_LOCKED = 1 << 5,   /* SELECT ... FOR UPDATE SKIP LOCKED */
    MEMORA_SQL_NATIVE_BOOL = 1 << 6,   /* a boolean type; else 0 and 1 */
    MEMORA_SQL_CTE = 1 << 7,           /* WITH ... SELECT */
    MEMORA_SQL_SINGLE_WRITER = 1 << 8  /* one write transaction at a time: the core queues writers on one connection
                                          and lets those that wait share one commit */
};
/* The driver's, constant while the instance is open. */
struct memora_dialect {
    uint32_t struct_size;   /* sizeof(struct memora_dialect) */
    uint32_t family;        /* enum memora_family */
    uint64_t features;      /* enum memora_sql_feature, as found out at open() or connect() */
    uint32_t max_params;    /* most parameters of one statement, >= 100 */
    char quote;             /* around identifiers: ` or " */
    char pad[3];            /* 0 */
    const char *schema_dir; /* "sqlite", "mysql", "postgres" or one's own */
    /* Pairs "name", "text", ended by NULL. In the text {0}, {1}, ... stand for the arguments. Those that a driver must
     * have are in share/doc/memora/dialect.md. */
    const char *const *fragments;
};

enum memora_tx_mode {
    MEMORA_TX_READ = 1, /* nothing will be written; one snapshot for all statements where that costs little */
    MEMORA_TX_WRITE = 2 /* take the write lock now, so that a later upgrade cannot deadlock */
};

/* Members without "optional" must be set. A connection and its statements are used by one thread at a time (which may
 * change between calls), except for interrupt. Errors beside MEMORA_E_INTERNAL, _NOMEM and _CONN are named at each
 * member. */
struct memora_db_ops {
    uint32_t struct_size; /* sizeof(struct memora_db_ops) */
    uint32_t reserved;    /* 0 */

    /* Instance. config lives until the process ends. May be called several times in one process. Errors name the
     * database: MEMORA_E_CONFIG (names the key), MEMORA_E_AUTH, MEMORA_E_IO. */
    int (*open)(const struct memora_config *config, struct memora_db **out, struct memora_error *error);
    void (*close)(struct memora_db *db); /* all connections are closed before; NULL is not passed */
    const struct memora_dialect *(*dialect)(struct memora_db *db); /* any time after open(); never NULL */

    /* Connection: pooled by the core, closed with disconnect. MEMORA_E_AUTH, MEMORA_E_IO. */
    int (*connect)(struct memora_db *db, struct memora_conn **out, struct memora_error *error);
    /* Finalizes what is left of its statements and rolls back what is open. */
    void (*disconnect)(struct memora_conn *conn);
    /* Before the connection is used for something else: rolls back what is open, drops session state, keeps prepared
     * statements. An error makes the core disconnect. */
    int (*recycle)(struct memora_conn *conn, struct memora_error *error);
    /* From any thread, at any time between connect and disconnect: makes the running call return MEMORA_E_CANCELLED
     * within a second. No effect if nothing runs. */
    void (*interrupt)(struct memora_conn *conn);

    /* One statement of len bytes (also NUL-terminated). *out is the caller's, closed with finalize.
     * MEMORA_E_SYNTAX (message: what the database says), MEMORA_E_RETRY, MEMORA_E_ARG (several statements;
     * MEMORA_E_SYNTAX where the database does not tell them from nonsense). */
    int (*prepare)(struct memora_conn *conn, const char *sql, size_t len, struct memora_stmt **out,
                   struct memora_error *error);
    /* All parameters at once, before the first step. values and what they point to are borrowed until reset.
     * MEMORA_E_ARG if count is not the statement's number of parameters. */
    int (*bind)(struct memora_stmt *stmt, const struct memora_value *values, uint32_t count,
                struct memora_error *error);
    /* MEMORA_ROW: row() has the next row. MEMORA_OK: done. MEMORA_E_UNIQUE, MEMORA_E_CONSTRAINT, MEMORA_E_RETRY,
     * MEMORA_E_CANCELLED, MEMORA_E_SYNTAX, MEMORA_E_FULL, MEMORA_E_IO; after an error only reset or finalize. */
    int (*step)(struct memora_stmt *stmt, struct memora_error *error);
    /* The first count columns of the current row; returns the number of columns the row has. What the values point to
     * is borrowed until the next step, reset or finalize. */
    int (*row)(struct memora_stmt *stmt, struct memora_value *out, uint32_t count);
    int64_t (*affected)(struct memora_stmt *stmt); /* rows changed, after step gave MEMORA_OK */
    int64_t (*last_id)(struct memora_stmt *stmt);  /* id of the inserted row; 0 with MEMORA_SQL_RETURNING if unknown */
    void (*reset)(struct memora_stmt *stmt);       /* ready for bind again; bound values are no longer used */
    void (*finalize)(struct memora_stmt *stmt);    /* NULL is not passed */

    /* Transactions do not nest. MEMORA_E_RETRY: nothing happened, the core runs the whole transaction again. */
    int (*begin)(struct memora_conn *conn, uint32_t mode, struct memora_error *error); /* enum memora_tx_mode */
    /* MEMORA_OK: durable. MEMORA_E_CONN: the outcome is unknown, the core does not retry. */
    int (*commit)(struct memora_conn *conn, struct memora_error *error);
    int (*rollback)(struct memora_conn *conn, struct memora_error *error); /* MEMORA_OK if nothing is open */

    /* Several statements without parameters and rows, separated by ';'. MEMORA_E_SYNTAX. */
    int (*script)(struct memora_conn *conn, const char *sql, size_t len, struct memora_error *error);

    /* Keeps other servers on the same database out of migrating until unlock, or disconnect. Waits at most timeout_ns,
     * then MEMORA_E_RETRY. */
    int (*migrate_lock)(struct memora_conn *conn, int64_t timeout_ns, struct memora_error *error);
    void (*migrate_unlock)(struct memora_conn *conn);

    /* Optional. Bytes that the database takes, -1 = unknown. From any thread. */
    int64_t (*size_bytes)(struct memora_db *db);
    /* Optional. A consistent copy of the whole database while it is in use, given to write(ctx, bytes, n), which
     * returns 0 or gives up (MEMORA_E_CANCELLED). */
    int (*backup)(struct memora_db *db, int (*write)(void *ctx, const void *bytes, size_t n), void *ctx,
                  struct memora_error *error);
    /* Optional, both or none: news between servers that share one database. notify is part of the transaction that is
     * open. listen calls back on a thread of the driver until close(); payload is borrowed. A payload of NULL: news may
     * have been missed (the connection was lost for a while), so anything may have changed. */
    int (*notify)(struct memora_conn *conn, const char *channel, const char *payload, struct memora_error *error);
    int (*listen)(struct memora_db *db, const char *channel,
                  void (*callback)(void *ctx, const char *payload, size_t len), void *ctx, struct memora_error *error);

    /* Since 1.1, optional. Runs several different statements of one connection, all of them bound, in this order and
     * for the price of one round trip; then step() of each gives its rows. On an error, which is that of the first one
     * that failed, none of them has rows, and each wants reset or finalize. Without it the core runs one after the
     * other. */
    int (*execute_all)(struct memora_stmt *const *statements, uint32_t count, struct memora_error *error);
};

#ifdef __cplusplus
}
#endif
#endif
