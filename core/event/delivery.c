#include "event/delivery.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

enum {
    THREADS_MAX = 8,
    LOOK_AGAIN_MS = 10 * 1000, /* other servers add to the outbox, and some of them die */
    LOOK_AGAIN_LEAST_MS = 50,
    COUNT_AGAIN_MS = 1000,
    BACK_OFF_FIRST_MS = 4000,
    BACK_OFF_MAX_MS = 2 * 3600 * 1000,
    BACK_OFF_FACTOR = 4,
    SETTLE_TRIES = 20,
    SETTLE_PAUSE_MS = 500
};

struct delivery {
    struct store *store;
    struct delivery_kind kind;
    atomic_bool stopping, full;
    pthread_mutex_t lock; /* guards what follows, up to taking */
    pthread_cond_t changed;
    pthread_t threads[THREADS_MAX];
    unsigned started, idle;
    bool wanted;            /* somebody should look */
    int64_t look_ns;        /* somebody should look then (clock_mono_ns) */
    pthread_mutex_t taking; /* one thread takes at a time, so that they don't compete; guards counted_ns */
    int64_t counted_ns;
};

static void *work(void *ctx);

/* With the lock. */
static enum status_code add_thread(struct delivery *delivery, struct status *status)
{
    int problem = pthread_create(&delivery->threads[delivery->started], NULL, work, delivery);
    if (problem)
        return status_set(status, STATUS_INTERNAL, "no thread for sending: %s", strerror(problem));
    delivery->started++;
    return STATUS_OK;
}

/* Somebody else should look: an idle thread, or else another one while there may be more. */
static void wake(struct delivery *delivery)
{
    pthread_mutex_lock(&delivery->lock);
    delivery->wanted = true;
    if (delivery->idle)
        pthread_cond_signal(&delivery->changed);
    else if (delivery->started < delivery->kind.threads && !delivery->stopping)
        (void)add_thread(delivery, NULL);
    pthread_mutex_unlock(&delivery->lock);
}

void delivery_wake(struct delivery *delivery)
{
    if (delivery)
        wake(delivery);
}

/* Waits until there may be something to take; false when it is time to end. */
static bool wait_for_work(struct delivery *delivery)
{
    pthread_mutex_lock(&delivery->lock);
    while (!delivery->stopping && !delivery->wanted && clock_mono_ns() < delivery->look_ns) {
        struct timespec at = {.tv_sec = delivery->look_ns / NS_PER_S, .tv_nsec = delivery->look_ns % NS_PER_S};
        delivery->idle++;
        pthread_cond_timedwait(&delivery->changed, &delivery->lock, &at);
        delivery->idle--;
    }
    delivery->wanted = false;
    delivery->look_ns = clock_mono_ns() + LOOK_AGAIN_MS * NS_PER_MS;
    pthread_mutex_unlock(&delivery->lock);
    return !delivery->stopping;
}

/* There was nothing: when the next row is due, or when others may have added one. */
static void plan_next_look(struct delivery *delivery)
{
    int64_t due_ms = INT64_MAX, now_ms = clock_wall_ns() / NS_PER_MS, pause_ms = LOOK_AGAIN_MS;
    if (store_outbox_next(delivery->store, delivery->kind.kind, &due_ms, NULL) == STATUS_OK &&
        due_ms < now_ms + LOOK_AGAIN_MS)
        pause_ms = due_ms > now_ms + LOOK_AGAIN_LEAST_MS ? due_ms - now_ms : LOOK_AGAIN_LEAST_MS;
    pthread_mutex_lock(&delivery->lock);
    int64_t look_ns = clock_mono_ns() + pause_ms * NS_PER_MS;
    if (look_ns < delivery->look_ns)
        delivery->look_ns = look_ns;
    pthread_mutex_unlock(&delivery->lock);
}

/* With the taking lock. */
static void count(struct delivery *delivery)
{
    int64_t rows = 0, now_ns = clock_mono_ns();
    if (now_ns - delivery->counted_ns < COUNT_AGAIN_MS * NS_PER_MS)
        return;
    delivery->counted_ns = now_ns;
    if (store_outbox_count(delivery->store, delivery->kind.kind, &rows, NULL) == STATUS_OK)
        atomic_store(&delivery->full, rows >= DELIVERY_QUEUE_MAX);
}

static enum status_code take(struct delivery *delivery, struct arena *arena, struct store_outbox_item *item,
                             bool *found)
{
    struct status problem = {0};
    pthread_mutex_lock(&delivery->taking);
    int64_t retry_ms = clock_wall_ns() / NS_PER_MS + delivery->kind.claim_ms;
    if (store_outbox_take(delivery->store, arena, delivery->kind.kind, retry_ms, item, found, &problem))
        log_warn("cannot read which %ss to send: %s", delivery->kind.what, problem.message);
    else
        count(delivery);
    pthread_mutex_unlock(&delivery->taking);
    return problem.code;
}

