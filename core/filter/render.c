/* Conditions to SQL. The text is that of db/dialect.md: every value is a bound parameter, and what differs between
 * databases stands as a fragment. */
#include <string.h>

#include "base/fold.h"
#include "filter/ast.h"

struct renderer {
    struct filter_source *source;
    struct buf sql;
    struct memora_value *params;
    uint32_t count, cap;
};

static bool render(struct renderer *renderer, const struct filter_condition *condition);

static void put(struct renderer *renderer, const char *text)
{
    buf_add_str(&renderer->sql, text);
}

static bool add_param(struct renderer *renderer, struct memora_value value)
{
    if (renderer->count == FILTER_MAX_PARAMS)
        return filter_problem(renderer->source, "filter has more than %d values", FILTER_MAX_PARAMS);
    if (renderer->count == renderer->cap) {
        uint32_t cap = renderer->cap ? renderer->cap * 2 : 8;
        renderer->params = arena_grow(renderer->source->arena, renderer->params,
                                      sizeof *renderer->params * renderer->cap, sizeof *renderer->params * cap);
        renderer->cap = cap;
    }
    renderer->params[renderer->count++] = value;
    return true;
}

static bool add_text(struct renderer *renderer, const char *text, size_t length)
{
    return add_param(renderer, (struct memora_value){.type = MEMORA_TEXT, .len = length, .u.p = text});
}

static bool add_value(struct renderer *renderer, const struct filter_value *value)
{
    if (value->kind == FILTER_VALUE_STRING)
        return add_text(renderer, value->text, value->length);
    return add_param(renderer,
                     (struct memora_value){.type = value->kind == FILTER_VALUE_BOOL ? MEMORA_BOOL : MEMORA_INT,
                                           .u.i = value->integer});
}

/* The value with something behind it: a tag's children are "work/...". */
static bool add_joined(struct renderer *renderer, const struct filter_value *value, const char *behind)
{
    struct buf text = buf_in(renderer->source->arena);
    buf_add(&text, value->text, value->length);
    buf_add_str(&text, behind);
    return add_text(renderer, buf_str(&text), text.len);
}

/* A LIKE pattern without regard to case: folded, with what LIKE would take for wildcards escaped. */
static bool add_pattern(struct renderer *renderer, const struct filter_value *value, enum filter_match match)
{
    size_t size = fold_utf8(value->text, value->length, NULL, 0);
    char *folded = arena_alloc(renderer->source->arena, size + 1);
    fold_utf8(value->text, value->length, folded, size);
    struct buf pattern = buf_in(renderer->source->arena);
    if (match == FILTER_SUFFIX || match == FILTER_PART)
        buf_add_char(&pattern, '%');
    for (size_t i = 0; i < size; i++) {
        if (folded[i] == '%' || folded[i] == '_' || folded[i] == '\\')
            buf_add_char(&pattern, '\\');
        buf_add_char(&pattern, folded[i]);
    }
    if (match == FILTER_PREFIX || match == FILTER_PART)
        buf_add_char(&pattern, '%');
    return add_text(renderer, buf_str(&pattern), pattern.len);
}

static const char *sign_of(enum filter_comparator comparator)
{
    static const char *const signs[] = {" = ", " <> ", " < ", " <= ", " > ", " >= "};
    return signs[comparator];
}

