#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time_rfc3339.h"
#include "codec/json_text.h"
#include "codec/json_write.h"
#include "codec/number.h"
#include "google/protobuf/any.pb-c.h"
#include "google/protobuf/duration.pb-c.h"
#include "google/protobuf/field_mask.pb-c.h"
#include "google/protobuf/struct.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"

static bool fail(struct json_writer *writer, const char *text)
{
    status_set(writer->status, STATUS_INTERNAL, "%s", text);
    return false;
}

static bool write_timestamp(struct json_writer *writer, const Google__Protobuf__Timestamp *time)
{
    char text[TIME_RFC3339_SIZE];
    if (!time_format(time->seconds, time->nanos, text))
        return fail(writer, "google.protobuf.Timestamp: value out of range");
    buf_add_char(writer->out, '"');
    buf_add_str(writer->out, text);
    buf_add_char(writer->out, '"');
    return true;
}

/* "3.5s": 0, 3, 6 or 9 fractional digits. */
static bool write_duration(struct json_writer *writer, const Google__Protobuf__Duration *duration)
{
    const int64_t most = 315576000000; /* 10,000 years, the limit of google/protobuf/duration.proto */
    int64_t seconds = duration->seconds;
    int32_t nanos = duration->nanos;
    if (seconds < -most || seconds > most || nanos < -999999999 || nanos > 999999999 || (seconds > 0 && nanos < 0) ||
        (seconds < 0 && nanos > 0))
        return fail(writer, "google.protobuf.Duration: value out of range");
    buf_printf(writer->out, "\"%s%" PRId64, seconds < 0 || nanos < 0 ? "-" : "", seconds < 0 ? -seconds : seconds);
    unsigned fraction = (unsigned)abs(nanos);
    if (fraction % 1000000 == 0 && fraction)
        buf_printf(writer->out, ".%03u", fraction / 1000000);
    else if (fraction % 1000 == 0 && fraction)
        buf_printf(writer->out, ".%06u", fraction / 1000);
    else if (fraction)
        buf_printf(writer->out, ".%09u", fraction);
    buf_add_str(writer->out, "s\"");
    return true;
}

static bool write_field_mask(struct json_writer *writer, const Google__Protobuf__FieldMask *mask)
{
    struct buf text = buf_in(writer->out->arena);
    for (size_t i = 0; i < mask->n_paths; i++) {
        if (i)
            buf_add_char(&text, ',');
        buf_reserve(&text, strlen(mask->paths[i]) + 1); /* a place also for a path without characters */
        text.len += codec_json_name(mask->paths[i], text.data + text.len);
    }
    json_add_string(writer->out, text.data, text.len);
    return true;
}

static bool write_struct(struct json_writer *writer, const Google__Protobuf__Struct *value)
{
    buf_add_char(writer->out, '{');
    for (size_t i = 0; i < value->n_fields; i++) {
        const Google__Protobuf__Struct__FieldsEntry *entry = value->fields[i];
        if (i)
            buf_add_char(writer->out, ',');
        json_add_string(writer->out, entry->key, strlen(entry->key));
        buf_add_char(writer->out, ':');
        if (!entry->value)
            buf_add_str(writer->out, "null");
        else if (!json_write_message(writer, &entry->value->base))
            return false;
    }
    buf_add_char(writer->out, '}');
    return true;
}

static bool write_list_value(struct json_writer *writer, const Google__Protobuf__ListValue *list)
{
    buf_add_char(writer->out, '[');
    for (size_t i = 0; i < list->n_values; i++) {
        if (i)
            buf_add_char(writer->out, ',');
        if (!json_write_message(writer, &list->values[i]->base))
            return false;
    }
    buf_add_char(writer->out, ']');
    return true;
}

static bool write_value(struct json_writer *writer, const Google__Protobuf__Value *value)
{
    switch (value->kind_case) {
    case GOOGLE__PROTOBUF__VALUE__KIND_NUMBER_VALUE:
        number_add_double(writer->out, value->number_value);
        return true;
    case GOOGLE__PROTOBUF__VALUE__KIND_STRING_VALUE:
        json_add_string(writer->out, value->string_value, strlen(value->string_value));
        return true;
    case GOOGLE__PROTOBUF__VALUE__KIND_BOOL_VALUE:
        buf_add_str(writer->out, value->bool_value ? "true" : "false");
        return true;
    case GOOGLE__PROTOBUF__VALUE__KIND_STRUCT_VALUE:
        return json_write_message(writer, &value->struct_value->base);
    case GOOGLE__PROTOBUF__VALUE__KIND_LIST_VALUE:
        return json_write_message(writer, &value->list_value->base);
    default:
        buf_add_str(writer->out, "null");
        return true;
    }
}

static bool write_any(struct json_writer *writer, const Google__Protobuf__Any *any)
{
    if (!*any->type_url && any->value.len == 0) {
        buf_add_str(writer->out, "{}");
        return true;
    }
    const ProtobufCMessageDescriptor *descriptor = codec_any_type(any->type_url, strlen(any->type_url));
    ProtobufCMessage *inner;
    if (!descriptor || codec_read_proto(writer->out->arena, descriptor, any->value.data, any->value.len, &inner,
                                        writer->status) != STATUS_OK)
        return fail(writer, "google.protobuf.Any: unable to resolve the type");
    buf_add_str(writer->out, "{\"@type\":");
    json_add_string(writer->out, any->type_url, strlen(any->type_url));
    bool done;
    if (codec_known_type(descriptor) == CODEC_ORDINARY) {
        done = json_write_members(writer, inner, false);
    } else {
        buf_add_str(writer->out, ",\"value\":");
        done = json_write_message(writer, inner);
    }
    buf_add_char(writer->out, '}');
    return done;
}

bool json_write_known(struct json_writer *writer, const ProtobufCMessage *message, enum codec_known known)
{
    switch (known) {
    case CODEC_TIMESTAMP:
        return write_timestamp(writer, (const Google__Protobuf__Timestamp *)message);
    case CODEC_DURATION:
        return write_duration(writer, (const Google__Protobuf__Duration *)message);
    case CODEC_FIELD_MASK:
        return write_field_mask(writer, (const Google__Protobuf__FieldMask *)message);
    case CODEC_WRAPPER: {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[0];
        return json_write_value(writer, field, codec_at(message, field->offset));
    }
    case CODEC_STRUCT:
        return write_struct(writer, (const Google__Protobuf__Struct *)message);
    case CODEC_VALUE:
        return write_value(writer, (const Google__Protobuf__Value *)message);
    case CODEC_LIST_VALUE:
        return write_list_value(writer, (const Google__Protobuf__ListValue *)message);
    case CODEC_ANY:
        return write_any(writer, (const Google__Protobuf__Any *)message);
    default:
        return fail(writer, "message has no JSON form");
    }
}
