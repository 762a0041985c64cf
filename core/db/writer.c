/* Group commit for databases with one writer at a time (MEMORA_SQL_SINGLE_WRITER).
 *
 * Threads put jobs into a queue; one thread runs them on one connection:
 *
 *   BEGIN   job 1   SAVEPOINT job 2 RELEASE   SAVEPOINT job 3 ROLLBACK TO   ...   COMMIT   wake 1, 2
 *
 * Jobs that come while the batch runs join it; those that come during the commit form the next batch. Nobody is kept
 * waiting for company. A job that fails undoes itself alone and is told at once. When the database has thrown the
 * whole transaction away (disk full, interrupt, deadlock), the innocent ones of the batch are run again. */
#include "db/internal.h"

#include "base/clock.h"

enum { MAX_BATCH = 128, MAX_QUEUE = 4096 };
static const int64_t max_batch_ns = 20 * 1000 * 1000;       /* then commit, whoever else waits */
static const int64_t idle_ns = 500 * 1000 * 1000;           /* then let the driver tidy up */
static const int64_t default_wait_ns = 10LL * 1000000000LL; /* in the queue, where no statement timeout is set */

struct job {
    struct job *next;
    db_write_fn fn;
    void *ctx;
    enum status_code code;
    struct status status;
    unsigned attempts, statements;
    bool taken, done;
    pthread_cond_t finished;
};

struct batch {
    struct job *first, *last; /* have run, wait for the commit */
    unsigned count;
    int64_t started_ns;
};

static struct job *take(struct writer *writer)
{
    pthread_mutex_lock(&writer->mutex);
    struct job *job = writer->first;
    if (job) {
        writer->first = job->next;
        if (!writer->first)
            writer->last = NULL;
        writer->queued--;
        job->next = NULL;
        job->taken = true;
    }
    pthread_mutex_unlock(&writer->mutex);
    return job;
}

static void batch_add(struct batch *batch, struct job *job)
{
    *(batch->last ? &batch->last->next : &batch->first) = job;
    batch->last = job;
    batch->count++;
}

/* The jobs go back to where they came from, in their order. */
static void put_back(struct writer *writer, struct batch *batch)
{
    if (!batch->first)
        return;
    pthread_mutex_lock(&writer->mutex);
    batch->last->next = writer->first;
    writer->first = batch->first;
    if (!writer->last)
        writer->last = batch->last;
    writer->queued += batch->count;
    pthread_mutex_unlock(&writer->mutex);
    *batch = (struct batch){0};
}

static void complete(struct writer *writer, struct batch *batch, enum status_code code, const struct status *status)
{
    pthread_mutex_lock(&writer->mutex);
    for (struct job *job = batch->first, *next; job; job = next) {
        next = job->next; /* the job is its owner's as soon as the mutex is free */
        job->code = code;
        if (code)
            job->status = *status;
        job->done = true;
        pthread_cond_signal(&job->finished);
    }
    pthread_mutex_unlock(&writer->mutex);
    *batch = (struct batch){0};
}

static void complete_one(struct writer *writer, struct job *job, enum status_code code)
{
    struct batch one = {0};
    struct status status = job->status;
    batch_add(&one, job);
    complete(writer, &one, code, &status);
}

/* After a failure that may not come again: back into the queue after a pause, or given up. */
static void retry(struct writer *writer, struct batch *batch, const struct status *status)
{
    struct batch again = {0}, over = {0};
    unsigned attempts = 0;
    for (struct job *job = batch->first, *next; job; job = next) {
        next = job->next;
        job->next = NULL;
        attempts = job->attempts > attempts ? job->attempts : attempts;
        batch_add(++job->attempts < TX_ATTEMPTS ? &again : &over, job);
    }
    if (over.first)
        complete(writer, &over, status->code, status);
    if (again.first)
        tx_back_off(attempts);
    put_back(writer, &again);
    *batch = (struct batch){0};
}

