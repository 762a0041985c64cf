/* What every call passes before and after its handler: metadata, guard, permission, log. */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/quote.h"
#include "base/spool.h"
#include "rpc/call.h"
#include "rpc/error.h"
#include "rpc/gzip.h"

enum {
    /* A stranger's small compressed body must not cost much memory. */
    ANONYMOUS_EXPAND_LIMIT = 16 * 1024 * 1024,
    MAX_TIMEOUT_DIGITS = 10,     /* Connect-Timeout-Ms */
    MAX_GRPC_TIMEOUT_DIGITS = 8, /* Grpc-Timeout */
    METADATA_NAME_SIZE = 64
};

static const struct rpc_call *call_of(const struct api_call *api)
{
    return (const struct rpc_call *)(const void *)api;
}

static const char *header(const struct rpc_call *call, const char *name)
{
    return call->request->header(call->request, name);
}

/* The request headers that methods see on Connect (platform.md 1.5). */
static const char *connect_metadata(const struct api_call *api, const char *name)
{
    static const char *const visible[] = {"user-agent", "origin",    "x-forwarded-for", "x-forwarded-proto",
                                          "x-real-ip",  "forwarded", "cookie"};
    for (size_t i = 0; i < sizeof visible / sizeof visible[0]; i++)
        if (strcmp(visible[i], name) == 0)
            return header(call_of(api), name);
    return NULL;
}

/* The gateway lets through "Grpc-Metadata-X" as x, and tells the client's address by appending it (platform.md 1.6). */
static const char *rest_metadata(const struct api_call *api, const char *name)
{
    const struct rpc_call *call = call_of(api);
    if (strcmp(name, "x-forwarded-for") == 0) {
        const char *forwarded = header(call, name), *peer = call->request->peer;
        if (!*peer)
            return forwarded;
        return forwarded ? arena_printf(api->arena, "%s, %s", forwarded, peer) : peer;
    }
    if (strcmp(name, "x-forwarded-host") == 0) {
        const char *forwarded = header(call, name);
        return forwarded && *forwarded ? forwarded : *call->request->host ? call->request->host : NULL;
    }
    char prefixed[METADATA_NAME_SIZE] = "Grpc-Metadata-";
    size_t prefix = strlen(prefixed), length = strlen(name);
    if (length >= sizeof prefixed - prefix)
        return NULL;
    memcpy(prefixed + prefix, name, length + 1);
    return header(call, prefixed);
}

void rpc_call_init(struct rpc_call *call, const struct rpc_server *server, struct wire_request *request,
                   struct wire_response *response, const struct rpc_method *method, enum rpc_transport transport)
{
    *call = (struct rpc_call){
        .server = server, .request = request, .response = response, .method = method, .transport = transport};
    call->api.arena = request->arena;
    call->api.services = server->options.services;
    call->api.deadline_ns = request->deadline_ns;
    call->api.spools = request->spools;
    call->api.metadata = transport == RPC_REST ? rest_metadata : connect_metadata;
    call->api.metadata_ctx = call;
}

enum status_code rpc_call_authorize(struct rpc_call *call, struct status *status)
{
    const struct rpc_options *options = &call->server->options;
    if (!options->authenticate)
        return STATUS_OK;
    const char *authorization = header(call, "Authorization");
    if (authorization)
        options->authenticate(options->ctx, &call->api, authorization);
    /* "Unauthenticated" would make clients forget who they are, and an anonymous answer would lack what is theirs. */
    if (call->api.caller_unknown)
        return status_set(status, STATUS_UNAVAILABLE, "the credential cannot be checked now");
    if (!api_is_anonymous(&call->api))
        return STATUS_OK;
    unsigned flags = options->flags ? options->flags(options->ctx, call->method) : 0;
    if ((flags & RPC_PUBLIC) && (options->public_instance || (flags & RPC_BOOTSTRAP)))
        return STATUS_OK;
    return status_set(status, STATUS_UNAUTHENTICATED, "authentication required");
}

static enum status_code check_deadline(const struct rpc_call *call, struct status *status)
{
    if (call->api.deadline_ns == 0 || clock_mono_ns() < call->api.deadline_ns)
        return STATUS_OK;
    return status_set(status, STATUS_DEADLINE_EXCEEDED, "context deadline exceeded");
}

enum status_code rpc_call_invoke(struct rpc_call *call, const ProtobufCMessage *request, ProtobufCMessage **out,
                                 struct status *status)
{
    *out = NULL;
    if (!call->method->invoke)
        return status_set(status, STATUS_UNIMPLEMENTED, "%s is not implemented", call->method->procedure + 1);
    if (spool_damaged(call->request->spools)) /* what was decoded is not what was sent */
        return status_set(status, STATUS_INTERNAL, "the upload cannot be read again");
    enum status_code code = check_deadline(call, status);
    if (code == STATUS_OK)
        code = call->method->invoke(&call->api, request, out, status);
    if (code == STATUS_OK)
        code = check_deadline(call, status);
    if (code == STATUS_OK && !*out) {
        log_error("%s succeeded without an answer", call->method->procedure);
        return status_set(status, STATUS_INTERNAL, "internal server error");
    }
    return code;
}

void rpc_call_log(const struct rpc_call *call, enum status_code code, const struct status *status)
{
    bool client = rpc_error_is_client(code);
    enum log_level level = code == STATUS_OK || client ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR;
    if (!log_enabled(level))
        return;
    const char *id = arena_printf(call->request->arena, "%" PRIu64, call->request->id);
    const char *error =
        code == STATUS_OK ? NULL : arena_printf(call->request->arena, "%s: %s", rpc_error_name(code), status->message);
    const struct log_field fields[] = {{"method", call->method->procedure}, {"request", id}, {"error", error}};
    log_write_fields(level, code == STATUS_OK ? "OK" : client ? "client error" : "server error", fields, 3);
}

