/* The server of methods: which transport and which method a request is for. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "codec/codec.h"
#include "codec/descriptor.h"
#include "rpc/call.h"
#include "rpc/form.h"
#include "rpc/frame.h"

enum {
    QUICK_BODY = 512,      /* larger requests go to a worker unread */
    QUICK_PAGE_SIZE = 100, /* rows of a list that may be read on an HTTP thread */
    LOOKED_AT = 8192       /* bytes of a request that may call others, read on an HTTP thread */
};

/* "/pkg.v1." of "/pkg.v1.Service/Method" */
static void add_prefix(struct rpc_server *server, const char *procedure)
{
    const char *slash = strchr(procedure + 1, '/');
    const char *dot = slash ? memrchr(procedure, '.', (size_t)(slash - procedure)) : NULL;
    if (!dot)
        return;
    struct path_text prefix = {procedure, (size_t)(dot - procedure) + 1};
    for (unsigned i = 0; i < server->prefix_count; i++)
        if (server->prefixes[i].length == prefix.length &&
            memcmp(server->prefixes[i].text, prefix.text, prefix.length) == 0)
            return;
    if (server->prefix_count < RPC_MAX_PREFIXES)
        server->prefixes[server->prefix_count++] = prefix;
}

static int compare_routes(const void *a, const void *b)
{
    const struct rpc_route *left = a, *right = b;
    bool left_verb = left->template.verb.length > 0, right_verb = right->template.verb.length > 0;
    if (left_verb != right_verb)
        return left_verb ? -1 : 1;
    return strcmp(left->method->procedure, right->method->procedure);
}

struct rpc_server *rpc_server_create(const struct rpc_options *options)
{
    struct rpc_server *server = memory_zalloc(sizeof *server);
    server->options = *options;
    server->routes = memory_zalloc(options->method_count * sizeof *server->routes);
    for (unsigned i = 0; i < options->method_count; i++) {
        const struct rpc_method *method = &options->methods[i];
        struct rpc_route *route = &server->routes[server->route_count];
        add_prefix(server, method->procedure);
        if (!method->http_template)
            continue;
        route->method = method;
        if (path_template_compile(method->http_template, &route->template))
            server->route_count++;
        else
            log_error("%s has an unusable path template: %s", method->procedure, method->http_template);
    }
    qsort(server->routes, server->route_count, sizeof *server->routes, compare_routes);
    return server;
}

void rpc_server_destroy(struct rpc_server *server)
{
    if (!server)
        return;
    free(server->routes);
    free(server);
}

static bool is_rest_path(const struct rpc_server *server, const char *path)
{
    return server->route_count > 0 && (strncmp(path, "/api/v1/", 8) == 0 || strncmp(path, "/file/", 6) == 0);
}

bool rpc_owns_path(const struct rpc_server *server, const char *path)
{
    for (unsigned i = 0; i < server->prefix_count; i++)
        if (strncmp(path, server->prefixes[i].text, server->prefixes[i].length) == 0)
            return true;
    return is_rest_path(server, path);
}

static int compare_procedure(const void *key, const void *method)
{
    return strcmp(key, ((const struct rpc_method *)method)->procedure);
}

const struct rpc_method *rpc_find_procedure(const struct rpc_server *server, const char *path)
{
    const struct rpc_options *options = &server->options;
    return bsearch(path, options->methods, options->method_count, sizeof *options->methods, compare_procedure);
}

/* A list is quick if it is short and needs no filter. Its page token may hide a larger size. */
static bool is_costly(const ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *descriptor = message->descriptor;
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        if ((strcmp(field->name, "filter") == 0 || strcmp(field->name, "page_token") == 0) &&
            codec_field_present(message, field))
            return true;
        if (strcmp(field->name, "page_size") == 0 && field->type == PROTOBUF_C_TYPE_INT32 &&
            *(const int32_t *)codec_at(message, field->offset) > QUICK_PAGE_SIZE)
            return true;
    }
    return false;
}

static bool has_pages(const ProtobufCMessageDescriptor *input)
{
    unsigned hint = 0;
    return codec_find_field(input, "page_size", 9, &hint) || codec_find_field(input, "filter", 6, &hint);
}

static bool has_flag(const struct rpc_server *server, const struct rpc_method *method, unsigned flag)
{
    return server->options.flags && (server->options.flags(server->options.ctx, method) & flag);
}

static bool is_flagged_quick(const struct rpc_server *server, const struct rpc_method *method)
{
    return has_flag(server, method, RPC_QUICK);
}

static enum status_code decode_copy(const struct rpc_method *method, const struct wire_request *request,
                                    enum rpc_codec codec, ProtobufCMessage **out)
{
    if (codec == RPC_CODEC_JSON)
        return codec_read_json(request->arena, method->input, request->body, request->body_len, NULL, out, NULL);
    return codec_read_proto(request->arena, method->input, request->body, request->body_len, out, NULL);
}

/* A small copy of the request, decoded; one that can't be decoded is answered at once. */
static bool is_quick_message(const struct rpc_method *method, const struct wire_request *request)
{
    const struct rpc_media_type *type = rpc_media_type(request->header(request, "Content-Type"));
    ProtobufCMessage *message = NULL;
    if (!type || type->transport != RPC_CONNECT || request->header(request, "Content-Encoding"))
        return !type;
    return decode_copy(method, request, type->codec, &message) != STATUS_OK || !is_costly(message);
}

