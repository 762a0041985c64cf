/* Types, after the rules of CEL: every function has its signatures, and there are no conversions between them. */
#include <string.h>

#include "base/regex.h"
#include "filter/ast.h"
#include "filter/signatures.h"

enum { MOST_ARGUMENTS = 4 };

/* Variables of the macros around an expression. */
struct scope {
    const struct scope *outer;
    const char *name;
    const struct filter_type *type;
};

struct checker {
    struct filter_source *source;
    const struct scope *scope;
};

static const struct filter_type simple_types[] = {
    [FILTER_TYPE_ERROR] = {FILTER_TYPE_ERROR, NULL},       [FILTER_TYPE_DYN] = {FILTER_TYPE_DYN, NULL},
    [FILTER_TYPE_BOOL] = {FILTER_TYPE_BOOL, NULL},         [FILTER_TYPE_INT] = {FILTER_TYPE_INT, NULL},
    [FILTER_TYPE_UINT] = {FILTER_TYPE_UINT, NULL},         [FILTER_TYPE_DOUBLE] = {FILTER_TYPE_DOUBLE, NULL},
    [FILTER_TYPE_STRING] = {FILTER_TYPE_STRING, NULL},     [FILTER_TYPE_BYTES] = {FILTER_TYPE_BYTES, NULL},
    [FILTER_TYPE_NULL] = {FILTER_TYPE_NULL, NULL},         [FILTER_TYPE_TIMESTAMP] = {FILTER_TYPE_TIMESTAMP, NULL},
    [FILTER_TYPE_DURATION] = {FILTER_TYPE_DURATION, NULL}, [FILTER_TYPE_TYPE] = {FILTER_TYPE_TYPE, NULL},
};
static const struct filter_type list_of_strings = {FILTER_TYPE_LIST, &simple_types[FILTER_TYPE_STRING]};

static const struct filter_type *check(struct checker *checker, const struct filter_node *node);

static const struct filter_type *list_of(struct arena *arena, const struct filter_type *element)
{
    struct filter_type *type = ARENA_NEW(arena, struct filter_type);
    type->kind = FILTER_TYPE_LIST;
    type->element = element;
    return type;
}

static const char *type_text(struct arena *arena, const struct filter_type *type)
{
    static const char *const names[] = {"!error!", "dyn",   "bool", "int",       "uint",     "double",
                                        "string",  "bytes", "null", "timestamp", "duration", "type"};
    if (type->kind == FILTER_TYPE_LIST)
        return arena_printf(arena, "list(%s)", type_text(arena, type->element));
    return type->kind < sizeof names / sizeof names[0] ? names[type->kind] : "A";
}

/* Errors and dyn fit everything; null fits the two types that CEL takes from messages. */
static bool fits(const struct filter_type *wanted, const struct filter_type *given)
{
    if (wanted->kind <= FILTER_TYPE_DYN || given->kind <= FILTER_TYPE_DYN)
        return true;
    if (wanted->kind == FILTER_TYPE_LIST && given->kind == FILTER_TYPE_LIST)
        return fits(wanted->element, given->element);
    if (wanted->kind == given->kind)
        return true;
    bool nullable = wanted->kind == FILTER_TYPE_TIMESTAMP || wanted->kind == FILTER_TYPE_DURATION;
    return nullable && given->kind == FILTER_TYPE_NULL;
}

static const struct filter_type *type_of_letter(char letter)
{
    static const char letters[] = "biudsyntr*T";
    static const enum filter_type_kind kinds[] = {FILTER_TYPE_BOOL,   FILTER_TYPE_INT,       FILTER_TYPE_UINT,
                                                  FILTER_TYPE_DOUBLE, FILTER_TYPE_STRING,    FILTER_TYPE_BYTES,
                                                  FILTER_TYPE_NULL,   FILTER_TYPE_TIMESTAMP, FILTER_TYPE_DURATION,
                                                  FILTER_TYPE_DYN,    FILTER_TYPE_TYPE};
    const char *found = strchr(letters, letter);
    return &simple_types[found ? kinds[found - letters] : FILTER_TYPE_DYN];
}

