#include <stdlib.h>

#include "base/time_rfc3339.h"
#include "codec/duration.h"
#include "codec/field_mask.h"
#include "codec/json_read.h"
#include "codec/number.h"
#include "google/protobuf/any.pb-c.h"
#include "google/protobuf/duration.pb-c.h"
#include "google/protobuf/field_mask.pb-c.h"
#include "google/protobuf/struct.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"

static bool read_text(struct json_reader *reader, struct json_string *text, const char **at)
{
    char next = json_peek(reader);
    *at = reader->at;
    return next == '"' ? json_read_string(reader, text) : json_unexpected(reader, reader->at);
}

static bool bad_value(struct json_reader *reader, const char *at, const char *type)
{
    return json_value_error(reader, at, "invalid google.protobuf.%s value %.*s", type, json_token_length(reader, at),
                            at);
}

static bool read_timestamp(struct json_reader *reader, Google__Protobuf__Timestamp *out)
{
    struct json_string text;
    const char *at;
    if (!read_text(reader, &text, &at))
        return false;
    return time_parse(text.text, text.length, &out->seconds, &out->nanos) || bad_value(reader, at, "Timestamp");
}

static bool read_duration(struct json_reader *reader, Google__Protobuf__Duration *out)
{
    struct json_string text;
    const char *at;
    if (!read_text(reader, &text, &at))
        return false;
    return codec_parse_duration(text.text, text.length, out) || bad_value(reader, at, "Duration");
}

static bool read_field_mask(struct json_reader *reader, Google__Protobuf__FieldMask *out)
{
    struct json_string text;
    const char *at;
    if (!read_text(reader, &text, &at))
        return false;
    struct json_string bad;
    switch (codec_field_mask_from_json(reader->arena, text.text, text.length, out, &bad.text, &bad.length)) {
    case FIELD_MASK_OK:
        return true;
    case FIELD_MASK_TOO_LONG:
        status_set(reader->status, STATUS_INVALID_ARGUMENT, "message has too many values");
        return false;
    default:
        return json_value_error(reader, at, "google.protobuf.FieldMask.paths contains invalid path: \"%.*s\"",
                                bad.length > 200 ? 200 : (int)bad.length, bad.text);
    }
}

/* Structs, lists and values are read through their own descriptors, whose only field is the map or the list. */
static bool read_struct(struct json_reader *reader, Google__Protobuf__Struct *out)
{
    const ProtobufCFieldDescriptor *field = &out->base.descriptor->fields[0];
    const char *opening = reader->at;
    struct json_walk walk;
    json_begin(&walk, reader, '{');
    while (json_more(&walk)) {
        struct json_string key;
        if (!json_read_key(reader, &key) || !json_count_node(reader))
            return false;
        if (memchr(key.text, '\0', key.length))
            return json_value_error(reader, opening, "map key contains U+0000");
        Google__Protobuf__Struct__FieldsEntry *entry = CODEC_NEW(reader->arena, Google__Protobuf__Struct__FieldsEntry,
                                                                 google__protobuf__struct__fields_entry__descriptor);
        Google__Protobuf__Value *value =
            CODEC_NEW(reader->arena, Google__Protobuf__Value, google__protobuf__value__descriptor);
        void *slot = codec_append(reader->arena, &out->base, field, &reader->nodes);
        if (!slot)
            return json_count_node(reader);
        codec_set_pointer(slot, entry);
        entry->key = arena_strndup(reader->arena, key.text, key.length);
        entry->value = value;
        if (!json_read_message(reader, &value->base))
            return false;
    }
    if (!walk.whole)
        return false;
    if (codec_map_drop_duplicates(reader->arena, &out->base, field))
        return json_value_error(reader, opening, "duplicate map key");
    return true;
}

static bool read_list_value(struct json_reader *reader, Google__Protobuf__ListValue *out)
{
    const ProtobufCFieldDescriptor *field = &out->base.descriptor->fields[0];
    struct json_walk walk;
    json_begin(&walk, reader, '[');
    while (json_more(&walk)) {
        void *slot = codec_append(reader->arena, &out->base, field, &reader->nodes);
        if (!slot)
            return json_count_node(reader);
        Google__Protobuf__Value *value =
            CODEC_NEW(reader->arena, Google__Protobuf__Value, google__protobuf__value__descriptor);
        codec_set_pointer(slot, value);
        if (!json_read_message(reader, &value->base))
            return false;
    }
    return walk.whole;
}

static bool read_value_string(struct json_reader *reader, Google__Protobuf__Value *out)
{
    struct json_string text;
    const char *at = reader->at;
    if (!json_read_string(reader, &text))
        return false;
    if (memchr(text.text, '\0', text.length))
        return bad_value(reader, at, "Value");
    out->string_value = arena_strndup(reader->arena, text.text, text.length);
    out->kind_case = GOOGLE__PROTOBUF__VALUE__KIND_STRING_VALUE;
    return true;
}

