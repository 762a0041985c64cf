/* The inside of markdown/: a memo as a tree. Blocks are found at once (block.c, on md4c); what stands in a paragraph,
 * heading or cell is parsed when asked for (inline.c), so that a snippet costs what it shows. All memory is the
 * arena's; text points into the memo or into the arena. Only the files of markdown/ include this. */
#ifndef MEMORA_MARKDOWN_TREE_H
#define MEMORA_MARKDOWN_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum markdown_kind {
    MARKDOWN_DOCUMENT,
    MARKDOWN_QUOTE,
    MARKDOWN_LIST,
    MARKDOWN_ITEM,
    MARKDOWN_PARAGRAPH,
    MARKDOWN_TEXT_BLOCK, /* a paragraph of a tight list */
    MARKDOWN_HEADING,
    MARKDOWN_CODE_BLOCK,
    MARKDOWN_HTML_BLOCK,
    MARKDOWN_RULE,
    MARKDOWN_TABLE,
    MARKDOWN_TABLE_HEADER,
    MARKDOWN_TABLE_ROW,
    MARKDOWN_CELL,
    MARKDOWN_TEXT,
    MARKDOWN_CODE_SPAN, /* its lines are TEXT children */
    MARKDOWN_EMPHASIS,
    MARKDOWN_STRONG,
    MARKDOWN_STRIKE,
    MARKDOWN_LINK,
    MARKDOWN_IMAGE,
    MARKDOWN_AUTOLINK,
    MARKDOWN_RAW_HTML,
    MARKDOWN_TAG,
    MARKDOWN_MENTION,
    MARKDOWN_CHECKBOX
};

enum markdown_break { MARKDOWN_NO_BREAK, MARKDOWN_SOFT_BREAK, MARKDOWN_HARD_BREAK };
enum markdown_align { MARKDOWN_ALIGN_NONE, MARKDOWN_ALIGN_LEFT, MARKDOWN_ALIGN_CENTER, MARKDOWN_ALIGN_RIGHT };

struct markdown_node {
    enum markdown_kind kind;
    bool inlines_done;
    bool ordered;                   /* LIST */
    bool tight;                     /* LIST */
    bool checked;                   /* CHECKBOX */
    bool email;                     /* AUTOLINK */
    bool code;                      /* TEXT: nothing in it is decoded */
    bool pending;                   /* TEXT: a mark that may still become something else */
    unsigned number;                /* HEADING: level; ordered LIST: first number */
    enum markdown_align align;      /* CELL */
    enum markdown_break line_break; /* TEXT: what follows it */
    const char *text;               /* blocks: lines joined by '\n'; inlines: the source; TAG and MENTION: the name */
    size_t length;
    const char *target, *title; /* LINK, IMAGE: raw; CODE_BLOCK: target is the language; title NULL = none */
    size_t target_length, title_length;
    struct markdown_node *parent, *first, *last, *previous, *next;
};

/* A link reference definition; raw texts, the label is normalized. */
struct markdown_reference {
    const char *label, *target, *title;
    size_t label_length, target_length, title_length;
    uint64_t hash;
};

struct markdown_document {
    struct arena *arena;
    struct markdown_node *root;
    struct markdown_reference *references; /* in order of appearance: the first one of a label counts */
    size_t reference_count, reference_cap;
    size_t *slots; /* hash table over references, made at the first look-up */
    size_t slot_count;
    size_t expanded;       /* bytes of targets and titles handed out, which is bounded */
    bool reference_missed; /* some look-up found nothing */
};

/* Blocks and reference definitions of a memo. Without code the text of code blocks is left out. */
struct markdown_document *markdown_parse(struct arena *arena, const char *text, size_t length, bool code);

/* Makes the inline children of a PARAGRAPH, TEXT_BLOCK, HEADING or CELL, once. It may leave off when it has `enough`
 * bytes of visible text and nothing that follows could change what that text is; SIZE_MAX for all. */
void markdown_parse_inlines(struct markdown_document *document, struct markdown_node *block, size_t enough);

/* Next node of a depth-first walk below root, NULL at the end; does not go below nodes that have no children yet. */
struct markdown_node *markdown_next(const struct markdown_node *root, struct markdown_node *node, bool skip_children);

bool markdown_has_inlines(enum markdown_kind kind);
struct markdown_node *markdown_append(struct arena *arena, struct markdown_node *parent, enum markdown_kind kind);
/* Moves the siblings first..last to the end of parent's children. */
void markdown_move(struct markdown_node *first, struct markdown_node *last, struct markdown_node *parent);
void markdown_insert_after(struct markdown_node *place, struct markdown_node *node);
void markdown_remove(struct markdown_node *node);

/* Takes the definitions at the start of a paragraph out of its text. */
void markdown_take_references(struct markdown_document *document, struct markdown_node *paragraph);
const struct markdown_reference *markdown_find_reference(struct markdown_document *document, const char *label,
                                                         size_t length);
/* Puts a table behind a paragraph that holds one, and takes its lines out of the paragraph. */
void markdown_take_table(struct markdown_document *document, struct markdown_node *paragraph);

/* Parts of links at text[*at]; on success *at is behind them. The outputs are raw (escapes and entities stay). */
bool markdown_scan_destination(const char *text, size_t length, size_t *at, const char **out, size_t *out_length);
bool markdown_scan_title(const char *text, size_t length, size_t *at, const char **out, size_t *out_length);

/* markdown_snippet without its shortcut for plain memos. */
const char *markdown_snippet_parsed(struct arena *arena, const char *text, size_t length);
/* The shown text (as far as it is known, more than 64 code points if there are more) made a snippet. */
const char *markdown_snippet_cut(struct arena *arena, const char *shown, size_t shown_length);

/* ASCII white space of Markdown. */
static inline bool markdown_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* ASCII punctuation (CommonMark 2.1). */
static inline bool markdown_is_punctuation(char c)
{
    return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

static inline bool markdown_is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

#endif
