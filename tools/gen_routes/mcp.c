#include "mcp.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "openapi.h"

enum effect {
    READS,
    ADDS,                /* or sets what can be set again */
    REPLACES,            /* what was there before is lost */
    REPLACES_IDEMPOTENT, /* likewise, and twice is as once */
    DELETES
};

/* What clients of the protocol may do; not the accounts, settings and shares that the other methods are for. */
static const struct tool {
    const char *procedure;
    enum effect effect;
    bool partial;                /* the body may have any of its members, but one at least */
    const char *required, *skip; /* of the body, in place of what the .proto file says; without the braces */
} tools[] = {
    {"/memos.api.v1.AttachmentService/CreateAttachment", ADDS, false, NULL, ""},
    {"/memos.api.v1.AttachmentService/DeleteAttachment", DELETES, false, NULL, ""},
    {"/memos.api.v1.AttachmentService/GetAttachment", READS, false, NULL, ""},
    {"/memos.api.v1.AttachmentService/ListAttachments", READS, false, NULL, ""},
    {"/memos.api.v1.AuthService/GetCurrentUser", READS, false, NULL, ""},
    /* State and visibility of a memo have defaults. */
    {"/memos.api.v1.MemoService/CreateMemo", ADDS, false, "\"content\"", ""},
    {"/memos.api.v1.MemoService/CreateMemoComment", ADDS, false, "\"content\"", ""},
    {"/memos.api.v1.MemoService/DeleteMemo", DELETES, false, NULL, ""},
    {"/memos.api.v1.MemoService/DeleteMemoReaction", DELETES, false, NULL, ""},
    {"/memos.api.v1.MemoService/GetMemo", READS, false, NULL, ""},
    {"/memos.api.v1.MemoService/ListMemoAttachments", READS, false, NULL, ""},
    {"/memos.api.v1.MemoService/ListMemoComments", READS, false, NULL, ""},
    {"/memos.api.v1.MemoService/ListMemoReactions", READS, false, NULL, ""},
    {"/memos.api.v1.MemoService/ListMemoRelations", READS, false, NULL, ""},
    {"/memos.api.v1.MemoService/ListMemos", READS, false, NULL, ""},
    {"/memos.api.v1.MemoService/SetMemoAttachments", REPLACES_IDEMPOTENT, false, NULL, "name"},
    {"/memos.api.v1.MemoService/SetMemoRelations", REPLACES_IDEMPOTENT, false, NULL, "name"},
    {"/memos.api.v1.MemoService/UpdateMemo", REPLACES, true, NULL, "name"},
    {"/memos.api.v1.MemoService/UpsertMemoReaction", ADDS, false, NULL, "name"},
    {"/memos.api.v1.ShortcutService/ListShortcuts", READS, false, NULL, ""},
};
enum { TOOL_COUNT = sizeof tools / sizeof tools[0] };

static const struct method *find_method(const struct model *model, const char *procedure)
{
    for (size_t i = 0; i < model->method_count; i++)
        if (strcmp(model->methods[i].procedure, procedure) == 0)
            return &model->methods[i];
    return NULL;
}

/* "memo_list_memo_comments": the service without "Service", and the method. */
static const char *tool_name(struct arena *arena, const struct method *method)
{
    const char *slash = strrchr(method->procedure, '/'),
               *dot = memrchr(method->procedure, '.', (size_t)(slash - method->procedure));
    size_t length = (size_t)(slash - dot) - 1 - strlen("Service");
    const char *service = arena_strndup(arena, dot + 1, length);
    return arena_printf(arena, "%s_%s", name_snake(arena, service), name_snake(arena, slash + 1));
}

static const char *operation_id(struct arena *arena, const struct method *method)
{
    char *id = arena_strdup(arena, strrchr(method->procedure, '.') + 1);
    *strchr(id, '/') = '_';
    return id;
}

static const char *title_of(struct arena *arena, const char *name)
{
    char *title = arena_strdup(arena, name);
    for (char *at = title; *at; at++) {
        if (at == title || at[-1] == ' ')
            *at = (char)toupper((unsigned char)*at);
        if (*at == '_')
            *at = ' ';
    }
    return title;
}

static void add_body(struct buf *out, const struct mcp_schema *schema, const struct tool *tool,
                     const struct method *method)
{
    const struct type *input = types_find(schema->types, method->input_type);
    const Google__Protobuf__FieldDescriptorProto *field =
        type_field(input, method->http_body, strlen(method->http_body));
    const struct type *body = field ? types_find(schema->types, field->type_name) : input;
    struct buf required = buf_in(out->arena);
    buf_add_str(out, "\"body\":{\"type\":\"object\",\"properties\":{");
    mcp_add_properties(out, schema, body, tool->skip);
    buf_add_char(out, '}');
    if (tool->partial)
        buf_add_str(out, ",\"minProperties\":1");
    else if (tool->required)
        buf_printf(out, ",\"required\":[%s]", tool->required);
    else if (mcp_add_required(&required, body, tool->skip))
        buf_printf(out, ",%.*s", (int)required.len, required.data);
    buf_add_char(out, '}');
}

