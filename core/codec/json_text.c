#include "codec/json_text.h"

#include "base/utf8.h"

/* The highest bit of each of the 8 bytes that is a control character, a quote, a backslash or not ASCII. Borrows can
 * set it above the first of these as well, not below. */
static uint64_t needs_care(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
    uint64_t quote = word ^ (ones * '"'), backslash = word ^ (ones * '\\');
    uint64_t control = (word - ones * 0x20) & ~word;
    return (word | control | ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash)) & high;
}

static size_t plain_run(const char *text, size_t length)
{
    size_t at = 0;
    while (length - at >= 8) {
        uint64_t word;
        memcpy(&word, text + at, 8);
        uint64_t care = needs_care(word);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        if (care)
            return at + (size_t)__builtin_ctzll(care) / 8;
#else
        if (care)
            break;
#endif
        at += 8;
    }
    while (at < length) {
        unsigned char c = (unsigned char)text[at];
        if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
            break;
        at++;
    }
    return at;
}

static void add_escape(struct buf *out, unsigned char c)
{
    static const char digits[] = "0123456789abcdef";
    char pair[2] = {'\\', (char)c};
    switch (c) {
    case '\b':
        pair[1] = 'b';
        break;
    case '\f':
        pair[1] = 'f';
        break;
    case '\n':
        pair[1] = 'n';
        break;
    case '\r':
        pair[1] = 'r';
        break;
    case '\t':
        pair[1] = 't';
        break;
    case '"':
    case '\\':
        break;
    default:
        buf_add(out, "\\u00", 4);
        pair[0] = digits[c >> 4];
        pair[1] = digits[c & 15];
    }
    buf_add(out, pair, 2);
}

/* The bytes at text need care: escapes them or checks the code point. Returns how many were used. */
static size_t add_careful(struct buf *out, const char *text, size_t length)
{
    if ((unsigned char)*text < 0x80) {
        add_escape(out, (unsigned char)*text);
        return 1;
    }
    size_t at = 0;
    while (at < length && (unsigned char)text[at] >= 0x80) {
        size_t size;
        if (utf8_decode(text + at, length - at, &size) == UINT32_MAX)
            break;
        at += size;
    }
    if (at) {
        buf_add(out, text, at);
        return at;
    }
    buf_add(out, "\xEF\xBF\xBD", 3);
    return 1;
}

void json_add_string(struct buf *out, const char *text, size_t length)
{
    buf_reserve(out, length + 2);
    buf_add_char(out, '"');
    for (size_t at = 0; at < length;) {
        size_t run = plain_run(text + at, length - at);
        buf_add(out, text + at, run);
        at += run;
        if (at < length)
            at += add_careful(out, text + at, length - at);
    }
    buf_add_char(out, '"');
}

/* U+2028 and U+2029, which JavaScript once took for the end of a line. All of the character is there. */
static bool is_separator(const char *text)
{
    return text[0] == '\xE2' && text[1] == '\x80' && (text[2] == '\xA8' || text[2] == '\xA9');
}

static const char *html_escape(char last)
{
    switch (last) {
    case '<':
        return "\\u003c";
    case '>':
        return "\\u003e";
    case '&':
        return "\\u0026";
    case '\xA8':
        return "\\u2028";
    default:
        return "\\u2029";
    }
}

void json_add_string_html(struct buf *out, const char *text, size_t length)
{
    enum { ESCAPE = 6, SEPARATOR = 3 };
    size_t start = out->len, growth = 0;
    json_add_string(out, text, length);
    for (const char *c = out->data + start, *end = out->data + out->len; c < end; c++) {
        if (*c == '<' || *c == '>' || *c == '&')
            growth += ESCAPE - 1;
        else if (is_separator(c))
            growth += ESCAPE - SEPARATOR;
    }
    if (growth == 0)
        return;
    buf_reserve(out, growth);
    size_t from = out->len, to = out->len + growth;
    out->len = to;
    /* From the end, so that each byte is moved once. */
    while (from > start) {
        char c = out->data[--from];
        bool separator = from - start >= SEPARATOR && is_separator(out->data + from - (SEPARATOR - 1));
        if (c != '<' && c != '>' && c != '&' && !separator) {
            out->data[--to] = c;
            continue;
        }
        from -= separator ? SEPARATOR - 1 : 0;
        to -= ESCAPE;
        memcpy(out->data + to, html_escape(c), ESCAPE);
    }
}
