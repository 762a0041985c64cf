/* The methods of the protocol that a client may call or notify us with. */
#include <string.h>

#include "base/quote.h"
#include "codec/json_text.h"
#include "mcp/internal.h"
#include "mcp/versions.h"

struct mcp_method {
    const char *name;
    enum { REQUEST, NOTIFICATION } kind;
    /* Appends "result":... or "error":... */
    void (*answer)(const struct mcp *mcp, const struct wire_request *request, struct mcp_text params, struct buf *out);
};

static void add_error(struct buf *out, enum mcp_error code, const char *text)
{
    buf_printf(out, "\"error\":{\"code\":%d,\"message\":", code);
    json_add_string(out, text, strlen(text));
    buf_add_char(out, '}');
}

static const char *text_param(struct arena *arena, struct mcp_text params, const char *name)
{
    const char *text = mcp_string(arena, mcp_member(arena, params, name));
    return text ? text : "";
}

static void initialize(const struct mcp *mcp, const struct wire_request *request, struct mcp_text params,
                       struct buf *out)
{
    const char *wanted = text_param(request->arena, params, "protocolVersion");
    buf_printf(out,
               "\"result\":{\"capabilities\":{\"logging\":{},\"tools\":{\"listChanged\":true}},"
               "\"protocolVersion\":\"%s\",\"serverInfo\":{\"name\":\"memos\",\"version\":\"%s\"}}",
               mcp_version_known(wanted) ? wanted : mcp_versions[0], mcp->version);
}

static void nothing(const struct mcp *mcp, const struct wire_request *request, struct mcp_text params, struct buf *out)
{
    (void)mcp;
    (void)request;
    (void)params;
    buf_add_str(out, "\"result\":{}");
}

static void list_tools(const struct mcp *mcp, const struct wire_request *request, struct mcp_text params,
                       struct buf *out)
{
    (void)mcp;
    (void)request;
    (void)params;
    buf_add_str(out, "\"result\":");
    buf_add(out, mcp_files[0].text, mcp_files[0].length);
}

static void list_resources(const struct mcp *mcp, const struct wire_request *request, struct mcp_text params,
                           struct buf *out)
{
    (void)mcp;
    (void)request;
    (void)params;
    buf_add_str(out, "\"result\":{\"resources\":[]}");
}

static void list_templates(const struct mcp *mcp, const struct wire_request *request, struct mcp_text params,
                           struct buf *out)
{
    (void)mcp;
    (void)request;
    (void)params;
    buf_add_str(out, "\"result\":{\"resourceTemplates\":[]}");
}

static void list_prompts(const struct mcp *mcp, const struct wire_request *request, struct mcp_text params,
                         struct buf *out)
{
    (void)mcp;
    (void)request;
    (void)params;
    buf_add_str(out, "\"result\":{\"prompts\":[]}");
}

static void no_resource(const struct mcp *mcp, const struct wire_request *request, struct mcp_text params,
                        struct buf *out)
{
    (void)mcp;
    const char *uri = text_quote(request->arena, text_param(request->arena, params, "uri"));
    add_error(out, MCP_RESOURCE_NOT_FOUND, arena_printf(request->arena, "unknown resource %s", uri));
}

static void no_prompt(const struct mcp *mcp, const struct wire_request *request, struct mcp_text params,
                      struct buf *out)
{
    (void)mcp;
    const char *name = text_quote(request->arena, text_param(request->arena, params, "name"));
    add_error(out, MCP_INVALID_PARAMS, arena_printf(request->arena, "unknown prompt %s", name));
}

static void call_tool(const struct mcp *mcp, const struct wire_request *request, struct mcp_text params,
                      struct buf *out)
{
    const char *name = text_param(request->arena, params, "name");
    const struct mcp_tool *tool = mcp_find_tool(mcp, name);
    if (!tool) {
        add_error(out, MCP_INVALID_PARAMS,
                  arena_printf(request->arena, "unknown tool %s", text_quote(request->arena, name)));
        return;
    }
    buf_add_str(out, "\"result\":");
    mcp_call_tool(mcp, request, tool, mcp_member(request->arena, params, "arguments"), out);
}

static const struct mcp_method methods[] = {
    {"initialize", REQUEST, initialize},
    {"ping", REQUEST, nothing},
    {"tools/list", REQUEST, list_tools},
    {"tools/call", REQUEST, call_tool},
    {"resources/list", REQUEST, list_resources},
    {"resources/templates/list", REQUEST, list_templates},
    {"resources/read", REQUEST, no_resource},
    {"prompts/list", REQUEST, list_prompts},
    {"prompts/get", REQUEST, no_prompt},
    {"logging/setLevel", REQUEST, nothing}, /* nothing is ever sent to a client that has no stream */
    {"notifications/initialized", NOTIFICATION, NULL},
    {"notifications/cancelled", NOTIFICATION, NULL},
    {"notifications/progress", NOTIFICATION, NULL},
    {"notifications/roots/list_changed", NOTIFICATION, NULL},
};

const struct mcp_method *mcp_find_method(const char *name)
{
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];
    return NULL;
}

bool mcp_is_notification(const struct mcp_method *method)
{
    return method->kind == NOTIFICATION;
}

bool mcp_is_initialize(const struct mcp_method *method)
{
    return method->answer == initialize;
}

void mcp_answer(const struct mcp *mcp, const struct wire_request *request, const struct mcp_message *message,
                struct buf *out)
{
    buf_add_str(out, "{\"jsonrpc\":\"2.0\",\"id\":");
    buf_add(out, message->id.text, message->id.length);
    buf_add_char(out, ',');
    if (out->len > MCP_ANSWER_MAX)
        add_error(out, MCP_INTERNAL_ERROR, "the answers of the batch are too large");
    else
        mcp_find_method(message->method)->answer(mcp, request, message->params, out);
    buf_add_char(out, '}');
}
