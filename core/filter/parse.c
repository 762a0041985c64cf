/* Grammar of CEL, by recursive descent; macros are recognized here. */
#include <string.h>

#include "filter/ast.h"

#define PRIMARY                                                                                                        \
    "'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER"
#define ARGUMENT                                                                                                       \
    "'[', '{', '(', ')', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, "        \
    "IDENTIFIER"

struct parser {
    struct filter_source *source;
    const struct filter_token *token; /* the next one */
    unsigned depth;
};

static struct filter_node *parse_expression(struct parser *parser);

static bool is(const struct parser *parser, const char *text)
{
    const struct filter_token *token = parser->token;
    return (token->kind == FILTER_TOKEN_PUNCTUATION || token->kind == FILTER_TOKEN_IDENT) &&
           strlen(text) == token->length && memcmp(parser->source->text + token->at, text, token->length) == 0;
}

static bool accept(struct parser *parser, const char *text)
{
    if (!is(parser, text))
        return false;
    parser->token++;
    return true;
}

static const char *token_text(const struct parser *parser)
{
    const struct filter_token *token = parser->token;
    if (token->kind == FILTER_TOKEN_END)
        return "<EOF>";
    return arena_strndup(parser->source->arena, parser->source->text + token->at, token->length);
}

static struct filter_node *fail(struct parser *parser, const char *what, const char *wanted)
{
    filter_fault(parser->source, parser->token->at, "Syntax error: %s '%s' expecting %s", what, token_text(parser),
                 wanted);
    return NULL;
}

static bool expect(struct parser *parser, const char *text)
{
    if (accept(parser, text))
        return true;
    filter_fault(parser->source, parser->token->at, "Syntax error: missing '%s' at '%s'", text, token_text(parser));
    return false;
}

static struct filter_node *node_new(struct parser *parser, enum filter_node_kind kind, size_t at)
{
    struct filter_node *node = ARENA_NEW(parser->source->arena, struct filter_node);
    node->kind = kind;
    node->at = at;
    node->depth = 1;
    if (++parser->source->node_count > FILTER_MAX_NODES) {
        if (parser->source->node_count == FILTER_MAX_NODES + 1)
            filter_fault(parser->source, at, "expression has more than %d nodes", FILTER_MAX_NODES);
        return NULL;
    }
    return node;
}

static bool adopt(struct parser *parser, struct filter_node *parent, const struct filter_node *child)
{
    if (child->depth + 1 > parent->depth)
        parent->depth = child->depth + 1;
    if (parent->depth <= FILTER_MAX_DEPTH)
        return true;
    filter_fault(parser->source, parent->at, "expression nests deeper than %d levels", FILTER_MAX_DEPTH);
    return false;
}

/* Arguments double their room whenever their number is a power of 2. */
static bool add_argument(struct parser *parser, struct filter_node *node, struct filter_node *argument)
{
    size_t count = node->argument_count;
    if ((count & (count - 1)) == 0)
        node->arguments = arena_grow(parser->source->arena, node->arguments, count * sizeof(void *),
                                     (count ? count * 2 : 1) * sizeof(void *));
    node->arguments[node->argument_count++] = argument;
    return adopt(parser, node, argument);
}

static struct filter_node *operation(struct parser *parser, const char *name, size_t at, struct filter_node *left,
                                     struct filter_node *right)
{
    struct filter_node *node = node_new(parser, FILTER_NODE_CALL, at);
    if (!node || !add_argument(parser, node, left) || (right && !add_argument(parser, node, right)))
        return NULL;
    node->name = name;
    return node;
}

/* Expressions up to a closing mark, which is taken as well. */
static bool parse_arguments(struct parser *parser, struct filter_node *node, const char *close, bool trailing_comma)
{
    if (accept(parser, close))
        return true;
    if (trailing_comma && accept(parser, ","))
        return expect(parser, close);
    if (is(parser, ",") || parser->token->kind == FILTER_TOKEN_END) {
        fail(parser, is(parser, ",") ? "extraneous input" : "mismatched input", "{" ARGUMENT "}");
        return false;
    }
    do {
        if (trailing_comma && node->argument_count && is(parser, close))
            break;
        struct filter_node *argument = parse_expression(parser);
        if (!argument || !add_argument(parser, node, argument))
            return false;
    } while (accept(parser, ","));
    return expect(parser, close);
}

static bool is_reserved(const char *name)
{
    static const char *const words[] = {"as",        "break",  "const",  "continue", "else", "for",
                                        "function",  "if",     "import", "let",      "loop", "package",
                                        "namespace", "return", "var",    "void",     "while"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i], name) == 0)
            return true;
    return false;
}

