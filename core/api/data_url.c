#include "api/data_url.h"

#include <string.h>

bool api_parse_data_url(const char *url, const char **type, size_t *type_length, const char **data)
{
    static const char scheme[] = "data:", marker[] = ";base64,";
    const char *at = NULL;
    if (strncmp(url, scheme, sizeof scheme - 1) != 0)
        return false;
    url += sizeof scheme - 1;
    size_t line = strcspn(url, "\n"); /* neither part reaches beyond a line */
    for (const char *next = strstr(url, marker); next; next = strstr(next + 1, marker))
        if ((size_t)(next - url) < line && next[sizeof marker - 1] != '\0' && next[sizeof marker - 1] != '\n')
            at = next; /* the last one counts */
    if (!at || at == url)
        return false;
    *type = url;
    *type_length = (size_t)(at - url);
    if (data)
        *data = at + sizeof marker - 1;
    return true;
}

bool api_avatar_type_known(const char *type, size_t length)
{
    static const char *const known[] = {"image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strlen(known[i]) == length && memcmp(known[i], type, length) == 0)
            return true;
    return false;
}
