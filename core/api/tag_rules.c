#include "api/tag_rules.h"

#include <math.h>
#include <string.h>

#include "base/quote.h"
#include "base/regex.h"
#include "google/protobuf/wrappers.pb-c.h"

static enum status_code check_component(struct arena *arena, const char *key, const char *name, float value,
                                        struct status *status)
{
    if (!isfinite(value))
        return status_set(status, STATUS_INVALID_ARGUMENT, "background_color for %s: %s must be a finite number",
                          text_quote(arena, key), name);
    if (value < 0 || value > 1)
        return status_set(status, STATUS_INVALID_ARGUMENT, "background_color for %s: %s must be between 0 and 1",
                          text_quote(arena, key), name);
    return STATUS_OK;
}

static enum status_code check_colour(struct arena *arena, const char *key, const Google__Type__Color *colour,
                                     struct status *status)
{
    enum status_code code = check_component(arena, key, "red", colour->red, status);
    if (!code)
        code = check_component(arena, key, "green", colour->green, status);
    if (!code)
        code = check_component(arena, key, "blue", colour->blue, status);
    if (!code && colour->alpha)
        code = check_component(arena, key, "alpha", colour->alpha->value, status);
    return code;
}

enum status_code api_check_tag_rule(struct arena *arena, const char *key, bool has_metadata,
                                    const Google__Type__Color *colour, struct status *status)
{
    struct status problem = {0};
    struct regex *regex = NULL;
    if (key[strspn(key, " \t\r\n\v\f")] == '\0')
        return status_set(status, STATUS_INVALID_ARGUMENT, "tag key cannot be empty");
    if (regex_compile(key, strlen(key), &regex, &problem))
        return status_set(status, STATUS_INVALID_ARGUMENT, "tag key %s is not a valid regex pattern: %s",
                          text_quote(arena, key), problem.message);
    regex_free(regex);
    if (!has_metadata)
        return status_set(status, STATUS_INVALID_ARGUMENT, "tag metadata is required for %s", text_quote(arena, key));
    return colour ? check_colour(arena, key, colour, status) : STATUS_OK;
}