/* Grows with each attempt, with a random part so that not all come at once. */
static int64_t back_off_ms(int64_t attempts)
{
    int64_t pause = BACK_OFF_FIRST_MS;
    uint32_t random;
    for (int64_t i = 0; i < attempts && pause < BACK_OFF_MAX_MS; i++)
        pause *= BACK_OFF_FACTOR;
    if (pause > BACK_OFF_MAX_MS)
        pause = BACK_OFF_MAX_MS;
    random_bytes(&random, sizeof random);
    return pause / 2 + (int64_t)(random % (uint32_t)(pause / 2 + 1));
}

/* Until it is written, or nearly due again: what is not noted as done is done twice. */
static void settle(struct delivery *delivery, struct arena *arena, const struct store_outbox_outcome *outcome)
{
    struct status problem = {0};
    for (int i = 0; i < SETTLE_TRIES; i++) {
        if (store_outbox_settle(delivery->store, arena, outcome, &problem) == STATUS_OK)
            return;
        if (delivery->stopping)
            break;
        nanosleep(&(struct timespec){.tv_nsec = SETTLE_PAUSE_MS * NS_PER_MS}, NULL);
    }
    log_warn("what became of a %s is not noted, so that it comes again: %s", delivery->kind.what, problem.message);
}

static void report(const struct delivery *delivery, const struct store_outbox_item *item, enum delivery_outcome outcome,
                   const struct status *problem)
{
    const char *what = delivery->kind.what;
    if (outcome == DELIVERY_NEVER)
        log_warn("a %s is not sent: %s", what, problem->message);
    else if (item->attempts + 1 < DELIVERY_ATTEMPTS_MAX)
        log_warn("a %s could not be sent yet, attempt %lld of %d: %s", what, (long long)item->attempts + 1,
                 DELIVERY_ATTEMPTS_MAX, problem->message);
    else
        log_error("a %s is given up after %d attempts: %s", what, DELIVERY_ATTEMPTS_MAX, problem->message);
}

static void send(struct delivery *delivery, struct arena *arena, const struct store_outbox_item *item)
{
    struct delivery_report told = {0};
    enum delivery_outcome result = delivery->kind.send(delivery->kind.ctx, arena, item, &told);
    bool again = result == DELIVERY_AGAIN && item->attempts + 1 < DELIVERY_ATTEMPTS_MAX;
    if (result == DELIVERY_AGAIN || result == DELIVERY_NEVER)
        report(delivery, item, result, &told.problem);
    const struct store_outbox_outcome outcome = {.id = item->id,
                                                 .finished = !again && result != DELIVERY_STOPPED,
                                                 .due_ms = clock_wall_ns() / NS_PER_MS +
                                                           (again ? back_off_ms(item->attempts) : 0),
                                                 .kind = delivery->kind.kind,
                                                 .beginning = again ? told.beginning : ""};
    settle(delivery, arena, &outcome);
}

static bool send_one(struct delivery *delivery)
{
    struct arena *arena = arena_create();
    struct store_outbox_item item;
    bool found = false;
    enum status_code code = take(delivery, arena, &item, &found);
    if (found) {
        wake(delivery);
        send(delivery, arena, &item);
    } else if (!code) {
        plan_next_look(delivery);
    }
    arena_destroy(arena);
    return found;
}

static void *work(void *ctx)
{
    struct delivery *delivery = ctx;
    while (wait_for_work(delivery))
        while (send_one(delivery) && !delivery->stopping)
            continue;
    return NULL;
}

enum status_code delivery_start(struct store *store, const struct delivery_kind *kind, struct delivery **out,
                                struct status *status)
{
    struct delivery *delivery = memory_zalloc(sizeof *delivery);
    pthread_condattr_t monotonic;
    delivery->store = store;
    delivery->kind = *kind;
    if (delivery->kind.threads > THREADS_MAX)
        delivery->kind.threads = THREADS_MAX;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&delivery->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&delivery->lock, NULL);
    pthread_mutex_init(&delivery->taking, NULL);
    *out = delivery;
    pthread_mutex_lock(&delivery->lock);
    enum status_code code = add_thread(delivery, status);
    pthread_mutex_unlock(&delivery->lock);
    return code;
}

bool delivery_is_full(const struct delivery *delivery)
{
    return delivery && delivery->full;
}

void delivery_stop(struct delivery *delivery)
{
    if (!delivery)
        return;
    pthread_mutex_lock(&delivery->lock);
    delivery->stopping = true;
    pthread_cond_broadcast(&delivery->changed);
    pthread_mutex_unlock(&delivery->lock);
    for (unsigned i = 0; i < delivery->started; i++) /* no more are started */
        pthread_join(delivery->threads[i], NULL);
    pthread_cond_destroy(&delivery->changed);
    pthread_mutex_destroy(&delivery->lock);
    pthread_mutex_destroy(&delivery->taking);
    free(delivery);
}
