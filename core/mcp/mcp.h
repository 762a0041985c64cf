/* The Model Context Protocol at /mcp (contract platform.md 7; docs/mcp.md): streamable HTTP without sessions and
 * without streams. Tools are methods of our API: a call becomes a request of the REST gateway with the caller's
 * credential, and passes what every request passes. */
#ifndef MEMORA_MCP_MCP_H
#define MEMORA_MCP_MCP_H

#include "base/status.h"
#include "rpc/rpc.h"
#include "wire/exchange.h"

struct mcp;

/* rpc and the texts must outlive it. instance_url: pages of it may call. Thread-safe once made. */
enum status_code mcp_create(const struct rpc_server *rpc, const char *instance_url, const char *version,
                            struct mcp **out, struct status *status);
void mcp_destroy(struct mcp *mcp); /* NULL is fine */

bool mcp_owns_path(const char *path);
/* A wire_handler; ctx is the struct mcp. May wait for the database. */
void mcp_handle(void *mcp, struct wire_request *request, struct wire_response *response);

#endif
