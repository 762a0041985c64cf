/* Finds out in load() that it can take one call at a time only. */
#define NAME "lowered"
static void declare_threads(void);
#include "storage.h"

static int (*real_load)(const struct memora_host *host, struct memora_error *error);

static int load(const struct memora_host *host, struct memora_error *error)
{
    plugin.threads = MEMORA_THREADS_SERIAL;
    return real_load ? real_load(host, error) : MEMORA_OK;
}

static void declare_threads(void)
{
    plugin.threads = MEMORA_THREADS_PARALLEL;
    real_load = plugin.load;
    plugin.load = load;
}
