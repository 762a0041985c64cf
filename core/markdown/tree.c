#include "markdown/tree.h"

bool markdown_has_inlines(enum markdown_kind kind)
{
    return kind == MARKDOWN_PARAGRAPH || kind == MARKDOWN_TEXT_BLOCK || kind == MARKDOWN_HEADING ||
           kind == MARKDOWN_CELL;
}

static void link_last(struct markdown_node *parent, struct markdown_node *node)
{
    node->parent = parent;
    node->previous = parent->last;
    node->next = NULL;
    if (parent->last)
        parent->last->next = node;
    else
        parent->first = node;
    parent->last = node;
}

struct markdown_node *markdown_append(struct arena *arena, struct markdown_node *parent, enum markdown_kind kind)
{
    struct markdown_node *node = ARENA_NEW(arena, struct markdown_node);
    node->kind = kind;
    if (parent)
        link_last(parent, node);
    return node;
}

void markdown_remove(struct markdown_node *node)
{
    struct markdown_node *parent = node->parent;
    if (node->previous)
        node->previous->next = node->next;
    else
        parent->first = node->next;
    if (node->next)
        node->next->previous = node->previous;
    else
        parent->last = node->previous;
    node->parent = node->previous = node->next = NULL;
}

void markdown_insert_after(struct markdown_node *place, struct markdown_node *node)
{
    node->parent = place->parent;
    node->previous = place;
    node->next = place->next;
    if (place->next)
        place->next->previous = node;
    else
        place->parent->last = node;
    place->next = node;
}

void markdown_move(struct markdown_node *first, struct markdown_node *last, struct markdown_node *parent)
{
    struct markdown_node *end = last->next;
    while (first != end) {
        struct markdown_node *next = first->next;
        markdown_remove(first);
        link_last(parent, first);
        first = next;
    }
}

struct markdown_node *markdown_next(const struct markdown_node *root, struct markdown_node *node, bool skip_children)
{
    if (node->first && !skip_children)
        return node->first;
    while (node != root && !node->next)
        node = node->parent;
    return node == root ? NULL : node->next;
}
