/* Requests of the server to others over HTTP. Who chooses where they go decides what they may reach: where users do,
 * give address_is_reserved, so that nobody gets to use them to look into this machine's network.
 *
 *     const struct outbound_options options = {.refuses = address_is_reserved,
 *                                              .ca_file = config->outbound_ca_file,
 *                                              .timeout_ns = 10 * INT64_C(1000000000)};
 *     const struct outbound_request request = {.url = url};
 *     struct outbound_answer answer;
 *     code = outbound_send(arena, &request, &options, &answer, status);
 *
 * They block; never on an HTTP thread, and in a request only on a worker of the kind HTTP_CALLING (http/http.h), of
 * which there are few at a time. Thread-safe. No proxy is used; certificates are always verified. */
#ifndef MEMORA_OUTBOUND_OUTBOUND_H
#define MEMORA_OUTBOUND_OUTBOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"

enum { OUTBOUND_REDIRECTS_MAX = 10, OUTBOUND_ANSWER_MAX = 1024 * 1024 };

struct outbound_answer;

struct outbound_options {
    /* Addresses that are not connected to, such as address_is_reserved; NULL: all are. */
    bool (*refuses)(const struct sockaddr *address);
    const char *refusal;         /* what the error says then; NULL: of itself */
    const char *ca_file;         /* certificates to trust; NULL or "" = those of the system */
    int64_t timeout_ns;          /* for all of it, redirects included; looking up a name may exceed it */
    size_t answer_max;           /* bytes of the body that are kept; 0 = OUTBOUND_ANSWER_MAX */
    bool same_host;              /* redirects to other hosts, or from https to http, are an error */
    bool stays;                  /* redirects are not followed: answer.redirect says where to */
    bool secret;                 /* copies of the answer's body are wiped, but for the one that is given */
    bool (*stopping)(void *ctx); /* true: give up within about a second; NULL: never */
    void *ctx;
    /* True: no more of the answer is wanted, and what follows is cut off. Called before the first bytes of the body are
     * taken and after each time, when http_status and content_type are known. NULL: all is wanted. Where it is given,
     * an answer that stops short, or takes too long, counts as cut off. */
    bool (*enough)(void *ctx, const struct outbound_answer *answer);
    void *enough_ctx;
};

/* A part of a body, so that large ones need not be put together in memory. */
struct outbound_piece {
    const void *bytes;
    size_t length;
    bool base64; /* goes out in base64, padded */
};

struct outbound_request {
    const char *url;            /* http or https */
    const char *const *headers; /* "Name: value", NULL-terminated; may be NULL */
    /* Value of the Authorization header, which does not follow a redirect to another host, or from https to http. NULL:
     * none. */
    const char *authorization;
    const void *body; /* NULL, and no pieces: a GET, else a POST */
    size_t body_length;
    const struct outbound_piece *pieces; /* in place of body, one after the other; NULL: none */
    unsigned piece_count;
};

struct outbound_answer {
    int http_status;
    const char *url;          /* what answered, after redirects */
    const char *content_type; /* "" if it does not say */
    struct buf body;          /* at most answer_max bytes, decompressed; there is room for a NUL behind them */
    bool cut_off;             /* there was more of it */
    const char *redirect;     /* with stays: where to; NULL: nowhere */
    const char *refused;      /* the address that was refused; NULL: none. Also after a failure */
};

/* Sends a request and follows redirects: 307 and 308 repeat it, 301, 302 and 303 become a GET without body. The host of
 * each is resolved once; if any of its addresses is refused the request fails, and only the addresses looked at are
 * connected to. STATUS_OK whatever the answer's status. Errors:
 * STATUS_UNAVAILABLE, STATUS_DEADLINE_EXCEEDED: the next time may be better; STATUS_CANCELLED: stopping;
 * STATUS_PERMISSION_DENIED: a refused address; STATUS_INVALID_ARGUMENT: no URL to send to; STATUS_FAILED_PRECONDITION:
 * no libcurl. */
enum status_code outbound_send(struct arena *arena, const struct outbound_request *request,
                               const struct outbound_options *options, struct outbound_answer *answer,
                               struct status *status);

#endif
