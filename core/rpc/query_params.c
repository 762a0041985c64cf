#include "rpc/query_params.h"

#include <stdbool.h>
#include <string.h>

#include "base/quote.h"
#include "codec/codec.h"
#include "codec/descriptor.h"
#include "wire/percent.h"
#include "rpc/query_value.h"

struct parameter {
    const char *name, *value; /* decoded, NUL-terminated */
    size_t name_length, value_length;
    bool taken;
};

struct query {
    struct arena *arena;
    struct status *status;
    unsigned count;
    struct parameter *parameters;
};

/* The field that a dotted name leads to, and the message it is in. */
struct target {
    ProtobufCMessage *message;
    const ProtobufCFieldDescriptor *field;
};

static enum status_code bad_query(struct query *query, const char *text)
{
    return status_set(query->status, STATUS_INVALID_ARGUMENT, "%s", text);
}

static char *decode(struct query *query, const char *text, size_t length, size_t *out_length)
{
    const char *bad = NULL;
    char *out = wire_percent_decode(query->arena, text, length, true, out_length, &bad);
    if (!out) {
        size_t rest = (size_t)(text + length - bad);
        status_set(query->status, STATUS_INVALID_ARGUMENT, "invalid URL escape %s",
                   text_quote(query->arena, arena_strndup(query->arena, bad, rest < 3 ? rest : 3)));
    }
    return out;
}

static enum status_code split_query(struct query *query, const char *text)
{
    unsigned most = 1;
    for (const char *c = text; *c && most < QUERY_MAX_PARAMETERS; c++)
        most += *c == '&';
    query->parameters = ARENA_ARRAY(query->arena, struct parameter, most);
    for (; *text; text += *text == '&') {
        size_t length = strcspn(text, "&");
        const char *part = text;
        text += length;
        if (length == 0)
            continue;
        if (memchr(part, ';', length))
            return bad_query(query, "invalid semicolon separator in query");
        if (query->count == most)
            return bad_query(query, "too many query parameters");
        struct parameter *parameter = &query->parameters[query->count++];
        const char *equals = memchr(part, '=', length);
        size_t name_length = equals ? (size_t)(equals - part) : length;
        parameter->name = decode(query, part, name_length, &parameter->name_length);
        if (!parameter->name)
            return query->status->code;
        const char *value = equals ? equals + 1 : "";
        parameter->value = decode(query, value, equals ? length - name_length - 1 : 0, &parameter->value_length);
        if (!parameter->value)
            return query->status->code;
    }
    return STATUS_OK;
}

/* Walks the names between the dots, making messages on the way. target->field is NULL for a name that isn't known. */
static enum status_code find_target(struct query *query, ProtobufCMessage *message, const char *path, size_t length,
                                    struct target *out)
{
    *out = (struct target){0};
    for (unsigned depth = 0; depth < QUERY_MAX_DEPTH; depth++) {
        unsigned hint = 0;
        const char *dot = memchr(path, '.', length);
        size_t part = dot ? (size_t)(dot - path) : length;
        const ProtobufCFieldDescriptor *field = codec_find_field(message->descriptor, path, part, &hint);
        if (!field)
            return STATUS_OK;
        if (codec_in_oneof(field)) {
            uint32_t set = *(const uint32_t *)codec_at(message, field->quantifier_offset);
            if (set != 0 && set != field->id)
                return status_set(query->status, STATUS_INVALID_ARGUMENT, "field already set for oneof of \"%s\"",
                                  field->name);
        }
        if (!dot) {
            *out = (struct target){message, field};
            return STATUS_OK;
        }
        if (field->type != PROTOBUF_C_TYPE_MESSAGE || field->label == PROTOBUF_C_LABEL_REPEATED)
            return status_set(query->status, STATUS_INVALID_ARGUMENT, "invalid path: \"%.*s\" is not a message",
                              (int)part, path);
        void *slot = codec_at(message, field->offset);
        if (!codec_field_present(message, field)) {
            codec_set_pointer(slot, codec_new(query->arena, field->descriptor));
            codec_mark_present(message, field);
        }
        message = codec_get_pointer(slot);
        path = dot + 1;
        length -= part + 1;
    }
    return STATUS_OK;
}

