/* The rules for keys of objects (memora/storage.h), for storage plugins. */
#ifndef COMMON_OBJECT_KEY_H
#define COMMON_OBJECT_KEY_H

#include <stdbool.h>

/* UTF-8 of 1..1024 bytes, segments separated by '/', none of them empty, "." or "..", no control character. */
bool object_key_valid(const char *key);

#endif
