#include "config/value.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/arena.h"

struct unit {
    char letter;
    int64_t factor;
};

bool config_parse_int(const char *text, int64_t *out)
{
    const char *digits = *text == '-' ? text + 1 : text;
    if (*digits == '\0' || strspn(digits, "0123456789") != strlen(digits))
        return false;
    errno = 0;
    long long value = strtoll(text, NULL, 10);
    if (errno)
        return false;
    *out = value;
    return true;
}

bool config_parse_bool(const char *text, bool *out)
{
    static const char *const words[2][5] = {{"false", "no", "off", "f", "0"}, {"true", "yes", "on", "t", "1"}};
    for (int value = 0; value < 2; value++) {
        for (size_t i = 0; i < sizeof words[0] / sizeof words[0][0]; i++) {
            if (strcasecmp(text, words[value][i]) == 0) {
                *out = value == 1;
                return true;
            }
        }
    }
    return false;
}

/* Digits and at most one unit letter, of either case. */
static bool parse_with_unit(const char *text, const struct unit *units, size_t count, int64_t *out)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || strlen(text) - digits > 1)
        return false;
    errno = 0;
    int64_t value = strtoll(text, NULL, 10), factor = 1;
    if (errno)
        return false;
    char letter = text[digits];
    if (letter != '\0') {
        size_t i = 0;
        while (i < count && strncasecmp(&units[i].letter, &letter, 1) != 0)
            i++;
        if (i == count)
            return false;
        factor = units[i].factor;
    }
    return !__builtin_mul_overflow(value, factor, out);
}

bool config_parse_bytes(const char *text, int64_t *out)
{
    static const struct unit units[] = {{'k', 1 << 10}, {'m', 1 << 20}, {'g', 1 << 30}};
    int64_t value;
    if (!parse_with_unit(text, units, sizeof units / sizeof units[0], &value))
        return false;
    *out = value;
    return true;
}

bool config_parse_seconds(const char *text, int64_t *out)
{
    static const struct unit units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    int64_t value;
    if (!parse_with_unit(text, units, sizeof units / sizeof units[0], &value))
        return false;
    *out = value;
    return true;
}

char *config_resolve_path(struct arena *arena, const char *value, const char *file, int line)
{
    if (*value == '\0')
        return arena_strdup(arena, "");
    char *path;
    const char *slash = line > 0 ? strrchr(file, '/') : NULL;
    if (*value == '/') {
        path = arena_strdup(arena, value);
    } else if (slash) {
        path = arena_printf(arena, "%.*s/%s", (int)(slash - file), file, value);
    } else {
        char *here = getcwd(NULL, 0);
        path = arena_printf(arena, "%s/%s", here && strcmp(here, "/") != 0 ? here : "", value);
        free(here);
    }
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        path[--length] = '\0';
    return path;
}

enum status_code config_error(struct status *status, const char *file, int line, const char *format, ...)
{
    struct status text;
    va_list args;
    va_start(args, format);
    vsnprintf(text.message, sizeof text.message, format, args);
    va_end(args);
    for (char *at = text.message; *at; at++) /* values are shown as they are written, but not to a terminal's harm */
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = '?';
    if (line > 0)
        return status_set(status, STATUS_INVALID_ARGUMENT, "%s:%d: %s", file, line, text.message);
    return status_set(status, STATUS_INVALID_ARGUMENT, "%s: %s", file, text.message);
}
