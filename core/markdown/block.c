/* Blocks, found by md4c.
 *
 * md4c knows the block structure of CommonMark, but its inline elements are not those of a memo (tags swallow marks
 * that md4c would take for its own) and it tells no source of a text. So its work is divided: md4c gets a copy of the
 * memo; it finds all blocks before it reports the first one, and looks for inline marks only while it reports a block.
 * Between the two, in the first report, all ASCII punctuation of the copy is blanked. Hence md4c sees no marks and
 * reports each line of a paragraph whole, as a pointer into the copy - that is, its place in the memo. Reference
 * definitions are hidden from md4c from the start, and tables are not asked for; both are found in the paragraphs
 * afterwards (reference.c, table.c). */
#include <md4c.h>
#include <string.h>

#include "base/buf.h"
#include "markdown/tree.h"

struct builder {
    struct markdown_document *document;
    const char *text; /* the memo */
    char *copy;       /* what md4c reads */
    size_t length;
    bool blanked, code;
    struct markdown_node *open;
    struct buf content; /* of the open block, when its lines do not stand side by side in the memo */
    bool copied;
};

static void blank_punctuation(struct builder *b)
{
    for (size_t i = 0; i < b->length; i++)
        if (markdown_is_punctuation(b->copy[i]) || b->copy[i] == '\0')
            b->copy[i] = 'x';
    b->blanked = true;
}

/* The memo's bytes for a pointer that md4c gave; NULL if it is not into the copy (md4c's own constants). */
static const char *in_memo(const struct builder *b, const char *pointer)
{
    uintptr_t at = (uintptr_t)pointer, start = (uintptr_t)b->copy;
    return at >= start && at <= start + b->length ? b->text + (at - start) : NULL;
}

static bool only_blanks(const char *text, const char *end)
{
    while (text < end && (*text == ' ' || *text == '\t' || *text == '\r'))
        text++;
    return text == end;
}

/* md4c cuts trailing blanks off, which decide on hard line breaks; and the closing #s of a heading, which stay off. */
static size_t line_length(const struct builder *b, const char *line, size_t size)
{
    const char *memo_end = b->text + b->length;
    const char *end = memchr(line + size, '\n', (size_t)(memo_end - line) - size);
    if (!end)
        end = memo_end;
    if (!only_blanks(line + size, end))
        return size;
    return (size_t)(end - line) - (end > line && end[-1] == '\r');
}

static void add_line(struct builder *b, const char *line, size_t length)
{
    struct markdown_node *block = b->open;
    if (!block->text) {
        block->text = line;
        block->length = length;
        b->copied = false;
        return;
    }
    const char *end = block->text + block->length;
    if (!b->copied && line == end + 1 && *end == '\n') {
        block->length += 1 + length;
        return;
    }
    if (!b->copied) {
        b->content = buf_in(b->document->arena);
        buf_add(&b->content, block->text, block->length);
        b->copied = true;
    }
    buf_add_char(&b->content, '\n');
    buf_add(&b->content, line, length);
    block->text = b->content.data;
    block->length = b->content.len;
}

static void finish_content(struct builder *b)
{
    struct markdown_node *block = b->open;
    b->open = block->parent;
    if (!block->text || (block->kind != MARKDOWN_PARAGRAPH && block->kind != MARKDOWN_TEXT_BLOCK))
        return;
    markdown_take_references(b->document, block);
    markdown_take_table(b->document, block);
}

static void close_text_block(struct builder *b)
{
    if (b->open->kind == MARKDOWN_TEXT_BLOCK)
        finish_content(b);
}

static enum markdown_kind block_kind(MD_BLOCKTYPE type)
{
    switch (type) {
    case MD_BLOCK_QUOTE:
        return MARKDOWN_QUOTE;
    case MD_BLOCK_UL:
    case MD_BLOCK_OL:
        return MARKDOWN_LIST;
    case MD_BLOCK_LI:
        return MARKDOWN_ITEM;
    case MD_BLOCK_HR:
        return MARKDOWN_RULE;
    case MD_BLOCK_H:
        return MARKDOWN_HEADING;
    case MD_BLOCK_CODE:
        return MARKDOWN_CODE_BLOCK;
    case MD_BLOCK_HTML:
        return MARKDOWN_HTML_BLOCK;
    default:
        return MARKDOWN_PARAGRAPH;
    }
}

