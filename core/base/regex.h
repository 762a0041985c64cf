/* Regular expressions in linear time: the RE2 syntax that users of filters and tag rules write. */
#ifndef MEMORA_BASE_REGEX_H
#define MEMORA_BASE_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

struct regex;

/* Compiles; error text names the fault as RE2 does ("missing closing ): `(`"). Size of the program is bounded. */
enum status_code regex_compile(const char *pattern, size_t length, struct regex **out, struct status *status);
void regex_free(struct regex *regex);
/* Unanchored search; time O(program x text), no recursion. Thread-safe on one compiled regex. */
bool regex_search(const struct regex *regex, const char *text, size_t length);

#endif
