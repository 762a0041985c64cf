/* Reading and writing: what a thread gets between begin and end. */
#include "db/internal.h"

#include <time.h>

#include "base/clock.h"

enum { LONGEST_DOUBLING = 4 };
static const int64_t first_pause_ns = 5 * 1000 * 1000, quick_ns = 2LL * 1000 * 1000 * 1000;

enum status_code db_read_begin(struct db *db, struct db_conn **out, struct status *status)
{
    return pool_take(db, out, status);
}

enum status_code db_snapshot_begin(struct db *db, struct db_conn **out, struct status *status)
{
    struct memora_error error = {0};
    enum status_code code = pool_take(db, out, status);
    if (code)
        return code;
    (*out)->used = true;
    int result = db->ops->begin((*out)->handle, MEMORA_TX_READ, &error);
    (*out)->snapshot = result == MEMORA_OK;
    if (result == MEMORA_OK)
        return STATUS_OK;
    code = conn_fail(*out, result, &error, status);
    pool_give(*out);
    *out = NULL;
    return code;
}

void db_read_end(struct db_conn *conn)
{
    if (conn)
        pool_give(conn);
}

/* 5, 10, 20, ... ms, each up to half as long again, so that two that collided do not collide again. */
void tx_back_off(unsigned attempt)
{
    uint16_t jitter;
    random_bytes(&jitter, sizeof jitter);
    int64_t pause = first_pause_ns << (attempt < LONGEST_DOUBLING ? attempt : LONGEST_DOUBLING);
    pause += pause * jitter / (2 * UINT16_MAX);
    struct timespec time = {.tv_sec = pause / 1000000000, .tv_nsec = pause % 1000000000};
    nanosleep(&time, NULL);
}

/* A server may fall silent at any step of a transaction. In the process nothing does, and a commit there is not to be
 * cut short. */
static void limit_time(struct db_conn *conn)
{
    if (!(conn->db->dialect->features & MEMORA_SQL_SINGLE_WRITER))
        watchdog_arm(conn, clock_mono_ns());
}

int tx_begin(struct db_conn *conn, struct status *status)
{
    struct memora_error error = {0};
    if (conn->lost && conn_reopen(conn, status))
        return MEMORA_E_CONN;
    limit_time(conn);
    int result = conn->db->ops->begin(conn->handle, MEMORA_TX_WRITE, &error);
    watchdog_disarm(conn);
    if (result != MEMORA_OK) {
        conn_fail(conn, result, &error, status);
        return result;
    }
    conn->writing = true;
    conn->failed = 0;
    return MEMORA_OK;
}

int tx_commit(struct db_conn *conn, struct status *status)
{
    struct memora_error error = {0};
    limit_time(conn);
    int result = conn->db->ops->commit(conn->handle, &error);
    watchdog_disarm(conn);
    if (result == MEMORA_OK) {
        conn->writing = false;
        return MEMORA_OK;
    }
    conn_fail(conn, result, &error, status);
    if (result == MEMORA_E_CONN)
        status_set(status, STATUS_UNKNOWN, "the connection to the database was lost during the commit: %s",
                   error.message);
    tx_rollback(conn);
    return result;
}

void tx_rollback(struct db_conn *conn)
{
    struct memora_error error = {0};
    limit_time(conn);
    if (!conn->lost && conn->db->ops->rollback(conn->handle, &error) != MEMORA_OK)
        conn->lost = true; /* a new connection has no transaction open */
    watchdog_disarm(conn);
    conn->writing = false;
    conn->failed = 0;
}

enum status_code tx_call(struct db_conn *conn, db_write_fn fn, void *ctx, struct status *status)
{
    conn->failed = 0;
    enum status_code code = fn(conn, ctx, status);
    if (code == STATUS_OK && conn->failed)
        code = status_set(status, conn->failure.code, "%s", conn->failure.message);
    if (conn->open_rows) {
        conn->lost = true;
        code = status_set(status, STATUS_INTERNAL, "%u database statements were left open", conn->open_rows);
    }
    return code;
}

/* One attempt. *again: nothing happened, and it may go better next time. */
static enum status_code attempt(struct db_conn *conn, db_write_fn fn, void *ctx, bool *again, struct status *status)
{
    int result = tx_begin(conn, status);
    *again = result == MEMORA_E_RETRY || result == MEMORA_E_CONN;
    if (result != MEMORA_OK)
        return STATUS_UNAVAILABLE;
    enum status_code code = tx_call(conn, fn, ctx, status);
    if (code) {
        /* Before the commit a lost connection has written nothing. */
        *again = conn->failed == MEMORA_E_RETRY || conn->failed == MEMORA_E_CONN;
        tx_rollback(conn);
        return code;
    }
    struct status told = {0};
    result = tx_commit(conn, &told);
    *again = result == MEMORA_E_RETRY;
    return result == MEMORA_OK ? STATUS_OK : status_set(status, told.code, "%s", told.message);
}

enum status_code tx_once(struct db_conn *conn, db_write_fn fn, void *ctx, struct status *status)
{
    bool again;
    return attempt(conn, fn, ctx, &again, status);
}

/* Writes that collide with others are told so at once: half of them do when many write to the same small table under
 * PostgreSQL, and have better luck in a moment. Those that have waited for a lock or for the network have had theirs.
 */
static bool may_try_again(unsigned tried, int64_t began_ns)
{
    return tried < TX_ATTEMPTS || (tried < TX_QUICK_ATTEMPTS && clock_mono_ns() - began_ns < quick_ns);
}

enum status_code db_write(struct db *db, db_write_fn fn, void *ctx, struct status *status)
{
    if (db->dialect->features & MEMORA_SQL_SINGLE_WRITER)
        return writer_run(db, fn, ctx, status);
    struct db_conn *conn;
    enum status_code code = pool_take(db, &conn, status);
    bool again = true;
    int64_t began_ns = clock_mono_ns();
    for (unsigned i = 0; code == STATUS_OK && again; i++) {
        enum status_code last = attempt(conn, fn, ctx, &again, status);
        again = again && last && may_try_again(i + 1, began_ns);
        if (again)
            tx_back_off(i);
        else {
            pool_give(conn);
            return last;
        }
    }
    return code;
}
