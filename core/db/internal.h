/* What the files of db/ share; nobody else includes it.
 *
 *   query.c ──► stmt_cache.c ──► rewrite.c ──► fragment.c        text to prepared statement
 *   tx.c    ──► writer.c (one writer) or a pooled connection     transactions
 *   pool.c  ──► conn.c                                           connections
 *   watchdog.c                                                   time limits
 *   news.c  ──► news_log.c where the database cannot notify      news between servers       */
#ifndef MEMORA_DB_INTERNAL_H
#define MEMORA_DB_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/uid.h"
#include "db/db.h"
#include "db/news.h"

/* fragment.c: the dialect's fragments by name. */
const char *fragment_find(const struct memora_dialect *dialect, const char *name, size_t length);

/* rewrite.c: our SQL text in the words of a dialect. */
struct rewritten {
    const char *sql; /* in the arena */
    size_t length;
    uint32_t param_count;  /* marks in the source text */
    uint32_t bind_count;   /* values that the database wants */
    const uint16_t *order; /* bind_count indexes into the given values; NULL = as they come */
};
enum status_code rewrite_sql(const struct memora_dialect *dialect, const char *sql, size_t length, struct arena *arena,
                             struct rewritten *out, struct status *status);

/* One prepared statement and the rows it is giving. */
struct db_rows {
    struct db_conn *conn;
    struct statement *statement;
    struct memora_value *values; /* of the current row */
    uint32_t columns, capacity;  /* of values */
    bool pending;                /* db_query has stepped to the first row; db_next gives it out */
    bool finished;               /* the last step gave no row */
    int64_t started_ns;
};

struct statement {
    struct statement *chain;         /* of the same hash bucket */
    struct statement *newer, *older; /* by use */
    uint64_t hash;
    char *text; /* as store/ wrote it */
    size_t length;
    bool cached;    /* else freed after use */
    bool returning; /* RETURNING id was added */
    bool busy;
    uint32_t param_count, bind_count;
    uint16_t *order;            /* see struct rewritten */
    struct memora_value *bound; /* room for bind_count values when order is set */
    struct memora_stmt *prepared;
    struct db_rows rows;
};

/* stmt_cache.c: least recently used statements of one connection, by source text. */
struct stmt_cache {
    struct statement **buckets;
    struct statement *newest, *oldest;
    unsigned capacity, count, bucket_mask;
};
void stmt_cache_init(struct stmt_cache *cache, unsigned capacity);
void stmt_cache_clear(struct db_conn *conn);
enum status_code stmt_cache_get(struct db_conn *conn, const char *sql, bool returning, struct statement **out,
                                struct status *status);
void stmt_cache_release(struct db_conn *conn, struct statement *statement);

struct db_conn {
    struct db *db;
    struct memora_conn *handle;
    struct stmt_cache cache;
    struct db_conn *next_free, *next; /* of the pool; of all connections */
    bool lost;                        /* the plugin said MEMORA_E_CONN, or there is no handle */
    bool writing;                     /* inside a write transaction */
    bool snapshot;                    /* inside a read transaction */
    bool used;                        /* has run a statement since it was lent */
    int64_t idle_since_ns;            /* when it was given back */
    unsigned open_rows;
    unsigned statements; /* run since the last count */
    /* The first failure of a statement in a write transaction; later statements are refused with it. */
    int failed; /* MEMORA_E_*, 0 = none */
    struct status failure;
    /* Monotonic nanoseconds at which the running statement is interrupted; 0 = none runs. watchdog.c. */
    _Atomic int64_t deadline;
};

/* conn.c */
enum status_code conn_open(struct db *db, struct db_conn **out, struct status *status);
void conn_close(struct db_conn *conn);
/* A new handle for one that was lost; no rows may be open. */
enum status_code conn_reopen(struct db_conn *conn, struct status *status);
/* Makes a status of a plugin's error; remembers it when a write transaction is open. */
enum status_code conn_fail(struct db_conn *conn, int result, const struct memora_error *error, struct status *status);
enum status_code status_from_plugin(int result, const struct memora_error *error, struct status *status);

/* query.c: what db_query has opened on a reading connection; the connection is lost if that fails. */
void query_end_snapshot(struct db_conn *conn);
/* "SAVEPOINT ..." and the like; does not count as a statement. */
enum status_code query_run_own(struct db_conn *conn, const char *sql, struct status *status);

/* watchdog.c */
struct watchdog {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool running, stop;
};
enum status_code watchdog_start(struct db *db, struct status *status);
void watchdog_stop(struct db *db);
void watchdog_arm(struct db_conn *conn, int64_t now_ns);
void watchdog_disarm(struct db_conn *conn);

