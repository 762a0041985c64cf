#include <ctype.h>
#include <string.h>

#include "base/regex_internal.h"
#include "base/unicode.h"
#include "base/utf8.h"

bool regex_fail(struct regex_parser *parser, const char *text, size_t from, size_t to)
{
    status_set(parser->status, STATUS_INVALID_ARGUMENT, "%s: `%.*s`", text, (int)(to - from), parser->pattern + from);
    return false;
}

static struct regex_node *node_new(struct regex_parser *parser, enum regex_node_kind kind)
{
    struct regex_node *node = ARENA_NEW(parser->arena, struct regex_node);
    node->kind = kind;
    node->repeat_product = 1;
    return node;
}

static struct regex_node *node_class(struct regex_parser *parser, const struct regex_class *class)
{
    struct regex_node *node = node_new(parser, REGEX_NODE_CLASS);
    node->class = class;
    return node;
}

static struct regex_node *node_assert(struct regex_parser *parser, enum regex_assert assertion)
{
    struct regex_node *node = node_new(parser, REGEX_NODE_ASSERT);
    node->assertion = assertion;
    return node;
}

static struct regex_node *node_char(struct regex_parser *parser, uint32_t code_point)
{
    if (parser->fold && unicode_fold_next(code_point) != code_point)
        return node_class(parser, regex_class_of_char(parser, code_point));
    struct regex_node *node = node_new(parser, REGEX_NODE_CHAR);
    node->code_point = code_point;
    return node;
}

static bool at_end(const struct regex_parser *parser)
{
    return parser->at >= parser->length;
}

