/* GET /api/v1/sse: news of memos while the client stays (memos.md 7), in the format of server-sent events
 * (HTML Living Standard 9.2). A stream that has nothing to tell costs a connection, but no thread.
 *
 * A stream has the rights of its credential as they are, not as they were when it began. News that those of a user may
 * have changed put the user's streams in doubt: until a thread has looked, they send no event. Then they go on, with or
 * without what is for administrators, or end. They also end with the life of the credential, and those opened with an
 * access token when the user signs out anywhere; who is still signed in gets a new one and comes back. */
#ifndef MEMORA_HTTP_SSE_H
#define MEMORA_HTTP_SSE_H

#include <pthread.h>
#include <stdatomic.h>

#include "api/call.h"
#include "wire/exchange.h"

struct sse_stream;

struct sse {
    const struct api_services *services;
    int64_t heartbeat_ns;
    unsigned most; /* streams at a time; the connections beyond are for everything else */
    atomic_uint open;

    pthread_mutex_t lock; /* of everything below, and of what says so in the streams */
    pthread_cond_t wake;
    struct sse_stream *streams;
    struct sse_stream *first_doubted, *last_doubted;
    struct sse_stream *looked_at; /* by the thread; NULL when it is closed meanwhile */
    uint64_t changes;             /* how many times sse_rights_changed was told of something */
    pthread_t thread;
    bool running, stop;
};

/* services must outlive the server that uses sse, and have an event bus; of the rest nothing is used before
 * sse_start. */
void sse_init(struct sse *sse, const struct api_services *services);
/* Before the first stream. */
enum status_code sse_start(struct sse *sse, struct status *status);
/* After the last one is closed. Fine without sse_start. */
void sse_stop(struct sse *sse);
/* After sse_stop, when nothing calls sse_rights_changed any more. Fine without sse_init. */
void sse_destroy(struct sse *sse);

/* For store_listen; ctx is struct sse. Thread-safe from sse_init to sse_destroy; never waits. */
void sse_rights_changed(void *ctx, int32_t user_id, bool signed_out);

bool sse_owns_path(const char *path);

/* A wire_handler; ctx is struct sse. Looks the caller up in the database. */
void sse_handle(void *ctx, struct wire_request *request, struct wire_response *response);

#endif
