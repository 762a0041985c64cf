#include <string.h>

#include "auth/internal.h"

const char auth_refresh_cookie[] = "memos_refresh";

const char *auth_cookie_value(struct arena *arena, const char *header, const char *name)
{
    size_t name_length = strlen(name);
    while (*header) {
        const char *pair = header + strspn(header, " \t");
        size_t length = strcspn(pair, ";");
        header = pair + length + (pair[length] == ';');
        if (length <= name_length || pair[name_length] != '=' || strncmp(pair, name, name_length) != 0)
            continue;
        const char *value = pair + name_length + 1;
        length -= name_length + 1;
        while (length && (value[length - 1] == ' ' || value[length - 1] == '\t'))
            length--;
        if (length >= 2 && value[0] == '"' && value[length - 1] == '"')
            return arena_strndup(arena, value + 1, length - 2);
        return arena_strndup(arena, value, length);
    }
    return NULL;
}

bool auth_has_session_cookie(struct arena *arena, const char *header)
{
    const char *value = header ? auth_cookie_value(arena, header, auth_refresh_cookie) : NULL;
    return value && *value;
}
