/* Receives request bodies, within a limit for each and a budget for all: small ones in memory, large ones in a spool if
 * they may. Only workers wait for a disk or a database; the connection is suspended meanwhile. */
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "http/internal.h"

enum { FIRST_BODY_BLOCK = 4096, TRUSTED_LENGTH = 1024 * 1024 };

struct framing {
    unsigned lengths, encodings;
    bool chunked;
};

static bool look_at_header(void *ctx, const char *name, const char *value)
{
    struct framing *framing = ctx;
    if (strcasecmp(name, "Content-Length") == 0) {
        framing->lengths++;
    } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
        framing->encodings++;
        framing->chunked = strcasecmp(value, "chunked") == 0;
    }
    return true;
}

enum body_verdict body_begin(struct http_request *request)
{
    const struct wire_request *wire = &request->wire;
    const char *length_text = wire->header(wire, "Content-Length");
    if (!length_text && !wire->header(wire, "Transfer-Encoding"))
        return BODY_READ;
    /* Two lengths, or a length beside a transfer coding, are how requests are smuggled past a proxy (RFC 9112 6.3). */
    struct framing framing = {0};
    wire->each_header(wire, look_at_header, &framing);
    if (framing.lengths + framing.encodings != 1 || (framing.encodings && !framing.chunked))
        return BODY_BROKEN;
    if (!length_text)
        return BODY_READ;
    uint64_t length = strtoull(length_text, NULL, 10); /* libmicrohttpd has checked that it is a number */
    uint64_t limit = request->server->config->max_body_bytes;
    if (length <= limit)
        return BODY_READ;
    request->wire.body_too_large = true;
    /* A client that asks first is told at once; another one may not look at the answer before it has sent all. */
    const char *expect = wire->header(wire, "Expect");
    bool asks = expect && strcasecmp(expect, "100-continue") == 0;
    return asks || length / HTTP_DRAIN_FACTOR > limit ? BODY_ANSWER : BODY_READ;
}

static void free_memory(struct http_request *request)
{
    free(request->body);
    request->body = NULL;
    request->body_cap = 0;
    request->wire.body = "";
    request->wire.body_len = 0;
    atomic_fetch_sub(&request->server->body_bytes, request->body_charge);
    request->body_charge = 0;
}

void body_release(struct http_request *request)
{
    free_memory(request);
    spool_list_close(&request->spools);
    request->spool = NULL;
}

/* Takes bytes from the budget of all bodies together. */
static bool charge(struct http_request *request, uint64_t bytes)
{
    struct http_server *server = request->server;
    uint64_t budget = server->config->max_body_bytes * HTTP_BODY_BUDGET_FACTOR;
    uint64_t before = atomic_fetch_add(&server->body_bytes, bytes);
    request->body_charge += bytes;
    return before + bytes <= budget;
}

static size_t next_capacity(const struct http_request *request, size_t need)
{
    size_t cap = request->body_cap ? request->body_cap * 2 : FIRST_BODY_BLOCK;
    if (request->body_cap == 0) {
        /* A length that is not absurd saves the growing; a large one is believed only as its bytes come. */
        const char *text = request->wire.header(&request->wire, "Content-Length");
        size_t told = text ? (size_t)strtoull(text, NULL, 10) : 0;
        if (told >= need && told <= TRUSTED_LENGTH)
            return told + 1;
    }
    while (cap < need + 1)
        cap *= 2;
    return cap;
}

/* Appends to what is in memory; false if that is too much of it. */
static bool keep(struct http_request *request, const char *bytes, size_t length)
{
    size_t used = request->wire.body_len, need = used + length;
    if (need + 1 > request->body_cap) {
        size_t cap = next_capacity(request, need);
        if (!charge(request, cap - request->body_cap))
            return false;
        request->body = memory_realloc(request->body, cap);
        request->body_cap = cap;
    }
    memcpy(request->body + used, bytes, length);
    request->body[need] = '\0'; /* for parsers that look one byte ahead */
    request->wire.body = request->body;
    request->wire.body_len = need;
    return true;
}

