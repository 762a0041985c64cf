/* Tokens of CEL. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "filter/ast.h"

struct lexer {
    struct filter_source *source;
    struct filter_token *tokens;
    size_t count, cap, at;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static bool is_hex(char c)
{
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static char peek(const struct lexer *lexer, size_t ahead)
{
    size_t at = lexer->at + ahead;
    return at < lexer->source->length ? lexer->source->text[at] : '\0';
}

static struct filter_token *add_token(struct lexer *lexer, enum filter_token_kind kind, size_t length)
{
    if (lexer->count == lexer->cap) {
        size_t cap = lexer->cap ? lexer->cap * 2 : 32;
        lexer->tokens = arena_grow(lexer->source->arena, lexer->tokens, lexer->cap * sizeof *lexer->tokens,
                                   cap * sizeof *lexer->tokens);
        lexer->cap = cap;
    }
    struct filter_token *token = &lexer->tokens[lexer->count++];
    *token = (struct filter_token){.kind = kind, .at = lexer->at, .length = length};
    lexer->at += length;
    return token;
}

static void skip_blanks(struct lexer *lexer)
{
    for (;;) {
        char c = peek(lexer, 0);
        if (c == ' ' || (c >= '\t' && c <= '\r' && c != '\v')) {
            lexer->at++;
        } else if (c == '/' && peek(lexer, 1) == '/') {
            while (lexer->at < lexer->source->length && peek(lexer, 0) != '\n')
                lexer->at++;
        } else {
            return;
        }
    }
}

static size_t digits_from(const struct lexer *lexer, size_t at)
{
    while (is_digit(peek(lexer, at)))
        at++;
    return at;
}

static void set_integer(struct filter_token *token, const char *digits, int base, bool is_unsigned)
{
    errno = 0;
    unsigned long long value = strtoull(digits, NULL, base);
    /* One more than the largest integer is still right behind a minus; the parser looks at that. */
    unsigned long long most = is_unsigned ? UINT64_MAX : (unsigned long long)INT64_MAX + 1;
    token->bad_number = errno == ERANGE || value > most;
    token->value.kind = is_unsigned ? FILTER_VALUE_UINT : FILTER_VALUE_INT;
    token->value.integer = (int64_t)value;
}

static void lex_number(struct lexer *lexer)
{
    size_t end = 0, start = lexer->at;
    bool real = false;
    int base = 10;
    if (peek(lexer, 0) == '0' && peek(lexer, 1) == 'x' && is_hex(peek(lexer, 2))) {
        for (end = 2, base = 16; is_hex(peek(lexer, end)); end++)
            ;
    } else {
        end = digits_from(lexer, 0);
        if (peek(lexer, end) == '.' && is_digit(peek(lexer, end + 1))) {
            real = true;
            end = digits_from(lexer, end + 1);
        }
        size_t sign = peek(lexer, end + 1) == '+' || peek(lexer, end + 1) == '-';
        if ((peek(lexer, end) | 0x20) == 'e' && is_digit(peek(lexer, end + 1 + sign))) {
            real = true;
            end = digits_from(lexer, end + 1 + sign);
        }
    }
    bool is_unsigned = !real && (peek(lexer, end) | 0x20) == 'u';
    const char *digits = arena_strndup(lexer->source->arena, lexer->source->text + start, end);
    struct filter_token *token = add_token(lexer, FILTER_TOKEN_LITERAL, end + is_unsigned);
    if (real)
        token->value = (struct filter_value){.kind = FILTER_VALUE_DOUBLE, .real = strtod(digits, NULL)};
    else
        set_integer(token, digits + (base == 16 ? 2 : 0), base, is_unsigned);
}

/* Length of the string literal here with its prefix and quotes; 0 if it has no end. */
static size_t string_length(const struct lexer *lexer, size_t prefix, bool raw)
{
    char quote = peek(lexer, prefix);
    bool triple = peek(lexer, prefix + 1) == quote && peek(lexer, prefix + 2) == quote;
    size_t at = prefix + (triple ? 3 : 1);
    for (; lexer->at + at < lexer->source->length; at++) {
        char c = peek(lexer, at);
        if (c == quote && !triple)
            return at + 1;
        if (c == quote && peek(lexer, at + 1) == quote && peek(lexer, at + 2) == quote)
            return at + 3;
        if (!triple && (c == '\n' || c == '\r'))
            return 0;
        if (c == '\\' && !raw)
            at++;
    }
    return 0;
}

/* The number of prefix letters (r, b, in any order and case) if a string literal begins here; SIZE_MAX if none does. */
static size_t string_prefix(const struct lexer *lexer, bool *raw)
{
    size_t at = 0;
    bool bytes = false;
    for (*raw = false;; at++) {
        char c = (char)(peek(lexer, at) | 0x20);
        if (c == 'r' && !*raw)
            *raw = true;
        else if (c == 'b' && !bytes)
            bytes = true;
        else
            break;
    }
    char quote = peek(lexer, at);
    return quote == '"' || quote == '\'' ? at : SIZE_MAX;
}

static bool unrecognized(struct lexer *lexer, size_t length)
{
    filter_fault(lexer->source, lexer->at, "Syntax error: token recognition error at: '%.*s'", (int)length,
                 lexer->source->text + lexer->at);
    return false;
}

static bool lex_string(struct lexer *lexer, size_t prefix, bool raw)
{
    size_t length = string_length(lexer, prefix, raw);
    struct filter_value value;
    const char *text = lexer->source->text + lexer->at;
    if (length == 0)
        return unrecognized(lexer, lexer->source->length - lexer->at);
    if (!filter_lex_string(lexer->source->arena, text, length, &value))
        return unrecognized(lexer, length);
    add_token(lexer, FILTER_TOKEN_LITERAL, length)->value = value;
    return true;
}

static bool lex_punctuation(struct lexer *lexer)
{
    static const char *const doubles[] = {"==", "!=", "<=", ">=", "&&", "||"};
    char first = peek(lexer, 0), second = peek(lexer, 1);
    for (size_t i = 0; i < sizeof doubles / sizeof doubles[0]; i++)
        if (first == doubles[i][0] && second == doubles[i][1]) {
            add_token(lexer, FILTER_TOKEN_PUNCTUATION, 2);
            return true;
        }
    if (first && strchr("()[]{}.,:?!<>+-*/%", first)) {
        add_token(lexer, FILTER_TOKEN_PUNCTUATION, 1);
        return true;
    }
    size_t size;
    utf8_decode(lexer->source->text + lexer->at, lexer->source->length - lexer->at, &size);
    return unrecognized(lexer, size);
}

static bool lex_one(struct lexer *lexer)
{
    char c = peek(lexer, 0);
    bool raw;
    size_t prefix = string_prefix(lexer, &raw);
    if (prefix != SIZE_MAX)
        return lex_string(lexer, prefix, raw);
    if (is_digit(c) || (c == '.' && is_digit(peek(lexer, 1)))) {
        lex_number(lexer);
        return true;
    }
    if (!is_word(c))
        return lex_punctuation(lexer);
    size_t length = 1;
    while (is_word(peek(lexer, length)))
        length++;
    add_token(lexer, FILTER_TOKEN_IDENT, length);
    return true;
}

struct filter_token *filter_lex(struct filter_source *source)
{
    struct lexer lexer = {.source = source};
    for (skip_blanks(&lexer); lexer.at < source->length; skip_blanks(&lexer))
        if (!lex_one(&lexer))
            return NULL;
    add_token(&lexer, FILTER_TOKEN_END, 0);
    return lexer.tokens;
}
