/* A database that finds out in load() that it can do one thing at a time only. */
#define NAME "lowered"
#define LOAD load
#include <memora/db.h>

static int load(const struct memora_host *host, struct memora_error *error);

#include "db.h"

static int load(const struct memora_host *host, struct memora_error *error)
{
    (void)host, (void)error;
    plugin.threads = MEMORA_THREADS_SERIAL;
    return MEMORA_OK;
}
