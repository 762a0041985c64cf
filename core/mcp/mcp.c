/* The transport: HTTP to messages and back. */
#include "mcp/mcp.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/quote.h"
#include "http/cors.h"
#include "http/static_ui.h"
#include "mcp/internal.h"
#include "mcp/versions.h"

enum { SESSION_ID_LENGTH = 26 };

const char *const mcp_versions[] = {"2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"};

bool mcp_version_known(const char *version)
{
    for (size_t i = 0; i < sizeof mcp_versions / sizeof mcp_versions[0]; i++)
        if (strcmp(mcp_versions[i], version) == 0)
            return true;
    return false;
}

enum status_code mcp_create(const struct rpc_server *rpc, const char *instance_url, const char *version,
                            struct mcp **out, struct status *status)
{
    struct mcp *mcp = memory_zalloc(sizeof *mcp);
    mcp->rpc = rpc;
    mcp->origin_url = instance_url;
    mcp->version = version;
    *out = mcp;
    return mcp_load_tools(mcp, status);
}

void mcp_destroy(struct mcp *mcp)
{
    if (!mcp)
        return;
    json_decref(mcp->list);
    free(mcp->tools);
    free(mcp);
}

bool mcp_owns_path(const char *path)
{
    return strcmp(path, "/mcp") == 0;
}

static void refuse(struct wire_response *response, int status, const char *text)
{
    wire_response_text(response, status, "text/plain; charset=utf-8", text);
    buf_add_char(&response->body, '\n');
    wire_response_header(response, "X-Content-Type-Options", "nosniff");
}

/* Whether a list of media types ("a/b;q=1, c/d") has one of the given ones. */
static bool accepts(const char *list, const char *exact, const char *range)
{
    while (list && *list) {
        list += strspn(list, " \t,");
        size_t length = strcspn(list, ";, \t");
        if ((length == strlen(exact) && strncasecmp(list, exact, length) == 0) ||
            (length == strlen(range) && strncasecmp(list, range, length) == 0) ||
            (length == 3 && strncmp(list, "*/*", length) == 0))
            return true;
        list += strcspn(list, ",");
    }
    return false;
}

struct accepted {
    bool json, stream;
};

static bool look_at_accept(void *ctx, const char *name, const char *value)
{
    struct accepted *accepted = ctx;
    if (strcasecmp(name, "Accept") == 0) {
        accepted->json = accepted->json || accepts(value, "application/json", "application/*");
        accepted->stream = accepted->stream || accepts(value, "text/event-stream", "text/*");
    }
    return true;
}

static bool is_json(const char *type)
{
    static const char json[] = "application/json";
    if (!type || strncasecmp(type, json, sizeof json - 1) != 0)
        return false;
    const char *rest = type + sizeof json - 1 + strspn(type + sizeof json - 1, " \t");
    return *rest == '\0' || *rest == ';';
}

/* False if the request goes no further. */
static bool check_method(const struct mcp *mcp, const struct wire_request *request, struct wire_response *response)
{
    const char *origin = request->header(request, "Origin");
    struct cors_policy policy;
    cors_policy_init(&policy, mcp->origin_url);
    if (origin && *origin && !cors_origin_trusted(&policy, origin, request->host)) {
        response->status = 403;
    } else if (strcmp(request->method, "DELETE") == 0) {
        if (request->header(request, "Mcp-Session-Id"))
            response->status = 204; /* there are no sessions to end */
        else
            refuse(response, 400, "Bad Request: DELETE requires an Mcp-Session-Id header");
    } else if (strcmp(request->method, "POST") != 0) {
        refuse(response, 405, "Method Not Allowed");
        wire_response_header(response, "Allow", "POST");
    } else {
        return true;
    }
    return false;
}