static enum status_code prefix_field(struct query *query, const char *what, const ProtobufCFieldDescriptor *field)
{
    return status_prefix(query->status, arena_printf(query->arena, "%s \"%s\": ", what, field->name));
}

static enum status_code set_singular(struct query *query, const struct target *target, const char *value, size_t length)
{
    union {
        uint64_t number;
        ProtobufCBinaryData bytes;
        void *pointer;
    } parsed = {0};
    const ProtobufCFieldDescriptor *field = target->field;
    if (query_value_parse(query->arena, field, value, length, &parsed, query->status) != STATUS_OK)
        return prefix_field(query, "parsing field", field);
    memcpy(codec_at(target->message, field->offset), &parsed, codec_value_size(field->type));
    codec_mark_present(target->message, field);
    return STATUS_OK;
}

static enum status_code append(struct query *query, const struct target *target, const struct parameter *parameter)
{
    unsigned nodes = 0;
    void *slot = codec_append(query->arena, target->message, target->field, &nodes);
    if (query_value_parse(query->arena, target->field, parameter->value, parameter->value_length, slot,
                          query->status) != STATUS_OK)
        return prefix_field(query, "parsing list", target->field);
    return STATUS_OK;
}

/* "a, b" of all values that came under this name. */
static enum status_code too_many_values(struct query *query, unsigned first, const ProtobufCFieldDescriptor *field)
{
    struct buf text = buf_in(query->arena);
    const struct parameter *named = &query->parameters[first];
    for (unsigned i = first; i < query->count; i++)
        if (strcmp(query->parameters[i].name, named->name) == 0)
            buf_printf(&text, "%s%s", i == first ? "" : ", ", query->parameters[i].value);
    return status_set(query->status, STATUS_INVALID_ARGUMENT, "too many values for field \"%s\": %s", field->name,
                      buf_str(&text));
}

static enum status_code set_map_entry(struct query *query, const struct target *target, const char *key,
                                      const struct parameter *parameter)
{
    unsigned nodes = 0;
    const ProtobufCMessageDescriptor *entry = target->field->descriptor;
    void *slot = codec_append(query->arena, target->message, target->field, &nodes);
    ProtobufCMessage *item = codec_new(query->arena, entry);
    codec_set_pointer(slot, item);
    if (query_value_parse(query->arena, &entry->fields[0], key, strlen(key), codec_at(item, entry->fields[0].offset),
                          query->status) != STATUS_OK)
        return prefix_field(query, "parsing map key", target->field);
    if (query_value_parse(query->arena, &entry->fields[1], parameter->value, parameter->value_length,
                          codec_at(item, entry->fields[1].offset), query->status) != STATUS_OK)
        return prefix_field(query, "parsing map value", target->field);
    codec_map_drop_duplicates(query->arena, target->message, target->field);
    return STATUS_OK;
}

static unsigned count_named(const struct query *query, unsigned first)
{
    unsigned count = 0;
    for (unsigned i = first; i < query->count; i++)
        count += strcmp(query->parameters[i].name, query->parameters[first].name) == 0;
    return count;
}

/* name[key]=value */
static enum status_code apply_keyed(struct query *query, unsigned first, const struct target *target, const char *key)
{
    if (!codec_is_map(target->message->descriptor, target->field))
        return too_many_values(query, first, target->field);
    if (count_named(query, first) > 1)
        return status_set(query->status, STATUS_INVALID_ARGUMENT,
                          "more than one value provided for key %s in map \"%s\"", text_quote(query->arena, key),
                          target->field->name);
    return set_map_entry(query, target, key, &query->parameters[first]);
}

