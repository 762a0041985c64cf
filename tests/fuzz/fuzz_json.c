/* JSON into messages of every kind. What was read is written, and that text reads as the same message. */
#include <string.h>

#include "codec/codec.h"
#include "codec/descriptor.h"
#include "codec/field_mask.h"
#include "fuzz.h"
#include "memora/test/codec.pb-c.h"

const ProtobufCMessageDescriptor *const codec_any_types[] = {
    &memora__test__leaf__descriptor, &memora__test__kinds__descriptor, &google__protobuf__duration__descriptor,
    &google__protobuf__value__descriptor, NULL};

static struct buf json_of(struct arena *arena, const ProtobufCMessage *message, enum codec_json_style style)
{
    struct buf out = buf_in(arena);
    FUZZ_CHECK(codec_write_json(&out, message, style, NULL) == STATUS_OK);
    return out;
}

static bool equal(const struct buf *a, const struct buf *b)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static void check_message(struct arena *arena, const ProtobufCMessage *message)
{
    ProtobufCMessage *again = NULL;
    struct buf text = json_of(arena, message, CODEC_JSON_SPARSE);
    FUZZ_CHECK(codec_read_json(arena, message->descriptor, text.data, text.len, NULL, &again, NULL) == STATUS_OK);
    struct buf second = json_of(arena, again, CODEC_JSON_SPARSE);
    FUZZ_CHECK(equal(&text, &second));
    struct buf full = json_of(arena, message, CODEC_JSON_FULL);
    FUZZ_CHECK(codec_read_json(arena, message->descriptor, full.data, full.len, NULL, &again, NULL) == STATUS_OK);
    struct buf packed = buf_in(arena);
    codec_write_proto(&packed, message);
    FUZZ_CHECK(codec_read_proto(arena, message->descriptor, packed.data, packed.len, &again, NULL) == STATUS_OK);
    struct buf third = json_of(arena, again, CODEC_JSON_SPARSE);
    /* protobuf-c takes -0.0 for the default. */
    FUZZ_CHECK(equal(&text, &third) || memmem(text.data, text.len, "-0", 2));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct codec_json_options rest = {.rest_messages = true, .ignore_trailing = true};
    const char *text = (const char *)data;
    struct arena *arena = arena_create();
    struct status status = {0};
    ProtobufCMessage *message = NULL;
    Google__Protobuf__FieldMask *mask = NULL;
    enum status_code code =
        codec_read_json(arena, &memora__test__kinds__descriptor, text, size, NULL, &message, &status);
    FUZZ_CHECK(code == STATUS_OK || (code == STATUS_INVALID_ARGUMENT && status.message[0]));
    if (code == STATUS_OK)
        check_message(arena, message);
    /* Whatever Connect reads, the gateway reads too. */
    enum status_code rest_code =
        codec_read_json(arena, &memora__test__kinds__descriptor, text, size, &rest, &message, &status);
    FUZZ_CHECK(code != STATUS_OK || rest_code == STATUS_OK);
    code = codec_field_mask_from_body(arena, &memora__test__kinds__descriptor, text, size, &mask, &status);
    FUZZ_CHECK(code == STATUS_OK || code == STATUS_INVALID_ARGUMENT);
    arena_destroy(arena);
    return 0;
}
