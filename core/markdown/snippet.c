#include <string.h>

#include "base/unicode.h"
#include "base/utf8.h"
#include "markdown/markdown.h"
#include "markdown/tree.h"

enum {
    SHOWN = 64,           /* code points of a snippet */
    WALK_END = 128,       /* bytes after which the walk ends */
    KEPT = 4 * SHOWN + 4, /* bytes that hold one code point more than is shown */
    FIRST_PREFIX = 512,   /* of a longer memo, only so much is parsed at first */
    PREFIX_GROWTH = 8
};

struct walk {
    struct markdown_document *document;
    char text[KEPT];
    size_t length; /* of all text met; only the first KEPT bytes are kept */
    bool after_block;
};

static void add(struct walk *walk, const char *text, size_t length)
{
    if (walk->length < KEPT) {
        size_t room = KEPT - walk->length;
        memcpy(walk->text + walk->length, text, length < room ? length : room);
    }
    walk->length += length;
}

/* The blocks that keep apart from what came before them. */
static bool separates(enum markdown_kind kind)
{
    return kind == MARKDOWN_PARAGRAPH || kind == MARKDOWN_HEADING || kind == MARKDOWN_ITEM || kind == MARKDOWN_CELL ||
           kind == MARKDOWN_TABLE_ROW || kind == MARKDOWN_TABLE_HEADER;
}

static void enter(struct walk *walk, const struct markdown_node *node)
{
    if (separates(node->kind) && walk->length && walk->after_block)
        add(walk, " ", 1);
    walk->after_block = false;
    if (node->kind == MARKDOWN_TEXT) {
        add(walk, node->text, node->length);
        if (node->line_break == MARKDOWN_SOFT_BREAK)
            add(walk, " ", 1);
    } else if (node->kind == MARKDOWN_AUTOLINK) {
        add(walk, node->target ? node->target : node->text, node->target ? node->target_length : node->length);
    } else if (node->kind == MARKDOWN_TAG) {
        add(walk, "#", 1);
        add(walk, node->text, node->length);
    }
}

/* Goes through the tree until there is enough text. Gives the node where it stopped, NULL at the end of the memo. */
static struct markdown_node *run(struct walk *walk)
{
    struct markdown_node *root = walk->document->root, *node = root;
    for (;;) {
        bool code = node->kind == MARKDOWN_CODE_BLOCK;
        if (!code)
            enter(walk, node);
        if (walk->length > WALK_END)
            return node;
        if (markdown_has_inlines(node->kind))
            markdown_parse_inlines(walk->document, node, KEPT);
        if (node->first) {
            node = node->first;
            continue;
        }
        for (;; node = node->parent) {
            if (separates(node->kind))
                walk->after_block = true;
            if (node == root)
                return NULL;
            if (node->next)
                break;
        }
        node = node->next;
    }
}

static bool is_cut_mark(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Bytes of the first 64 code points; 0 if there are no more than those. */
static size_t shown_bytes(const char *text, size_t length)
{
    size_t at = 0;
    for (int count = 0; at < length; count++) {
        if (count == SHOWN)
            return at;
        size_t size;
        utf8_decode(text + at, length - at, &size);
        at += size;
    }
    return 0;
}

static const char *trimmed(struct arena *arena, const char *text, size_t length)
{
    size_t start = 0, size;
    while (start < length && unicode_is_space(utf8_decode(text + start, length - start, &size)))
        start += size;
    while (length > start) {
        size_t last = length - 1;
        while (last > start && ((unsigned char)text[last] & 0xC0) == 0x80)
            last--;
        if (!unicode_is_space(utf8_decode(text + last, length - last, &size)))
            break;
        length = last;
    }
    return arena_strndup(arena, text + start, length - start);
}

const char *markdown_snippet_cut(struct arena *arena, const char *shown, size_t shown_length)
{
    static const char dots[] = " ...";
    size_t kept = shown_length < KEPT ? shown_length : KEPT;
    size_t length = shown_bytes(shown, kept);
    if (length == 0)
        return trimmed(arena, shown, kept);
    size_t cut = length;
    while (cut > 0 && !is_cut_mark(shown[cut - 1]))
        cut--;
    if (cut > 1)
        length = cut - 1;
    char text[KEPT + sizeof dots];
    memcpy(text, shown, length);
    memcpy(text + length, dots, sizeof dots - 1);
    return trimmed(arena, text, length + sizeof dots - 1);
}

/* Whether the text behind a prefix can change what the walk saw: not if the block in which it stopped is closed by
 * another one, and no link waits for a definition. */
static bool holds(const struct walk *walk, const struct markdown_node *stop, const char *rest, size_t rest_length)
{
    const struct markdown_node *root = walk->document->root;
    if (!stop || stop == root)
        return false;
    while (stop->parent != root)
        stop = stop->parent;
    const struct markdown_node *next = stop->next;
    if (next && next->kind == MARKDOWN_TABLE)
        next = next->next; /* it may have been one paragraph with the text before it */
    return next && !(walk->document->reference_missed && memmem(rest, rest_length, "]:", 2));
}

const char *markdown_snippet(struct arena *arena, const char *text, size_t length)
{
    const char *plain = markdown_snippet_plain(arena, text, length);
    return plain ? plain : markdown_snippet_parsed(arena, text, length);
}

const char *markdown_snippet_parsed(struct arena *arena, const char *text, size_t length)
{
    for (size_t prefix = FIRST_PREFIX; prefix < length; prefix *= PREFIX_GROWTH) {
        const char *line_end = memchr(text + prefix, '\n', length - prefix);
        if (!line_end)
            break;
        size_t size = (size_t)(line_end - text) + 1;
        struct walk walk = {.document = markdown_parse(arena, text, size, false)};
        const struct markdown_node *stop = run(&walk);
        if (holds(&walk, stop, text + size, length - size))
            return markdown_snippet_cut(arena, walk.text, walk.length);
    }
    struct walk walk = {.document = markdown_parse(arena, text, length, false)};
    run(&walk);
    return markdown_snippet_cut(arena, walk.text, walk.length);
}
