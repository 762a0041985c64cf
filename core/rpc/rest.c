/* The REST gateway: paths, queries and JSON bodies to messages and back (platform.md 1.6). */
#include <string.h>

#include "codec/codec.h"
#include "codec/descriptor.h"
#include "codec/field_mask.h"
#include "codec/json_text.h"
#include "rpc/call.h"
#include "rpc/error.h"
#include "rpc/form.h"
#include "rpc/query_params.h"

static bool is_blank(const char *text, size_t length)
{
    while (length && strchr(" \t\r\n", *text) && *text) {
        text++;
        length--;
    }
    return length == 0;
}

static const ProtobufCFieldDescriptor *named_field(const ProtobufCMessageDescriptor *descriptor, const char *name)
{
    unsigned hint = 0;
    return codec_find_field(descriptor, name, strlen(name), &hint);
}

static enum status_code read_body(struct arena *arena, const struct rpc_match *match,
                                  const ProtobufCMessageDescriptor *descriptor, ProtobufCMessage **out,
                                  struct status *status)
{
    if (is_blank(match->body, match->body_len)) {
        *out = codec_new(arena, descriptor);
        return STATUS_OK;
    }
    const struct codec_json_options options = {.rest_messages = true, .ignore_trailing = true, .spools = match->spools};
    return codec_read_json(arena, descriptor, match->body, match->body_len, &options, out, status);
}

/* A PATCH changes what its body has, unless the query says otherwise. */
static enum status_code derive_mask(struct arena *arena, const struct rpc_match *match, ProtobufCMessage *message,
                                    const ProtobufCMessageDescriptor *body, struct status *status)
{
    const ProtobufCFieldDescriptor *field = named_field(message->descriptor, "update_mask");
    if (!field || field->descriptor != &google__protobuf__field_mask__descriptor)
        return STATUS_OK;
    Google__Protobuf__FieldMask *mask = NULL;
    enum status_code code = codec_field_mask_from_body(arena, body, match->body, match->body_len, &mask, status);
    if (code == STATUS_OK)
        codec_set_pointer(codec_at(message, field->offset), mask);
    return code;
}

static enum status_code read_body_field(struct arena *arena, const struct rpc_match *match, ProtobufCMessage *message,
                                        struct status *status)
{
    const struct rpc_method *method = match->route->method;
    const ProtobufCFieldDescriptor *field = named_field(method->input, method->http_body);
    ProtobufCMessage *body = NULL;
    if (!field || field->type != PROTOBUF_C_TYPE_MESSAGE || field->label == PROTOBUF_C_LABEL_REPEATED)
        return status_set(status, STATUS_INTERNAL, "%s: body is not a message", method->procedure);
    enum status_code code = STATUS_OK;
    if (match->boundary) {
        body = codec_new(arena, field->descriptor);
        code = form_read(arena, match, message, body, status);
    } else {
        code = read_body(arena, match, field->descriptor, &body, status);
    }
    if (code != STATUS_OK)
        return code;
    codec_set_pointer(codec_at(message, field->offset), body);
    codec_mark_present(message, field);
    return strcmp(method->http_method, "PATCH") == 0 ? derive_mask(arena, match, message, field->descriptor, status)
                                                     : STATUS_OK;
}

static enum status_code bind_path(struct arena *arena, const struct rpc_match *match, ProtobufCMessage *message,
                                  struct query_filter *filter, struct status *status)
{
    const struct path_template *template = &match->route->template;
    for (unsigned i = 0; i < template->variable_count; i++) {
        const struct path_text *field = &template->variables[i].field;
        const char *value = path_variable_value(arena, template, i, &match->parts);
        enum status_code code = query_set_path(arena, message, field, value, status);
        if (code != STATUS_OK)
            return code;
        filter->fields[filter->count++] = *field;
    }
    return STATUS_OK;
}

