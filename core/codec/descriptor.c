#include "codec/descriptor.h"

#include <stdlib.h>
#include <string.h>

#include "google/protobuf/any.pb-c.h"
#include "google/protobuf/duration.pb-c.h"
#include "google/protobuf/empty.pb-c.h"
#include "google/protobuf/field_mask.pb-c.h"
#include "google/protobuf/struct.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "google/protobuf/wrappers.pb-c.h"

static const struct {
    const ProtobufCMessageDescriptor *descriptor;
    enum codec_known known;
} known_types[] = {
    {&google__protobuf__timestamp__descriptor, CODEC_TIMESTAMP},
    {&google__protobuf__empty__descriptor, CODEC_EMPTY},
    {&google__protobuf__field_mask__descriptor, CODEC_FIELD_MASK},
    {&google__protobuf__duration__descriptor, CODEC_DURATION},
    {&google__protobuf__double_value__descriptor, CODEC_WRAPPER},
    {&google__protobuf__float_value__descriptor, CODEC_WRAPPER},
    {&google__protobuf__int64_value__descriptor, CODEC_WRAPPER},
    {&google__protobuf__uint64_value__descriptor, CODEC_WRAPPER},
    {&google__protobuf__int32_value__descriptor, CODEC_WRAPPER},
    {&google__protobuf__uint32_value__descriptor, CODEC_WRAPPER},
    {&google__protobuf__bool_value__descriptor, CODEC_WRAPPER},
    {&google__protobuf__string_value__descriptor, CODEC_WRAPPER},
    {&google__protobuf__bytes_value__descriptor, CODEC_WRAPPER},
    {&google__protobuf__struct__descriptor, CODEC_STRUCT},
    {&google__protobuf__value__descriptor, CODEC_VALUE},
    {&google__protobuf__list_value__descriptor, CODEC_LIST_VALUE},
    {&google__protobuf__any__descriptor, CODEC_ANY},
};

enum codec_known codec_known_type(const ProtobufCMessageDescriptor *descriptor)
{
    /* The first byte decides nearly always, and this runs for every message. */
    if (descriptor->package_name[0] != 'g' || strcmp(descriptor->package_name, "google.protobuf") != 0)
        return CODEC_ORDINARY;
    for (size_t i = 0; i < sizeof known_types / sizeof known_types[0]; i++)
        if (known_types[i].descriptor == descriptor)
            return known_types[i].known;
    return CODEC_ORDINARY;
}

bool codec_is_map(const ProtobufCMessageDescriptor *parent, const ProtobufCFieldDescriptor *field)
{
    if (field->label != PROTOBUF_C_LABEL_REPEATED || field->type != PROTOBUF_C_TYPE_MESSAGE)
        return false;
    const ProtobufCMessageDescriptor *entry = field->descriptor;
    if (entry->n_fields != 2 || entry->fields[0].id != 1 || entry->fields[1].id != 2 ||
        strcmp(entry->fields[0].name, "key") != 0 || strcmp(entry->fields[1].name, "value") != 0)
        return false;
    size_t parent_len = strlen(parent->name);
    if (strncmp(entry->name, parent->name, parent_len) != 0 || entry->name[parent_len] != '.')
        return false;
    const char *name = entry->name + parent_len + 1;
    bool upper = true;
    for (const char *c = field->name; *c; c++) {
        if (*c == '_') {
            upper = true;
            continue;
        }
        char expected = upper && *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
        if (*name++ != expected)
            return false;
        upper = false;
    }
    return strcmp(name, "Entry") == 0;
}

size_t codec_value_size(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return sizeof(uint64_t);
    case PROTOBUF_C_TYPE_DOUBLE:
        return sizeof(double);
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_STRING:
        return sizeof(char *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(ProtobufCMessage *);
    default:
        return sizeof(uint32_t);
    }
}

bool codec_json_name_equal(const char *name, const char *key, size_t length)
{
    size_t at = 0;
    for (bool upper = false; *name; name++) {
        if (*name == '_') {
            upper = true;
            continue;
        }
        char expected = upper && *name >= 'a' && *name <= 'z' ? (char)(*name - 'a' + 'A') : *name;
        if (at == length || key[at++] != expected)
            return false;
        upper = false;
    }
    return at == length;
}

size_t codec_json_name(const char *name, char *out)
{
    size_t length = 0;
    for (bool upper = false; *name; name++) {
        if (*name == '_') {
            upper = true;
            continue;
        }
        out[length++] = upper && *name >= 'a' && *name <= 'z' ? (char)(*name - 'a' + 'A') : *name;
        upper = false;
    }
    return length;
}

static bool field_is(const ProtobufCFieldDescriptor *field, const char *key, size_t length)
{
    if (length == 0 || field->name[0] != key[0])
        return field->name[0] == '_' && codec_json_name_equal(field->name, key, length);
    return codec_name_equal(field->name, key, length) || codec_json_name_equal(field->name, key, length);
}

const ProtobufCFieldDescriptor *codec_find_field(const ProtobufCMessageDescriptor *descriptor, const char *key,
                                                 size_t length, unsigned *hint)
{
    unsigned count = descriptor->n_fields, start = *hint < count ? *hint : 0;
    for (unsigned i = 0; i < count; i++) {
        unsigned index = start + i < count ? start + i : start + i - count;
        if (field_is(&descriptor->fields[index], key, length)) {
            *hint = index + 1;
            return &descriptor->fields[index];
        }
    }
    return NULL;
}

