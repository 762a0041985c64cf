// REST paths: the templates of google.api.http ("/api/v1/{name=users/*}:getStats") and paths that match them
// (platform.md 1.6).
#ifndef MEMORA_RPC_PATH_TEMPLATE_H
#define MEMORA_RPC_PATH_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum { PATH_MAX_SEGMENTS = 16, PATH_MAX_VARIABLES = 4 };

struct path_text {
    const char *text; /* NULL in a template: any one segment */
    size_t length;
};

struct path_variable {
    struct path_text field; /* "name" or "user.name" */
    unsigned first, count;  /* segments that make up the value */
};

/* A compiled template. All texts point into the template string, which must stay. */
struct path_template {
    unsigned segment_count, variable_count;
    struct path_text segments[PATH_MAX_SEGMENTS];
    struct path_variable variables[PATH_MAX_VARIABLES];
    struct path_text verb; /* after the last colon; empty if none */
};

/* False if the text isn't a template of the kind above. */
bool path_template_compile(const char *text, struct path_template *out);

/* A path that came with a request, split and percent-decoded; texts are NUL-terminated only when decoded. */
struct path_parts {
    unsigned count;
    struct path_text segments[PATH_MAX_SEGMENTS];
    bool encoded_slash[PATH_MAX_SEGMENTS]; /* such a segment matches no wildcard */
};

enum path_result { PATH_OK, PATH_TOO_LONG, PATH_MALFORMED };

/* PATH_TOO_LONG: more segments than any template has. PATH_MALFORMED: a bad escape, or not UTF-8 without NUL. */
enum path_result path_split(struct arena *arena, const char *path, struct path_parts *out);

bool path_template_match(const struct path_template *template, const struct path_parts *parts);

/* The value of a variable of a matched template, NUL-terminated, in the arena. */
const char *path_variable_value(struct arena *arena, const struct path_template *template, unsigned index,
                                const struct path_parts *parts);

#endif
