/* Leases of background work between servers of one database; the including program says which one. */
#ifndef TEST_LEASE_CASES_H
#define TEST_LEASE_CASES_H

#include "event/lease.h"
#include "patience.h"
#include "store/lease.h"
#include "store/store.h"

static void stop_database(void);
static void start_database(void);

static const char *const names[] = {"clean-up", "mail"};

static struct leases *hold(struct store *store)
{
    struct status status = {0};
    struct leases *leases = NULL;
    if (leases_start(store, names, 2, NULL, NULL, &leases, &status))
        fail_msg("%s", status.message);
    return leases;
}

static int64_t wait_until_held(const struct leases *leases, const char *name)
{
    int64_t start = clock_mono_ns();
    AWAIT(lease_held(leases, name));
    return clock_mono_ns() - start;
}

static struct store *store_of(struct fixture *f)
{
    struct status status = {0};
    if (db_migrate(f->db, &status))
        fail_msg("%s", status.message);
    return store_create(f->db);
}

static void one_holds_it_and_another_takes_over_at_once_when_it_stops(void **state)
{
    struct store *store = store_of(*state);
    struct leases *first = hold(store);
    wait_until_held(first, "clean-up");
    wait_until_held(first, "mail");
    struct leases *second = hold(store);
    for (int64_t until = clock_mono_ns() + 2 * LEASE_RENEW_NS; clock_mono_ns() < until; usleep(20000)) {
        assert_true(lease_held(first, "clean-up"));
        assert_false(lease_held(second, "clean-up"));
        assert_false(lease_held(second, "mail"));
    }
    leases_stop(first);
    assert_true(wait_until_held(second, "clean-up") < LEASE_LIFE_NS); /* without waiting for its end */
    wait_until_held(second, "mail");
    assert_false(lease_held(second, "unknown"));
    leases_stop(second);
    store_destroy(store);
}

/* A killed server leaves its row behind. */
static void a_dead_holder_loses_it(void **state)
{
    struct store *store = store_of(*state);
    struct status status = {0};
    struct store_lease none = {0}, row;
    bool taken = false;
    assert_int_equal(store_lease_take(store, "clean-up", &none, "dead", &taken, &status), STATUS_OK);
    assert_true(taken);
    /* Whatever the dead one's clock showed. */
    execute(store->db, "UPDATE memora_lease SET until_ms = 9000000000000000 WHERE name = 'clean-up'");
    struct leases *heir = hold(store);
    int64_t waited_ns = wait_until_held(heir, "clean-up");
    assert_true(waited_ns >= LEASE_LIFE_NS);
    assert_int_equal(store_lease_read(store, "clean-up", &row, &status), STATUS_OK);
    assert_true(row.exists && row.number > INT64_C(9000000000000000));
    leases_stop(heir);
    assert_int_equal(store_lease_read(store, "clean-up", &row, &status), STATUS_OK);
    assert_false(row.exists);
    store_destroy(store);
}

/* The holder stops counting on it before anybody else may take it. */
static void a_holder_without_database_lets_go(void **state)
{
    struct store *store = store_of(*state);
    struct leases *leases = hold(store);
    wait_until_held(leases, "mail");
    stop_database();
    /* The clock before asking: what happens to us afterwards is not the lease's time. */
    int64_t stopped_ns = clock_mono_ns(), asked_ns = stopped_ns;
    for (; lease_held(leases, "mail"); asked_ns = clock_mono_ns()) {
        assert_true(asked_ns - stopped_ns <= LEASE_LIFE_NS);
        usleep(10000);
    }
    start_database();
    wait_until_held(leases, "mail");
    leases_stop(leases);
    store_destroy(store);
}

static void only_who_saw_the_row_as_it_is_takes_it(void **state)
{
    struct store *store = store_of(*state);
    struct status status = {0};
    struct store_lease none = {0}, row;
    bool taken = false;
    assert_int_equal(store_lease_take(store, "mail", &none, "a", &taken, &status), STATUS_OK);
    assert_true(taken);
    assert_int_equal(store_lease_take(store, "mail", &none, "b", &taken, &status), STATUS_OK);
    assert_false(taken);
    assert_int_equal(store_lease_read(store, "mail", &row, &status), STATUS_OK);
    assert_string_equal(row.holder, "a");
    assert_int_equal(store_lease_take(store, "mail", &row, "a", &taken, &status), STATUS_OK);
    assert_true(taken); /* renewed, so what was read is stale */
    assert_int_equal(store_lease_take(store, "mail", &row, "b", &taken, &status), STATUS_OK);
    assert_false(taken);
    assert_int_equal(store_lease_leave(store, "mail", "b", &status), STATUS_OK);
    assert_int_equal(store_lease_read(store, "mail", &row, &status), STATUS_OK);
    assert_true(row.exists);
    store_destroy(store);
}

#define LEASE_CASES(setup, teardown)                                                                                   \
    cmocka_unit_test_setup_teardown(one_holds_it_and_another_takes_over_at_once_when_it_stops, setup, teardown),       \
        cmocka_unit_test_setup_teardown(a_dead_holder_loses_it, setup, teardown),                                      \
        cmocka_unit_test_setup_teardown(a_holder_without_database_lets_go, setup, teardown),                           \
        cmocka_unit_test_setup_teardown(only_who_saw_the_row_as_it_is_takes_it, setup, teardown)

#endif
