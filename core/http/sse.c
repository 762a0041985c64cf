#include "http/sse.h"

#include <string.h>

#include "auth/auth.h"
#include "base/clock.h"
#include "config/config.h"
#include "http/site.h"
#include "http/sse_stream.h"

enum { HEARTBEAT_S = 30 };

void sse_init(struct sse *sse, const struct api_services *services)
{
    pthread_condattr_t monotonic;
    sse->services = services;
    sse->heartbeat_ns = HEARTBEAT_S * INT64_C(1000000000);
    atomic_init(&sse->open, 0);
    pthread_mutex_init(&sse->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&sse->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

bool sse_owns_path(const char *path)
{
    return strcmp(path, "/api/v1/sse") == 0;
}

static void set_frame(struct sse_stream *live, const char *before, const char *text, size_t length)
{
    size_t lead = strlen(before);
    memcpy(live->frame, before, lead);
    memcpy(live->frame + lead, text, length);
    memcpy(live->frame + lead + length, "\n\n", 2);
    live->length = lead + length + 2;
    live->sent = 0;
}

/* Puts what is due into the frame, events first; false when there is nothing. */
static bool next_frame(struct sse_stream *live, enum sse_verdict verdict)
{
    char event[EVENT_TEXT_MAX];
    size_t length;
    int64_t now_ns;
    if (verdict == SSE_MAY_SEND && event_next(live->subscription, event, &length)) {
        set_frame(live, "data: ", event, length);
        return true;
    }
    now_ns = clock_mono_ns();
    if (now_ns < live->heartbeat_at_ns)
        return false;
    live->heartbeat_at_ns = now_ns + live->sse->heartbeat_ns;
    set_frame(live, ": ", "heartbeat", strlen("heartbeat"));
    return true;
}

/* The next time that something is due; a credential that never ends is far away. */
static int64_t wake_time(const struct sse_stream *live)
{
    int64_t left_ns = live->expires_ns - clock_wall_ns(), heartbeat_ns = live->heartbeat_at_ns - clock_mono_ns();
    return clock_mono_ns() + (left_ns < heartbeat_ns ? left_ns : heartbeat_ns);
}

/* wire_stream.read. The verdict is asked for before each frame, so that nothing is sent on an old one. */
static int64_t live_read(void *ctx, uint64_t pos, void *out, size_t cap)
{
    struct sse_stream *live = ctx;
    enum sse_verdict verdict = SSE_MAY_SEND;
    size_t filled = 0;
    (void)pos;
    while (filled < cap) {
        if (live->sent == live->length && ((verdict = sse_verdict_of(live)) == SSE_END || !next_frame(live, verdict)))
            break;
        size_t left = live->length - live->sent, room = cap - filled, n = left < room ? left : room;
        memcpy((char *)out + filled, live->frame + live->sent, n);
        live->sent += n;
        filled += n;
    }
    live->stream.wake_ns = wake_time(live);
    if (filled == 0)
        return verdict == SSE_END ? 0 : WIRE_STREAM_WAIT;
    return (int64_t)filled;
}

static void live_close(void *ctx)
{
    struct sse_stream *live = ctx;
    sse_leave(live);
    event_unsubscribe(live->subscription);
    atomic_fetch_sub(&live->sse->open, 1);
}

static void live_wake(void *ctx)
{
    const struct sse_stream *live = ctx;
    live->request->wake(live->request);
}

/* False when there are too many listeners. */
static bool begin(struct sse_stream *live, const struct api_call *call, struct wire_request *request,
                  struct wire_response *response)
{
    struct sse *sse = live->sse;
    live->request = request; /* before somebody may wake it */
    live->user_id = call->caller.user_id;
    live->by_access_token = call->caller.by_access_token;
    live->expires_ns = call->caller.expires_ns;
    if (atomic_fetch_add(&sse->open, 1) < sse->most)
        live->subscription =
            event_subscribe(sse->services->events, call->caller.user_id, api_is_admin(call), live_wake, live);
    if (!live->subscription) {
        atomic_fetch_sub(&sse->open, 1);
        return false;
    }
    live->heartbeat_at_ns = clock_mono_ns() + sse->heartbeat_ns;
    set_frame(live, ": ", "connected", strlen("connected"));
    live->stream = (struct wire_stream){
        .size = WIRE_STREAM_ENDLESS, .read = live_read, .close = live_close, .ctx = live, .fd = -1};
    response->stream = &live->stream;
    return true;
}

void sse_handle(void *ctx, struct wire_request *request, struct wire_response *response)
{
    struct sse *sse = ctx;
    struct api_call call = {.arena = request->arena, .services = sse->services, .deadline_ns = request->deadline_ns};
    struct sse_stream *live = ARENA_NEW(request->arena, struct sse_stream);
    if (strcmp(request->method, "GET") != 0) {
        site_method_not_allowed(site_allow_get, response);
        return;
    }
    live->sse = sse;
    live->sure_ns = clock_mono_ns();
    live->authorization = request->header(request, "Authorization");
    uint64_t changes = sse_changes(sse);
    auth_authenticate(sse->services->auth, &call, live->authorization);
    if (call.caller_unknown) {
        wire_response_header(response, "Retry-After", "5");
        wire_response_message(response, 503, "Service Unavailable");
        return;
    }
    if (api_is_anonymous(&call)) {
        wire_response_text(response, 401, "application/json", "{\"error\":\"authentication required\"}\n");
        return;
    }
    if (!begin(live, &call, request, response)) {
        wire_response_header(response, "Retry-After", "30");
        wire_response_message(response, 503, "Service Unavailable");
        return;
    }
    sse_enter(live, changes);
    wire_response_header(response, "Content-Type", "text/event-stream");
    wire_response_header(response, "Cache-Control", "no-cache");
    wire_response_header(response, "X-Accel-Buffering", "no");
}