const ProtobufCFieldDescriptor *codec_field_by_number(const ProtobufCMessageDescriptor *descriptor, uint32_t number)
{
    unsigned low = 0, high = descriptor->n_fields;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (descriptor->fields[middle].id < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < descriptor->n_fields && descriptor->fields[low].id == number ? &descriptor->fields[low] : NULL;
}

static bool value_is_zero(const ProtobufCFieldDescriptor *field, const void *value)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING: {
        const char *text = codec_get_pointer(value);
        return !text || !*text;
    }
    case PROTOBUF_C_TYPE_BYTES:
        return ((const ProtobufCBinaryData *)value)->len == 0;
    case PROTOBUF_C_TYPE_MESSAGE:
        return codec_get_pointer(value) == NULL;
    default: {
        /* Bits, not values: -0.0 is not the default. */
        uint64_t bits = 0;
        memcpy(&bits, value, codec_value_size(field->type));
        return bits == 0;
    }
    }
}

bool codec_field_present(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    if (codec_in_oneof(field)) {
        if (*(const uint32_t *)codec_at(message, field->quantifier_offset) != field->id)
            return false;
        return field->type != PROTOBUF_C_TYPE_MESSAGE || !value_is_zero(field, codec_at(message, field->offset));
    }
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return *(const size_t *)codec_at(message, field->quantifier_offset) > 0;
    if (field->label == PROTOBUF_C_LABEL_OPTIONAL && field->type != PROTOBUF_C_TYPE_MESSAGE &&
        field->type != PROTOBUF_C_TYPE_STRING)
        return *(const protobuf_c_boolean *)codec_at(message, field->quantifier_offset);
    return !value_is_zero(field, codec_at(message, field->offset));
}

void codec_mark_present(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    if (codec_in_oneof(field))
        *(uint32_t *)codec_at(message, field->quantifier_offset) = field->id;
    else if (field->label == PROTOBUF_C_LABEL_OPTIONAL && field->type != PROTOBUF_C_TYPE_MESSAGE &&
             field->type != PROTOBUF_C_TYPE_STRING)
        *(protobuf_c_boolean *)codec_at(message, field->quantifier_offset) = 1;
}

void *codec_append(struct arena *arena, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                   unsigned *nodes)
{
    if (++*nodes > CODEC_MAX_NODES)
        return NULL;
    size_t *count = codec_at(message, field->quantifier_offset);
    void *member = codec_at(message, field->offset);
    char *list = codec_get_pointer(member);
    size_t size = codec_value_size(field->type), at = *count;
    /* Room is always the next power of two, so no capacity need be kept. */
    if ((at & (at - 1)) == 0)
        codec_set_pointer(member, list = arena_grow(arena, list, at * size, (at ? at * 2 : 1) * size));
    void *slot = list + at * size;
    memset(slot, 0, size);
    ++*count;
    return slot;
}

struct map_item {
    const ProtobufCMessage *entry;
    size_t position;
};

static int compare_keys(const struct map_item *a, const struct map_item *b, const ProtobufCFieldDescriptor *key)
{
    const void *left = codec_at(a->entry, key->offset), *right = codec_at(b->entry, key->offset);
    if (key->type == PROTOBUF_C_TYPE_STRING)
        return strcmp(codec_get_pointer(left), codec_get_pointer(right));
    return memcmp(left, right, codec_value_size(key->type));
}

static int compare_items(const void *left, const void *right, void *key)
{
    const struct map_item *a = left, *b = right;
    int order = compare_keys(a, b, key);
    return order ? order : a->position < b->position ? -1 : 1;
}

size_t codec_map_drop_duplicates(struct arena *arena, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    const ProtobufCMessageDescriptor *entry = field->descriptor;
    ProtobufCFieldDescriptor key = entry->fields[0];
    size_t *count = codec_at(message, field->quantifier_offset), kept = 0, all = *count;
    if (all < 2)
        return 0;
    char *list = codec_get_pointer(codec_at(message, field->offset));
    struct map_item *items = ARENA_ARRAY(arena, struct map_item, all);
    for (size_t i = 0; i < all; i++)
        items[i] = (struct map_item){codec_get_pointer(list + i * sizeof(void *)), i};
    qsort_r(items, all, sizeof *items, compare_items, &key);
    for (size_t i = 0; i + 1 < all; i++)
        if (compare_keys(&items[i], &items[i + 1], &key) == 0)
            codec_set_pointer(list + items[i].position * sizeof(void *), NULL);
    for (size_t i = 0; i < all; i++) {
        void *item = codec_get_pointer(list + i * sizeof(void *));
        if (item)
            codec_set_pointer(list + kept++ * sizeof(void *), item);
    }
    *count = kept;
    return all - kept;
}

const ProtobufCMessageDescriptor *codec_any_type(const char *url, size_t length)
{
    const char *name = memrchr(url, '/', length);
    if (!name || !codec_any_types)
        return NULL;
    size_t name_len = (size_t)(url + length - ++name);
    for (size_t i = 0; codec_any_types[i]; i++)
        if (codec_name_equal(codec_any_types[i]->name, name, name_len))
            return codec_any_types[i];
    return NULL;
}
