/* Rules for the settings TAGS of a user and of the server (contract platform.md 3.8, 4.3). */
#ifndef MEMORA_API_TAG_RULES_H
#define MEMORA_API_TAG_RULES_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/status.h"
#include "google/type/color.pb-c.h"

/* One entry: has_metadata tells whether a value was given, colour may be NULL. STATUS_INVALID_ARGUMENT with the text
 * behind "invalid user tags setting: ". */
enum status_code api_check_tag_rule(struct arena *arena, const char *key, bool has_metadata,
                                    const Google__Type__Color *colour, struct status *status);

#endif
