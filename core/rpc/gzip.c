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

/* One step of the input; zlib has no const for it, but doesn't write to it. */
static void feed(z_stream *stream, const char *data, size_t length)
{
    union {
        const void *data;
        Bytef *next;
    } input = {.data = data};
    stream->next_in = input.next;
    stream->avail_in = (uInt)length;
}

/* All that the input at hand gives. GZIP_OK: go on with more of it, or *ended. */
static enum gzip_result expand_step(z_stream *stream, struct spool_sink *out, size_t limit, char *block, bool *ended,
                                    struct status *status)
{
    do {
        stream->next_out = (Bytef *)block;
        stream->avail_out = EXPAND_STEP;
        int result = inflate(stream, Z_NO_FLUSH);
        *ended = result == Z_STREAM_END;
        if (!*ended && result != Z_OK && result != Z_BUF_ERROR)
            return GZIP_INVALID;
        size_t made = EXPAND_STEP - stream->avail_out;
        if (made > limit - spool_sink_length(out))
            return GZIP_TOO_LARGE;
        if (spool_sink_add(out, block, made, status))
            return GZIP_FAILED;
    } while (!*ended && stream->avail_out == 0);
    return GZIP_OK;
}

static enum gzip_result expand(z_stream *stream, struct spool_sink *out, const char *data, size_t length, size_t limit,
                               struct status *status)
{
    char *block = arena_alloc(out->memory.arena, EXPAND_STEP);
    bool ended = false;
    for (size_t at = 0; !ended;) {
        size_t n = length - at < SPOOL_STEP ? length - at : SPOOL_STEP;
        if (n == 0)
            return GZIP_INVALID;
        feed(stream, data + at, n);
        enum gzip_result result = expand_step(stream, out, limit, block, &ended, status);
        if (result != GZIP_OK)
            return result;
        spool_forget(out->list, data + at, data + at + n);
        at += n;
        if (ended && (at < length || stream->avail_in > 0))
            return GZIP_INVALID;
    }
    return GZIP_OK;
}

enum gzip_result gzip_expand(struct spool_sink *out, const void *data, size_t length, size_t limit,
                             struct status *status)
{
    z_stream stream = {.zalloc = take, .zfree = keep, .opaque = out->memory.arena};
    if (length == 0 || inflateInit2(&stream, MOST_WINDOW_BITS + GZIP_FORMAT) != Z_OK)
        return GZIP_INVALID;
    enum gzip_result result = expand(&stream, out, data, length, limit, status);
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