static enum status_code body_too_large(const struct rpc_call *call, struct status *status)
{
    uint64_t most = call->server->options.max_message_bytes;
    if (call->transport == RPC_REST)
        return status_set(status, STATUS_INVALID_ARGUMENT, "http: request body too large");
    return status_set(status, STATUS_RESOURCE_EXHAUSTED,
                      "read first %" PRIu64 " bytes of message: exceeded %" PRIu64 " byte http.MaxBytesReader limit",
                      most, most);
}

enum status_code rpc_check_body(const struct rpc_call *call, size_t room, struct status *status)
{
    const struct wire_request *request = call->request;
    if (request->body_too_large || request->body_len > call->server->options.max_message_bytes + room)
        return body_too_large(call, status);
    if (request->body_failure)
        return status_set(status, request->body_failure->code, "%s", request->body_failure->message);
    return STATUS_OK;
}

/* Most bytes that a compressed message may expand to. */
static size_t expand_limit(const struct rpc_call *call)
{
    uint64_t most = call->server->options.max_message_bytes;
    bool stranger = call->server->options.authenticate && api_is_anonymous(&call->api);
    if (stranger && most > ANONYMOUS_EXPAND_LIMIT)
        most = ANONYMOUS_EXPAND_LIMIT;
    return most > SIZE_MAX ? SIZE_MAX : (size_t)most;
}

enum status_code rpc_expand(const struct rpc_call *call, const char **data, size_t *length, struct status *status)
{
    bool spooled = rpc_takes_files(call->server, call->method);
    struct spool_sink expanded = spool_sink_in(spooled ? call->request->spools : NULL, call->request->arena);
    switch (gzip_expand(&expanded, *data, *length, expand_limit(call), status)) {
    case GZIP_TOO_LARGE:
        return status_set(status, STATUS_RESOURCE_EXHAUSTED, "message is larger than configured max %zu",
                          expand_limit(call));
    case GZIP_INVALID:
        return status_set(status, STATUS_INVALID_ARGUMENT, "decompress: invalid gzip data");
    case GZIP_FAILED:
        return status->code;
    case GZIP_OK:
        break;
    }
    return spool_sink_finish(&expanded, data, length, status);
}

static void shorten_deadline(struct rpc_call *call, int64_t timeout_ns)
{
    int64_t deadline = call->request->received_ns + timeout_ns;
    if (call->api.deadline_ns == 0 || deadline < call->api.deadline_ns)
        call->api.deadline_ns = deadline;
}

static int64_t digits_value(const char *text, size_t count)
{
    int64_t value = 0;
    for (size_t i = 0; i < count; i++)
        value = value * 10 + (text[i] - '0');
    return value;
}

enum status_code rpc_set_timeout_ms(struct rpc_call *call, const char *text, struct status *status)
{
    if (!text || !*text)
        return STATUS_OK;
    const char *quoted = text_quote(call->request->arena, text);
    size_t digits = strspn(text, "0123456789");
    if (strlen(text) > MAX_TIMEOUT_DIGITS)
        return status_set(status, STATUS_INVALID_ARGUMENT, "parse timeout: %s has >10 digits", quoted);
    if (text[digits])
        return status_set(status, STATUS_INVALID_ARGUMENT,
                          "parse timeout: strconv.ParseInt: parsing %s: invalid syntax", quoted);
    shorten_deadline(call, digits_value(text, digits) * 1000000);
    return STATUS_OK;
}

enum status_code rpc_set_timeout_grpc(struct rpc_call *call, const char *text, struct status *status)
{
    static const struct {
        char unit;
        int64_t ns;
    } units[] = {{'H', 3600000000000}, {'M', 60000000000}, {'S', 1000000000}, {'m', 1000000}, {'u', 1000}, {'n', 1}};
    if (!text || !*text)
        return STATUS_OK;
    size_t digits = strspn(text, "0123456789");
    int64_t unit = 0;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (text[digits] == units[i].unit)
            unit = units[i].ns;
    if (digits == 0 || digits > MAX_GRPC_TIMEOUT_DIGITS || !unit || text[digits + 1])
        return status_set(status, STATUS_INVALID_ARGUMENT, "protocol error: invalid timeout %s",
                          text_quote(call->request->arena, text));
    int64_t value = digits_value(text, digits);
    if (value < INT64_MAX / 4 / unit) /* longer ones are no limit */
        shorten_deadline(call, value * unit);
    return STATUS_OK;
}

const struct wire_request *rpc_wire_request(const struct api_call *api)
{
    return call_of(api)->request;
}

void rpc_add_header(struct api_call *api, const char *name, const char *value)
{
    struct rpc_call *call = (struct rpc_call *)(void *)api;
    if (call->header_count < RPC_MAX_PAIRS)
        call->headers[call->header_count++] = (struct rpc_pair){name, value};
}

void rpc_add_trailer(struct api_call *api, const char *name, const char *value)
{
    struct rpc_call *call = (struct rpc_call *)(void *)api;
    if (call->trailer_count < RPC_MAX_PAIRS)
        call->trailers[call->trailer_count++] = (struct rpc_pair){name, value};
}

void rpc_add_error_detail(struct api_call *api, const char *type, const void *data, size_t length)
{
    struct rpc_call *call = (struct rpc_call *)(void *)api;
    if (call->detail_count < RPC_MAX_DETAILS)
        call->details[call->detail_count++] = (struct rpc_detail){type, data, length};
}
