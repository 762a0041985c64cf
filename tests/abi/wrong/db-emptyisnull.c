/* Found by: db values: an empty text is not NULL */
/* Binds NULL for an empty text. */
#define NAME "emptyisnull"
#define DB
#include "real.h"

enum { MOST = 100 };

static int bind_values(struct memora_stmt *stmt, const struct memora_value *values, uint32_t count,
                       struct memora_error *error)
{
    struct memora_value copy[MOST];
    if (count > MOST)
        return real.bind(stmt, values, count, error);
    for (uint32_t i = 0; i < count; i++) {
        copy[i] = values[i];
        if (copy[i].type == MEMORA_TEXT && copy[i].len == 0)
            copy[i].type = MEMORA_NULL;
    }
    return real.bind(stmt, copy, count, error);
}

static void set_up(operations *ops)
{
    ops->bind = bind_values;
}
