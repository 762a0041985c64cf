/* A default that is not of the key's type. */
#define KEYS                                                                                                           \
    {                                                                                                                  \
        "size", MEMORA_KEY_BYTES, 0, "lots", "Bad.", NULL                                                              \
    }
#define NAME "keydefault"
#include "storage.h"
