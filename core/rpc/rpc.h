/* One codec, three transports: Connect (JSON, binary), gRPC-Web and REST for every method of the generated table. */
#ifndef MEMORA_RPC_RPC_H
#define MEMORA_RPC_RPC_H

#include <protobuf-c/protobuf-c.h>

#include "api/call.h"
#include "wire/exchange.h"

/* Calls the typed handler; generated. */
typedef enum status_code (*rpc_invoke_fn)(struct api_call *call, const ProtobufCMessage *request,
                                          ProtobufCMessage **response, struct status *status);

struct rpc_method {
    const char *procedure; /* "/memos.api.v1.MemoService/GetMemo" */
    const ProtobufCMessageDescriptor *input, *output;
    rpc_invoke_fn invoke;                                /* NULL: not implemented */
    const char *http_method, *http_template, *http_body; /* NULL without a binding; body "" / "*" / field */
};

/* Generated from the .proto files; ordered by procedure. */
extern const struct rpc_method rpc_methods[];
extern const unsigned rpc_method_count;

struct rpc_server;

/* Decides who calls; fills call->caller from the Authorization header. A bad credential leaves it anonymous. */
typedef void (*rpc_authenticate_fn)(void *ctx, struct api_call *call, const char *authorization);
/* rpc_method_flags of a method (auth/permission.c holds the table). */
typedef unsigned (*rpc_flags_fn)(void *ctx, const struct rpc_method *method);

struct rpc_options {
    const struct rpc_method *methods;
    unsigned method_count;
    const struct api_services *services; /* may be NULL for other services than ours */
    rpc_authenticate_fn authenticate;    /* NULL: everyone is anonymous and everything is allowed */
    rpc_flags_fn flags;
    void *ctx;
    bool public_instance;
    uint64_t max_message_bytes;
};

struct rpc_server *rpc_server_create(const struct rpc_options *options);
void rpc_server_destroy(struct rpc_server *server);

/* True if the path belongs to Connect/gRPC-Web ("/memos.api.v1." style) or to REST ("/api/v1/", "/file/"). */
bool rpc_owns_path(const struct rpc_server *server, const char *path);
/* True if the exchange may be handled on the HTTP thread (flag RPC_QUICK and no costly argument). */
bool rpc_is_quick(const struct rpc_server *server, const struct wire_request *request);
/* Whether its method waits for other servers (flag RPC_CALLS_OUT), and whether its callers name them (RPC_PREVIEWS). */
enum rpc_calls { RPC_CALLS_NOBODY, RPC_CALLS_OTHERS, RPC_CALLS_ANYBODY };
enum rpc_calls rpc_calls_out(const struct rpc_server *server, const struct wire_request *request);
/* What is to become of a request whose body turns out to be large; by its headers, and by who calls. May wait for the
 * database. */
enum rpc_large {
    RPC_LARGE_ORDINARY, /* nothing special */
    RPC_LARGE_WELCOME,  /* it is a file */
    RPC_LARGE_UNWANTED  /* it would be a file, but the caller may not make the call, which rpc_handle will say */
};
/* The first of its bytes are there. *file_at becomes where among them the bytes of the file begin, as far as that can
 * be seen; 0: unknown, or they come in another form. */
enum rpc_large rpc_judge_large(const struct rpc_server *server, struct wire_request *request, size_t *file_at);
/* A wire_handler; ctx is the struct rpc_server. */
void rpc_handle(void *server, struct wire_request *request, struct wire_response *response);

/* For handlers of services that need more than the API's do. Texts and data are borrowed until the answer is sent;
 * what exceeds the (small) room for them is dropped. Headers and trailers reach Connect and gRPC-Web only. */
const struct wire_request *rpc_wire_request(const struct api_call *call);
void rpc_add_header(struct api_call *call, const char *name, const char *value);
void rpc_add_trailer(struct api_call *call, const char *name, const char *value);
/* A packed message that explains an error; type is its full name. */
void rpc_add_error_detail(struct api_call *call, const char *type, const void *data, size_t length);

#endif
