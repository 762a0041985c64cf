/* Declares a key twice. */
#define KEYS                                                                                                           \
    {"a", MEMORA_KEY_INT, 0, "1", "Fine.", NULL},                                                                      \
    {                                                                                                                  \
        "a", MEMORA_KEY_INT, 0, "2", "Twice.", NULL                                                                    \
    }
#define NAME "keytwice"
#include "storage.h"
