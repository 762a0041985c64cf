/* What each open stream may still be told. */
#include <assert.h>
#include <string.h>

#include "auth/auth.h"
#include "base/clock.h"
#include "config/config.h"
#include "db/news.h"
#include "http/sse_stream.h"
#include "store/store.h"

/* How often the thread asks whether changes made elsewhere are heard of, while there are streams; and how long it waits
 * before it tries again what the database could not answer. */
static const int64_t look_every_ns = DB_NEWS_BOUND_NS / 4;

static void doubt(struct sse_stream *live)
{
    struct sse *sse = live->sse;
    if (sse->looked_at == live)
        live->again = true;
    if (live->doubted || live->ended)
        return;
    live->doubted = true;
    live->next_doubted = NULL;
    live->previous_doubted = sse->last_doubted;
    *(sse->last_doubted ? &sse->last_doubted->next_doubted : &sse->first_doubted) = live;
    sse->last_doubted = live;
    pthread_cond_signal(&sse->wake);
}

static void take_off_list(struct sse_stream *live)
{
    struct sse *sse = live->sse;
    *(live->previous_doubted ? &live->previous_doubted->next_doubted : &sse->first_doubted) = live->next_doubted;
    *(live->next_doubted ? &live->next_doubted->previous_doubted : &sse->last_doubted) = live->previous_doubted;
}

static void end(struct sse_stream *live)
{
    live->ended = true;
    live->request->wake(live->request);
}

void sse_rights_changed(void *ctx, int32_t user_id, bool signed_out)
{
    struct sse *sse = ctx;
    pthread_mutex_lock(&sse->lock);
    sse->changes++;
    for (struct sse_stream *live = sse->streams; live; live = live->next) {
        if (user_id && live->user_id != user_id)
            continue;
        if (signed_out && live->by_access_token)
            end(live);
        else if (!signed_out)
            doubt(live);
    }
    pthread_mutex_unlock(&sse->lock);
}

enum sse_verdict sse_verdict_of(struct sse_stream *live)
{
    pthread_mutex_lock(&live->sse->lock);
    if (clock_wall_ns() >= live->expires_ns)
        live->ended = true;
    enum sse_verdict verdict = live->ended ? SSE_END : live->doubted ? SSE_HOLD_BACK : SSE_MAY_SEND;
    pthread_mutex_unlock(&live->sse->lock);
    return verdict;
}

uint64_t sse_changes(struct sse *sse)
{
    pthread_mutex_lock(&sse->lock);
    uint64_t changes = sse->changes;
    pthread_mutex_unlock(&sse->lock);
    return changes;
}

void sse_enter(struct sse_stream *live, uint64_t changes)
{
    struct sse *sse = live->sse;
    pthread_mutex_lock(&sse->lock);
    live->next = sse->streams;
    if (live->next)
        live->next->previous = live;
    sse->streams = live;
    if (sse->changes != changes)
        doubt(live);
    pthread_cond_signal(&sse->wake); /* the thread looks for silence from the first stream on */
    pthread_mutex_unlock(&sse->lock);
}

void sse_leave(struct sse_stream *live)
{
    struct sse *sse = live->sse;
    pthread_mutex_lock(&sse->lock);
    if (sse->looked_at == live)
        sse->looked_at = NULL;
    else if (live->doubted)
        take_off_list(live);
    *(live->previous ? &live->previous->next : &sse->streams) = live->next;
    if (live->next)
        live->next->previous = live->previous;
    pthread_mutex_unlock(&sse->lock);
}

/* With the lock held: what the look at a stream has found. False if the database could not be asked. */
static bool conclude(struct sse_stream *live, const struct api_call *call, int64_t since_ns)
{
    bool again = live->again || call->caller_unknown;
    live->doubted = live->again = false;
    if (!call->caller_unknown && call->caller.user_id != live->user_id) {
        end(live);
        return true;
    }
    if (!call->caller_unknown) {
        event_set_admin(live->subscription, api_is_admin(call));
        live->sure_ns = since_ns;
    }
    if (again)
        doubt(live);
    else
        live->request->wake(live->request);
    return !call->caller_unknown;
}

/* With the lock held, which is given up in between: the stream may be closed meanwhile. */
static bool look(struct sse *sse)
{
    struct sse_stream *live = sse->first_doubted;
    struct api_call call = {.arena = arena_create(), .services = sse->services};
    const char *authorization = arena_strdup(call.arena, live->authorization);
    int64_t since_ns = clock_mono_ns();
    bool answered = true;
    take_off_list(live);
    sse->looked_at = live;
    pthread_mutex_unlock(&sse->lock);
    auth_authenticate(sse->services->auth, &call, authorization);
    pthread_mutex_lock(&sse->lock);
    live = sse->looked_at;
    sse->looked_at = NULL;
    if (live)
        answered = conclude(live, &call, since_ns);
    arena_destroy(call.arena);
    return answered;
}

/* A server that does not hear of changes has to look for them, as often as the bound says. */
static void look_for_silence(struct sse *sse)
{
    int64_t now_ns = clock_mono_ns();
    if (store_is_current(sse->services->store))
        return;
    for (struct sse_stream *live = sse->streams; live; live = live->next)
        if (now_ns - live->sure_ns > DB_NEWS_BOUND_NS)
            doubt(live);
}

static void rest(struct sse *sse, int64_t until_ns)
{
    struct timespec at = {.tv_sec = until_ns / 1000000000, .tv_nsec = until_ns % 1000000000};
    if (until_ns == INT64_MAX)
        pthread_cond_wait(&sse->wake, &sse->lock);
    else
        pthread_cond_timedwait(&sse->wake, &sse->lock, &at);
}

static void *run(void *ctx)
{
    struct sse *sse = ctx;
    bool shared = store_is_shared(sse->services->store);
    int64_t try_ns = 0, look_ns = 0;
    pthread_mutex_lock(&sse->lock);
    while (!sse->stop) {
        int64_t now_ns = clock_mono_ns();
        if (shared && sse->streams && now_ns >= look_ns) {
            look_for_silence(sse);
            look_ns = now_ns + look_every_ns;
        }
        if (sse->first_doubted && now_ns >= try_ns) {
            if (!look(sse))
                try_ns = clock_mono_ns() + look_every_ns;
            continue;
        }
        int64_t until_ns = sse->first_doubted ? try_ns : INT64_MAX;
        rest(sse, shared && sse->streams && look_ns < until_ns ? look_ns : until_ns);
    }
    pthread_mutex_unlock(&sse->lock);
    return NULL;
}

enum status_code sse_start(struct sse *sse, struct status *status)
{
    unsigned connections = sse->services->config->max_connections;
    sse->most = connections - connections / 4;
    int problem = pthread_create(&sse->thread, NULL, run, sse);
    if (problem)
        return status_set(status, STATUS_RESOURCE_EXHAUSTED, "no thread for live events: %s", strerror(problem));
    sse->running = true;
    return STATUS_OK;
}

void sse_stop(struct sse *sse)
{
    if (!sse->running)
        return;
    pthread_mutex_lock(&sse->lock);
    sse->stop = true;
    pthread_cond_signal(&sse->wake);
    pthread_mutex_unlock(&sse->lock);
    pthread_join(sse->thread, NULL);
    sse->running = sse->stop = false;
}

void sse_destroy(struct sse *sse)
{
    if (!sse->services)
        return;
    assert(!sse->running && !sse->streams);
    pthread_cond_destroy(&sse->wake);
    pthread_mutex_destroy(&sse->lock);
    sse->services = NULL;
}
