/* Handling of secrets: wiping that the compiler keeps, and comparing in constant time. */
#ifndef MEMORA_BASE_SECRET_H
#define MEMORA_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

void secret_wipe(void *data, size_t length);
/* Time depends on length only. */
bool secret_equal(const void *a, const void *b, size_t length);

#endif
