/* Found by: storage put: remove() of what is not there */
/* Complains about an object that is gone already. */
#define NAME "remove"
#define STORAGE
#include "real.h"

static int remove_object(struct memora_storage *storage, const char *key, struct memora_error *error)
{
    struct memora_object object;
    int result = real.stat(storage, key, &object, error);
    return result == MEMORA_OK ? real.remove(storage, key, error) : result;
}

static void set_up(operations *ops)
{
    ops->remove = remove_object;
}