/* pool.c */
struct pool {
    pthread_mutex_t mutex;
    pthread_cond_t freed;
    struct db_conn *free; /* most recently used first: its caches are warm */
    unsigned count, limit, least;
};
void pool_init(struct db *db);
enum status_code pool_take(struct db *db, struct db_conn **out, struct status *status);
void pool_give(struct db_conn *conn);
/* Opens those that are to be there at any time. */
enum status_code pool_fill(struct db *db, struct status *status);
/* Closes connections that nobody has needed for long, but for those that are to be there at any time. */
void pool_trim(struct db *db, int64_t now_ns);
void pool_close(struct db *db);

/* tx.c */
enum { TX_ATTEMPTS = 6, TX_QUICK_ATTEMPTS = 14 };
void tx_back_off(unsigned attempt);
/* A write transaction on conn. MEMORA_OK, or the plugin's result with status filled. */
int tx_begin(struct db_conn *conn, struct status *status);
int tx_commit(struct db_conn *conn, struct status *status);
void tx_rollback(struct db_conn *conn);
/* Runs fn inside it. A statement that failed makes the whole fail, even if fn says OK. */
enum status_code tx_call(struct db_conn *conn, db_write_fn fn, void *ctx, struct status *status);
/* A whole transaction on this connection, without a second attempt. */
enum status_code tx_once(struct db_conn *conn, db_write_fn fn, void *ctx, struct status *status);

/* writer.c: the one writer of MEMORA_SQL_SINGLE_WRITER dialects. */
struct job;
struct writer {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    struct job *first, *last;
    unsigned queued, callers; /* callers: threads inside writer_run */
    pthread_cond_t left;      /* the last of them has left */
    struct db_conn *conn;
    bool running, stop;
    _Atomic uint64_t commits; /* for the tests */
};
enum status_code writer_start(struct db *db, struct status *status);
void writer_stop(struct db *db);
enum status_code writer_run(struct db *db, db_write_fn fn, void *ctx, struct status *status);

/* news_log.c: the table memora_change as it was read. */
enum { NEWS_MARKS = 50 };
struct news_mark {
    int64_t ns, id; /* of a reading: when, and the highest id there was */
};
struct news_log {
    int64_t low;           /* rows up to this id are not read again */
    int64_t *seen, *fresh; /* ids above low, in order: of the last reading, of the running one */
    size_t seen_count, seen_capacity, fresh_count, fresh_capacity;
    struct news_mark marks[NEWS_MARKS]; /* oldest first */
    size_t mark_count;
    int64_t read_ns;            /* start of the last reading that succeeded, 0 = none */
    int64_t prune_ns, prune_id; /* when rows up to this id are removed */
};

/* news.c */
struct news {
    struct db *db;
    char origin[UID_UUID_LENGTH + 1]; /* of this server's news */
    pthread_mutex_t hearing;          /* held while fn runs; guards fn */
    db_news_fn fn;
    void *ctx;
    pthread_mutex_t mutex; /* guards queue, queued, running, stop */
    pthread_cond_t wake;
    pthread_t thread;
    bool running, stop;
    char *queue; /* lines that wait */
    size_t queued;
    _Atomic int64_t current_until_ns;
    _Atomic bool asked; /* somebody wanted to know since the last beat */
    /* The thread's alone. */
    struct db_conn *conn;
    struct news_log log;
    int64_t current_ns; /* when it was current for the last time */
    bool beating, complained;
};
void news_init(struct db *db);
void news_free(struct db *db);
void news_hear(struct news *news, const char *text, size_t length);
/* All news up to this time (clock_boot_ns()) have been heard. */
void news_current_since(struct news *news, int64_t boot_ns);
enum status_code news_log_add(struct db_conn *conn, const char *text, struct status *status);
enum status_code news_log_read(struct news *news, struct status *status);
void news_log_free(struct news_log *log);

struct db {
    const struct memora_db_ops *ops;
    struct memora_db *instance;
    const struct memora_dialect *dialect;
    struct db_options options;
    struct pool pool;
    struct writer writer;
    struct watchdog watchdog;
    struct news news;
    _Atomic bool opened;       /* db_open is through */
    pthread_mutex_t all_mutex; /* guards all, and keeps its members from being closed; and the two below */
    struct db_conn *all;
    unsigned connect_failures; /* since the last success */
    int64_t connect_after_ns;  /* no attempt before this time */
};

/* db.c */
void db_count_statements(unsigned count);
void cond_init_monotonic(pthread_cond_t *cond);
/* Waits until the monotonic clock shows until_ns; false when it does. */
bool cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t until_ns);

#endif
