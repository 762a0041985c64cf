#include <stdlib.h>
#include <string.h>

#include "base/regex_internal.h"
#include "base/unicode.h"
#include "base/utf8.h"

enum { LAST_CODE_POINT = 0x10FFFF, MOST_ITEMS = 256 };

/* A bracket expression while it is read: its plain characters in one run, the named members beside it. */
struct builder {
    struct arena *arena;
    struct regex_range *ranges;
    struct regex_item *items;
    uint32_t range_count, range_cap, item_count, item_cap;
};

struct named_class {
    const char *name;
    const struct regex_range *ranges;
    uint32_t count;
};

#define RANGES(name, ...) static const struct regex_range name[] = {__VA_ARGS__}
RANGES(digit, {'0', '9'});
RANGES(space, {'\t', '\n'}, {'\f', '\r'}, {' ', ' '});
RANGES(word, {'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'});
RANGES(alnum, {'0', '9'}, {'A', 'Z'}, {'a', 'z'});
RANGES(alpha, {'A', 'Z'}, {'a', 'z'});
RANGES(ascii, {0, 0x7F});
RANGES(blank, {'\t', '\t'}, {' ', ' '});
RANGES(cntrl, {0, 0x1F}, {0x7F, 0x7F});
RANGES(graph, {'!', '~'});
RANGES(lower, {'a', 'z'});
RANGES(print, {' ', '~'});
RANGES(punct, {'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'});
RANGES(posix_space, {'\t', '\r'}, {' ', ' '});
RANGES(upper, {'A', 'Z'});
RANGES(xdigit, {'0', '9'}, {'A', 'F'}, {'a', 'f'});

#define NAMED(name, ranges)                                                                                            \
    {                                                                                                                  \
        name, ranges, sizeof(ranges) / sizeof((ranges)[0])                                                             \
    }
static const struct named_class posix_classes[] = {
    NAMED("alnum", alnum), NAMED("alpha", alpha),  NAMED("ascii", ascii),       NAMED("blank", blank),
    NAMED("cntrl", cntrl), NAMED("digit", digit),  NAMED("graph", graph),       NAMED("lower", lower),
    NAMED("print", print), NAMED("punct", punct),  NAMED("space", posix_space), NAMED("upper", upper),
    NAMED("word", word),   NAMED("xdigit", xdigit)};
static const struct named_class perl_classes[] = {NAMED("d", digit), NAMED("s", space), NAMED("w", word)};

static void add_item(struct builder *b, struct regex_item item)
{
    if (b->item_count == b->item_cap) {
        uint32_t cap = b->item_cap ? b->item_cap * 2 : 4;
        b->items = arena_grow(b->arena, b->items, sizeof *b->items * b->item_cap, sizeof *b->items * cap);
        b->item_cap = cap;
    }
    b->items[b->item_count++] = item;
}

static void add_range(struct builder *b, uint32_t first, uint32_t last)
{
    if (b->range_count == b->range_cap) {
        uint32_t cap = b->range_cap ? b->range_cap * 2 : 8;
        b->ranges = arena_grow(b->arena, b->ranges, sizeof *b->ranges * b->range_cap, sizeof *b->ranges * cap);
        b->range_cap = cap;
    }
    b->ranges[b->range_count++] = (struct regex_range){first, last};
}

static int compare_ranges(const void *a, const void *b)
{
    const struct regex_range *left = a, *right = b;
    return left->first < right->first ? -1 : left->first > right->first;
}

static uint32_t merge_ranges(struct regex_range *ranges, uint32_t count)
{
    if (count == 0)
        return 0;
    qsort(ranges, count, sizeof *ranges, compare_ranges);
    uint32_t last = 0;
    for (uint32_t i = 1; i < count; i++) {
        if (ranges[i].first <= ranges[last].last + 1) {
            if (ranges[i].last > ranges[last].last)
                ranges[last].last = ranges[i].last;
        } else {
            ranges[++last] = ranges[i];
        }
    }
    return last + 1;
}

