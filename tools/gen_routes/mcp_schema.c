#include <ctype.h>
#include <string.h>

#include "mcp.h"
#include "openapi.h"

typedef Google__Protobuf__FieldDescriptorProto Field;

enum { FIELD_BEHAVIOR = 1052, REQUIRED = 2, OUTPUT_ONLY = 3, INPUT_ONLY = 4 }; /* google/api/field_behavior.proto */
#define TYPE(name) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##name

void mcp_add_text(struct buf *out, const char *text)
{
    buf_add_char(out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, *text == '\n' ? ' ' : *text);
    }
    buf_add_char(out, '"');
}

/* protobuf-c keeps extensions as unknown fields: one varint each, or packed with the length before them. */
static bool behaves(const Field *field, unsigned behavior)
{
    for (unsigned i = 0; field->options && i < field->options->base.n_unknown_fields; i++) {
        const ProtobufCMessageUnknownField *unknown = &field->options->base.unknown_fields[i];
        size_t from = unknown->wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED ? 1 : 0;
        for (size_t j = from; unknown->tag == FIELD_BEHAVIOR && j < unknown->len; j++)
            if (unknown->data[j] == behavior)
                return true;
    }
    return false;
}

/* ".memos.api.v1.MemoRelation.Memo" to MemoRelation_Memo. */
static void add_definition_name(struct buf *out, const char *type_name)
{
    while (*type_name && !isupper((unsigned char)*type_name))
        type_name++;
    for (; *type_name; type_name++)
        buf_add_char(out, *type_name == '.' ? '_' : *type_name);
}

static void add_enum(struct buf *out, const Google__Protobuf__EnumDescriptorProto *enumeration)
{
    buf_add_str(out, "\"type\":\"string\",\"format\":\"enum\",\"enum\":[");
    for (size_t i = 0; i < enumeration->n_value; i++)
        buf_printf(out, "%s\"%s\"", i ? "," : "", enumeration->value[i]->name);
    buf_add_char(out, ']');
}

static bool is_list(const Field *field)
{
    return field->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED;
}

/* Those that an answer has as null while they are not set. */
static bool may_be_null(const struct mcp_schema *schema, const Field *field)
{
    return schema->answer && field->type == TYPE(MESSAGE) && !is_list(field) && !field->has_oneof_index;
}

static void add_message(struct buf *out, const struct mcp_schema *schema, const Field *field)
{
    const char *text = strcmp(field->type_name, ".google.protobuf.Timestamp") == 0   ? "date-time"
                       : strcmp(field->type_name, ".google.protobuf.FieldMask") == 0 ? "field-mask"
                                                                                     : NULL;
    bool null = may_be_null(schema, field);
    if (text) {
        buf_printf(out, "\"type\":%s,\"format\":\"%s\"", null ? "[\"string\",\"null\"]" : "\"string\"", text);
        return;
    }
    types_find(schema->types, field->type_name)->used = true;
    buf_add_str(out, is_list(field) ? "" : null ? "\"anyOf\":[{" : "\"allOf\":[{");
    buf_add_str(out, "\"$ref\":\"#/$defs/");
    add_definition_name(out, field->type_name);
    buf_add_str(out, is_list(field) ? "\"" : null ? "\"},{\"type\":\"null\"}]" : "\"}]");
}

static void add_value(struct buf *out, const struct mcp_schema *schema, const Field *field)
{
    static const char *const scalars[] = {
        [TYPE(DOUBLE)] = "\"type\":\"number\",\"format\":\"double\"",
        [TYPE(FLOAT)] = "\"type\":\"number\",\"format\":\"float\"",
        [TYPE(INT64)] = "\"type\":\"string\"",
        [TYPE(INT32)] = "\"type\":\"integer\",\"format\":\"int32\"",
        [TYPE(BOOL)] = "\"type\":\"boolean\"",
        [TYPE(STRING)] = "\"type\":\"string\"",
        [TYPE(BYTES)] = "\"type\":\"string\",\"format\":\"bytes\"",
    };
    size_t type = (size_t)field->type;
    if (field->type == TYPE(MESSAGE))
        add_message(out, schema, field);
    else if (field->type == TYPE(ENUM))
        add_enum(out, types_find(schema->types, field->type_name)->enumeration);
    else if (type < sizeof scalars / sizeof scalars[0] && scalars[type])
        buf_add_str(out, scalars[type]);
}

void mcp_add_field(struct buf *out, const struct mcp_schema *schema, const Field *field)
{
    buf_add_char(out, '{');
    if (is_list(field)) {
        buf_add_str(out, "\"type\":\"array\",\"items\":{");
        add_value(out, schema, field);
        buf_add_char(out, '}');
    } else {
        add_value(out, schema, field);
    }
    if (behaves(field, OUTPUT_ONLY))
        buf_add_str(out, ",\"readOnly\":true");
    if (behaves(field, INPUT_ONLY))
        buf_add_str(out, ",\"writeOnly\":true");
    const char *comment = type_comment(schema->types, field);
    if (comment) {
        buf_add_str(out, ",\"description\":");
        mcp_add_text(out, comment);
    }
    buf_add_char(out, '}');
}

static bool is_skipped(const char *skip, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = strstr(skip, name); at; at = strstr(at + 1, name))
        if ((at == skip || at[-1] == ',') && (at[length] == '\0' || at[length] == ','))
            return true;
    return false;
}

void mcp_add_properties(struct buf *out, const struct mcp_schema *schema, const struct type *type, const char *skip)
{
    const char *separator = "";
    for (size_t i = 0; i < type->message->n_field; i++) {
        const Field *field = type->message->field[i];
        if (is_skipped(skip, field->name))
            continue;
        buf_add_str(out, separator);
        openapi_add_name(out, field->name);
        buf_add_char(out, ':');
        mcp_add_field(out, schema, field);
        separator = ",";
    }
}

bool mcp_add_required(struct buf *out, const struct type *type, const char *skip)
{
    bool any = false;
    for (size_t i = 0; i < type->message->n_field; i++) {
        const Field *field = type->message->field[i];
        if (is_skipped(skip, field->name) || !behaves(field, REQUIRED))
            continue;
        buf_add_str(out, any ? "," : "\"required\":[");
        openapi_add_name(out, field->name);
        any = true;
    }
    if (any)
        buf_add_char(out, ']');
    return any;
}

void mcp_add_definitions(struct buf *out, const struct mcp_schema *schema)
{
    bool *written = ARENA_ARRAY(out->arena, bool, schema->types->count);
    const char *separator = ",\"$defs\":{";
    for (bool more = true; more;) { /* what a schema refers to is marked while it is written */
        more = false;
        for (size_t i = 0; i < schema->types->count; i++) {
            struct type *type = &schema->types->list[i];
            if (!type->used || written[i])
                continue;
            written[i] = more = true;
            buf_add_str(out, separator);
            buf_add_char(out, '"');
            add_definition_name(out, type->name);
            buf_add_str(out, "\":{\"type\":\"object\",\"properties\":{");
            mcp_add_properties(out, schema, type, "");
            buf_add_str(out, "}");
            struct buf required = buf_in(out->arena);
            if (mcp_add_required(&required, type, ""))
                buf_printf(out, ",%.*s", (int)required.len, required.data);
            buf_add_char(out, '}');
            separator = ",";
        }
    }
    for (size_t i = 0; i < schema->types->count; i++) {
        schema->types->list[i].used = false;
        if (written[i])
            separator = "}";
    }
    buf_add_str(out, *separator == '}' ? "}" : "");
}
