#include "codec/json_read.h"

void *codec_new(struct arena *arena, const ProtobufCMessageDescriptor *descriptor)
{
    ProtobufCMessage *message = arena_alloc(arena, descriptor->sizeof_message);
    protobuf_c_message_init(descriptor, message);
    return message;
}

enum json_outcome json_read_value(struct json_reader *reader, const ProtobufCFieldDescriptor *field, void *value)
{
    if (field->type != PROTOBUF_C_TYPE_MESSAGE)
        return json_read_scalar(reader, field, value);
    if (!json_count_node(reader))
        return JSON_FAILED;
    ProtobufCMessage *message = codec_new(reader->arena, field->descriptor);
    if (!json_read_message(reader, message))
        return JSON_FAILED;
    codec_set_pointer(value, message);
    return JSON_READ;
}

static bool too_many(struct json_reader *reader)
{
    status_set(reader->status, STATUS_INVALID_ARGUMENT, "message has too many values");
    return false;
}

static bool read_list(struct json_reader *reader, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    size_t *count = codec_at(message, field->quantifier_offset);
    struct json_walk walk;
    json_begin_list(&walk, reader);
    while (json_more(&walk)) {
        void *slot = codec_append(reader->arena, message, field, &reader->nodes);
        if (!slot)
            return too_many(reader);
        enum json_outcome outcome = json_read_value(reader, field, slot);
        if (outcome == JSON_FAILED)
            return false;
        if (outcome == JSON_IGNORED)
            --*count;
    }
    return walk.whole;
}

/* The name of a member as the key of a map, whose type may be a number. */
static bool read_map_key(struct json_reader *reader, const char *at, const struct json_string *name,
                         const ProtobufCFieldDescriptor *field, void *value)
{
    struct json_reader inner = *reader;
    char *copy = arena_strndup(reader->arena, name->text, name->length);
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        if (strlen(copy) != name->length)
            return json_value_error(reader, at, "map key contains U+0000");
        codec_set_pointer(value, copy);
        return true;
    }
    inner.start = inner.at = copy;
    inner.end = copy + name->length;
    if (json_read_scalar(&inner, field, value) == JSON_READ && inner.at == inner.end)
        return true;
    return json_value_error(reader, at, "invalid value for map key: %.*s", json_token_length(reader, at), at);
}

static bool read_map(struct json_reader *reader, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    const ProtobufCMessageDescriptor *entry = field->descriptor;
    size_t *count = codec_at(message, field->quantifier_offset);
    const char *opening = reader->at;
    struct json_walk walk;
    json_begin(&walk, reader, '{');
    while (json_more(&walk)) {
        json_peek(reader);
        const char *at = reader->at;
        struct json_string name;
        void *slot = codec_append(reader->arena, message, field, &reader->nodes);
        if (!slot)
            return too_many(reader);
        ProtobufCMessage *item = codec_new(reader->arena, entry);
        codec_set_pointer(slot, item);
        if (!json_read_key(reader, &name) ||
            !read_map_key(reader, at, &name, &entry->fields[0], codec_at(item, entry->fields[0].offset)))
            return false;
        enum json_outcome outcome = json_read_value(reader, &entry->fields[1], codec_at(item, entry->fields[1].offset));
        if (outcome == JSON_FAILED)
            return false;
        if (outcome == JSON_IGNORED)
            --*count;
    }
    if (!walk.whole)
        return false;
    if (codec_map_drop_duplicates(reader->arena, message, field))
        return json_value_error(reader, opening, "duplicate map key");
    return true;
}

/* JSON null leaves a field unset, except where null is a value. */
static bool null_is_value(const ProtobufCFieldDescriptor *field)
{
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return codec_known_type(field->descriptor) == CODEC_VALUE;
    return field->type == PROTOBUF_C_TYPE_ENUM &&
           strcmp(((const ProtobufCEnumDescriptor *)field->descriptor)->name, "google.protobuf.NullValue") == 0;
}

static bool read_singular(struct json_reader *reader, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                          const char *key)
{
    if (codec_in_oneof(field) && *(const uint32_t *)codec_at(message, field->quantifier_offset) != 0)
        return json_value_error(reader, key, "error parsing %.*s, oneof is already set", json_token_length(reader, key),
                                key);
    /* Into a place of its own: the members of a oneof share theirs, and a failed read must not leave half a value. */
    union {
        uint64_t number;
        ProtobufCBinaryData bytes;
        void *pointer;
    } value = {0};
    enum json_outcome outcome = json_read_value(reader, field, &value);
    if (outcome == JSON_READ) {
        memcpy(codec_at(message, field->offset), &value, codec_value_size(field->type));
        codec_mark_present(message, field);
    }
    return outcome != JSON_FAILED;
}

