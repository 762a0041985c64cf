/* Binary messages of every kind: what is accepted is valid for protobuf-c too and has one form, and nothing is open in
 * it. */
#include <string.h>

#include "codec/codec.h"
#include "fuzz.h"
#include "memora/test/codec.pb-c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct status status = {0};
    size_t open = codec_proto_unfinished(&memora__test__kinds__descriptor, data, size);
    FUZZ_CHECK(open <= size);
    ProtobufCMessage *message = NULL, *again = NULL;
    enum status_code code = codec_read_proto(arena, &memora__test__kinds__descriptor, data, size, &message, &status);
    FUZZ_CHECK(code == STATUS_OK || (code == STATUS_INVALID_ARGUMENT && status.message[0]));
    FUZZ_CHECK(open == 0 || code != STATUS_OK);
    if (code == STATUS_OK) {
        struct buf packed = buf_in(arena), repacked = buf_in(arena), json = buf_in(arena);
        ProtobufCAllocator allocator = codec_arena_allocator(arena);
        codec_write_proto(&packed, message);
        FUZZ_CHECK(codec_read_proto(arena, message->descriptor, packed.data, packed.len, &again, NULL) == STATUS_OK);
        codec_write_proto(&repacked, again);
        FUZZ_CHECK(packed.len == repacked.len);
        FUZZ_CHECK(packed.len == 0 || memcmp(packed.data, repacked.data, packed.len) == 0);
        FUZZ_CHECK(
            protobuf_c_message_unpack(message->descriptor, &allocator, packed.len, (const uint8_t *)packed.data));
        /* Times out of range and values of unknown type have no JSON form; everything else has. */
        code = codec_write_json(&json, message, CODEC_JSON_FULL, &status);
        FUZZ_CHECK(code == STATUS_OK || code == STATUS_INTERNAL);
    }
    arena_destroy(arena);
    return 0;
}
