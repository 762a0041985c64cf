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

static struct range suffix(const char *at, uint64_t size)
{
    uint64_t count;
    if (!read_number(&at, &count) || *at)
        return (struct range){RANGE_WHOLE, 0, size};
    if (count == 0 || size == 0)
        return (struct range){RANGE_UNSATISFIABLE, 0, 0};
    if (count > size)
        count = size;
    return (struct range){RANGE_PART, size - count, count};
}

struct range range_parse(const char *header, uint64_t size)
{
    const struct range whole = {RANGE_WHOLE, 0, size};
    static const char unit[] = "bytes=";
    if (!header || strncmp(header, unit, sizeof unit - 1) != 0)
        return whole;
    const char *at = header + sizeof unit - 1;
    at += strspn(at, " \t");
    if (*at == '-')
        return suffix(at + 1, size);
    uint64_t first, last;
    if (!read_number(&at, &first) || *at++ != '-')
        return whole;
    bool open_end = *at == '\0';
    if (!open_end && (!read_number(&at, &last) || *at || last < first))
        return whole;
    if (first >= size)
        return (struct range){RANGE_UNSATISFIABLE, 0, 0};
    if (open_end || last >= size)
        last = size - 1;
    return (struct range){RANGE_PART, first, last - first + 1};
}
