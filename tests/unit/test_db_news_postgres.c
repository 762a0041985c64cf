/* News between servers on PostgreSQL: NOTIFY and LISTEN. */
#include "postgres_fixture.h"

#include "news_cases.h"

static void open_again(const struct fixture *f, struct db **out)
{
    struct status status = {0};
    (void)f;
    if (open_dsn(dsn_of("notes"), &default_options, out, &status))
        fail_msg("%s", status.message);
}

static void stop_database(void)
{
    assert_int_equal(postgres_script("stop", ""), 0);
}

static void start_database(void)
{
    assert_int_equal(postgres_script("start", ""), 0);
}

/* Whatever else is said on the channel is not understood, so anything may have changed. */
static void strange_messages_mean_anything(void **state)
{
    struct pair *pair = open_pair(state);
    unsigned missed = times_missed(&pair->there_ear);
    assert_int_equal(postgres_script("sql", "notes <<'END'\nSELECT pg_notify('memora_change', 'hello');\nEND\n"), 0);
    AWAIT(times_missed(&pair->there_ear) > missed);
    close_pair(pair);
}

/* The session that listens is ended, while all others stay. */
static void a_lost_listener_comes_back(void **state)
{
    struct pair *pair = open_pair(state);
    assert_int_equal(postgres_script("sql", "notes <<'END'\nSELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                                            "WHERE query LIKE 'LISTEN%';\nEND\n"),
                     0);
    AWAIT(times_missed(&pair->there_ear) > 0);
    wait_until_current(pair->there, true);
    write_and_tell(pair->here, "user 6\n");
    wait_until_heard(&pair->there_ear, "user 6\n");
    close_pair(pair);
}

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        NEWS_CASES(setup_postgres, teardown_postgres),
        cmocka_unit_test_setup_teardown(strange_messages_mean_anything, setup_postgres, teardown_postgres),
        cmocka_unit_test_setup_teardown(a_lost_listener_comes_back, setup_postgres, teardown_postgres),
    };
    return cmocka_run_group_tests(tests, start_postgres, remove_postgres);
}
