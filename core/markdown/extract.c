#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "markdown/markdown.h"
#include "markdown/tree.h"

/* Texts in order of first appearance, and a hash table to find them again. */
struct text_set {
    struct arena *arena;
    const char **texts;
    size_t count, cap;
    size_t *slots; /* index + 1, 0 = free; slot_count is a power of 2 */
    size_t slot_count;
};

static size_t *find_slot(const struct text_set *set, const char *text)
{
    size_t i = (size_t)hash_fast(text, strlen(text)) & (set->slot_count - 1);
    while (set->slots[i] && strcmp(set->texts[set->slots[i] - 1], text) != 0)
        i = (i + 1) & (set->slot_count - 1);
    return &set->slots[i];
}

static void grow(struct text_set *set)
{
    size_t cap = set->cap ? set->cap * 2 : 8;
    set->texts = arena_grow(set->arena, set->texts, sizeof *set->texts * set->cap, sizeof *set->texts * cap);
    set->cap = cap;
    set->slot_count = cap * 2;
    set->slots = ARENA_ARRAY(set->arena, size_t, set->slot_count);
    for (size_t i = 0; i < set->count; i++)
        *find_slot(set, set->texts[i]) = i + 1;
}

static void add_text(struct text_set *set, const char *text)
{
    if (set->count == set->cap)
        grow(set);
    size_t *slot = find_slot(set, text);
    if (*slot)
        return;
    set->texts[set->count++] = text;
    *slot = set->count;
}

static const char *lower(struct arena *arena, const char *text, size_t length)
{
    struct buf out = buf_in(arena);
    for (size_t at = 0; at < length;) {
        size_t size;
        char bytes[4];
        uint32_t c = utf8_decode(text + at, length - at, &size);
        buf_add(&out, bytes, utf8_encode(unicode_lower(c), bytes));
        at += size;
    }
    return buf_str(&out);
}

/* Tags in the text of links and images are shown but not collected. */
static bool inside_link(const struct markdown_node *node)
{
    for (node = node->parent; node && !markdown_has_inlines(node->kind); node = node->parent)
        if (node->kind == MARKDOWN_LINK || node->kind == MARKDOWN_IMAGE)
            return true;
    return false;
}

/* The plain text of the heading that a memo begins with. */
static const char *title_of(struct arena *arena, struct markdown_document *document)
{
    struct markdown_node *heading = document->root->first;
    if (!heading || heading->kind != MARKDOWN_HEADING || heading->number != 1)
        return "";
    markdown_parse_inlines(document, heading, SIZE_MAX);
    struct buf out = buf_in(arena);
    for (struct markdown_node *node = heading; node; node = markdown_next(heading, node, false)) {
        if (node->kind != MARKDOWN_TEXT)
            continue;
        buf_add(&out, node->text, node->length);
        if (node->line_break == MARKDOWN_SOFT_BREAK)
            buf_add_char(&out, ' ');
    }
    return buf_str(&out);
}

struct collector {
    struct arena *arena;
    struct markdown_facts *facts;
    struct text_set tags, mentions;
};

static void collect(struct collector *collector, const struct markdown_node *node)
{
    struct markdown_facts *facts = collector->facts;
    switch (node->kind) {
    case MARKDOWN_CODE_BLOCK:
    case MARKDOWN_CODE_SPAN:
        facts->has_code = true;
        break;
    case MARKDOWN_LINK:
        facts->has_link = true;
        break;
    case MARKDOWN_CHECKBOX:
        facts->has_task_list = true;
        facts->has_incomplete_tasks = facts->has_incomplete_tasks || !node->checked;
        break;
    case MARKDOWN_TAG:
        if (!inside_link(node))
            add_text(&collector->tags, arena_strndup(collector->arena, node->text, node->length));
        break;
    case MARKDOWN_MENTION:
        add_text(&collector->mentions, lower(collector->arena, node->text, node->length));
        break;
    default:
        break;
    }
}

void markdown_extract(struct arena *arena, const char *text, size_t length, struct markdown_facts *out)
{
    *out = (struct markdown_facts){.title = ""};
    struct markdown_document *document = markdown_parse(arena, text, length, false);
    struct collector collector = {.arena = arena, .facts = out, .tags.arena = arena, .mentions.arena = arena};
    for (struct markdown_node *node = document->root; node; node = markdown_next(document->root, node, false)) {
        if (markdown_has_inlines(node->kind))
            markdown_parse_inlines(document, node, SIZE_MAX);
        collect(&collector, node);
    }
    out->title = title_of(arena, document);
    out->tags = collector.tags.texts;
    out->tag_count = collector.tags.count;
    out->mentions = collector.mentions.texts;
    out->mention_count = collector.mentions.count;
}