/* Binds the type parameter A at its first use; later uses must fit it. */
static bool bind(const struct filter_type **bound, const struct filter_type *given)
{
    bool loose = *bound && (*bound)->kind <= FILTER_TYPE_DYN;
    if (!*bound || loose) {
        *bound = given;
        return true;
    }
    return fits(*bound, given) || fits(given, *bound);
}

static bool argument_fits(char letter, const struct filter_type *given, const struct filter_type **bound)
{
    if (letter == 'A')
        return bind(bound, given);
    if (letter != 'L')
        return fits(type_of_letter(letter), given);
    if (given->kind <= FILTER_TYPE_DYN)
        return true;
    return given->kind == FILTER_TYPE_LIST && bind(bound, given->element);
}

/* The result if the signature takes these types, else NULL. */
static const struct filter_type *apply(struct arena *arena, const struct filter_signature *signature,
                                       const struct filter_type *const *types, size_t count)
{
    const struct filter_type *bound = NULL;
    if (strlen(signature->args) != count)
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (!argument_fits(signature->args[i], types[i], &bound))
            return NULL;
    if (!bound)
        bound = &simple_types[FILTER_TYPE_DYN];
    if (signature->result == 'A')
        return bound;
    return signature->result == 'L' ? list_of(arena, bound) : type_of_letter(signature->result);
}

static const struct filter_type *no_overload(struct checker *checker, size_t at, const char *name, bool method,
                                             const struct filter_type *const *types, size_t count)
{
    struct arena *arena = checker->source->arena;
    struct buf out = buf_in(arena);
    for (size_t i = 0; i < count; i++) {
        const char *before = i == 0 ? (method ? "" : "(") : (method && i == 1) ? "" : ", ";
        buf_printf(&out, "%s%s%s", before, type_text(arena, types[i]), method && i == 0 ? ".(" : "");
    }
    if (count == 0)
        buf_add_char(&out, '(');
    filter_fault(checker->source, at, "found no matching overload for '%s' applied to '%s)'", name, buf_str(&out));
    return &simple_types[FILTER_TYPE_ERROR];
}

static const struct filter_type *undeclared(struct checker *checker, size_t at, const char *name)
{
    filter_fault(checker->source, at, "undeclared reference to '%s' (in container '')", name);
    return &simple_types[FILTER_TYPE_ERROR];
}

/* Types of a call; several signatures that fit (an argument is dyn) give dyn. */
static const struct filter_type *resolve(struct checker *checker, const struct filter_node *call, const char *name,
                                         bool method, const struct filter_type *const *types, size_t count)
{
    const struct filter_type *result = NULL;
    bool known = false;
    for (const struct filter_signature *s = filter_signatures; s->name; s++) {
        if (strcmp(s->name, name) != 0)
            continue;
        known = true;
        const struct filter_type *type = s->method == method ? apply(checker->source->arena, s, types, count) : NULL;
        if (type)
            result = !result || result->kind == type->kind ? type : &simple_types[FILTER_TYPE_DYN];
    }
    if (!known)
        return undeclared(checker, call->at, name);
    return result ? result : no_overload(checker, call->at, name, method, types, count);
}

static const struct filter_type *check_logic(struct checker *checker, const struct filter_node *call)
{
    for (size_t i = 0; i < call->argument_count; i++) {
        const struct filter_type *type = check(checker, call->arguments[i]);
        if (!fits(&simple_types[FILTER_TYPE_BOOL], type))
            filter_fault(checker->source, call->arguments[i]->at, "expected type 'bool' but found '%s'",
                         type_text(checker->source->arena, type));
    }
    return &simple_types[FILTER_TYPE_BOOL];
}

