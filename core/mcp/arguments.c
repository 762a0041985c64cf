#include "base/quote.h"
#include "mcp/internal.h"

struct reading {
    struct arena *arena;
    struct mcp_arguments *out;
    const char *unknown; /* the first one */
};

static bool read_argument(void *ctx, struct json_reader *reader, const struct json_string *key)
{
    struct reading *reading = ctx;
    struct mcp_text other, *value = &other;
    for (size_t i = 0; i < reading->out->count; i++)
        if (mcp_is_named(key, reading->out->list[i].name))
            value = &reading->out->list[i].value;
    if (value == &other && !reading->unknown)
        reading->unknown = arena_strndup(reading->arena, key->text, key->length);
    return mcp_read_value(reader, value);
}

/* "body.content": the first required member that an object lacks, or one inside it; NULL: none. */
static const char *missing_member(struct arena *arena, const json_t *root, const json_t *schema, struct mcp_text object,
                                  const char *place)
{
    const json_t *resolved = mcp_resolve(root, schema), *required = json_object_get(resolved, "required");
    if (*object.text != '{')
        return NULL; /* which another check tells */
    for (size_t i = 0; i < json_array_size(required); i++) {
        const char *name = json_string_value(json_array_get(required, i));
        const char *inside = arena_printf(arena, "%s.%s", place, name);
        struct mcp_text value = mcp_member(arena, object, name);
        if (mcp_is_null(value))
            return inside;
        inside =
            missing_member(arena, root, json_object_get(json_object_get(resolved, "properties"), name), value, inside);
        if (inside)
            return inside;
    }
    return NULL;
}

static const char *missing_argument(struct arena *arena, const json_t *root, const struct mcp_arguments *arguments)
{
    const json_t *required = json_object_get(root, "required");
    for (size_t i = 0; i < json_array_size(required); i++) {
        const char *name = json_string_value(json_array_get(required, i));
        const struct mcp_argument *argument = mcp_find_argument(arguments, name, strlen(name));
        if (!argument)
            return name;
        const char *inside = missing_member(arena, root, argument->schema, argument->value, name);
        if (inside)
            return inside;
    }
    return NULL;
}

const struct mcp_argument *mcp_find_argument(const struct mcp_arguments *arguments, const char *name, size_t length)
{
    for (size_t i = 0; i < arguments->count; i++)
        if (strlen(arguments->list[i].name) == length && memcmp(arguments->list[i].name, name, length) == 0)
            return mcp_is_null(arguments->list[i].value) ? NULL : &arguments->list[i];
    return NULL;
}

static struct mcp_arguments none_given(struct arena *arena, const json_t *schema)
{
    const char *name;
    const json_t *property;
    json_t *properties = json_object_get(schema, "properties");
    struct mcp_arguments out = {.list = ARENA_ARRAY(arena, struct mcp_argument, json_object_size(properties))};
    json_object_foreach(properties, name, property) out.list[out.count++] =
        (struct mcp_argument){.name = name, .schema = property};
    return out;
}

static enum status_code check_argument(struct arena *arena, const json_t *root, const struct mcp_argument *argument,
                                       struct status *status)
{
    struct status problem = {0};
    struct json_reader reader = mcp_reader(arena, argument->value, &problem);
    if (mcp_check_value(&reader, root, argument->schema, argument->name)) {
        if (*argument->value.text != '"' || mcp_string(arena, argument->value))
            return STATUS_OK;
        status_set(&problem, STATUS_INVALID_ARGUMENT, "%s: must not have the character U+0000", argument->name);
    }
    const char *type = json_string_value(json_object_get(argument->schema, "type"));
    const char *of_whole = arena_printf(arena, "%s: must be %s", argument->name, type ? type : "");
    if (strcmp(problem.message, of_whole) == 0)
        return status_set(status, STATUS_INVALID_ARGUMENT, "argument %s must be %s", text_quote(arena, argument->name),
                          type);
    return status_set(status, STATUS_INVALID_ARGUMENT, "MCP tool arguments do not match input schema: %s",
                      problem.message);
}

enum status_code mcp_read_arguments(struct arena *arena, const struct mcp_tool *tool, struct mcp_text json,
                                    struct mcp_arguments *out, struct status *status)
{
    struct status problem = {0};
    struct reading reading = {.arena = arena, .out = out};
    *out = none_given(arena, tool->input);
    if (!mcp_is_null(json)) {
        struct json_reader reader = mcp_reader(arena, json, &problem);
        if (!mcp_read_members(&reader, read_argument, &reading))
            return status_set(status, STATUS_INVALID_ARGUMENT, "MCP tool arguments do not match input schema: %s",
                              problem.message);
    }
    const char *missing = missing_argument(arena, tool->input, out);
    if (missing)
        return status_set(status, STATUS_INVALID_ARGUMENT, "missing required argument %s", text_quote(arena, missing));
    if (reading.unknown)
        return status_set(status, STATUS_INVALID_ARGUMENT, "unknown argument %s", text_quote(arena, reading.unknown));
    for (size_t i = 0; i < out->count; i++)
        if (!mcp_is_null(out->list[i].value) && check_argument(arena, tool->input, &out->list[i], status))
            return status->code;
    return STATUS_OK;
}
