/* Pictures from anyone: what is taken out is all there is, once, and lies inside of the file. */
#include <string.h>

#include "blob/metadata.h"
#include "fuzz.h"

struct bytes {
    const uint8_t *data;
    size_t size;
};

static int64_t read_bytes(void *ctx, uint64_t pos, void *out, size_t cap)
{
    const struct bytes *bytes = ctx;
    FUZZ_CHECK(pos <= bytes->size && cap <= bytes->size - pos);
    if (cap > 0)
        memcpy(out, bytes->data + pos, cap);
    return (int64_t)cap;
}

/* The picture without its metadata; false if it is none. */
static bool strip(struct arena *arena, const struct bytes *picture, struct metadata_edits *edits, struct buf *out)
{
    struct bytes copy = *picture;
    const struct media_source source = {read_bytes, &copy, picture->size};
    const struct media_sink sink = media_sink_to(out);
    if (!metadata_find(arena, &source, edits))
        return false;
    uint64_t size = picture->size, end = 0;
    for (unsigned i = 0; i < edits->count; i++) {
        FUZZ_CHECK(edits->list[i].at >= end);
        end = edits->list[i].at + edits->list[i].length;
        FUZZ_CHECK(end >= edits->list[i].at && end <= picture->size);
        size = size - edits->list[i].length + edits->list[i].bytes_length;
    }
    FUZZ_CHECK(edits->orientation >= 1 && edits->orientation <= 8);
    FUZZ_CHECK(metadata_apply(&source, edits, &sink));
    FUZZ_CHECK(out->len == size);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct metadata_edits edits;
    const struct bytes picture = {data, size};
    struct arena *arena = arena_create();
    struct buf once = buf_in(arena), twice = buf_in(arena);
    if (strip(arena, &picture, &edits, &once)) {
        const struct bytes stripped = {(const uint8_t *)once.data, once.len};
        unsigned orientation = edits.orientation;
        FUZZ_CHECK(strip(arena, &stripped, &edits, &twice));
        FUZZ_CHECK(edits.orientation == orientation);
        FUZZ_CHECK(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
    }
    arena_destroy(arena);
    return 0;
}
