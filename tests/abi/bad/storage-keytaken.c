/* Declares a key that is the core's. */
#define KEYS                                                                                                           \
    {                                                                                                                  \
        "plugin", MEMORA_KEY_STRING, 0, NULL, "Taken.", NULL                                                           \
    }
#define NAME "keytaken"
#include "storage.h"
