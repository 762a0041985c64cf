/* A required key with a default. */
#define KEYS                                                                                                           \
    {                                                                                                                  \
        "a", MEMORA_KEY_STRING, MEMORA_KEY_REQUIRED, "x", "Bad.", NULL                                                 \
    }
#define NAME "keyrequired"
#include "storage.h"
