/* Status codes as the transports name them (platform.md 1.5 and 1.6). */
#ifndef MEMORA_RPC_ERROR_H
#define MEMORA_RPC_ERROR_H

#include <stdbool.h>

#include "base/status.h"

/* "invalid_argument"; "unknown" for numbers that are no code. */
const char *rpc_error_name(enum status_code code);
int rpc_error_http_status(enum status_code code);
/* The client's own fault, which the log tells apart from ours. */
bool rpc_error_is_client(enum status_code code);

#endif
