/* Bounds in time and number: statement timeout, busy pool, slow statements, lost connections. */
#include "db_fixture.h"

#include "patience.h"

static const char endless[] = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT MAX(x) FROM c";

static const struct db_options short_options = {
    .read_connections = 2, .statement_cache = 8, .statement_timeout_ns = 1000 * 1000000LL};

static int setup_short(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct db_options options = {.read_connections = 2, .statement_cache = 8, .statement_timeout_ns = 1000 * 1000000LL};
    make_dir(f);
    open_with(f, &options);
    *state = f;
    return 0;
}

static void long_statement_is_interrupted(void **state)
{
    struct fixture *f = *state;
    struct db_conn *conn;
    struct db_rows *rows;
    struct status status = {0};
    assert_int_equal(db_read_begin(f->db, &conn, &status), STATUS_OK);
    assert_int_equal(db_query(conn, endless, NULL, 0, &rows, &status), STATUS_DEADLINE_EXCEEDED);
    /* The connection goes on working. */
    assert_int_equal(db_query(conn, "SELECT 7", NULL, 0, &rows, &status), STATUS_OK);
    assert_true(db_next(rows, &status));
    db_rows_close(rows);
    db_read_end(conn);
}

/* Rows that come one by one are bounded as well. */
static void long_reading_is_interrupted(void **state)
{
    struct fixture *f = *state;
    struct db_conn *conn;
    struct db_rows *rows;
    struct status status = {0};
    assert_int_equal(db_read_begin(f->db, &conn, &status), STATUS_OK);
    assert_int_equal(db_query(conn, "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c",
                              NULL, 0, &rows, &status),
                     STATUS_OK);
    while (db_next(rows, &status))
        ;
    assert_int_equal(status.code, STATUS_DEADLINE_EXCEEDED);
    db_rows_close(rows);
    db_read_end(conn);
    assert_int_equal(query_int(f->db, "SELECT 5"), 5);
}

/* A statement between two rows of another one does not end the time limit of that. */
static void long_reading_around_another_is_interrupted(void **state)
{
    struct fixture *f = *state;
    struct db_conn *conn;
    struct db_rows *rows, *inner;
    struct status status = {0};
    assert_int_equal(db_read_begin(f->db, &conn, &status), STATUS_OK);
    assert_int_equal(db_query(conn, "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c",
                              NULL, 0, &rows, &status),
                     STATUS_OK);
    assert_true(db_next(rows, &status));
    assert_int_equal(db_query(conn, "SELECT 7", NULL, 0, &inner, &status), STATUS_OK);
    db_rows_close(inner);
    int64_t give_up = clock_mono_ns() + 20LL * 1000000000;
    while (db_next(rows, &status) && clock_mono_ns() < give_up)
        ;
    assert_int_equal(status.code, STATUS_DEADLINE_EXCEEDED);
    db_rows_close(rows);
    db_read_end(conn);
}

/* Who asks for a memo need not know where the database lies. */
static void failed_connection_tells_no_place(void **state)
{
    struct fixture *f = *state;
    struct db_conn *first, *second;
    struct status status = {0};
    char moved[80];
    snprintf(moved, sizeof moved, "%s-moved", f->dir);
    assert_int_equal(db_read_begin(f->db, &first, &status), STATUS_OK);
    assert_int_equal(rename(f->dir, moved), 0);
    assert_int_equal(db_read_begin(f->db, &second, &status), STATUS_INTERNAL);
    assert_int_equal(rename(moved, f->dir), 0);
    assert_string_equal(status.message, "the database cannot be read or written");
    db_read_end(first);
}

struct long_reader {
    struct db *db;
    atomic_bool begun, ended;
};

static void *endless_query(void *argument)
{
    struct long_reader *reader = argument;
    struct db_conn *conn;
    struct db_rows *rows;
    struct status status = {0};
    if (db_read_begin(reader->db, &conn, &status) == STATUS_OK) {
        atomic_store(&reader->begun, true);
        db_query(conn, endless, NULL, 0, &rows, &status);
        db_read_end(conn);
    }
    atomic_store(&reader->ended, true);
    return NULL;
}

/* One long statement does not delay the short ones of others. */
static void others_go_on_meanwhile(void **state)
{
    struct fixture *f = *state;
    struct db_options options = default_options;
    options.statement_timeout_ns = 5LL * 1000000000;
    db_close(f->db);
    open_with(f, &options);
    struct long_reader reader = {.db = f->db};
    pthread_t thread;
    pthread_create(&thread, NULL, endless_query, &reader);
    AWAIT(atomic_load(&reader.begun));
    for (int i = 0; i < 20; i++)
        assert_int_equal(query_int(f->db, "SELECT 5"), 5);
    assert_false(atomic_load(&reader.ended));
    pthread_join(thread, NULL);
}

