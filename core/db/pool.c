/* The connections that threads borrow for reading (and, where writers need not queue, for writing). Opened when first
 * needed. Those to a database server are looked at when they have lain idle, and closed after minutes without use, but
 * for the few that are to be there at any time;
 * those of a database in the process stay until the end. */
#include "db/internal.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

static const int64_t default_wait_ns = 10LL * 1000 * 1000 * 1000;
static const int64_t check_after_ns = 1LL * 1000 * 1000 * 1000;
static const int64_t default_idle_ns = 300LL * 1000 * 1000 * 1000;

static bool is_in_process(const struct db *db)
{
    return db->dialect->features & MEMORA_SQL_SINGLE_WRITER;
}

void pool_init(struct db *db)
{
    struct pool *pool = &db->pool;
    /* Where writers use the pool as well, migrating takes one for its lock and one to write. */
    unsigned least = is_in_process(db) ? 1 : 2;
    pool->limit = db->options.read_connections > least ? db->options.read_connections : least;
    pool->least = db->options.idle_connections > 1 ? db->options.idle_connections : 1;
    if (pool->least > pool->limit)
        pool->least = pool->limit;
    pthread_mutex_init(&pool->mutex, NULL);
    cond_init_monotonic(&pool->freed);
}

/* A free connection, or the right to open one (*out NULL). Called with the mutex held. */
static bool wait_for_one(struct db *db, struct db_conn **out)
{
    struct pool *pool = &db->pool;
    int64_t wait = db->options.statement_timeout_ns > 0 ? db->options.statement_timeout_ns : default_wait_ns;
    int64_t until = 0;
    while (!pool->free && pool->count >= pool->limit) {
        if (!until)
            until = clock_mono_ns() + wait;
        if (!cond_wait_until(&pool->freed, &pool->mutex, until) && !pool->free && pool->count >= pool->limit)
            return false;
    }
    *out = pool->free;
    if (pool->free)
        pool->free = pool->free->next_free;
    else
        pool->count++;
    return true;
}

/* The other end may have closed it, or hung up, while it lay here. */
static enum status_code check(struct db_conn *conn, struct status *status)
{
    struct memora_error error = {0};
    const struct db *db = conn->db;
    if (is_in_process(db) || clock_mono_ns() - conn->idle_since_ns < check_after_ns)
        return STATUS_OK;
    if (!conn->lost && db->ops->recycle(conn->handle, &error) == MEMORA_OK)
        return STATUS_OK;
    return conn_reopen(conn, status);
}

enum status_code pool_take(struct db *db, struct db_conn **out, struct status *status)
{
    struct pool *pool = &db->pool;
    struct db_conn *conn = NULL;
    pthread_mutex_lock(&pool->mutex);
    bool got = wait_for_one(db, &conn);
    pthread_mutex_unlock(&pool->mutex);
    if (!got)
        return status_set(status, STATUS_UNAVAILABLE, "all %u database connections are busy", pool->limit);
    enum status_code code = conn ? check(conn, status) : conn_open(db, &conn, status);
    if (code) {
        if (conn)
            conn_close(conn);
        pthread_mutex_lock(&pool->mutex);
        pool->count--;
        pthread_cond_signal(&pool->freed);
        pthread_mutex_unlock(&pool->mutex);
        return code;
    }
    conn->used = false;
    *out = conn;
    return STATUS_OK;
}

void pool_give(struct db_conn *conn)
{
    struct pool *pool = &conn->db->pool;
    if (conn->open_rows) {
        log_error("%u database statements were left open; their connection is closed", conn->open_rows);
        conn->lost = true;
    }
    query_end_snapshot(conn);
    bool keep = !conn->lost;
    conn->idle_since_ns = clock_mono_ns();
    if (!keep)
        conn_close(conn);
    pthread_mutex_lock(&pool->mutex);
    if (keep) {
        conn->next_free = pool->free;
        pool->free = conn;
    } else {
        pool->count--;
    }
    pthread_cond_signal(&pool->freed);
    pthread_mutex_unlock(&pool->mutex);
}

enum status_code pool_fill(struct db *db, struct status *status)
{
    struct db_conn *taken = NULL, *conn;
    enum status_code code = STATUS_OK;
    for (unsigned i = 0; code == STATUS_OK && i < db->pool.least && !is_in_process(db); i++) {
        code = pool_take(db, &conn, status);
        if (code == STATUS_OK) {
            conn->next_free = taken;
            taken = conn;
        }
    }
    while (taken) {
        conn = taken;
        taken = conn->next_free;
        pool_give(conn);
    }
    return code;
}

void pool_trim(struct db *db, int64_t now_ns)
{
    struct pool *pool = &db->pool;
    int64_t timeout = db->options.idle_timeout_ns > 0 ? db->options.idle_timeout_ns : default_idle_ns;
    pthread_mutex_lock(&pool->mutex);
    if (is_in_process(db)) {
        pthread_mutex_unlock(&pool->mutex);
        return;
    }
    unsigned staying = pool->count;
    for (const struct db_conn *conn = pool->free; conn; conn = conn->next_free)
        staying--;
    struct db_conn **at = &pool->free;
    for (; *at && (staying < pool->least || now_ns - (*at)->idle_since_ns < timeout); staying++)
        at = &(*at)->next_free;
    /* They lie in the order of their last use: what follows is idler still. */
    struct db_conn *closing = *at;
    *at = NULL;
    for (struct db_conn *conn = closing; conn; conn = conn->next_free)
        pool->count--;
    pthread_mutex_unlock(&pool->mutex);
    for (struct db_conn *conn = closing, *next; conn; conn = next) {
        next = conn->next_free;
        conn_close(conn);
    }
}

void pool_close(struct db *db)
{
    struct pool *pool = &db->pool;
    while (pool->free) {
        struct db_conn *conn = pool->free;
        pool->free = conn->next_free;
        conn_close(conn);
    }
    pthread_cond_destroy(&pool->freed);
    pthread_mutex_destroy(&pool->mutex);
}
