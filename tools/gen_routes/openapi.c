#include "openapi.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

typedef Google__Protobuf__FieldDescriptorProto Field;

struct operation {
    const struct method *method;
    const char *path;      /* "/api/v1/users/{user}/settings/{setting}" */
    struct buf parameters; /* those of the path, each followed by a comma */
    const struct type *input;
};

/* "memos" to memo, "linkedIdentities" to linkedIdentity: what one of them is called. */
static void add_singular(struct buf *out, const char *text, size_t length)
{
    bool ies = length > 3 && memcmp(text + length - 3, "ies", 3) == 0;
    bool s = length > 1 && text[length - 1] == 's';
    buf_add(out, text, length - (ies ? 3 : s ? 1 : 0));
    if (ies)
        buf_add_char(out, 'y');
}

static void add_path_parameter(struct operation *operation, const struct buf *name)
{
    buf_printf(&operation->parameters,
               "{\"name\":\"%.*s\",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":\"string\"}},",
               (int)name->len, name->data);
}

/* "users/" and a star: the star becomes {user}. */
static void add_pattern(struct operation *operation, struct buf *path, const char *pattern, const char *end)
{
    const char *before = pattern, *before_end = pattern;
    while (pattern < end) {
        const char *slash = memchr(pattern, '/', (size_t)(end - pattern));
        const char *part_end = slash ? slash : end;
        if (*pattern == '*') {
            struct buf name = buf_in(path->arena);
            add_singular(&name, before, (size_t)(before_end - before));
            buf_printf(path, "{%.*s}", (int)name.len, name.data);
            add_path_parameter(operation, &name);
        } else {
            buf_add(path, pattern, (size_t)(part_end - pattern));
            before = pattern;
            before_end = part_end;
        }
        if (slash)
            buf_add_char(path, '/');
        pattern = part_end + 1;
    }
}

static void convert_path(struct arena *arena, struct operation *operation)
{
    struct buf path = buf_in(arena);
    const char *at = operation->method->http_template;
    while (*at) {
        if (*at != '{') {
            buf_add_char(&path, *at++);
            continue;
        }
        const char *end = strchr(at, '}'), *equals = memchr(at, '=', (size_t)(end - at));
        if (equals) {
            add_pattern(operation, &path, equals + 1, end);
        } else {
            struct buf name = buf_in(arena), quoted = buf_in(arena);
            openapi_add_name(&quoted, arena_strndup(arena, at + 1, (size_t)(end - at) - 1));
            buf_add(&name, quoted.data + 1, quoted.len - 2);
            buf_printf(&path, "{%.*s}", (int)name.len, name.data);
            add_path_parameter(operation, &name);
        }
        at = end + 1;
    }
    operation->path = buf_str(&path);
}

const char *openapi_path(struct arena *arena, const struct method *method)
{
    struct operation operation = {.method = method, .parameters = buf_in(arena)};
    convert_path(arena, &operation);
    return operation.path;
}

bool openapi_is_bound(const struct method *method, const char *field)
{
    size_t length = strlen(field);
    for (const char *brace = strchr(method->http_template, '{'); brace; brace = strchr(brace + 1, '{'))
        if (strncmp(brace + 1, field, length) == 0 && (brace[length + 1] == '=' || brace[length + 1] == '}'))
            return true;
    return strcmp(method->http_body, field) == 0;
}

static void add_query_parameters(struct buf *out, struct types *types, const struct operation *operation)
{
    const struct type *input = operation->input;
    if (strcmp(operation->method->http_body, "*") == 0)
        return;
    for (size_t i = 0; input && input->message && i < input->message->n_field; i++) {
        const Field *field = input->message->field[i];
        if (openapi_is_bound(operation->method, field->name) || !openapi_fits_query(field))
            continue;
        buf_add_str(out, "{\"name\":");
        openapi_add_name(out, field->name);
        buf_add_str(out, ",\"in\":\"query\",\"schema\":");
        openapi_add_field_schema(out, types, field);
        buf_add_str(out, "},");
    }
}

