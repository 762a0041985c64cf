/* One call on its way through the layers of rpc/; private to this folder. */
#ifndef MEMORA_RPC_CALL_H
#define MEMORA_RPC_CALL_H

#include "rpc/path_template.h"
#include "rpc/rpc.h"

enum rpc_transport { RPC_CONNECT, RPC_GRPC_WEB, RPC_REST };

struct rpc_pair {
    const char *name, *value;
};

struct rpc_detail {
    const char *type; /* "pkg.Message" */
    const void *data;
    size_t length;
};

/* All of them, and the protocol's own, must fit into struct wire_response. */
enum { RPC_MAX_PAIRS = 8, RPC_MAX_DETAILS = 8 };

struct rpc_call {
    struct api_call api; /* first, so that handlers' calls lead back here */
    const struct rpc_server *server;
    const struct wire_request *request;
    struct wire_response *response;
    const struct rpc_method *method;
    enum rpc_transport transport;
    unsigned header_count, trailer_count, detail_count;
    struct rpc_pair headers[RPC_MAX_PAIRS], trailers[RPC_MAX_PAIRS];
    struct rpc_detail details[RPC_MAX_DETAILS];
};

/* A method with its compiled template. */
struct rpc_route {
    const struct rpc_method *method;
    struct path_template template;
};

enum { RPC_MAX_PREFIXES = 8 };

struct rpc_server {
    struct rpc_options options;
    unsigned prefix_count; /* "/memos.api.v1." */
    struct path_text prefixes[RPC_MAX_PREFIXES];
    struct rpc_route *routes; /* those with a verb first, so that the more special one matches */
    unsigned route_count;
};

const struct rpc_method *rpc_find_procedure(const struct rpc_server *server, const char *path);
/* The method is flagged RPC_FILES. */
bool rpc_takes_files(const struct rpc_server *server, const struct rpc_method *method);

/* What a REST request leads to. */
struct rpc_match {
    enum path_result parsed;
    const struct rpc_route *route; /* NULL: no such method on this path */
    bool other_method;             /* the path exists with another HTTP method */
    struct path_parts parts;
    const char *query; /* with the fields of a form that stands for the query */
    const char *body;  /* "" if the body was such a form */
    size_t body_len;
    struct spool_list *spools; /* where body may lie; NULL: in memory */
    const char *boundary;      /* body is a form with a file; "" if its boundary is not valid. NULL: it is JSON */
};
void rpc_match_request(const struct rpc_server *server, const struct wire_request *request, struct rpc_match *out);

/* ---- interceptors ---- */

void rpc_call_init(struct rpc_call *call, const struct rpc_server *server, struct wire_request *request,
                   struct wire_response *response, const struct rpc_method *method, enum rpc_transport transport);
/* Who calls, and may he? STATUS_UNAUTHENTICATED "authentication required" if not, STATUS_UNAVAILABLE if that cannot be
 * found out. */
enum status_code rpc_call_authorize(struct rpc_call *call, struct status *status);
/* Runs the handler within the deadline; on success *out is never NULL. */
enum status_code rpc_call_invoke(struct rpc_call *call, const ProtobufCMessage *request, ProtobufCMessage **out,
                                 struct status *status);
/* One line per call that came over Connect or gRPC-Web. */
void rpc_call_log(const struct rpc_call *call, enum status_code code, const struct status *status);

/* Whether all of the body came: it had at most the limit and room bytes, and there was room for it. */
enum status_code rpc_check_body(const struct rpc_call *call, size_t room, struct status *status);
/* Replaces a gzip message by what it expands to. */
enum status_code rpc_expand(const struct rpc_call *call, const char **data, size_t *length, struct status *status);
/* Shortens the deadline. Both texts may be NULL. */
enum status_code rpc_set_timeout_ms(struct rpc_call *call, const char *text, struct status *status);
enum status_code rpc_set_timeout_grpc(struct rpc_call *call, const char *text, struct status *status);

/* ---- transports ---- */

enum rpc_codec { RPC_CODEC_PROTO, RPC_CODEC_JSON };

struct rpc_media_type {
    enum rpc_transport transport;
    enum rpc_codec codec;
    bool framed_in_trailers; /* application/grpc: the outcome in header fields, not in a last frame */
    const char *text;        /* canonical spelling, echoed in the answer */
};
/* NULL if the type isn't one of ours. */
const struct rpc_media_type *rpc_media_type(const char *content_type);

enum status_code rpc_decode(struct rpc_call *call, enum rpc_codec codec, const void *data, size_t length,
                            ProtobufCMessage **out, struct status *status);
enum status_code rpc_encode(struct buf *out, enum rpc_codec codec, const ProtobufCMessage *message,
                            struct status *status);

void rpc_connect_handle(struct rpc_call *call, const struct rpc_media_type *type);
void rpc_grpc_handle(struct rpc_call *call, const struct rpc_media_type *type);
void rpc_rest_handle(const struct rpc_server *server, struct wire_request *request, struct wire_response *response);
/* The request message of a REST call; also used to look at it beforehand. */
enum status_code rpc_rest_decode(struct arena *arena, const struct rpc_match *match, ProtobufCMessage **out,
                                 struct status *status);

/* gRPC's "Grpc-Status-Details-Bin" value; NULL without details. */
const char *rpc_grpc_details(const struct rpc_call *call, enum status_code code, const char *message);

#endif