static bool ranges_have(const struct regex_range *ranges, uint32_t count, uint32_t code_point)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (ranges[middle].last < code_point)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && ranges[low].first <= code_point;
}

static bool item_has_exactly(const struct regex_item *item, uint32_t code_point)
{
    switch (item->kind) {
    case REGEX_RANGES:
        return ranges_have(item->ranges, item->value, code_point);
    case REGEX_CATEGORIES:
        return unicode_is(code_point, item->value);
    case REGEX_SCRIPT:
        return unicode_script(code_point) == (int)item->value;
    }
    return false;
}

static bool item_has(const struct regex_item *item, uint32_t code_point, bool fold)
{
    bool has = item_has_exactly(item, code_point);
    if (fold)
        for (uint32_t other = unicode_fold_next(code_point); !has && other != code_point;
             other = unicode_fold_next(other))
            has = item_has_exactly(item, other);
    return has != item->negated;
}

static bool items_have(const struct regex_class *class, uint32_t code_point)
{
    for (uint32_t i = 0; i < class->item_count; i++)
        if (item_has(&class->items[i], code_point, class->fold))
            return !class->negated;
    return class->negated;
}

bool regex_class_has(const struct regex_class *class, uint32_t code_point)
{
    if (code_point < 128)
        return class->ascii[code_point / 32] >> (code_point % 32) & 1;
    return items_have(class, code_point == UINT32_MAX ? 0xFFFD : code_point);
}

static struct regex_class *finish(struct builder *b, bool negated, bool fold)
{
    if (b->range_count)
        add_item(b, (struct regex_item){
                        .kind = REGEX_RANGES, .value = merge_ranges(b->ranges, b->range_count), .ranges = b->ranges});
    struct regex_class *class = ARENA_NEW(b->arena, struct regex_class);
    class->negated = negated;
    class->fold = fold;
    class->items = b->items;
    class->item_count = b->item_count;
    for (uint32_t c = 0; c < 128; c++)
        if (items_have(class, c))
            class->ascii[c / 32] |= 1u << (c % 32);
    return class;
}

struct regex_class *regex_class_of_char(struct regex_parser *parser, uint32_t code_point)
{
    struct builder b = {.arena = parser->arena};
    add_range(&b, code_point, code_point);
    return finish(&b, false, true);
}

/* \pN, \p{Greek}, \P{^Lu}; the parser is at the backslash. */
static bool parse_property(struct regex_parser *parser, struct builder *b)
{
    const char *text = parser->pattern + parser->at;
    size_t left = parser->length - parser->at, name_at = 2, name_length, end;
    bool negated = text[1] == 'P';
    if (left < 3)
        return regex_fail(parser, "invalid character class range", parser->at, parser->length);
    if (text[2] == '{') {
        const char *close = memchr(text, '}', left);
        if (!close)
            return regex_fail(parser, "invalid character class range", parser->at, parser->length);
        name_at = 3;
        end = (size_t)(close - text) + 1;
        name_length = end - 1 - name_at;
    } else {
        size_t size;
        utf8_decode(text + 2, left - 2, &size);
        name_length = size;
        end = 2 + size;
    }
    if (name_length && text[name_at] == '^') {
        negated = !negated;
        name_at++;
        name_length--;
    }
    struct regex_item item = {.kind = REGEX_CATEGORIES, .negated = negated};
    item.value = unicode_categories_named(text + name_at, name_length);
    if (name_length == 3 && memcmp(text + name_at, "Any", 3) == 0)
        item.value = UINT32_MAX;
    if (item.value == 0) {
        int script = unicode_script_named(text + name_at, name_length);
        if (script == UNICODE_SCRIPT_NONE)
            return regex_fail(parser, "invalid character class range", parser->at, parser->at + end);
        item.kind = REGEX_SCRIPT;
        item.value = (uint32_t)script;
    }
    add_item(b, item);
    parser->at += end;
    return true;
}