static void exhausted_pool_is_unavailable(void **state)
{
    struct fixture *f = *state;
    struct db_conn *conns[2], *third = NULL;
    struct status status = {0};
    for (int i = 0; i < 2; i++)
        assert_int_equal(db_read_begin(f->db, &conns[i], &status), STATUS_OK);
    int64_t start = clock_mono_ns();
    assert_int_equal(db_read_begin(f->db, &third, &status), STATUS_UNAVAILABLE);
    assert_true(clock_mono_ns() - start >= short_options.statement_timeout_ns - 10 * 1000000LL);
    assert_non_null(strstr(status.message, "all 2"));
    db_read_end(conns[0]);
    assert_int_equal(db_read_begin(f->db, &third, &status), STATUS_OK);
    db_read_end(third);
    db_read_end(conns[1]);
    db_read_end(NULL);
}

static void *give_back_later(void *argument)
{
    usleep(50 * 1000);
    db_read_end(argument);
    return NULL;
}

static void waiting_gets_what_is_given_back(void **state)
{
    struct fixture *f = *state;
    struct db_options options = short_options;
    struct db_conn *conns[2], *third;
    struct status status = {0};
    pthread_t thread;
    options.statement_timeout_ns = PATIENCE_NS;
    db_close(f->db);
    open_with(f, &options);
    for (int i = 0; i < 2; i++)
        assert_int_equal(db_read_begin(f->db, &conns[i], &status), STATUS_OK);
    pthread_create(&thread, NULL, give_back_later, conns[1]);
    assert_int_equal(db_read_begin(f->db, &third, &status), STATUS_OK);
    pthread_join(thread, NULL);
    db_read_end(third);
    db_read_end(conns[0]);
}

struct holder {
    struct db *db;
    atomic_bool begun, let_go;
};

static enum status_code hold(struct db_conn *conn, void *ctx, struct status *status)
{
    struct holder *holder = ctx;
    (void)conn, (void)status;
    atomic_store(&holder->begun, true);
    while (!atomic_load(&holder->let_go))
        usleep(1000);
    return STATUS_OK;
}

static void *hold_writer(void *argument)
{
    struct holder *holder = argument;
    struct status status = {0};
    db_write(holder->db, hold, holder, &status);
    return NULL;
}

/* A write that nobody has begun is given up; it has then not happened. */
static void waiting_writes_are_given_up(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    pthread_t thread;
    execute(f->db, "CREATE TABLE t (v)");
    struct holder holder = {.db = f->db};
    pthread_create(&thread, NULL, hold_writer, &holder);
    AWAIT(atomic_load(&holder.begun));
    struct one_statement one = {.sql = "INSERT INTO t VALUES (1)"};
    assert_int_equal(db_write(f->db, run_statement, &one, &status), STATUS_UNAVAILABLE);
    atomic_store(&holder.let_go, true);
    pthread_join(thread, NULL);
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM t"), 0);
    execute(f->db, "INSERT INTO t VALUES (1)");
}

static void forgotten_rows_cost_the_connection(void **state)
{
    struct fixture *f = *state;
    struct db_conn *conn;
    struct db_rows *rows;
    struct status status = {0};
    assert_int_equal(db_read_begin(f->db, &conn, &status), STATUS_OK);
    assert_int_equal(db_query(conn, "SELECT 1 UNION SELECT 2", NULL, 0, &rows, &status), STATUS_OK);
    db_read_end(conn);
    assert_int_equal(f->db->pool.count, 0);
    assert_int_equal(query_int(f->db, "SELECT 5"), 5);
}

/* ---- a plugin whose connections can be cut ---- */

static struct memora_db_ops cut_ops;
static const struct memora_db_ops *real_ops;
static int cut_steps, fail_connects;

static int cut_step(struct memora_stmt *stmt, struct memora_error *error)
{
    if (cut_steps > 0) {
        cut_steps--;
        return memora_fail(error, MEMORA_E_CONN, "the server is gone");
    }
    return real_ops->step(stmt, error);
}

static int cut_connect(struct memora_db *db, struct memora_conn **out, struct memora_error *error)
{
    if (fail_connects > 0) {
        fail_connects--;
        return memora_fail(error, MEMORA_E_IO, "the server does not answer");
    }
    return real_ops->connect(db, out, error);
}

static int retry_commits;

static int cut_commit(struct memora_conn *conn, struct memora_error *error)
{
    if (retry_commits > 0) {
        retry_commits--;
        return memora_fail(error, MEMORA_E_RETRY, "serialization failure");
    }
    if (retry_commits < 0)
        return memora_fail(error, MEMORA_E_FULL, "disk full");
    return real_ops->commit(conn, error);
}

static int setup_cut(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    make_dir(f);
    real_ops = &sqlite_plugin()->ops.db;
    cut_ops = *real_ops;
    cut_ops.step = cut_step;
    cut_ops.connect = cut_connect;
    cut_ops.commit = cut_commit;
    cut_steps = fail_connects = retry_commits = 0;
    struct status status = {0};
    if (open_database_through(&cut_ops, f->path, &short_options, &f->db, &status))
        fail_msg("%s", status.message);
    execute(f->db, "CREATE TABLE t (v)");
    *state = f;
    return 0;
}

