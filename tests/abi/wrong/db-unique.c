/* Found by: db errors: a unique key is in the way */
/* Does not tell a unique key from other constraints. */
#define NAME "unique"
#define DB
#include "real.h"

static int step(struct memora_stmt *stmt, struct memora_error *error)
{
    int result = real.step(stmt, error);
    return result == MEMORA_E_UNIQUE ? MEMORA_E_CONSTRAINT : result;
}

static void set_up(operations *ops)
{
    ops->step = step;
}