static void add_body(struct buf *out, struct types *types, const struct operation *operation)
{
    const char *body = operation->method->http_body;
    const Field *field = type_field(operation->input, body, strlen(body));
    if (!*body)
        return;
    buf_add_str(out, ",\"requestBody\":{\"content\":{\"application/json\":{\"schema\":");
    openapi_add_type(out, types, field ? field->type_name : operation->method->input_type);
    buf_add_str(out, "}}}");
}

static void add_lower(struct buf *out, const char *text)
{
    for (; *text; text++)
        buf_add_char(out, (char)tolower((unsigned char)*text));
}

static void add_operation(struct buf *out, struct types *types, const struct operation *operation)
{
    const struct method *method = operation->method;
    /* "/pkg.Service/Method" */
    const char *slash = strrchr(method->procedure, '/'), *dot = slash;
    while (dot[-1] != '.' && dot[-1] != '/')
        dot--;
    struct buf parameters = operation->parameters;
    add_query_parameters(&parameters, types, operation);
    buf_add_char(out, '"');
    add_lower(out, method->http_method);
    buf_printf(out, "\":{\"operationId\":\"%.*s_%s\",\"tags\":[\"%.*s\"]", (int)(slash - dot), dot, slash + 1,
               (int)(slash - dot), dot);
    if (parameters.len)
        buf_printf(out, ",\"parameters\":[%.*s]", (int)parameters.len - 1, parameters.data);
    add_body(out, types, operation);
    buf_add_str(out, ",\"responses\":{\"200\":{\"description\":\"OK\",\"content\":{\"application/json\":{\"schema\":");
    openapi_add_type(out, types, method->output_type);
    buf_add_str(out, "}}},\"default\":{\"$ref\":\"#/components/responses/Error\"}}}");
}

static int compare_operations(const void *a, const void *b)
{
    const struct operation *left = a, *right = b;
    int order = strcmp(left->path, right->path);
    return order ? order : strcmp(left->method->http_method, right->method->http_method);
}

static size_t collect(struct arena *arena, const struct model *model, struct types *types, struct operation *operations)
{
    size_t count = 0;
    for (size_t i = 0; i < model->method_count; i++) {
        if (!model->methods[i].http_template)
            continue;
        struct operation *operation = &operations[count++];
        *operation = (struct operation){.method = &model->methods[i],
                                        .parameters = buf_in(arena),
                                        .input = types_find(types, model->methods[i].input_type)};
        convert_path(arena, operation);
    }
    qsort(operations, count, sizeof *operations, compare_operations);
    return count;
}

void emit_openapi(struct buf *out, const struct model *model, struct types *types)
{
    struct operation *operations = ARENA_ARRAY(out->arena, struct operation, model->method_count);
    size_t count = collect(out->arena, model, types, operations);
    buf_add_str(out, "{\"openapi\":\"3.1.0\",\n\"info\":{\"title\":\"Memora\",\"version\":\"v1\"},\n"
                     "\"security\":[{},{\"bearer\":[]}],\n\"paths\":{");
    for (size_t i = 0; i < count; i++) {
        bool same = i > 0 && strcmp(operations[i].path, operations[i - 1].path) == 0;
        if (same)
            buf_add_str(out, ",\n");
        else
            buf_printf(out, "%s\n\"%s\":{", i ? "}," : "", operations[i].path);
        add_operation(out, types, &operations[i]);
    }
    buf_add_str(out, count ? "}" : "");
    buf_add_str(out,
                "},\n\"components\":{\n\"securitySchemes\":{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\"}},\n"
                "\"responses\":{\"Error\":{\"description\":\"Anything but 200\",\"content\":{\"application/json\":"
                "{\"schema\":{\"type\":\"object\",\"properties\":{\"code\":{\"type\":\"integer\"},\"message\":"
                "{\"type\":\"string\"},\"details\":{\"type\":\"array\",\"items\":{}}}}}}}},\n\"schemas\":{");
    openapi_add_schemas(out, types);
    buf_add_str(out, "}}}\n");
}
