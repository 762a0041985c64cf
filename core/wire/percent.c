#include "wire/percent.h"

#include <string.h>

#include "base/utf8.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

char *wire_percent_decode(struct arena *arena, const char *text, size_t length, bool plus_is_space, size_t *out_length,
                          const char **bad)
{
    char *out = arena_alloc(arena, length + 1);
    size_t at = 0;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == '%') {
            bool whole = length - i > 2;
            int high = whole ? hex_value(text[i + 1]) : -1, low = whole ? hex_value(text[i + 2]) : -1;
            if (high < 0 || low < 0) {
                if (bad)
                    *bad = text + i;
                return NULL;
            }
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        out[at++] = c;
    }
    out[at] = '\0';
    *out_length = at;
    return out;
}

char *wire_percent_decode_text(struct arena *arena, const char *text, size_t length, bool plus_is_space)
{
    size_t decoded = 0;
    char *out = wire_percent_decode(arena, text, length, plus_is_space, &decoded, NULL);
    return out && strlen(out) == decoded && utf8_valid(out, decoded) ? out : NULL;
}

char *wire_percent_encode_message(struct arena *arena, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = arena_alloc(arena, strlen(text) * 3 + 1), *at = out;
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c >= ' ' && c <= '~' && c != '%') {
            *at++ = (char)c;
            continue;
        }
        *at++ = '%';
        *at++ = digits[c >> 4];
        *at++ = digits[c & 15];
    }
    *at = '\0';
    return out;
}
