#include "api/text.h"

#include <string.h>

char *api_trimmed(struct arena *arena, const char *text)
{
    static const char blanks[] = " \t\r\n\v\f";
    text += strspn(text, blanks);
    size_t length = strlen(text);
    while (length && strchr(blanks, text[length - 1]))
        length--;
    return arena_strndup(arena, text, length);
}