/* sets.contains(...) is a function with a dot in its name, not a method; only memos have it. */
static const char *qualified_name(const struct checker *checker, const struct filter_node *call)
{
    static const char *const names[] = {"sets.contains", "sets.intersects", "sets.equivalent"};
    const struct filter_node *target = call->target;
    if (!target || target->kind != FILTER_NODE_IDENT || checker->source->schema != FILTER_MEMO ||
        strcmp(target->name, "sets") != 0)
        return NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i] + sizeof "sets." - 1, call->name) == 0)
            return names[i];
    return NULL;
}

static const struct filter_type *check_call(struct checker *checker, const struct filter_node *call)
{
    if (strcmp(call->name, "_&&_") == 0 || strcmp(call->name, "_||_") == 0)
        return check_logic(checker, call);
    if (!call->target && strcmp(call->name, "has") == 0 && call->argument_count == 1) {
        if (call->arguments[0]->kind == FILTER_NODE_SELECT)
            check(checker, call->arguments[0]);
        else
            filter_fault(checker->source, call->arguments[0]->at, "invalid argument to has() macro");
        return &simple_types[FILTER_TYPE_BOOL];
    }
    const char *qualified = qualified_name(checker, call);
    bool method = call->target && !qualified;
    const struct filter_type **types =
        ARENA_ARRAY(checker->source->arena, const struct filter_type *, call->argument_count + 1);
    size_t count = 0;
    if (method)
        types[count++] = check(checker, call->target);
    for (size_t i = 0; i < call->argument_count; i++)
        types[count++] = check(checker, call->arguments[i]);
    return resolve(checker, call, qualified ? qualified : call->name, method, types, count);
}

static const struct filter_type *check_list(struct checker *checker, const struct filter_node *list)
{
    const struct filter_type *element = NULL;
    for (size_t i = 0; i < list->argument_count; i++) {
        const struct filter_type *type = check(checker, list->arguments[i]);
        if (!element || element->kind == FILTER_TYPE_ERROR)
            element = type;
        else if (!fits(element, type))
            element = &simple_types[FILTER_TYPE_DYN];
    }
    return list_of(checker->source->arena, element ? element : &simple_types[FILTER_TYPE_DYN]);
}

static const struct filter_type *check_predicate(struct checker *checker, const struct filter_node *macro,
                                                 const struct filter_node *predicate)
{
    const struct filter_type *type = check(checker, predicate);
    if (strcmp(macro->name, "map") == 0 && predicate == macro->arguments[macro->argument_count - 1])
        return list_of(checker->source->arena, type);
    if (!fits(&simple_types[FILTER_TYPE_BOOL], type)) {
        bool conditional = strcmp(macro->name, "exists") != 0 && strcmp(macro->name, "all") != 0;
        const struct filter_type *types[] = {type, &simple_types[FILTER_TYPE_INT], &simple_types[FILTER_TYPE_INT]};
        if (conditional)
            no_overload(checker, macro->at, "_?_:_", false, types, 3);
        else
            filter_fault(checker->source, predicate->at, "expected type 'bool' but found '%s'",
                         type_text(checker->source->arena, type));
    }
    return &simple_types[FILTER_TYPE_BOOL];
}

static const struct filter_type *check_macro(struct checker *checker, const struct filter_node *macro)
{
    const struct filter_type *range = check(checker, macro->target), *result = NULL;
    if (range->kind > FILTER_TYPE_DYN && range->kind != FILTER_TYPE_LIST) {
        filter_fault(checker->source, macro->target->at,
                     "expression of type '%s' cannot be range of a comprehension (must be list, map, or dynamic)",
                     type_text(checker->source->arena, range));
        range = &simple_types[FILTER_TYPE_ERROR];
    }
    struct scope scope = {.outer = checker->scope,
                          .name = macro->arguments[0]->name,
                          .type = range->kind == FILTER_TYPE_LIST ? range->element : range};
    checker->scope = &scope;
    for (size_t i = 1; i < macro->argument_count; i++)
        result = check_predicate(checker, macro, macro->arguments[i]);
    checker->scope = scope.outer;
    return strcmp(macro->name, "filter") == 0 ? range : result;
}

