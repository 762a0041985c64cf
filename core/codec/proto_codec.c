#include "base/utf8.h"
#include "codec/codec.h"
#include "codec/descriptor.h"

static void *arena_take(void *arena, size_t size)
{
    return arena_alloc(arena, size);
}

static void arena_keep(void *arena, void *pointer)
{
    (void)arena;
    (void)pointer;
}

ProtobufCAllocator codec_arena_allocator(struct arena *arena)
{
    return (ProtobufCAllocator){.alloc = arena_take, .free = arena_keep, .allocator_data = arena};
}

void codec_write_proto(struct buf *out, const ProtobufCMessage *message)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    buf_reserve(out, size);
    if (size)
        out->len += protobuf_c_message_pack(message, (uint8_t *)out->data + out->len);
}

/* Wire types of the encoding (protobuf.dev, "Encoding"). */
enum wire_type { WIRE_VARINT, WIRE_64BIT, WIRE_BYTES, WIRE_GROUP_START, WIRE_GROUP_END, WIRE_32BIT };

struct proto_reader {
    struct arena *arena;
    const struct spool_list *spools;
    unsigned depth, nodes;
    struct status *status;
};

/* What is left of one message. */
struct span {
    const uint8_t *at, *end;
};

/* One field as it stands on the wire: a number, or a span of bytes. */
struct wire_value {
    enum wire_type type;
    uint64_t number;
    struct span bytes;
};

static bool malformed(struct proto_reader *reader)
{
    status_set(reader->status, STATUS_INVALID_ARGUMENT, "proto: cannot parse invalid wire-format data");
    return false;
}

static bool too_many(struct proto_reader *reader)
{
    status_set(reader->status, STATUS_INVALID_ARGUMENT, "message has too many values");
    return false;
}

static bool enter(struct proto_reader *reader)
{
    if (reader->depth >= CODEC_MAX_DEPTH) {
        status_set(reader->status, STATUS_INVALID_ARGUMENT, "proto: exceeded max recursion depth");
        return false;
    }
    reader->depth++;
    return true;
}

static bool read_varint(struct span *span, uint64_t *out)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70 && span->at < span->end; shift += 7) {
        uint8_t byte = *span->at++;
        if (shift == 63 && byte > 1)
            return false;
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            *out = value;
            return true;
        }
    }
    return false;
}

static bool read_fixed(struct span *span, size_t size, uint64_t *out)
{
    if ((size_t)(span->end - span->at) < size)
        return false;
    *out = 0;
    for (size_t i = 0; i < size; i++)
        *out |= (uint64_t)span->at[i] << 8 * i;
    span->at += size;
    return true;
}

static bool read_tag(struct span *span, uint32_t *number, enum wire_type *type)
{
    uint64_t tag;
    if (!read_varint(span, &tag) || tag > UINT32_MAX || tag >> 3 == 0)
        return false;
    *number = (uint32_t)(tag >> 3);
    *type = (enum wire_type)(tag & 7);
    return true;
}

/* Groups are not in proto3, but a reader must be able to skip them. */
static bool skip_group(struct proto_reader *reader, struct span *span, uint32_t group);

static bool read_wire_value(struct proto_reader *reader, struct span *span, uint32_t number, struct wire_value *out)
{
    uint64_t length;
    switch (out->type) {
    case WIRE_VARINT:
        return read_varint(span, &out->number) || malformed(reader);
    case WIRE_64BIT:
        return read_fixed(span, 8, &out->number) || malformed(reader);
    case WIRE_32BIT:
        return read_fixed(span, 4, &out->number) || malformed(reader);
    case WIRE_BYTES:
        if (!read_varint(span, &length) || length > (uint64_t)(span->end - span->at))
            return malformed(reader);
        out->bytes = (struct span){span->at, span->at + length};
        span->at += length;
        return true;
    case WIRE_GROUP_START:
        return skip_group(reader, span, number);
    default:
        return malformed(reader);
    }
}

static bool skip_group(struct proto_reader *reader, struct span *span, uint32_t group)
{
    if (!enter(reader))
        return false;
    for (;;) {
        uint32_t number;
        struct wire_value value = {0};
        if (!read_tag(span, &number, &value.type))
            return malformed(reader);
        if (value.type == WIRE_GROUP_END) {
            reader->depth--;
            return number == group || malformed(reader);
        }
        if (!read_wire_value(reader, span, number, &value))
            return false;
    }
}

