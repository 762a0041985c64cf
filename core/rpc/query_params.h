/* Query parameters of the REST gateway into request messages (platform.md 1.6). */
#ifndef MEMORA_RPC_QUERY_PARAMS_H
#define MEMORA_RPC_QUERY_PARAMS_H

#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"
#include "base/status.h"
#include "rpc/path_template.h"

enum {
    QUERY_MAX_PARAMETERS = 1000,
    QUERY_MAX_DEPTH = 32 /* dots in a name */
};

/* Names that the query must not set: those bound by the path, and the body's field. */
struct query_filter {
    unsigned count;
    struct path_text fields[PATH_MAX_VARIABLES + 1];
};

/* Sets fields of the message from "a=1&b.c=2" (percent-encoded). Unknown names are ignored. Errors are
 * STATUS_INVALID_ARGUMENT with the gateway's text. */
enum status_code query_apply(struct arena *arena, ProtobufCMessage *message, const char *query,
                             const struct query_filter *filter, struct status *status);

/* Sets one field by its dotted path, as path variables do. */
enum status_code query_set_path(struct arena *arena, ProtobufCMessage *message, const struct path_text *path,
                                const char *value, struct status *status);

#endif
