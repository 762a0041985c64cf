#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "base/clock.h"
#include "cache/cache.h"

enum { MINUTE_S = 60 };
static const int64_t SECOND_NS = 1000000000;

static int setup(void **state)
{
    *state = arena_create();
    return 0;
}

static int teardown(void **state)
{
    arena_destroy(*state);
    return 0;
}

static bool has(struct cache *cache, struct arena *arena, const char *key)
{
    return cache_get(cache, key, arena, NULL) != NULL;
}

static void gives_back_a_copy(void **state)
{
    struct cache *cache = cache_create(1000, MINUTE_S * SECOND_NS);
    size_t length = 99;
    assert_null(cache_get(cache, "1", *state, &length));
    cache_put(cache, "1", "a\0b", 3);
    char *value = cache_get(cache, "1", *state, &length);
    assert_non_null(value);
    assert_int_equal(length, 3);
    assert_memory_equal(value, "a\0b\0", 4);
    cache_put(cache, "1", "new", 3);
    assert_memory_equal(value, "a\0b\0", 4);
    assert_string_equal(cache_get(cache, "1", *state, NULL), "new");
    cache_destroy(cache);
}

static void keeps_empty_values_apart_from_absence(void **state)
{
    struct cache *cache = cache_create(10, MINUTE_S * SECOND_NS);
    size_t length = 99;
    cache_put(cache, "", NULL, 0);
    assert_non_null(cache_get(cache, "", *state, &length));
    assert_int_equal(length, 0);
    assert_false(has(cache, *state, "other"));
    cache_destroy(cache);
}

static void forgets_what_is_removed(void **state)
{
    struct cache *cache = cache_create(1000, MINUTE_S * SECOND_NS);
    cache_put(cache, "1", "a", 1);
    cache_put(cache, "2", "b", 1);
    cache_remove(cache, "1");
    cache_remove(cache, "never there");
    assert_false(has(cache, *state, "1"));
    assert_true(has(cache, *state, "2"));
    cache_clear(cache);
    assert_false(has(cache, *state, "2"));
    cache_destroy(cache);
}

static void lives_from_the_last_write(void **state)
{
    struct cache *cache = cache_create(10, SECOND_NS);
    const struct timespec pause = {.tv_nsec = 600000000};
    bool in_time = false;
    for (int i = 0; i < 20 && !in_time; i++) { /* again where the machine itself paused for longer */
        int64_t first_ns = clock_mono_ns();
        cache_put(cache, "kept", "1", 1);
        cache_put(cache, "read", "1", 1);
        nanosleep(&pause, NULL);
        int64_t second_ns = clock_mono_ns();
        cache_put(cache, "kept", "2", 1);
        bool was_read = has(cache, *state, "read"); /* reading must not prolong it */
        in_time = clock_mono_ns() - first_ns < SECOND_NS;
        assert_true(was_read || !in_time);
        nanosleep(&pause, NULL);
        assert_false(has(cache, *state, "read"));
        const char *kept = cache_get(cache, "kept", *state, NULL);
        in_time &= clock_mono_ns() - second_ns < SECOND_NS;
        assert_true(!in_time || (kept && strcmp(kept, "2") == 0));
    }
    assert_true(in_time);
    cache_destroy(cache);
}

static void evicts_the_oldest_fifth_when_full(void **state)
{
    struct cache *cache = cache_create(10, MINUTE_S * SECOND_NS);
    char key[8];
    for (int i = 0; i < 10; i++) {
        snprintf(key, sizeof key, "%d", i);
        cache_put(cache, key, "x", 1);
    }
    cache_put(cache, "0", "x", 1); /* now the newest */
    cache_put(cache, "11", "x", 1);
    assert_true(has(cache, *state, "0"));
    assert_false(has(cache, *state, "1"));
    assert_false(has(cache, *state, "2"));
    assert_true(has(cache, *state, "3"));
    assert_true(has(cache, *state, "11"));
    cache_destroy(cache);
}

