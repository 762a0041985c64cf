#include "rpc/form.h"

#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "codec/codec.h"
#include "codec/descriptor.h"
#include "rpc/multipart.h"

static const ProtobufCFieldDescriptor *find(const ProtobufCMessage *message, const char *name)
{
    unsigned hint = 0;
    return codec_find_field(message->descriptor, name, strlen(name), &hint);
}

static void set_text(ProtobufCMessage *message, const char *name, const char *text)
{
    const ProtobufCFieldDescriptor *field = find(message, name);
    if (field && field->type == PROTOBUF_C_TYPE_STRING && field->label != PROTOBUF_C_LABEL_REPEATED) {
        union {
            const char *text; /* protobuf-c has no const for what a message borrows */
            char *borrowed;
        } value = {text};
        codec_set_pointer(codec_at(message, field->offset), value.borrowed);
        codec_mark_present(message, field);
    }
}

/* A text, or JSON for a message. */
static enum status_code set_part(struct arena *arena, ProtobufCMessage *message, const struct multipart_part *part,
                                 struct status *status)
{
    static const struct codec_json_options options = {.rest_messages = true};
    const ProtobufCFieldDescriptor *field = find(message, part->name);
    ProtobufCMessage *inner = NULL;
    if (part->length > FORM_TEXT_MAX)
        return status_set(status, STATUS_INVALID_ARGUMENT, "multipart: %s is too long", field->name);
    if (!utf8_valid(part->data, part->length) || memchr(part->data, '\0', part->length))
        return status_set(status, STATUS_INVALID_ARGUMENT, "multipart: %s is not UTF-8 text", field->name);
    if (field->type != PROTOBUF_C_TYPE_MESSAGE || field->label == PROTOBUF_C_LABEL_REPEATED) {
        set_text(message, part->name, arena_strndup(arena, part->data, part->length));
        return STATUS_OK;
    }
    if (part->length == 0)
        return STATUS_OK;
    if (codec_read_json(arena, field->descriptor, part->data, part->length, &options, &inner, status))
        return status_prefix(status, arena_printf(arena, "multipart: %s: ", field->name));
    codec_set_pointer(codec_at(message, field->offset), inner);
    codec_mark_present(message, field);
    return STATUS_OK;
}

static bool is_file(const struct multipart_part *part)
{
    return strcmp(part->name, "file") == 0 || strcmp(part->name, "content") == 0;
}

size_t form_file_at(struct arena *arena, const char *boundary, const char *body, size_t length)
{
    struct multipart_part part;
    bool found = *boundary && multipart_unfinished(arena, boundary, body, length, &part) && is_file(&part);
    return found ? (size_t)(part.data - body) : 0;
}

/* The bytes, and what their part says about them; the other parts come later and win. */
static void set_file(ProtobufCMessage *body, const struct multipart_part *part)
{
    const ProtobufCFieldDescriptor *field = find(body, "content");
    union {
        const char *data;
        uint8_t *borrowed;
    } bytes = {part->data};
    if (!field || field->type != PROTOBUF_C_TYPE_BYTES)
        return;
    *(ProtobufCBinaryData *)codec_at(body, field->offset) = (ProtobufCBinaryData){part->length, bytes.borrowed};
    if (part->filename)
        set_text(body, "filename", part->filename);
    /* That is what a client says who doesn't know: then the type is found out here. */
    if (part->type && strcasecmp(part->type, "application/octet-stream") != 0)
        set_text(body, "type", part->type);
}

enum status_code form_read(struct arena *arena, const struct rpc_match *match, ProtobufCMessage *request,
                           ProtobufCMessage *body, struct status *status)
{
    struct multipart *form = ARENA_NEW(arena, struct multipart);
    const struct multipart_part *file = NULL;
    if (!*match->boundary)
        return status_set(status, STATUS_INVALID_ARGUMENT, "multipart: the content type has no valid boundary");
    if (multipart_read(arena, match->spools, match->boundary, match->body, match->body_len, form, status))
        return status->code;
    for (unsigned i = 0; i < form->count; i++)
        if (is_file(&form->parts[i])) {
            if (file)
                return status_set(status, STATUS_INVALID_ARGUMENT, "multipart: there is more than one file");
            file = &form->parts[i];
        }
    if (!file)
        return status_set(status, STATUS_INVALID_ARGUMENT, "multipart: there is no part named file");
    set_file(body, file);
    for (unsigned i = 0; i < form->count; i++) {
        const struct multipart_part *part = &form->parts[i];
        ProtobufCMessage *owner = find(body, part->name) ? body : find(request, part->name) ? request : NULL;
        if (part != file && owner && set_part(arena, owner, part, status))
            return status->code;
    }
    return STATUS_OK;
}
