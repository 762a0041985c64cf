/* The one logger: a line on stderr per event, `time=... level=INFO msg="..." key=value`, written with one write(2). */
#ifndef MEMORA_BASE_LOG_H
#define MEMORA_BASE_LOG_H

#include <stdbool.h>

/* Same numbers as memora_log_level of the plugin ABI. */
enum log_level { LOG_LEVEL_ERROR = 0, LOG_LEVEL_WARN = 1, LOG_LEVEL_INFO = 2, LOG_LEVEL_DEBUG = 3 };

/* Set once at start, before any other thread runs. */
void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);

/* The formatted text becomes msg="..." with quotes and control characters escaped. Thread-safe. Never pass secrets. */
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct log_field {
    const char *key, *value; /* value NULL: the field is left out */
};
/* msg="message" and further key=value fields; values are quoted where needed. */
void log_write_fields(enum log_level level, const char *message, const struct log_field *fields, unsigned count);

#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) (log_enabled(LOG_LEVEL_DEBUG) ? log_write(LOG_LEVEL_DEBUG, __VA_ARGS__) : (void)0)

#endif
