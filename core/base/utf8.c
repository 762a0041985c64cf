#include "base/utf8.h"

#include <string.h>

uint32_t utf8_decode(const char *text, size_t length, size_t *size)
{
    const unsigned char *b = (const unsigned char *)text;
    *size = 1;
    if (b[0] < 0x80)
        return b[0];
    size_t need = b[0] >= 0xF0 ? 4 : b[0] >= 0xE0 ? 3 : 2;
    if (b[0] < 0xC2 || b[0] > 0xF4 || length < need)
        return UINT32_MAX;
    uint32_t c = b[0] & (0x7Fu >> need);
    for (size_t i = 1; i < need; i++) {
        if ((b[i] & 0xC0) != 0x80)
            return UINT32_MAX;
        c = c << 6 | (b[i] & 0x3Fu);
    }
    if ((need == 3 && c < 0x800) || (need == 4 && c < 0x10000) || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return UINT32_MAX;
    *size = need;
    return c;
}

bool utf8_valid(const char *text, size_t length)
{
    size_t at = 0;
    while (at < length) {
        uint64_t word;
        if (length - at >= 8 && (memcpy(&word, text + at, 8), (word & 0x8080808080808080u) == 0)) {
            at += 8;
            continue;
        }
        if ((unsigned char)text[at] < 0x80) {
            at++;
            continue;
        }
        size_t size;
        if (utf8_decode(text + at, length - at, &size) == UINT32_MAX)
            return false;
        at += size;
    }
    return true;
}

size_t utf8_encode(uint32_t c, char *out)
{
    unsigned char *b = (unsigned char *)out;
    if (c < 0x80) {
        b[0] = (unsigned char)c;
        return 1;
    }
    if (c < 0x800) {
        b[0] = (unsigned char)(0xC0 | c >> 6);
        b[1] = (unsigned char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c >= 0xD800 && c <= 0xDFFF)
        return 0;
    if (c < 0x10000) {
        b[0] = (unsigned char)(0xE0 | c >> 12);
        b[1] = (unsigned char)(0x80 | (c >> 6 & 0x3F));
        b[2] = (unsigned char)(0x80 | (c & 0x3F));
        return 3;
    }
    if (c > 0x10FFFF)
        return 0;
    b[0] = (unsigned char)(0xF0 | c >> 18);
    b[1] = (unsigned char)(0x80 | (c >> 12 & 0x3F));
    b[2] = (unsigned char)(0x80 | (c >> 6 & 0x3F));
    b[3] = (unsigned char)(0x80 | (c & 0x3F));
    return 4;
}

size_t utf8_count(const char *text, size_t length)
{
    size_t count = 0, at = 0, size;
    while (at < length) {
        utf8_decode(text + at, length - at, &size);
        at += size;
        count++;
    }
    return count;
}