enum outcome { JOB_DONE, JOB_FAILED, TRANSACTION_LOST };

/* Runs one job in the open transaction; alone: it is the first, so that undoing it is undoing everything. */
static enum outcome run_job(struct db_conn *conn, struct job *job, bool alone, bool *again)
{
    *again = false;
    job->code = alone ? STATUS_OK : query_run_own(conn, "SAVEPOINT memora_job", &job->status);
    if (job->code)
        return TRANSACTION_LOST;
    conn->statements = 0;
    job->code = tx_call(conn, job->fn, job->ctx, &job->status);
    job->statements = conn->statements;
    if (job->code == STATUS_OK) {
        job->code = alone ? STATUS_OK : query_run_own(conn, "RELEASE SAVEPOINT memora_job", &job->status);
        return job->code == STATUS_OK ? JOB_DONE : TRANSACTION_LOST;
    }
    *again = conn->failed == MEMORA_E_RETRY;
    conn->failed = 0;
    if (alone || *again || conn->lost || query_run_own(conn, "ROLLBACK TO SAVEPOINT memora_job", NULL) ||
        query_run_own(conn, "RELEASE SAVEPOINT memora_job", NULL))
        return TRANSACTION_LOST;
    return JOB_FAILED;
}

static void fail_job(struct writer *writer, struct job *job, bool again)
{
    struct batch one = {0};
    if (!again) {
        complete_one(writer, job, job->code);
        return;
    }
    struct status status = job->status;
    batch_add(&one, job);
    retry(writer, &one, &status);
}

static void commit(struct writer *writer, struct batch *batch)
{
    struct status status = {0};
    int result = tx_commit(writer->conn, &status);
    if (result == MEMORA_OK) {
        atomic_fetch_add(&writer->commits, 1);
        complete(writer, batch, STATUS_OK, NULL);
    } else if (result == MEMORA_E_RETRY) {
        retry(writer, batch, &status);
    } else {
        complete(writer, batch, status.code, &status);
    }
}

static void run_batch(struct writer *writer)
{
    struct db_conn *conn = writer->conn;
    struct batch batch = {.started_ns = clock_mono_ns()};
    struct job *job = take(writer);
    if (!job)
        return;
    if (tx_begin(conn, &job->status) != MEMORA_OK) {
        complete_one(writer, job, job->status.code);
        return;
    }
    while (job) {
        bool again;
        enum outcome outcome = run_job(conn, job, batch.count == 0, &again);
        if (outcome == TRANSACTION_LOST) {
            tx_rollback(conn);
            put_back(writer, &batch);
            fail_job(writer, job, again);
            return;
        }
        if (outcome == JOB_DONE)
            batch_add(&batch, job);
        else
            complete_one(writer, job, job->code);
        bool full = batch.count >= MAX_BATCH || clock_mono_ns() - batch.started_ns > max_batch_ns;
        job = full ? NULL : take(writer);
    }
    commit(writer, &batch);
}

static void tidy(struct db_conn *conn)
{
    struct memora_error error = {0};
    if (!conn->lost && conn->db->ops->recycle(conn->handle, &error) != MEMORA_OK)
        conn->lost = true;
}

static void *run(void *argument)
{
    struct writer *writer = argument;
    bool untidy = false;
    pthread_mutex_lock(&writer->mutex);
    while (writer->first || !writer->stop) {
        bool idle = false;
        if (!writer->first && untidy)
            idle = !cond_wait_until(&writer->wake, &writer->mutex, clock_mono_ns() + idle_ns) && !writer->first;
        else if (!writer->first)
            pthread_cond_wait(&writer->wake, &writer->mutex);
        bool work = writer->first != NULL;
        pthread_mutex_unlock(&writer->mutex);
        if (work)
            run_batch(writer);
        if (work || idle)
            tidy(writer->conn);
        untidy = work || (untidy && !idle);
        pthread_mutex_lock(&writer->mutex);
    }
    pthread_mutex_unlock(&writer->mutex);
    return NULL;
}

