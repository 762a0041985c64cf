/* Found by: storage list: a listing goes on behind the last key */
/* Begins again at the key where it stopped, not behind it. */
#define NAME "list"
#define STORAGE
#include "real.h"

static int list(struct memora_storage *storage, const char *prefix, const char *after,
                int (*item)(void *, const char *, const struct memora_object *), void *ctx, struct memora_error *error)
{
    char before[MEMORA_STORAGE_KEY_MAX + 1];
    size_t length = strlen(after);
    memcpy(before, after, length + 1);
    if (length > 1)
        before[length - 1] = (char)(before[length - 1] - 1);
    return real.list(storage, prefix, before, item, ctx, error);
}

static void set_up(operations *ops)
{
    ops->list = list;
}
