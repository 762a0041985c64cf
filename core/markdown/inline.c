#include <string.h>

#include "base/utf8.h"
#include "markdown/inline_scan.h"

struct markdown_node *markdown_add_inline(struct markdown_scan *scan, enum markdown_kind kind, size_t start, size_t end)
{
    struct markdown_node *node = markdown_append(scan->document->arena, scan->block, kind);
    node->text = scan->text + start;
    node->length = end - start;
    if (kind == MARKDOWN_TEXT || kind == MARKDOWN_TAG || kind == MARKDOWN_AUTOLINK)
        scan->shown += node->length;
    return node;
}

void markdown_settle(struct markdown_node *node)
{
    struct markdown_node *before = node->previous;
    bool adjoins = before && before->kind == MARKDOWN_TEXT && !before->pending &&
                   before->line_break == MARKDOWN_NO_BREAK && before->text + before->length == node->text;
    node->pending = false;
    if (adjoins)
        before->length += node->length;
    if (adjoins || node->length == 0)
        markdown_remove(node);
}

uint32_t markdown_character_before(const struct markdown_scan *scan, size_t at)
{
    if (at == 0)
        return '\n';
    size_t start = at - 1, size;
    while (start > 0 && at - start < 4 && ((unsigned char)scan->text[start] & 0xC0) == 0x80)
        start--;
    return utf8_decode(scan->text + start, at - start, &size);
}

void markdown_flush(struct markdown_scan *scan)
{
    if (scan->at > scan->run)
        markdown_add_inline(scan, MARKDOWN_TEXT, scan->run, scan->at);
    scan->run = scan->mark_at = scan->at;
}

void markdown_continue_at(struct markdown_scan *scan, size_t end)
{
    scan->at = scan->run = scan->mark_at = end;
    scan->url_may_start = true;
}

/* The text before a line's end. It makes two nodes, cut where an element might last have begun: the walk of a snippet
 * looks at its length after each node, and must come to the same end as the reference. */
static void end_line(struct markdown_scan *scan, size_t end, enum markdown_break line_break, bool trim)
{
    size_t cut = scan->mark_at < end ? scan->mark_at : end;
    if (cut > scan->run)
        markdown_add_inline(scan, MARKDOWN_TEXT, scan->run, cut);
    while (trim && end > cut && markdown_is_space(scan->text[end - 1]))
        end--;
    struct markdown_node *node = markdown_add_inline(scan, MARKDOWN_TEXT, cut, end);
    node->line_break = line_break;
}

static void scan_newline(struct markdown_scan *scan)
{
    end_line(scan, scan->at, MARKDOWN_SOFT_BREAK, true);
    markdown_continue_at(scan, scan->at + 1);
}

/* Two spaces at the end of a line. */
static bool scan_spaces(struct markdown_scan *scan)
{
    if (scan->length - scan->at < 3 || memcmp(scan->text + scan->at, "  \n", 3) != 0)
        return false;
    end_line(scan, scan->at, MARKDOWN_HARD_BREAK, true);
    markdown_continue_at(scan, scan->at + 3);
    return true;
}

/* A backslash takes punctuation behind it with it; at a line's end it is a hard break. */
static void scan_backslash(struct markdown_scan *scan)
{
    if (scan->at + 1 < scan->length && scan->text[scan->at + 1] == '\n') {
        end_line(scan, scan->at, MARKDOWN_HARD_BREAK, false);
        markdown_continue_at(scan, scan->at + 2);
        return;
    }
    scan->url_may_start = false;
    scan->at++;
    if (scan->at < scan->length && markdown_is_punctuation(scan->text[scan->at]))
        scan->at++;
}

static bool is_checkbox(const struct markdown_scan *scan)
{
    const struct markdown_node *item = scan->block->parent;
    if (!item || item->kind != MARKDOWN_ITEM || item->first != scan->block || scan->length < 3)
        return false;
    const char *text = scan->text;
    return text[0] == '[' && text[2] == ']' && (text[1] == 'x' || text[1] == 'X' || text[1] == ' ' || text[1] == '\t');
}

static void scan_checkbox(struct markdown_scan *scan)
{
    struct markdown_node *node = markdown_add_inline(scan, MARKDOWN_CHECKBOX, 0, 3);
    node->checked = scan->text[1] == 'x' || scan->text[1] == 'X';
    size_t end = 3;
    while (end < scan->length && markdown_is_space(scan->text[end]))
        end++;
    markdown_continue_at(scan, end);
}

static bool scan_element(struct markdown_scan *scan)
{
    switch (scan->text[scan->at]) {
    case ' ':
        return scan_spaces(scan);
    case '`':
        return markdown_scan_code_span(scan);
    case '*':
    case '_':
    case '~':
        return markdown_scan_delimiter(scan);
    case '[':
    case '!':
        return markdown_scan_bracket_open(scan);
    case ']':
        return markdown_scan_bracket_close(scan);
    case '<':
        return markdown_scan_angle(scan);
    case '#':
        return markdown_scan_tag(scan);
    case '@':
        return markdown_scan_mention(scan);
    default:
        return false;
    }
}

/* A mark that begins no element here is plain text. A bare URL may follow some of them. */
static void pass_mark(struct markdown_scan *scan)
{
    char c = scan->text[scan->at];
    if (scan->at > scan->run)
        scan->mark_at = scan->at;
    scan->at++;
    scan->url_may_start = c == ' ' || c == '(' || c == '*' || c == '_' || c == '~';
}

static const bool marks[256] = {
    [' '] = true, ['\t'] = true, ['\r'] = true, ['('] = true, ['`'] = true, ['*'] = true, ['_'] = true,  ['~'] = true,
    ['['] = true, ['!'] = true,  [']'] = true,  ['<'] = true, ['#'] = true, ['@'] = true, ['\\'] = true, ['\n'] = true,
};

static void scan_mark(struct markdown_scan *scan)
{
    char c = scan->text[scan->at];
    if (c == '\n')
        scan_newline(scan);
    else if (c == '\\')
        scan_backslash(scan);
    else if (!scan_element(scan))
        pass_mark(scan);
}

/* Whether the rest of the block can be left out: there is text enough, and no mark that something could still close. */
static bool may_stop(const struct markdown_scan *scan)
{
    return scan->shown + (scan->at - scan->run) >= scan->enough && !scan->brackets && scan->openers == 0;
}

static void scan_all(struct markdown_scan *scan)
{
    while (scan->at < scan->length && !may_stop(scan)) {
        if (scan->url_may_start && markdown_scan_url(scan))
            continue;
        size_t start = scan->at;
        while (scan->at < scan->length && !marks[(unsigned char)scan->text[scan->at]])
            scan->at++;
        if (scan->at > start)
            scan->url_may_start = false;
        if (scan->at < scan->length)
            scan_mark(scan);
    }
    end_line(scan, scan->at, MARKDOWN_NO_BREAK, true);
}

void markdown_parse_inlines(struct markdown_document *document, struct markdown_node *block, size_t enough)
{
    if (block->inlines_done)
        return;
    block->inlines_done = true;
    while (block->length && markdown_is_space(block->text[block->length - 1]))
        block->length--;
    if (block->length == 0)
        return;
    struct markdown_scan scan = {.document = document,
                                 .block = block,
                                 .text = block->text,
                                 .length = block->length,
                                 .enough = enough,
                                 .url_may_start = true};
    if (is_checkbox(&scan))
        scan_checkbox(&scan);
    scan_all(&scan);
    markdown_match_delimiters(&scan, NULL);
    markdown_forget_brackets(&scan);
}
