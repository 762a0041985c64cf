#include <ctype.h>
#include <string.h>

#include "openapi.h"

typedef Google__Protobuf__FieldDescriptorProto Field;

/* Well-known types, as their JSON form looks. */
static const struct {
    const char *name, *schema;
    bool text; /* one string, so that it fits into a query */
} known[] = {
    {".google.protobuf.Timestamp", "{\"type\":\"string\",\"format\":\"date-time\"}", true},
    {".google.protobuf.Duration", "{\"type\":\"string\"}", true},
    {".google.protobuf.FieldMask", "{\"type\":\"string\",\"description\":\"Field paths, separated by commas.\"}", true},
    {".google.protobuf.Empty", "{\"type\":\"object\"}", false},
    {".google.protobuf.Struct", "{\"type\":\"object\",\"additionalProperties\":true}", false},
    {".google.protobuf.Value", "{}", false},
    {".google.protobuf.Any", "{\"type\":\"object\",\"additionalProperties\":true}", false},
    {".google.protobuf.DoubleValue", "{\"type\":\"number\",\"format\":\"double\"}", true},
    {".google.protobuf.FloatValue", "{\"type\":\"number\",\"format\":\"float\"}", true},
    {".google.protobuf.Int64Value", "{\"type\":\"string\",\"format\":\"int64\"}", true},
    {".google.protobuf.Int32Value", "{\"type\":\"integer\",\"format\":\"int32\"}", true},
    {".google.protobuf.BoolValue", "{\"type\":\"boolean\"}", true},
    {".google.protobuf.StringValue", "{\"type\":\"string\"}", true},
};

enum { KNOWN_COUNT = sizeof known / sizeof known[0] };

static size_t known_index(const char *type_name)
{
    size_t i = 0;
    while (i < KNOWN_COUNT && strcmp(known[i].name, type_name) != 0)
        i++;
    return i;
}

void openapi_add_name(struct buf *out, const char *name)
{
    buf_add_char(out, '"');
    for (bool upper = false; *name; name++) {
        if (*name != '_')
            buf_add_char(out, upper ? (char)toupper((unsigned char)*name) : *name);
        upper = *name == '_';
    }
    buf_add_char(out, '"');
}

/* ".memos.api.v1.UserStats.MemoStats" to UserStats.MemoStats: from the first capital on. */
static const char *schema_name(const char *type_name)
{
    const char *at = type_name;
    while (*at && !isupper((unsigned char)*at))
        at++;
    return *at ? at : type_name + 1;
}

void openapi_add_type(struct buf *out, struct types *types, const char *type_name)
{
    size_t index = known_index(type_name);
    if (index < KNOWN_COUNT) {
        buf_add_str(out, known[index].schema);
        return;
    }
    struct type *type = types_find(types, type_name);
    if (type)
        type->used = true;
    buf_printf(out, "{\"$ref\":\"#/components/schemas/%s\"}", schema_name(type_name));
}

bool openapi_fits_query(const Field *field)
{
    if (field->type != GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_MESSAGE)
        return true;
    size_t index = known_index(field->type_name);
    return index < KNOWN_COUNT && known[index].text;
}

static void add_value_schema(struct buf *out, struct types *types, const Field *field)
{
    static const char *const scalars[] = {
        [GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_DOUBLE] = "{\"type\":\"number\",\"format\":\"double\"}",
        [GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_FLOAT] = "{\"type\":\"number\",\"format\":\"float\"}",
        [GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_INT64] = "{\"type\":\"string\",\"format\":\"int64\"}",
        [GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_UINT64] = "{\"type\":\"string\",\"format\":\"uint64\"}",
        [GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_INT32] = "{\"type\":\"integer\",\"format\":\"int32\"}",
        [GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_UINT32] = "{\"type\":\"integer\",\"format\":\"uint32\"}",
        [GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_BOOL] = "{\"type\":\"boolean\"}",
        [GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_STRING] = "{\"type\":\"string\"}",
        [GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_BYTES] = "{\"type\":\"string\",\"format\":\"byte\"}",
    };
    size_t type = (size_t)field->type;
    if (field->type_name)
        openapi_add_type(out, types, field->type_name);
    else
        buf_add_str(out, type < sizeof scalars / sizeof scalars[0] && scalars[type] ? scalars[type] : "{}");
}

void openapi_add_field_schema(struct buf *out, struct types *types, const Field *field)
{
    if (field->label != GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED) {
        add_value_schema(out, types, field);
        return;
    }
    const struct type *entry = field->type_name ? types_find(types, field->type_name) : NULL;
    bool map = entry && entry->message && entry->message->options && entry->message->options->map_entry;
    if (map) {
        buf_add_str(out, "{\"type\":\"object\",\"additionalProperties\":");
        add_value_schema(out, types, entry->message->field[1]);
    } else {
        buf_add_str(out, "{\"type\":\"array\",\"items\":");
        add_value_schema(out, types, field);
    }
    buf_add_char(out, '}');
}

/* Messages that aren't set are null, except in a oneof, where they are left out. */
static void add_property_schema(struct buf *out, struct types *types, const Field *field)
{
    bool null = field->type == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_MESSAGE &&
                field->label != GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED &&
                !field->has_oneof_index;
    buf_add_str(out, null ? "{\"anyOf\":[" : "");
    openapi_add_field_schema(out, types, field);
    buf_add_str(out, null ? ",{\"type\":\"null\"}]}" : "");
}

static void add_message_schema(struct buf *out, struct types *types, const Google__Protobuf__DescriptorProto *message)
{
    buf_add_str(out, "{\"type\":\"object\",\"properties\":{");
    for (size_t i = 0; i < message->n_field; i++) {
        if (i)
            buf_add_char(out, ',');
        openapi_add_name(out, message->field[i]->name);
        buf_add_char(out, ':');
        add_property_schema(out, types, message->field[i]);
    }
    buf_add_str(out, "}}");
}

static void add_enum_schema(struct buf *out, const Google__Protobuf__EnumDescriptorProto *enumeration)
{
    buf_add_str(out, "{\"type\":\"string\",\"enum\":[");
    for (size_t i = 0; i < enumeration->n_value; i++)
        buf_printf(out, "%s\"%s\"", i ? "," : "", enumeration->value[i]->name);
    buf_add_str(out, "]}");
}

void openapi_add_schemas(struct buf *out, struct types *types)
{
    /* What a schema refers to is marked while it is written; another round writes what that added. */
    bool *written = ARENA_ARRAY(out->arena, bool, types->count);
    bool first = true, more = true;
    while (more) {
        more = false;
        for (size_t i = 0; i < types->count; i++) {
            const struct type *type = &types->list[i];
            if (!type->used || written[i])
                continue;
            written[i] = more = true;
            buf_printf(out, "%s\"%s\":", first ? "" : ",\n", schema_name(type->name));
            first = false;
            if (type->message)
                add_message_schema(out, types, type->message);
            else
                add_enum_schema(out, type->enumeration);
        }
    }
}