static void add_input(struct buf *out, struct types *types, const struct tool *tool, const struct method *method,
                      const char *path)
{
    const struct mcp_schema schema = {types, false};
    const struct type *input = types_find(types, method->input_type);
    struct buf required = buf_in(out->arena);
    const char *separator = "";
    buf_add_str(out, ",\"inputSchema\":{\"type\":\"object\",\"properties\":{");
    for (const char *brace = strchr(path, '{'); brace; brace = strchr(brace + 1, '{')) {
        int length = (int)(strchr(brace, '}') - brace) - 1;
        buf_printf(out, "%s\"%.*s\":{\"type\":\"string\",\"description\":\"Id, or full resource name.\"}", separator,
                   length, brace + 1);
        buf_printf(&required, "%s\"%.*s\"", separator, length, brace + 1);
        separator = ",";
    }
    for (size_t i = 0; i < input->message->n_field && strcmp(method->http_body, "*") != 0; i++) {
        const Google__Protobuf__FieldDescriptorProto *field = input->message->field[i];
        if (openapi_is_bound(method, field->name) || !openapi_fits_query(field))
            continue;
        buf_add_str(out, separator);
        openapi_add_name(out, field->name);
        buf_add_char(out, ':');
        mcp_add_field(out, &schema, field);
        separator = ",";
    }
    if (*method->http_body) {
        buf_add_str(out, separator);
        add_body(out, &schema, tool, method);
        buf_add_str(&required, required.len ? ",\"body\"" : "\"body\"");
    }
    buf_add_char(out, '}');
    if (required.len)
        buf_printf(out, ",\"required\":[%.*s]", (int)required.len, required.data);
    buf_add_str(out, ",\"additionalProperties\":false");
    mcp_add_definitions(out, &schema);
    buf_add_char(out, '}');
}

static void add_output(struct buf *out, struct types *types, const struct method *method)
{
    const struct mcp_schema schema = {types, true};
    const struct type *output = types_find(types, method->output_type);
    buf_add_str(out, ",\"outputSchema\":{\"type\":\"object\",\"properties\":{");
    if (output->message->n_field == 0)
        buf_add_str(out, "\"ok\":{\"type\":\"boolean\"}");
    mcp_add_properties(out, &schema, output, "");
    buf_add_char(out, '}');
    mcp_add_definitions(out, &schema);
    buf_add_char(out, '}');
}

static void add_annotations(struct buf *out, const struct tool *tool, const char *title)
{
    static const char *const hints[] = {
        [READS] = "\"readOnlyHint\":true,\"idempotentHint\":true,\"destructiveHint\":false",
        [ADDS] = "\"destructiveHint\":false",
        [REPLACES] = "\"destructiveHint\":true",
        [REPLACES_IDEMPOTENT] = "\"destructiveHint\":true,\"idempotentHint\":true",
        [DELETES] = "\"destructiveHint\":true,\"idempotentHint\":true",
    };
    buf_printf(out, ",\"annotations\":{\"title\":\"%s\",%s,\"openWorldHint\":false}", title, hints[tool->effect]);
}

static const char *add_tool(struct buf *out, const struct model *model, struct types *types, const struct tool *tool)
{
    struct arena *arena = out->arena;
    const struct method *method = find_method(model, tool->procedure);
    if (!method || !method->http_template || !method->comment)
        return arena_printf(arena, "%s is a tool of MCP: it needs an HTTP binding and a comment", tool->procedure);
    const char *name = tool_name(arena, method), *title = title_of(arena, name);
    const char *path = openapi_path(arena, method);
    buf_printf(out, "{\"name\":\"%s\",\"title\":\"%s\",\"description\":", name, title);
    mcp_add_text(out, method->comment);
    add_input(out, types, tool, method, path);
    add_output(out, types, method);
    add_annotations(out, tool, title);
    buf_printf(out, ",\"_meta\":{\"operationId\":\"%s\",\"method\":\"%s\",\"path\":\"%s\"}}",
               operation_id(arena, method), method->http_method, path);
    return NULL;
}

/* By name, as the table above is. */
const char *emit_mcp(struct buf *out, const struct model *model, struct types *types)
{
    buf_add_str(out, "{\"tools\":[\n");
    for (size_t i = 0; i < types->count; i++)
        types->list[i].used = false;
    for (size_t i = 0; i < TOOL_COUNT; i++) {
        const char *fault = add_tool(out, model, types, &tools[i]);
        if (fault)
            return fault;
        buf_add_str(out, i + 1 < TOOL_COUNT ? ",\n" : "\n");
    }
    buf_add_str(out, "]}\n");
    return NULL;
}
