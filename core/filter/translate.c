/* From the tree to conditions: what of CEL has a meaning in SQL (contract memos.md 4.2, 4.6). */
#include <string.h>

#include "filter/ast.h"

static struct filter_condition *translate(struct filter_source *source, const struct filter_node *node);

static const struct filter_field *field_of(const struct filter_source *source, const struct filter_node *node)
{
    return node && node->kind == FILTER_NODE_IDENT ? filter_field_named(source->schema, node->name) : NULL;
}

bool filter_constant_text(struct filter_source *source, const struct filter_node *node, struct filter_value *out)
{
    return node->kind == FILTER_NODE_LITERAL && filter_constant(source, node, out) == FILTER_CONSTANT &&
           out->kind == FILTER_VALUE_STRING;
}

static struct filter_condition *translate_flag(struct filter_source *source, const struct filter_node *ident)
{
    const struct filter_field *field = field_of(source, ident);
    if (!field || field->type != FILTER_TYPE_BOOL)
        return filter_refuse(source, "identifier \"%s\" is not boolean", ident->name);
    struct filter_condition *condition = filter_condition_new(source->arena, FILTER_FLAG);
    condition->operand.field = field;
    return condition;
}

static struct filter_condition *translate_chain(struct filter_source *source, const struct filter_node *call,
                                                enum filter_condition_kind kind)
{
    struct filter_condition **parts = ARENA_ARRAY(source->arena, struct filter_condition *, call->argument_count);
    for (size_t i = 0; i < call->argument_count; i++)
        if ((parts[i] = translate(source, call->arguments[i])) == NULL)
            return NULL;
    return filter_condition_join(source->arena, kind, parts, call->argument_count);
}

/* content.contains("x") and its kin. */
static struct filter_condition *translate_search(struct filter_source *source, const struct filter_node *call,
                                                 enum filter_match match)
{
    const struct filter_field *field = field_of(source, call->target);
    struct filter_value value;
    if (!field)
        return filter_refuse(source, "text match only supports fields");
    if (!field->searchable)
        return filter_refuse(source, "identifier \"%s\" does not support text matching", field->name);
    if (!filter_constant_text(source, call->arguments[0], &value))
        return filter_refuse(source, "text match only supports literal arguments: expression is not a literal");
    struct filter_condition *condition = filter_condition_test(source->arena, FILTER_SEARCH, field, value);
    condition->match = match;
    return condition;
}

static struct filter_condition *translate_matches(struct filter_source *source, const struct filter_node *call)
{
    const struct filter_node *target = call->target ? call->target : call->arguments[0];
    const struct filter_field *field = field_of(source, target);
    struct filter_value value;
    if (!field)
        return filter_refuse(source, "matches() only supports fields");
    if (!field->searchable)
        return filter_refuse(source, "identifier \"%s\" does not support matches()", field->name);
    if (!filter_constant_text(source, call->arguments[call->argument_count - 1], &value))
        return filter_refuse(source, "matches() only supports literal arguments: expression is not a literal");
    return filter_condition_test(source->arena, FILTER_MATCHES, field, value);
}

static struct filter_condition *translate_method(struct filter_source *source, const struct filter_node *call)
{
    static const struct {
        const char *name;
        enum filter_match match;
    } searches[] = {{"contains", FILTER_PART}, {"startsWith", FILTER_PREFIX}, {"endsWith", FILTER_SUFFIX}};
    bool set = call->target->kind == FILTER_NODE_IDENT && strcmp(call->target->name, "sets") == 0;
    if (set && source->schema == FILTER_MEMO)
        return filter_translate_set(source, call);
    for (size_t i = 0; i < sizeof searches / sizeof searches[0]; i++)
        if (strcmp(call->name, searches[i].name) == 0)
            return translate_search(source, call, searches[i].match);
    if (strcmp(call->name, "matches") == 0)
        return translate_matches(source, call);
    return filter_refuse(source, "unsupported call expression \"%s\"", call->name);
}

