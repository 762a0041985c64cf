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

/* One more than the value of each digit of both alphabets; 0 for what is no digit. */
static const unsigned char digits[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,  ['I'] = 9,
    ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18,
    ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27,
    ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36,
    ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45,
    ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54,
    ['2'] = 55, ['3'] = 56, ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63,
    ['-'] = 63, ['/'] = 64, ['_'] = 64};

static bool is_break(char c)
{
    return c == '\n' || c == '\r';
}

static bool fail(size_t at, size_t *bad_at)
{
    if (bad_at)
        *bad_at = at;
    return false;
}

/* Whole groups of four digits from *at on, for as long as nothing else comes between. */
static void decode_groups(struct buf *out, const unsigned char *text, size_t length, size_t *at)
{
    char *to = out->data + out->len;
    size_t i = *at;
    for (; length - i >= 4; i += 4) {
        unsigned a = digits[text[i]], b = digits[text[i + 1]], c = digits[text[i + 2]], d = digits[text[i + 3]];
        if (!a || !b || !c || !d)
            break;
        uint32_t word = (a - 1) << 18 | (b - 1) << 12 | (c - 1) << 6 | (d - 1);
        *to++ = (char)(word >> 16);
        *to++ = (char)(word >> 8);
        *to++ = (char)word;
    }
    out->len = (size_t)(to - out->data);
    *at = i;
}

static bool add_tail(struct buf *out, const struct base64_stream *tail, size_t *bad_at)
{
    if (tail->padding && tail->pending + tail->padding != 4)
        return fail(tail->at, bad_at);
    if (tail->pending == 1 || (tail->strict && tail->pending && !tail->padding))
        return fail(tail->start, bad_at);
    if (tail->pending == 2)
        buf_add_char(out, (char)(tail->word >> 4));
    if (tail->pending == 3) {
        buf_add_char(out, (char)(tail->word >> 10));
        buf_add_char(out, (char)(tail->word >> 2));
    }
    return true;
}

/* Padding may stand where it completes a group, and only white space behind it. */
static bool add_padding(struct base64_stream *tail, size_t at, size_t *bad_at)
{
    if (tail->pending < 2 || tail->pending + tail->padding == 4)
        return fail(at, bad_at);
    if (tail->padding++ == 0)
        tail->pad_at = at;
    return true;
}

static void add_digit(struct buf *out, struct base64_stream *tail, unsigned value, size_t at)
{
    if (tail->pending == 0)
        tail->start = at;
    tail->word = tail->word << 6 | value;
    if (++tail->pending < 4)
        return;
    char triple[3] = {(char)(tail->word >> 16), (char)(tail->word >> 8), (char)tail->word};
    buf_add(out, triple, 3);
    tail->pending = 0;
    tail->word = 0;
}

/* Line breaks are passed over wherever they are, as MIME's form of base64 has them. */
bool base64_stream_add(struct base64_stream *stream, struct buf *out, const char *text, size_t length, size_t *bad_at)
{
    size_t base = stream->at;
    buf_reserve(out, length / 4 * 3 + 6);
    for (size_t i = 0; i < length; i++) {
        if (stream->pending == 0 && !stream->padding && !stream->strict)
            decode_groups(out, (const unsigned char *)text, length, &i);
        if (i == length)
            break;
        unsigned digit = digits[(unsigned char)text[i]];
        if (is_break(text[i]))
            continue;
        if (text[i] == '=') {
            if (!add_padding(stream, base + i, bad_at))
                return false;
            continue;
        }
        if (stream->padding)
            return fail(stream->pending + stream->padding == 4 ? base + i : stream->pad_at, bad_at);
        if (!digit || (stream->strict && (text[i] == '-' || text[i] == '_')))
            return fail(base + i, bad_at);
        add_digit(out, stream, digit - 1, base + i);
    }
    stream->at = base + length;
    return true;
}

bool base64_stream_end(struct base64_stream *stream, struct buf *out, size_t *bad_at)
{
    return add_tail(out, stream, bad_at);
}

static bool decode(struct buf *out, const char *text, size_t length, bool strict, size_t *bad_at)
{
    struct base64_stream stream = {.strict = strict};
    return base64_stream_add(&stream, out, text, length, bad_at) && base64_stream_end(&stream, out, bad_at);
}

bool base64_decode(struct buf *out, const char *text, size_t length, size_t *bad_at)
{
    return decode(out, text, length, false, bad_at);
}

bool base64_decode_strict(struct buf *out, const char *text, size_t length, size_t *bad_at)
{
    return decode(out, text, length, true, bad_at);
}
