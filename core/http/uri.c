#include "http/uri.h"

#include <string.h>

#include "wire/percent.h"

char *uri_query_value(struct arena *arena, const char *query, const char *name)
{
    while (*query) {
        size_t length = strcspn(query, "&"), name_length = strcspn(query, "=&");
        char *found = wire_percent_decode_text(arena, query, name_length, true);
        if (found && strcmp(found, name) == 0)
            return name_length == length
                       ? arena_strdup(arena, "")
                       : wire_percent_decode_text(arena, query + name_length + 1, length - name_length - 1, true);
        query += length;
        query += strspn(query, "&");
    }
    return NULL;
}
