/* The inside of filter/: from text to tokens (lex.c), tree (parse.c), types (check.c), conditions (translate.c) and SQL
 * (render.c). Only the files of filter/ include this. All memory is the arena's. */
#ifndef MEMORA_FILTER_AST_H
#define MEMORA_FILTER_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"
#include "filter/filter.h"

enum {
    FILTER_MAX_TEXT = 8 * 1024,
    FILTER_MAX_DEPTH = 64,
    FILTER_MAX_NODES = 1000,
    FILTER_MAX_PARAMS = 500,
    FILTER_MAX_FAULTS = 20 /* told in one answer */
};

/* ---- types and constants ---- */

enum filter_type_kind {
    FILTER_TYPE_ERROR, /* of an expression that is wrong already: fits everywhere */
    FILTER_TYPE_DYN,
    FILTER_TYPE_BOOL,
    FILTER_TYPE_INT,
    FILTER_TYPE_UINT,
    FILTER_TYPE_DOUBLE,
    FILTER_TYPE_STRING,
    FILTER_TYPE_BYTES,
    FILTER_TYPE_NULL,
    FILTER_TYPE_TIMESTAMP,
    FILTER_TYPE_DURATION,
    FILTER_TYPE_TYPE,
    FILTER_TYPE_LIST,
    FILTER_TYPE_PARAM /* A in the signatures of functions */
};
struct filter_type {
    enum filter_type_kind kind;
    const struct filter_type *element; /* LIST */
};

/* A constant. Timestamps and durations are whole seconds, kept as INT. */
enum filter_value_kind {
    FILTER_VALUE_NULL,
    FILTER_VALUE_BOOL,
    FILTER_VALUE_INT,
    FILTER_VALUE_UINT,
    FILTER_VALUE_DOUBLE,
    FILTER_VALUE_STRING,
    FILTER_VALUE_BYTES
};
struct filter_value {
    enum filter_value_kind kind;
    int64_t integer; /* INT, UINT (same bits), BOOL */
    double real;
    const char *text; /* STRING, BYTES */
    size_t length;
};

/* ---- tokens and tree ---- */

enum filter_token_kind {
    FILTER_TOKEN_END,
    FILTER_TOKEN_IDENT,
    FILTER_TOKEN_LITERAL, /* number, string or bytes; true, false and null are words */
    FILTER_TOKEN_PUNCTUATION
};
struct filter_token {
    enum filter_token_kind kind;
    size_t at, length;         /* in the text */
    struct filter_value value; /* LITERAL */
    bool bad_number;           /* LITERAL out of range */
};

enum filter_node_kind {
    FILTER_NODE_LITERAL,
    FILTER_NODE_IDENT,
    FILTER_NODE_SELECT, /* target.name */
    FILTER_NODE_CALL,   /* name(arguments) or target.name(arguments); operators by their names in CEL: "_==_" */
    FILTER_NODE_LIST,
    FILTER_NODE_MACRO /* target.name(variable, predicate): arguments[0] is the variable's IDENT */
};
struct filter_node {
    enum filter_node_kind kind;
    size_t at; /* place in the text that faults point to */
    const char *name;
    struct filter_value value;
    struct filter_node *target;
    struct filter_node **arguments;
    size_t argument_count;
    unsigned depth;
};

/* What a compilation works on. */
struct filter_fault {
    size_t at;
    const char *message;
};
struct filter_source {
    struct arena *arena;
    enum filter_schema schema;
    const char *text;
    size_t length;
    int64_t now_s;
    size_t node_count;
    struct filter_fault faults[FILTER_MAX_FAULTS];
    size_t fault_count;
    const char *problem; /* the first fault of the translation */
};

