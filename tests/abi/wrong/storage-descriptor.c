/* Found by: lifecycle: open() and close() keep no descriptor */
/* Keeps a descriptor of each instance. */
#define NAME "descriptor"
#define STORAGE
#include "real.h"

#include <fcntl.h>

static int open_storage(const struct memora_config *config, struct memora_storage **out, struct memora_error *error)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return fd < 0 ? memora_fail(error, MEMORA_E_IO, "no descriptor") : real.open(config, out, error);
}

static void set_up(operations *ops)
{
    ops->open = open_storage;
}