static bool add_class_escape(struct regex_parser *parser, struct builder *b, bool *found)
{
    *found = false;
    if (parser->length - parser->at < 2 || parser->pattern[parser->at] != '\\')
        return true;
    char letter = parser->pattern[parser->at + 1];
    *found = letter == 'p' || letter == 'P';
    if (*found)
        return parse_property(parser, b);
    for (size_t i = 0; i < sizeof perl_classes / sizeof perl_classes[0]; i++) {
        const struct named_class *named = &perl_classes[i];
        if ((letter | 0x20) != named->name[0])
            continue;
        *found = true;
        parser->at += 2;
        add_item(b, (struct regex_item){.kind = REGEX_RANGES,
                                        .negated = letter != named->name[0],
                                        .value = named->count,
                                        .ranges = named->ranges});
        return true;
    }
    return true;
}

bool regex_parse_class_escape(struct regex_parser *parser, struct regex_class **class, bool *found)
{
    struct builder b = {.arena = parser->arena};
    if (!add_class_escape(parser, &b, found))
        return false;
    if (*found)
        *class = finish(&b, false, parser->fold);
    return true;
}

/* [:alpha:] or [:^alpha:] inside brackets. */
static bool add_posix_class(struct regex_parser *parser, struct builder *b, bool *found)
{
    const char *text = parser->pattern + parser->at;
    size_t left = parser->length - parser->at;
    *found = false;
    if (left < 2 || text[0] != '[' || text[1] != ':')
        return true;
    const char *close = memmem(text + 2, left - 2, ":]", 2);
    if (!close)
        return true;
    const char *name = text + 2;
    bool negated = name < close && *name == '^';
    name += negated;
    size_t length = (size_t)(close - name), end = (size_t)(close - text) + 2;
    for (size_t i = 0; i < sizeof posix_classes / sizeof posix_classes[0]; i++) {
        const struct named_class *named = &posix_classes[i];
        if (strlen(named->name) != length || memcmp(named->name, name, length) != 0)
            continue;
        add_item(b, (struct regex_item){
                        .kind = REGEX_RANGES, .negated = negated, .value = named->count, .ranges = named->ranges});
        parser->at += end;
        *found = true;
        return true;
    }
    return regex_fail(parser, "invalid character class range", parser->at, parser->at + end);
}

static bool parse_member_char(struct regex_parser *parser, size_t class_start, uint32_t *code_point)
{
    if (parser->at >= parser->length)
        return regex_fail(parser, "missing closing ]", class_start, parser->length);
    if (parser->pattern[parser->at] == '\\')
        return regex_parse_escape(parser, code_point);
    size_t size;
    *code_point = utf8_decode(parser->pattern + parser->at, parser->length - parser->at, &size);
    parser->at += size;
    return true;
}

static bool parse_range(struct regex_parser *parser, struct builder *b, size_t class_start)
{
    size_t start = parser->at;
    uint32_t first, last;
    if (!parse_member_char(parser, class_start, &first))
        return false;
    last = first;
    const char *rest = parser->pattern + parser->at;
    if (parser->length - parser->at >= 2 && rest[0] == '-' && rest[1] != ']') {
        parser->at++;
        if (!parse_member_char(parser, class_start, &last))
            return false;
        if (last < first)
            return regex_fail(parser, "invalid character class range", start, parser->at);
    }
    add_range(b, first, last);
    return true;
}

bool regex_parse_bracket(struct regex_parser *parser, struct regex_class **class)
{
    struct builder b = {.arena = parser->arena};
    size_t start = parser->at++;
    bool negated = parser->at < parser->length && parser->pattern[parser->at] == '^';
    parser->at += negated;
    for (bool first = true;; first = false) {
        if (parser->at >= parser->length)
            return regex_fail(parser, "missing closing ]", start, parser->length);
        if (!first && parser->pattern[parser->at] == ']')
            break;
        bool found;
        if (!add_posix_class(parser, &b, &found) || (!found && !add_class_escape(parser, &b, &found)))
            return false;
        if (!found && !parse_range(parser, &b, start))
            return false;
        if (b.item_count > MOST_ITEMS)
            return regex_fail(parser, "expression too large", start, parser->at);
    }
    parser->at++;
    *class = finish(&b, negated, parser->fold);
    return true;
}
