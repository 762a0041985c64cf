/* Facts about protobuf-c descriptors that the readers and writers share. */
#ifndef MEMORA_CODEC_DESCRIPTOR_H
#define MEMORA_CODEC_DESCRIPTOR_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/arena.h"

/* Messages with a JSON form of their own (protobuf.dev, "ProtoJSON format"). */
enum codec_known {
    CODEC_ORDINARY,
    CODEC_TIMESTAMP,
    CODEC_DURATION,
    CODEC_FIELD_MASK,
    CODEC_EMPTY, /* an ordinary object, but inside Any written like the others */
    CODEC_WRAPPER,
    CODEC_STRUCT,
    CODEC_VALUE,
    CODEC_LIST_VALUE,
    CODEC_ANY
};

enum {
    CODEC_MAX_DEPTH = 100,
    /* Messages and elements of repeated fields in one message. They are what makes memory grow beyond a small multiple
     * of the input, hence the bound. */
    CODEC_MAX_NODES = 1 << 18
};

enum codec_known codec_known_type(const ProtobufCMessageDescriptor *descriptor);

/* protobuf-c gives maps as repeated messages; protoc names those <Parent>.<FieldName>Entry with fields key and value.
 */
bool codec_is_map(const ProtobufCMessageDescriptor *parent, const ProtobufCFieldDescriptor *field);

/* Bytes of one value in the C struct. */
size_t codec_value_size(ProtobufCType type);

/* Whether the text, which may hold NULs, is this name. */
static inline bool codec_name_equal(const char *name, const char *text, size_t length)
{
    return strlen(name) == length && memcmp(name, text, length) == 0;
}

/* Whether the JSON name of a field (lowerCamelCase of name) equals the key. */
bool codec_json_name_equal(const char *name, const char *key, size_t length);
/* Writes the JSON name; out has room for strlen(name) bytes. Returns the length. */
size_t codec_json_name(const char *name, char *out);

/* Finds a field by its JSON or .proto name; hint (in/out) is the index to try first. NULL if there is none. */
const ProtobufCFieldDescriptor *codec_find_field(const ProtobufCMessageDescriptor *descriptor, const char *key,
                                                 size_t length, unsigned *hint);
const ProtobufCFieldDescriptor *codec_field_by_number(const ProtobufCMessageDescriptor *descriptor, uint32_t number);

static inline void *codec_at(const void *message, unsigned offset)
{
    return (char *)message + offset;
}

/* Members are pointers to many types; copying their bytes keeps within the aliasing rules. */
static inline void *codec_get_pointer(const void *member)
{
    void *pointer;
    memcpy(&pointer, member, sizeof pointer);
    return pointer;
}

static inline void codec_set_pointer(void *member, const void *pointer)
{
    memcpy(member, &pointer, sizeof pointer);
}

static inline bool codec_in_oneof(const ProtobufCFieldDescriptor *field)
{
    return field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
}

/* Set explicitly, or not at its default: what proto3 puts on the wire. */
bool codec_field_present(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);
/* Marks a non-repeated field as set (oneof case, has_ flag of proto2). */
void codec_mark_present(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

/* Slot for one more element of a repeated field, or NULL when the bound on nodes is reached. */
void *codec_append(struct arena *arena, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                   unsigned *nodes);

/* Drops all but the last entry of equal keys from a map; returns how many were dropped. Order is kept otherwise. */
size_t codec_map_drop_duplicates(struct arena *arena, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

/* Programs whose messages carry google.protobuf.Any define this NULL-terminated table of the types that may be inside.
 * Without it an Any has no JSON form. */
extern const ProtobufCMessageDescriptor *const codec_any_types[] __attribute__((weak));
/* "type.googleapis.com/pkg.Type" to a descriptor; NULL if unknown. */
const ProtobufCMessageDescriptor *codec_any_type(const char *url, size_t length);

#endif