static bool looking_at(const struct regex_parser *parser, const char *text)
{
    size_t length = strlen(text);
    return parser->length - parser->at >= length && memcmp(parser->pattern + parser->at, text, length) == 0;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Behind "\x": two digits, or any number of them in braces. */
static bool parse_hex(struct regex_parser *parser, size_t start, uint32_t *code_point)
{
    uint32_t value = 0;
    size_t digits = 0;
    bool braces = !at_end(parser) && parser->pattern[parser->at] == '{';
    parser->at += braces;
    for (; !at_end(parser) && (braces || digits < 2); digits++, parser->at++) {
        int digit = hex_value(parser->pattern[parser->at]);
        if (digit < 0)
            break;
        value = value * 16 + (uint32_t)digit;
        if (value > 0x10FFFF)
            return regex_fail(parser, "invalid escape sequence", start, parser->at + 1);
    }
    bool closed = !braces || (!at_end(parser) && parser->pattern[parser->at] == '}');
    if (!closed || digits == 0 || (!braces && digits != 2)) {
        size_t end = at_end(parser) ? parser->length : parser->at + 1;
        return regex_fail(parser, "invalid escape sequence", start, end);
    }
    parser->at += braces;
    *code_point = value;
    return true;
}

/* \0, \12, \123: at most three octal digits; a single 1..7 would be a backreference, which RE2 does not have. */
static bool parse_octal(struct regex_parser *parser, size_t start, uint32_t *code_point)
{
    const char *digits = parser->pattern + parser->at;
    size_t left = parser->length - parser->at, count = 0;
    uint32_t value = 0;
    while (count < 3 && count < left && digits[count] >= '0' && digits[count] <= '7')
        value = value * 8 + (uint32_t)(digits[count++] - '0');
    if (count == 1 && digits[0] != '0')
        return regex_fail(parser, "invalid escape sequence", start, parser->at + 1);
    parser->at += count;
    *code_point = value;
    return true;
}

bool regex_parse_escape(struct regex_parser *parser, uint32_t *code_point)
{
    static const char letters[] = "afnrtv", values[] = "\a\f\n\r\t\v";
    size_t start = parser->at++, size;
    if (at_end(parser)) {
        status_set(parser->status, STATUS_INVALID_ARGUMENT, "trailing backslash at end of expression: ``");
        return false;
    }
    char c = parser->pattern[parser->at];
    if (c >= '0' && c <= '7')
        return parse_octal(parser, start, code_point);
    if (c == 'x') {
        parser->at++;
        return parse_hex(parser, start, code_point);
    }
    const char *letter = strchr(letters, c);
    if (letter && c) {
        *code_point = (uint32_t)values[letter - letters];
    } else if ((unsigned char)c < 0x80 && !isalnum((unsigned char)c) && c != '\0') {
        *code_point = (uint32_t)c;
    } else {
        utf8_decode(parser->pattern + parser->at, parser->length - parser->at, &size);
        return regex_fail(parser, "invalid escape sequence", start, parser->at + size);
    }
    parser->at++;
    return true;
}

/* \A \z \b \B */
static struct regex_node *parse_assert_escape(struct regex_parser *parser)
{
    static const struct {
        const char *text;
        enum regex_assert assertion;
    } escapes[] = {{"\\A", REGEX_BEGIN_TEXT},
                   {"\\z", REGEX_END_TEXT},
                   {"\\b", REGEX_WORD_BOUNDARY},
                   {"\\B", REGEX_NOT_WORD_BOUNDARY}};
    for (size_t i = 0; i < sizeof escapes / sizeof escapes[0]; i++)
        if (looking_at(parser, escapes[i].text)) {
            parser->at += 2;
            return node_assert(parser, escapes[i].assertion);
        }
    return NULL;
}

static struct regex_node *parse_backslash(struct regex_parser *parser)
{
    struct regex_node *node = parse_assert_escape(parser);
    if (node)
        return node;
    struct regex_class *class = NULL;
    bool found;
    if (!regex_parse_class_escape(parser, &class, &found))
        return NULL;
    if (found)
        return node_class(parser, class);
    uint32_t code_point;
    return regex_parse_escape(parser, &code_point) ? node_char(parser, code_point) : NULL;
}

/* The flags of (?imsU-imsU) or (?imsU-imsU:...; the parser is behind "(?" and ends behind ')' or ':'. */
static bool parse_flags(struct regex_parser *parser, size_t start, bool *group)
{
    bool value = true, any = false;
    for (; !at_end(parser); parser->at++) {
        char c = parser->pattern[parser->at];
        if (c == 'i')
            parser->fold = value;
        else if (c == 's')
            parser->dot_all = value;
        else if (c == 'm')
            parser->multi_line = value;
        else if (c == '-' && value)
            value = any = false;
        else if ((c == ')' || c == ':') && (value || any)) {
            parser->at++;
            *group = c == ':';
            return true;
        } else if (c != 'U') /* U turns greed around, which says nothing about whether there is a match */
            break;
        any = any || c != '-';
    }
    if (at_end(parser))
        return regex_fail(parser, "missing closing )", 0, parser->length);
    size_t size;
    utf8_decode(parser->pattern + parser->at, parser->length - parser->at, &size);
    return regex_fail(parser, "invalid or unsupported Perl syntax", start, parser->at + size);
}

/* (?P<name> and (?<name>; the parser is at "(?". */
static bool parse_group_name(struct regex_parser *parser, size_t name_at)
{
    const char *name = parser->pattern + name_at;
    const char *close = memchr(name, '>', parser->length - name_at);
    if (!close)
        return regex_fail(parser, "invalid named capture", parser->at, parser->length);
    bool valid = close > name;
    for (const char *c = name; c < close; c++)
        valid = valid && (isalnum((unsigned char)*c) || *c == '_');
    size_t end = (size_t)(close - parser->pattern) + 1;
    if (!valid)
        return regex_fail(parser, "invalid named capture", parser->at, end);
    parser->at = end;
    return true;
}

static struct regex_node *parse_alternation(struct regex_parser *parser);

static struct regex_node *parse_group(struct regex_parser *parser)
{
    size_t start = parser->at;
    struct regex_parser saved = *parser;
    bool group = true, valid = true;
    if (looking_at(parser, "(?P<"))
        valid = parse_group_name(parser, start + 4);
    else if (looking_at(parser, "(?<") && !looking_at(parser, "(?<=") && !looking_at(parser, "(?<!"))
        valid = parse_group_name(parser, start + 3);
    else if (looking_at(parser, "(?")) {
        parser->at += 2;
        valid = parse_flags(parser, start, &group);
    } else
        parser->at++;
    if (!valid)
        return NULL;
    if (!group)
        return node_new(parser, REGEX_NODE_EMPTY); /* the flags hold until the group around it ends */
    if (++parser->depth > REGEX_MAX_DEPTH) {
        regex_fail(parser, "expression nests too deeply", 0, parser->length);
        return NULL;
    }
    struct regex_node *node = parse_alternation(parser);
    if (!node)
        return NULL;
    if (at_end(parser)) {
        regex_fail(parser, "missing closing )", 0, parser->length);
        return NULL;
    }
    saved.at = parser->at + 1;
    *parser = saved;
    return node;
}

static struct regex_node *parse_atom(struct regex_parser *parser)
{
    char c = parser->pattern[parser->at];
    struct regex_class *class = NULL;
    switch (c) {
    case '(':
        return parse_group(parser);
    case '[':
        return regex_parse_bracket(parser, &class) ? node_class(parser, class) : NULL;
    case '\\':
        return parse_backslash(parser);
    case '.':
        parser->at++;
        return node_new(parser, parser->dot_all ? REGEX_NODE_ANY : REGEX_NODE_ANY_BUT_NEWLINE);
    case '^':
        parser->at++;
        return node_assert(parser, parser->multi_line ? REGEX_BEGIN_LINE : REGEX_BEGIN_TEXT);
    case '$':
        parser->at++;
        return node_assert(parser, parser->multi_line ? REGEX_END_LINE : REGEX_END_TEXT);
    default:
        break;
    }
    size_t size;
    uint32_t code_point = utf8_decode(parser->pattern + parser->at, parser->length - parser->at, &size);
    parser->at += size;
    return node_char(parser, code_point);
}

/* Digits up to a little more than the limit, so that too large a number is still seen as one. */
static bool parse_count(const struct regex_parser *parser, size_t *at, int *value)
{
    size_t start = *at;
    int count = 0;
    for (; *at < parser->length && isdigit((unsigned char)parser->pattern[*at]); ++*at)
        if (count <= REGEX_MAX_REPEAT)
            count = count * 10 + (parser->pattern[*at] - '0');
    *value = count;
    bool leading_zero = *at - start > 1 && parser->pattern[start] == '0';
    return *at > start && !leading_zero;
}

/* {n}, {n,} or {n,m}; anything else makes the brace an ordinary character (*found is false). */
static bool parse_braces(struct regex_parser *parser, int *min, int *max, bool *found)
{
    size_t start = parser->at, at = parser->at + 1;
    *found = false;
    if (!parse_count(parser, &at, min))
        return true;
    *max = *min;
    if (at < parser->length && parser->pattern[at] == ',') {
        at++;
        *max = -1;
        if (at < parser->length && parser->pattern[at] != '}' && !parse_count(parser, &at, max))
            return true;
    }
    if (at >= parser->length || parser->pattern[at] != '}')
        return true;
    parser->at = at + 1;
    *found = true;
    if (*min > REGEX_MAX_REPEAT || *max > REGEX_MAX_REPEAT || (*max >= 0 && *max < *min))
        return regex_fail(parser, "invalid repeat count", start, parser->at);
    return true;
}

/* A quantifier, if the parser is at one. */
static bool parse_quantifier(struct regex_parser *parser, int *min, int *max, bool *counted, bool *found)
{
    *found = *counted = false;
    if (at_end(parser))
        return true;
    char c = parser->pattern[parser->at];
    if (c == '{') {
        if (!parse_braces(parser, min, max, found))
            return false;
        *counted = *found;
    } else if (c == '*' || c == '+' || c == '?') {
        *min = c == '+';
        *max = c == '?' ? 1 : -1;
        *found = true;
        parser->at++;
    }
    if (*found && !at_end(parser) && parser->pattern[parser->at] == '?')
        parser->at++; /* lazy: no difference for a yes or no */
    return true;
}

/* The quantifier behind an atom, if there is one. */
static struct regex_node *parse_suffix(struct regex_parser *parser, struct regex_node *atom)
{
    size_t quantifier_at = parser->at;
    int min = 0, max = 0;
    bool counted, found;
    if (!parse_quantifier(parser, &min, &max, &counted, &found))
        return NULL;
    if (!found)
        return atom;
    struct regex_node *node = node_new(parser, REGEX_NODE_REPEAT);
    node->child = atom;
    node->min = min;
    node->max = max;
    int times = counted ? (max < 0 ? min : max) : 1;
    node->repeat_product = atom->repeat_product * (times > 0 ? times : 1);
    if (node->repeat_product > REGEX_MAX_REPEAT) {
        regex_fail(parser, "invalid repeat count", quantifier_at, parser->at);
        return NULL;
    }
    size_t after = parser->at;
    if (!parse_quantifier(parser, &min, &max, &counted, &found))
        return NULL;
    if (found) {
        regex_fail(parser, "invalid nested repetition operator", quantifier_at, parser->at);
        return NULL;
    }
    parser->at = after;
    return node;
}

static struct regex_node *parse_repeated(struct regex_parser *parser)
{
    size_t start = parser->at;
    int min, max;
    bool counted, found;
    if (!parse_quantifier(parser, &min, &max, &counted, &found))
        return NULL;
    if (found) {
        regex_fail(parser, "missing argument to repetition operator", start, parser->at);
        return NULL;
    }
    struct regex_node *atom = parse_atom(parser);
    /* Flags alone are nothing that could be repeated. */
    return atom && atom->kind != REGEX_NODE_EMPTY ? parse_suffix(parser, atom) : atom;
}

static void append(struct regex_node *parent, struct regex_node **last, struct regex_node *child)
{
    if (*last)
        (*last)->next = child;
    else
        parent->child = child;
    *last = child;
    if (child->repeat_product > parent->repeat_product)
        parent->repeat_product = child->repeat_product;
}

/* \Q...\E: everything between is literal, up to the end without \E; a quantifier behind it is for the last character.
 */
static struct regex_node *parse_quoted(struct regex_parser *parser, struct regex_node *concat, struct regex_node **last)
{
    struct regex_node *node = node_new(parser, REGEX_NODE_EMPTY);
    parser->at += 2;
    while (!at_end(parser) && !looking_at(parser, "\\E")) {
        if (node->kind != REGEX_NODE_EMPTY)
            append(concat, last, node);
        size_t size;
        uint32_t code_point = utf8_decode(parser->pattern + parser->at, parser->length - parser->at, &size);
        parser->at += size;
        node = node_char(parser, code_point);
    }
    if (at_end(parser))
        return node;
    parser->at += 2;
    return parse_suffix(parser, node);
}

static struct regex_node *parse_concat(struct regex_parser *parser)
{
    struct regex_node *concat = node_new(parser, REGEX_NODE_CONCAT), *last = NULL;
    while (!at_end(parser) && parser->pattern[parser->at] != '|' && parser->pattern[parser->at] != ')') {
        bool quoted = looking_at(parser, "\\Q");
        struct regex_node *node = quoted ? parse_quoted(parser, concat, &last) : parse_repeated(parser);
        if (!node)
            return NULL;
        append(concat, &last, node);
    }
    return concat;
}

static struct regex_node *parse_alternation(struct regex_parser *parser)
{
    struct regex_node *alternate = node_new(parser, REGEX_NODE_ALTERNATE), *last = NULL;
    for (;;) {
        struct regex_node *node = parse_concat(parser);
        if (!node)
            return NULL;
        append(alternate, &last, node);
        if (at_end(parser) || parser->pattern[parser->at] != '|')
            break;
        parser->at++;
    }
    return alternate->child->next ? alternate : alternate->child;
}

struct regex_node *regex_parse(struct regex_parser *parser)
{
    if (!utf8_valid(parser->pattern, parser->length)) {
        status_set(parser->status, STATUS_INVALID_ARGUMENT, "invalid UTF-8");
        return NULL;
    }
    struct regex_node *node = parse_alternation(parser);
    if (node && !at_end(parser)) {
        regex_fail(parser, "unexpected )", 0, parser->length);
        return NULL;
    }
    return node;
}
