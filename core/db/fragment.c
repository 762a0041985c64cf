#include "db/internal.h"

#include <string.h>

enum { MAX_FRAGMENTS = 512 };

/* A walk over some thirty names; done once per statement and connection, since the result is kept prepared. */
const char *fragment_find(const struct memora_dialect *dialect, const char *name, size_t length)
{
    const char *const *pair = dialect->fragments;
    for (int i = 0; pair && pair[0] && pair[1] && i < MAX_FRAGMENTS; i++, pair += 2)
        if (strncmp(pair[0], name, length) == 0 && pair[0][length] == '\0')
            return pair[1];
    return NULL;
}
