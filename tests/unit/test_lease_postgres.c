#include "postgres_fixture.h"

#include "lease_cases.h"

static void stop_database(void)
{
    assert_int_equal(postgres_script("stop", ""), 0);
}

static void start_database(void)
{
    assert_int_equal(postgres_script("start", ""), 0);
}

static void alone_it_is_always_held(void **state)
{
    struct store *store = store_of(*state);
    struct leases *leases = hold(store);
    assert_true(lease_held(leases, "mail"));
    assert_false(lease_held(leases, "unknown"));
    leases_stop(leases);
    leases_stop(NULL);
    store_destroy(store);
}

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        LEASE_CASES(setup_postgres, teardown_postgres),
        cmocka_unit_test_setup_teardown(alone_it_is_always_held, setup, teardown),
    };
    return cmocka_run_group_tests(tests, start_postgres, remove_postgres);
}