static void dead_reader_is_replaced(void **state)
{
    struct fixture *f = *state;
    struct db_conn *conn;
    struct db_rows *rows;
    struct status status = {0};
    cut_steps = 1;
    assert_int_equal(query_int(f->db, "SELECT 5"), 5);
    /* In the midst of a reading it is told, not hidden. */
    assert_int_equal(db_read_begin(f->db, &conn, &status), STATUS_OK);
    assert_int_equal(db_query(conn, "SELECT 1", NULL, 0, &rows, &status), STATUS_OK);
    db_rows_close(rows);
    cut_steps = 1;
    assert_int_equal(db_query(conn, "SELECT 1", NULL, 0, &rows, &status), STATUS_UNAVAILABLE);
    db_read_end(conn);
    assert_int_equal(query_int(f->db, "SELECT 6"), 6);
    cut_steps = 1;
    fail_connects = 1;
    assert_int_equal(db_read_begin(f->db, &conn, &status), STATUS_OK);
    assert_int_equal(db_query(conn, "SELECT 1", NULL, 0, &rows, &status), STATUS_INTERNAL);
    assert_string_equal(status.message, "the database cannot be read or written");
    db_read_end(conn);
    assert_int_equal(query_int(f->db, "SELECT 7"), 7);
}

static void dead_writer_is_replaced(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    struct one_statement one = {.sql = "INSERT INTO t VALUES (1)"};
    cut_steps = 1;
    assert_int_equal(db_write(f->db, run_statement, &one, &status), STATUS_UNAVAILABLE);
    assert_int_equal(db_write(f->db, run_statement, &one, &status), STATUS_OK);
    cut_steps = 1;
    fail_connects = 1;
    assert_int_equal(db_write(f->db, run_statement, &one, &status), STATUS_UNAVAILABLE);
    assert_int_equal(db_write(f->db, run_statement, &one, &status), STATUS_INTERNAL);
    assert_int_equal(db_write(f->db, run_statement, &one, &status), STATUS_OK);
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM t"), 2);
}

static void transactions_are_tried_again(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    struct one_statement one = {.sql = "INSERT INTO t VALUES (1)"};
    retry_commits = TX_ATTEMPTS - 1;
    assert_int_equal(db_write(f->db, run_statement, &one, &status), STATUS_OK);
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM t"), 1);
    retry_commits = TX_ATTEMPTS;
    assert_int_equal(db_write(f->db, run_statement, &one, &status), STATUS_UNAVAILABLE);
    assert_int_equal(retry_commits, 0);
    retry_commits = -1;
    assert_int_equal(db_write(f->db, run_statement, &one, &status), STATUS_RESOURCE_EXHAUSTED);
    retry_commits = 0;
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM t"), 1);
}

/* The same without the one writer: as MySQL and PostgreSQL will be used. */
static void pooled_writers_are_tried_again(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    struct one_statement one = {.sql = "INSERT INTO t VALUES (1)"};
    struct memora_dialect dialect = *f->db->dialect;
    const struct memora_dialect *real = f->db->dialect;
    dialect.features &= ~(uint64_t)MEMORA_SQL_SINGLE_WRITER;
    f->db->dialect = &dialect;
    retry_commits = TX_ATTEMPTS - 1;
    assert_int_equal(db_write(f->db, run_statement, &one, &status), STATUS_OK);
    retry_commits = TX_QUICK_ATTEMPTS;
    assert_int_equal(db_write(f->db, run_statement, &one, &status), STATUS_UNAVAILABLE);
    assert_in_range(retry_commits, 0, TX_QUICK_ATTEMPTS - TX_ATTEMPTS); /* more than 0: the machine was slow */
    retry_commits = -1;
    assert_int_equal(db_write(f->db, run_statement, &one, &status), STATUS_RESOURCE_EXHAUSTED);
    retry_commits = 0;
    cut_steps = 1; /* before the commit nothing has happened */
    assert_int_equal(db_write(f->db, run_statement, &one, &status), STATUS_OK);
    struct one_statement wrong = {.sql = "INSERT INTO t VALUES (1, 2)"};
    assert_int_equal(db_write(f->db, run_statement, &wrong, &status), STATUS_INTERNAL);
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM t"), 2);
    f->db->dialect = real;
}

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_short, teardown)
#define CUT(name) cmocka_unit_test_setup_teardown(name, setup_cut, teardown)
    const struct CMUnitTest tests[] = {
        TEST(long_statement_is_interrupted),
        TEST(long_reading_is_interrupted),
        TEST(long_reading_around_another_is_interrupted),
        TEST(failed_connection_tells_no_place),
        TEST(others_go_on_meanwhile),
        TEST(exhausted_pool_is_unavailable),
        TEST(waiting_gets_what_is_given_back),
        TEST(waiting_writes_are_given_up),
        TEST(forgotten_rows_cost_the_connection),
        CUT(dead_reader_is_replaced),
        CUT(dead_writer_is_replaced),
        CUT(transactions_are_tried_again),
        CUT(pooled_writers_are_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
