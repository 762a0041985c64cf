#include "base/base64.h"

#include <stdint.h>

static void encode(struct buf *out, const void *data, size_t length, const char *alphabet, bool pad)
{
    const unsigned char *in = data;
    buf_reserve(out, length / 3 * 4 + 4);
    for (; length >= 3; in += 3, length -= 3) {
        uint32_t w = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
        char quad[4] = {alphabet[w >> 18], alphabet[w >> 12 & 63], alphabet[w >> 6 & 63], alphabet[w & 63]};
        buf_add(out, quad, 4);
    }
    if (length == 0)
        return;
    uint32_t w = (uint32_t)in[0] << 16 | (length == 2 ? (uint32_t)in[1] << 8 : 0);
    char quad[4] = {alphabet[w >> 18], alphabet[w >> 12 & 63], length == 2 ? alphabet[w >> 6 & 63] : '=', '='};
    buf_add(out, quad, pad ? 4 : length + 1);
}

void base64_encode(struct buf *out, const void *data, size_t length)
{
    encode(out, data, length, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", true);
}

void base64_encode_url(struct buf *out, const void *data, size_t length)
{
    encode(out, data, length, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", false);
}

static int digit_value(char c, bool strict)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || (!strict && c == '-'))
        return 62;
    if (c == '/' || (!strict && c == '_'))
        return 63;
    return -1;
}

static bool fail(size_t at, size_t *bad_at)
{
    if (bad_at)
        *bad_at = at;
    return false;
}

static bool decode(struct buf *out, const char *text, size_t length, bool strict, size_t *bad_at)
{
    size_t digits = length;
    while (digits > 0 && length - digits < 2 && text[digits - 1] == '=')
        digits--;
    buf_reserve(out, digits / 4 * 3 + 3);
    uint32_t word = 0;
    for (size_t i = 0; i < digits; i++) {
        int value = digit_value(text[i], strict);
        if (value < 0)
            return fail(i, bad_at);
        word = word << 6 | (uint32_t)value;
        if (i % 4 == 3) {
            char triple[3] = {(char)(word >> 16), (char)(word >> 8), (char)word};
            buf_add(out, triple, 3);
            word = 0;
        }
    }
    size_t rest = digits % 4, padding = length - digits;
    if (rest == 1 || ((strict || padding) && (rest ? padding != 4 - rest : padding != 0)))
        return fail(digits - rest, bad_at);
    if (rest == 2)
        buf_add_char(out, (char)(word >> 4));
    if (rest == 3) {
        buf_add_char(out, (char)(word >> 10));
        buf_add_char(out, (char)(word >> 2));
    }
    return true;
}

bool base64_decode(struct buf *out, const char *text, size_t length, size_t *bad_at)
{
    return decode(out, text, length, false, bad_at);
}

bool base64_decode_strict(struct buf *out, const char *text, size_t length, size_t *bad_at)
{
    return decode(out, text, length, true, bad_at);
}