static bool hand_over(struct http_request *request)
{
    struct http_loop *loop = request->from->loop;
    pthread_mutex_lock(&loop->body_lock);
    request->body_busy = worker_submit(request->server->workers, request);
    bool taken = request->body_busy;
    pthread_mutex_unlock(&loop->body_lock);
    return taken;
}

bool body_is_busy(struct http_request *request)
{
    struct http_loop *loop = request->from->loop;
    pthread_mutex_lock(&loop->body_lock);
    bool busy = request->body_busy;
    pthread_mutex_unlock(&loop->body_lock);
    return busy;
}

bool body_add(struct http_request *request, const char *bytes, size_t *left)
{
    uint64_t limit = request->server->config->max_body_bytes;
    bool movable = request->server->large && request->body_state != BODY_JUDGED;
    size_t length = *left;
    if (movable && length > SPOOL_MEMORY - request->wire.body_len)
        length = SPOOL_MEMORY - request->wire.body_len;
    *left -= length;
    request->body_seen += length;
    connection_prolong(request->from, length);
    if (request->body_seen > limit && !request->wire.body_too_large) {
        request->wire.body_too_large = true;
        body_release(request);
    }
    if (request->wire.body_too_large || request->body_refused || request->body_state == BODY_LOST)
        return request->body_seen / HTTP_DRAIN_FACTOR <= limit;
    if (!keep(request, bytes, length) || (movable && request->wire.body_len == SPOOL_MEMORY && !hand_over(request))) {
        body_release(request);
        request->body_refused = true;
        *left = 0;
    }
    return true;
}

static void lose(struct http_request *request, const struct status *why)
{
    struct status *kept = ARENA_NEW(request->wire.arena, struct status);
    *kept = *why;
    body_release(request);
    request->wire.body_failure = kept;
    request->body_state = BODY_LOST;
}

/* With what has come. */
static enum status_code begin_spool(struct http_request *request, size_t file_at, struct status *status)
{
    struct wire_request *wire = &request->wire;
    if (spool_create(&request->spools, &request->spool, status))
        return status->code;
    if (file_at > 0 && file_at <= SPOOL_AROUND_MAX) {
        spool_keep(request->spool);
        if (spool_write_before(request->spool, wire->body, file_at, status))
            return status->code;
    } else {
        file_at = 0;
    }
    enum status_code code = spool_write(request->spool, wire->body + file_at, wire->body_len - file_at, status);
    wire->body_len = 0;
    return code;
}

static void judge(struct http_request *request)
{
    const struct http_large_bodies *large = request->server->large;
    struct status status = {0};
    size_t file_at = 0;
    request->body_state = BODY_JUDGED;
    switch (large->judge(large->ctx, &request->wire, &file_at)) {
    case HTTP_LARGE_TO_MEMORY:
        break;
    case HTTP_LARGE_DROPPED:
        status_set(&status, STATUS_UNAVAILABLE, "the upload could not be taken when it came");
        lose(request, &status);
        break;
    case HTTP_LARGE_TO_SPOOL:
        if (begin_spool(request, file_at, &status))
            lose(request, &status);
        else
            request->body_state = BODY_IN_SPOOL;
    }
}

static bool move_to_spool(struct http_request *request)
{
    struct status status = {0};
    if (spool_write(request->spool, request->wire.body, request->wire.body_len, &status)) {
        lose(request, &status);
        return false;
    }
    request->wire.body_len = 0;
    return true;
}

/* libmicrohttpd must be told under the lock: whoever then finds the body idle can be sure that it has been. */
void body_move_on(struct http_request *request)
{
    struct http_loop *loop = request->from->loop;
    if (request->body_state == BODY_IN_MEMORY)
        judge(request);
    else if (request->body_state == BODY_IN_SPOOL)
        move_to_spool(request);
    pthread_mutex_lock(&loop->body_lock);
    request->body_busy = false;
    MHD_resume_connection(request->connection);
    pthread_mutex_unlock(&loop->body_lock);
}

void body_complete(struct http_request *request)
{
    struct status status = {0};
    const char *bytes;
    if (!request->spool || !move_to_spool(request))
        return;
    if (spool_map(request->spool, &bytes, &status)) {
        lose(request, &status);
        return;
    }
    free_memory(request);
    request->wire.body = bytes;
    request->wire.body_len = (size_t)spool_size(request->spool);
}
