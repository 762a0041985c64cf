/* What the files of the live event stream share. */
#ifndef MEMORA_HTTP_SSE_STREAM_H
#define MEMORA_HTTP_SSE_STREAM_H

#include "event/bus.h"
#include "http/sse.h"

enum { SSE_FRAME_BYTES = EVENT_TEXT_MAX + 16 };

/* One listener; in the arena of its request. */
struct sse_stream {
    struct sse *sse;
    const struct wire_request *request;
    const char *authorization;
    int32_t user_id;
    bool by_access_token;
    int64_t expires_ns; /* wall clock */
    struct event_subscription *subscription;
    struct wire_stream stream;
    int64_t heartbeat_at_ns;
    char frame[SSE_FRAME_BYTES]; /* what is being sent */
    size_t length, sent;

    /* Under sse->lock. */
    int64_t sure_ns; /* when the last look at the rights that decided anything began; clock_mono_ns() */
    bool ended;
    bool doubted; /* in the list of those, or being looked at */
    bool again;   /* doubted once more while being looked at */
    struct sse_stream *next, *previous;
    struct sse_stream *next_doubted, *previous_doubted;
};

enum sse_verdict { SSE_MAY_SEND, SSE_HOLD_BACK, SSE_END };
/* What the stream may do now. */
enum sse_verdict sse_verdict_of(struct sse_stream *live);

/* How many changes of rights were heard of, to be asked before a look at the rights of a stream to be. */
uint64_t sse_changes(struct sse *sse);
/* Enters a stream whose rights were looked at since then, and takes it out. */
void sse_enter(struct sse_stream *live, uint64_t changes);
void sse_leave(struct sse_stream *live);

#endif
