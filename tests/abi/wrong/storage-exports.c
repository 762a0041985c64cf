/* Found by: abi: exports memora_plugin_v1 and nothing else */
/* Exports a second symbol. */
#define NAME "exports"
#define STORAGE
#include "real.h"

MEMORA_EXPORT int another_symbol(void);
int another_symbol(void)
{
    return 1;
}

static void set_up(operations *ops)
{
    (void)ops;
}
