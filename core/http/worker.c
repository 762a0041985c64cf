/* A bounded pool of threads for handlers that may wait. The connection of a request is suspended meanwhile, so that
 * the HTTP threads never wait for anything.
 *
 * To wake a thread costs as much as to answer a simple request, so that no more are woken than are needed: the one that
 * has slept shortest, and none while another one is on its way. Whoever takes a request wakes the next one if there is
 * more to do; often a thread that has just finished is there first. Each sleeps on a semaphore of its own: behind a
 * condition variable it would have to get past the lock once more. */
#include <errno.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/internal.h"

enum {
    WORKER_STACK = 1024 * 1024,
    MAX_WORKERS = 1024,
    READERS_SHARE = 4,  /* one worker in four is for reading alone */
    CALLERS_SHARE = 4,  /* and one at most calls other servers, and one fetches previews */
    DECODING_QUEUE = 2, /* what may wait: half of the places */
    CALLING_QUEUE = 4
};

struct queue {
    struct http_request *head, *tail;
};

struct worker {
    struct worker_pool *pool;
    struct worker *next; /* of the idle ones */
    sem_t wake;
    pthread_t thread;
};

struct worker_pool {
    pthread_mutex_t lock;
    struct worker *idle; /* those that sleep and that nobody has woken, the one that has slept shortest first */
    unsigned waking;     /* workers that have been woken and have not noticed yet */
    struct queue queues[HTTP_WORKS];
    unsigned queued, limit, waiting; /* queued: also those whose place is reserved */
    unsigned queued_of[HTTP_WORKS];
    unsigned busy[HTTP_WORKS];        /* workers that are at requests of that kind, reading aside */
    unsigned most_other, most_long;   /* of them: all together, the long ones together */
    unsigned most[HTTP_WORKS];        /* of one kind, for the long ones */
    unsigned most_queued[HTTP_WORKS]; /* likewise */
    uint64_t turns;
    bool stopping;
    unsigned count, joined;
    struct worker workers[];
};

/* What may keep a worker for long. */
static bool is_long(enum http_work work)
{
    return work == HTTP_DECODING || work == HTTP_CALLING || work == HTTP_PREVIEWING;
}

static bool may_begin(const struct worker_pool *pool, enum http_work work)
{
    const unsigned *busy = pool->busy;
    unsigned long_ones = busy[HTTP_DECODING] + busy[HTTP_CALLING] + busy[HTTP_PREVIEWING];
    if (work == HTTP_READING || pool->stopping)
        return true;
    return busy[HTTP_CHANGING] + long_ones < pool->most_other &&
           (!is_long(work) || (busy[work] < pool->most[work] && long_ones < pool->most_long));
}

/* The queue whose turn it is; NULL if there is nothing that may be done now. */
static struct queue *next_queue(struct worker_pool *pool)
{
    struct queue *next = NULL;
    for (enum http_work work = 0; work < HTTP_WORKS; work++) {
        struct queue *queue = &pool->queues[work];
        if (queue->head && may_begin(pool, work) && (!next || queue->head->turn < next->head->turn))
            next = queue;
    }
    return next;
}

static struct worker *pop_idle(struct worker_pool *pool)
{
    struct worker *worker = pool->idle;
    if (worker) {
        pool->idle = worker->next;
        pool->waking++;
    }
    return worker;
}

/* Who is to be woken for what waits, after the lock is free again. NULL: nobody. */
static struct worker *helper(struct worker_pool *pool)
{
    return !pool->waking && next_queue(pool) ? pop_idle(pool) : NULL;
}

static void wake(struct worker *worker)
{
    if (worker)
        sem_post(&worker->wake);
}

/* With the lock held. */
static void wake_all(struct worker_pool *pool)
{
    while (pool->idle)
        wake(pop_idle(pool));
}

/* With the lock held, which is free while the worker sleeps. */
static void sleep_idle(struct worker *worker)
{
    struct worker_pool *pool = worker->pool;
    worker->next = pool->idle;
    pool->idle = worker;
    pool->waiting++;
    pthread_mutex_unlock(&pool->lock);
    while (sem_wait(&worker->wake) != 0 && errno == EINTR)
        continue;
    pthread_mutex_lock(&pool->lock);
    pool->waiting--;
    pool->waking--;
}

/* NULL at the end: the pool stops, and all that was accepted has been taken. */
static struct http_request *take(struct worker *worker, bool *stopping)
{
    struct worker_pool *pool = worker->pool;
    struct http_request *request = NULL;
    struct queue *queue;
    pthread_mutex_lock(&pool->lock);
    while (!(queue = next_queue(pool)) && !(pool->stopping && pool->queued == 0))
        sleep_idle(worker);
    if (queue) {
        request = queue->head;
        queue->head = request->next;
        if (!queue->head)
            queue->tail = NULL;
        pool->queued--;
        pool->queued_of[request->target.work]--;
        pool->busy[request->target.work] += request->target.work != HTTP_READING;
    }
    *stopping = pool->stopping;
    if (*stopping && pool->queued == 0)
        wake_all(pool);
    struct worker *next = helper(pool);
    pthread_mutex_unlock(&pool->lock);
    wake(next);
    return request;
}

