/* Declares in its table that it takes one call at a time. */
#define NAME "serial"
static void declare_threads(void);
#include "storage.h"

static void declare_threads(void)
{
    plugin.threads = MEMORA_THREADS_SERIAL;
}
