/* Files and what is to be left of them without metadata. Included by one file per program. */
#ifndef TEST_METADATA_CASES_H
#define TEST_METADATA_CASES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "blob/metadata.h"

static struct arena *arena;

struct bytes {
    const void *data;
    size_t size;
    uint64_t fail_at; /* reads beyond it fail; 0: none do */
};

static inline int64_t read_bytes(void *ctx, uint64_t pos, void *out, size_t cap)
{
    const struct bytes *bytes = ctx;
    if (bytes->fail_at && pos + cap > bytes->fail_at)
        return -1;
    size_t left = bytes->size - (size_t)pos, n = left < cap ? left : cap;
    n = n > 7 ? 7 : n; /* short reads are normal */
    memcpy(out, (const char *)bytes->data + pos, n);
    return (int64_t)n;
}

/* The file without metadata, in the arena; NULL if nobody can tell what it is. */
static inline const char *strip(const void *data, size_t size, size_t *length, unsigned *orientation)
{
    struct bytes bytes = {data, size, 0};
    struct buf out = buf_in(arena);
    struct metadata_edits *edits = arena_alloc(arena, sizeof *edits);
    const struct media_source source = {read_bytes, &bytes, size};
    const struct media_sink sink = media_sink_to(&out);
    if (!metadata_find(arena, &source, edits))
        return NULL;
    assert_true(metadata_apply(&source, edits, &sink));
    *length = out.len;
    *orientation = edits->orientation;
    return buf_str(&out);
}

static inline void expect(const void *data, size_t size, const void *stripped, size_t stripped_size,
                          unsigned orientation)
{
    size_t length = 0;
    unsigned told = 0;
    const char *out = strip(data, size, &length, &told);
    assert_non_null(out);
    assert_int_equal(length, stripped_size);
    assert_memory_equal(out, stripped, stripped_size);
    assert_int_equal(told, orientation);
}

static inline void expect_none(const void *data, size_t size)
{
    size_t length;
    unsigned orientation;
    assert_null(strip(data, size, &length, &orientation));
}

#define EXPECT(text, stripped, orientation) expect(text, sizeof text - 1, stripped, sizeof stripped - 1, orientation)
#define EXPECT_SAME(text) EXPECT(text, text, 1)
#define EXPECT_NONE(text) expect_none(text, sizeof text - 1)

#endif
