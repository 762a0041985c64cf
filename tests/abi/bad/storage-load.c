/* load() fails. */
#define NAME "load"
#define LOAD load
#include <memora/plugin.h>

static int load(const struct memora_host *host, struct memora_error *error)
{
    (void)host;
    return memora_fail(error, MEMORA_E_UNSUPPORTED, "needs a moon\nof another colour");
}

#include "storage.h"
