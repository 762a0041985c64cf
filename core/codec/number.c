#include "codec/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    MAX_NUMBER_TEXT = 512, /* longer numbers are refused: no client writes them, and strtod needs a copy */
    MAX_EXPONENT_DIGITS = 6
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t skip_digits(const char *text, size_t length, size_t at)
{
    while (at < length && is_digit(text[at]))
        at++;
    return at;
}

size_t number_scan(const char *text, size_t length)
{
    size_t at = length && text[0] == '-' ? 1 : 0;
    if (at == length || !is_digit(text[at]))
        return 0;
    at = text[at] == '0' ? at + 1 : skip_digits(text, length, at);
    if (at < length && text[at] == '.') {
        size_t end = skip_digits(text, length, at + 1);
        if (end == at + 1)
            return 0;
        at = end;
    }
    if (at < length && (text[at] == 'e' || text[at] == 'E')) {
        size_t digits = at + 1;
        if (digits < length && (text[digits] == '+' || text[digits] == '-'))
            digits++;
        size_t end = skip_digits(text, length, digits);
        if (end == digits)
            return 0;
        at = end;
    }
    return at;
}

/* Sign and magnitude of an integral number. */
struct integral {
    bool negative;
    uint64_t magnitude;
};

static bool add_digit(uint64_t *value, unsigned digit)
{
    return !__builtin_mul_overflow(*value, 10u, value) && !__builtin_add_overflow(*value, digit, value);
}

/* value * 10^exponent from the digits of mantissa (which has a point before its last fraction digits). */
static bool scale(const char *mantissa, size_t length, long exponent, uint64_t *out)
{
    size_t point = length, digits = 0, significant = 0;
    for (size_t i = 0; i < length; i++) {
        if (mantissa[i] == '.') {
            point = digits;
            continue;
        }
        digits++;
        if (mantissa[i] != '0')
            significant = digits;
    }
    *out = 0;
    if (significant == 0)
        return true;
    long whole = (long)(point < digits ? point : digits) + exponent; /* digits before the shifted point */
    if (whole < (long)significant || whole > 400)
        return false;
    size_t at = 0;
    for (size_t i = 0; i < length && at < significant; i++)
        if (mantissa[i] != '.') {
            at++;
            if (!add_digit(out, (unsigned)(mantissa[i] - '0')))
                return false;
        }
    for (long rest = whole - (long)significant; rest > 0; rest--)
        if (!add_digit(out, 0))
            return false;
    return true;
}

static bool parse_integral(const char *text, size_t length, struct integral *out)
{
    if (length > MAX_NUMBER_TEXT)
        return false;
    out->negative = length && text[0] == '-';
    const char *mantissa = text + out->negative;
    size_t rest = length - out->negative, plain = skip_digits(mantissa, rest, 0);
    if (plain == rest) {
        out->magnitude = 0;
        for (size_t i = 0; i < plain; i++)
            if (!add_digit(&out->magnitude, (unsigned)(mantissa[i] - '0')))
                return false;
        return true;
    }
    size_t end = plain;
    while (end < rest && mantissa[end] != 'e' && mantissa[end] != 'E')
        end++;
    long exponent = 0;
    if (end < rest) {
        if (rest - end - 1 > MAX_EXPONENT_DIGITS)
            return false;
        char digits[MAX_EXPONENT_DIGITS + 1] = {0};
        memcpy(digits, mantissa + end + 1, rest - end - 1);
        exponent = strtol(digits, NULL, 10);
    }
    return scale(mantissa, end, exponent, &out->magnitude);
}

bool number_to_int(const char *text, size_t length, int64_t low, int64_t high, int64_t *out)
{
    struct integral value;
    if (!parse_integral(text, length, &value))
        return false;
    if (value.negative) {
        if (value.magnitude > (uint64_t)INT64_MAX + 1)
            return false;
        *out = value.magnitude == 0 ? 0 : -(int64_t)(value.magnitude - 1) - 1;
    } else {
        if (value.magnitude > INT64_MAX)
            return false;
        *out = (int64_t)value.magnitude;
    }
    return *out >= low && *out <= high;
}

bool number_to_uint(const char *text, size_t length, uint64_t high, uint64_t *out)
{
    struct integral value;
    if (!parse_integral(text, length, &value) || (value.negative && value.magnitude))
        return false;
    *out = value.magnitude;
    return *out <= high;
}

static bool terminated(const char *text, size_t length, char copy[MAX_NUMBER_TEXT + 1])
{
    if (length > MAX_NUMBER_TEXT)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return true;
}

bool number_to_double(const char *text, size_t length, double *out)
{
    char copy[MAX_NUMBER_TEXT + 1];
    if (!terminated(text, length, copy))
        return false;
    *out = strtod(copy, NULL);
    return !isinf(*out);
}

bool number_to_float(const char *text, size_t length, float *out)
{
    char copy[MAX_NUMBER_TEXT + 1];
    if (!terminated(text, length, copy))
        return false;
    *out = strtof(copy, NULL);
    return !isinf(*out);
}

/* Lays out digits ("d.ddde[+-]xx" of printf) as ECMAScript and Go do: plain between 1e-6 and 1e21, else with exponent.
 */
static void add_layout(struct buf *out, const char *printed)
{
    char digits[32];
    size_t count = 0;
    if (*printed == '-') {
        buf_add_char(out, '-');
        printed++;
    }
    for (; *printed != 'e'; printed++)
        if (*printed != '.')
            digits[count++] = *printed;
    int exponent = atoi(printed + 1);
    while (count > 1 && digits[count - 1] == '0')
        count--;
    if (exponent < -6 || exponent >= 21) {
        buf_add_char(out, digits[0]);
        if (count > 1) {
            buf_add_char(out, '.');
            buf_add(out, digits + 1, count - 1);
        }
        buf_printf(out, "e%+d", exponent);
        return;
    }
    if (exponent < 0) {
        buf_add_str(out, "0.");
        for (int i = -1; i > exponent; i--)
            buf_add_char(out, '0');
        buf_add(out, digits, count);
        return;
    }
    for (int i = 0; i <= exponent || (size_t)i < count; i++) {
        if (i == exponent + 1)
            buf_add_char(out, '.');
        buf_add_char(out, (size_t)i < count ? digits[i] : '0');
    }
}

static bool add_special(struct buf *out, double value)
{
    if (isfinite(value))
        return false;
    buf_add_str(out, isnan(value) ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    return true;
}

void number_add_double(struct buf *out, double value)
{
    if (add_special(out, value))
        return;
    if (fabs(value) < 1e15 && value == (double)(int64_t)value && !(value == 0 && signbit(value))) {
        buf_add_int(out, (int64_t)value);
        return;
    }
    char printed[40];
    for (int precision = fpclassify(value) == FP_SUBNORMAL ? 0 : 14; precision <= 16; precision++) {
        snprintf(printed, sizeof printed, "%.*e", precision, value);
        if (strtod(printed, NULL) == value)
            break;
    }
    add_layout(out, printed);
}

void number_add_float(struct buf *out, float value)
{
    if (add_special(out, (double)value))
        return;
    char printed[40];
    for (int precision = fpclassify(value) == FP_SUBNORMAL ? 0 : 5; precision <= 8; precision++) {
        snprintf(printed, sizeof printed, "%.*e", precision, (double)value);
        if (strtof(printed, NULL) == value)
            break;
    }
    add_layout(out, printed);
}
