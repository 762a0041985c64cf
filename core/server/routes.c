/* Which handler serves a path (platform.md 1.1). */
#include "http/avatar.h"
#include "http/files.h"
#include "server/parts.h"

static struct http_route_target site_route(wire_handler handler, const struct server *server, bool quick)
{
    return (struct http_route_target){handler, (void *)&server->site, quick, site_allow_get, HTTP_CHANGING};
}

/* By the method of HTTP, or, where all is POST, by that of the service. */
static enum http_work work_of(const struct server *server, const struct wire_request *request)
{
    static const char *const verbs[] = {"Get", "List", "BatchGet"};
    const char *name = strrchr(request->path, '/');
    if (files_needs_decoding(&server->services, request))
        return HTTP_DECODING;
    bool reading = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
    for (size_t i = 0; name && i < sizeof verbs / sizeof verbs[0]; i++)
        reading |= strncmp(name + 1, verbs[i], strlen(verbs[i])) == 0;
    return reading ? HTTP_READING : HTTP_CHANGING;
}

static struct http_route_target route(void *ctx, const struct wire_request *request)
{
    struct server *server = ctx;
    const char *path = request->path;
    if (strcmp(path, "/healthz") == 0)
        return site_route(site_healthz, server, true);
    if (strcmp(path, "/robots.txt") == 0)
        return site_route(site_robots, server, true);
    if (strcmp(path, "/sitemap.xml") == 0)
        return site_route(site_sitemap, server, false);
    if (files_owns(request))
        return (struct http_route_target){files_handle, &server->services, false, NULL, HTTP_CHANGING};
    if (avatar_owns(request))
        return (struct http_route_target){avatar_handle, &server->services, false, NULL, HTTP_CHANGING};
    if (sse_owns_path(path))
        return (struct http_route_target){sse_handle, &server->sse, false, site_allow_get, HTTP_CHANGING};
    if (rpc_owns_path(server->rpc, path)) {
        bool quick = server->reads_in_place && rpc_is_quick(server->rpc, request);
        static const enum http_work works[] = {[RPC_CALLS_NOBODY] = HTTP_CHANGING,
                                               [RPC_CALLS_OTHERS] = HTTP_CALLING,
                                               [RPC_CALLS_ANYBODY] = HTTP_PREVIEWING};
        enum rpc_calls calls = quick ? RPC_CALLS_NOBODY : rpc_calls_out(server->rpc, request);
        return (struct http_route_target){rpc_handle, server->rpc, quick, NULL, works[calls]};
    }
    if (mcp_owns_path(path))
        return (struct http_route_target){mcp_handle, server->mcp, false, NULL, HTTP_CHANGING};
    if (feed_owns_path(path))
        return (struct http_route_target){feed_handle, &server->feed, false, site_allow_get, HTTP_CHANGING};
    return (struct http_route_target){static_ui_handle, &server->ui, server->reads_in_place || !static_ui_is_page(path),
                                      NULL, HTTP_CHANGING};
}

struct http_route_target server_route(void *ctx, const struct wire_request *request)
{
    struct http_route_target target = route(ctx, request);
    if (target.work == HTTP_CHANGING)
        target.work = work_of(ctx, request);
    return target;
}

enum http_large server_judge_large(void *ctx, struct wire_request *request, size_t *file_at)
{
    const struct server *server = ctx;
    if (!rpc_owns_path(server->rpc, request->path))
        return HTTP_LARGE_TO_MEMORY;
    switch (rpc_judge_large(server->rpc, request, file_at)) {
    case RPC_LARGE_WELCOME:
        return HTTP_LARGE_TO_SPOOL;
    case RPC_LARGE_UNWANTED:
        return HTTP_LARGE_DROPPED;
    default:
        return HTTP_LARGE_TO_MEMORY;
    }
}
