/* A request without HTTP, and the method table with handlers that only take down what they were called with. */
#ifndef MEMORA_TESTS_RPC_FIXTURE_H
#define MEMORA_TESTS_RPC_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "base/clock.h"
#include "codec/codec.h"
#include "rpc/rpc.h"

enum { MAX_HEADERS = 16, MAX_METHODS = 128, BODY_LIMIT = 268435456 };

struct fixture {
    struct arena *arena;
    struct rpc_server *server;
    struct rpc_method methods[MAX_METHODS];
    struct rpc_options options;

    struct wire_request request;
    struct wire_response response;
    struct wire_header headers[MAX_HEADERS];
    unsigned header_count;

    /* What the handler saw, and what it is to answer. */
    unsigned calls;
    char *seen; /* the request as JSON */
    char *seen_metadata;
    const char *metadata_name;
    struct api_caller caller;
    int64_t deadline_ns;
    enum status_code answer_code;
    const char *answer_text;
    const char *answer_json; /* NULL: an empty message */
    const char *cookie;
    const char *header, *trailer, *detail; /* sent when set */
    int64_t sleep_ns;
};

static struct fixture fx;

static const char *fixture_header(const struct wire_request *request, const char *name)
{
    (void)request;
    for (unsigned i = 0; i < fx.header_count; i++)
        if (strcasecmp(fx.headers[i].name, name) == 0)
            return fx.headers[i].value;
    return NULL;
}

static enum status_code fixture_invoke(struct api_call *call, const ProtobufCMessage *request,
                                       ProtobufCMessage **response, struct status *status)
{
    struct buf json = buf_in(call->arena);
    const struct rpc_method *method = NULL;
    fx.calls++;
    fx.caller = call->caller;
    fx.deadline_ns = call->deadline_ns;
    assert_int_equal(codec_write_json(&json, request, CODEC_JSON_SPARSE, NULL), STATUS_OK);
    fx.seen = arena_strdup(fx.arena, buf_str(&json));
    const char *metadata = fx.metadata_name ? call->metadata(call, fx.metadata_name) : NULL;
    fx.seen_metadata = metadata ? arena_strdup(fx.arena, metadata) : NULL;
    if (fx.cookie)
        call->cookies[call->cookie_count++] = fx.cookie;
    if (fx.header)
        rpc_add_header(call, "X-Test", fx.header);
    if (fx.trailer)
        rpc_add_trailer(call, "x-trail", fx.trailer);
    if (fx.detail)
        rpc_add_error_detail(call, "memora.Detail", fx.detail, strlen(fx.detail));
    if (fx.sleep_ns)
        for (int64_t end = clock_mono_ns() + fx.sleep_ns; clock_mono_ns() < end;)
            ;
    if (fx.answer_code != STATUS_OK)
        return status_set(status, fx.answer_code, "%s", fx.answer_text ? fx.answer_text : "");
    for (unsigned i = 0; i < fx.options.method_count && !method; i++)
        if (fx.methods[i].input == request->descriptor)
            method = &fx.methods[i];
    assert_non_null(method);
    const char *text = fx.answer_json ? fx.answer_json : "{}";
    return codec_read_json(call->arena, method->output, text, strlen(text), NULL, response, status);
}

/* "Bearer alice" is a user; anything else stays anonymous. */
static inline void fixture_authenticate(void *ctx, struct api_call *call, const char *authorization)
{
    (void)ctx;
    if (strcmp(authorization, "Bearer alice") == 0)
        call->caller = (struct api_caller){.user_id = 7, .role = API_ROLE_USER, .username = "alice"};
    call->caller_unknown = strcmp(authorization, "Bearer while-the-database-is-away") == 0;
}

static inline unsigned fixture_flags(void *ctx, const struct rpc_method *method)
{
    (void)ctx;
    if (strstr(method->procedure, "/GetMemo") || strstr(method->procedure, "/ListMemos"))
        return RPC_PUBLIC | RPC_QUICK;
    if (strstr(method->procedure, "/SignIn"))
        return RPC_PUBLIC | RPC_BOOTSTRAP | RPC_CALLS_OUT;
    if (strstr(method->procedure, "GetLinkMetadata"))
        return RPC_CALLS_OUT | RPC_PREVIEWS;
    return 0;
}

static inline int fixture_set_up(void **state)
{
    (void)state;
    fx = (struct fixture){.arena = arena_create()};
    assert_true(rpc_method_count <= MAX_METHODS);
    memcpy(fx.methods, rpc_methods, rpc_method_count * sizeof *rpc_methods);
    for (unsigned i = 0; i < rpc_method_count; i++)
        fx.methods[i].invoke = fixture_invoke;
    fx.options = (struct rpc_options){.methods = fx.methods,
                                      .method_count = rpc_method_count,
                                      .authenticate = fixture_authenticate,
                                      .flags = fixture_flags,
                                      .public_instance = true,
                                      .max_message_bytes = BODY_LIMIT};
    fx.server = rpc_server_create(&fx.options);
    return 0;
}

static inline int fixture_tear_down(void **state)
{
    (void)state;
    rpc_server_destroy(fx.server);
    arena_destroy(fx.arena);
    return 0;
}

/* The server again, with other options. */
static inline void restart(void)
{
    rpc_server_destroy(fx.server);
    fx.server = rpc_server_create(&fx.options);
}

static inline void with_header(const char *name, const char *value)
{
    assert_true(fx.header_count < MAX_HEADERS);
    fx.headers[fx.header_count++] = (struct wire_header){name, value};
}

static inline void without_headers(void)
{
    fx.header_count = 0;
}

static inline struct wire_request *prepare(const char *method, const char *target, const char *body, size_t length)
{
    const char *mark = strchr(target, '?');
    fx.seen = fx.seen_metadata = NULL;
    fx.calls = 0;
    fx.request = (struct wire_request){.arena = fx.arena,
                                       .method = method,
                                       .path = mark ? arena_strndup(fx.arena, target, (size_t)(mark - target)) : target,
                                       .query = mark ? mark + 1 : "",
                                       .peer = "192.0.2.9",
                                       .host = "notes.example",
                                       .body = body,
                                       .body_len = length,
                                       .id = 1,
                                       .received_ns = clock_mono_ns(),
                                       .deadline_ns = clock_mono_ns() + 30000000000,
                                       .header = fixture_header};
    fx.response = (struct wire_response){.status = 200, .body = buf_in(fx.arena)};
    return &fx.request;
}

static inline int send_bytes(const char *method, const char *target, const void *body, size_t length)
{
    prepare(method, target, body, length);
    rpc_handle(fx.server, &fx.request, &fx.response);
    return fx.response.status;
}

static inline int send(const char *method, const char *target, const char *body)
{
    return send_bytes(method, target, body, strlen(body));
}

static inline const char *answer_header(const char *name)
{
    for (unsigned i = 0; i < fx.response.header_count; i++)
        if (strcasecmp(fx.response.headers[i].name, name) == 0)
            return fx.response.headers[i].value;
    return NULL;
}

static inline const char *answer_body(void)
{
    return buf_str(&fx.response.body);
}

#endif
