/* Constants: literals, now, and what can be reckoned from them. */
#include <string.h>

#include "base/time_rfc3339.h"
#include "filter/ast.h"

static enum filter_constness integer(struct filter_value *out, int64_t value)
{
    *out = (struct filter_value){.kind = FILTER_VALUE_INT, .integer = value};
    return FILTER_CONSTANT;
}

static enum filter_constness wrong(struct filter_source *source, const char *text)
{
    filter_problem(source, "%s", text);
    return FILTER_CONSTANT_WRONG;
}

static bool is_call(const struct filter_node *node, const char *name, size_t arguments)
{
    return node->kind == FILTER_NODE_CALL && node->argument_count == arguments && strcmp(node->name, name) == 0;
}

/* 7 / -2 is -3 and 7 % -2 is 1: both truncate, as in C. */
static enum filter_constness reckon(struct filter_source *source, char sign, int64_t left, int64_t right,
                                    struct filter_value *out)
{
    int64_t result = 0;
    bool overflow = false;
    switch (sign) {
    case '+':
        overflow = __builtin_add_overflow(left, right, &result);
        break;
    case '-':
        overflow = __builtin_sub_overflow(left, right, &result);
        break;
    case '*':
        overflow = __builtin_mul_overflow(left, right, &result);
        break;
    default:
        if (right == 0)
            return wrong(source, sign == '%' ? "modulo by zero" : "division by zero");
        overflow = left == INT64_MIN && right == -1;
        if (!overflow)
            result = sign == '%' ? left % right : left / right;
    }
    return overflow ? wrong(source, "integer overflow") : integer(out, result);
}

static enum filter_constness arithmetic(struct filter_source *source, const struct filter_node *node,
                                        struct filter_value *out)
{
    struct filter_value left, right;
    enum filter_constness state = filter_constant(source, node->arguments[0], &left);
    if (state == FILTER_CONSTANT)
        state = filter_constant(source, node->arguments[1], &right);
    if (state != FILTER_CONSTANT)
        return state;
    if (left.kind != FILTER_VALUE_INT || right.kind != FILTER_VALUE_INT)
        return FILTER_NOT_CONSTANT;
    return reckon(source, node->name[1], left.integer, right.integer, out);
}

static enum filter_constness timestamp(struct filter_source *source, const struct filter_value *value,
                                       struct filter_value *out)
{
    int64_t seconds;
    int32_t nanos;
    if (value->kind == FILTER_VALUE_INT)
        return integer(out, value->integer);
    if (value->kind != FILTER_VALUE_STRING)
        return FILTER_NOT_CONSTANT;
    if (time_parse(value->text, value->length, &seconds, &nanos))
        return integer(out, seconds);
    filter_problem(source, "invalid timestamp literal: cannot parse \"%s\" as RFC 3339", value->text);
    return FILTER_CONSTANT_WRONG;
}

static enum filter_constness duration(struct filter_source *source, const struct filter_value *value,
                                      struct filter_value *out)
{
    int64_t seconds;
    if (value->kind == FILTER_VALUE_INT)
        return integer(out, value->integer);
    if (value->kind != FILTER_VALUE_STRING)
        return FILTER_NOT_CONSTANT;
    if (filter_parse_duration(value->text, value->length, &seconds))
        return integer(out, seconds);
    filter_problem(source, "invalid duration literal: invalid duration \"%s\"", value->text);
    return FILTER_CONSTANT_WRONG;
}

static enum filter_constness negated(struct filter_source *source, const struct filter_node *node,
                                     struct filter_value *out)
{
    enum filter_constness state = filter_constant(source, node->arguments[0], out);
    if (state != FILTER_CONSTANT)
        return state;
    if (out->kind == FILTER_VALUE_DOUBLE) {
        out->real = -out->real;
        return state;
    }
    return out->kind == FILTER_VALUE_INT ? reckon(source, '-', 0, out->integer, out) : FILTER_NOT_CONSTANT;
}

/* now.getHours() and the like. */
static enum filter_constness time_part(struct filter_source *source, const struct filter_node *node,
                                       struct filter_value *out)
{
    int64_t part;
    struct filter_value time;
    if (!filter_time_part(0, node->name, &part))
        return FILTER_NOT_CONSTANT;
    enum filter_constness state = filter_constant(source, node->target, &time);
    if (state != FILTER_CONSTANT)
        return state;
    if (node->argument_count) {
        filter_problem(source, "%s() with a timezone argument is not supported", node->name);
        return FILTER_CONSTANT_WRONG;
    }
    filter_time_part(time.integer, node->name, &part);
    return integer(out, part);
}

static enum filter_constness call(struct filter_source *source, const struct filter_node *node,
                                  struct filter_value *out)
{
    static const char *const operators[] = {"_+_", "_-_", "_*_", "_/_", "_%_"};
    if (node->target)
        return time_part(source, node, out);
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
        if (is_call(node, operators[i], 2))
            return arithmetic(source, node, out);
    if (is_call(node, "-_", 1))
        return negated(source, node, out);
    bool is_timestamp = is_call(node, "timestamp", 1);
    if (!is_timestamp && !is_call(node, "duration", 1))
        return FILTER_NOT_CONSTANT;
    struct filter_value value;
    enum filter_constness state = filter_constant(source, node->arguments[0], &value);
    if (state != FILTER_CONSTANT)
        return state;
    return is_timestamp ? timestamp(source, &value, out) : duration(source, &value, out);
}

enum filter_constness filter_constant(struct filter_source *source, const struct filter_node *node,
                                      struct filter_value *out)
{
    if (node->kind == FILTER_NODE_LITERAL) {
        *out = node->value;
        return FILTER_CONSTANT;
    }
    if (node->kind == FILTER_NODE_IDENT && strcmp(node->name, "now") == 0)
        return integer(out, source->now_s);
    return node->kind == FILTER_NODE_CALL ? call(source, node, out) : FILTER_NOT_CONSTANT;
}