static void writer_free(struct writer *writer)
{
    conn_close(writer->conn);
    pthread_cond_destroy(&writer->left);
    pthread_cond_destroy(&writer->wake);
    pthread_mutex_destroy(&writer->mutex);
    writer->running = false;
}

enum status_code writer_start(struct db *db, struct status *status)
{
    struct writer *writer = &db->writer;
    enum status_code code = conn_open(db, &writer->conn, status);
    if (code)
        return code;
    pthread_mutex_init(&writer->mutex, NULL);
    cond_init_monotonic(&writer->wake);
    pthread_cond_init(&writer->left, NULL);
    writer->running = pthread_create(&writer->thread, NULL, run, writer) == 0;
    if (writer->running)
        return STATUS_OK;
    writer_free(writer);
    return status_set(status, STATUS_RESOURCE_EXHAUSTED, "cannot start the database's writer thread");
}

/* What is queued is still written. */
void writer_stop(struct db *db)
{
    struct writer *writer = &db->writer;
    if (!writer->running)
        return;
    pthread_mutex_lock(&writer->mutex);
    writer->stop = true;
    pthread_cond_signal(&writer->wake);
    pthread_mutex_unlock(&writer->mutex);
    pthread_join(writer->thread, NULL);
    pthread_mutex_lock(&writer->mutex);
    while (writer->callers)
        pthread_cond_wait(&writer->left, &writer->mutex);
    pthread_mutex_unlock(&writer->mutex);
    writer_free(writer);
}

static void unlink_job(struct writer *writer, struct job *job)
{
    struct job *prior = NULL;
    for (struct job *at = writer->first; at != job; at = at->next)
        prior = at;
    *(prior ? &prior->next : &writer->first) = job->next;
    if (writer->last == job)
        writer->last = prior;
    writer->queued--;
}

/* With the mutex held. A job that nobody has begun may be withdrawn; from then on its end must be waited for. */
static void wait_for(struct db *db, struct job *job)
{
    struct writer *writer = &db->writer;
    int64_t wait = db->options.statement_timeout_ns > 0 ? db->options.statement_timeout_ns : default_wait_ns;
    int64_t until = clock_mono_ns() + wait;
    while (!job->done) {
        if (job->taken) {
            pthread_cond_wait(&job->finished, &writer->mutex);
        } else if (!cond_wait_until(&job->finished, &writer->mutex, until) && !job->taken && !job->done) {
            unlink_job(writer, job);
            job->code = status_set(&job->status, STATUS_UNAVAILABLE, "the database is busy writing");
            return;
        }
    }
}

enum status_code writer_run(struct db *db, db_write_fn fn, void *ctx, struct status *status)
{
    struct writer *writer = &db->writer;
    if (pthread_equal(pthread_self(), writer->thread))
        return status_set(status, STATUS_INTERNAL, "db_write was called inside db_write");
    struct job job = {.fn = fn, .ctx = ctx};
    cond_init_monotonic(&job.finished);
    pthread_mutex_lock(&writer->mutex);
    writer->callers++;
    if (writer->stop || writer->queued >= MAX_QUEUE) {
        job.code = status_set(&job.status, STATUS_UNAVAILABLE, "%u writes are waiting already", writer->queued);
    } else {
        *(writer->last ? &writer->last->next : &writer->first) = &job;
        writer->last = &job;
        writer->queued++;
        pthread_cond_signal(&writer->wake);
        wait_for(db, &job);
    }
    if (--writer->callers == 0)
        pthread_cond_signal(&writer->left);
    pthread_mutex_unlock(&writer->mutex);
    pthread_cond_destroy(&job.finished);
    db_count_statements(job.statements);
    return job.code ? status_set(status, job.code, "%s", job.status.message) : STATUS_OK;
}