static enum wire_type expected_type(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return WIRE_32BIT;
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return WIRE_64BIT;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return WIRE_BYTES;
    default:
        return WIRE_VARINT;
    }
}

static void store_number(ProtobufCType type, uint64_t number, void *value)
{
    uint32_t low = (uint32_t)number;
    switch (type) {
    case PROTOBUF_C_TYPE_SINT32:
        low = low >> 1 ^ (0 - (low & 1));
        memcpy(value, &low, sizeof low);
        break;
    case PROTOBUF_C_TYPE_SINT64:
        number = number >> 1 ^ (0 - (number & 1));
        memcpy(value, &number, sizeof number);
        break;
    case PROTOBUF_C_TYPE_BOOL:
        *(protobuf_c_boolean *)value = number != 0;
        break;
    default:
        if (codec_value_size(type) == sizeof number)
            memcpy(value, &number, sizeof number);
        else
            memcpy(value, &low, sizeof low);
    }
}

static bool read_message(struct proto_reader *reader, struct span span, ProtobufCMessage *message);

static uint8_t *keep_bytes(const struct proto_reader *reader, const uint8_t *bytes, size_t length)
{
    if (spool_holds(reader->spools, bytes)) {
        union {
            const uint8_t *in; /* protobuf-c has no const for what a message borrows */
            uint8_t *borrowed;
        } place = {bytes};
        return place.borrowed;
    }
    uint8_t *copy = arena_alloc(reader->arena, length);
    if (length)
        memcpy(copy, bytes, length);
    return copy;
}

/* slot holds the value so far: a message that comes in pieces is merged. */
static bool store_bytes(struct proto_reader *reader, const ProtobufCFieldDescriptor *field, struct span bytes,
                        void *slot)
{
    size_t length = (size_t)(bytes.end - bytes.at);
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        const char *text = (const char *)bytes.at;
        /* C strings end at NUL; refusing is better than cutting the text off. */
        const char *fault = !utf8_valid(text, length)    ? "contains invalid UTF-8"
                            : memchr(text, '\0', length) ? "contains U+0000"
                                                         : NULL;
        if (fault) {
            status_set(reader->status, STATUS_INVALID_ARGUMENT, "proto: field %s %s", field->name, fault);
            return false;
        }
        codec_set_pointer(slot, arena_strndup(reader->arena, text, length));
        return true;
    }
    if (field->type == PROTOBUF_C_TYPE_BYTES) {
        *(ProtobufCBinaryData *)slot = (ProtobufCBinaryData){length, keep_bytes(reader, bytes.at, length)};
        return true;
    }
    ProtobufCMessage *message = codec_get_pointer(slot);
    if (!message) {
        if (++reader->nodes > CODEC_MAX_NODES)
            return too_many(reader);
        message = codec_new(reader->arena, field->descriptor);
        codec_set_pointer(slot, message);
    }
    return read_message(reader, bytes, message);
}

static bool read_packed(struct proto_reader *reader, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                        struct span span)
{
    enum wire_type type = expected_type(field->type);
    while (span.at < span.end) {
        uint64_t number;
        bool valid =
            type == WIRE_VARINT ? read_varint(&span, &number) : read_fixed(&span, type == WIRE_32BIT ? 4 : 8, &number);
        if (!valid)
            return malformed(reader);
        void *slot = codec_append(reader->arena, message, field, &reader->nodes);
        if (!slot)
            return too_many(reader);
        store_number(field->type, number, slot);
    }
    return true;
}

/* Another member of the oneof may lie where this one goes: its bytes must not be taken for a message. */
static void clear_other_member(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    if (codec_in_oneof(field) && *(const uint32_t *)codec_at(message, field->quantifier_offset) != field->id)
        memset(codec_at(message, field->offset), 0, codec_value_size(field->type));
}

static bool read_field(struct proto_reader *reader, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                       const struct wire_value *value)
{
    enum wire_type expected = expected_type(field->type);
    bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
    if (repeated && expected != WIRE_BYTES && value->type == WIRE_BYTES)
        return read_packed(reader, message, field, value->bytes);
    if (value->type != expected)
        return true; /* as an unknown field */
    void *slot = codec_at(message, field->offset);
    if (repeated) {
        slot = codec_append(reader->arena, message, field, &reader->nodes);
        if (!slot)
            return too_many(reader);
    } else {
        clear_other_member(message, field);
        codec_mark_present(message, field);
    }
    if (expected == WIRE_BYTES)
        return store_bytes(reader, field, value->bytes, slot);
    store_number(field->type, value->number, slot);
    return true;
}