static void read_detail(const struct builder *b, MD_BLOCKTYPE type, const void *detail, struct markdown_node *node)
{
    if (type == MD_BLOCK_H) {
        node->number = ((const MD_BLOCK_H_DETAIL *)detail)->level;
    } else if (type == MD_BLOCK_UL) {
        node->tight = ((const MD_BLOCK_UL_DETAIL *)detail)->is_tight != 0;
    } else if (type == MD_BLOCK_OL) {
        node->ordered = true;
        node->tight = ((const MD_BLOCK_OL_DETAIL *)detail)->is_tight != 0;
        node->number = ((const MD_BLOCK_OL_DETAIL *)detail)->start;
    } else if (type == MD_BLOCK_CODE) {
        const MD_ATTRIBUTE *language = &((const MD_BLOCK_CODE_DETAIL *)detail)->lang;
        /* Of the first block it is read before the blanking; then md4c may have taken escapes out, in text of its own.
         */
        node->target = language->size ? in_memo(b, language->text) : NULL;
        if (language->size && !node->target)
            node->target = arena_strndup(b->document->arena, language->text, language->size);
        node->target_length = language->size;
    }
}

static int enter_block(MD_BLOCKTYPE type, void *detail, void *context)
{
    struct builder *b = context;
    if (type == MD_BLOCK_DOC)
        return 0;
    if (!b->blanked)
        blank_punctuation(b);
    close_text_block(b);
    b->open = markdown_append(b->document->arena, b->open, block_kind(type));
    read_detail(b, type, detail, b->open);
    if (type == MD_BLOCK_CODE)
        b->content = buf_in(b->document->arena);
    return 0;
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *context)
{
    (void)detail;
    struct builder *b = context;
    if (type == MD_BLOCK_DOC)
        return 0;
    close_text_block(b);
    if (b->open->kind == MARKDOWN_CODE_BLOCK) {
        b->open->text = b->content.data;
        b->open->length = b->content.len;
    }
    finish_content(b);
    return 0;
}

static int no_span(MD_SPANTYPE type, void *detail, void *context)
{
    (void)type, (void)detail, (void)context;
    return 0;
}

static void add_code(struct builder *b, const char *pointer, size_t size)
{
    const char *line = in_memo(b, pointer);
    if (b->code)
        buf_add(&b->content, line ? line : pointer, size);
}

static int text(MD_TEXTTYPE type, const MD_CHAR *pointer, MD_SIZE size, void *context)
{
    struct builder *b = context;
    if (b->open->kind == MARKDOWN_CODE_BLOCK) {
        add_code(b, pointer, size);
        return 0;
    }
    const char *line = type == MD_TEXT_NORMAL ? in_memo(b, pointer) : NULL;
    if (!line || b->open->kind == MARKDOWN_HTML_BLOCK)
        return 0;
    if (b->open->kind == MARKDOWN_ITEM)
        b->open = markdown_append(b->document->arena, b->open, MARKDOWN_TEXT_BLOCK);
    add_line(b, line, line_length(b, line, size));
    return 0;
}

/* The memo as md4c shall see it: no reference definitions ("]:" hidden), a lone CR is a blank, not a line end, and the
 * last line has an end, without which md4c overlooks some marks. */
static char *copy_for_md4c(struct arena *arena, const char *memo, size_t length)
{
    char *copy = arena_alloc(arena, length + 2);
    memcpy(copy, memo, length);
    memcpy(copy + length, "\n", 2);
    const char *end = copy + length;
    for (char *at = copy; (at = memchr(at, ']', (size_t)(end - at))) != NULL; at++)
        if (at[1] == ':')
            at[1] = 'x';
    for (char *at = copy; (at = memchr(at, '\r', (size_t)(end - at))) != NULL; at++)
        if (at[1] != '\n')
            *at = ' ';
    return copy;
}

struct markdown_document *markdown_parse(struct arena *arena, const char *memo, size_t length, bool code)
{
    static const MD_PARSER parser = {
        .flags = 0,
        .enter_block = enter_block,
        .leave_block = leave_block,
        .enter_span = no_span,
        .leave_span = no_span,
        .text = text,
    };
    struct markdown_document *document = ARENA_NEW(arena, struct markdown_document);
    document->arena = arena;
    document->root = markdown_append(arena, NULL, MARKDOWN_DOCUMENT);
    if (length > UINT32_MAX / 4)
        return document; /* md4c counts in 32 bits; the content limit is far below */
    bool ended = length > 0 && memo[length - 1] == '\n';
    struct builder b = {.document = document, .text = memo, .length = length, .code = code, .open = document->root};
    b.copy = copy_for_md4c(arena, memo, length);
    if (md_parse(b.copy, (MD_SIZE)length + !ended, &parser, &b) != 0)
        memory_exhausted(); /* the callbacks never fail, so nothing else is left */
    return document;
}
