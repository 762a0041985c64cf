#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

void buf_reserve(struct buf *buf, size_t more)
{
    if (more > SIZE_MAX - buf->len)
        memory_exhausted();
    size_t need = buf->len + more;
    if (need <= buf->cap)
        return;
    size_t cap = buf->cap ? buf->cap : 256;
    while (cap < need)
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    /* The whole capacity is kept, so that growth in place sees the true size of the last allocation. */
    buf->data = arena_grow(buf->arena, buf->data, buf->cap, cap);
    buf->cap = cap;
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length > 0) {
        buf_reserve(buf, (size_t)length + 1);
        vsnprintf(buf->data + buf->len, (size_t)length + 1, format, again);
        buf->len += (size_t)length;
    }
    va_end(again);
}

void buf_add_uint(struct buf *buf, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    buf_add(buf, digits + at, sizeof digits - at);
}

void buf_add_int(struct buf *buf, int64_t value)
{
    if (value < 0) {
        buf_add_char(buf, '-');
        buf_add_uint(buf, 0 - (uint64_t)value);
    } else {
        buf_add_uint(buf, (uint64_t)value);
    }
}

const char *buf_str(struct buf *buf)
{
    buf_reserve(buf, 1);
    buf->data[buf->len] = '\0';
    return buf->data;
}
