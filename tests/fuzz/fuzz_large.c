/* Large messages are read in pieces; whatever a text is, that gives the same value or the same refusal as reading it at
 * once. Blanks behind it make it large. */
#include <string.h>

#include "codec/codec.h"
#include "fuzz.h"
#include "memora/test/codec.pb-c.h"

static void compare(struct arena *arena, const char *text, size_t length, bool rest)
{
    struct spool_list spools = {0}; /* without an area: what is decoded stays in memory */
    const struct codec_json_options whole = {.rest_messages = rest, .ignore_trailing = rest},
                                    pieces = {.rest_messages = rest, .ignore_trailing = rest, .spools = &spools};
    const ProtobufCMessageDescriptor *type = &memora__test__kinds__descriptor;
    ProtobufCMessage *one = NULL, *two = NULL;
    struct status first = {0}, second = {0};
    enum status_code code = codec_read_json(arena, type, text, length, &whole, &one, &first);
    FUZZ_CHECK(codec_read_json(arena, type, text, length, &pieces, &two, &second) == code);
    FUZZ_CHECK(strcmp(first.message, second.message) == 0);
    if (code == STATUS_OK) {
        struct buf a = buf_in(arena), b = buf_in(arena);
        codec_write_proto(&a, one);
        codec_write_proto(&b, two);
        FUZZ_CHECK(a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    size_t length = size + SPOOL_MEMORY + 1;
    char *text = arena_alloc(arena, length);
    memset(text, ' ', length);
    memcpy(text, data, size);
    compare(arena, text, length, false);
    compare(arena, text, length, true);
    arena_destroy(arena);
    return 0;
}