static struct filter_node *parse_call(struct parser *parser, const char *name, struct filter_node *target)
{
    struct filter_node *node = node_new(parser, FILTER_NODE_CALL, parser->token->at);
    parser->token++;
    if (!node || (target && !adopt(parser, node, target)))
        return NULL;
    node->name = name;
    node->target = target;
    return parse_arguments(parser, node, ")", false) ? node : NULL;
}

static struct filter_node *parse_word(struct parser *parser)
{
    size_t at = parser->token->at;
    const char *name = token_text(parser);
    parser->token++;
    bool yes = strcmp(name, "true") == 0, null = strcmp(name, "null") == 0;
    if (yes || null || strcmp(name, "false") == 0) {
        struct filter_node *node = node_new(parser, FILTER_NODE_LITERAL, at);
        if (node)
            node->value = (struct filter_value){.kind = null ? FILTER_VALUE_NULL : FILTER_VALUE_BOOL, .integer = yes};
        return node;
    }
    if (strcmp(name, "in") == 0) {
        parser->token--;
        return fail(parser, "mismatched input", "{" PRIMARY "}");
    }
    if (is_reserved(name)) {
        filter_fault(parser->source, at, "reserved identifier: %s", name);
        return NULL;
    }
    if (is(parser, "("))
        return parse_call(parser, name, NULL);
    struct filter_node *node = node_new(parser, FILTER_NODE_IDENT, at);
    if (node)
        node->name = name;
    return node;
}

static struct filter_node *parse_literal(struct parser *parser, bool negative)
{
    const struct filter_token *token = parser->token++;
    struct filter_node *node = node_new(parser, FILTER_NODE_LITERAL, token->at);
    if (!node)
        return NULL;
    node->value = token->value;
    bool is_int = token->value.kind == FILTER_VALUE_INT;
    /* The lexer lets through one more than the largest integer, which only a minus makes right. */
    if (token->bad_number || (is_int && token->value.integer == INT64_MIN && !negative)) {
        filter_fault(parser->source, token->at, "invalid %s literal", is_int ? "int" : "uint");
        return NULL;
    }
    if (negative && is_int)
        node->value.integer = (int64_t)(0 - (uint64_t)node->value.integer);
    if (negative && node->value.kind == FILTER_VALUE_DOUBLE)
        node->value.real = -node->value.real;
    return node;
}

static struct filter_node *parse_primary(struct parser *parser)
{
    size_t at = parser->token->at;
    if (parser->token->kind == FILTER_TOKEN_LITERAL)
        return parse_literal(parser, false);
    accept(parser, "."); /* a name at the root, where all our names are */
    if (parser->token->kind == FILTER_TOKEN_IDENT)
        return parse_word(parser);
    if (accept(parser, "(")) {
        struct filter_node *node = parse_expression(parser);
        return node && expect(parser, ")") ? node : NULL;
    }
    if (accept(parser, "[")) {
        struct filter_node *node = node_new(parser, FILTER_NODE_LIST, at);
        return node && parse_arguments(parser, node, "]", true) ? node : NULL;
    }
    bool alone = parser->token->kind == FILTER_TOKEN_END || is(parser, ")") || is(parser, "]");
    return fail(parser, alone ? "mismatched input" : "extraneous input", "{" PRIMARY "}");
}

static bool is_macro(const struct filter_node *call)
{
    static const char *const names[] = {"exists", "all", "exists_one", "map", "filter"};
    bool mapped = call->argument_count == 3 && strcmp(call->name, "map") == 0;
    if (call->argument_count != 2 && !mapped)
        return false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(call->name, names[i]) == 0)
            return true;
    return false;
}

static struct filter_node *parse_member_call(struct parser *parser, const char *name, struct filter_node *target)
{
    struct filter_node *node = parse_call(parser, name, target);
    if (!node || !is_macro(node))
        return node;
    if (node->arguments[0]->kind != FILTER_NODE_IDENT) {
        filter_fault(parser->source, node->arguments[0]->at, "argument must be a simple name");
        return NULL;
    }
    node->kind = FILTER_NODE_MACRO;
    return node;
}

static struct filter_node *parse_member(struct parser *parser)
{
    struct filter_node *node = parse_primary(parser);
    while (node) {
        size_t at = parser->token->at;
        if (accept(parser, "[")) {
            struct filter_node *index = parse_expression(parser);
            node = index && expect(parser, "]") ? operation(parser, "_[_]", at, node, index) : NULL;
            continue;
        }
        if (!accept(parser, "."))
            break;
        if (parser->token->kind != FILTER_TOKEN_IDENT) {
            filter_fault(parser->source, parser->token->at, "Syntax error: no viable alternative at input '.%s'",
                         parser->token->kind == FILTER_TOKEN_END ? "" : token_text(parser));
            return NULL;
        }
        const char *name = token_text(parser);
        parser->token++;
        if (is(parser, "(")) {
            node = parse_member_call(parser, name, node);
            continue;
        }
        struct filter_node *select = node_new(parser, FILTER_NODE_SELECT, at);
        if (!select || !adopt(parser, select, node))
            return NULL;
        select->name = name;
        select->target = node;
        node = select;
    }
    return node;
}

