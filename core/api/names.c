#include "api/names.h"

#include <string.h>

#include "base/quote.h"
#include "base/uid.h"

static unsigned count_parts(const char *name)
{
    unsigned parts = 1;
    for (; *name; name++)
        parts += *name == '/';
    return parts;
}

enum status_code api_name_parse(struct arena *arena, const char *name, const char *const prefixes[], unsigned count,
                                const char **ids, struct status *status)
{
    if (count_parts(name) != 2 * count)
        return status_set(status, STATUS_INVALID_ARGUMENT, "invalid request %s", text_quote(arena, name));
    const char *at = name;
    for (unsigned i = 0; i < count; i++) {
        size_t prefix_length = strlen(prefixes[i]);
        if (strncmp(at, prefixes[i], prefix_length) != 0)
            return status_set(status, STATUS_INVALID_ARGUMENT, "invalid prefix \"%s\" in request %s", prefixes[i],
                              text_quote(arena, name));
        at += prefix_length;
        size_t id_length = strcspn(at, "/");
        if (id_length == 0)
            return status_set(status, STATUS_INVALID_ARGUMENT, "invalid request %s with empty prefix \"%s\"",
                              text_quote(arena, name), prefixes[i]);
        ids[i] = arena_strndup(arena, at, id_length);
        at += id_length + (i + 1 < count); /* the slash before the next prefix; the part count vouches for it */
    }
    return STATUS_OK;
}

enum status_code api_name_parse_one(struct arena *arena, const char *name, const char *prefix, const char **id,
                                    struct status *status)
{
    const char *const prefixes[] = {prefix};
    return api_name_parse(arena, name, prefixes, 1, id, status);
}

char *api_user_name(struct arena *arena, const char *username)
{
    return arena_printf(arena, "users/%s", username);
}

bool api_username_valid(const char *username)
{
    return uid_valid(username) && username[strspn(username, "0123456789")] != '\0';
}
