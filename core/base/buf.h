/* A growing run of bytes in an arena; how answers, SQL text and payloads are put together. */
#ifndef MEMORA_BASE_BUF_H
#define MEMORA_BASE_BUF_H

#include <stdint.h>
#include <string.h>

#include "base/arena.h"

struct buf {
    struct arena *arena;
    char *data;
    size_t len, cap;
};

static inline struct buf buf_in(struct arena *arena)
{
    return (struct buf){.arena = arena, .data = NULL, .len = 0, .cap = 0};
}

/* Makes room for more bytes; data may move. */
void buf_reserve(struct buf *buf, size_t more);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_add_uint(struct buf *buf, uint64_t value);
void buf_add_int(struct buf *buf, int64_t value);

static inline void buf_add(struct buf *buf, const void *bytes, size_t length)
{
    if (buf->cap - buf->len < length)
        buf_reserve(buf, length);
    if (length)
        memcpy(buf->data + buf->len, bytes, length);
    buf->len += length;
}

static inline void buf_add_char(struct buf *buf, char c)
{
    if (buf->cap == buf->len)
        buf_reserve(buf, 1);
    buf->data[buf->len++] = c;
}

static inline void buf_add_str(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

/* NUL-terminates without counting the NUL, and gives the text. */
const char *buf_str(struct buf *buf);

#endif
