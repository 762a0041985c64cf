#include "codec/json_write.h"

#include <string.h>

#include "base/base64.h"
#include "codec/json_text.h"
#include "codec/number.h"

static void add_name(struct buf *out, const char *name, bool first)
{
    size_t length = strlen(name);
    buf_reserve(out, length + 4);
    char *at = out->data + out->len;
    if (!first)
        *at++ = ',';
    *at++ = '"';
    if (memchr(name, '_', length))
        at += codec_json_name(name, at);
    else
        at = (char *)memcpy(at, name, length) + length;
    *at++ = '"';
    *at++ = ':';
    out->len = (size_t)(at - out->data);
}

static void add_enum(struct buf *out, const ProtobufCEnumDescriptor *descriptor, int value)
{
    const ProtobufCEnumValue *named = NULL;
    for (unsigned i = 0; i < descriptor->n_values && !named; i++)
        if (descriptor->values[i].value == value)
            named = &descriptor->values[i];
    if (!named) {
        buf_add_int(out, value);
        return;
    }
    if (strcmp(descriptor->name, "google.protobuf.NullValue") == 0) {
        buf_add_str(out, "null");
        return;
    }
    buf_add_char(out, '"');
    buf_add_str(out, named->name);
    buf_add_char(out, '"');
}

static void add_quoted_int(struct buf *out, int64_t value)
{
    buf_add_char(out, '"');
    buf_add_int(out, value);
    buf_add_char(out, '"');
}

static void add_quoted_uint(struct buf *out, uint64_t value)
{
    buf_add_char(out, '"');
    buf_add_uint(out, value);
    buf_add_char(out, '"');
}

static void add_bytes(struct buf *out, const ProtobufCBinaryData *bytes)
{
    buf_add_char(out, '"');
    base64_encode(out, bytes->data, bytes->len);
    buf_add_char(out, '"');
}

static void add_text(struct buf *out, const char *text)
{
    json_add_string(out, text ? text : "", text ? strlen(text) : 0);
}

bool json_write_value(struct json_writer *writer, const ProtobufCFieldDescriptor *field, const void *value)
{
    struct buf *out = writer->out;
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        buf_add_int(out, *(const int32_t *)value);
        break;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        buf_add_uint(out, *(const uint32_t *)value);
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        add_quoted_int(out, *(const int64_t *)value);
        break;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        add_quoted_uint(out, *(const uint64_t *)value);
        break;
    case PROTOBUF_C_TYPE_FLOAT:
        number_add_float(out, *(const float *)value);
        break;
    case PROTOBUF_C_TYPE_DOUBLE:
        number_add_double(out, *(const double *)value);
        break;
    case PROTOBUF_C_TYPE_BOOL:
        buf_add_str(out, *(const protobuf_c_boolean *)value ? "true" : "false");
        break;
    case PROTOBUF_C_TYPE_ENUM:
        add_enum(out, field->descriptor, *(const int *)value);
        break;
    case PROTOBUF_C_TYPE_STRING:
        add_text(out, codec_get_pointer(value));
        break;
    case PROTOBUF_C_TYPE_BYTES:
        add_bytes(out, value);
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        return json_write_message(writer, codec_get_pointer(value));
    }
    return true;
}

static bool write_list(struct json_writer *writer, const ProtobufCMessage *message,
                       const ProtobufCFieldDescriptor *field)
{
    size_t count = *(const size_t *)codec_at(message, field->quantifier_offset);
    size_t size = codec_value_size(field->type);
    const char *list = codec_get_pointer(codec_at(message, field->offset));
    buf_add_char(writer->out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_add_char(writer->out, ',');
        if (!json_write_value(writer, field, list + i * size))
            return false;
    }
    buf_add_char(writer->out, ']');
    return true;
}

/* Keys are always strings in JSON, whatever their type (64-bit values are quoted already). */
static bool write_map_key(struct json_writer *writer, const ProtobufCFieldDescriptor *field, const void *value)
{
    if (field->type == PROTOBUF_C_TYPE_STRING || codec_value_size(field->type) == sizeof(uint64_t))
        return json_write_value(writer, field, value);
    buf_add_char(writer->out, '"');
    if (!json_write_value(writer, field, value))
        return false;
    buf_add_char(writer->out, '"');
    return true;
}

static bool write_map(struct json_writer *writer, const ProtobufCMessage *message,
                      const ProtobufCFieldDescriptor *field)
{
    const ProtobufCMessageDescriptor *entry = field->descriptor;
    const ProtobufCFieldDescriptor *key = &entry->fields[0], *value = &entry->fields[1];
    size_t count = *(const size_t *)codec_at(message, field->quantifier_offset);
    const char *list = codec_get_pointer(codec_at(message, field->offset));
    buf_add_char(writer->out, '{');
    for (size_t i = 0; i < count; i++) {
        const ProtobufCMessage *item = codec_get_pointer(list + i * sizeof(void *));
        if (i)
            buf_add_char(writer->out, ',');
        if (!write_map_key(writer, key, codec_at(item, key->offset)))
            return false;
        buf_add_char(writer->out, ':');
        if (value->type == PROTOBUF_C_TYPE_MESSAGE && !codec_get_pointer(codec_at(item, value->offset)))
            buf_add_str(writer->out, "{}");
        else if (!json_write_value(writer, value, codec_at(item, value->offset)))
            return false;
    }
    buf_add_char(writer->out, '}');
    return true;
}

static bool write_field(struct json_writer *writer, const ProtobufCMessage *message,
                        const ProtobufCFieldDescriptor *field)
{
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return codec_is_map(message->descriptor, field) ? write_map(writer, message, field)
                                                        : write_list(writer, message, field);
    const void *value = codec_at(message, field->offset);
    if (field->type == PROTOBUF_C_TYPE_MESSAGE && !codec_get_pointer(value)) {
        buf_add_str(writer->out, "null");
        return true;
    }
    return json_write_value(writer, field, value);
}

bool json_write_members(struct json_writer *writer, const ProtobufCMessage *message, bool first)
{
    const ProtobufCMessageDescriptor *descriptor = message->descriptor;
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        bool always = writer->full && !codec_in_oneof(field);
        if (!always && !codec_field_present(message, field))
            continue;
        add_name(writer->out, field->name, first);
        first = false;
        if (!write_field(writer, message, field))
            return false;
    }
    return true;
}

bool json_write_message(struct json_writer *writer, const ProtobufCMessage *message)
{
    if (writer->depth >= 2 * CODEC_MAX_DEPTH) {
        status_set(writer->status, STATUS_INTERNAL, "message is nested too deeply");
        return false;
    }
    writer->depth++;
    enum codec_known known = codec_known_type(message->descriptor);
    bool done;
    if (known == CODEC_ORDINARY || known == CODEC_EMPTY) {
        buf_add_char(writer->out, '{');
        done = json_write_members(writer, message, true);
        buf_add_char(writer->out, '}');
    } else {
        done = json_write_known(writer, message, known);
    }
    writer->depth--;
    return done;
}

enum status_code codec_write_json(struct buf *out, const ProtobufCMessage *message, enum codec_json_style style,
                                  struct status *status)
{
    struct status local;
    struct json_writer writer = {
        .out = out, .full = style == CODEC_JSON_FULL, .depth = 0, .status = status ? status : &local};
    return json_write_message(&writer, message) ? STATUS_OK : writer.status->code;
}
