/* Found by: lifecycle: Bail out! the plugin crashed */
/* Does not look whether it got memory. */
#define NAME "nomem"
#define DB
#include "real.h"

static int open_db(const struct memora_config *config, struct memora_db **out, struct memora_error *error)
{
    char *copy = malloc(100);
    memset(copy, 0, 100);
    int result = real.open(config, out, error);
    copy[1] = copy[2];
    free(copy);
    return result;
}

static void set_up(operations *ops)
{
    ops->open = open_db;
}
