/* Found by: storage range: the last byte */
/* Counts ranges as HTTP does, with the last byte in them. */
#define NAME "range"
#define STORAGE
#include "real.h"

static int get(struct memora_storage *storage, const char *key, uint64_t off, uint64_t len, struct memora_reader **out,
               struct memora_object *info, struct memora_error *error)
{
    return real.get(storage, key, off, len == UINT64_MAX || len == 0 ? len : len - 1, out, info, error);
}

static void set_up(operations *ops)
{
    ops->get = get;
}
