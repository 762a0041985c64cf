#include "http/feed_text.h"

#include <stdbool.h>
#include <string.h>

#include "base/time_rfc3339.h"
#include "base/utf8.h"

enum { TITLE_MAX = 100, HEADING_MARKS_MAX = 6 };

static const char replacement[] = "\xEF\xBF\xBD";

static bool is_xml_char(uint32_t c)
{
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c <= 0xD7FF) || (c >= 0xE000 && c <= 0xFFFD) ||
           (c >= 0x10000 && c <= 0x10FFFF);
}

static const char *entity(uint32_t c)
{
    switch (c) {
    case '"':
        return "&#34;";
    case '\'':
        return "&#39;";
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '\t':
        return "&#x9;";
    case '\n':
        return "&#xA;";
    case '\r':
        return "&#xD;";
    default:
        return is_xml_char(c) ? NULL : replacement;
    }
}

void feed_text_escape(struct buf *out, const char *text, size_t length)
{
    for (size_t at = 0, size; at < length; at += size) {
        const char *instead = entity(utf8_decode(text + at, length - at, &size));
        if (instead)
            buf_add_str(out, instead);
        else
            buf_add(out, text + at, size);
    }
}

void feed_text_element(struct buf *out, const char *indent, const char *name, const char *text)
{
    buf_printf(out, "%s<%s>", indent, name);
    feed_text_escape(out, text, strlen(text));
    buf_printf(out, "</%s>\n", name);
}

void feed_text_cdata(struct buf *out, const char *text)
{
    size_t length = strlen(text);
    buf_add_str(out, "<![CDATA[");
    for (size_t at = 0, size; at < length; at += size) {
        uint32_t c = utf8_decode(text + at, length - at, &size);
        if (length - at >= 3 && memcmp(text + at, "]]>", 3) == 0) {
            buf_add_str(out, "]]]]><![CDATA[>");
            size = 3;
        } else if (!is_xml_char(c)) {
            buf_add_str(out, replacement);
        } else {
            buf_add(out, text + at, size);
        }
    }
    buf_add_str(out, "]]>");
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void trim(const char **start, const char **end)
{
    while (*start < *end && is_space(**start))
        (*start)++;
    while (*end > *start && is_space((*end)[-1]))
        (*end)--;
}

const char *feed_text_title(struct arena *arena, const char *content, size_t length)
{
    const char *newline = length ? memchr(content, '\n', length) : NULL;
    const char *start = content, *end = newline ? newline : content + length;
    trim(&start, &end);
    for (int marks = 0; marks < HEADING_MARKS_MAX && start < end && *start == '#'; marks++)
        start++;
    trim(&start, &end);
    if (start == end)
        return "Memo";
    if (end - start <= TITLE_MAX)
        return arena_strndup(arena, start, (size_t)(end - start));
    size_t cut = TITLE_MAX;
    while (cut > 0 && start[cut - 1] != ' ')
        cut--;
    if (cut > 1)
        cut--; /* without the space itself */
    else
        for (cut = TITLE_MAX; cut > 0 && ((unsigned char)start[cut] & 0xC0) == 0x80;)
            cut--; /* not in the middle of a code point */
    return arena_printf(arena, "%.*s...", (int)cut, start);
}

const char *feed_text_date(struct arena *arena, int64_t seconds)
{
    char text[TIME_RFC3339_SIZE];
    time_format_http(seconds, text);
    return arena_printf(arena, "%.*s+0000", (int)(strlen(text) - strlen("GMT")), text);
}
