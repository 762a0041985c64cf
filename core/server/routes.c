/* Which handler serves a path (platform.md 1.1). */
#include "http/avatar.h"
#include "http/files.h"
#include "http/static_ui.h"
#include "server/parts.h"

static struct http_route_target site_route(wire_handler handler, const struct server *server, bool quick)
{
    return (struct http_route_target){handler, (void *)&server->site, quick, site_allow_get};
}

struct http_route_target server_route(void *ctx, const struct wire_request *request)
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
        return (struct http_route_target){files_handle, &server->services, false, NULL};
    if (avatar_owns(request))
        return (struct http_route_target){avatar_handle, &server->services, false, NULL};
    if (sse_owns_path(path))
        return (struct http_route_target){sse_handle, &server->sse, false, site_allow_get};
    if (rpc_owns_path(server->rpc, path))
        return (struct http_route_target){rpc_handle, server->rpc,
                                          server->reads_in_place && rpc_is_quick(server->rpc, request), NULL};
    if (feed_owns_path(path))
        return (struct http_route_target){feed_handle, &server->feed, false, site_allow_get};
    return (struct http_route_target){static_ui_handle, (void *)server->config->ui_dir, true, NULL};
}
