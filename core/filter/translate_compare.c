/* Comparisons: one side looks at a field, the other is constant; or both are constant, and folded. */
#include <string.h>

#include "filter/ast.h"

struct side {
    bool constant;
    struct filter_operand operand;
    struct filter_value value;
};

static const struct {
    const char *name, *sign;
    enum filter_comparator comparator, mirrored;
} operators[] = {
    {"_==_", "==", FILTER_EQ, FILTER_EQ}, {"_!=_", "!=", FILTER_NE, FILTER_NE}, {"_<_", "<", FILTER_LT, FILTER_GT},
    {"_<=_", "<=", FILTER_LE, FILTER_GE}, {"_>_", ">", FILTER_GT, FILTER_LT},   {"_>=_", ">=", FILTER_GE, FILTER_LE},
};
enum { OPERATORS = sizeof operators / sizeof operators[0] };

static size_t operator_index(const char *name)
{
    size_t i = 0;
    while (i < OPERATORS && strcmp(operators[i].name, name) != 0)
        i++;
    return i;
}

bool filter_is_comparison(const char *name)
{
    return operator_index(name) < OPERATORS;
}

static const char *operator_sign(enum filter_comparator comparator)
{
    size_t i = 0;
    while (operators[i].comparator != comparator)
        i++;
    return operators[i].sign;
}

static bool read_size(struct filter_source *source, const struct filter_node *call, struct side *side)
{
    if (call->target || call->argument_count != 1)
        return filter_problem(source, "size() expects one argument");
    const struct filter_node *argument = call->arguments[0];
    side->operand.kind = FILTER_OPERAND_SIZE;
    if (argument->kind == FILTER_NODE_IDENT)
        side->operand.field = filter_field_named(source->schema, argument->name);
    return side->operand.field || filter_problem(source, "size() argument must be a field");
}

/* created_ts.getHours() */
static bool read_part(struct filter_source *source, const struct filter_node *call, struct side *side)
{
    int64_t ignored;
    const struct filter_field *field =
        call->target->kind == FILTER_NODE_IDENT ? filter_field_named(source->schema, call->target->name) : NULL;
    if (!field || field->kind != FILTER_FIELD_TIME || !filter_time_part(0, call->name, &ignored))
        return filter_problem(source, "unsupported value expression");
    if (call->argument_count)
        return filter_problem(source, "%s() with a timezone argument is not supported", call->name);
    side->operand = (struct filter_operand){FILTER_OPERAND_PART, field, call->name};
    return true;
}

static bool read_side(struct filter_source *source, const struct filter_node *node, struct side *side)
{
    *side = (struct side){0};
    if (node->kind == FILTER_NODE_IDENT)
        side->operand.field = filter_field_named(source->schema, node->name);
    if (side->operand.field)
        return true;
    enum filter_constness state = filter_constant(source, node, &side->value);
    side->constant = state == FILTER_CONSTANT;
    if (state != FILTER_NOT_CONSTANT)
        return side->constant;
    if (node->kind == FILTER_NODE_CALL && strcmp(node->name, "size") == 0)
        return read_size(source, node, side);
    if (node->kind == FILTER_NODE_CALL && node->target)
        return read_part(source, node, side);
    return filter_problem(source, "unsupported value expression");
}

static int compare_text(const struct filter_value *left, const struct filter_value *right)
{
    size_t common = left->length < right->length ? left->length : right->length;
    int order = memcmp(left->text, right->text, common);
    if (order)
        return order < 0 ? -1 : 1;
    return left->length < right->length ? -1 : left->length > right->length;
}

