/* The versions of the protocol that are spoken, newest first. */
#ifndef MEMORA_MCP_VERSIONS_H
#define MEMORA_MCP_VERSIONS_H

#include <stdbool.h>

#define MCP_VERSIONS_TEXT "2025-11-25,2025-06-18,2025-03-26,2024-11-05"
extern const char *const mcp_versions[];
bool mcp_version_known(const char *version);

#endif
