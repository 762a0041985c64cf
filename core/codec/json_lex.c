#include "codec/json_lex.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"
#include "codec/descriptor.h"
#include "codec/number.h"

enum { MAX_SHOWN_TOKEN = 100 };

char json_peek(struct json_reader *reader)
{
    while (reader->at < reader->end &&
           (*reader->at == ' ' || *reader->at == '\n' || *reader->at == '\t' || *reader->at == '\r'))
        reader->at++;
    return reader->at < reader->end ? *reader->at : '\0';
}

/* A step on from c, at most to end, and not into the middle of a code point. */
static const char *step(const char *c, const char *end)
{
    enum { MOST_CONTINUATION_BYTES = 3 };
    if (end - c <= SPOOL_STEP)
        return end;
    const char *stop = c + SPOOL_STEP;
    for (int i = 0; i < MOST_CONTINUATION_BYTES && ((unsigned char)*stop & 0xC0) == 0x80; i++)
        stop--;
    return stop;
}

static void place_of(const struct json_reader *reader, const char *at, unsigned *line, size_t *column)
{
    *line = 1;
    *column = 1;
    for (const char *c = reader->start, *stop; c < at; c = stop) {
        const char *line_start = c;
        stop = step(c, at);
        for (const char *i = c; i < stop; i++)
            if (*i == '\n') {
                ++*line;
                *column = 1;
                line_start = i + 1;
            }
        *column += utf8_count(line_start, (size_t)(stop - line_start));
        spool_forget(reader->options->spools, c, stop);
    }
}

bool json_value_error(struct json_reader *reader, const char *at, const char *format, ...)
{
    char text[sizeof reader->status->message];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    unsigned line;
    size_t column;
    place_of(reader, at, &line, &column);
    status_set(reader->status, STATUS_INVALID_ARGUMENT, "proto: (line %u:%zu): %s", line, column, text);
    return false;
}

