#include "rpc/query_value.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/quote.h"
#include "base/time_rfc3339.h"
#include "base/utf8.h"
#include "codec/codec.h"
#include "codec/descriptor.h"
#include "codec/duration.h"
#include "codec/field_mask.h"
#include "codec/number.h"
#include "google/protobuf/timestamp.pb-c.h"

struct parser {
    struct arena *arena;
    const ProtobufCFieldDescriptor *field;
    const char *text;
    size_t length;
    void *value;
    struct status *status;
};

static enum status_code invalid(const struct parser *parser, const char *function, const char *why)
{
    return status_set(parser->status, STATUS_INVALID_ARGUMENT, "%s: parsing %s: %s", function,
                      text_quote(parser->arena, parser->text), why);
}

/* Decimal digits with an optional sign, as Go's strconv reads them. */
static bool is_decimal(const char *text, bool sign)
{
    if (sign && (*text == '-' || *text == '+'))
        text++;
    return *text && text[strspn(text, "0123456789")] == '\0';
}

/* number.h reads JSON numbers, which have neither '+' nor leading zeros. */
static const char *without_prefix(const char *text, bool *negative)
{
    *negative = *text == '-';
    if (*text == '-' || *text == '+')
        text++;
    while (*text == '0' && text[1])
        text++;
    return text;
}

static enum status_code parse_signed(const struct parser *parser, int64_t low, int64_t high)
{
    bool negative;
    uint64_t magnitude;
    if (!is_decimal(parser->text, true))
        return invalid(parser, "strconv.ParseInt", "invalid syntax");
    const char *digits = without_prefix(parser->text, &negative);
    uint64_t most = negative ? (uint64_t)high + 1 : (uint64_t)high;
    if (!number_to_uint(digits, strlen(digits), most, &magnitude))
        return invalid(parser, "strconv.ParseInt", "value out of range");
    int64_t number = !negative ? (int64_t)magnitude : magnitude == most ? low : -(int64_t)magnitude;
    if (codec_value_size(parser->field->type) == sizeof number)
        *(int64_t *)parser->value = number;
    else
        *(int32_t *)parser->value = (int32_t)number;
    return STATUS_OK;
}

static enum status_code parse_unsigned(const struct parser *parser, uint64_t high)
{
    bool negative;
    uint64_t number;
    if (!is_decimal(parser->text, false))
        return invalid(parser, "strconv.ParseUint", "invalid syntax");
    const char *digits = without_prefix(parser->text, &negative);
    if (!number_to_uint(digits, strlen(digits), high, &number))
        return invalid(parser, "strconv.ParseUint", "value out of range");
    if (codec_value_size(parser->field->type) == sizeof number)
        *(uint64_t *)parser->value = number;
    else
        *(uint32_t *)parser->value = (uint32_t)number;
    return STATUS_OK;
}

static enum status_code parse_real(const struct parser *parser)
{
    static const char allowed[] = "0123456789+-.eE";
    static const char *const words[] = {"NaN", "nan", "Inf", "+Inf", "-Inf", "inf", "-inf", "Infinity", "-Infinity"};
    bool word = false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        word = word || strcmp(words[i], parser->text) == 0;
    char *end = NULL;
    double number = strtod(parser->text, &end);
    if (parser->length == 0 || *end || (!word && parser->text[strspn(parser->text, allowed)]))
        return invalid(parser, "strconv.ParseFloat", "invalid syntax");
    bool single = parser->field->type == PROTOBUF_C_TYPE_FLOAT;
    if (!word && (isinf(number) || (single && isinf(strtof(parser->text, NULL)))))
        return invalid(parser, "strconv.ParseFloat", "value out of range");
    if (single)
        *(float *)parser->value = strtof(parser->text, NULL);
    else
        *(double *)parser->value = number;
    return STATUS_OK;
}

static enum status_code parse_bool(const struct parser *parser)
{
    static const char *const words[][6] = {{"0", "f", "F", "FALSE", "false", "False"},
                                           {"1", "t", "T", "TRUE", "true", "True"}};
    for (int truth = 0; truth < 2; truth++)
        for (int i = 0; i < 6; i++)
            if (strcmp(words[truth][i], parser->text) == 0) {
                *(protobuf_c_boolean *)parser->value = truth;
                return STATUS_OK;
            }
    return invalid(parser, "strconv.ParseBool", "invalid syntax");
}

