#include <math.h>

#include "base/base64.h"
#include "codec/json_read.h"
#include "codec/number.h"

static const char *kind_name(ProtobufCType type)
{
    static const char *const names[] = {"int32",  "sint32",  "sfixed32", "int64",   "sint64", "sfixed64",
                                        "uint32", "fixed32", "uint64",   "fixed64", "float",  "double",
                                        "bool",   "enum",    "string",   "bytes",   "message"};
    return (size_t)type < sizeof names / sizeof names[0] ? names[type] : "";
}

static enum json_outcome invalid(struct json_reader *reader, const ProtobufCFieldDescriptor *field, const char *at)
{
    char name[128];
    size_t length = strlen(field->name) < sizeof name ? codec_json_name(field->name, name) : 0;
    /* A value that isn't even a token is a matter of syntax. */
    int shown = json_token_length(reader, at);
    if (at >= reader->end)
        json_syntax_error(reader, at, "");
    else
        json_value_error(reader, at, "invalid value for %s field %.*s: %.*s", kind_name(field->type), (int)length, name,
                         shown, at);
    return JSON_FAILED;
}

static enum json_outcome done(bool valid, struct json_reader *reader, const ProtobufCFieldDescriptor *field,
                              const char *at)
{
    return valid ? JSON_READ : invalid(reader, field, at);
}

/* The text of a number, which may stand in quotes. failed tells a syntax error apart from "no number". */
static bool number_text(struct json_reader *reader, struct json_string *text, bool *failed)
{
    *failed = false;
    if (json_peek(reader) != '"') {
        text->text = reader->at;
        text->length = json_take_number(reader);
        return text->length > 0;
    }
    if (!json_read_string(reader, text)) {
        *failed = true;
        return false;
    }
    return text->length > 0 && number_scan(text->text, text->length) == text->length;
}

static bool store_integer(const ProtobufCFieldDescriptor *field, const struct json_string *text, void *value)
{
    int64_t number;
    uint64_t magnitude;
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return number_to_int(text->text, text->length, INT64_MIN, INT64_MAX, value);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return number_to_uint(text->text, text->length, UINT64_MAX, value);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        if (!number_to_uint(text->text, text->length, UINT32_MAX, &magnitude))
            return false;
        *(uint32_t *)value = (uint32_t)magnitude;
        return true;
    default:
        if (!number_to_int(text->text, text->length, INT32_MIN, INT32_MAX, &number))
            return false;
        *(int32_t *)value = (int32_t)number;
        return true;
    }
}

