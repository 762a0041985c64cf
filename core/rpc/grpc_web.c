/* gRPC-Web and gRPC framing of unary calls on HTTP/1.1 (github.com/grpc/grpc, doc/PROTOCOL-WEB.md and
 * PROTOCOL-HTTP2.md; platform.md 1.5). */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/quote.h"
#include "rpc/call.h"
#include "rpc/error.h"
#include "rpc/frame.h"
#include "rpc/gzip.h"
#include "wire/percent.h"

struct grpc_call {
    struct rpc_call *rpc;
    const struct rpc_media_type *type;
    bool gzip_request; /* frames with the flag are gzip */
    bool compress;     /* the answer */
};

static const char *header(const struct rpc_call *call, const char *name)
{
    return call->request->header(call->request, name);
}

static enum status_code negotiate(struct grpc_call *call, struct status *status)
{
    const char *encoding = header(call->rpc, "Grpc-Encoding"), *accept = header(call->rpc, "Grpc-Accept-Encoding");
    call->gzip_request = encoding && strcasecmp(encoding, "gzip") == 0;
    call->compress = accept ? gzip_accepted(accept) : call->gzip_request;
    if (encoding && *encoding && strcasecmp(encoding, "identity") != 0 && !call->gzip_request)
        return status_set(status, STATUS_UNIMPLEMENTED, "unknown compression %s: supported encodings are gzip",
                          text_quote(call->rpc->request->arena, encoding));
    return rpc_set_timeout_grpc(call->rpc, header(call->rpc, "Grpc-Timeout"), status);
}

static enum status_code read_request(struct grpc_call *call, ProtobufCMessage **out, struct status *status)
{
    const struct wire_request *request = call->rpc->request;
    struct frame frame, more;
    size_t at = 0;
    if (rpc_check_body(call->rpc, FRAME_HEAD, status))
        return status->code;
    switch (frame_read(request->body, request->body_len, &at, &frame)) {
    case FRAME_END:
        return status_set(status, STATUS_UNIMPLEMENTED, "unary request has zero messages");
    case FRAME_BROKEN:
        return status_set(status, STATUS_INVALID_ARGUMENT, "protocol error: incomplete envelope");
    case FRAME_READ:
        break;
    }
    if (frame.flags & ~(unsigned)FRAME_COMPRESSED)
        return status_set(status, STATUS_INVALID_ARGUMENT, "protocol error: invalid envelope flags %u", frame.flags);
    if (frame_read(request->body, request->body_len, &at, &more) != FRAME_END)
        return status_set(status, STATUS_UNIMPLEMENTED, "unary request has multiple messages");
    if ((frame.flags & FRAME_COMPRESSED) && !call->gzip_request)
        return status_set(status, STATUS_INTERNAL,
                          "protocol error: sent compressed message without compression support");
    if ((frame.flags & FRAME_COMPRESSED) && rpc_expand(call->rpc, &frame.data, &frame.length, status))
        return status->code;
    return rpc_decode(call->rpc, call->type->codec, frame.data, frame.length, out, status);
}

/* The outcome as name/value pairs, the way both trailers and headers carry it. */
struct outcome {
    unsigned count;
    struct rpc_pair pairs[RPC_MAX_PAIRS + 3];
};

static struct outcome outcome_of(const struct rpc_call *call, enum status_code code, const struct status *status)
{
    struct outcome out = {0};
    struct arena *arena = call->request->arena;
    out.pairs[out.count++] = (struct rpc_pair){"grpc-status", arena_printf(arena, "%d", (int)code)};
    if (code != STATUS_OK) {
        out.pairs[out.count++] = (struct rpc_pair){"grpc-message", wire_percent_encode_message(arena, status->message)};
        const char *details = rpc_grpc_details(call, code, status->message);
        if (details)
            out.pairs[out.count++] = (struct rpc_pair){"grpc-status-details-bin", details};
    }
    for (unsigned i = 0; i < call->trailer_count; i++)
        out.pairs[out.count++] = call->trailers[i];
    return out;
}

/* "grpc-status" to Grpc-Status */
static const char *header_name(struct arena *arena, const char *name)
{
    char *out = arena_strdup(arena, name);
    for (char *c = out; *c; c++)
        if ((c == out || c[-1] == '-') && *c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    return out;
}

static void add_outcome_headers(const struct rpc_call *call, const struct outcome *outcome)
{
    for (unsigned i = 0; i < outcome->count; i++)
        wire_response_header(call->response, header_name(call->request->arena, outcome->pairs[i].name),
                             outcome->pairs[i].value);
}

static void add_outcome_frame(struct buf *body, const struct outcome *outcome)
{
    struct buf text = buf_in(body->arena);
    for (unsigned i = 0; i < outcome->count; i++) {
        buf_add_str(&text, outcome->pairs[i].name);
        buf_add_str(&text, ": ");
        buf_add_str(&text, outcome->pairs[i].value);
        buf_add_str(&text, "\r\n");
    }
    frame_add(body, FRAME_TRAILER, text.data, text.len);
}

static enum status_code encode_message(const struct grpc_call *call, const ProtobufCMessage *message,
                                       struct status *status)
{
    struct buf *body = &call->rpc->response->body;
    struct buf plain = buf_in(body->arena), packed = buf_in(body->arena);
    enum status_code code = rpc_encode(&plain, call->type->codec, message, status);
    if (code != STATUS_OK)
        return code;
    bool compress = call->compress && plain.len > 0;
    if (compress)
        gzip_compress(&packed, plain.data, plain.len);
    const struct buf *sent = compress ? &packed : &plain;
    frame_add(body, compress ? FRAME_COMPRESSED : 0, sent->data, sent->len);
    return STATUS_OK;
}

static enum status_code run(struct grpc_call *call, struct status *status)
{
    ProtobufCMessage *request = NULL, *answer = NULL;
    enum status_code code = negotiate(call, status);
    if (code == STATUS_OK)
        code = rpc_call_authorize(call->rpc, status);
    if (code == STATUS_OK)
        code = read_request(call, &request, status);
    if (code == STATUS_OK)
        code = rpc_call_invoke(call->rpc, request, &answer, status);
    return code == STATUS_OK ? encode_message(call, answer, status) : code;
}

void rpc_grpc_handle(struct rpc_call *rpc, const struct rpc_media_type *type)
{
    struct grpc_call call = {.rpc = rpc, .type = type};
    struct status status = {0};
    struct wire_response *response = rpc->response;
    enum status_code code = run(&call, &status);
    struct outcome outcome = outcome_of(rpc, code, &status);
    response->status = 200;
    wire_response_header(response, "Content-Type", type->text);
    wire_response_header(response, "Grpc-Accept-Encoding", "gzip");
    if (call.compress)
        wire_response_header(response, "Grpc-Encoding", "gzip");
    for (unsigned i = 0; i < rpc->api.cookie_count; i++)
        wire_response_header(response, "Set-Cookie", rpc->api.cookies[i]);
    for (unsigned i = 0; i < rpc->header_count; i++)
        wire_response_header(response, rpc->headers[i].name, rpc->headers[i].value);
    if (code != STATUS_OK || type->framed_in_trailers)
        add_outcome_headers(rpc, &outcome);
    else
        add_outcome_frame(&response->body, &outcome);
    if (code != STATUS_OK)
        response->body.len = 0;
    if (rpc->request->body_too_large)
        response->close_connection = true;
    rpc_call_log(rpc, code, &status);
}
