#include "store/store.h"

#include <string.h>

const char *store_row_status_name(enum store_row_status status)
{
    return status == STORE_ARCHIVED ? "ARCHIVED" : "NORMAL";
}

enum store_row_status store_row_status_parse(const char *text)
{
    return strcmp(text, "ARCHIVED") == 0 ? STORE_ARCHIVED : STORE_NORMAL;
}
