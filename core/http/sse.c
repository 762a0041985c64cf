#include "http/sse.h"

#include <string.h>

#include "auth/auth.h"
#include "base/clock.h"
#include "config/config.h"
#include "event/bus.h"
#include "http/site.h"

enum { HEARTBEAT_S = 30, FRAME_BYTES = EVENT_TEXT_MAX + 16 };

/* One listener; in the arena of its request. */
struct live {
    struct sse *sse;
    const struct wire_request *request;
    struct event_subscription *subscription;
    struct wire_stream stream;
    int64_t heartbeat_at_ns;
    char frame[FRAME_BYTES]; /* what is being sent */
    size_t length, sent;
};

void sse_init(struct sse *sse, const struct api_services *services)
{
    sse->services = services;
    sse->heartbeat_ns = HEARTBEAT_S * INT64_C(1000000000);
    sse->most = services->config->max_connections - services->config->max_connections / 4;
    atomic_init(&sse->open, 0);
}

bool sse_owns_path(const char *path)
{
    return strcmp(path, "/api/v1/sse") == 0;
}

static void set_frame(struct live *live, const char *before, const char *text, size_t length)
{
    size_t lead = strlen(before);
    memcpy(live->frame, before, lead);
    memcpy(live->frame + lead, text, length);
    memcpy(live->frame + lead + length, "\n\n", 2);
    live->length = lead + length + 2;
    live->sent = 0;
}

/* Puts what is due into the frame, events first; false when there is nothing. */
static bool next_frame(struct live *live)
{
    char event[EVENT_TEXT_MAX];
    size_t length;
    int64_t now_ns;
    if (event_next(live->subscription, event, &length)) {
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

/* wire_stream.read */
static int64_t live_read(void *ctx, uint64_t pos, void *out, size_t cap)
{
    struct live *live = ctx;
    size_t filled = 0;
    (void)pos;
    while (filled < cap && (live->sent < live->length || next_frame(live))) {
        size_t left = live->length - live->sent, room = cap - filled, n = left < room ? left : room;
        memcpy((char *)out + filled, live->frame + live->sent, n);
        live->sent += n;
        filled += n;
    }
    live->stream.wake_ns = live->heartbeat_at_ns;
    return filled > 0 ? (int64_t)filled : WIRE_STREAM_WAIT;
}

static void live_close(void *ctx)
{
    struct live *live = ctx;
    event_unsubscribe(live->subscription);
    atomic_fetch_sub(&live->sse->open, 1);
}

static void live_wake(void *ctx)
{
    const struct live *live = ctx;
    live->request->wake(live->request);
}

/* False when there are too many listeners. */
static bool begin(struct sse *sse, const struct api_call *call, struct wire_request *request,
                  struct wire_response *response)
{
    struct live *live = ARENA_NEW(request->arena, struct live);
    if (atomic_fetch_add(&sse->open, 1) < sse->most) {
        live->sse = sse;
        live->request = request;
        live->subscription =
            event_subscribe(sse->services->events, call->caller.user_id, api_is_admin(call), live_wake, live);
    }
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
    if (strcmp(request->method, "GET") != 0) {
        site_method_not_allowed(site_allow_get, response);
        return;
    }
    auth_authenticate(sse->services->auth, &call, request->header(request, "Authorization"));
    if (call.caller_unknown) {
        wire_response_header(response, "Retry-After", "5");
        wire_response_message(response, 503, "Service Unavailable");
        return;
    }
    if (api_is_anonymous(&call)) {
        wire_response_text(response, 401, "application/json", "{\"error\":\"authentication required\"}\n");
        return;
    }
    if (!begin(sse, &call, request, response)) {
        wire_response_header(response, "Retry-After", "30");
        wire_response_message(response, 503, "Service Unavailable");
        return;
    }
    wire_response_header(response, "Content-Type", "text/event-stream");
    wire_response_header(response, "Cache-Control", "no-cache");
    wire_response_header(response, "X-Accel-Buffering", "no");
}