static enum status_code parse_enum(const struct parser *parser)
{
    const ProtobufCEnumDescriptor *descriptor = parser->field->descriptor;
    for (unsigned i = 0; i < descriptor->n_value_names; i++)
        if (strcmp(descriptor->values_by_name[i].name, parser->text) == 0) {
            *(int *)parser->value = descriptor->values[descriptor->values_by_name[i].index].value;
            return STATUS_OK;
        }
    char *end = NULL;
    long number = is_decimal(parser->text, true) ? strtol(parser->text, &end, 10) : 0;
    for (unsigned i = 0; end && i < descriptor->n_values; i++)
        if (descriptor->values[i].value == number) {
            *(int *)parser->value = descriptor->values[i].value;
            return STATUS_OK;
        }
    return status_set(parser->status, STATUS_INVALID_ARGUMENT, "%s is not a valid value",
                      text_quote(parser->arena, parser->text));
}

static enum status_code parse_text(const struct parser *parser)
{
    if (parser->field->type == PROTOBUF_C_TYPE_STRING) {
        codec_set_pointer(parser->value, arena_strndup(parser->arena, parser->text, parser->length));
        return STATUS_OK;
    }
    struct buf bytes = buf_in(parser->arena);
    size_t bad_at = 0;
    if (!base64_decode(&bytes, parser->text, parser->length, &bad_at))
        return status_set(parser->status, STATUS_INVALID_ARGUMENT, "illegal base64 data at input byte %zu", bad_at);
    *(ProtobufCBinaryData *)parser->value = (ProtobufCBinaryData){bytes.len, (uint8_t *)bytes.data};
    return STATUS_OK;
}

static enum status_code parse_time(const struct parser *parser, Google__Protobuf__Timestamp *out)
{
    if (time_parse(parser->text, parser->length, &out->seconds, &out->nanos))
        return STATUS_OK;
    const char *quoted = text_quote(parser->arena, parser->text);
    return status_set(parser->status, STATUS_INVALID_ARGUMENT,
                      "parsing time %s as \"2006-01-02T15:04:05.999999999Z07:00\": cannot parse %s as RFC 3339", quoted,
                      quoted);
}

static enum status_code parse_known(const struct parser *parser, ProtobufCMessage *message)
{
    switch (codec_known_type(message->descriptor)) {
    case CODEC_TIMESTAMP:
        return parse_time(parser, (Google__Protobuf__Timestamp *)message);
    case CODEC_DURATION:
        if (codec_parse_duration(parser->text, parser->length, (Google__Protobuf__Duration *)message))
            return STATUS_OK;
        return status_set(parser->status, STATUS_INVALID_ARGUMENT, "time: invalid duration %s",
                          text_quote(parser->arena, parser->text));
    case CODEC_FIELD_MASK:
        if (codec_field_mask_from_query(parser->arena, parser->text, parser->length,
                                        (Google__Protobuf__FieldMask *)message) == FIELD_MASK_OK)
            return STATUS_OK;
        return status_set(parser->status, STATUS_INVALID_ARGUMENT, "too many paths");
    case CODEC_WRAPPER: {
        const ProtobufCFieldDescriptor *inner = &message->descriptor->fields[0];
        return query_value_parse(parser->arena, inner, parser->text, parser->length, codec_at(message, inner->offset),
                                 parser->status);
    }
    default:
        return status_set(parser->status, STATUS_INVALID_ARGUMENT, "unsupported message type: \"%s\"",
                          message->descriptor->name);
    }
}

enum status_code query_value_parse(struct arena *arena, const ProtobufCFieldDescriptor *field, const char *text,
                                   size_t length, void *value, struct status *status)
{
    const struct parser parser = {arena, field, text, length, value, status};
    if (!utf8_valid(text, length) || memchr(text, '\0', length))
        return status_set(status, STATUS_INVALID_ARGUMENT, "invalid UTF-8");
    switch (field->type) {
    case PROTOBUF_C_TYPE_BOOL:
        return parse_bool(&parser);
    case PROTOBUF_C_TYPE_ENUM:
        return parse_enum(&parser);
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
        return parse_real(&parser);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return parse_unsigned(&parser, UINT32_MAX);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return parse_unsigned(&parser, UINT64_MAX);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return parse_signed(&parser, INT64_MIN, INT64_MAX);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
        return parse_text(&parser);
    case PROTOBUF_C_TYPE_MESSAGE: {
        ProtobufCMessage *message = codec_new(arena, field->descriptor);
        codec_set_pointer(value, message);
        return parse_known(&parser, message);
    }
    default:
        return parse_signed(&parser, INT32_MIN, INT32_MAX);
    }
}
