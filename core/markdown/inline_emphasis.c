/* Emphasis, strong emphasis and strikethrough (CommonMark 6.2 and its appendix; GFM 6.5). */
#include "base/unicode.h"
#include "base/utf8.h"
#include "markdown/inline_scan.h"

enum { CLOSER_CLASSES = 18 };

static uint32_t character_at(const struct markdown_scan *scan, size_t at)
{
    size_t size;
    return at < scan->length ? utf8_decode(scan->text + at, scan->length - at, &size) : '\n';
}

static void judge_flanks(const struct markdown_scan *scan, size_t end, struct markdown_delimiter *delimiter)
{
    uint32_t before = markdown_character_before(scan, scan->at), after = character_at(scan, end);
    bool space_before = unicode_is_space(before), space_after = unicode_is_space(after);
    bool mark_before = unicode_is(before, UNICODE_PUNCTUATION | UNICODE_SYMBOL);
    bool mark_after = unicode_is(after, UNICODE_PUNCTUATION | UNICODE_SYMBOL);
    bool left = !space_after && (!mark_after || space_before || mark_before);
    bool right = !space_before && (!mark_before || space_after || mark_after);
    bool underscore = delimiter->mark == '_';
    delimiter->can_open = left && (!underscore || !right || mark_before);
    delimiter->can_close = right && (!underscore || !left || mark_after);
}

bool markdown_scan_delimiter(struct markdown_scan *scan)
{
    size_t end = scan->at;
    char mark = scan->text[scan->at];
    if (mark == '~' && end > 0 && scan->text[end - 1] == '~')
        return false;
    while (end < scan->length && scan->text[end] == mark)
        end++;
    size_t count = end - scan->at;
    if (mark == '~' && count > 2)
        return false;
    struct markdown_delimiter *delimiter = ARENA_NEW(scan->document->arena, struct markdown_delimiter);
    delimiter->mark = mark;
    delimiter->at = scan->at;
    delimiter->whole = count;
    judge_flanks(scan, end, delimiter);
    markdown_flush(scan);
    delimiter->node = markdown_add_inline(scan, MARKDOWN_TEXT, scan->at, end);
    delimiter->node->pending = true;
    scan->openers += delimiter->can_open;
    delimiter->previous = scan->delimiters;
    if (scan->delimiters)
        scan->delimiters->next = delimiter;
    scan->delimiters = delimiter;
    markdown_continue_at(scan, end);
    return true;
}

/* Takes a delimiter off the list; what is left of its run becomes text. */
static void drop(struct markdown_scan *scan, struct markdown_delimiter *delimiter)
{
    if (delimiter->previous)
        delimiter->previous->next = delimiter->next;
    if (delimiter->next)
        delimiter->next->previous = delimiter->previous;
    else
        scan->delimiters = delimiter->previous;
    scan->openers -= delimiter->can_open;
    markdown_settle(delimiter->node);
}

/* How many marks a pair uses up; 0 if the two do not match (the rule of three). */
static size_t pair_size(const struct markdown_delimiter *opener, const struct markdown_delimiter *closer)
{
    if (opener->mark != closer->mark)
        return 0;
    bool both_ways = opener->can_close || closer->can_open;
    if (both_ways && (opener->whole + closer->whole) % 3 == 0 && closer->whole % 3 != 0)
        return 0;
    return opener->node->length >= 2 && closer->node->length >= 2 ? 2 : 1;
}

static void wrap(struct markdown_scan *scan, struct markdown_delimiter *opener, struct markdown_delimiter *closer,
                 size_t size)
{
    enum markdown_kind kind = opener->mark == '~' ? MARKDOWN_STRIKE : size == 2 ? MARKDOWN_STRONG : MARKDOWN_EMPHASIS;
    while (closer->previous != opener)
        drop(scan, closer->previous);
    opener->node->length -= size;
    closer->node->text += size;
    closer->node->length -= size;
    struct markdown_node *node = markdown_append(scan->document->arena, NULL, kind);
    struct markdown_node *first = opener->node->next, *last = closer->node->previous;
    markdown_insert_after(opener->node, node);
    if (last != opener->node)
        markdown_move(first, last, node);
}

/* Index of a closer among those for which a search has found no opener: by mark, run length modulo 3, can_open. */
static size_t closer_class(const struct markdown_delimiter *closer)
{
    size_t mark = closer->mark == '*' ? 0 : closer->mark == '_' ? 1 : 2;
    return (mark * 3 + closer->whole % 3) * 2 + closer->can_open;
}

/* The nearest delimiter before closer, not before floor, that it closes; *size is how many marks the pair uses up. */
static struct markdown_delimiter *find_opener(const struct markdown_delimiter *closer, size_t floor, size_t *size)
{
    for (struct markdown_delimiter *opener = closer->previous; opener && opener->at >= floor; opener = opener->previous)
        if (opener->can_open && (*size = pair_size(opener, closer)) > 0)
            return opener;
    return NULL;
}

void markdown_match_delimiters(struct markdown_scan *scan, struct markdown_delimiter *bottom)
{
    /* By class of closer: before these places there is no opener, as a search has shown. */
    size_t floors[CLOSER_CLASSES];
    for (size_t i = 0; i < CLOSER_CLASSES; i++)
        floors[i] = bottom ? bottom->at + 1 : 0;
    struct markdown_delimiter *closer = scan->delimiters == bottom ? NULL : scan->delimiters;
    while (closer && closer->previous != bottom)
        closer = closer->previous;
    while (closer) {
        struct markdown_delimiter *next = closer->next;
        size_t *floor = &floors[closer_class(closer)], size = 0;
        struct markdown_delimiter *opener = closer->can_close ? find_opener(closer, *floor, &size) : NULL;
        if (!opener) {
            if (closer->can_close)
                *floor = closer->at;
            if (closer->can_close && !closer->can_open)
                drop(scan, closer);
            closer = next;
            continue;
        }
        wrap(scan, opener, closer, size);
        if (opener->node->length == 0)
            drop(scan, opener);
        if (closer->node->length == 0) {
            drop(scan, closer);
            closer = next;
        }
    }
    while (scan->delimiters && scan->delimiters != bottom)
        drop(scan, scan->delimiters);
}
