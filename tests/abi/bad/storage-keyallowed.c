/* Limits that are no limits. */
#define KEYS                                                                                                           \
    {                                                                                                                  \
        "size", MEMORA_KEY_BYTES, 0, "1M", "Bad.", "64K to 2M"                                                         \
    }
#define NAME "keyallowed"
#include "storage.h"
