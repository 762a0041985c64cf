/* Waiting for what must come: for conditions, not for a time after which they should hold on a machine that is quick
 * and idle. Include after cmocka.h. */
#ifndef MEMORA_TEST_PATIENCE_H
#define MEMORA_TEST_PATIENCE_H

#include <stdint.h>
#include <unistd.h>

#include "base/clock.h"

/* What takes a moment may take so long before it counts as not happening. */
#define PATIENCE_NS (60 * INT64_C(1000000000))

#define AWAIT(condition)                                                                                               \
    do {                                                                                                               \
        int64_t until_ns_ = clock_mono_ns() + PATIENCE_NS;                                                             \
        while (!(condition)) {                                                                                         \
            if (clock_mono_ns() > until_ns_)                                                                           \
                fail_msg("a minute later still not: %s", #condition);                                                  \
            usleep(1000);                                                                                              \
        }                                                                                                              \
    } while (0)

#endif
