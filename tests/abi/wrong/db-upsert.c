/* Found by: db store: the store: several writers of one setting */
/* Leaves the value that is there where it should replace it. */
#define NAME "upsert"
#define DB
#include "real.h"

static struct memora_dialect dialect;
static const char *pairs[200];

static const struct memora_dialect *give_dialect(struct memora_db *db)
{
    const struct memora_dialect *true_one = real.dialect(db);
    size_t i = 0;
    for (; true_one->fragments[i] && i + 3 < sizeof pairs / sizeof pairs[0]; i += 2) {
        pairs[i] = true_one->fragments[i];
        pairs[i + 1] = strcmp(pairs[i], "upsert") == 0 ? "ON CONFLICT ({0}) DO NOTHING" : true_one->fragments[i + 1];
    }
    dialect = *true_one;
    dialect.fragments = pairs;
    return &dialect;
}

static void set_up(operations *ops)
{
    ops->dialect = give_dialect;
}
