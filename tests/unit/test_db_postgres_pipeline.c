/* Several statements in one round trip over db-postgres: their rows, and every way in which they can fail. */
#include "postgres_fixture.h"

static const int64_t second = 1000000000;

static const struct db_options short_options = {
    .read_connections = 4, .statement_cache = 16, .statement_timeout_ns = 300 * 1000000LL};

static int setup_short(void **state)
{
    return setup_postgres_with(state, &short_options);
}

static enum status_code add_first_column(void *ctx, uint32_t index, struct db_rows *rows, struct status *status)
{
    struct status problem = {0};
    int64_t *sums = ctx;
    while (db_next(rows, &problem))
        sums[index] += db_column_int(rows, 0);
    return problem.code ? status_set(status, problem.code, "%s", problem.message) : STATUS_OK;
}

static enum status_code run_together(struct fixture *f, const struct db_select *selects, uint32_t count, int64_t *sums,
                                     struct status *status)
{
    struct db_conn *conn;
    struct db_rows *rows;
    assert_int_equal(db_read_begin(f->db, &conn, status), STATUS_OK);
    assert_int_equal(db_query(conn, "SELECT 0", NULL, 0, &rows, status), STATUS_OK);
    db_rows_close(rows);
    enum status_code code = db_query_all(conn, selects, count, add_first_column, sums, status);
    db_read_end(conn);
    return code;
}

/* 1000 rows are above what a statement alone takes in at once the second time. */
static void several_statements_take_one_trip(void **state)
{
    const struct memora_value four = db_int(4);
    const struct db_select selects[] = {{"SELECT CAST(? AS INTEGER)", &four, 1},
                                        {"SELECT x FROM generate_series(1, 1000) AS x", NULL, 0},
                                        {"SELECT 1 WHERE 1 = 2", NULL, 0},
                                        {"SELECT CAST(? AS INTEGER)", &four, 1}};
    for (int i = 0; i < 3; i++) {
        int64_t sums[4] = {0};
        struct status status = {0};
        if (run_together(*state, selects, 4, sums, &status))
            fail_msg("%s", status.message);
        assert_int_equal(sums[0], 4);
        assert_int_equal(sums[1], 500500);
        assert_int_equal(sums[2], 0);
        assert_int_equal(sums[3], 4);
    }
}

static void one_that_fails_among_several_is_told(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    int64_t sums[3] = {0};
    const struct memora_value zero = db_int(0);
    const struct db_select selects[] = {
        {"SELECT 1", NULL, 0}, {"SELECT 1 / CAST(? AS INTEGER)", &zero, 1}, {"SELECT 3", NULL, 0}};
    assert_int_not_equal(run_together(f, selects, 3, sums, &status), STATUS_OK);
    assert_non_null(strstr(status.message, "22012"));
    assert_int_equal(sums[0] + sums[2], 0);
    assert_int_equal(query_int(f->db, "SELECT 1"), 1);
}

static void several_are_interrupted_together(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    int64_t sums[3] = {0}, before = clock_mono_ns();
    const struct db_select selects[] = {
        {"SELECT 1", NULL, 0}, {"SELECT 2 FROM pg_sleep(20)", NULL, 0}, {"SELECT 3", NULL, 0}};
    assert_int_equal(run_together(f, selects, 3, sums, &status), STATUS_DEADLINE_EXCEEDED);
    assert_true(clock_mono_ns() - before < 15 * second);
    for (int i = 0; i < 20; i++) /* a cancel that came late would hit one of these */
        assert_int_equal(query_int(f->db, "SELECT 1"), 1);
}

static void a_connection_lost_among_several_is_told(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    int64_t sums[3] = {0};
    const struct db_select selects[] = {{"SELECT 1", NULL, 0},
                                        {"SELECT 2 WHERE pg_terminate_backend(pg_backend_pid())", NULL, 0},
                                        {"SELECT 3", NULL, 0}};
    assert_int_equal(run_together(f, selects, 3, sums, &status), STATUS_UNAVAILABLE);
    assert_int_equal(query_int(f->db, "SELECT 1"), 1);
}

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_short, teardown_postgres)
    const struct CMUnitTest tests[] = {
        TEST(several_statements_take_one_trip),
        TEST(one_that_fails_among_several_is_told),
        TEST(several_are_interrupted_together),
        TEST(a_connection_lost_among_several_is_told),
    };
    return cmocka_run_group_tests(tests, start_postgres, remove_postgres);
}
