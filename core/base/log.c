#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static atomic_int current_level = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
    atomic_store(&current_level, (int)level);
}

bool log_enabled(enum log_level level)
{
    return (int)level <= atomic_load_explicit(&current_level, memory_order_relaxed);
}

static size_t escape(char *out, size_t cap, const char *text)
{
    size_t n = 0;
    for (; *text && n + 5 < cap; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            out[n++] = '\\';
            out[n++] = (char)c;
        } else if (c < 0x20 || c == 0x7f) {
            n += (size_t)snprintf(out + n, cap - n, "\\x%02x", c);
        } else {
            out[n++] = (char)c;
        }
    }
    return n;
}

enum { LINE_SIZE = 3200 };

/* "time=... level=... msg=" */
static size_t begin_line(char line[LINE_SIZE], enum log_level level)
{
    static const char *const names[] = {"ERROR", "WARN", "INFO", "DEBUG"};
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t n = strftime(line, 64, "time=%Y-%m-%dT%H:%M:%S", &utc);
    return n + (size_t)snprintf(line + n, 64, ".%03ldZ level=%s msg=", now.tv_nsec / 1000000, names[level & 3]);
}

static void end_line(char line[LINE_SIZE], size_t n)
{
    line[n++] = '\n';
    ssize_t ignored = write(STDERR_FILENO, line, n);
    (void)ignored;
}

static size_t add_quoted(char line[LINE_SIZE], size_t n, const char *text)
{
    line[n++] = '"';
    n += escape(line + n, LINE_SIZE - n - 4, text);
    line[n++] = '"';
    return n;
}

void log_write(enum log_level level, const char *format, ...)
{
    if (!log_enabled(level))
        return;
    char text[1500], line[LINE_SIZE];
    va_list args;
    va_start(args, format);
    if (vsnprintf(text, sizeof text, format, args) < 0)
        text[0] = '\0';
    va_end(args);
    end_line(line, add_quoted(line, begin_line(line, level), text));
}

static bool is_bare(const char *text)
{
    if (!*text)
        return false;
    for (; *text; text++)
        if (*text <= ' ' || *text == '"' || *text == '\\' || *text == '=' || *text == 0x7f)
            return false;
    return true;
}

void log_write_fields(enum log_level level, const char *message, const struct log_field *fields, unsigned count)
{
    if (!log_enabled(level))
        return;
    char line[LINE_SIZE];
    size_t n = add_quoted(line, begin_line(line, level), message);
    for (unsigned i = 0; i < count; i++) {
        const char *value = fields[i].value;
        size_t key = strlen(fields[i].key);
        if (!value || LINE_SIZE - n < key + 16)
            continue;
        n += (size_t)snprintf(line + n, LINE_SIZE - n, " %s=", fields[i].key);
        size_t length = strlen(value);
        if (is_bare(value) && LINE_SIZE - n > length + 8) {
            memcpy(line + n, value, length);
            n += length;
        } else {
            n = add_quoted(line, n, value);
        }
    }
    end_line(line, n);
}
