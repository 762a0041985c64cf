#include "base/time_rfc3339.h"

#include <stdio.h>
#include <string.h>

/* Howard Hinnant's public formulas for the proleptic Gregorian calendar, counted from 1 March of year 0. */
int64_t time_days_from_civil(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + (int64_t)day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void time_civil_from_days(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *day = (unsigned)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *month = (unsigned)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = year_of_era + era * 400 + (*month <= 2);
}

static const int64_t first_second = -62135596800, last_second = 253402300799; /* years 1 and 9999 */

static void put_digits(char *out, unsigned value, int width)
{
    for (int i = width - 1; i >= 0; i--, value /= 10)
        out[i] = (char)('0' + value % 10);
}

bool time_format(int64_t seconds, int32_t nanos, char out[TIME_RFC3339_SIZE])
{
    if (seconds < first_second || seconds > last_second || nanos < 0 || nanos > 999999999)
        return false;
    int64_t days = seconds / 86400, rest = seconds % 86400, year;
    if (rest < 0) {
        rest += 86400;
        days--;
    }
    unsigned month, day, second = (unsigned)rest;
    time_civil_from_days(days, &year, &month, &day);
    memcpy(out, "0000-00-00T00:00:00", 19);
    put_digits(out, (unsigned)year, 4);
    put_digits(out + 5, month, 2);
    put_digits(out + 8, day, 2);
    put_digits(out + 11, second / 3600, 2);
    put_digits(out + 14, second / 60 % 60, 2);
    put_digits(out + 17, second % 60, 2);
    size_t at = 19;
    if (nanos) {
        int width = nanos % 1000000 == 0 ? 3 : nanos % 1000 == 0 ? 6 : 9;
        out[at++] = '.';
        put_digits(out + at, (unsigned)(width == 3 ? nanos / 1000000 : width == 6 ? nanos / 1000 : nanos), width);
        at += (size_t)width;
    }
    out[at++] = 'Z';
    out[at] = '\0';
    return true;
}

/* Reads exactly width digits; -1 if there are others. */
static int read_digits(const char *text, int width)
{
    int value = 0;
    for (int i = 0; i < width; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

static unsigned days_in_month(int year, int month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

/* The zone behind the time: "Z" or "+hh:mm"; gives the offset in seconds. */
static bool read_zone(const char *text, size_t length, int64_t *offset)
{
    *offset = 0;
    if (length == 1 && (text[0] == 'Z' || text[0] == 'z'))
        return true;
    if (length != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':')
        return false;
    int hours = read_digits(text + 1, 2), minutes = read_digits(text + 4, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
        return false;
    *offset = (hours * 60 + minutes) * (text[0] == '-' ? -60 : 60);
    return true;
}

bool time_parse(const char *text, size_t length, int64_t *seconds, int32_t *nanos)
{
    if (length < 20 || length > 36 || text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't') ||
        text[13] != ':' || text[16] != ':')
        return false;
    int year = read_digits(text, 4), month = read_digits(text + 5, 2), day = read_digits(text + 8, 2);
    int hour = read_digits(text + 11, 2), minute = read_digits(text + 14, 2), second = read_digits(text + 17, 2);
    if (year < 1 || month < 1 || month > 12 || day < 1 || (unsigned)day > days_in_month(year, month) || hour < 0 ||
        hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
        return false;
    size_t at = 19;
    int32_t fraction = 0;
    if (text[at] == '.') {
        int digits = 0;
        for (at++; at < length && text[at] >= '0' && text[at] <= '9' && digits < 9; at++, digits++)
            fraction = fraction * 10 + (text[at] - '0');
        if (digits == 0)
            return false;
        for (; digits < 9; digits++)
            fraction *= 10;
    }
    int64_t offset;
    if (!read_zone(text + at, length - at, &offset))
        return false;
    *seconds = time_days_from_civil(year, (unsigned)month, (unsigned)day) * 86400 + hour * 3600 + minute * 60 + second -
               offset;
    *nanos = fraction;
    return *seconds >= first_second && *seconds <= last_second;
}

static const char weekdays[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

void time_format_http(int64_t seconds, char out[TIME_RFC3339_SIZE])
{
    if (seconds < first_second || seconds > last_second)
        seconds = 0;
    int64_t days = seconds / 86400, rest = seconds % 86400, year;
    if (rest < 0) {
        rest += 86400;
        days--;
    }
    unsigned month, day;
    time_civil_from_days(days, &year, &month, &day);
    int64_t weekday = ((days + 4) % 7 + 7) % 7;
    snprintf(out, TIME_RFC3339_SIZE, "%s, %02u %s %04u %02u:%02u:%02u GMT", weekdays[weekday], day % 100,
             months[month - 1], (unsigned)year % 10000, (unsigned)(rest / 3600) % 100, (unsigned)(rest / 60 % 60),
             (unsigned)(rest % 60));
}

bool time_parse_http(const char *text, int64_t *seconds)
{
    if (strlen(text) != 29 || text[3] != ',' || strcmp(text + 25, " GMT") != 0)
        return false;
    int day = read_digits(text + 5, 2), year = read_digits(text + 12, 4), hour = read_digits(text + 17, 2);
    int minute = read_digits(text + 20, 2), second = read_digits(text + 23, 2), month = 0;
    while (month < 12 && memcmp(months[month], text + 8, 3) != 0)
        month++;
    if (month == 12 || year < 1 || day < 1 || (unsigned)day > days_in_month(year, month + 1) || hour < 0 || hour > 23 ||
        minute < 0 || minute > 59 || second < 0 || second > 60)
        return false;
    *seconds =
        time_days_from_civil(year, (unsigned)month + 1, (unsigned)day) * 86400 + hour * 3600 + minute * 60 + second;
    return true;
}