static bool read_message(struct proto_reader *reader, struct span span, ProtobufCMessage *message)
{
    if (!enter(reader))
        return false;
    while (span.at < span.end) {
        uint32_t number;
        struct wire_value value = {0};
        if (!read_tag(&span, &number, &value.type))
            return malformed(reader);
        if (!read_wire_value(reader, &span, number, &value))
            return false;
        const ProtobufCFieldDescriptor *field = codec_field_by_number(message->descriptor, number);
        if (field && !read_field(reader, message, field, &value))
            return false;
    }
    reader->depth--;
    return true;
}

/* On the wire a map is a list of entries: later ones replace earlier ones, and a value left out is an empty one. */
static void finish_map(struct arena *arena, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    const ProtobufCFieldDescriptor *value = &((const ProtobufCMessageDescriptor *)field->descriptor)->fields[1];
    codec_map_drop_duplicates(arena, message, field);
    if (value->type != PROTOBUF_C_TYPE_MESSAGE)
        return;
    size_t count = *(const size_t *)codec_at(message, field->quantifier_offset);
    const char *list = codec_get_pointer(codec_at(message, field->offset));
    for (size_t i = 0; i < count; i++) {
        void *slot = codec_at(codec_get_pointer(list + i * sizeof(void *)), value->offset);
        if (!codec_get_pointer(slot))
            codec_set_pointer(slot, codec_new(arena, value->descriptor));
    }
}

/* All maps of a message and of those in it. Only when everything is read: a message may come in any number of pieces,
 * and a map must not be sorted for each of them. Goes as deep as the reader went. */
static void finish_maps(struct arena *arena, ProtobufCMessage *message)
{
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        if (field->type != PROTOBUF_C_TYPE_MESSAGE || !codec_field_present(message, field))
            continue;
        const void *member = codec_at(message, field->offset);
        if (field->label != PROTOBUF_C_LABEL_REPEATED) {
            finish_maps(arena, codec_get_pointer(member));
            continue;
        }
        if (codec_is_map(message->descriptor, field))
            finish_map(arena, message, field);
        size_t count = *(const size_t *)codec_at(message, field->quantifier_offset);
        const char *list = codec_get_pointer(member);
        for (size_t item = 0; item < count; item++)
            finish_maps(arena, codec_get_pointer(list + item * sizeof(void *)));
    }
}

size_t codec_proto_unfinished(const ProtobufCMessageDescriptor *descriptor, const void *data, size_t length)
{
    struct span span = {data, (const uint8_t *)data + length};
    while (descriptor && span.at < span.end) {
        uint32_t number;
        uint64_t value;
        enum wire_type type;
        if (!read_tag(&span, &number, &type))
            return 0;
        if (type == WIRE_64BIT || type == WIRE_32BIT) {
            if (!read_fixed(&span, type == WIRE_64BIT ? 8 : 4, &value))
                return 0;
        } else if ((type != WIRE_VARINT && type != WIRE_BYTES) || !read_varint(&span, &value)) {
            return 0;
        } else if (type == WIRE_BYTES && value <= (uint64_t)(span.end - span.at)) {
            span.at += value;
        } else if (type == WIRE_BYTES) {
            const ProtobufCFieldDescriptor *field = codec_field_by_number(descriptor, number);
            if (field && field->type == PROTOBUF_C_TYPE_BYTES)
                return (size_t)(span.at - (const uint8_t *)data);
            descriptor = field && field->type == PROTOBUF_C_TYPE_MESSAGE ? field->descriptor : NULL;
        }
    }
    return 0;
}

enum status_code codec_read_proto_in(struct arena *arena, const struct spool_list *spools,
                                     const ProtobufCMessageDescriptor *descriptor, const void *data, size_t length,
                                     ProtobufCMessage **out, struct status *status)
{
    struct status local;
    struct proto_reader reader = {.arena = arena, .spools = spools, .status = status ? status : &local};
    const uint8_t *bytes = length ? data : (const uint8_t *)"";
    ProtobufCMessage *message = codec_new(arena, descriptor);
    if (!read_message(&reader, (struct span){bytes, bytes + length}, message))
        return reader.status->code;
    finish_maps(arena, message);
    *out = message;
    return STATUS_OK;
}

enum status_code codec_read_proto(struct arena *arena, const ProtobufCMessageDescriptor *descriptor, const void *data,
                                  size_t length, ProtobufCMessage **out, struct status *status)
{
    return codec_read_proto_in(arena, NULL, descriptor, data, length, out, status);
}
