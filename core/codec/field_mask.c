#include "codec/field_mask.h"

#include <stdlib.h>
#include <string.h>

#include "codec/codec.h"
#include "codec/descriptor.h"
#include "codec/json_lex.h"

bool codec_field_mask_add(struct arena *arena, Google__Protobuf__FieldMask *mask, const char *path)
{
    unsigned nodes = 0;
    if (mask->n_paths >= FIELD_MASK_MAX_PATHS)
        return false;
    void *slot = codec_append(arena, &mask->base, &google__protobuf__field_mask__descriptor.fields[0], &nodes);
    codec_set_pointer(slot, path);
    return true;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* One lowerCamelCase path to snake_case; NULL if it isn't dotted identifiers. */
static char *snake_path(struct arena *arena, const char *path, size_t length)
{
    char *out = arena_alloc(arena, length * 2 + 1);
    size_t at = 0;
    bool start = true;
    for (size_t i = 0; i < length; i++) {
        char c = path[i];
        if (c == '.' && !start) {
            start = true;
            out[at++] = c;
            continue;
        }
        if (!is_letter(c) && (start || c < '0' || c > '9'))
            return NULL;
        if (c >= 'A' && c <= 'Z') {
            out[at++] = '_';
            c = (char)(c - 'A' + 'a');
        }
        out[at++] = c;
        start = false;
    }
    out[at] = '\0';
    return start ? NULL : out;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

enum field_mask_result codec_field_mask_from_json(struct arena *arena, const char *text, size_t length,
                                                  Google__Protobuf__FieldMask *out, const char **bad,
                                                  size_t *bad_length)
{
    while (length && is_space(*text)) {
        text++;
        length--;
    }
    while (length && is_space(text[length - 1]))
        length--;
    if (length == 0)
        return FIELD_MASK_OK;
    for (const char *end = text + length; text <= end;) {
        const char *comma = memchr(text, ',', (size_t)(end - text));
        size_t part = (size_t)((comma ? comma : end) - text);
        const char *path = snake_path(arena, text, part);
        if (!path) {
            *bad = text;
            *bad_length = part;
            return FIELD_MASK_BAD_PATH;
        }
        if (!codec_field_mask_add(arena, out, path))
            return FIELD_MASK_TOO_LONG;
        text += part + 1;
    }
    return FIELD_MASK_OK;
}

enum field_mask_result codec_field_mask_from_query(struct arena *arena, const char *text, size_t length,
                                                   Google__Protobuf__FieldMask *out)
{
    for (const char *end = text + length; text <= end;) {
        const char *comma = memchr(text, ',', (size_t)(end - text));
        size_t part = (size_t)((comma ? comma : end) - text);
        if (!codec_field_mask_add(arena, out, arena_strndup(arena, text, part)))
            return FIELD_MASK_TOO_LONG;
        text += part + 1;
    }
    return FIELD_MASK_OK;
}

static bool add_path(struct json_reader *reader, Google__Protobuf__FieldMask *mask, const char *path)
{
    if (codec_field_mask_add(reader->arena, mask, path))
        return true;
    status_set(reader->status, STATUS_INVALID_ARGUMENT, "message has too many values");
    return false;
}

static bool walk_object(struct json_reader *reader, const ProtobufCMessageDescriptor *descriptor, const char *path,
                        Google__Protobuf__FieldMask *mask);

static bool walk_member(struct json_reader *reader, const ProtobufCFieldDescriptor *field, const char *path,
                        Google__Protobuf__FieldMask *mask)
{
    const ProtobufCMessageDescriptor *inner = field->type == PROTOBUF_C_TYPE_MESSAGE ? field->descriptor : NULL;
    bool object = json_peek(reader) == '{';
    if (field->label != PROTOBUF_C_LABEL_REPEATED && object) {
        if (!inner) {
            status_set(reader->status, STATUS_INVALID_ARGUMENT, "JSON structure did not match request type");
            return false;
        }
        if (codec_known_type(inner) == CODEC_ORDINARY)
            return walk_object(reader, inner, path, mask);
    }
    return add_path(reader, mask, path) && json_skip_value(reader);
}

static bool walk_object(struct json_reader *reader, const ProtobufCMessageDescriptor *descriptor, const char *path,
                        Google__Protobuf__FieldMask *mask)
{
    unsigned hint = 0;
    struct json_walk walk;
    json_begin(&walk, reader, '{');
    while (json_more(&walk)) {
        struct json_string key;
        if (!json_read_key(reader, &key))
            return false;
        const ProtobufCFieldDescriptor *field = codec_find_field(descriptor, key.text, key.length, &hint);
        if (!field) {
            status_set(reader->status, STATUS_INVALID_ARGUMENT, "could not find field \"%.*s\" in \"%s\"",
                       key.length > 200 ? 200 : (int)key.length, key.text, descriptor->name);
            return false;
        }
        const char *child = *path ? arena_printf(reader->arena, "%s.%s", path, field->name) : field->name;
        if (!walk_member(reader, field, child, mask))
            return false;
    }
    return walk.whole && (walk.count > 0 || add_path(reader, mask, path));
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(codec_get_pointer(a), codec_get_pointer(b));
}

enum status_code codec_field_mask_from_body(struct arena *arena, const ProtobufCMessageDescriptor *descriptor,
                                            const char *text, size_t length, Google__Protobuf__FieldMask **out,
                                            struct status *status)
{
    static const struct codec_json_options options = {.rest_messages = true};
    struct status local;
    struct json_reader reader = {.arena = arena,
                                 .start = text,
                                 .at = text,
                                 .end = text + length,
                                 .options = &options,
                                 .depth_limit = CODEC_MAX_DEPTH,
                                 .status = status ? status : &local};
    Google__Protobuf__FieldMask *mask =
        CODEC_NEW(arena, Google__Protobuf__FieldMask, google__protobuf__field_mask__descriptor);
    *out = mask;
    json_peek(&reader);
    if (reader.at == reader.end)
        return STATUS_OK;
    if (!walk_object(&reader, descriptor, "", mask))
        return reader.status->code;
    if (mask->n_paths > 1)
        qsort(mask->paths, mask->n_paths, sizeof *mask->paths, compare_paths);
    return STATUS_OK;
}
