/* Found by: storage put: Bail out! a call did not return in time */
/* Waits for ever at the end of an object. */
#define NAME "hang"
#define STORAGE
#include "real.h"

#include <unistd.h>

static int64_t read_on(struct memora_reader *reader, void *buf, size_t cap, struct memora_error *error)
{
    int64_t n = real.read(reader, buf, cap, error);
    while (n == 0)
        pause();
    return n;
}

static void set_up(operations *ops)
{
    ops->read = read_on;
}