/* Notes a fault at a place of the text ("found no matching overload ..."). */
void filter_fault(struct filter_source *source, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* All faults as CEL prints them: "ERROR: <input>:1:9: ..." with the line and a mark, in the order of the text. */
const char *filter_fault_text(struct filter_source *source);
/* Notes a problem of the translation; the first one stays. Always false. */
bool filter_problem(struct filter_source *source, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* For functions that give a condition. */
#define filter_refuse(...) (filter_problem(__VA_ARGS__), (struct filter_condition *)NULL)

/* All tokens, ended by END; NULL after a fault. */
struct filter_token *filter_lex(struct filter_source *source);
/* Decodes a string or bytes literal that lex.c has found; false if an escape is wrong. */
bool filter_lex_string(struct arena *arena, const char *text, size_t length, struct filter_value *out);

/* The tree, NULL after a fault. */
struct filter_node *filter_parse(struct filter_source *source);

/* Checks the types of the whole tree; false after a fault. */
bool filter_check(struct filter_source *source, const struct filter_node *root);

/* ---- fields ---- */

enum filter_field_kind {
    FILTER_FIELD_TEXT,     /* a text column */
    FILTER_FIELD_CREATOR,  /* "users/" and the username */
    FILTER_FIELD_NUMBER,   /* an integer column */
    FILTER_FIELD_TIME,     /* a time column */
    FILTER_FIELD_BOOL,     /* a boolean column */
    FILTER_FIELD_PROPERTY, /* a boolean in the payload */
    FILTER_FIELD_TAGS,
    FILTER_FIELD_TAG /* another name of tags, for `tag in [...]` */
};
struct filter_field {
    const char *name;
    enum filter_field_kind kind;
    enum filter_type_kind type;
    const char *column;  /* column, or path in the payload */
    bool ordered;        /* < <= > >= are allowed */
    bool searchable;     /* contains, startsWith, endsWith, matches */
    bool listable;       /* in [...] */
    bool absent_unknown; /* PROPERTY: compared with a literal, an absent one is neither true nor false */
};

/* NULL if the schema has no such field. */
const struct filter_field *filter_field_named(enum filter_schema schema, const char *name);

/* ---- constants ---- */

enum filter_constness { FILTER_NOT_CONSTANT, FILTER_CONSTANT, FILTER_CONSTANT_WRONG };
/* Evaluates a node that has no fields in it. WRONG: a problem has been noted. */
enum filter_constness filter_constant(struct filter_source *source, const struct filter_node *node,
                                      struct filter_value *out);
/* "getFullYear" and the like of seconds in UTC; false if there is no such accessor. */
bool filter_time_part(int64_t seconds, const char *accessor, int64_t *out);
/* Go's duration text ("1h30m") in whole seconds. */
bool filter_parse_duration(const char *text, size_t length, int64_t *seconds);

/* ---- conditions ---- */

enum filter_comparator { FILTER_EQ, FILTER_NE, FILTER_LT, FILTER_LE, FILTER_GT, FILTER_GE };
enum filter_match { FILTER_EXACT, FILTER_PREFIX, FILTER_SUFFIX, FILTER_PART };

enum filter_condition_kind {
    FILTER_TRUE,
    FILTER_FALSE,
    FILTER_NOT,      /* parts[0] */
    FILTER_AND,      /* parts */
    FILTER_OR,       /* parts */
    FILTER_COMPARE,  /* operand comparator values[0] */
    FILTER_IN,       /* field in values */
    FILTER_SEARCH,   /* field, match, values[0]: text without regard to case */
    FILTER_MATCHES,  /* field, values[0]: regular expression */
    FILTER_FLAG,     /* boolean field */
    FILTER_TAG,      /* some tag by match, values[0]; unknown without tags */
    FILTER_TAG_TREE, /* a tag of values, or below one of them */
    FILTER_TAG_SOME, /* like TAG, but false without tags */
    FILTER_TAG_ALL,  /* at least one tag, and all of them match */
    FILTER_TAG_ONE   /* exactly one tag matches */
};
/* What a comparison looks at: the field itself, its size, or a part of its time. */
enum filter_operand_kind { FILTER_OPERAND_FIELD, FILTER_OPERAND_SIZE, FILTER_OPERAND_PART };
struct filter_operand {
    enum filter_operand_kind kind;
    const struct filter_field *field;
    const char *accessor; /* PART */
};
struct filter_condition {
    enum filter_condition_kind kind;
    struct filter_operand operand;
    enum filter_comparator comparator;
    enum filter_match match;
    struct filter_value *values;
    size_t value_count;
    struct filter_condition **parts;
    size_t part_count;
};

/* NULL after a problem. */
struct filter_condition *filter_translate(struct filter_source *source, const struct filter_node *root);

/* Building blocks, with constants folded. */
struct filter_condition *filter_condition_new(struct arena *arena, enum filter_condition_kind kind);
struct filter_condition *filter_condition_bool(struct arena *arena, bool value);
struct filter_condition *filter_condition_not(struct arena *arena, struct filter_condition *part);
/* kind is AND or OR; parts may be any number. */
struct filter_condition *filter_condition_join(struct arena *arena, enum filter_condition_kind kind,
                                               struct filter_condition **parts, size_t count);
/* A condition on a field with one value. */
struct filter_condition *filter_condition_test(struct arena *arena, enum filter_condition_kind kind,
                                               const struct filter_field *field, struct filter_value value);

/* Tests on the list of tags: macros and sets (translate_tags.c). */
struct filter_condition *filter_translate_macro(struct filter_source *source, const struct filter_node *node);
struct filter_condition *filter_translate_set(struct filter_source *source, const struct filter_node *node);
/* Comparisons (translate_compare.c). */
struct filter_condition *filter_translate_comparison(struct filter_source *source, const struct filter_node *node);
bool filter_is_comparison(const char *name);
/* A literal of a list, or the argument of a text function: must be constant text. */
bool filter_constant_text(struct filter_source *source, const struct filter_node *node, struct filter_value *out);

/* SQL and parameters; false after a problem. */
bool filter_render(struct filter_source *source, const struct filter_condition *condition, struct filter_sql *out);

#endif
