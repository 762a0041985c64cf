/* Calls a function that is nowhere. */
#define NAME "unresolved"
#define LOAD load
#include <memora/plugin.h>

int memora_test_function_that_is_nowhere(void);

static int load(const struct memora_host *host, struct memora_error *error)
{
    (void)host, (void)error;
    return memora_test_function_that_is_nowhere();
}

#include "storage.h"
