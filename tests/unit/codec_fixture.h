/* Reading JSON and writing it again, for the tests of the codec. */
#ifndef MEMORA_TESTS_CODEC_FIXTURE_H
#define MEMORA_TESTS_CODEC_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/codec.h"
#include "codec/descriptor.h"
#include "memora/test/codec.pb-c.h"

#include "arena_fixture.h"

const ProtobufCMessageDescriptor *const codec_any_types[] = {&memora__test__leaf__descriptor,
                                                             &google__protobuf__duration__descriptor,
                                                             &google__protobuf__value__descriptor, NULL};

static inline const char *written(const ProtobufCMessage *message, enum codec_json_style style)
{
    struct buf out = buf_in(arena);
    struct status status = {0};
    if (codec_write_json(&out, message, style, &status) != STATUS_OK)
        fail_msg("write: %s", status.message);
    return buf_str(&out);
}

static inline ProtobufCMessage *read_as(const ProtobufCMessageDescriptor *descriptor, const char *text)
{
    ProtobufCMessage *message = NULL;
    struct status status = {0};
    if (codec_read_json(arena, descriptor, text, strlen(text), NULL, &message, &status) != STATUS_OK)
        fail_msg("%s: %s", text, status.message);
    return message;
}

/* Text in, text out; the way through the binary form gives the same. */
static inline void assert_reads(const char *in, const char *expected)
{
    ProtobufCMessage *message = read_as(&memora__test__kinds__descriptor, in);
    assert_string_equal(written(message, CODEC_JSON_SPARSE), expected);
    struct buf binary = buf_in(arena);
    codec_write_proto(&binary, message);
    ProtobufCMessage *again = NULL;
    struct status status = {0};
    assert_int_equal(
        codec_read_proto(arena, &memora__test__kinds__descriptor, binary.data, binary.len, &again, &status), STATUS_OK);
    assert_string_equal(written(again, CODEC_JSON_SPARSE), expected);
}

static inline void assert_same(const char *text)
{
    assert_reads(text, text);
}

static inline const char *refusal_with(const char *in, size_t length, const struct codec_json_options *options)
{
    ProtobufCMessage *message = NULL;
    struct status status = {0};
    enum status_code code =
        codec_read_json(arena, &memora__test__kinds__descriptor, in, length, options, &message, &status);
    if (code == STATUS_OK)
        fail_msg("accepted: %s", in);
    assert_int_equal(code, STATUS_INVALID_ARGUMENT);
    assert_int_equal(status.code, STATUS_INVALID_ARGUMENT);
    return arena_strdup(arena, status.message);
}

static inline const char *refusal(const char *in)
{
    return refusal_with(in, strlen(in), NULL);
}

static inline void assert_refused(const char *in)
{
    assert_true(*refusal(in) != '\0');
}

static inline const char *rest_refusal(const char *in)
{
    static const struct codec_json_options options = {.rest_messages = true, .ignore_trailing = true};
    return refusal_with(in, strlen(in), &options);
}

#endif
