/* Requests of the server to others, on behalf of users: nobody gets to use them to reach into this machine's network.
 * They block; never on an HTTP thread. */
#ifndef MEMORA_EVENT_OUTBOUND_H
#define MEMORA_EVENT_OUTBOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"

enum { OUTBOUND_REDIRECTS_MAX = 10, OUTBOUND_ANSWER_MAX = 1024 * 1024 };

struct outbound_options {
    /* Addresses that are not connected to, such as address_is_reserved; NULL: all are. */
    bool (*refuses)(const struct sockaddr *address);
    const char *ca_file;         /* certificates to trust; "" = those of the system */
    int64_t timeout_ns;          /* for all of it, redirects included */
    bool (*stopping)(void *ctx); /* true: give up within about a second; NULL: never */
    void *ctx;
};

struct outbound_post {
    const char *url;            /* http or https */
    const char *const *headers; /* "Name: value", NULL-terminated */
    const void *body;
    size_t body_length;
};

struct outbound_answer {
    int http_status;
    struct buf body; /* at most OUTBOUND_ANSWER_MAX bytes; more are cut off */
};

/* Sends the body and follows redirects: 307 and 308 repeat it, 301, 302 and 303 become a GET without it. The host of
 * each is resolved once; if any of its addresses is refused the request fails, and only the addresses looked at are
 * connected to. No proxy; certificates are verified. STATUS_OK whatever the answer's status. Errors:
 * STATUS_UNAVAILABLE, STATUS_DEADLINE_EXCEEDED: the next time may be better; STATUS_CANCELLED: stopping;
 * STATUS_PERMISSION_DENIED: a refused address; STATUS_INVALID_ARGUMENT: no URL to send to; STATUS_FAILED_PRECONDITION:
 * no libcurl. */
enum status_code outbound_post(struct arena *arena, const struct outbound_post *post,
                               const struct outbound_options *options, struct outbound_answer *answer,
                               struct status *status);

#endif
