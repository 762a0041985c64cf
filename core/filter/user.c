/* ListUsers.filter: username == "..." and nothing else (contract memos.md 4.5). */
#include <string.h>

#include "filter/ast.h"

static enum status_code refuse(struct status *status, const char *text)
{
    return status_set(status, STATUS_INVALID_ARGUMENT, "%s", text);
}

static bool is_username(const struct filter_node *node)
{
    return node->kind == FILTER_NODE_IDENT && strcmp(node->name, "username") == 0;
}

static bool is_text(const struct filter_node *node)
{
    return node->kind == FILTER_NODE_LITERAL && node->value.kind == FILTER_VALUE_STRING && node->value.length > 0;
}

/* The first name in the tree that users have not. */
static const struct filter_node *find_unknown(const struct filter_node *node)
{
    if (!node || (node->kind == FILTER_NODE_IDENT && !is_username(node)))
        return node;
    const struct filter_node *unknown = node->target ? find_unknown(node->target) : NULL;
    for (size_t i = 0; i < node->argument_count && !unknown; i++)
        unknown = find_unknown(node->arguments[i]);
    return unknown;
}

enum status_code filter_compile_user(struct arena *arena, const char *text, const char **username,
                                     struct status *status)
{
    *username = NULL;
    struct filter_source source = {.arena = arena, .text = text, .length = strlen(text)};
    if (text[strspn(text, " \t\r\n\f\v")] == '\0')
        return STATUS_OK;
    if (source.length > FILTER_MAX_TEXT)
        return refuse(status, "invalid filter expression: too long");
    struct filter_node *root = filter_parse(&source);
    const struct filter_node *unknown = root ? find_unknown(root) : NULL;
    if (unknown)
        filter_fault(&source, unknown->at, "undeclared reference to '%s' (in container '')", unknown->name);
    if (!root || unknown)
        return status_set(status, STATUS_INVALID_ARGUMENT, "invalid filter expression: %s: %s", text,
                          filter_fault_text(&source));
    if (root->kind != FILTER_NODE_CALL)
        return refuse(status, "filter must be a comparison expression (e.g., username == 'value')");
    if (strcmp(root->name, "_==_") != 0)
        return status_set(status, STATUS_INVALID_ARGUMENT, "unsupported operator: %s (only '==' is supported)",
                          root->name);
    const struct filter_node *left = root->arguments[0], *right = root->arguments[1];
    bool swapped = is_text(left) && is_username(right);
    if (!swapped && !(is_username(left) && is_text(right)))
        return refuse(status, "filter must compare 'username' field with a string constant");
    *username = swapped ? left->value.text : right->value.text;
    return STATUS_OK;
}