bool rpc_is_quick(const struct rpc_server *server, const struct wire_request *request)
{
    if (request->body_len > QUICK_BODY)
        return false;
    if (!is_rest_path(server, request->path)) {
        const struct rpc_method *method = rpc_find_procedure(server, request->path);
        if (!method)
            return true;
        return is_flagged_quick(server, method) && (!has_pages(method->input) || is_quick_message(method, request));
    }
    struct rpc_match match;
    rpc_match_request(server, request, &match);
    if (!match.route)
        return true;
    if (!is_flagged_quick(server, match.route->method))
        return false;
    ProtobufCMessage *message = NULL;
    return !has_pages(match.route->method->input) ||
           rpc_rest_decode(request->arena, &match, &message, NULL) != STATUS_OK || !is_costly(message);
}

/* Of a sign-in with a password the message is known to say so; all else may be one with other credentials. */
static bool has_password(const struct rpc_method *method, const struct wire_request *request,
                         const struct rpc_match *match)
{
    static const char name[] = "sso_credentials";
    unsigned hint = 0;
    const ProtobufCFieldDescriptor *field = codec_find_field(method->input, name, sizeof name - 1, &hint);
    const struct rpc_media_type *type = rpc_media_type(request->header(request, "Content-Type"));
    ProtobufCMessage *message = NULL;
    if (!field || request->body_len > LOOKED_AT || request->header(request, "Content-Encoding"))
        return false;
    if (match->route ? rpc_rest_decode(request->arena, match, &message, NULL)
                     : !type || type->transport != RPC_CONNECT || decode_copy(method, request, type->codec, &message))
        return false;
    return !codec_field_present(message, field);
}

enum rpc_calls rpc_calls_out(const struct rpc_server *server, const struct wire_request *request)
{
    struct rpc_match match = {0};
    if (is_rest_path(server, request->path))
        rpc_match_request(server, request, &match);
    const struct rpc_method *method = match.route ? match.route->method : rpc_find_procedure(server, request->path);
    if (!method || !has_flag(server, method, RPC_CALLS_OUT) || has_password(method, request, &match))
        return RPC_CALLS_NOBODY;
    return has_flag(server, method, RPC_PREVIEWS) ? RPC_CALLS_ANYBODY : RPC_CALLS_OTHERS;
}

bool rpc_takes_files(const struct rpc_server *server, const struct rpc_method *method)
{
    return has_flag(server, method, RPC_FILES);
}

/* In a binary message, with a frame around it or not. */
static size_t find_in_message(const struct rpc_method *method, const struct wire_request *request)
{
    const struct rpc_media_type *type = rpc_media_type(request->header(request, "Content-Type"));
    if (!type || type->codec != RPC_CODEC_PROTO || request->header(request, "Content-Encoding"))
        return 0;
    size_t head = type->transport == RPC_GRPC_WEB ? FRAME_HEAD : 0;
    if (request->body_len < head || (head && ((unsigned char)request->body[0] & FRAME_COMPRESSED)))
        return 0;
    size_t at = codec_proto_unfinished(method->input, request->body + head, request->body_len - head);
    return at ? head + at : 0;
}

enum rpc_large rpc_judge_large(const struct rpc_server *server, struct wire_request *request, size_t *file_at)
{
    *file_at = 0;
    const struct rpc_method *method = NULL;
    struct rpc_match match = {0};
    bool rest = is_rest_path(server, request->path);
    if (rest)
        rpc_match_request(server, request, &match);
    else if (strcmp(request->method, "POST") == 0)
        method = rpc_find_procedure(server, request->path);
    if (match.route && match.body_len) /* not used up as a form */
        method = match.route->method;
    if (!method || !rpc_takes_files(server, method))
        return RPC_LARGE_ORDINARY;
    struct rpc_call call;
    rpc_call_init(&call, server, request, NULL, method, rest ? RPC_REST : RPC_CONNECT);
    if (rpc_call_authorize(&call, NULL) != STATUS_OK)
        return RPC_LARGE_UNWANTED;
    if (!rest)
        *file_at = find_in_message(method, request);
    else if (match.boundary)
        *file_at = form_file_at(request->arena, match.boundary, match.body, match.body_len);
    return RPC_LARGE_WELCOME;
}

static void answer_no_method(struct wire_response *response)
{
    wire_response_text(response, 404, "text/plain; charset=utf-8", "404 page not found\n");
    wire_response_header(response, "X-Content-Type-Options", "nosniff");
}

static void answer_wrong_type(struct wire_response *response)
{
    response->status = 415;
    wire_response_header(response, "Accept-Post",
                         "application/grpc, application/grpc+json, application/grpc+json; charset=utf-8, "
                         "application/grpc+proto, application/grpc-web, application/grpc-web+json, "
                         "application/grpc-web+json; charset=utf-8, application/grpc-web+proto, application/json, "
                         "application/json; charset=utf-8, application/proto");
}

static void handle_procedure(const struct rpc_server *server, struct wire_request *request,
                             struct wire_response *response)
{
    const struct rpc_method *method = rpc_find_procedure(server, request->path);
    if (!method) {
        answer_no_method(response);
        return;
    }
    if (strcmp(request->method, "POST") != 0) {
        response->status = 405;
        wire_response_header(response, "Allow", "POST");
        return;
    }
    const struct rpc_media_type *type = rpc_media_type(request->header(request, "Content-Type"));
    if (!type) {
        answer_wrong_type(response);
        return;
    }
    struct rpc_call call;
    rpc_call_init(&call, server, request, response, method, type->transport);
    if (type->transport == RPC_CONNECT)
        rpc_connect_handle(&call, type);
    else
        rpc_grpc_handle(&call, type);
}

void rpc_handle(void *ctx, struct wire_request *request, struct wire_response *response)
{
    const struct rpc_server *server = ctx;
    if (is_rest_path(server, request->path))
        rpc_rest_handle(server, request, response);
    else
        handle_procedure(server, request, response);
}
