/* The two elements that only memos have: #tag and @mention. */
#include <string.h>

#include "base/unicode.h"
#include "base/utf8.h"
#include "markdown/inline_scan.h"

enum { LONGEST_TAG = 100, LONGEST_MENTION = 63, ZERO_WIDTH_JOINER = 0x200D };

static bool in_tag(uint32_t c)
{
    if (c < 0x80)
        return markdown_is_alnum((char)c) || (c && strchr("_-/&$+<=>^`|~", (int)c) != NULL);
    return unicode_is(c, UNICODE_LETTER | UNICODE_NUMBER | UNICODE_SYMBOL | UNICODE_MARK) || c == ZERO_WIDTH_JOINER;
}

bool markdown_scan_tag(struct markdown_scan *scan)
{
    size_t start = scan->at + 1, end = start;
    for (int count = 0; end < scan->length && count < LONGEST_TAG; count++) {
        size_t size;
        uint32_t c = utf8_decode(scan->text + end, scan->length - end, &size);
        if (c == UINT32_MAX || !in_tag(c))
            break;
        end += size;
    }
    if (end == start)
        return false;
    markdown_flush(scan);
    markdown_add_inline(scan, MARKDOWN_TAG, start, end);
    markdown_continue_at(scan, end);
    return true;
}

bool markdown_scan_mention(struct markdown_scan *scan)
{
    uint32_t before = markdown_character_before(scan, scan->at);
    if (!unicode_is_space(before) && !unicode_is(before, UNICODE_PUNCTUATION | UNICODE_SYMBOL))
        return false;
    size_t start = scan->at + 1, end = start;
    bool named = false;
    for (int count = 0; end < scan->length; count++) {
        size_t size;
        uint32_t c = utf8_decode(scan->text + end, scan->length - end, &size);
        bool letter = unicode_is(c, UNICODE_LETTER | UNICODE_NUMBER);
        if (!letter && c != '-')
            break;
        if (count == LONGEST_MENTION)
            return false;
        named = named || letter;
        end += size;
    }
    if (!named)
        return false;
    markdown_flush(scan);
    markdown_add_inline(scan, MARKDOWN_MENTION, start, end);
    markdown_continue_at(scan, end);
    return true;
}
