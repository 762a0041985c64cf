/* The HTTP front: listener, limits, worker pool, routes. The only folder that knows libmicrohttpd. */
#ifndef MEMORA_HTTP_HTTP_H
#define MEMORA_HTTP_HTTP_H

#include "base/status.h"
#include "config/config.h"
#include "wire/exchange.h"

struct http_server;

/* The number of threads on which quick requests run. */
unsigned http_thread_count(const struct config *config);

/* Where a request goes. quick decides whether the handler runs on the HTTP thread or on a worker; some of the workers
 * are for reading alone, so that writes that wait for a lock leave a way for it. */
struct http_route_target {
    wire_handler handler;
    void *ctx;
    bool quick;
    const char *allow; /* methods of a framework route, for the answer to OPTIONS; NULL: no Allow header */
    bool reading;      /* changes nothing */
};
/* Called on an HTTP thread once the whole request is there; must not wait. */
typedef struct http_route_target (*http_route_fn)(void *ctx, const struct wire_request *request);

/* Binds and starts to serve. Errors name the address. config must outlive the server. A port of 0 lets the kernel
 * choose. */
enum status_code http_server_start(const struct config *config, http_route_fn route, void *route_ctx,
                                   struct http_server **out, struct status *status);
/* Stops accepting, lets running requests finish for at most drain_ns, then closes. A handler that is still running
 * then is waited for: it ends by its own deadline. NULL is fine. */
void http_server_stop(struct http_server *server, int64_t drain_ns);
/* The port that is bound (useful with port 0 in tests); 0 on a unix socket. */
int http_server_port(const struct http_server *server);

#endif
