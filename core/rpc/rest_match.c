/* From a REST request to its method (platform.md 1.6, "Routing"). */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "rpc/call.h"
#include "rpc/multipart.h"

enum { MAX_METHOD_LENGTH = 16 };

static bool is_form(const struct wire_request *request)
{
    static const char form[] = "application/x-www-form-urlencoded";
    const char *type = request->header(request, "Content-Type");
    return type && strncasecmp(type, form, sizeof form - 1) == 0 && strchr("; \t", type[sizeof form - 1]);
}

/* The first route of the HTTP method that the path matches; any: of whatever method. */
static const struct rpc_route *find_route(const struct rpc_server *server, const struct path_parts *parts,
                                          const char *http_method)
{
    for (unsigned i = 0; i < server->route_count; i++) {
        const struct rpc_route *route = &server->routes[i];
        if ((!http_method || strcmp(route->method->http_method, http_method) == 0) &&
            path_template_match(&route->template, parts))
            return route;
    }
    return NULL;
}

/* The form in the body stands before the query, and the body is used up. */
static void take_form(const struct wire_request *request, struct rpc_match *out)
{
    const char *form = arena_strndup(request->arena, request->body, request->body_len);
    bool both = *form && *request->query;
    out->query = arena_printf(request->arena, "%s%s%s", form, both ? "&" : "", request->query);
    out->body = "";
    out->body_len = 0;
}

void rpc_match_request(const struct rpc_server *server, const struct wire_request *request, struct rpc_match *out)
{
    *out = (struct rpc_match){
        .query = request->query, .body = request->body, .body_len = request->body_len, .spools = request->spools};
    out->parsed = path_split(request->arena, request->path, &out->parts);
    if (out->parsed != PATH_OK)
        return;
    const char *override = request->header(request, "X-HTTP-Method-Override");
    bool form_post = strcmp(request->method, "POST") == 0 && is_form(request);
    char method[MAX_METHOD_LENGTH] = "";
    if (form_post && override && *override) {
        for (size_t i = 0; override[i] && i + 1 < sizeof method; i++)
            method[i] = (char)toupper((unsigned char) override[i]);
        take_form(request, out);
        form_post = false;
    }
    out->route = find_route(server, &out->parts, *method ? method : request->method);
    if (!out->route && form_post) {
        out->route = find_route(server, &out->parts, "GET");
        if (out->route)
            take_form(request, out);
    }
    if (out->route && form_post && !*out->route->method->http_body && out->body_len)
        take_form(request, out);
    const char *type = request->header(request, "Content-Type");
    if (out->route && rpc_takes_files(server, out->route->method) && multipart_is_form(type)) {
        out->boundary = multipart_boundary(request->arena, type);
        if (!out->boundary)
            out->boundary = "";
    }
    if (!out->route)
        out->other_method = find_route(server, &out->parts, NULL) != NULL;
}
