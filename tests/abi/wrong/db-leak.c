/* Found by: lifecycle: open() and close() keep no memory */
/* Keeps 64 bytes of each instance. */
#define NAME "leak"
#define DB
#include "real.h"

static int open_db(const struct memora_config *config, struct memora_db **out, struct memora_error *error)
{
    char *volatile lost = malloc(64);
    if (lost)
        lost[0] = 1;
    return real.open(config, out, error);
}

static void set_up(operations *ops)
{
    ops->open = open_db;
}
