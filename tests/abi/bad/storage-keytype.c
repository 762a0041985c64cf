/* A key of a type that nobody knows. */
#define KEYS                                                                                                           \
    {                                                                                                                  \
        "a", 17, 0, NULL, "Bad.", NULL                                                                                 \
    }
#define NAME "keytype"
#include "storage.h"
