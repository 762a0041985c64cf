#include "object_key.h"

#include <memora/storage.h>

/* Length of the well-formed UTF-8 sequence at text (RFC 3629), 0 if there is none. Stops at a NUL by itself. */
static size_t utf8_sequence(const unsigned char *text)
{
    if (text[0] < 0x80)
        return 1;
    unsigned low = 0x80, high = 0xbf;
    size_t length;
    if (text[0] >= 0xc2 && text[0] <= 0xdf) {
        length = 2;
    } else if (text[0] >= 0xe0 && text[0] <= 0xef) {
        length = 3;
        low = text[0] == 0xe0 ? 0xa0 : low;   /* overlong */
        high = text[0] == 0xed ? 0x9f : high; /* surrogates */
    } else if (text[0] >= 0xf0 && text[0] <= 0xf4) {
        length = 4;
        low = text[0] == 0xf0 ? 0x90 : low;
        high = text[0] == 0xf4 ? 0x8f : high; /* beyond U+10FFFF */
    } else {
        return 0;
    }
    if (text[1] < low || text[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if (text[i] < 0x80 || text[i] > 0xbf)
            return 0;
    return length;
}

static bool segment_valid(const char *segment, size_t length)
{
    return length > 0 && !(length == 1 && segment[0] == '.') && !(length == 2 && memcmp(segment, "..", 2) == 0);
}

bool object_key_valid(const char *key)
{
    size_t start = 0, i = 0;
    while (key[i] != '\0') {
        const unsigned char *at = (const unsigned char *)key + i;
        size_t length = utf8_sequence(at);
        if (length == 0 || *at < 0x20 || *at == 0x7f || i + length > MEMORA_STORAGE_KEY_MAX)
            return false;
        if (*at == '/') {
            if (!segment_valid(key + start, i - start))
                return false;
            start = i + 1;
        }
        i += length;
    }
    return segment_valid(key + start, i - start);
}
