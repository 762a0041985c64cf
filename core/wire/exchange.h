/* One HTTP exchange, free of any HTTP library: http/ fills the request and sends the response; rpc/ and the other
 * handlers only see these structs. All memory lives in request->arena until the answer is sent. */
#ifndef MEMORA_WIRE_EXCHANGE_H
#define MEMORA_WIRE_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/spool.h"

struct wire_request {
    struct arena *arena;
    const char *method; /* "GET", ... as sent */
    const char *path;   /* still percent-encoded, without query; at least "/" */
    const char *query;  /* after the '?', still encoded; "" if none */
    const char *peer;   /* textual address of the client, "" on a unix socket */
    const char *host;   /* Host header, "" if none */
    const char *body;
    size_t body_len;
    bool body_too_large; /* the client sent more than the limit; body is empty */
    /* Why the body is empty though the client sent one; NULL: it isn't. A client that may not make the call is told so
     * first. */
    const struct status *body_failure;
    /* Where body may lie, and what else this request has that is too much for memory; NULL: it has to do with memory.
     */
    struct spool_list *spools;
    uint64_t id;         /* for logs */
    int64_t received_ns; /* clock_mono_ns() at the end of the headers */
    int64_t deadline_ns; /* clock_mono_ns() by which an answer is due */

    /* First value of a request header, name compared case-insensitively; NULL if absent. */
    const char *(*header)(const struct wire_request *request, const char *name);
    /* Calls each for every header until it returns false. */
    void (*each_header)(const struct wire_request *request,
                        bool (*each)(void *ctx, const char *name, const char *value), void *ctx);
    /* Makes a stream whose read said WIRE_STREAM_WAIT be read again. Any thread, at any time from the call of the
     * handler to the stream's close; never waits. A call before the stream waits is not lost. */
    void (*wake)(const struct wire_request *request);
    void *transport; /* private to http/ */
};

struct wire_header {
    const char *name, *value; /* borrowed from the arena or static */
};

/* What read of a stream gives when there are no bytes yet: the connection rests, without a thread, until
 * request->wake or wake_ns. */
enum { WIRE_STREAM_WAIT = -2 };
/* Size of a stream that goes on until read says it ends. It ends by itself when its client is gone or the server stops.
 */
#define WIRE_STREAM_ENDLESS UINT64_MAX

/* A body that is produced while it is sent; read runs on an HTTP thread and must not wait long. */
struct wire_stream {
    uint64_t size; /* total bytes, or WIRE_STREAM_ENDLESS */
    /* Fills up to cap bytes of the body from position pos; returns bytes, 0 at the end, -1 on failure,
     * WIRE_STREAM_WAIT. */
    int64_t (*read)(void *ctx, uint64_t pos, void *out, size_t cap);
    int64_t wake_ns; /* set by read before it says WIRE_STREAM_WAIT: clock_mono_ns() of the next read, to the second */
    int wait_fd;     /* likewise: read again as soon as this descriptor is readable; <= 0: none. Open until the next
                        read or close() */
    void (*close)(void *ctx); /* called exactly once */
    void *ctx;
    int fd; /* >= 0: send size bytes of this file from fd_offset instead of read; close() closes */
    uint64_t fd_offset;
};

enum { WIRE_MAX_RESPONSE_HEADERS = 32 };

struct wire_response {
    int status; /* HTTP status, 200 when untouched */
    unsigned header_count;
    struct wire_header headers[WIRE_MAX_RESPONSE_HEADERS];
    struct buf body;
    struct wire_stream *stream; /* in place of body; NULL if none */
    bool close_connection;
};

/* Appends a header; value is borrowed. Silently drops what exceeds the table (a programming error, asserted). */
void wire_response_header(struct wire_response *response, const char *name, const char *value);

/* Replaces the body by text of the given type. */
void wire_response_text(struct wire_response *response, int status, const char *content_type, const char *text);

/* {"message":"text"} + newline, as the framework level of the contract answers (platform.md 1.1). */
void wire_response_message(struct wire_response *response, int status, const char *text);

typedef void (*wire_handler)(void *ctx, struct wire_request *request, struct wire_response *response);

#endif