static bool store_special(const struct json_string *text, double *out)
{
    static const struct {
        const char *word;
        double value;
    } words[] = {{"NaN", NAN}, {"Infinity", INFINITY}, {"-Infinity", -INFINITY}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (codec_name_equal(words[i].word, text->text, text->length)) {
            *out = words[i].value;
            return true;
        }
    return false;
}

static enum json_outcome read_number(struct json_reader *reader, const ProtobufCFieldDescriptor *field, void *value)
{
    json_peek(reader);
    const char *at = reader->at;
    struct json_string text;
    bool failed, found = number_text(reader, &text, &failed);
    if (failed)
        return JSON_FAILED;
    bool real = field->type == PROTOBUF_C_TYPE_DOUBLE || field->type == PROTOBUF_C_TYPE_FLOAT;
    if (!real)
        return done(found && store_integer(field, &text, value), reader, field, at);
    double special;
    if (!found && at < reader->end && *at == '"' && store_special(&text, &special)) {
        if (field->type == PROTOBUF_C_TYPE_DOUBLE)
            *(double *)value = special;
        else
            *(float *)value = (float)special;
        return JSON_READ;
    }
    if (found && field->type == PROTOBUF_C_TYPE_DOUBLE)
        found = number_to_double(text.text, text.length, value);
    else if (found)
        found = number_to_float(text.text, text.length, value);
    return done(found, reader, field, at);
}

static enum json_outcome read_enum(struct json_reader *reader, const ProtobufCFieldDescriptor *field, void *value)
{
    const ProtobufCEnumDescriptor *descriptor = field->descriptor;
    json_peek(reader);
    const char *at = reader->at;
    if (at < reader->end && *at == '"') {
        struct json_string name;
        if (!json_read_string(reader, &name))
            return JSON_FAILED;
        for (unsigned i = 0; i < descriptor->n_value_names; i++)
            if (codec_name_equal(descriptor->values_by_name[i].name, name.text, name.length)) {
                *(int *)value = descriptor->values[descriptor->values_by_name[i].index].value;
                return JSON_READ;
            }
        return reader->options->reject_unknown_enums ? invalid(reader, field, at) : JSON_IGNORED;
    }
    int64_t number;
    size_t length = json_take_number(reader);
    if (length) {
        bool fits = number_to_int(at, length, INT32_MIN, INT32_MAX, &number);
        *(int *)value = fits ? (int)number : 0;
        return done(fits, reader, field, at);
    }
    if (strcmp(descriptor->name, "google.protobuf.NullValue") == 0 && json_take_word(reader, "null")) {
        *(int *)value = 0;
        return JSON_READ;
    }
    return invalid(reader, field, at);
}

/* A long value of base64, decoded as it is passed. */
struct long_value {
    struct spool_sink sink;
    struct base64_stream stream;
    struct buf block; /* decoded, not yet in the sink */
    bool invalid;
    struct status *status;
};

static bool add_piece(void *ctx, const char *text, size_t length)
{
    struct long_value *value = ctx;
    value->invalid = value->invalid || !base64_stream_add(&value->stream, &value->block, text, length, NULL);
    if (value->block.len < SPOOL_STEP / 2)
        return true;
    enum status_code code = spool_sink_add(&value->sink, value->block.data, value->block.len, value->status);
    value->block.len = 0;
    return code == STATUS_OK;
}

static enum json_outcome read_long_bytes(struct json_reader *reader, const ProtobufCFieldDescriptor *field,
                                         ProtobufCBinaryData *out)
{
    const char *at = reader->at, *bytes = "";
    struct long_value value = {.sink = spool_sink_in(reader->options->spools, reader->arena),
                               .block = buf_in(reader->arena),
                               .status = reader->status};
    if (!json_read_pieces(reader, add_piece, &value))
        return JSON_FAILED;
    if (value.invalid || !base64_stream_end(&value.stream, &value.block, NULL))
        return invalid(reader, field, at);
    if (spool_sink_add(&value.sink, value.block.data, value.block.len, reader->status) ||
        spool_sink_finish(&value.sink, &bytes, &out->len, reader->status))
        return JSON_FAILED;
    union {
        const char *in; /* protobuf-c has no const for what a message borrows */
        uint8_t *borrowed;
    } place = {bytes};
    out->data = place.borrowed;
    return JSON_READ;
}

static enum json_outcome read_text(struct json_reader *reader, const ProtobufCFieldDescriptor *field, void *value)
{
    json_peek(reader);
    const char *at = reader->at;
    struct json_string text;
    if (at >= reader->end || *at != '"')
        return invalid(reader, field, at);
    if (field->type == PROTOBUF_C_TYPE_BYTES && reader->options->spools && reader->end - at > SPOOL_MEMORY)
        return read_long_bytes(reader, field, value);
    if (!json_read_string(reader, &text))
        return JSON_FAILED;
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        /* C strings end at NUL; refusing is better than cutting the text off. */
        if (memchr(text.text, '\0', text.length))
            return invalid(reader, field, at);
        codec_set_pointer(value, arena_strndup(reader->arena, text.text, text.length));
        return JSON_READ;
    }
    struct buf bytes = buf_in(reader->arena);
    if (!base64_decode(&bytes, text.text, text.length, NULL))
        return invalid(reader, field, at);
    *(ProtobufCBinaryData *)value = (ProtobufCBinaryData){bytes.len, (uint8_t *)bytes.data};
    return JSON_READ;
}

enum json_outcome json_read_scalar(struct json_reader *reader, const ProtobufCFieldDescriptor *field, void *value)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_BOOL: {
        json_peek(reader);
        const char *at = reader->at;
        bool yes = json_take_word(reader, "true");
        if (!yes && !json_take_word(reader, "false"))
            return invalid(reader, field, at);
        *(protobuf_c_boolean *)value = yes;
        return JSON_READ;
    }
    case PROTOBUF_C_TYPE_ENUM:
        return read_enum(reader, field, value);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
        return read_text(reader, field, value);
    default:
        return read_number(reader, field, value);
    }
}
