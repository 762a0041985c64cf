/* A key without a word of help. */
#define KEYS                                                                                                           \
    {                                                                                                                  \
        "a", MEMORA_KEY_STRING, 0, NULL, "", NULL                                                                      \
    }
#define NAME "keyhelp"
#include "storage.h"
