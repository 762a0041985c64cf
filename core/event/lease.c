#include "event/lease.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/lease.h"

struct lease {
    const char *name;
    _Atomic int64_t held_until_ns; /* clock_boot_ns(); 0 = not held */
    struct store_lease seen;       /* the row at the last look */
    int64_t seen_ns;               /* when it was first seen like that */
};

struct leases {
    struct store *store;
    char holder[UID_UUID_LENGTH + 1];
    void (*changed)(void *ctx, const char *name);
    void *ctx;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards stop */
    pthread_cond_t wake;
    bool running, stop;
    unsigned count;
    struct lease leases[];
};

static bool is_same(const struct store_lease *a, const struct store_lease *b)
{
    return a->exists == b->exists && a->number == b->number && strcmp(a->holder, b->holder) == 0;
}

/* One look, and what follows from it. */
static enum status_code look(struct leases *all, struct lease *lease, struct status *status)
{
    struct store_lease row;
    bool taken = false, held = lease_held(all, lease->name);
    int64_t now_ns = clock_boot_ns();
    enum status_code code = store_lease_read(all->store, lease->name, &row, status);
    if (code)
        return code;
    if (!is_same(&row, &lease->seen)) {
        lease->seen = row;
        lease->seen_ns = now_ns;
    }
    bool mine = row.exists && strcmp(row.holder, all->holder) == 0;
    if (row.exists && !mine && now_ns - lease->seen_ns < LEASE_LIFE_NS + LEASE_MARGIN_NS)
        return STATUS_OK;
    code = store_lease_take(all->store, lease->name, &row, all->holder, &taken, status);
    if (code)
        return code;
    atomic_store(&lease->held_until_ns, taken ? now_ns + LEASE_LIFE_NS : 0);
    if (taken && !held) {
        log_debug("this server, %s, does the work \"%s\" from now on", all->holder, lease->name);
        if (all->changed)
            all->changed(all->ctx, lease->name);
    }
    return STATUS_OK;
}

static void *run(void *argument)
{
    struct leases *all = argument;
    pthread_mutex_lock(&all->mutex);
    while (!all->stop) {
        pthread_mutex_unlock(&all->mutex);
        for (unsigned i = 0; i < all->count; i++) {
            struct status status = {0};
            if (look(all, &all->leases[i], &status))
                log_debug("the lease of \"%s\" could not be looked at: %s", all->leases[i].name, status.message);
        }
        int64_t until_ns = clock_mono_ns() + LEASE_RENEW_NS;
        const struct timespec until = {.tv_sec = until_ns / 1000000000, .tv_nsec = until_ns % 1000000000};
        pthread_mutex_lock(&all->mutex);
        while (!all->stop && pthread_cond_timedwait(&all->wake, &all->mutex, &until) == 0)
            ;
    }
    pthread_mutex_unlock(&all->mutex);
    return NULL;
}

static void free_leases(struct leases *all)
{
    pthread_cond_destroy(&all->wake);
    pthread_mutex_destroy(&all->mutex);
    free(all);
}

enum status_code leases_start(struct store *store, const char *const *names, unsigned count,
                              void (*changed)(void *ctx, const char *name), void *ctx, struct leases **out,
                              struct status *status)
{
    bool alone = db_dialect(store->db)->features & MEMORA_SQL_SINGLE_WRITER;
    pthread_condattr_t attributes;
    if (count > LEASE_NAMES_MAX)
        return status_set(status, STATUS_INTERNAL, "more than %d leases", LEASE_NAMES_MAX);
    struct leases *all = memory_zalloc(sizeof *all + count * sizeof all->leases[0]);
    all->store = store;
    all->changed = changed;
    all->ctx = ctx;
    all->count = count;
    uid_uuid(all->holder);
    for (unsigned i = 0; i < count; i++) {
        all->leases[i].name = names[i];
        atomic_init(&all->leases[i].held_until_ns, alone ? INT64_MAX : 0);
    }
    pthread_mutex_init(&all->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&all->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    all->running = !alone && pthread_create(&all->thread, NULL, run, all) == 0;
    if (!alone && !all->running) {
        free_leases(all);
        return status_set(status, STATUS_RESOURCE_EXHAUSTED, "cannot start the thread that keeps leases");
    }
    *out = all;
    return STATUS_OK;
}

void leases_stop(struct leases *all)
{
    if (!all)
        return;
    if (all->running) {
        pthread_mutex_lock(&all->mutex);
        all->stop = true;
        pthread_cond_signal(&all->wake);
        pthread_mutex_unlock(&all->mutex);
        pthread_join(all->thread, NULL);
    }
    for (unsigned i = 0; all->running && i < all->count; i++) {
        struct status status = {0};
        if (lease_held(all, all->leases[i].name) &&
            store_lease_leave(all->store, all->leases[i].name, all->holder, &status))
            log_debug("the lease of \"%s\" was not given up: %s", all->leases[i].name, status.message);
    }
    free_leases(all);
}

bool lease_held(const struct leases *all, const char *name)
{
    for (unsigned i = 0; i < all->count; i++)
        if (strcmp(all->leases[i].name, name) == 0)
            return clock_boot_ns() < atomic_load(&all->leases[i].held_until_ns);
    return false;
}