static void stays_within_its_bound(void **state)
{
    struct cache *cache = cache_create(1000, MINUTE_S * SECOND_NS);
    char key[16];
    for (int i = 0; i < 5000; i++) {
        snprintf(key, sizeof key, "%d", i);
        cache_put(cache, key, key, strlen(key));
    }
    int present = 0;
    for (int i = 0; i < 5000; i++) {
        snprintf(key, sizeof key, "%d", i);
        present += has(cache, *state, key);
    }
    assert_in_range(present, 700, 1000);
    assert_true(has(cache, *state, "4999"));
    cache_destroy(cache);
}

static void late_fill_loses_against_an_eviction(void **state)
{
    struct cache *cache = cache_create(1000, MINUTE_S * SECOND_NS);
    uint64_t before = cache_generation(cache, "7");
    cache_remove(cache, "7"); /* someone changed the row while we read it */
    cache_put_if(cache, "7", "stale", 5, before);
    assert_false(has(cache, *state, "7"));
    cache_put_if(cache, "7", "fresh", 5, cache_generation(cache, "7"));
    assert_string_equal(cache_get(cache, "7", *state, NULL), "fresh");

    before = cache_generation(cache, "7");
    cache_put(cache, "7", "newer", 5);
    cache_put_if(cache, "7", "stale", 5, before);
    assert_string_equal(cache_get(cache, "7", *state, NULL), "newer");

    before = cache_generation(cache, "8");
    cache_clear(cache);
    cache_put_if(cache, "8", "stale", 5, before);
    assert_false(has(cache, *state, "8"));
    cache_destroy(cache);
}

static void two_fills_do_not_disturb_each_other(void **state)
{
    struct cache *cache = cache_create(10, MINUTE_S * SECOND_NS);
    uint64_t one = cache_generation(cache, "k"), two = cache_generation(cache, "k");
    cache_put_if(cache, "k", "a", 1, one);
    cache_put_if(cache, "k", "b", 1, two);
    assert_string_equal(cache_get(cache, "k", *state, NULL), "b");
    cache_destroy(cache);
}

struct worker {
    struct cache *cache;
    int seed;
    bool torn;
};

static void *hammer(void *arg)
{
    struct worker *worker = arg;
    struct arena *arena = arena_create();
    char key[16], value[64];
    for (int i = 0; i < 4000; i++) {
        int n = (i * 7 + worker->seed) % 300;
        snprintf(key, sizeof key, "%d", n);
        memset(value, 'a' + n % 26, sizeof value);
        size_t length = 0;
        char *got = cache_get(worker->cache, key, arena, &length);
        for (size_t b = 0; got && b < length; b++)
            worker->torn |= got[b] != 'a' + n % 26;
        if (i % 5 == 0)
            cache_remove(worker->cache, key);
        else if (i % 2)
            cache_put(worker->cache, key, value, sizeof value);
        else
            cache_put_if(worker->cache, key, value, sizeof value, cache_generation(worker->cache, key));
        if (i % 1000 == 999) {
            cache_clear(worker->cache);
            arena_reset(arena);
        }
    }
    arena_destroy(arena);
    return NULL;
}

static void is_thread_safe(void **state)
{
    (void)state;
    struct cache *cache = cache_create(256, SECOND_NS / 1000);
    pthread_t threads[4];
    struct worker workers[4];
    for (int i = 0; i < 4; i++) {
        workers[i] = (struct worker){.cache = cache, .seed = i * 11};
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, &workers[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_false(workers[i].torn);
    }
    cache_destroy(cache);
}

static void destroying_nothing_is_fine(void **state)
{
    (void)state;
    cache_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(gives_back_a_copy, setup, teardown),
        cmocka_unit_test_setup_teardown(keeps_empty_values_apart_from_absence, setup, teardown),
        cmocka_unit_test_setup_teardown(forgets_what_is_removed, setup, teardown),
        cmocka_unit_test_setup_teardown(lives_from_the_last_write, setup, teardown),
        cmocka_unit_test_setup_teardown(evicts_the_oldest_fifth_when_full, setup, teardown),
        cmocka_unit_test_setup_teardown(stays_within_its_bound, setup, teardown),
        cmocka_unit_test_setup_teardown(late_fill_loses_against_an_eviction, setup, teardown),
        cmocka_unit_test_setup_teardown(two_fills_do_not_disturb_each_other, setup, teardown),
        cmocka_unit_test_setup_teardown(is_thread_safe, setup, teardown),
        cmocka_unit_test(destroying_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