/* What may begin now, the worker itself sees to next. */
static void finish(struct worker_pool *pool, enum http_work work)
{
    if (work == HTTP_READING)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->busy[work]--;
    pthread_mutex_unlock(&pool->lock);
}

static void serve(struct http_request *request, bool stopping)
{
    if (stopping || clock_mono_ns() >= request->wire.deadline_ns) {
        serve_overloaded(request);
        return;
    }
    body_complete(request);
    serve_run(request);
    body_release(request); /* here, since to remove a large file takes time */
}

static void *work(void *arg)
{
    struct worker *worker = arg;
    struct worker_pool *pool = worker->pool;
    bool stopping;
    for (struct http_request *request; (request = take(worker, &stopping)) != NULL;) {
        if (request->phase == HTTP_BODY) {
            body_move_on(request); /* from here on the request may be gone */
            finish(pool, HTTP_CHANGING);
            continue;
        }
        serve(request, stopping);
        finish(pool, request->target.work);
        request->phase = HTTP_READY;
        MHD_resume_connection(request->connection); /* from here on the request may be gone */
    }
    return NULL;
}

static bool start_threads(struct worker_pool *pool, unsigned threads)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, WORKER_STACK);
    for (; pool->count < threads; pool->count++) {
        struct worker *worker = &pool->workers[pool->count];
        worker->pool = pool;
        sem_init(&worker->wake, 0, 0);
        if (pthread_create(&worker->thread, &attributes, work, worker) != 0) {
            sem_destroy(&worker->wake);
            break;
        }
    }
    pthread_attr_destroy(&attributes);
    return pool->count == threads;
}

static void set_shares(struct worker_pool *pool, unsigned threads)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    pool->most_other = threads - threads / READERS_SHARE;
    pool->most_long = pool->most_other > 1 ? pool->most_other - 1 : 1;
    pool->most[HTTP_DECODING] = processors < 1                   ? 1
                                : processors < HTTP_DECODING_MAX ? (unsigned)processors
                                                                 : HTTP_DECODING_MAX;
    pool->most[HTTP_CALLING] = threads > CALLERS_SHARE ? threads / CALLERS_SHARE : 1;
    pool->most[HTTP_PREVIEWING] = pool->most[HTTP_CALLING];
    pool->most_queued[HTTP_DECODING] = pool->most[HTTP_DECODING] + pool->limit / DECODING_QUEUE;
    pool->most_queued[HTTP_CALLING] = pool->most[HTTP_CALLING] + pool->limit / CALLING_QUEUE;
    pool->most_queued[HTTP_PREVIEWING] = pool->most_queued[HTTP_CALLING];
}

enum status_code worker_pool_create(unsigned threads, unsigned queue, struct worker_pool **out, struct status *status)
{
    if (threads < 1)
        threads = 1;
    if (threads > MAX_WORKERS)
        threads = MAX_WORKERS;
    struct worker_pool *pool = memory_zalloc(sizeof *pool + threads * sizeof pool->workers[0]);
    pthread_mutex_init(&pool->lock, NULL);
    pool->limit = queue > 0 ? queue : 1;
    set_shares(pool, threads);
    if (!start_threads(pool, threads)) {
        status_set(status, STATUS_RESOURCE_EXHAUSTED, "cannot start %u worker threads, only %u", threads, pool->count);
        worker_pool_destroy(pool);
        return STATUS_RESOURCE_EXHAUSTED;
    }
    *out = pool;
    return STATUS_OK;
}

/* A place in the queue. */
static bool reserve(struct worker_pool *pool, enum http_work work)
{
    pthread_mutex_lock(&pool->lock);
    /* Idle workers that have not woken yet will take theirs at once, so those requests do not count as waiting. */
    bool room = pool->queued < pool->limit + pool->waiting && !pool->stopping;
    room = room && !(is_long(work) && pool->queued_of[work] >= pool->most_queued[work]);
    pool->queued += room;
    pool->queued_of[work] += room;
    pthread_mutex_unlock(&pool->lock);
    return room;
}

/* Neither suspending, a system call, nor waking happens under the lock: whoever is woken wants it first of all. */
bool worker_submit(struct worker_pool *pool, struct http_request *request)
{
    if (!reserve(pool, request->target.work))
        return false;
    request->next = NULL;
    MHD_suspend_connection(request->connection);
    struct queue *waiting = &pool->queues[request->target.work];
    pthread_mutex_lock(&pool->lock);
    request->turn = pool->turns++;
    if (waiting->tail)
        waiting->tail->next = request;
    else
        waiting->head = request;
    waiting->tail = request;
    struct worker *next = helper(pool);
    pthread_mutex_unlock(&pool->lock);
    wake(next);
    return true;
}

void worker_pool_stop(struct worker_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    wake_all(pool);
    pthread_mutex_unlock(&pool->lock);
    for (; pool->joined < pool->count; pool->joined++)
        pthread_join(pool->workers[pool->joined].thread, NULL);
}

void worker_pool_destroy(struct worker_pool *pool)
{
    if (!pool)
        return;
    worker_pool_stop(pool);
    for (unsigned i = 0; i < pool->count; i++)
        sem_destroy(&pool->workers[i].wake);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}
