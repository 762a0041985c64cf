/* String and bytes literals of CEL: quotes, prefixes and escapes. */
#include <string.h>

#include "base/utf8.h"
#include "filter/ast.h"

static int digit_value(char c, int base)
{
    int value = 99;
    if (c >= '0' && c <= '9')
        value = c - '0';
    else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        value = (c | 0x20) - 'a' + 10;
    return value < base ? value : -1;
}

/* count digits at text[*at]; UINT32_MAX if there are fewer. */
static uint32_t read_digits(const char *text, size_t length, size_t *at, size_t count, int base)
{
    uint32_t value = 0;
    for (size_t i = 0; i < count; i++, ++*at) {
        int digit = *at < length ? digit_value(text[*at], base) : -1;
        if (digit < 0)
            return UINT32_MAX;
        value = value * (uint32_t)base + (uint32_t)digit;
    }
    return value;
}

/* One escape behind its backslash. In bytes, \x and octal stand for a byte; elsewhere all stand for a code point. */
static bool add_escape(struct buf *out, const char *text, size_t length, size_t *at, bool bytes)
{
    static const char letters[] = "abfnrtv\\?\"'`", values[] = "\a\b\f\n\r\t\v\\?\"'`";
    if (*at >= length)
        return false;
    char c = text[*at];
    const char *letter = strchr(letters, c);
    if (c && letter) {
        ++*at;
        buf_add_char(out, values[letter - letters]);
        return true;
    }
    uint32_t value;
    bool byte = bytes;
    if (c >= '0' && c <= '3') {
        value = read_digits(text, length, at, 3, 8);
    } else {
        size_t count = c == 'x' || c == 'X' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
        ++*at;
        value = count ? read_digits(text, length, at, count, 16) : UINT32_MAX;
        if (bytes && count != 2)
            return false;
    }
    if (byte && value <= 0xFF) {
        buf_add_char(out, (char)value);
        return true;
    }
    char encoded[4];
    size_t size = value == UINT32_MAX ? 0 : utf8_encode(value, encoded);
    buf_add(out, encoded, size);
    return size > 0;
}

bool filter_lex_string(struct arena *arena, const char *text, size_t length, struct filter_value *out)
{
    bool raw = false, bytes = false;
    size_t at = 0;
    for (; text[at] != '"' && text[at] != '\''; at++) {
        raw = raw || (text[at] | 0x20) == 'r';
        bytes = bytes || (text[at] | 0x20) == 'b';
    }
    bool triple = length - at >= 6 && text[at + 1] == text[at] && text[at + 2] == text[at];
    size_t end = length - (triple ? 3 : 1);
    at += triple ? 3 : 1;
    struct buf decoded = buf_in(arena);
    while (at < end) {
        if (text[at] != '\\' || raw) {
            buf_add_char(&decoded, text[at++]);
            continue;
        }
        at++;
        if (!add_escape(&decoded, text, end, &at, bytes))
            return false;
    }
    out->kind = bytes ? FILTER_VALUE_BYTES : FILTER_VALUE_STRING;
    out->text = buf_str(&decoded);
    out->length = decoded.len;
    return bytes || utf8_valid(out->text, out->length);
}