static enum status_code apply_plain(struct query *query, unsigned first, const struct target *target)
{
    const struct parameter *parameter = &query->parameters[first];
    if (target->field->label != PROTOBUF_C_LABEL_REPEATED) {
        if (count_named(query, first) > 1)
            return too_many_values(query, first, target->field);
        return set_singular(query, target, parameter->value, parameter->value_length);
    }
    if (codec_is_map(target->message->descriptor, target->field))
        return status_set(query->status, STATUS_INVALID_ARGUMENT,
                          "more than one value provided for key %s in map \"%s\"",
                          text_quote(query->arena, parameter->value), target->field->name);
    for (unsigned i = first; i < query->count; i++)
        if (strcmp(query->parameters[i].name, parameter->name) == 0 &&
            append(query, target, &query->parameters[i]) != STATUS_OK)
            return query->status->code;
    return STATUS_OK;
}

/* A filter holds .proto names; the query may use the JSON names. */
static bool filtered(const struct query_filter *filter, const ProtobufCMessageDescriptor *descriptor, const char *name,
                     size_t length)
{
    for (unsigned i = 0; i < filter->count; i++) {
        const ProtobufCMessageDescriptor *inner = descriptor;
        const char *wanted = filter->fields[i].text, *wanted_end = wanted + filter->fields[i].length;
        const char *at = name, *end = name + length;
        while (inner && at < end && wanted < wanted_end) {
            unsigned hint = 0;
            const char *dot = memchr(at, '.', (size_t)(end - at));
            const char *wanted_dot = memchr(wanted, '.', (size_t)(wanted_end - wanted));
            size_t part = (size_t)((dot ? dot : end) - at);
            size_t wanted_part = (size_t)((wanted_dot ? wanted_dot : wanted_end) - wanted);
            const ProtobufCFieldDescriptor *field = codec_find_field(inner, at, part, &hint);
            if (!field || strlen(field->name) != wanted_part || memcmp(field->name, wanted, wanted_part) != 0)
                break;
            inner = field->type == PROTOBUF_C_TYPE_MESSAGE ? field->descriptor : NULL;
            at += part + (dot != NULL);
            wanted += wanted_part + (wanted_dot != NULL);
        }
        if (wanted == wanted_end)
            return true;
    }
    return false;
}

static enum status_code apply_named(struct query *query, ProtobufCMessage *message, unsigned first,
                                    const struct query_filter *filter)
{
    const struct parameter *parameter = &query->parameters[first];
    const char *name = parameter->name, *key = NULL;
    size_t length = strlen(name);
    const char *bracket = length && name[length - 1] == ']' ? strrchr(name, '[') : NULL;
    if (bracket) {
        key = arena_strndup(query->arena, bracket + 1, (size_t)(name + length - bracket) - 2);
        length = (size_t)(bracket - name);
    }
    if (filtered(filter, message->descriptor, name, length))
        return STATUS_OK;
    struct target target;
    if (find_target(query, message, name, length, &target) != STATUS_OK)
        return query->status->code;
    if (!target.field)
        return STATUS_OK;
    return key ? apply_keyed(query, first, &target, key) : apply_plain(query, first, &target);
}

enum status_code query_apply(struct arena *arena, ProtobufCMessage *message, const char *text,
                             const struct query_filter *filter, struct status *status)
{
    struct status local;
    struct query query = {.arena = arena, .status = status ? status : &local};
    if (!*text)
        return STATUS_OK;
    if (split_query(&query, text) != STATUS_OK)
        return query.status->code;
    for (unsigned i = 0; i < query.count; i++) {
        if (query.parameters[i].taken)
            continue;
        for (unsigned j = i + 1; j < query.count; j++)
            if (strcmp(query.parameters[i].name, query.parameters[j].name) == 0)
                query.parameters[j].taken = true;
        if (apply_named(&query, message, i, filter) != STATUS_OK)
            return query.status->code;
    }
    return STATUS_OK;
}

enum status_code query_set_path(struct arena *arena, ProtobufCMessage *message, const struct path_text *path,
                                const char *value, struct status *status)
{
    struct status local;
    struct query query = {.arena = arena, .status = status ? status : &local};
    struct target target;
    if (find_target(&query, message, path->text, path->length, &target) != STATUS_OK)
        return query.status->code;
    if (!target.field || target.field->label == PROTOBUF_C_LABEL_REPEATED)
        return status_set(status, STATUS_INTERNAL, "path variable %.*s is not a field", (int)path->length, path->text);
    return set_singular(&query, &target, value, strlen(value));
}
