/* Opening and closing a database, and small services for the other files of db/. */
#include "db/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

static _Thread_local unsigned statement_count;

void db_count_statements(unsigned count)
{
    statement_count += count;
}

unsigned db_statement_count_reset(void)
{
    unsigned count = statement_count;
    statement_count = 0;
    return count;
}

void cond_init_monotonic(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attributes);
    pthread_condattr_destroy(&attributes);
}

bool cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t until_ns)
{
    struct timespec until = {.tv_sec = until_ns / 1000000000, .tv_nsec = until_ns % 1000000000};
    return pthread_cond_timedwait(cond, mutex, &until) == 0;
}

static void db_free(struct db *db)
{
    assert(!db->all); /* nobody holds a connection any more */
    if (db->instance)
        db->ops->close(db->instance);
    news_free(db);
    pthread_mutex_destroy(&db->all_mutex);
    free(db);
}

/* A first connection shows at start whether the database can be used; it becomes the pool's. */
static enum status_code open_first(struct db *db, struct status *status)
{
    struct db_conn *conn;
    enum status_code code = pool_take(db, &conn, status);
    if (code)
        return code;
    /* Features may have been found out while connecting. The watchdog runs already and looks at them. */
    pthread_mutex_lock(&db->pool.mutex);
    db->dialect = db->ops->dialect(db->instance);
    pthread_mutex_unlock(&db->pool.mutex);
    pool_give(conn);
    code = pool_fill(db, status);
    if (code == STATUS_OK && db->dialect->features & MEMORA_SQL_SINGLE_WRITER)
        code = writer_start(db, status);
    return code;
}

enum status_code db_open(const struct memora_db_ops *ops, const struct memora_config *config,
                         const struct db_options *options, struct db **out, struct status *status)
{
    struct memora_error error = {0};
    struct db *db = memory_zalloc(sizeof *db);
    db->ops = ops;
    db->options = *options;
    pthread_mutex_init(&db->all_mutex, NULL);
    news_init(db);
    int result = ops->open(config, &db->instance, &error);
    if (result != MEMORA_OK) {
        db->instance = NULL;
        db_free(db);
        return status_set(status, status_from_plugin(result, &error, NULL), "%s", error.message);
    }
    db->dialect = ops->dialect(db->instance);
    pool_init(db);
    enum status_code code = watchdog_start(db, status);
    if (!code)
        code = open_first(db, status);
    if (code) {
        db_close(db);
        return code;
    }
    atomic_store_explicit(&db->opened, true, memory_order_relaxed);
    *out = db;
    return STATUS_OK;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    db_news_stop(db);
    writer_stop(db);
    watchdog_stop(db);
    pool_close(db);
    db_free(db);
}

const struct memora_dialect *db_dialect(const struct db *db)
{
    return db->dialect;
}

int64_t db_size_bytes(struct db *db)
{
    return db->ops->size_bytes ? db->ops->size_bytes(db->instance) : -1;
}

void db_sql_marks(struct buf *sql, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        buf_add(sql, i ? ", ?" : "?", i ? 3 : 1);
}
