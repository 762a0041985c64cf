/* The HTTP front: listener, limits, worker pool, routes. The only folder that knows libmicrohttpd. */
#ifndef MEMORA_HTTP_HTTP_H
#define MEMORA_HTTP_HTTP_H

#include "base/status.h"
#include "config/config.h"
#include "wire/exchange.h"

struct http_server;

/* The number of threads on which quick requests run. */
unsigned http_thread_count(const struct config *config);

/* What keeps a worker busy. Some of the workers are for reading alone, so that changes that wait for a lock, and the
 * decoding of pictures, leave a way for it. As much is decoded at a time as there are processors (HTTP_DECODING_MAX at
 * most): the rest of a page of pictures waits in the queue, not in workers. HTTP_CALLING waits for other servers while
 * it handles a request: one worker in four does that at most, and it never takes the last one for changes. So does
 * HTTP_PREVIEWING, for servers that anybody may name, so that those which do not answer keep nobody from signing in. */
enum http_work { HTTP_CHANGING, HTTP_READING, HTTP_DECODING, HTTP_CALLING, HTTP_PREVIEWING, HTTP_WORKS };
enum { HTTP_DECODING_MAX = 4 };

/* Where a request goes. quick decides whether the handler runs on the HTTP thread or on a worker. */
struct http_route_target {
    wire_handler handler;
    void *ctx;
    bool quick;
    const char *allow; /* methods of a framework route, for the answer to OPTIONS; NULL: no Allow header */
    enum http_work work;
};
/* Called on an HTTP thread once the whole request is there; must not wait. */
typedef struct http_route_target (*http_route_fn)(void *ctx, const struct wire_request *request);

/* Where a body of more than SPOOL_MEMORY bytes goes. */
enum http_large {
    HTTP_LARGE_TO_MEMORY,
    HTTP_LARGE_TO_SPOOL,
    HTTP_LARGE_DROPPED /* the request comes without it, as its body_failure says */
};
struct http_large_bodies {
    /* Called on a worker when so many bytes have come. *file_at, 0 before, may become where among them those begin that
     * are going to be stored: they get a spool in which they can be taken as they are. */
    enum http_large (*judge)(void *ctx, struct wire_request *request, size_t *file_at);
    void *ctx;
    struct spool_area *area;
};

/* Binds and starts to serve. Errors name the address. config and what large points to must outlive the server; large
 * may be NULL: all bodies are held in memory. A port of 0 lets the kernel choose. */
enum status_code http_server_start(const struct config *config, http_route_fn route, void *route_ctx,
                                   const struct http_large_bodies *large, struct http_server **out,
                                   struct status *status);
/* Stops accepting, lets running requests finish for at most drain_ns, then closes. A handler that is still running
 * then is waited for: it ends by its own deadline. NULL is fine. */
void http_server_stop(struct http_server *server, int64_t drain_ns);
/* The port that is bound (useful with port 0 in tests); 0 on a unix socket. */
int http_server_port(const struct http_server *server);

#endif
