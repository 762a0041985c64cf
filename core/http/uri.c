#include "http/uri.h"

#include <string.h>

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *uri_decode(struct arena *arena, const char *text, size_t length)
{
    char *out = arena_alloc(arena, length + 1), *at = out;
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '%') {
            *at++ = text[i];
            continue;
        }
        int high = length - i > 2 ? hex(text[i + 1]) : -1, low = high < 0 ? -1 : hex(text[i + 2]);
        if (low < 0 || high + low == 0)
            return NULL;
        *at++ = (char)(high * 16 + low);
        i += 2;
    }
    *at = '\0';
    return out;
}

/* As uri_decode, of a form-encoded part. */
static char *decode_form(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_strndup(arena, text, length);
    for (char *at = copy; *at; at++)
        if (*at == '+')
            *at = ' ';
    return uri_decode(arena, copy, length);
}

char *uri_query_value(struct arena *arena, const char *query, const char *name)
{
    while (*query) {
        size_t length = strcspn(query, "&"), name_length = strcspn(query, "=&");
        char *found = decode_form(arena, query, name_length);
        if (found && strcmp(found, name) == 0)
            return name_length == length ? arena_strdup(arena, "")
                                         : decode_form(arena, query + name_length + 1, length - name_length - 1);
        query += length;
        query += strspn(query, "&");
    }
    return NULL;
}