static bool add_value(struct filter_source *source, struct filter_condition *condition, const struct filter_node *node)
{
    const struct filter_field *field = condition->operand.field;
    struct filter_value value;
    enum filter_constness state = filter_constant(source, node, &value);
    if (state == FILTER_NOT_CONSTANT)
        return filter_problem(source, "expression must be a literal");
    if (state == FILTER_CONSTANT_WRONG)
        return false;
    bool text = field->type == FILTER_TYPE_STRING;
    if (!text && value.kind != FILTER_VALUE_INT)
        return filter_problem(source, "field \"%s\" expects integer value: cannot convert %s to int64", field->name,
                              value.kind == FILTER_VALUE_STRING ? "string" : "value");
    if (text && value.kind != FILTER_VALUE_STRING)
        return filter_problem(source, "field \"%s\" expects string value", field->name);
    condition->values[condition->value_count++] = value;
    return true;
}

/* field in [literal, ...] */
static struct filter_condition *translate_listed(struct filter_source *source, const struct filter_field *field,
                                                 const struct filter_node *list)
{
    bool tree = field->kind == FILTER_FIELD_TAG;
    if (field->kind == FILTER_FIELD_TIME)
        return filter_refuse(source, "field \"%s\" does not support IN() comparisons", field->name);
    if (!tree && !field->listable)
        return filter_refuse(source, "field \"%s\" does not support IN()", field->name);
    struct filter_condition *condition = filter_condition_new(source->arena, tree ? FILTER_TAG_TREE : FILTER_IN);
    condition->operand.field = field;
    condition->values = ARENA_ARRAY(source->arena, struct filter_value, list->argument_count + 1);
    for (size_t i = 0; i < list->argument_count; i++)
        if (!add_value(source, condition, list->arguments[i]))
            return NULL;
    return condition->value_count ? condition : filter_condition_bool(source->arena, false);
}

static struct filter_condition *translate_in(struct filter_source *source, const struct filter_node *call)
{
    const struct filter_node *left = call->arguments[0], *right = call->arguments[1];
    const struct filter_field *field = field_of(source, left), *list = field_of(source, right);
    if (field && right->kind == FILTER_NODE_LIST)
        return translate_listed(source, field, right);
    if (!list || list->kind != FILTER_FIELD_TAGS)
        return filter_refuse(source, "invalid use of in operator");
    struct filter_value value;
    if (!filter_constant_text(source, left, &value))
        return filter_refuse(source, "expression must be a literal");
    return filter_condition_test(source->arena, FILTER_TAG, list, value);
}

static struct filter_condition *translate_call(struct filter_source *source, const struct filter_node *call)
{
    const char *name = call->name;
    if (call->target)
        return translate_method(source, call);
    if (strcmp(name, "_&&_") == 0)
        return translate_chain(source, call, FILTER_AND);
    if (strcmp(name, "_||_") == 0)
        return translate_chain(source, call, FILTER_OR);
    if (strcmp(name, "!_") == 0)
        return filter_condition_not(source->arena, translate(source, call->arguments[0]));
    if (strcmp(name, "@in") == 0)
        return translate_in(source, call);
    if (strcmp(name, "matches") == 0)
        return translate_matches(source, call);
    if (filter_is_comparison(name))
        return filter_translate_comparison(source, call);
    return filter_refuse(source, "unsupported call expression \"%s\"", name);
}

static struct filter_condition *translate(struct filter_source *source, const struct filter_node *node)
{
    switch (node->kind) {
    case FILTER_NODE_LITERAL:
        if (node->value.kind == FILTER_VALUE_BOOL)
            return filter_condition_bool(source->arena, node->value.integer != 0);
        break;
    case FILTER_NODE_IDENT:
        return translate_flag(source, node);
    case FILTER_NODE_CALL:
        return translate_call(source, node);
    case FILTER_NODE_MACRO:
        return filter_translate_macro(source, node);
    default:
        break;
    }
    return filter_refuse(source, "filter must evaluate to a boolean value");
}

struct filter_condition *filter_translate(struct filter_source *source, const struct filter_node *root)
{
    return translate(source, root);
}
