/* An arena for each test, for those that need nothing else. Comes last, since parameters in other headers have the name
 * of the variable. */
#ifndef MEMORA_TESTS_ARENA_FIXTURE_H
#define MEMORA_TESTS_ARENA_FIXTURE_H

#include "base/arena.h"

static struct arena *arena;

static inline int set_up(void **state)
{
    (void)state;
    arena = arena_create();
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

#endif