static void put_part(struct renderer *renderer, const struct filter_operand *operand)
{
    static const struct {
        const char *accessor, *fragment, *behind;
    } parts[] = {
        {"getFullYear", "year", ""},      {"getMonth", "month", ""},           {"getDate", "day", ""},
        {"getDayOfMonth", "day", " - 1"}, {"getDayOfWeek", "day_of_week", ""}, {"getDayOfYear", "day_of_year", ""},
        {"getHours", "hour", ""},         {"getMinutes", "minute", ""},        {"getSeconds", "second", ""},
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (strcmp(parts[i].accessor, operand->accessor) == 0)
            buf_printf(&renderer->sql, "{%s:%s}%s", parts[i].fragment, operand->field->column, parts[i].behind);
}

static void put_size(struct renderer *renderer, const struct filter_field *field)
{
    if (field->kind == FILTER_FIELD_TAGS || field->kind == FILTER_FIELD_TAG)
        put(renderer, "{json_array_length:memo.payload|tags}");
    else
        buf_printf(&renderer->sql, "{text_length:%s}", field->column);
    if (field->kind == FILTER_FIELD_CREATOR)
        buf_printf(&renderer->sql, " + %zu", sizeof "users/" - 1);
}

/* "users/x" is compared by its username; what has no such form is nobody's name. */
static bool creator_name(const struct filter_value *value, struct filter_value *name)
{
    const size_t prefix = sizeof "users/" - 1;
    if (value->length < prefix || memcmp(value->text, "users/", prefix) != 0)
        return false;
    *name = *value;
    name->text += prefix;
    name->length -= prefix;
    return true;
}

static bool render_null(struct renderer *renderer, const struct filter_condition *condition)
{
    const char *column = condition->operand.field->column;
    buf_printf(&renderer->sql, condition->comparator == FILTER_EQ ? "%s IS NULL" : "%s IS NOT NULL", column);
    return true;
}

static bool render_flag(struct renderer *renderer, const struct filter_field *field, bool wanted)
{
    if (field->kind == FILTER_FIELD_PROPERTY) {
        buf_printf(&renderer->sql, "%s{json_flag:memo.payload|%s}", wanted ? "" : "NOT ", field->column);
        return true;
    }
    buf_printf(&renderer->sql, "%s = ?", field->column);
    return add_param(renderer, (struct memora_value){.type = MEMORA_BOOL, .u.i = wanted});
}

static bool render_bool_comparison(struct renderer *renderer, const struct filter_condition *condition)
{
    const struct filter_field *field = condition->operand.field;
    bool wanted = (condition->values[0].integer != 0) == (condition->comparator == FILTER_EQ);
    if (!field->absent_unknown)
        return render_flag(renderer, field, wanted);
    buf_printf(&renderer->sql, "{json_bool:memo.payload|%s} = ?", field->column);
    return add_param(renderer, (struct memora_value){.type = MEMORA_BOOL, .u.i = wanted});
}

static bool render_comparison(struct renderer *renderer, const struct filter_condition *condition)
{
    const struct filter_operand *operand = &condition->operand;
    const struct filter_field *field = operand->field;
    struct filter_value value = condition->values[0];
    if (value.kind == FILTER_VALUE_NULL)
        return render_null(renderer, condition);
    if (value.kind == FILTER_VALUE_BOOL)
        return render_bool_comparison(renderer, condition);
    if (operand->kind == FILTER_OPERAND_SIZE)
        put_size(renderer, field);
    else if (operand->kind == FILTER_OPERAND_PART)
        put_part(renderer, operand);
    else if (field->kind == FILTER_FIELD_TIME)
        buf_printf(&renderer->sql, "{time_read:%s}", field->column);
    else if (field->kind == FILTER_FIELD_CREATOR && !creator_name(&value, &value)) {
        put(renderer, condition->comparator == FILTER_EQ ? "1 = 0" : "1 = 1");
        return true;
    } else
        put(renderer, field->column);
    put(renderer, sign_of(condition->comparator));
    put(renderer, "?");
    return add_value(renderer, &value);
}

static bool render_in(struct renderer *renderer, const struct filter_condition *condition)
{
    const struct filter_field *field = condition->operand.field;
    uint32_t before = renderer->count;
    size_t start = renderer->sql.len;
    buf_printf(&renderer->sql, "%s IN (", field->column);
    for (size_t i = 0; i < condition->value_count; i++) {
        struct filter_value value = condition->values[i];
        if (field->kind == FILTER_FIELD_CREATOR && !creator_name(&value, &value))
            continue;
        put(renderer, renderer->count > before ? ", ?" : "?");
        if (!add_value(renderer, &value))
            return false;
    }
    put(renderer, ")");
    if (renderer->count == before) { /* an empty list is no SQL */
        renderer->sql.len = start;
        put(renderer, "1 = 0");
    }
    return true;
}

static bool render_tag(struct renderer *renderer, const struct filter_condition *condition)
{
    static const char *const fragments[] = {"json_array_has", "json_array_has_prefix", "json_array_has_suffix",
                                            "json_array_has_part"};
    buf_printf(&renderer->sql, "{%s:memo.payload|tags|?}", fragments[condition->match]);
    return add_value(renderer, &condition->values[0]);
}

static bool render_tag_tree(struct renderer *renderer, const struct filter_condition *condition)
{
    put(renderer, "(");
    for (size_t i = 0; i < condition->value_count; i++) {
        put(renderer, i ? " OR " : "");
        put(renderer, "{json_array_has:memo.payload|tags|?} OR {json_array_has_prefix:memo.payload|tags|?}");
        if (!add_value(renderer, &condition->values[i]) || !add_joined(renderer, &condition->values[i], "/"))
            return false;
    }
    put(renderer, ")");
    return true;
}

/* One tag of json_elements against the predicate. */
static bool render_element(struct renderer *renderer, const struct filter_condition *condition)
{
    if (condition->match == FILTER_EXACT) {
        put(renderer, "{json_element} = ?");
        return add_value(renderer, &condition->values[0]);
    }
    put(renderer, "{like_fold:{json_element}|?}");
    return add_pattern(renderer, &condition->values[0], condition->match);
}

static bool render_macro(struct renderer *renderer, const struct filter_condition *condition)
{
    bool all = condition->kind == FILTER_TAG_ALL;
    if (condition->kind == FILTER_TAG_SOME) {
        put(renderer, "({json_array_length:memo.payload|tags} > 0 AND ");
        if (!render_tag(renderer, condition))
            return false;
        put(renderer, ")");
        return true;
    }
    put(renderer, all ? "({json_array_length:memo.payload|tags} > 0 AND NOT EXISTS (SELECT 1" : "(SELECT COUNT(*)");
    put(renderer, " FROM {json_elements:memo.payload|tags} WHERE ");
    put(renderer, all ? "NOT (" : "");
    if (!render_element(renderer, condition))
        return false;
    put(renderer, all ? ")))" : ") = 1");
    return true;
}

static bool render_parts(struct renderer *renderer, const struct filter_condition *condition)
{
    put(renderer, "(");
    for (size_t i = 0; i < condition->part_count; i++) {
        if (i)
            put(renderer, condition->kind == FILTER_AND ? " AND " : " OR ");
        if (!render(renderer, condition->parts[i]))
            return false;
    }
    put(renderer, ")");
    return true;
}

static bool render_text_test(struct renderer *renderer, const struct filter_condition *condition)
{
    bool search = condition->kind == FILTER_SEARCH;
    buf_printf(&renderer->sql, search ? "{like_fold:%s|?}" : "{regexp:%s|?}", condition->operand.field->column);
    return search ? add_pattern(renderer, &condition->values[0], condition->match)
                  : add_value(renderer, &condition->values[0]);
}

static bool render(struct renderer *renderer, const struct filter_condition *condition)
{
    switch (condition->kind) {
    case FILTER_TRUE:
    case FILTER_FALSE:
        put(renderer, condition->kind == FILTER_TRUE ? "1 = 1" : "1 = 0");
        return true;
    case FILTER_NOT:
        put(renderer, "NOT (");
        if (!render(renderer, condition->parts[0]))
            return false;
        put(renderer, ")");
        return true;
    case FILTER_AND:
    case FILTER_OR:
        return render_parts(renderer, condition);
    case FILTER_COMPARE:
        return render_comparison(renderer, condition);
    case FILTER_IN:
        return render_in(renderer, condition);
    case FILTER_SEARCH:
    case FILTER_MATCHES:
        return render_text_test(renderer, condition);
    case FILTER_FLAG:
        return render_flag(renderer, condition->operand.field, true);
    case FILTER_TAG:
        return render_tag(renderer, condition);
    case FILTER_TAG_TREE:
        return render_tag_tree(renderer, condition);
    case FILTER_TAG_SOME:
    case FILTER_TAG_ALL:
    case FILTER_TAG_ONE:
        return render_macro(renderer, condition);
    }
    return false;
}

bool filter_render(struct filter_source *source, const struct filter_condition *condition, struct filter_sql *out)
{
    *out = (struct filter_sql){.condition = ""};
    if (condition->kind == FILTER_TRUE)
        return true;
    struct renderer renderer = {.source = source, .sql = buf_in(source->arena)};
    if (!render(&renderer, condition))
        return false;
    out->condition = buf_str(&renderer.sql);
    out->params = renderer.params;
    out->param_count = renderer.count;
    return true;
}
