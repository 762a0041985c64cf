/* Found by: db errors: no bound value in the message */
/* Puts a bound value into its message. */
#define NAME "secret"
#define DB
#include "real.h"

static _Thread_local char last[64];

static int bind_values(struct memora_stmt *stmt, const struct memora_value *values, uint32_t count,
                       struct memora_error *error)
{
    for (uint32_t i = 0; i < count; i++)
        if (values[i].type == MEMORA_TEXT && values[i].len < sizeof last) {
            memcpy(last, values[i].u.p, values[i].len);
            last[values[i].len] = '\0';
        }
    return real.bind(stmt, values, count, error);
}

static int step(struct memora_stmt *stmt, struct memora_error *error)
{
    int result = real.step(stmt, error);
    return result < 0 ? memora_fail(error, result, "failed with %s", last) : result;
}

static void set_up(operations *ops)
{
    ops->bind = bind_values;
    ops->step = step;
}
