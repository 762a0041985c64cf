/* Values as people write them in files, variables and flags, for the core's keys and for those of plugins. */
#ifndef MEMORA_CONFIG_VALUE_H
#define MEMORA_CONFIG_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct arena;

/* All false if the text is anything else, out of range included; *out is then untouched. */
bool config_parse_int(const char *text, int64_t *out);     /* -12 */
bool config_parse_bool(const char *text, bool *out);       /* true/false, yes/no, on/off, t/f, 1/0; any case */
bool config_parse_bytes(const char *text, int64_t *out);   /* 4096, 64K, 16M, 1G (powers of 1024); >= 0 */
bool config_parse_seconds(const char *text, int64_t *out); /* 30, 30s, 5m, 2h, 7d; >= 0 */

/* What the four accept, for error texts. */
#define CONFIG_INT_ALLOWED "a whole number"
#define CONFIG_BOOL_ALLOWED "true or false"
#define CONFIG_BYTES_ALLOWED "bytes such as 65536, 64K, 16M or 1G"
#define CONFIG_SECONDS_ALLOWED "seconds, or a time such as 30s, 5m, 2h or 7d"

/* An absolute path without trailing slashes: relative ones start at the directory of the file that has the value, or at
 * the working directory if line is 0. "" stays "". */
char *config_resolve_path(struct arena *arena, const char *value, const char *file, int line);

/* STATUS_INVALID_ARGUMENT with where it was set before the text: "FILE:LINE: " or, with line 0, "FILE: ". */
enum status_code config_error(struct status *status, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