bool json_syntax_error(struct json_reader *reader, const char *at, const char *context)
{
    unsigned line;
    size_t column;
    char prefix[64] = "";
    if (!reader->options->rest_messages) {
        place_of(reader, at, &line, &column);
        snprintf(prefix, sizeof prefix, "proto: syntax error (line %u:%zu): ", line, column);
    }
    if (at >= reader->end) {
        status_set(reader->status, STATUS_INVALID_ARGUMENT, "%sunexpected EOF", prefix);
        return false;
    }
    char shown[8] = "";
    unsigned char c = (unsigned char)*at;
    if (c == '\'' || c == '\\')
        snprintf(shown, sizeof shown, "\\%c", c);
    else if (c == '\n' || c == '\r' || c == '\t')
        snprintf(shown, sizeof shown, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
    else if (c < 0x20 || (c >= 0x7F && c < 0xA0))
        snprintf(shown, sizeof shown, c < 0x80 ? "\\x%02x" : "\\u%04x", c);
    else
        shown[utf8_encode(c, shown)] = '\0';
    status_set(reader->status, STATUS_INVALID_ARGUMENT, "%sinvalid character '%s' %s", prefix, shown, context);
    return false;
}

int json_token_length(const struct json_reader *reader, const char *at)
{
    const char *end = reader->end - at > MAX_SHOWN_TOKEN ? at + MAX_SHOWN_TOKEN : reader->end, *c = at;
    if (c < end && *c == '"') {
        for (c++; c < end && *c != '"'; c++)
            if (*c == '\\' && c + 1 < end)
                c++;
        if (c < end)
            c++;
    } else if (c < end && strchr("{}[],:", *c)) {
        c++;
    } else {
        while (c < end && (unsigned char)*c > ' ' && !strchr("{}[],:\"", *c))
            c++;
    }
    /* Not in the middle of a code point. */
    while (c > at && c < reader->end && ((unsigned char)*c & 0xC0) == 0x80)
        c--;
    return (int)(c - at);
}

bool json_unexpected(struct json_reader *reader, const char *at)
{
    if (at >= reader->end)
        return json_syntax_error(reader, at, "");
    unsigned line;
    size_t column;
    place_of(reader, at, &line, &column);
    status_set(reader->status, STATUS_INVALID_ARGUMENT, "proto: syntax error (line %u:%zu): unexpected token %.*s",
               line, column, json_token_length(reader, at), at);
    return false;
}

bool json_enter(struct json_reader *reader)
{
    if (reader->depth >= reader->depth_limit) {
        status_set(reader->status, STATUS_INVALID_ARGUMENT, "proto: exceeded max recursion depth");
        return false;
    }
    reader->depth++;
    return true;
}

bool json_count_node(struct json_reader *reader)
{
    if (++reader->nodes <= CODEC_MAX_NODES)
        return true;
    status_set(reader->status, STATUS_INVALID_ARGUMENT, "message has too many values");
    return false;
}

static void begin(struct json_walk *walk, struct json_reader *reader, char opening, unsigned levels)
{
    *walk = (struct json_walk){.reader = reader, .closing = opening == '{' ? '}' : ']', .levels = levels};
    if (json_peek(reader) != opening || reader->at == reader->end) {
        json_unexpected(reader, reader->at);
        return;
    }
    reader->at++;
    walk->begun = levels == 0 || json_enter(reader);
}

void json_begin(struct json_walk *walk, struct json_reader *reader, char opening)
{
    begin(walk, reader, opening, 1);
}

void json_begin_list(struct json_walk *walk, struct json_reader *reader)
{
    begin(walk, reader, '[', 0);
}

bool json_more(struct json_walk *walk)
{
    struct json_reader *reader = walk->reader;
    if (!walk->begun)
        return false;
    char c = json_peek(reader);
    if (c == walk->closing && reader->at < reader->end) {
        reader->at++;
        reader->depth -= walk->levels;
        walk->whole = true;
        return false;
    }
    if (walk->count++ == 0)
        return true;
    if (c != ',')
        return json_syntax_error(reader, reader->at,
                                 walk->closing == '}' ? "after object key:value pair" : "after array element");
    reader->at++;
    return true;
}

bool json_read_key(struct json_reader *reader, struct json_string *key)
{
    if (json_peek(reader) != '"')
        return json_syntax_error(reader, reader->at, "looking for beginning of object key string");
    if (!json_read_string(reader, key))
        return false;
    if (json_peek(reader) != ':')
        return json_syntax_error(reader, reader->at, "after object key");
    reader->at++;
    return true;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Four hexadecimal digits at c; -1 if there are not. */
static int32_t read_hex4(const char *c, const char *end)
{
    int32_t value = 0;
    if (end - c < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(c[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* The escape after a backslash at *at; appends what it stands for. */
static bool read_escape(struct json_reader *reader, const char **at, struct buf *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *c = *at + 1;
    const char *simple = c < reader->end && *c ? strchr(from, *c) : NULL;
    if (simple) {
        buf_add_char(out, to[simple - from]);
        *at = c + 1;
        return true;
    }
    if (c >= reader->end || *c != 'u')
        return json_syntax_error(reader, c, "in string escape code");
    int32_t unit = read_hex4(c + 1, reader->end);
    if (unit < 0)
        return json_syntax_error(reader, c + 1, "in \\u hexadecimal character escape");
    c += 5;
    uint32_t code = (uint32_t)unit;
    if (unit >= 0xD800 && unit <= 0xDBFF && reader->end - c >= 6 && c[0] == '\\' && c[1] == 'u') {
        int32_t low = read_hex4(c + 2, reader->end);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            code = 0x10000 + ((uint32_t)(unit - 0xD800) << 10) + (uint32_t)(low - 0xDC00);
            c += 6;
        }
    }
    char bytes[4];
    size_t size = utf8_encode(code, bytes);
    if (size == 0)
        return json_syntax_error(reader, *at, "as half of a surrogate pair in string");
    buf_add(out, bytes, size);
    *at = c;
    return true;
}

/* Whether one of the 8 bytes is a quote, a backslash or a control character. */
static bool has_special(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
    uint64_t quote = word ^ (ones * '"'), backslash = word ^ (ones * '\\');
    uint64_t control = (word - ones * 0x20) & ~word;
    return ((control | ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash)) & high) != 0;
}

/* Up to the next quote, backslash or control character. */
static const char *plain_end(const char *c, const char *end)
{
    for (uint64_t word; end - c >= 8; c += 8) {
        memcpy(&word, c, 8);
        if (has_special(word))
            break;
    }
    while (c < end && *c != '"' && *c != '\\' && (unsigned char)*c >= 0x20)
        c++;
    return c;
}

/* The same over a text that may be long, whose memory is given back as it is passed. */
static const char *pass_plain(const struct json_reader *reader, const char *c)
{
    for (;;) {
        const char *stop = step(c, reader->end), *at = plain_end(c, stop);
        if (at < stop || stop == reader->end)
            return at;
        spool_forget(reader->options->spools, c, stop);
        c = stop;
    }
}

static bool invalid_utf8(struct json_reader *reader, const char *opening)
{
    unsigned line;
    size_t column;
    place_of(reader, opening, &line, &column);
    status_set(reader->status, STATUS_INVALID_ARGUMENT, "proto: syntax error (line %u:%zu): invalid UTF-8 in string",
               line, column);
    return false;
}

static bool finish_string(struct json_reader *reader, const char *opening, const struct json_string *string)
{
    return utf8_valid(string->text, string->length) || invalid_utf8(reader, opening);
}

bool json_read_string(struct json_reader *reader, struct json_string *string)
{
    const char *opening = reader->at, *run = opening + 1, *c = plain_end(run, reader->end);
    if (c < reader->end && *c == '"') {
        *string = (struct json_string){run, (size_t)(c - run)};
        reader->at = c + 1;
        return finish_string(reader, opening, string);
    }
    struct buf decoded = buf_in(reader->arena);
    for (;;) {
        buf_add(&decoded, run, (size_t)(c - run));
        if (c >= reader->end || (*c != '"' && *c != '\\'))
            return json_syntax_error(reader, c, "in string literal");
        if (*c == '"')
            break;
        if (!read_escape(reader, &c, &decoded))
            return false;
        run = c;
        c = plain_end(run, reader->end);
    }
    reader->at = c + 1;
    *string = (struct json_string){decoded.len ? decoded.data : "", decoded.len};
    return finish_string(reader, opening, string);
}

bool json_read_pieces(struct json_reader *reader, bool (*piece)(void *ctx, const char *text, size_t length), void *ctx)
{
    const char *opening = reader->at, *c = opening + 1;
    bool valid = true;
    for (;;) {
        const char *stop = step(c, reader->end), *run = c;
        c = plain_end(run, stop);
        valid = valid && utf8_valid(run, (size_t)(c - run));
        if (!piece(ctx, run, (size_t)(c - run)))
            return false;
        spool_forget(reader->options->spools, run, c);
        if (c == stop && stop < reader->end)
            continue;
        if (c >= reader->end || (*c != '"' && *c != '\\'))
            return json_syntax_error(reader, c, "in string literal");
        if (*c == '"')
            break;
        char bytes[8];
        struct buf decoded = {.arena = reader->arena, .data = bytes, .cap = sizeof bytes};
        if (!read_escape(reader, &c, &decoded) || !piece(ctx, decoded.data, decoded.len))
            return false;
    }
    reader->at = c + 1;
    return valid || invalid_utf8(reader, opening);
}

bool json_take_word(struct json_reader *reader, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, word, length) != 0)
        return false;
    reader->at += length;
    return true;
}

size_t json_take_number(struct json_reader *reader)
{
    size_t length = number_scan(reader->at, (size_t)(reader->end - reader->at));
    reader->at += length;
    return length;
}

static bool skip_string(struct json_reader *reader)
{
    const char *c = reader->at + 1;
    for (;;) {
        c = pass_plain(reader, c);
        if (c >= reader->end || (*c != '"' && *c != '\\'))
            return json_syntax_error(reader, c, "in string literal");
        if (*c == '"')
            break;
        if (c + 1 >= reader->end || !strchr("\"\\/bfnrtu", c[1]) || !c[1])
            return json_syntax_error(reader, c + 1, "in string escape code");
        if (c[1] == 'u' && read_hex4(c + 2, reader->end) < 0)
            return json_syntax_error(reader, c + 2, "in \\u hexadecimal character escape");
        c += 2;
    }
    reader->at = c + 1;
    return true;
}

static bool skip_word(struct json_reader *reader, const char *word)
{
    for (size_t i = 0; word[i]; i++)
        if (reader->at + i >= reader->end || reader->at[i] != word[i]) {
            char context[48];
            snprintf(context, sizeof context, "in literal %s (expecting '%c')", word, word[i]);
            return json_syntax_error(reader, reader->at + i, context);
        }
    reader->at += strlen(word);
    return true;
}

static bool skip_container(struct json_reader *reader, char opening)
{
    struct json_walk walk;
    json_begin(&walk, reader, opening);
    while (json_more(&walk)) {
        if (opening == '{') {
            if (json_peek(reader) != '"')
                return json_syntax_error(reader, reader->at, "looking for beginning of object key string");
            if (!skip_string(reader))
                return false;
            if (json_peek(reader) != ':')
                return json_syntax_error(reader, reader->at, "after object key");
            reader->at++;
        }
        if (!json_skip_value(reader))
            return false;
    }
    return walk.whole;
}

bool json_skip_value(struct json_reader *reader)
{
    switch (json_peek(reader)) {
    case '{':
        return skip_container(reader, '{');
    case '[':
        return skip_container(reader, '[');
    case '"':
        return skip_string(reader);
    case 't':
        return skip_word(reader, "true");
    case 'f':
        return skip_word(reader, "false");
    case 'n':
        return skip_word(reader, "null");
    default:
        if (json_take_number(reader))
            return true;
        if (reader->at < reader->end && *reader->at == '-')
            return json_syntax_error(reader, reader->at + 1, "in numeric literal");
        return json_syntax_error(reader, reader->at, "looking for beginning of value");
    }
}
