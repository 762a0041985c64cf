/* A key with a name that no file could have. */
#define KEYS                                                                                                           \
    {                                                                                                                  \
        "Root Dir", MEMORA_KEY_PATH, 0, NULL, "Bad.", NULL                                                             \
    }
#define NAME "keyname"
#include "storage.h"
