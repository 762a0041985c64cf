#include "rpc/error.h"

#include <stdbool.h>

static const struct {
    const char *name;
    int http_status;
    bool client;
} codes[] = {
    [STATUS_OK] = {"ok", 200, false},
    [STATUS_CANCELLED] = {"canceled", 499, true},
    [STATUS_UNKNOWN] = {"unknown", 500, false},
    [STATUS_INVALID_ARGUMENT] = {"invalid_argument", 400, true},
    [STATUS_DEADLINE_EXCEEDED] = {"deadline_exceeded", 504, false},
    [STATUS_NOT_FOUND] = {"not_found", 404, true},
    [STATUS_ALREADY_EXISTS] = {"already_exists", 409, true},
    [STATUS_PERMISSION_DENIED] = {"permission_denied", 403, true},
    [STATUS_RESOURCE_EXHAUSTED] = {"resource_exhausted", 429, true},
    [STATUS_FAILED_PRECONDITION] = {"failed_precondition", 400, true},
    [STATUS_ABORTED] = {"aborted", 409, true},
    [STATUS_OUT_OF_RANGE] = {"out_of_range", 400, true},
    [STATUS_UNIMPLEMENTED] = {"unimplemented", 501, false},
    [STATUS_INTERNAL] = {"internal", 500, false},
    [STATUS_UNAVAILABLE] = {"unavailable", 503, false},
    [STATUS_DATA_LOSS] = {"data_loss", 500, false},
    [STATUS_UNAUTHENTICATED] = {"unauthenticated", 401, true},
};

static unsigned index_of(enum status_code code)
{
    return (unsigned)code < sizeof codes / sizeof codes[0] ? (unsigned)code : STATUS_UNKNOWN;
}

const char *rpc_error_name(enum status_code code)
{
    return codes[index_of(code)].name;
}

int rpc_error_http_status(enum status_code code)
{
    return codes[index_of(code)].http_status;
}

bool rpc_error_is_client(enum status_code code)
{
    return codes[index_of(code)].client;
}
