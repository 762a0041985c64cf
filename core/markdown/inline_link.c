/* Links and images (CommonMark 6.3 and 6.4). */
#include "markdown/inline_scan.h"

bool markdown_scan_bracket_open(struct markdown_scan *scan)
{
    bool image = scan->text[scan->at] == '!';
    size_t end = scan->at + (image ? 2 : 1);
    if (image && (scan->at + 1 >= scan->length || scan->text[scan->at + 1] != '['))
        return false;
    markdown_flush(scan);
    struct markdown_bracket *bracket = ARENA_NEW(scan->document->arena, struct markdown_bracket);
    bracket->node = markdown_add_inline(scan, MARKDOWN_TEXT, scan->at, end);
    bracket->node->pending = true;
    bracket->delimiter = scan->delimiters;
    bracket->text_at = end;
    bracket->image = image;
    bracket->previous = scan->brackets;
    if (scan->brackets)
        scan->brackets->has_bracket = true;
    scan->brackets = bracket;
    markdown_continue_at(scan, end);
    return true;
}

static void skip_spaces(const struct markdown_scan *scan, size_t *at)
{
    while (*at < scan->length && markdown_is_space(scan->text[*at]))
        ++*at;
}

/* "(destination "title")" at `at`; gives where it ends, 0 if it is none. */
static size_t scan_inline_target(const struct markdown_scan *scan, size_t at, struct markdown_reference *out)
{
    if (at >= scan->length || scan->text[at] != '(')
        return 0;
    at++;
    skip_spaces(scan, &at);
    if (at < scan->length && scan->text[at] == ')') {
        out->target = "";
        return at + 1;
    }
    if (!markdown_scan_destination(scan->text, scan->length, &at, &out->target, &out->target_length))
        return 0;
    size_t behind = at;
    skip_spaces(scan, &at);
    if (at > behind && at < scan->length && scan->text[at] != ')') {
        if (!markdown_scan_title(scan->text, scan->length, &at, &out->title, &out->title_length))
            return 0;
        skip_spaces(scan, &at);
    }
    return at < scan->length && scan->text[at] == ')' ? at + 1 : 0;
}

/* The label of "[text][label]" at `at`; false if there is none. *end is behind its bracket. */
static bool scan_second_label(const struct markdown_scan *scan, size_t at, size_t *start, size_t *end)
{
    if (at >= scan->length || scan->text[at] != '[')
        return false;
    *start = at + 1;
    for (size_t i = at + 1; i < scan->length; i++) {
        if (scan->text[i] == '[')
            return false;
        if (scan->text[i] == ']') {
            *end = i + 1;
            return true;
        }
        if (scan->text[i] == '\\')
            i++;
    }
    return false;
}

/* "[text][label]", "[text][]" or "[text]" that is defined somewhere; gives where it ends, 0 if it is none. */
static size_t find_reference_target(struct markdown_scan *scan, const struct markdown_bracket *bracket,
                                    struct markdown_reference *out)
{
    size_t start = bracket->text_at, close = scan->at, end = close + 1, label_start, label_end;
    bool shortcut = true;
    if (scan_second_label(scan, close + 1, &label_start, &label_end)) {
        bool blank = true;
        for (size_t i = label_start; i < label_end - 1; i++)
            blank = blank && markdown_is_space(scan->text[i]);
        end = label_end;
        if (!blank) {
            start = label_start;
            close = label_end - 1;
            shortcut = false;
        }
    }
    if (shortcut && bracket->has_bracket)
        return 0; /* no label holds a bracket */
    const struct markdown_reference *found = markdown_find_reference(scan->document, scan->text + start, close - start);
    if (!found)
        return 0;
    *out = *found;
    return end;
}

static void make_link(struct markdown_scan *scan, struct markdown_bracket *bracket,
                      const struct markdown_reference *target, size_t end)
{
    markdown_flush(scan);
    markdown_match_delimiters(scan, bracket->delimiter);
    struct markdown_node *node = bracket->node;
    node->kind = bracket->image ? MARKDOWN_IMAGE : MARKDOWN_LINK;
    node->target = target->target;
    node->target_length = target->target_length;
    node->title = target->title;
    node->title_length = target->title_length;
    if (node->next)
        markdown_move(node->next, scan->block->last, node);
    scan->brackets = bracket->previous;
    if (!bracket->image)
        scan->last_link_at = bracket->text_at;
    markdown_continue_at(scan, end);
}

void markdown_forget_brackets(struct markdown_scan *scan)
{
    struct markdown_bracket *first = NULL;
    while (scan->brackets) {
        struct markdown_bracket *bracket = scan->brackets;
        scan->brackets = bracket->previous;
        bracket->previous = first;
        first = bracket;
    }
    for (; first; first = first->previous)
        markdown_settle(first->node);
}

bool markdown_scan_bracket_close(struct markdown_scan *scan)
{
    struct markdown_bracket *bracket = scan->brackets;
    if (!bracket)
        return false;
    struct markdown_reference target = {0};
    size_t end = 0;
    /* No link inside a link: brackets around one open none any more. */
    if (bracket->image || bracket->text_at >= scan->last_link_at) {
        end = scan_inline_target(scan, scan->at + 1, &target);
        if (!end)
            end = find_reference_target(scan, bracket, &target);
    }
    if (!end) {
        scan->brackets = bracket->previous;
        markdown_settle(bracket->node);
        return false;
    }
    make_link(scan, bracket, &target, end);
    return true;
}
