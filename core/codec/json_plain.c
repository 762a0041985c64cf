/* The JSON of a plain structural encoder, as the bodies of webhooks have it: enums and 64-bit values are numbers. */
#include "codec/codec.h"

#include "codec/json_text.h"
#include "codec/json_write.h"

static void write_message(struct buf *out, const ProtobufCMessage *message);

static void write_value(struct buf *out, const ProtobufCFieldDescriptor *field, const void *value)
{
    struct json_writer writer = {.out = out};
    const char *text;
    switch (field->type) {
    case PROTOBUF_C_TYPE_ENUM:
        buf_add_int(out, *(const int *)value);
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        buf_add_int(out, *(const int64_t *)value);
        break;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        buf_add_uint(out, *(const uint64_t *)value);
        break;
    case PROTOBUF_C_TYPE_STRING:
        text = codec_get_pointer(value);
        json_add_string_html(out, text ? text : "", text ? strlen(text) : 0);
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        write_message(out, codec_get_pointer(value));
        break;
    default:
        json_write_value(&writer, field, value);
    }
}

static void write_list(struct buf *out, const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    size_t count = *(const size_t *)codec_at(message, field->quantifier_offset), size = codec_value_size(field->type);
    const char *list = codec_get_pointer(codec_at(message, field->offset));
    buf_add_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_add_char(out, ',');
        write_value(out, field, list + i * size);
    }
    buf_add_char(out, ']');
}

static void write_message(struct buf *out, const ProtobufCMessage *message)
{
    bool first = true;
    buf_add_char(out, '{');
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        if (!codec_field_present(message, field))
            continue;
        buf_printf(out, "%s\"%s\":", first ? "" : ",", field->name);
        first = false;
        if (field->label == PROTOBUF_C_LABEL_REPEATED)
            write_list(out, message, field);
        else
            write_value(out, field, codec_at(message, field->offset));
    }
    buf_add_char(out, '}');
}

void codec_write_json_plain(struct buf *out, const ProtobufCMessage *message)
{
    write_message(out, message);
}