static bool read_field(struct json_reader *reader, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                       const char *key)
{
    if (json_peek(reader) == 'n' && !null_is_value(field) && json_take_word(reader, "null"))
        return true;
    if (field->label != PROTOBUF_C_LABEL_REPEATED)
        return read_singular(reader, message, field, key);
    return codec_is_map(message->descriptor, field) ? read_map(reader, message, field)
                                                    : read_list(reader, message, field);
}

static bool read_unknown(struct json_reader *reader, const ProtobufCMessage *message, const struct json_string *name)
{
    if (!reader->options->reject_unknown)
        return json_skip_value(reader);
    status_set(reader->status, STATUS_INVALID_ARGUMENT, "could not find field \"%.*s\" in \"%s\"",
               name->length > 200 ? 200 : (int)name->length, name->text, message->descriptor->name);
    return false;
}

bool json_read_object(struct json_reader *reader, ProtobufCMessage *message, bool without_type)
{
    enum { SEEN_WORDS = 4 };
    uint64_t seen[SEEN_WORDS] = {0};
    unsigned hint = 0;
    struct json_walk walk;
    json_begin(&walk, reader, '{');
    while (json_more(&walk)) {
        json_peek(reader);
        const char *key = reader->at;
        struct json_string name;
        if (!json_read_key(reader, &name))
            return false;
        const ProtobufCFieldDescriptor *field = codec_find_field(message->descriptor, name.text, name.length, &hint);
        if (!field) {
            bool type = without_type && name.length == 5 && memcmp(name.text, "@type", 5) == 0;
            if (type ? !json_skip_value(reader) : !read_unknown(reader, message, &name))
                return false;
            continue;
        }
        size_t index = (size_t)(field - message->descriptor->fields), word = index / 64 % SEEN_WORDS;
        if (seen[word] & UINT64_C(1) << index % 64)
            return json_value_error(reader, key, "duplicate field %.*s", json_token_length(reader, key), key);
        seen[word] |= index / 64 < SEEN_WORDS ? UINT64_C(1) << index % 64 : 0;
        if (!read_field(reader, message, field, key))
            return false;
    }
    return walk.whole;
}

bool json_read_message(struct json_reader *reader, ProtobufCMessage *message)
{
    enum codec_known known = codec_known_type(message->descriptor);
    if (known == CODEC_ORDINARY || known == CODEC_EMPTY)
        return json_read_object(reader, message, false);
    return json_read_known(reader, message, known);
}

/* The gateway checks the syntax of the whole value before it looks at what it means. */
static bool check_syntax(const struct json_reader *reader, const char **end)
{
    struct json_reader scan = *reader;
    bool valid = json_skip_value(&scan);
    *end = scan.at;
    return valid;
}

enum status_code codec_read_json(struct arena *arena, const ProtobufCMessageDescriptor *descriptor, const char *text,
                                 size_t length, const struct codec_json_options *options, ProtobufCMessage **out,
                                 struct status *status)
{
    static const struct codec_json_options defaults;
    struct status local;
    struct json_reader reader = {.arena = arena,
                                 .start = text,
                                 .at = text,
                                 .end = text + length,
                                 .options = options ? options : &defaults,
                                 .status = status ? status : &local};
    reader.depth_limit = reader.options->depth_limit ? reader.options->depth_limit : CODEC_MAX_DEPTH;
    if (length == 0)
        return status_set(status, STATUS_INVALID_ARGUMENT, "zero-length payload is not a valid JSON object");
    if (reader.options->rest_messages) {
        json_peek(&reader);
        reader.start = reader.at;
        if (!check_syntax(&reader, &reader.end))
            return reader.status->code;
        if (!reader.options->ignore_trailing)
            reader.end = text + length;
    }
    ProtobufCMessage *message = codec_new(arena, descriptor);
    if (!json_read_message(&reader, message))
        return reader.status->code;
    json_peek(&reader);
    if (!reader.options->ignore_trailing && reader.at < reader.end) {
        json_syntax_error(&reader, reader.at, "after top-level value");
        return reader.status->code;
    }
    *out = message;
    return STATUS_OK;
}
