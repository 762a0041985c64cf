#include "markdown/entity.h"

#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "markdown/tree.h"

#include "markdown/html_entities.h"

enum { LONGEST_NAME = 31, LONGEST_DECIMAL = 7, LONGEST_HEX = 6, REPLACEMENT = 0xFFFD };

static const char *find_name(const char *name, size_t length)
{
    size_t low = 0, high = sizeof html_entities / sizeof html_entities[0];
    char wanted[LONGEST_NAME + 1] = {0};
    memcpy(wanted, name, length);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(html_entities[middle].name, wanted);
        if (order == 0)
            return html_entities[middle].text;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static int digit_value(char c, unsigned base)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char lower = (char)(c | 0x20);
    return base == 16 && lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Behind "&#". */
static size_t numeric(const char *text, size_t length, char *out, size_t *out_length)
{
    unsigned base = length > 2 && (text[2] == 'x' || text[2] == 'X') ? 16 : 10;
    size_t start = base == 16 ? 3 : 2, at = start, most = base == 16 ? LONGEST_HEX : LONGEST_DECIMAL;
    uint32_t value = 0;
    for (; at < length && at - start <= most && digit_value(text[at], base) >= 0; at++)
        value = value * base + (uint32_t)digit_value(text[at], base);
    if (at == start || at - start > most || at >= length || text[at] != ';')
        return 0;
    *out_length = value ? utf8_encode(value, out) : 0;
    if (*out_length == 0)
        *out_length = utf8_encode(REPLACEMENT, out);
    return at + 1;
}

size_t markdown_entity(const char *text, size_t length, char out[8], size_t *out_length)
{
    if (length < 3 || text[0] != '&')
        return 0;
    if (text[1] == '#')
        return numeric(text, length, out, out_length);
    size_t at = 1;
    while (at < length && at <= LONGEST_NAME && markdown_is_alnum(text[at]))
        at++;
    if (at == 1 || at >= length || text[at] != ';')
        return 0;
    const char *found = find_name(text + 1, at - 1);
    if (!found)
        return 0;
    *out_length = strlen(found);
    memcpy(out, found, *out_length);
    return at + 1;
}

void markdown_decode(struct buf *out, const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        char bytes[8];
        size_t bytes_length, size = text[at] == '&' ? markdown_entity(text + at, length - at, bytes, &bytes_length) : 0;
        if (size) {
            buf_add(out, bytes, bytes_length);
            at += size;
            continue;
        }
        if (text[at] == '\\' && at + 1 < length && markdown_is_punctuation(text[at + 1]))
            at++;
        buf_add_char(out, text[at++]);
    }
}
