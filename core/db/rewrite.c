/* From the text that store/ writes to the text of a dialect. Marks are numbered where they stand in the source; a
 * fragment may then use its arguments in any order, and the numbers say which value goes where. */
#include "db/internal.h"

#include <string.h>

enum { MAX_DEPTH = 8, MAX_ARGUMENTS = 6, MAX_MARKS = 65535 };

struct rewriter {
    const struct memora_dialect *dialect;
    struct arena *arena;
    struct status *status;
    uint32_t params;  /* marks seen in the source */
    struct buf order; /* uint16_t per mark of the output */
    bool in_order;
};

/* Marks inside text that is still being put together are written as this byte and the number in four hex digits, so
 * that an argument can be copied; it can't be in a statement otherwise (control characters are refused). */
enum { MARK = 0x01, MARK_DIGITS = 4 };

static enum status_code rewrite_span(struct rewriter *r, const char *at, const char *end, int depth, struct buf *out);

static void put_mark(struct buf *out, uint32_t index)
{
    static const char hex[] = "0123456789abcdef";
    buf_add_char(out, MARK);
    for (int shift = 4 * (MARK_DIGITS - 1); shift >= 0; shift -= 4)
        buf_add_char(out, hex[(index >> shift) & 15]);
}

static uint32_t read_mark(const char *digits)
{
    uint32_t index = 0;
    for (int i = 0; i < MARK_DIGITS; i++)
        index = index * 16 + (uint32_t)(digits[i] <= '9' ? digits[i] - '0' : digits[i] - 'a' + 10);
    return index;
}

/* Copies '...' with its doubled quotes; gives the byte behind it. */
static const char *copy_literal(const char *at, const char *end, struct buf *out)
{
    const char *close = memchr(at + 1, '\'', (size_t)(end - at - 1));
    const char *next = close ? close + 1 : end;
    buf_add(out, at, (size_t)(next - at));
    return next;
}

/* The end of the fragment that begins at '{', or NULL. */
static const char *find_close(const char *at, const char *end)
{
    int depth = 0;
    for (; at < end; at++) {
        if (*at == '\'') {
            at = memchr(at + 1, '\'', (size_t)(end - at - 1));
            if (!at)
                return NULL;
        } else if (*at == '{') {
            depth++;
        } else if (*at == '}' && --depth == 0) {
            return at;
        }
    }
    return NULL;
}

/* The next '|' of this level, or end. */
static const char *find_bar(const char *at, const char *end)
{
    int depth = 0;
    for (; at < end; at++) {
        if (*at == '\'') {
            at = memchr(at + 1, '\'', (size_t)(end - at - 1));
            if (!at)
                return end;
        } else if (*at == '{') {
            depth++;
        } else if (*at == '}') {
            depth--;
        } else if (*at == '|' && depth == 0) {
            return at;
        }
    }
    return end;
}

static enum status_code fill_template(struct rewriter *r, const char *text, const struct buf *args, uint32_t count,
                                      struct buf *out)
{
    for (; *text; text++) {
        if (text[0] != '{' || text[1] < '0' || text[1] > '9' || text[2] != '}') {
            buf_add_char(out, *text);
            continue;
        }
        uint32_t index = (uint32_t)(text[1] - '0');
        if (index >= count)
            return status_set(r->status, STATUS_INTERNAL, "an SQL fragment lacks argument %u", index);
        buf_add(out, args[index].data, args[index].len);
        text += 2;
    }
    return STATUS_OK;
}

