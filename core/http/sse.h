/* GET /api/v1/sse: news of memos while the client stays (memos.md 7), in the format of server-sent events
 * (HTML Living Standard 9.2). A stream that has nothing to tell costs a connection, but no thread. */
#ifndef MEMORA_HTTP_SSE_H
#define MEMORA_HTTP_SSE_H

#include <stdatomic.h>

#include "api/call.h"
#include "wire/exchange.h"

struct sse {
    const struct api_services *services;
    int64_t heartbeat_ns;
    unsigned most; /* streams at a time; the connections beyond are for everything else */
    atomic_uint open;
};

/* services must outlive the server that uses sse, and have an event bus. */
void sse_init(struct sse *sse, const struct api_services *services);

bool sse_owns_path(const char *path);

/* A wire_handler; ctx is struct sse. Looks the caller up in the database. The caller and whether it is an
 * administrator are as they are now for the whole stream. */
void sse_handle(void *ctx, struct wire_request *request, struct wire_response *response);

#endif
