/* Interrupts statements that run past their time. A running statement costs two atomic writes and no wake-up: the
 * watchdog looks at all connections now and then.
 *
 * conn->deadline: 0 = nothing runs; > 0 = interrupt at that time; INTERRUPTING while the watchdog calls interrupt();
 * INTERRUPTED afterwards. The owner does not go on while it is INTERRUPTING, so that the interrupt cannot hit the next
 * statement. */
#include "db/internal.h"

#include <sched.h>

#include "base/clock.h"

enum { INTERRUPTING = -1, INTERRUPTED = -2 };
static const int64_t shortest_look_ns = 10 * 1000 * 1000, longest_look_ns = 1000 * 1000 * 1000;

static void look(struct db *db, int64_t now)
{
    pthread_mutex_lock(&db->all_mutex);
    for (struct db_conn *conn = db->all; conn; conn = conn->next) {
        int64_t deadline = atomic_load(&conn->deadline);
        if (deadline <= 0 || now < deadline || !conn->handle)
            continue;
        if (!atomic_compare_exchange_strong(&conn->deadline, &deadline, INTERRUPTING))
            continue;
        db->ops->interrupt(conn->handle);
        atomic_store(&conn->deadline, INTERRUPTED);
    }
    pthread_mutex_unlock(&db->all_mutex);
}

static void *run(void *argument)
{
    struct db *db = argument;
    struct watchdog *watchdog = &db->watchdog;
    int64_t period = db->options.statement_timeout_ns / 8;
    period = period < shortest_look_ns ? shortest_look_ns : period > longest_look_ns ? longest_look_ns : period;
    pthread_mutex_lock(&watchdog->mutex);
    while (!watchdog->stop) {
        int64_t now = clock_mono_ns();
        if (cond_wait_until(&watchdog->wake, &watchdog->mutex, now + period))
            continue;
        pthread_mutex_unlock(&watchdog->mutex);
        look(db, clock_mono_ns());
        pool_trim(db, clock_mono_ns());
        pthread_mutex_lock(&watchdog->mutex);
    }
    pthread_mutex_unlock(&watchdog->mutex);
    return NULL;
}

enum status_code watchdog_start(struct db *db, struct status *status)
{
    struct watchdog *watchdog = &db->watchdog;
    pthread_mutex_init(&watchdog->mutex, NULL);
    cond_init_monotonic(&watchdog->wake);
    if (db->options.statement_timeout_ns <= 0)
        return STATUS_OK;
    watchdog->running = pthread_create(&watchdog->thread, NULL, run, db) == 0;
    return watchdog->running
               ? STATUS_OK
               : status_set(status, STATUS_RESOURCE_EXHAUSTED, "cannot start the thread that limits statements");
}

void watchdog_stop(struct db *db)
{
    struct watchdog *watchdog = &db->watchdog;
    pthread_mutex_lock(&watchdog->mutex);
    watchdog->stop = true;
    pthread_cond_signal(&watchdog->wake);
    pthread_mutex_unlock(&watchdog->mutex);
    if (watchdog->running)
        pthread_join(watchdog->thread, NULL);
    pthread_cond_destroy(&watchdog->wake);
    pthread_mutex_destroy(&watchdog->mutex);
}

void watchdog_arm(struct db_conn *conn, int64_t now_ns)
{
    if (conn->db->options.statement_timeout_ns > 0)
        atomic_store_explicit(&conn->deadline, now_ns + conn->db->options.statement_timeout_ns, memory_order_release);
}

void watchdog_disarm(struct db_conn *conn)
{
    int64_t deadline = atomic_load(&conn->deadline);
    while (deadline == INTERRUPTING || !atomic_compare_exchange_weak(&conn->deadline, &deadline, 0)) {
        if (deadline == INTERRUPTING)
            sched_yield();
        deadline = atomic_load(&conn->deadline);
    }
}
