/* Time and randomness of the machine. All thread-safe. */
#ifndef MEMORA_BASE_CLOCK_H
#define MEMORA_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

int64_t clock_wall_ns(void); /* nanoseconds since 1970-01-01 UTC */
int64_t clock_mono_ns(void); /* never steps back; for deadlines */
int64_t clock_boot_ns(void); /* likewise, and goes on while the machine sleeps; for what others may do meanwhile */

static inline int64_t clock_wall_s(void)
{
    return clock_wall_ns() / 1000000000;
}

/* Bytes from the kernel's generator; ends the process if the kernel has none (it then could not be trusted). */
void random_bytes(void *out, size_t size);

#endif
