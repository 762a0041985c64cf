/* News between servers on MariaDB: the table memora_change. */
#include "mysql_fixture.h"

#include <semaphore.h>

#include "news_cases.h"

static void open_again(const struct fixture *f, struct db **out)
{
    char dsn[256];
    struct status status = {0};
    dsn_of(f, dsn, sizeof dsn);
    if (open_mysql(dsn, NULL, NULL, &default_options, out, &status))
        fail_msg("%s", status.message);
}

static void stop_database(void)
{
    server_action("stop");
}

static void start_database(void)
{
    server_action("start");
}

struct slow_write {
    struct db *db;
    sem_t told, go_on;
};

static enum status_code tell_and_wait(struct db_conn *conn, void *ctx, struct status *status)
{
    struct slow_write *slow = ctx;
    enum status_code code = db_tell(conn, "user 7\n", status);
    sem_post(&slow->told);
    sem_wait(&slow->go_on);
    return code;
}

static void *write_slowly(void *argument)
{
    struct slow_write *slow = argument;
    struct status status = {0};
    assert_int_equal(db_write(slow->db, tell_and_wait, slow, &status), STATUS_OK);
    return NULL;
}

/* A row that was written first and committed last has the lower id, and turns up behind what was read already. */
static void rows_that_turn_up_late_are_heard_once(void **state)
{
    struct pair *pair = open_pair(state);
    struct slow_write slow = {.db = pair->here};
    pthread_t thread;
    sem_init(&slow.told, 0, 0);
    sem_init(&slow.go_on, 0, 0);
    assert_int_equal(pthread_create(&thread, NULL, write_slowly, &slow), 0);
    sem_wait(&slow.told);
    write_and_tell(pair->here, "user 8\n");
    wait_until_heard(&pair->there_ear, "user 8\n");
    assert_int_equal(times_heard(&pair->there_ear, "user 7"), 0);
    sem_post(&slow.go_on);
    pthread_join(thread, NULL);
    wait_until_heard(&pair->there_ear, "user 7\n");
    pause_ms(600); /* two more readings of the same rows */
    assert_int_equal(times_heard(&pair->there_ear, "user 7"), 1);
    assert_int_equal(times_heard(&pair->there_ear, "user 8"), 1);
    sem_destroy(&slow.told);
    sem_destroy(&slow.go_on);
    close_pair(pair);
}

/* More rows than one page holds. */
static void many_rows_are_heard_once(void **state)
{
    enum { ROWS = 1200 };
    struct pair *pair = open_pair(state);
    char sql[256];
    snprintf(sql, sizeof sql,
             "INSERT INTO memora_change (origin, created_ms, payload) "
             "SELECT 'another', 0, CONCAT('user ', @n := @n + 1, '\\n') FROM (SELECT @n := 0) AS start, "
             "information_schema.collations AS a, information_schema.collations AS b LIMIT %d",
             ROWS);
    server_sql(pair->f->path, sql);
    wait_until_heard(&pair->there_ear, "user 1200\n");
    pause_ms(600);
    for (int i = 1; i <= ROWS; i += 100) {
        char line[32];
        snprintf(line, sizeof line, "user %d\n", i);
        assert_int_equal(times_heard(&pair->there_ear, line), 1);
    }
    close_pair(pair);
}

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        NEWS_CASES(setup_mysql, teardown_mysql),
        cmocka_unit_test_setup_teardown(rows_that_turn_up_late_are_heard_once, setup_mysql, teardown_mysql),
        cmocka_unit_test_setup_teardown(many_rows_are_heard_once, setup_mysql, teardown_mysql),
    };
    return cmocka_run_group_tests(tests, start_server, remove_server);
}