enum status_code rpc_rest_decode(struct arena *arena, const struct rpc_match *match, ProtobufCMessage **out,
                                 struct status *status)
{
    const char *body = match->route->method->http_body;
    bool whole = strcmp(body, "*") == 0;
    struct query_filter filter = {0};
    ProtobufCMessage *message = NULL;
    enum status_code code = STATUS_OK;
    if (whole)
        code = read_body(arena, match, match->route->method->input, &message, status);
    else
        message = codec_new(arena, match->route->method->input);
    if (code == STATUS_OK && !whole && *body) {
        code = read_body_field(arena, match, message, status);
        filter.fields[filter.count++] = (struct path_text){body, strlen(body)};
    }
    if (code == STATUS_OK)
        code = bind_path(arena, match, message, &filter, status);
    if (code == STATUS_OK && !whole)
        code = query_apply(arena, message, match->query, &filter, status);
    *out = message;
    return code;
}

static void answer_error(struct wire_response *response, enum status_code code, const char *message)
{
    response->status = rpc_error_http_status(code);
    wire_response_header(response, "Content-Type", "application/json");
    response->body.len = 0;
    buf_printf(&response->body, "{\"code\":%d,\"message\":", (int)code);
    json_add_string(&response->body, message, strlen(message));
    buf_add_str(&response->body, ",\"details\":[]}");
}

/* The gate's refusal has a shape of its own. */
static void answer_gate(struct wire_response *response)
{
    wire_response_text(response, 401, "text/plain; charset=utf-8",
                       "{\"code\": 16, \"message\": \"authentication required\"}\n");
    wire_response_header(response, "X-Content-Type-Options", "nosniff");
}

static enum status_code run(struct rpc_call *call, const struct rpc_match *match, struct status *status)
{
    ProtobufCMessage *request = NULL, *answer = NULL;
    enum status_code code = rpc_set_timeout_grpc(call, call->request->header(call->request, "Grpc-Timeout"), status);
    if (code == STATUS_OK)
        code = rpc_check_body(call, 0, status);
    if (code == STATUS_OK)
        code = rpc_rest_decode(call->request->arena, match, &request, status);
    if (code == STATUS_OK)
        code = rpc_call_invoke(call, request, &answer, status);
    if (code == STATUS_OK)
        code = codec_write_json(&call->response->body, answer, CODEC_JSON_FULL, status);
    return code;
}

static void handle_match(const struct rpc_server *server, struct wire_request *request, struct wire_response *response,
                         const struct rpc_match *match)
{
    struct rpc_call call;
    struct status status = {0};
    rpc_call_init(&call, server, request, response, match->route->method, RPC_REST);
    enum status_code code = rpc_call_authorize(&call, &status);
    if (code == STATUS_UNAUTHENTICATED) {
        answer_gate(response);
        return;
    }
    if (code == STATUS_OK)
        code = run(&call, match, &status);
    if (code == STATUS_OK) {
        response->status = 200;
        wire_response_header(response, "Content-Type", "application/json");
    } else {
        answer_error(response, code, status.message);
        if (code == STATUS_UNAUTHENTICATED)
            wire_response_header(response, "Www-Authenticate", arena_strdup(request->arena, status.message));
    }
    for (unsigned i = 0; i < call.api.cookie_count; i++)
        wire_response_header(response, "Grpc-Metadata-Set-Cookie", call.api.cookies[i]);
}

void rpc_rest_handle(const struct rpc_server *server, struct wire_request *request, struct wire_response *response)
{
    struct rpc_match match;
    rpc_match_request(server, request, &match);
    if (match.route)
        handle_match(server, request, response, &match);
    else if (match.parsed == PATH_MALFORMED)
        answer_error(response, STATUS_INVALID_ARGUMENT, "malformed path");
    else if (match.other_method)
        answer_error(response, STATUS_UNIMPLEMENTED, "Method Not Allowed");
    else
        answer_error(response, STATUS_NOT_FOUND, "Not Found");
    if (request->body_too_large)
        response->close_connection = true;
}
