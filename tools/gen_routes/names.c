#include "names.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static bool is_upper(char c)
{
    return isupper((unsigned char)c) != 0;
}

static char to_lower(char c)
{
    return (char)tolower((unsigned char)c);
}

const char *name_c_type(struct arena *arena, const char *full_name)
{
    if (*full_name == '.')
        full_name++;
    char *out = arena_alloc(arena, strlen(full_name) * 2 + 1), *at = out;
    bool upper = true;
    for (const char *c = full_name; *c; c++) {
        if (*c == '.') {
            *at++ = '_';
            *at++ = '_';
        } else if (*c != '_') {
            *at++ = upper ? (char)toupper((unsigned char)*c) : *c;
        }
        upper = *c == '.' || *c == '_';
    }
    *at = '\0';
    return out;
}

const char *name_c_lower(struct arena *arena, const char *full_name)
{
    if (*full_name == '.')
        full_name++;
    char *out = arena_alloc(arena, strlen(full_name) * 2 + 1), *at = out;
    bool was_upper = true;
    for (const char *c = full_name; *c; c++) {
        if (*c == '.') {
            *at++ = '_';
            *at++ = '_';
            was_upper = true;
            continue;
        }
        if (is_upper(*c) && !was_upper)
            *at++ = '_';
        *at++ = to_lower(*c);
        was_upper = is_upper(*c);
    }
    *at = '\0';
    return out;
}

const char *name_snake(struct arena *arena, const char *camel)
{
    char *out = arena_alloc(arena, strlen(camel) * 2 + 1), *at = out;
    for (const char *c = camel; *c; c++) {
        bool word = is_upper(*c) && c > camel && (!is_upper(c[-1]) || (c[1] && !is_upper(c[1])));
        if (word)
            *at++ = '_';
        *at++ = to_lower(*c);
    }
    *at = '\0';
    return out;
}
