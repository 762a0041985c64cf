/* Found by: db dialect: json_array_has, part of an element */
/* A fragment that finds parts of tags where it should find whole ones. */
#define NAME "dialect"
#define DB
#include "real.h"

#include <stdio.h>

static struct memora_dialect dialect;
static const char *pairs[200];

static const struct memora_dialect *give_dialect(struct memora_db *db)
{
    const struct memora_dialect *true_one = real.dialect(db);
    size_t i = 0;
    for (; true_one->fragments[i] && i + 3 < sizeof pairs / sizeof pairs[0]; i += 2) {
        pairs[i] = true_one->fragments[i];
        pairs[i + 1] = strcmp(pairs[i], "json_array_has") == 0 ? "(json_extract({0}, '$.{1}') LIKE '%' || {2} || '%')"
                                                               : true_one->fragments[i + 1];
    }
    dialect = *true_one;
    dialect.fragments = pairs;
    return &dialect;
}

static void set_up(operations *ops)
{
    ops->dialect = give_dialect;
}
