#include "base/secret.h"

#include <string.h>

void secret_wipe(void *data, size_t length)
{
    explicit_bzero(data, length);
}

bool secret_equal(const void *a, const void *b, size_t length)
{
    const volatile unsigned char *x = a, *y = b;
    unsigned char difference = 0;
    for (size_t i = 0; i < length; i++)
        difference = (unsigned char)(difference | (x[i] ^ y[i]));
    return difference == 0;
}