static const struct filter_type *check_ident(struct checker *checker, const struct filter_node *ident)
{
    static const char *const type_names[] = {"bool",  "int",  "uint", "double", "string",
                                             "bytes", "list", "map",  "type",   "null_type"};
    for (const struct scope *scope = checker->scope; scope; scope = scope->outer)
        if (strcmp(scope->name, ident->name) == 0)
            return scope->type;
    const struct filter_field *field = filter_field_named(checker->source->schema, ident->name);
    if (field)
        return field->kind == FILTER_FIELD_TAGS ? &list_of_strings : &simple_types[field->type];
    if (strcmp(ident->name, "now") == 0)
        return &simple_types[FILTER_TYPE_TIMESTAMP];
    for (size_t i = 0; i < sizeof type_names / sizeof type_names[0]; i++)
        if (strcmp(type_names[i], ident->name) == 0)
            return &simple_types[FILTER_TYPE_TYPE];
    return undeclared(checker, ident->at, ident->name);
}

static const struct filter_type *check_select(struct checker *checker, const struct filter_node *select)
{
    const struct filter_type *type = check(checker, select->target);
    if (type->kind > FILTER_TYPE_DYN)
        filter_fault(checker->source, select->at, "type '%s' does not support field selection",
                     type_text(checker->source->arena, type));
    return &simple_types[FILTER_TYPE_DYN];
}

static const struct filter_type *check_literal(const struct filter_node *literal)
{
    static const enum filter_type_kind kinds[] = {
        [FILTER_VALUE_NULL] = FILTER_TYPE_NULL,     [FILTER_VALUE_BOOL] = FILTER_TYPE_BOOL,
        [FILTER_VALUE_INT] = FILTER_TYPE_INT,       [FILTER_VALUE_UINT] = FILTER_TYPE_UINT,
        [FILTER_VALUE_DOUBLE] = FILTER_TYPE_DOUBLE, [FILTER_VALUE_STRING] = FILTER_TYPE_STRING,
        [FILTER_VALUE_BYTES] = FILTER_TYPE_BYTES};
    return &simple_types[kinds[literal->value.kind]];
}

static const struct filter_type *check(struct checker *checker, const struct filter_node *node)
{
    switch (node->kind) {
    case FILTER_NODE_LITERAL:
        return check_literal(node);
    case FILTER_NODE_IDENT:
        return check_ident(checker, node);
    case FILTER_NODE_SELECT:
        return check_select(checker, node);
    case FILTER_NODE_CALL:
        return check_call(checker, node);
    case FILTER_NODE_LIST:
        return check_list(checker, node);
    case FILTER_NODE_MACRO:
        return check_macro(checker, node);
    }
    return &simple_types[FILTER_TYPE_ERROR];
}

/* Patterns that are written out must be right ones; looked at when the types are. */
static void check_patterns(struct filter_source *source, const struct filter_node *node)
{
    if (node->target)
        check_patterns(source, node->target);
    for (size_t i = 0; i < node->argument_count; i++)
        check_patterns(source, node->arguments[i]);
    if (node->kind != FILTER_NODE_CALL || node->argument_count == 0 || strcmp(node->name, "matches") != 0)
        return;
    const struct filter_node *pattern = node->arguments[node->argument_count - 1];
    if (pattern->kind != FILTER_NODE_LITERAL || pattern->value.kind != FILTER_VALUE_STRING)
        return;
    struct regex *regex;
    if (regex_compile(pattern->value.text, pattern->value.length, &regex, NULL) != STATUS_OK)
        filter_fault(source, pattern->at, "invalid matches argument");
    regex_free(regex);
}

bool filter_check(struct filter_source *source, const struct filter_node *root)
{
    struct checker checker = {.source = source};
    check(&checker, root);
    if (source->fault_count == 0)
        check_patterns(source, root);
    return source->fault_count == 0;
}
