#include "wire/percent.h"

#include "base/utf8.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

char *wire_percent_decode(struct arena *arena, const char *text, size_t length)
{
    char *out = arena_alloc(arena, length + 1);
    size_t used = 0;
    for (size_t at = 0; at < length; at++) {
        char c = text[at];
        if (c == '%') {
            int high = length - at > 2 ? hex_value(text[at + 1]) : -1;
            int low = high >= 0 ? hex_value(text[at + 2]) : -1;
            if (low < 0)
                return NULL;
            c = (char)(high * 16 + low);
            at += 2;
        }
        if (c == '\0')
            return NULL;
        out[used++] = c;
    }
    out[used] = '\0';
    return utf8_valid(out, used) ? out : NULL;
}
