/* A key with flags that nobody knows. */
#define KEYS                                                                                                           \
    {                                                                                                                  \
        "a", MEMORA_KEY_INT, 64, NULL, "Bad.", NULL                                                                    \
    }
#define NAME "keyflags"
#include "storage.h"
