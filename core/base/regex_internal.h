/* The inside of base/regex: syntax tree, character classes and program. Only the regex_*.c files include it. */
#ifndef MEMORA_BASE_REGEX_INTERNAL_H
#define MEMORA_BASE_REGEX_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"

enum {
    REGEX_MAX_DEPTH = 200,        /* nested groups */
    REGEX_MAX_REPEAT = 1000,      /* of one counted repetition and of nested ones multiplied, as in RE2 */
    REGEX_MAX_PROGRAM = 10000,    /* instructions */
    REGEX_MAX_PATTERN = 16 * 1024 /* bytes */
};

/* One member of a bracket expression. Under case folding a character belongs to it when any of its case variants
 * does; the member's negation comes after that. */
enum regex_item_kind { REGEX_RANGES, REGEX_CATEGORIES, REGEX_SCRIPT };
struct regex_range {
    uint32_t first, last;
};
struct regex_item {
    enum regex_item_kind kind;
    bool negated;
    uint32_t value; /* category set, script number, or count of ranges */
    const struct regex_range *ranges;
};
struct regex_class {
    bool negated, fold;
    uint32_t item_count;
    const struct regex_item *items;
    uint32_t ascii[4]; /* the answer for U+0000..U+007F, one bit each */
};

enum regex_assert {
    REGEX_BEGIN_TEXT,
    REGEX_END_TEXT,
    REGEX_BEGIN_LINE,
    REGEX_END_LINE,
    REGEX_WORD_BOUNDARY,
    REGEX_NOT_WORD_BOUNDARY
};

enum regex_node_kind {
    REGEX_NODE_EMPTY,
    REGEX_NODE_CHAR,
    REGEX_NODE_ANY,
    REGEX_NODE_ANY_BUT_NEWLINE,
    REGEX_NODE_CLASS,
    REGEX_NODE_ASSERT,
    REGEX_NODE_CONCAT,
    REGEX_NODE_ALTERNATE,
    REGEX_NODE_REPEAT
};
struct regex_node {
    enum regex_node_kind kind;
    uint32_t code_point;             /* CHAR */
    enum regex_assert assertion;     /* ASSERT */
    const struct regex_class *class; /* CLASS */
    int min, max;                    /* REPEAT; max -1 = no end */
    int repeat_product;              /* counted repetitions below and including this node, multiplied */
    struct regex_node *child;        /* REPEAT; first of CONCAT and ALTERNATE */
    struct regex_node *next;         /* sibling */
};

/* While parsing: the pattern, where we are, and the flags in force. */
struct regex_parser {
    struct arena *arena;
    const char *pattern;
    size_t length, at;
    int depth;
    bool fold, dot_all, multi_line;
    struct status *status;
};

enum regex_op {
    REGEX_CHAR,
    REGEX_ANY,
    REGEX_ANY_BUT_NEWLINE,
    REGEX_CLASS,
    REGEX_ASSERT,
    REGEX_SPLIT,
    REGEX_JUMP,
    REGEX_MATCH
};
struct regex_inst {
    enum regex_op op;
    uint32_t x; /* code point, class number, assertion, or the next instruction of SPLIT and JUMP */
    uint32_t y; /* second way of SPLIT */
};

struct regex {
    struct arena *arena; /* holds everything below */
    struct regex_inst *program;
    uint32_t program_count;
    const struct regex_class *const *classes;
    bool anchored;      /* can only match at the start of the text */
    const char *prefix; /* bytes every match begins with */
    size_t prefix_length;
};

/* "text: `fault`" into the parser's status; always false, for return. */
bool regex_fail(struct regex_parser *parser, const char *text, size_t from, size_t to);

/* Parses the whole pattern; NULL after a failure. */
struct regex_node *regex_parse(struct regex_parser *parser);

/* One escape outside of brackets and inside them that stands for one character; the parser is at the backslash. */
bool regex_parse_escape(struct regex_parser *parser, uint32_t *code_point);
/* \d \pL and the like; *found is false if the parser is not at one. */
bool regex_parse_class_escape(struct regex_parser *parser, struct regex_class **class, bool *found);
/* A bracket expression; the parser is at '['. */
bool regex_parse_bracket(struct regex_parser *parser, struct regex_class **class);
/* The case variants of one character. */
struct regex_class *regex_class_of_char(struct regex_parser *parser, uint32_t code_point);
/* code_point may be UINT32_MAX (an invalid byte): then it is U+FFFD. */
bool regex_class_has(const struct regex_class *class, uint32_t code_point);

bool regex_emit(struct regex *regex, const struct regex_node *root, struct status *status);

#endif
