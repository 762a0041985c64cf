/* The JSON of a plain structural encoder, as the bodies of webhooks have it. */
#include "codec/codec.h"

#include "base/base64.h"
#include "codec/descriptor.h"
#include "codec/json_text.h"
#include "codec/number.h"

static void write_message(struct buf *out, const ProtobufCMessage *message);

/* U+2028 and U+2029, which JavaScript once took for the end of a line, are escaped, too. */
static void add_text(struct buf *out, const char *text)
{
    static const char separator[] = "\xE2\x80";
    size_t start = out->len;
    json_add_string_html(out, text ? text : "", text ? strlen(text) : 0);
    for (size_t at = start; at + 2 < out->len; at++) {
        char *found = memmem(out->data + at, out->len - at, separator, 2);
        if (!found)
            return;
        at = (size_t)(found - out->data);
        char last = found[2];
        if (last != '\xA8' && last != '\xA9')
            continue;
        buf_reserve(out, 3);
        memmove(out->data + at + 6, out->data + at + 3, out->len - at - 3);
        memcpy(out->data + at, last == '\xA8' ? "\\u2028" : "\\u2029", 6);
        out->len += 3;
    }
}

static void write_value(struct buf *out, const ProtobufCFieldDescriptor *field, const void *value)
{
    const ProtobufCBinaryData *bytes = value;
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_ENUM:
        buf_add_int(out, *(const int32_t *)value);
        break;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        buf_add_uint(out, *(const uint32_t *)value);
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
    case PROTOBUF_C_TYPE_FLOAT:
        number_add_float(out, *(const float *)value);
        break;
    case PROTOBUF_C_TYPE_DOUBLE:
        number_add_double(out, *(const double *)value);
        break;
    case PROTOBUF_C_TYPE_BOOL:
        buf_add_str(out, *(const protobuf_c_boolean *)value ? "true" : "false");
        break;
    case PROTOBUF_C_TYPE_STRING:
        add_text(out, codec_get_pointer(value));
        break;
    case PROTOBUF_C_TYPE_BYTES:
        buf_add_char(out, '"');
        base64_encode(out, bytes->data, bytes->len);
        buf_add_char(out, '"');
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        write_message(out, codec_get_pointer(value));
        break;
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
