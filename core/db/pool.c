/* The connections that threads borrow for reading (and, where writers need not queue, for writing). Opened when first
 * needed, kept until the end. */
#include "db/internal.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

static const int64_t default_wait_ns = 10LL * 1000 * 1000 * 1000;

void pool_init(struct db *db)
{
    struct pool *pool = &db->pool;
    pool->limit = db->options.read_connections ? db->options.read_connections : 1;
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

enum status_code pool_take(struct db *db, struct db_conn **out, struct status *status)
{
    struct pool *pool = &db->pool;
    struct db_conn *conn = NULL;
    pthread_mutex_lock(&pool->mutex);
    bool got = wait_for_one(db, &conn);
    pthread_mutex_unlock(&pool->mutex);
    if (!got)
        return status_set(status, STATUS_UNAVAILABLE, "all %u database connections are busy", pool->limit);
    enum status_code code = STATUS_OK;
    if (!conn)
        code = conn_open(db, &conn, status);
    if (code) {
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
