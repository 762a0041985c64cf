/* Code spans (CommonMark 6.1). */
#include <string.h>

#include "base/buf.h"
#include "markdown/inline_scan.h"

static size_t run_length(const struct markdown_scan *scan, size_t at)
{
    size_t end = at;
    while (end < scan->length && scan->text[end] == '`')
        end++;
    return end - at;
}

/* The next run of exactly wanted backticks; SIZE_MAX if there is none. Every run passed is noted, so that the text is
 * searched at most once for closing runs that do not exist. */
static size_t find_closer(struct markdown_scan *scan, size_t from, size_t wanted)
{
    if (wanted > LONGEST_BACKTICKS || (scan->backticks_known && scan->backtick_runs[wanted] < from))
        return SIZE_MAX;
    for (size_t at = from; at < scan->length;) {
        const char *found = memchr(scan->text + at, '`', scan->length - at);
        if (!found)
            break;
        at = (size_t)(found - scan->text);
        size_t length = run_length(scan, at);
        if (length == wanted)
            return at;
        if (length <= LONGEST_BACKTICKS)
            scan->backtick_runs[length] = at;
        at += length;
    }
    scan->backticks_known = true;
    return SIZE_MAX;
}

/* In a table cell a bar is written \| even inside code, where the backslash would otherwise be text. */
static void unescape_bars(struct arena *arena, struct markdown_node *line)
{
    if (!memmem(line->text, line->length, "\\|", 2))
        return;
    struct buf out = buf_in(arena);
    for (size_t i = 0; i < line->length; i++)
        if (!(line->text[i] == '\\' && i + 1 < line->length && line->text[i + 1] == '|'))
            buf_add_char(&out, line->text[i]);
    line->text = out.data;
    line->length = out.len;
}

/* One blank is taken off both ends if both have one and there is more than blanks. */
static void strip(const struct markdown_scan *scan, size_t *start, size_t *end)
{
    bool blank = true;
    for (size_t i = *start; i < *end && blank; i++)
        blank = markdown_is_space(scan->text[i]);
    if (blank || !markdown_is_space(scan->text[*start]) || !markdown_is_space(scan->text[*end - 1]))
        return;
    ++*start;
    --*end;
}

bool markdown_scan_code_span(struct markdown_scan *scan)
{
    size_t ticks = run_length(scan, scan->at), start = scan->at + ticks;
    size_t closer = find_closer(scan, start, ticks);
    if (closer == SIZE_MAX) {
        /* The whole run is text: a shorter part of it opens nothing. */
        markdown_flush(scan);
        scan->at = scan->mark_at = start;
        scan->url_may_start = true;
        return true;
    }
    markdown_flush(scan);
    struct markdown_node *span = markdown_add_inline(scan, MARKDOWN_CODE_SPAN, start, closer);
    size_t end = closer;
    strip(scan, &start, &end);
    while (start < end) {
        const char *newline = memchr(scan->text + start, '\n', end - start);
        size_t line_end = newline ? (size_t)(newline - scan->text) + 1 : end;
        struct markdown_node *line = markdown_append(scan->document->arena, span, MARKDOWN_TEXT);
        line->text = scan->text + start;
        line->length = line_end - start;
        line->code = true;
        scan->shown += line->length;
        if (scan->block->kind == MARKDOWN_CELL)
            unescape_bars(scan->document->arena, line);
        start = line_end;
    }
    markdown_continue_at(scan, closer + ticks);
    return true;
}
