/* The part of JSON Schema that our own schemas use. The schemas are trusted; their definitions don't contain themselves
 * without an array or an object in between, so that the depth of the text bounds the recursion. */
#include "mcp/internal.h"

static bool broken(struct json_reader *reader, const char *place, const char *rule, const char *what)
{
    status_set(reader->status, STATUS_INVALID_ARGUMENT, "%s: %s%s", place, rule, what);
    return false;
}

const json_t *mcp_resolve(const json_t *root, const json_t *schema)
{
    static const char prefix[] = "#/$defs/";
    const json_t *all = json_object_get(schema, "allOf");
    const char *reference = json_string_value(json_object_get(all ? json_array_get(all, 0) : schema, "$ref"));
    if (!reference)
        return schema;
    return json_object_get(json_object_get(root, "$defs"), reference + sizeof prefix - 1);
}

static bool has_type(char first, const char *type)
{
    switch (*type) {
    case 's':
        return first == '"';
    case 'b':
        return first == 't' || first == 'f';
    case 'o':
        return first == '{';
    case 'a':
        return first == '[';
    default: /* number, integer */
        return first == '-' || (first >= '0' && first <= '9');
    }
}

static bool is_whole(struct mcp_text number)
{
    for (size_t i = 0; i < number.length; i++)
        if ((number.text[i] < '0' || number.text[i] > '9') && number.text[i] != '-')
            return false;
    return true;
}

struct object {
    const json_t *root, *schema, *properties;
    const char *place;
    size_t count;
    uint64_t given; /* bits of those that are required, in the order of "required" */
};

static bool check_member(void *ctx, struct json_reader *reader, const struct json_string *key)
{
    struct object *object = ctx;
    const json_t *required = json_object_get(object->schema, "required");
    const char *name = arena_strndup(reader->arena, key->text, key->length);
    const json_t *schema = json_object_get(object->properties, name);
    object->count++;
    if (!json_count_node(reader))
        return false;
    if (json_peek(reader) == 'n')
        return json_skip_value(reader); /* as if it were not there */
    for (size_t i = 0; i < json_array_size(required); i++)
        if (strcmp(json_string_value(json_array_get(required, i)), name) == 0)
            object->given |= UINT64_C(1) << (i % 64);
    if (!schema)
        return json_skip_value(reader);
    return mcp_check_value(reader, object->root, schema, arena_printf(reader->arena, "%s.%s", object->place, name));
}

static bool check_object(struct json_reader *reader, const json_t *root, const json_t *schema, const char *place)
{
    struct object object = {
        .root = root, .schema = schema, .properties = json_object_get(schema, "properties"), .place = place};
    const json_t *required = json_object_get(schema, "required");
    if (!mcp_read_members(reader, check_member, &object))
        return false;
    for (size_t i = 0; i < json_array_size(required); i++)
        if (!(object.given & UINT64_C(1) << (i % 64)))
            return broken(reader, place, "missing property ", json_string_value(json_array_get(required, i)));
    if ((json_int_t)object.count < json_integer_value(json_object_get(schema, "minProperties")))
        return broken(reader, place, "must have at least one property", "");
    return true;
}

static bool check_array(struct json_reader *reader, const json_t *root, const json_t *schema, const char *place)
{
    const json_t *items = json_object_get(schema, "items");
    struct json_walk walk;
    json_begin(&walk, reader, '[');
    while (json_more(&walk)) {
        if (!json_count_node(reader) || !mcp_check_value(reader, root, items, place))
            return false;
    }
    return walk.whole;
}

static bool check_scalar(struct json_reader *reader, const json_t *schema, const char *type, const char *place)
{
    struct mcp_text value;
    const json_t *choices = json_object_get(schema, "enum");
    if (!mcp_read_value(reader, &value))
        return false;
    if (*type == 'i' && !is_whole(value))
        return broken(reader, place, "must be ", type);
    const char *text = choices ? mcp_string(reader->arena, value) : NULL;
    for (size_t i = 0; text && i < json_array_size(choices); i++)
        if (strcmp(json_string_value(json_array_get(choices, i)), text) == 0)
            return true;
    return !choices || broken(reader, place, "is none of the allowed values", "");
}

bool mcp_check_value(struct json_reader *reader, const json_t *root, const json_t *schema, const char *place)
{
    const json_t *resolved = mcp_resolve(root, schema);
    const char *type = json_string_value(json_object_get(resolved, "type"));
    if (!type)
        return json_skip_value(reader);
    if (!has_type(json_peek(reader), type))
        return broken(reader, place, "must be ", type);
    if (*type == 'o')
        return check_object(reader, root, resolved, place);
    if (*type == 'a')
        return check_array(reader, root, resolved, place);
    return check_scalar(reader, resolved, type, place);
}