static bool read_value(struct json_reader *reader, Google__Protobuf__Value *out)
{
    char next = json_peek(reader);
    const char *at = reader->at;
    switch (next) {
    case '{':
        out->struct_value = CODEC_NEW(reader->arena, Google__Protobuf__Struct, google__protobuf__struct__descriptor);
        out->kind_case = GOOGLE__PROTOBUF__VALUE__KIND_STRUCT_VALUE;
        return read_struct(reader, out->struct_value);
    case '[':
        out->list_value =
            CODEC_NEW(reader->arena, Google__Protobuf__ListValue, google__protobuf__list_value__descriptor);
        out->kind_case = GOOGLE__PROTOBUF__VALUE__KIND_LIST_VALUE;
        return read_list_value(reader, out->list_value);
    case '"':
        return read_value_string(reader, out);
    default:
        break;
    }
    if (json_take_word(reader, "null")) {
        out->kind_case = GOOGLE__PROTOBUF__VALUE__KIND_NULL_VALUE;
        return true;
    }
    bool yes = json_take_word(reader, "true");
    if (yes || json_take_word(reader, "false")) {
        out->bool_value = yes;
        out->kind_case = GOOGLE__PROTOBUF__VALUE__KIND_BOOL_VALUE;
        return true;
    }
    size_t length = json_take_number(reader);
    if (!length)
        return json_unexpected(reader, at);
    out->kind_case = GOOGLE__PROTOBUF__VALUE__KIND_NUMBER_VALUE;
    return number_to_double(at, length, &out->number_value) || bad_value(reader, at, "Value");
}

/* Looks ahead for a member of the object at reader->at; value becomes its place. */
static bool find_member(const struct json_reader *reader, const char *wanted, struct json_reader *value, bool *found)
{
    *value = *reader;
    *found = false;
    struct json_walk walk;
    json_begin(&walk, value, '{');
    while (json_more(&walk)) {
        struct json_string key;
        if (!json_read_key(value, &key))
            return false;
        if (codec_name_equal(wanted, key.text, key.length)) {
            *found = true;
            return true;
        }
        if (!json_skip_value(value))
            return false;
    }
    return walk.whole;
}

static bool read_any(struct json_reader *reader, Google__Protobuf__Any *out)
{
    struct json_reader ahead;
    struct json_string url;
    const char *at;
    bool found;
    json_peek(reader);
    const char *opening = reader->at;
    if (!find_member(reader, "@type", &ahead, &found))
        return false;
    if (!found)
        return json_skip_value(reader); /* {} is an empty Any */
    if (!read_text(&ahead, &url, &at))
        return false;
    const ProtobufCMessageDescriptor *descriptor = codec_any_type(url.text, url.length);
    if (!descriptor)
        return json_value_error(reader, opening, "google.protobuf.Any: unable to resolve the type");
    ProtobufCMessage *inner = codec_new(reader->arena, descriptor);
    if (codec_known_type(descriptor) == CODEC_ORDINARY) {
        if (!json_enter(reader) || !json_read_object(reader, inner, true))
            return false;
        reader->depth--;
    } else {
        if (!find_member(reader, "value", &ahead, &found))
            return false;
        if (!found)
            return json_value_error(reader, opening, "google.protobuf.Any: missing \"value\" field");
        if (!json_read_message(&ahead, inner) || !json_skip_value(reader))
            return false;
        reader->nodes = ahead.nodes;
    }
    struct buf packed = buf_in(reader->arena);
    codec_write_proto(&packed, inner);
    out->type_url = arena_strndup(reader->arena, url.text, url.length);
    out->value = (ProtobufCBinaryData){packed.len, (uint8_t *)packed.data};
    return true;
}

bool json_read_known(struct json_reader *reader, ProtobufCMessage *message, enum codec_known known)
{
    switch (known) {
    case CODEC_TIMESTAMP:
        return read_timestamp(reader, (Google__Protobuf__Timestamp *)message);
    case CODEC_DURATION:
        return read_duration(reader, (Google__Protobuf__Duration *)message);
    case CODEC_FIELD_MASK:
        return read_field_mask(reader, (Google__Protobuf__FieldMask *)message);
    case CODEC_WRAPPER: {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[0];
        return json_read_value(reader, field, codec_at(message, field->offset)) == JSON_READ;
    }
    case CODEC_STRUCT:
        return read_struct(reader, (Google__Protobuf__Struct *)message);
    case CODEC_VALUE:
        return read_value(reader, (Google__Protobuf__Value *)message);
    case CODEC_LIST_VALUE:
        return read_list_value(reader, (Google__Protobuf__ListValue *)message);
    default:
        return read_any(reader, (Google__Protobuf__Any *)message);
    }
}
