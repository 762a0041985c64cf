/* Tests on the list of tags: tags.exists(t, ...), all, exists_one and sets.*. */
#include <string.h>

#include "filter/ast.h"

static const struct filter_field *tags_field(const struct filter_source *source, const struct filter_node *node)
{
    const struct filter_field *field =
        node->kind == FILTER_NODE_IDENT ? filter_field_named(source->schema, node->name) : NULL;
    return field && field->kind == FILTER_FIELD_TAGS ? field : NULL;
}

static bool is_variable(const struct filter_node *node, const char *variable)
{
    return node && node->kind == FILTER_NODE_IDENT && strcmp(node->name, variable) == 0;
}

/* t == "x", "x" == t, t.startsWith("x"), t.endsWith("x"), t.contains("x") */
static bool read_predicate(struct filter_source *source, const struct filter_node *predicate, const char *variable,
                           enum filter_match *match, struct filter_value *value)
{
    static const char supported[] = "(supported: ==, startsWith, endsWith, contains)";
    static const char *const names[] = {"_==_", "startsWith", "endsWith", "contains"};
    if (predicate->kind != FILTER_NODE_CALL)
        return filter_problem(source, "unsupported predicate in comprehension %s", supported);
    size_t i = 0;
    while (i < 4 && strcmp(predicate->name, names[i]) != 0)
        i++;
    if (i == 4)
        return filter_problem(source, "unsupported predicate function \"%s\" in comprehension %s", predicate->name,
                              supported);
    *match = (enum filter_match[]){FILTER_EXACT, FILTER_PREFIX, FILTER_SUFFIX, FILTER_PART}[i];
    const struct filter_node *left = predicate->target, *right = predicate->arguments[0];
    if (i == 0) {
        left = predicate->arguments[0];
        right = predicate->arguments[1];
    }
    if (i == 0 && is_variable(right, variable)) {
        const struct filter_node *swap = left;
        left = right;
        right = swap;
    }
    if (!is_variable(left, variable))
        return filter_problem(source, "predicate must test the variable \"%s\"", variable);
    return filter_constant_text(source, right, value) ||
           filter_problem(source, "predicate only supports literal arguments: expression is not a literal");
}

struct filter_condition *filter_translate_macro(struct filter_source *source, const struct filter_node *node)
{
    static const struct {
        const char *name;
        enum filter_condition_kind kind;
    } macros[] = {{"exists", FILTER_TAG_SOME}, {"all", FILTER_TAG_ALL}, {"exists_one", FILTER_TAG_ONE}};
    size_t i = 0;
    while (i < 3 && strcmp(node->name, macros[i].name) != 0)
        i++;
    if (i == 3)
        return filter_refuse(source, "unsupported comprehension (supported: exists, all, exists_one)");
    if (node->target->kind != FILTER_NODE_IDENT)
        return filter_refuse(source, "comprehension range must be a field identifier");
    const struct filter_field *field = tags_field(source, node->target);
    if (!field)
        return filter_refuse(source, "comprehension range must be a list field");
    enum filter_match match = FILTER_EXACT;
    struct filter_value value;
    if (!read_predicate(source, node->arguments[1], node->arguments[0]->name, &match, &value))
        return NULL;
    struct filter_condition *condition = filter_condition_test(source->arena, macros[i].kind, field, value);
    condition->match = match;
    return condition;
}

static bool same_text(const struct filter_value *left, const struct filter_value *right)
{
    return left->length == right->length && memcmp(left->text, right->text, left->length) == 0;
}

/* The distinct texts of a list of literals. */
static bool read_set(struct filter_source *source, const struct filter_node *list, struct filter_value *values,
                     size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < list->argument_count; i++) {
        struct filter_value value;
        if (!filter_constant_text(source, list->arguments[i], &value))
            return filter_problem(source, "set operations only support literal elements: expression is not a literal");
        size_t known = 0;
        while (known < *count && !same_text(&values[known], &value))
            known++;
        if (known == *count)
            values[(*count)++] = value;
    }
    return true;
}

static struct filter_condition *size_is(struct filter_source *source, const struct filter_field *field, size_t size)
{
    struct filter_value value = {.kind = FILTER_VALUE_INT, .integer = (int64_t)size};
    struct filter_condition *condition = filter_condition_test(source->arena, FILTER_COMPARE, field, value);
    condition->operand.kind = FILTER_OPERAND_SIZE;
    return condition;
}

/* sets.contains: all of the list in tags; sets.intersects: any; sets.equivalent: all, and no other tag. */
struct filter_condition *filter_translate_set(struct filter_source *source, const struct filter_node *node)
{
    const struct filter_node *list = node->arguments[1];
    const struct filter_field *field = tags_field(source, node->arguments[0]);
    if (!field)
        return filter_refuse(source, "set operations require a list field as the first argument%s",
                             node->arguments[0]->kind == FILTER_NODE_IDENT ? "" : ": expression is not an identifier");
    if (list->kind != FILTER_NODE_LIST)
        return filter_refuse(source, "set operations require a list literal as the second argument");
    struct filter_value *values = ARENA_ARRAY(source->arena, struct filter_value, list->argument_count + 1);
    size_t count;
    if (!read_set(source, list, values, &count))
        return NULL;
    struct filter_condition **parts = ARENA_ARRAY(source->arena, struct filter_condition *, count + 1);
    for (size_t i = 0; i < count; i++)
        parts[i] = filter_condition_test(source->arena, FILTER_TAG, field, values[i]);
    if (strcmp(node->name, "intersects") == 0)
        return filter_condition_join(source->arena, FILTER_OR, parts, count);
    if (strcmp(node->name, "equivalent") == 0) {
        parts[count] = size_is(source, field, count);
        count++;
    }
    return filter_condition_join(source->arena, FILTER_AND, parts, count);
}
