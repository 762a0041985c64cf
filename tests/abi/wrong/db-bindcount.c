/* Found by: db values: too few values */
/* Takes fewer values than the statement has parameters. */
#define NAME "bindcount"
#define DB
#include "real.h"

enum { MOST = 10 };

static int bind_values(struct memora_stmt *stmt, const struct memora_value *values, uint32_t count,
                       struct memora_error *error)
{
    struct memora_value more[MOST] = {{0}};
    int result = real.bind(stmt, values, count, error);
    for (uint32_t n = count + 1; result == MEMORA_E_ARG && n <= MOST; n++) {
        if (count)
            memcpy(more, values, count * sizeof *more);
        result = real.bind(stmt, more, n, error);
    }
    return result;
}

static void set_up(operations *ops)
{
    ops->bind = bind_values;
}
