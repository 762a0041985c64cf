/* A default outside of the limits. */
#define KEYS                                                                                                           \
    {                                                                                                                  \
        "mode", MEMORA_KEY_STRING, 0, "quick", "Bad.", "full|normal"                                                   \
    }
#define NAME "keyoutside"
#include "storage.h"
