/* A tool call as a request of the REST gateway, and its answer as the result of the call. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "codec/json_text.h"
#include "mcp/internal.h"

/* What the gateway sees: a request of the same client, with its credential and no other of its headers. */
struct inner {
    struct wire_request request; /* first: it is what header gets */
    const struct wire_request *outer;
};

static const char *inner_header(const struct wire_request *request, const char *name)
{
    const struct wire_request *outer = ((const struct inner *)(const void *)request)->outer;
    if (strcasecmp(name, "Content-Type") == 0)
        return "application/json";
    return strcasecmp(name, "Authorization") == 0 ? outer->header(outer, name) : NULL;
}

static void each_inner_header(const struct wire_request *request,
                              bool (*each)(void *ctx, const char *name, const char *value), void *ctx)
{
    const char *authorization = inner_header(request, "Authorization");
    if (each(ctx, "Content-Type", "application/json") && authorization)
        each(ctx, "Authorization", authorization);
}

/* RFC 3986, section 2.3. */
static void add_encoded(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (isalnum((unsigned char)*text) || strchr("-._~", *text))
            buf_add_char(out, *text);
        else
            buf_printf(out, "%%%02X", (unsigned)(unsigned char)*text);
    }
}

/* "memos/abc" is abc where the names before the id are the same; else it stays as it is, and is not found. */
static const char *id_of(const char *value, struct buf *names)
{
    if (strncmp(value, buf_str(names), names->len) != 0)
        return value;
    const char *id = value + names->len;
    return *id && !strchr(id, '/') ? id : value;
}

static const char *fill_path(struct arena *arena, const struct mcp_tool *tool, const struct mcp_arguments *arguments)
{
    static const char root[] = "/api/v1/";
    struct buf path = buf_in(arena), names = buf_in(arena); /* names: what the ids are of, "memos/abc/reactions/" */
    buf_add_str(&path, root);
    for (const char *at = tool->path + sizeof root - 1; *at;) {
        if (*at != '{') {
            buf_add_char(&path, *at);
            buf_add_char(&names, *at++);
            continue;
        }
        size_t length = strcspn(at, "}") - 1;
        const struct mcp_argument *argument = mcp_find_argument(arguments, at + 1, length);
        const char *value = argument ? mcp_string(arena, argument->value) : NULL;
        const char *id = id_of(value ? value : "", &names);
        add_encoded(&path, id);
        buf_add_str(&names, id);
        at += length + 2;
    }
    return buf_str(&path);
}

static bool is_in_path(const struct mcp_tool *tool, const char *name)
{
    size_t length = strlen(name);
    for (const char *brace = strchr(tool->path, '{'); brace; brace = strchr(brace + 1, '{'))
        if (strncmp(brace + 1, name, length) == 0 && brace[length + 1] == '}')
            return true;
    return false;
}

static const char *fill_query(struct arena *arena, const struct mcp_tool *tool, const struct mcp_arguments *arguments)
{
    struct buf query = buf_in(arena);
    for (size_t i = 0; i < arguments->count; i++) {
        const struct mcp_argument *argument = &arguments->list[i];
        if (mcp_is_null(argument->value) || strcmp(argument->name, "body") == 0 || is_in_path(tool, argument->name))
            continue;
        const char *text = mcp_string(arena, argument->value);
        buf_printf(&query, "%s%s=", query.len ? "&" : "", argument->name);
        add_encoded(&query, text ? text : arena_strndup(arena, argument->value.text, argument->value.length));
    }
    return buf_str(&query);
}

static void add_text_content(struct buf *out, const char *text, size_t length)
{
    buf_add_str(out, "{\"content\":[{\"type\":\"text\",\"text\":");
    json_add_string(out, text, length);
    buf_add_str(out, "}]");
}

static void add_failure(struct buf *out, const char *text)
{
    add_text_content(out, text, strlen(text));
    buf_add_str(out, ",\"isError\":true}");
}

static const char *reason_of(int http_status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {{400, "Bad Request"},
                   {401, "Unauthorized"},
                   {403, "Forbidden"},
                   {404, "Not Found"},
                   {409, "Conflict"},
                   {429, "Too Many Requests"},
                   {499, "Client Closed Request"},
                   {501, "Not Implemented"},
                   {503, "Service Unavailable"},
                   {504, "Gateway Timeout"}};
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].status == http_status)
            return reasons[i].reason;
    return "Internal Server Error";
}

static void add_refusal(struct arena *arena, const struct wire_response *response, struct buf *out)
{
    struct mcp_text body = {response->body.data, response->body.len};
    const char *text = mcp_string(arena, mcp_member(arena, body, "message"));
    add_failure(out, arena_printf(arena, "%d %s: %s", response->status, reason_of(response->status), text ? text : ""));
}

static void add_success(struct arena *arena, const struct wire_response *response, struct buf *out)
{
    struct buf sorted = buf_in(arena);
    struct mcp_text body = {response->body.data, response->body.len};
    if (body.length == 0 || strncmp(body.text, "null", body.length) == 0)
        buf_add_str(&sorted, "{\"ok\":true}");
    else if (!mcp_add_sorted(arena, &sorted, body)) {
        add_failure(out, "500 Internal Server Error: the answer has too many values");
        return;
    }
    add_text_content(out, sorted.data, sorted.len);
    buf_add_str(out, ",\"structuredContent\":");
    buf_add(out, sorted.data, sorted.len);
    buf_add_char(out, '}');
}

void mcp_call_tool(const struct mcp *mcp, const struct wire_request *request, const struct mcp_tool *tool,
                   struct mcp_text json, struct buf *out)
{
    struct arena *arena = request->arena;
    struct status status = {0};
    struct mcp_arguments arguments;
    if (mcp_read_arguments(arena, tool, json, &arguments, &status)) {
        add_failure(out, status.message);
        return;
    }
    const struct mcp_argument *body = mcp_find_argument(&arguments, "body", strlen("body"));
    struct inner inner = {.request = *request, .outer = request};
    inner.request.method = tool->method;
    inner.request.path = fill_path(arena, tool, &arguments);
    inner.request.query = fill_query(arena, tool, &arguments);
    inner.request.body = body ? body->value.text : "";
    inner.request.body_len = body ? body->value.length : 0;
    inner.request.header = inner_header;
    inner.request.each_header = each_inner_header;
    struct wire_response response = {.status = 200, .body = buf_in(arena)};
    rpc_handle((void *)mcp->rpc, &inner.request, &response);
    if (response.status == 200)
        add_success(arena, &response, out);
    else
        add_refusal(arena, &response, out);
}
