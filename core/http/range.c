#include "http/range.h"

#include <stdbool.h>
#include <string.h>

/* Digits only; false on overflow or when there are none. */
static bool read_number(const char **at, uint64_t *out)
{
    const char *start = *at;
    uint64_t value = 0;
    for (; **at >= '0' && **at <= '9'; (*at)++) {
        unsigned digit = (unsigned)(**at - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return *at != start;
}

/* "-count", the last bytes; false on nonsense. */
static bool read_suffix(const char **at, uint64_t size, struct range *out)
{
    uint64_t count;
    (*at)++;
    if (!read_number(at, &count))
        return false;
    if (count > size)
        count = size;
    out->kind = count == 0 ? RANGE_UNSATISFIABLE : RANGE_PART;
    out->first = size - count;
    out->length = count;
    return true;
}

/* "first-last", "first-" or "-count"; false on nonsense. */
static bool read_range(const char **at, uint64_t size, struct range *out)
{
    if (**at == '-')
        return read_suffix(at, size, out);
    uint64_t first, last = UINT64_MAX;
    if (!read_number(at, &first) || **at != '-')
        return false;
    (*at)++;
    if (**at >= '0' && **at <= '9' && (!read_number(at, &last) || last < first))
        return false;
    out->kind = first < size ? RANGE_PART : RANGE_UNSATISFIABLE;
    out->first = first;
    out->length = first < size ? (last < size ? last + 1 : size) - first : 0;
    return true;
}

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t");
}

/* False on nonsense. outside tells whether some range began beyond the end. */
static bool read_list(const char *at, uint64_t size, struct range_set *out, bool *outside)
{
    for (at = skip_blanks(at); *at; at = skip_blanks(at)) {
        struct range range;
        if (*at == ',') { /* empty elements are allowed (RFC 9110 5.6.1) */
            at++;
            continue;
        }
        if (!read_range(&at, size, &range))
            return false;
        at = skip_blanks(at);
        if (*at && *at != ',')
            return false;
        if (range.kind == RANGE_UNSATISFIABLE)
            *outside = true;
        else if (out->count == RANGE_MAX_PARTS)
            return false;
        else
            out->parts[out->count++] = range;
    }
    return true;
}

void range_parse_set(const char *header, uint64_t size, struct range_set *out)
{
    static const char unit[] = "bytes=";
    bool outside = false;
    uint64_t total = 0;
    out->kind = RANGE_WHOLE;
    out->count = 0;
    if (!header || strncmp(header, unit, sizeof unit - 1) != 0 ||
        !read_list(header + sizeof unit - 1, size, out, &outside))
        return;
    for (unsigned i = 0; i < out->count; i++)
        total += out->parts[i].length; /* RANGE_MAX_PARTS sizes of files don't overflow */
    if (out->count > 0 && total <= size)
        out->kind = RANGE_PART;
    else if (out->count == 0 && outside)
        out->kind = RANGE_UNSATISFIABLE;
}

struct range range_parse(const char *header, uint64_t size)
{
    struct range_set set;
    range_parse_set(header, size, &set);
    if (set.kind == RANGE_PART && set.count == 1)
        return set.parts[0];
    if (set.kind == RANGE_UNSATISFIABLE)
        return (struct range){RANGE_UNSATISFIABLE, 0, 0};
    return (struct range){RANGE_WHOLE, 0, size};
}