/* at is behind '{', end is at the matching '}'. */
static enum status_code rewrite_fragment(struct rewriter *r, const char *at, const char *end, int depth,
                                         struct buf *out)
{
    struct buf args[MAX_ARGUMENTS];
    uint32_t count = 0;
    const char *colon = memchr(at, ':', (size_t)(end - at));
    const char *name_end = colon ? colon : end;
    const char *text = fragment_find(r->dialect, at, (size_t)(name_end - at));
    if (!text)
        return status_set(r->status, STATUS_INTERNAL, "the database plugin has no SQL fragment \"%.*s\"",
                          (int)(name_end - at < 64 ? name_end - at : 64), at);
    if (depth >= MAX_DEPTH)
        return status_set(r->status, STATUS_INTERNAL, "SQL fragments are nested too deeply");
    for (const char *arg = colon ? colon + 1 : NULL; arg; count++) {
        const char *bar = find_bar(arg, end);
        if (count == MAX_ARGUMENTS)
            return status_set(r->status, STATUS_INTERNAL, "an SQL fragment has too many arguments");
        args[count] = buf_in(r->arena);
        enum status_code code = rewrite_span(r, arg, bar, depth + 1, &args[count]);
        if (code)
            return code;
        arg = bar < end ? bar + 1 : NULL;
    }
    return fill_template(r, text, args, count, out);
}

static enum status_code rewrite_span(struct rewriter *r, const char *at, const char *end, int depth, struct buf *out)
{
    while (at < end) {
        const char *close;
        enum status_code code;
        switch (*at) {
        case '\'':
            at = copy_literal(at, end, out);
            continue;
        case '?':
            if (r->params > MAX_MARKS)
                return status_set(r->status, STATUS_INTERNAL, "the statement has too many parameters");
            put_mark(out, r->params++);
            break;
        case '`':
            buf_add_char(out, r->dialect->quote);
            break;
        case '{':
            close = find_close(at, end);
            if (!close)
                return status_set(r->status, STATUS_INTERNAL, "an SQL fragment is not closed");
            code = rewrite_fragment(r, at + 1, close, depth, out);
            if (code)
                return code;
            at = close;
            break;
        case MARK:
        case '\0':
            return status_set(r->status, STATUS_INTERNAL, "the statement has a control character");
        default:
            buf_add_char(out, *at);
        }
        at++;
    }
    return STATUS_OK;
}

/* Replaces the marks by the dialect's own and notes which value each of them takes. */
static void place_marks(struct rewriter *r, const struct buf *in, struct buf *out)
{
    bool numbered = r->dialect->features & MEMORA_SQL_DOLLAR_PARAMS;
    uint32_t placed = 0;
    r->in_order = true;
    for (size_t i = 0; i < in->len; i++) {
        if (in->data[i] != MARK) {
            buf_add_char(out, in->data[i]);
            continue;
        }
        uint32_t index = read_mark(in->data + i + 1);
        uint16_t narrow = (uint16_t)index;
        i += MARK_DIGITS;
        if (numbered) {
            buf_printf(out, "$%u", index + 1);
            continue;
        }
        buf_add_char(out, '?');
        buf_add(&r->order, &narrow, sizeof narrow);
        r->in_order &= index == placed++;
    }
    if (!numbered)
        r->in_order &= placed == r->params;
}

enum status_code rewrite_sql(const struct memora_dialect *dialect, const char *sql, size_t length, struct arena *arena,
                             struct rewritten *out, struct status *status)
{
    struct rewriter r = {.dialect = dialect, .arena = arena, .status = status, .params = 0, .order = buf_in(arena)};
    struct buf marked = buf_in(arena), text = buf_in(arena);
    enum status_code code = rewrite_span(&r, sql, sql + length, 0, &marked);
    if (code)
        return code;
    place_marks(&r, &marked, &text);
    out->sql = buf_str(&text);
    out->length = text.len;
    out->param_count = r.params;
    out->bind_count = r.in_order ? r.params : (uint32_t)(r.order.len / sizeof(uint16_t));
    out->order = r.in_order ? NULL : (const uint16_t *)(const void *)r.order.data;
    if (out->bind_count > dialect->max_params)
        return status_set(status, STATUS_INTERNAL, "the statement has %u parameters, the database takes %u",
                          out->bind_count, dialect->max_params);
    return STATUS_OK;
}
