/* Conditions put together, with what is constant in them taken out. */
#include "filter/ast.h"

struct filter_condition *filter_condition_new(struct arena *arena, enum filter_condition_kind kind)
{
    struct filter_condition *condition = ARENA_NEW(arena, struct filter_condition);
    condition->kind = kind;
    return condition;
}

struct filter_condition *filter_condition_bool(struct arena *arena, bool value)
{
    return filter_condition_new(arena, value ? FILTER_TRUE : FILTER_FALSE);
}

struct filter_condition *filter_condition_not(struct arena *arena, struct filter_condition *part)
{
    if (!part || part->kind == FILTER_TRUE || part->kind == FILTER_FALSE)
        return part ? filter_condition_bool(arena, part->kind == FILTER_FALSE) : NULL;
    struct filter_condition *condition = filter_condition_new(arena, FILTER_NOT);
    condition->parts = ARENA_ARRAY(arena, struct filter_condition *, 1);
    condition->parts[condition->part_count++] = part;
    return condition;
}

struct filter_condition *filter_condition_join(struct arena *arena, enum filter_condition_kind kind,
                                               struct filter_condition **parts, size_t count)
{
    enum filter_condition_kind decides = kind == FILTER_AND ? FILTER_FALSE : FILTER_TRUE;
    struct filter_condition *condition = filter_condition_new(arena, kind);
    condition->parts = ARENA_ARRAY(arena, struct filter_condition *, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (parts[i]->kind == decides)
            return parts[i];
        if (parts[i]->kind != FILTER_TRUE && parts[i]->kind != FILTER_FALSE)
            condition->parts[condition->part_count++] = parts[i];
    }
    if (condition->part_count == 0)
        return filter_condition_bool(arena, kind == FILTER_AND);
    return condition->part_count == 1 ? condition->parts[0] : condition;
}

struct filter_condition *filter_condition_test(struct arena *arena, enum filter_condition_kind kind,
                                               const struct filter_field *field, struct filter_value value)
{
    struct filter_condition *condition = filter_condition_new(arena, kind);
    condition->operand.field = field;
    condition->values = ARENA_ARRAY(arena, struct filter_value, 1);
    condition->values[condition->value_count++] = value;
    return condition;
}