/* An even number of ! or - says nothing. */
static struct filter_node *parse_unary(struct parser *parser)
{
    size_t at = parser->token->at, count = 0;
    const char *mark = is(parser, "!") ? "!" : "-";
    while (accept(parser, mark))
        count++;
    bool minus = *mark == '-';
    enum filter_value_kind kind = parser->token->value.kind;
    bool number =
        parser->token->kind == FILTER_TOKEN_LITERAL && (kind == FILTER_VALUE_INT || kind == FILTER_VALUE_DOUBLE);
    if (count == 1 && minus && number) {
        struct filter_node *literal = parse_literal(parser, true);
        if (literal)
            literal->at = at;
        return literal;
    }
    struct filter_node *node = parse_member(parser);
    if (!node || count % 2 == 0)
        return node;
    return operation(parser, minus ? "-_" : "!_", at, node, NULL);
}

struct level {
    const char *mark, *name;
    int binding; /* higher binds tighter */
};
static const struct level levels[] = {
    {"==", "_==_", 1}, {"!=", "_!=_", 1}, {"<=", "_<=_", 1}, {">=", "_>=_", 1}, {"<", "_<_", 1}, {">", "_>_", 1},
    {"in", "@in", 1},  {"+", "_+_", 2},   {"-", "_-_", 2},   {"*", "_*_", 3},   {"/", "_/_", 3}, {"%", "_%_", 3},
};

static const struct level *level_here(const struct parser *parser, int least)
{
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        if (levels[i].binding >= least && is(parser, levels[i].mark))
            return &levels[i];
    return NULL;
}

/* Relations and arithmetic, all left-associative. */
static struct filter_node *parse_binary(struct parser *parser, int least)
{
    struct filter_node *left = parse_unary(parser);
    const struct level *level;
    while (left && (level = level_here(parser, least)) != NULL) {
        size_t at = parser->token->at;
        parser->token++;
        struct filter_node *right = parse_binary(parser, level->binding + 1);
        left = right ? operation(parser, level->name, at, left, right) : NULL;
    }
    return left;
}

/* "a && b && c" becomes one call with three arguments, so that a long chain is not a deep tree. */
static struct filter_node *parse_chain(struct parser *parser, const char *mark, const char *name)
{
    bool or = *mark == '|';
    struct filter_node *first = or ? parse_chain(parser, "&&", "_&&_") : parse_binary(parser, 1);
    struct filter_node *chain = NULL;
    while (first && is(parser, mark)) {
        if (!chain)
            chain = operation(parser, name, parser->token->at, first, NULL);
        parser->token++;
        struct filter_node *next = or ? parse_chain(parser, "&&", "_&&_") : parse_binary(parser, 1);
        if (!chain || !next || !add_argument(parser, chain, next))
            return NULL;
    }
    return chain ? chain : first;
}

static struct filter_node *parse_conditional(struct parser *parser)
{
    struct filter_node *condition = parse_chain(parser, "||", "_||_");
    size_t at = parser->token->at;
    if (!condition || !accept(parser, "?"))
        return condition;
    struct filter_node *yes = parse_chain(parser, "||", "_||_");
    if (yes && !accept(parser, ":"))
        return fail(parser, "mismatched input", "':'");
    struct filter_node *no = yes ? parse_expression(parser) : NULL;
    struct filter_node *node = no ? operation(parser, "_?_:_", at, condition, yes) : NULL;
    return node && add_argument(parser, node, no) ? node : NULL;
}

static struct filter_node *parse_expression(struct parser *parser)
{
    if (++parser->depth > FILTER_MAX_DEPTH) {
        filter_fault(parser->source, parser->token->at, "expression nests deeper than %d levels", FILTER_MAX_DEPTH);
        return NULL;
    }
    struct filter_node *node = parse_conditional(parser);
    parser->depth--;
    return node;
}

struct filter_node *filter_parse(struct filter_source *source)
{
    struct parser parser = {.source = source, .token = filter_lex(source)};
    if (!parser.token)
        return NULL;
    struct filter_node *node = parse_expression(&parser);
    if (node && parser.token->kind != FILTER_TOKEN_END)
        return fail(&parser, "extraneous input", "<EOF>");
    return node;
}