/* -1, 0, 1; 2 if the two cannot be ordered (NaN, different kinds). */
static int compare_values(const struct filter_value *left, const struct filter_value *right)
{
    if (left->kind != right->kind)
        return 2;
    switch (left->kind) {
    case FILTER_VALUE_NULL:
        return 0;
    case FILTER_VALUE_BOOL:
    case FILTER_VALUE_INT:
        return left->integer < right->integer ? -1 : left->integer > right->integer;
    case FILTER_VALUE_UINT:
        return (uint64_t)left->integer < (uint64_t)right->integer ? -1
                                                                  : (uint64_t)left->integer > (uint64_t)right->integer;
    case FILTER_VALUE_DOUBLE:
        return left->real < right->real ? -1 : left->real > right->real ? 1 : left->real == right->real ? 0 : 2;
    case FILTER_VALUE_STRING:
    case FILTER_VALUE_BYTES:
        return compare_text(left, right);
    }
    return 2;
}

static bool holds(int order, enum filter_comparator comparator)
{
    switch (comparator) {
    case FILTER_EQ:
        return order == 0;
    case FILTER_NE:
        return order != 0;
    case FILTER_LT:
        return order == -1;
    case FILTER_LE:
        return order == -1 || order == 0;
    case FILTER_GT:
        return order == 1;
    case FILTER_GE:
        return order == 1 || order == 0;
    }
    return false;
}

static bool operator_allowed(struct filter_source *source, const struct filter_operand *operand,
                             enum filter_comparator comparator)
{
    const struct filter_field *field = operand->field;
    if (operand->kind != FILTER_OPERAND_FIELD)
        return true;
    if (field->kind == FILTER_FIELD_TAG || field->kind == FILTER_FIELD_TAGS)
        return filter_problem(source, "field \"%s\" does not support comparison", field->name);
    if (field->ordered || comparator == FILTER_EQ || comparator == FILTER_NE)
        return true;
    return filter_problem(source, "operator %s not allowed for field \"%s\"", operator_sign(comparator), field->name);
}

static enum filter_value_kind wanted_kind(const struct filter_operand *operand)
{
    if (operand->kind != FILTER_OPERAND_FIELD)
        return FILTER_VALUE_INT;
    switch (operand->field->kind) {
    case FILTER_FIELD_TEXT:
    case FILTER_FIELD_CREATOR:
        return FILTER_VALUE_STRING;
    case FILTER_FIELD_BOOL:
    case FILTER_FIELD_PROPERTY:
        return FILTER_VALUE_BOOL;
    default:
        return FILTER_VALUE_INT;
    }
}

/* The types agree after the check; what is left are fields of no fixed type. */
static bool value_allowed(struct filter_source *source, const struct filter_operand *operand,
                          const struct filter_value *value)
{
    static const char *const names[] = {"null", "bool", "int", "uint", "double", "string", "bytes"};
    bool null = value->kind == FILTER_VALUE_NULL && operand->field->type == FILTER_TYPE_DYN;
    if (null || value->kind == wanted_kind(operand))
        return true;
    return filter_problem(source, "field \"%s\" expects integer value: cannot convert %s to int64",
                          operand->field->name, names[value->kind]);
}

struct filter_condition *filter_translate_comparison(struct filter_source *source, const struct filter_node *node)
{
    size_t index = operator_index(node->name);
    enum filter_comparator comparator = operators[index].comparator;
    struct side left, right;
    if (!read_side(source, node->arguments[0], &left) || !read_side(source, node->arguments[1], &right))
        return NULL;
    if (left.constant && right.constant)
        return filter_condition_bool(source->arena, holds(compare_values(&left.value, &right.value), comparator));
    if (left.constant) {
        struct side swap = left;
        left = right;
        right = swap;
        comparator = operators[index].mirrored;
    }
    if (!operator_allowed(source, &left.operand, comparator))
        return NULL;
    if (!right.constant) {
        filter_problem(source, "expression must be a literal");
        return NULL;
    }
    if (!value_allowed(source, &left.operand, &right.value))
        return NULL;
    struct filter_condition *condition =
        filter_condition_test(source->arena, FILTER_COMPARE, left.operand.field, right.value);
    condition->operand = left.operand;
    condition->comparator = comparator;
    return condition;
}
