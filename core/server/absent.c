/* Stands in for the Markdown and filter modules until they are there, so that the rest can serve. Weak: the real
 * functions win. This file goes with their arrival. */
#include <string.h>

#include "filter/filter.h"
#include "markdown/markdown.h"

__attribute__((weak)) void markdown_extract(struct arena *arena, const char *text, size_t length,
                                            struct markdown_facts *out)
{
    (void)arena;
    (void)text;
    (void)length;
    *out = (struct markdown_facts){.title = ""};
}

__attribute__((weak)) const char *markdown_snippet(struct arena *arena, const char *text, size_t length)
{
    return arena_strndup(arena, text, length < 64 ? length : 64);
}

__attribute__((weak)) enum status_code filter_compile(struct arena *arena, enum filter_schema schema, const char *text,
                                                      int64_t now_s, const struct memora_dialect *dialect,
                                                      struct filter_sql *out, struct status *status)
{
    (void)arena;
    (void)schema;
    (void)text;
    (void)now_s;
    (void)dialect;
    (void)out;
    return status_set(status, STATUS_UNIMPLEMENTED, "filters are not built in yet");
}

__attribute__((weak)) enum status_code filter_compile_user(struct arena *arena, const char *text, const char **username,
                                                           struct status *status)
{
    (void)arena;
    (void)text;
    (void)username;
    return status_set(status, STATUS_UNIMPLEMENTED, "filters are not built in yet");
}
