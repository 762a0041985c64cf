/* Times in filters: parts of a time, and durations as Go writes them. */
#include <string.h>

#include "base/time_rfc3339.h"
#include "filter/ast.h"

enum { DAY = 24 * 60 * 60 };

bool filter_time_part(int64_t seconds, const char *accessor, int64_t *out)
{
    int64_t second_of_day = seconds % DAY;
    if (second_of_day < 0)
        second_of_day += DAY;
    int64_t days = (seconds - second_of_day) / DAY, year;
    unsigned month, day;
    time_civil_from_days(days, &year, &month, &day);
    const struct {
        const char *name;
        int64_t value;
    } parts[] = {
        {"getFullYear", year},
        {"getMonth", (int64_t)month - 1},
        {"getDate", day},
        {"getDayOfMonth", (int64_t)day - 1},
        {"getDayOfWeek", ((days + 4) % 7 + 7) % 7}, /* 1970-01-01 was a Thursday */
        {"getDayOfYear", days - time_days_from_civil(year, 1, 1)},
        {"getHours", second_of_day / 3600},
        {"getMinutes", second_of_day / 60 % 60},
        {"getSeconds", second_of_day % 60},
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (strcmp(parts[i].name, accessor) == 0) {
            *out = parts[i].value;
            return true;
        }
    return false;
}

struct duration_scan {
    const char *text;
    size_t length, at;
};

/* Digits with an optional fraction: the whole part, and the fraction in billionths. */
static bool scan_number(struct duration_scan *scan, int64_t *whole, int64_t *billionths)
{
    size_t digits = 0;
    int64_t unit = 100000000;
    *whole = *billionths = 0;
    for (; scan->at < scan->length && scan->text[scan->at] >= '0' && scan->text[scan->at] <= '9'; scan->at++, digits++)
        if (__builtin_mul_overflow(*whole, 10, whole) ||
            __builtin_add_overflow(*whole, scan->text[scan->at] - '0', whole))
            return false;
    if (scan->at < scan->length && scan->text[scan->at] == '.') {
        scan->at++;
        for (; scan->at < scan->length && scan->text[scan->at] >= '0' && scan->text[scan->at] <= '9';
             scan->at++, digits++, unit /= 10)
            *billionths += unit * (scan->text[scan->at] - '0');
    }
    return digits > 0;
}

/* Nanoseconds of the unit here; 0 if there is none. */
static int64_t scan_unit(struct duration_scan *scan)
{
    static const struct {
        const char *name;
        int64_t nanoseconds;
    } units[] = {{"ns", 1},       {"us", 1000},      {"\u00B5s", 1000},  {"\u03BCs", 1000},
                 {"ms", 1000000}, {"s", 1000000000}, {"m", 60000000000}, {"h", 3600000000000}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t size = strlen(units[i].name);
        if (scan->length - scan->at >= size && memcmp(scan->text + scan->at, units[i].name, size) == 0) {
            scan->at += size;
            return units[i].nanoseconds;
        }
    }
    return 0;
}

bool filter_parse_duration(const char *text, size_t length, int64_t *seconds)
{
    struct duration_scan scan = {.text = text, .length = length};
    bool negative = length && text[0] == '-';
    scan.at = length && (text[0] == '-' || text[0] == '+');
    *seconds = 0;
    if (length - scan.at == 1 && text[scan.at] == '0')
        return true;
    int64_t total = 0;
    if (scan.at == length)
        return false;
    while (scan.at < length) {
        int64_t whole, billionths, part;
        if (!scan_number(&scan, &whole, &billionths))
            return false;
        int64_t unit = scan_unit(&scan);
        /* A fraction of an hour is at most 3600 billion billionths, which still fits. */
        if (unit == 0 || __builtin_mul_overflow(whole, unit, &part) ||
            __builtin_add_overflow(part, (int64_t)((double)billionths / 1e9 * (double)unit), &part) ||
            __builtin_add_overflow(total, part, &total))
            return false;
    }
    *seconds = (negative ? -total : total) / 1000000000;
    return true;
}