static bool check_headers(const struct wire_request *request, struct wire_response *response)
{
    const char *version = request->header(request, "MCP-Protocol-Version");
    struct accepted accepted = {0};
    request->each_header(request, look_at_accept, &accepted);
    if (!accepted.json || !accepted.stream)
        refuse(response, 400, "Accept must contain both 'application/json' and 'text/event-stream'");
    else if (!is_json(request->header(request, "Content-Type")))
        refuse(response, 415, "Content-Type must be 'application/json'");
    else if (version && *version && !mcp_version_known(version))
        refuse(response, 400, "Bad Request: Unsupported protocol version (supported versions: " MCP_VERSIONS_TEXT ")");
    else if (request->body_too_large || request->body_failure)
        refuse(response, 400, "failed to read body");
    else if (request->body_len == 0)
        refuse(response, 400, "POST requires a non-empty body");
    else
        return true;
    return false;
}

/* Nothing of a request is done unless all of its messages can be. */
static bool check_messages(struct arena *arena, const struct mcp_envelope *envelope, struct wire_response *response)
{
    for (size_t i = 0; i < envelope->count; i++) {
        const struct mcp_message *message = &envelope->messages[i];
        const struct mcp_method *method = message->method ? mcp_find_method(message->method) : NULL;
        const char *name = text_quote(arena, message->method ? message->method : "");
        if (message->method && !method)
            refuse(response, 400, arena_printf(arena, "JSON RPC not handled: %s unsupported", name));
        else if (method && mcp_is_notification(method) && message->id.text)
            refuse(response, 400, arena_printf(arena, "invalid request: unexpected id for %s", name));
        else if (method && !mcp_is_notification(method) && !message->id.text)
            refuse(response, 400, arena_printf(arena, "invalid request: missing id for %s", name));
        else
            continue;
        return false;
    }
    return true;
}

/* 130 random bits in base32. */
static const char *new_session_id(struct arena *arena)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    unsigned char bytes[SESSION_ID_LENGTH];
    char *id = arena_alloc(arena, SESSION_ID_LENGTH + 1);
    random_bytes(bytes, sizeof bytes);
    for (size_t i = 0; i < SESSION_ID_LENGTH; i++)
        id[i] = digits[bytes[i] % 32];
    id[SESSION_ID_LENGTH] = '\0';
    return id;
}

static bool wants_answer(const struct mcp_message *message)
{
    return message->method && message->id.text;
}

/* One answer stands alone, even in a batch. */
static void answer_messages(const struct mcp *mcp, const struct wire_request *request,
                            const struct mcp_envelope *envelope, struct wire_response *response)
{
    size_t wanted = 0, given = 0;
    for (size_t i = 0; i < envelope->count; i++)
        wanted += wants_answer(&envelope->messages[i]);
    if (wanted == 0) {
        response->status = 202;
        return;
    }
    wire_response_header(response, "Content-Type", "application/json");
    buf_add_str(&response->body, wanted > 1 ? "[" : "");
    for (size_t i = 0; i < envelope->count; i++) {
        const struct mcp_message *message = &envelope->messages[i];
        if (!wants_answer(message))
            continue;
        buf_add_str(&response->body, given++ ? "," : "");
        mcp_answer(mcp, request, message, &response->body);
        if (wanted == 1 && mcp_is_initialize(mcp_find_method(message->method)))
            wire_response_header(response, "Mcp-Session-Id", new_session_id(request->arena));
    }
    buf_add_str(&response->body, wanted > 1 ? "]" : "");
}

static void replace_header(struct wire_response *response, const char *name, const char *value)
{
    for (unsigned i = 0; i < response->header_count; i++)
        if (strcmp(response->headers[i].name, name) == 0)
            response->headers[i].value = value;
}

void mcp_handle(void *ctx, struct wire_request *request, struct wire_response *response)
{
    const struct mcp *mcp = ctx;
    struct mcp_envelope envelope;
    struct status status = {0};
    static_ui_cache_headers(request->path, response);
    if (!check_method(mcp, request, response) || !check_headers(request, response))
        return;
    if (mcp_read_envelope(request->arena, (struct mcp_text){request->body, request->body_len}, &envelope, &status)) {
        refuse(response, 400, arena_printf(request->arena, "malformed payload: %s", status.message));
        return;
    }
    if (!check_messages(request->arena, &envelope, response))
        return;
    replace_header(response, "Cache-Control", "no-cache, no-transform");
    answer_messages(mcp, request, &envelope, response);
}
