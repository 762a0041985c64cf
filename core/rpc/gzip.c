#include "rpc/gzip.h"

#include <stdlib.h>
#include <strings.h>
#include <zlib.h>

enum {
    GZIP_FORMAT = 16,      /* added to the window bits: a gzip header and trailer (zlib.h, deflateInit2) */
    LEAST_WINDOW_BITS = 9, /* zlib's bounds */
    MOST_WINDOW_BITS = 15,
    LEVEL = 1,
    EXPAND_STEP = 16 * 1024,
    MOST_INPUT = 1 << 30 /* zlib counts in unsigned int */
};

static void *take(void *arena, unsigned count, unsigned size)
{
    return arena_alloc(arena, (size_t)count * size);
}

static void keep(void *arena, void *pointer)
{
    (void)arena;
    (void)pointer;
}

static enum gzip_result expand(z_stream *stream, struct buf *out, size_t limit)
{
    size_t start = out->len;
    for (;;) {
        buf_reserve(out, EXPAND_STEP);
        size_t room = out->cap - out->len;
        stream->next_out = (Bytef *)out->data + out->len;
        stream->avail_out = (uInt)(room < MOST_INPUT ? room : MOST_INPUT);
        uInt before = stream->avail_out;
        int result = inflate(stream, Z_NO_FLUSH);
        out->len += before - stream->avail_out;
        if (out->len - start > limit)
            return GZIP_TOO_LARGE;
        if (result == Z_STREAM_END)
            return stream->avail_in == 0 ? GZIP_OK : GZIP_INVALID;
        if (result != Z_OK || (stream->avail_in == 0 && stream->avail_out > 0))
            return GZIP_INVALID;
    }
}

enum gzip_result gzip_expand(struct buf *out, const void *data, size_t length, size_t limit)
{
    union {
        const void *data;
        Bytef *next; /* zlib doesn't write to its input, but its pointer isn't const */
    } input = {.data = data};
    z_stream stream = {.zalloc = take, .zfree = keep, .opaque = out->arena, .next_in = input.next};
    if (length == 0 || length > MOST_INPUT)
        return length == 0 ? GZIP_INVALID : GZIP_TOO_LARGE;
    stream.avail_in = (uInt)length;
    if (inflateInit2(&stream, MOST_WINDOW_BITS + GZIP_FORMAT) != Z_OK)
        return GZIP_INVALID;
    enum gzip_result result = expand(&stream, out, limit);
    inflateEnd(&stream);
    return result;
}

void gzip_compress(struct buf *out, const void *data, size_t length)
{
    union {
        const void *data;
        Bytef *next;
    } input = {.data = data};
    /* A window of the size of the data finds all that there is; its memory must be filled, so small is quick. */
    int bits = LEAST_WINDOW_BITS + 1;
    while (bits < MOST_WINDOW_BITS && (size_t)1 << bits < length)
        bits++;
    z_stream stream = {.zalloc = take, .zfree = keep, .opaque = out->arena, .next_in = input.next};
    if (deflateInit2(&stream, LEVEL, Z_DEFLATED, bits + GZIP_FORMAT, bits - 6, Z_DEFAULT_STRATEGY) != Z_OK)
        abort(); /* its arguments are constants, its memory comes from the arena */
    buf_reserve(out, deflateBound(&stream, length) + 32);
    size_t rest = length;
    int result;
    do {
        if (stream.avail_in == 0 && rest) {
            stream.avail_in = (uInt)(rest < MOST_INPUT ? rest : MOST_INPUT);
            rest -= stream.avail_in;
        }
        size_t room = out->cap - out->len;
        stream.next_out = (Bytef *)out->data + out->len;
        stream.avail_out = (uInt)(room < MOST_INPUT ? room : MOST_INPUT);
        uInt before = stream.avail_out;
        result = deflate(&stream, rest ? Z_NO_FLUSH : Z_FINISH);
        out->len += before - stream.avail_out;
    } while (result == Z_OK);
    deflateEnd(&stream);
}

bool gzip_accepted(const char *list)
{
    for (const char *at = list; at && *at;) {
        at += strspn(at, " ,\t");
        size_t length = strcspn(at, ",");
        size_t name = strcspn(at, ",; \t");
        if (name == 4 && strncasecmp(at, "gzip", 4) == 0) {
            const char *weight = memmem(at, length, "q=", 2);
            return !weight || strtod(weight + 2, NULL) > 0;
        }
        at += length;
    }
    return false;
}
