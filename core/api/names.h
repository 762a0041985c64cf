/* Resource names such as users/{username} and memos/{uid}/reactions/{id} (contract memos.md 1.2, platform.md 3.1). */
#ifndef MEMORA_API_NAMES_H
#define MEMORA_API_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/number.h"
#include "base/status.h"

/* name must be exactly count pairs "prefix/id"; prefixes are given with their slash ("memos/", "reactions/"). ids gets
 * count texts of the arena. Otherwise STATUS_INVALID_ARGUMENT with one of
 *   invalid request "memos/a/b"
 *   invalid prefix "memos/" in request "x/a"
 *   invalid request "memos/" with empty prefix "memos/"
 * so that callers put their own words before it with status_prefix. */
enum status_code api_name_parse(struct arena *arena, const char *name, const char *const prefixes[], unsigned count,
                                const char **ids, struct status *status);

/* The same for one prefix. */
enum status_code api_name_parse_one(struct arena *arena, const char *name, const char *prefix, const char **id,
                                    struct status *status);

/* A decimal 32-bit integer with optional sign and nothing else. */
static inline bool api_parse_int32(const char *text, int32_t *out)
{
    return number_parse_int32(text, out);
}

/* "users/{username}" in the arena. */
char *api_user_name(struct arena *arena, const char *username);

/* A name that a user may have: as uid_valid, and not digits only. */
bool api_username_valid(const char *username);

#endif
