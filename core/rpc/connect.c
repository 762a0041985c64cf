/* Unary calls of the Connect protocol (connectrpc.com/docs/protocol, "Unary"; platform.md 1.5). */
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/quote.h"
#include "codec/codec.h"
#include "codec/json_text.h"
#include "rpc/call.h"
#include "rpc/error.h"
#include "rpc/gzip.h"

struct connect_call {
    struct rpc_call *rpc;
    const struct rpc_media_type *type;
    bool compress; /* the answer */
};

enum status_code rpc_decode(struct rpc_call *call, enum rpc_codec codec, const void *data, size_t length,
                            ProtobufCMessage **out, struct status *status)
{
    const struct codec_json_options options = {.spools = call->request->spools};
    struct arena *arena = call->request->arena;
    const ProtobufCMessageDescriptor *input = call->method->input;
    enum status_code code = codec == RPC_CODEC_JSON
                                ? codec_read_json(arena, input, data, length, &options, out, status)
                                : codec_read_proto_in(arena, call->request->spools, input, data, length, out, status);
    return code == STATUS_INVALID_ARGUMENT ? status_prefix(status, "unmarshal message: ") : code;
}

enum status_code rpc_encode(struct buf *out, enum rpc_codec codec, const ProtobufCMessage *message,
                            struct status *status)
{
    if (codec == RPC_CODEC_JSON)
        return codec_write_json(out, message, CODEC_JSON_SPARSE, status);
    codec_write_proto(out, message);
    return STATUS_OK;
}

static const char *header(const struct rpc_call *call, const char *name)
{
    return call->request->header(call->request, name);
}

static bool is_gzip(const char *encoding)
{
    return encoding && strcasecmp(encoding, "gzip") == 0;
}

static enum status_code negotiate(struct connect_call *call, struct status *status)
{
    const char *encoding = header(call->rpc, "Content-Encoding"), *accept = header(call->rpc, "Accept-Encoding");
    call->compress = accept ? gzip_accepted(accept) : is_gzip(encoding);
    if (encoding && *encoding && strcasecmp(encoding, "identity") != 0 && !is_gzip(encoding))
        return status_set(status, STATUS_UNIMPLEMENTED, "unknown compression %s: supported encodings are gzip",
                          text_quote(call->rpc->request->arena, encoding));
    const char *version = header(call->rpc, "Connect-Protocol-Version");
    if (version && strcmp(version, "1") != 0)
        return status_set(status, STATUS_INVALID_ARGUMENT, "Connect-Protocol-Version must be \"1\": got %s",
                          text_quote(call->rpc->request->arena, version));
    return rpc_set_timeout_ms(call->rpc, header(call->rpc, "Connect-Timeout-Ms"), status);
}

static enum status_code read_request(struct connect_call *call, ProtobufCMessage **out, struct status *status)
{
    const struct wire_request *request = call->rpc->request;
    const char *body = request->body;
    size_t length = request->body_len;
    if (rpc_check_body(call->rpc, 0, status) ||
        (is_gzip(header(call->rpc, "Content-Encoding")) && length > 0 && rpc_expand(call->rpc, &body, &length, status)))
        return status->code;
    return rpc_decode(call->rpc, call->type->codec, body, length, out, status);
}

static void add_metadata(const struct rpc_call *call)
{
    struct wire_response *response = call->response;
    for (unsigned i = 0; i < call->api.cookie_count; i++)
        wire_response_header(response, "Set-Cookie", call->api.cookies[i]);
    for (unsigned i = 0; i < call->header_count; i++)
        wire_response_header(response, call->headers[i].name, call->headers[i].value);
    for (unsigned i = 0; i < call->trailer_count; i++)
        wire_response_header(response, arena_printf(call->request->arena, "Trailer-%s", call->trailers[i].name),
                             call->trailers[i].value);
}

static void add_details(struct buf *body, const struct rpc_call *call)
{
    for (unsigned i = 0; i < call->detail_count; i++) {
        const struct rpc_detail *detail = &call->details[i];
        struct buf value = buf_in(body->arena);
        base64_encode(&value, detail->data, detail->length);
        while (value.len && value.data[value.len - 1] == '=') /* the protocol wants it without padding */
            value.len--;
        buf_add_str(body, i ? ",{\"type\":" : ",\"details\":[{\"type\":");
        json_add_string(body, detail->type, strlen(detail->type));
        buf_add_str(body, ",\"value\":");
        json_add_string(body, value.data, value.len);
        buf_add_char(body, '}');
    }
    if (call->detail_count)
        buf_add_char(body, ']');
}

static void answer_error(const struct rpc_call *call, enum status_code code, const struct status *status)
{
    struct wire_response *response = call->response;
    struct buf *body = &response->body;
    response->status = rpc_error_http_status(code);
    wire_response_header(response, "Content-Type", "application/json");
    body->len = 0;
    buf_printf(body, "{\"code\":\"%s\"", rpc_error_name(code));
    if (status->message[0]) {
        buf_add_str(body, ",\"message\":");
        json_add_string_html(body, status->message, strlen(status->message));
    }
    add_details(body, call);
    buf_add_char(body, '}');
    if (call->request->body_too_large)
        response->close_connection = true;
}

static enum status_code answer_message(const struct connect_call *call, const ProtobufCMessage *message,
                                       struct status *status)
{
    struct wire_response *response = call->rpc->response;
    struct buf plain = buf_in(call->rpc->request->arena);
    struct buf *body = call->compress ? &plain : &response->body;
    enum status_code code = rpc_encode(body, call->type->codec, message, status);
    if (code != STATUS_OK)
        return code;
    if (call->compress && plain.len > 0) {
        gzip_compress(&response->body, plain.data, plain.len);
        wire_response_header(response, "Content-Encoding", "gzip");
    }
    response->status = 200;
    wire_response_header(response, "Content-Type", call->type->text);
    wire_response_header(response, "Cache-Control", "no-cache, no-store, must-revalidate");
    wire_response_header(response, "Pragma", "no-cache");
    wire_response_header(response, "Expires", "0");
    return STATUS_OK;
}

static enum status_code run(struct connect_call *call, struct status *status)
{
    ProtobufCMessage *request = NULL, *answer = NULL;
    enum status_code code = negotiate(call, status);
    if (code == STATUS_OK)
        code = rpc_call_authorize(call->rpc, status);
    if (code == STATUS_OK)
        code = read_request(call, &request, status);
    if (code == STATUS_OK)
        code = rpc_call_invoke(call->rpc, request, &answer, status);
    return code == STATUS_OK ? answer_message(call, answer, status) : code;
}

void rpc_connect_handle(struct rpc_call *rpc, const struct rpc_media_type *type)
{
    struct connect_call call = {rpc, type, false};
    struct status status = {0};
    wire_response_header(rpc->response, "Accept-Encoding", "gzip");
    enum status_code code = run(&call, &status);
    if (code != STATUS_OK)
        answer_error(rpc, code, &status);
    add_metadata(rpc);
    rpc_call_log(rpc, code, &status);
}
