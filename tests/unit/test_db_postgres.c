/* Values there and back, statements, errors and transactions on PostgreSQL. */
#include "postgres_fixture.h"

#include <float.h>
#include <pthread.h>

static int setup_pg_table(void **state)
{
    setup_postgres(state);
    struct fixture *f = *state;
    execute(f->db, "CREATE TABLE t (id SERIAL PRIMARY KEY, i BIGINT, small INTEGER, d DOUBLE PRECISION, b BOOLEAN, "
                   "s TEXT, j JSONB, bytes BYTEA, uid TEXT UNIQUE, n INTEGER CHECK (n < 10))");
    return 0;
}

static struct memora_value round_trip(struct fixture *f, const char *column, struct memora_value value,
                                      struct arena *arena)
{
    struct status status = {0};
    struct one_statement one = {.sql = arena_printf(arena, "INSERT INTO t (%s) VALUES (?)", column),
                                .params = &value,
                                .count = 1,
                                .insert = true};
    if (db_write(f->db, run_statement, &one, &status))
        fail_msg("%s: %s", column, status.message);
    struct db_conn *conn;
    struct db_rows *rows;
    struct memora_value id = db_int(one.id);
    assert_int_equal(db_read_begin(f->db, &conn, &status), STATUS_OK);
    if (db_query(conn, arena_printf(arena, "SELECT %s FROM t WHERE id = ?", column), &id, 1, &rows, &status))
        fail_msg("%s", status.message);
    assert_true(db_next(rows, &status));
    struct memora_value back = *db_column(rows, 0);
    if (back.type == MEMORA_TEXT || back.type == MEMORA_BLOB)
        back.u.p = arena_strndup(arena, back.len ? back.u.p : "", back.len);
    assert_false(db_next(rows, &status));
    db_rows_close(rows);
    db_read_end(conn);
    return back;
}

static void numbers(void **state)
{
    const int64_t values[] = {0, 1, -1, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
    const double doubles[] = {0.5, -0.1, DBL_MAX, DBL_MIN, DBL_TRUE_MIN, 52.520008, 1e300};
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct memora_value back = round_trip(*state, "i", db_int(values[i]), arena);
        assert_int_equal(back.type, MEMORA_INT);
        assert_true(back.u.i == values[i]);
    }
    for (size_t i = 0; i < sizeof doubles / sizeof doubles[0]; i++) {
        struct memora_value back = round_trip(*state, "d", db_double(doubles[i]), arena);
        assert_int_equal(back.type, MEMORA_DOUBLE);
        assert_memory_equal(&back.u.d, &doubles[i], sizeof(double));
    }
    assert_true(round_trip(*state, "d", db_int(3), arena).u.d == 3.0);
    assert_int_equal(round_trip(*state, "small", db_int(-7), arena).u.i, -7);
    struct memora_value truth = round_trip(*state, "b", db_bool(true), arena);
    assert_int_equal(truth.type, MEMORA_BOOL);
    assert_int_equal(truth.u.i, 1);
    assert_int_equal(round_trip(*state, "b", db_int(0), arena).u.i, 0);
    assert_int_equal(round_trip(*state, "b", db_null(), arena).type, MEMORA_NULL);
    arena_destroy(arena);
}

static void texts_and_blobs(void **state)
{
    enum { SIZE = 1024 * 1024 };
    static const char utf8[] = "a\xC3\xA9\xE6\x97\xA5\xF0\x9F\x90\xBB\r\n'; DROP TABLE t; --";
    struct arena *arena = arena_create();
    struct status status = {0};
    struct memora_value back = round_trip(*state, "s", db_text(utf8), arena);
    assert_int_equal(back.type, MEMORA_TEXT);
    assert_int_equal(back.len, sizeof utf8 - 1);
    assert_memory_equal(back.u.p, utf8, sizeof utf8 - 1);
    assert_int_equal(round_trip(*state, "s", db_text(""), arena).type, MEMORA_TEXT);
    assert_int_equal(round_trip(*state, "s", db_text_n(NULL, 0), arena).len, 0);
    assert_int_equal(round_trip(*state, "s", db_null(), arena).type, MEMORA_NULL);
    assert_int_equal(round_trip(*state, "s", db_int(-42), arena).len, 3);
    back = round_trip(*state, "j", db_text("{\"b\":1,\"a\":[\"x\"]}"), arena);
    assert_int_equal(back.type, MEMORA_TEXT);
    assert_string_equal(back.u.p, "{\"a\": [\"x\"], \"b\": 1}");
    unsigned char *bytes = arena_alloc(arena, SIZE);
    for (int i = 0; i < SIZE; i++)
        bytes[i] = (unsigned char)(i * 31 + i / 256);
    back = round_trip(*state, "bytes", db_blob(bytes, SIZE), arena);
    assert_int_equal(back.type, MEMORA_BLOB);
    assert_int_equal(back.len, SIZE);
    assert_memory_equal(back.u.p, bytes, SIZE);
    assert_int_equal(round_trip(*state, "bytes", db_blob(NULL, 0), arena).type, MEMORA_BLOB);
    /* What PostgreSQL's texts cannot hold is the caller's fault, and is not quoted. */
    struct memora_value bad[] = {db_text_n("a\0secret", 8), db_text("\xC3(secret"), db_text("{secret")};
    const char *const sql[] = {"INSERT INTO t (s) VALUES (?)", "INSERT INTO t (s) VALUES (?)",
                               "INSERT INTO t (j) VALUES (?)"};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(write_status(*state, sql[i], &bad[i], 1, &status), STATUS_INVALID_ARGUMENT);
        assert_null(strstr(status.message, "secret"));
    }
    arena_destroy(arena);
}

/* A number that a column cannot hold compares as a number all the same. */
static void wide_numbers_compare(void **state)
{
    struct fixture *f = *state;
    struct db_conn *conn;
    struct db_rows *rows;
    struct status status = {0};
    const int64_t numbers[] = {5, 5000000000, 8, -5000000000};
    const int64_t expected[] = {1, 0, 0, 1};
    execute(f->db, "INSERT INTO t (small) VALUES (7)");
    assert_int_equal(db_read_begin(f->db, &conn, &status), STATUS_OK);
    for (int i = 0; i < 4; i++) {
        struct memora_value number = db_int(numbers[i]);
        assert_int_equal(db_query(conn, "SELECT COUNT(*) FROM t WHERE small > ?", &number, 1, &rows, &status), 0);
        assert_true(db_next(rows, &status));
        assert_int_equal(db_column_int(rows, 0), expected[i]);
        db_rows_close(rows);
    }
    db_read_end(conn);
}

static void computed_numbers(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(query_int(f->db, "SELECT SUM(x) FROM generate_series(1::bigint, 100000) AS x"), 5000050000);
    assert_int_equal(query_int(f->db, "SELECT 120000::numeric"), 120000);
    assert_int_equal(query_int(f->db, "SELECT -10000::numeric"), -10000);
    assert_int_equal(query_int(f->db, "SELECT 0::numeric"), 0);
    assert_int_equal(query_int(f->db, "SELECT 2.75::numeric"), 2);
    assert_int_equal(query_int(f->db, "SELECT '2026-01-01'::date"), 2026); /* a type without a form of ours: text */
    assert_int_equal(query_int(f->db, "SELECT 1 FROM t RIGHT JOIN (SELECT true) AS one ON false"), 1);
}

static void fragments(void **state)
{
    static const struct {
        const char *sql;
        int64_t value;
    } cases[] = {
        {"SELECT {year:86399}", 1970},
        {"SELECT {month:86399}", 0},
        {"SELECT {day:86399}", 1},
        {"SELECT {hour:86399}", 23},
        {"SELECT {second:86399}", 59},
        {"SELECT {day_of_week:0}", 4},
        {"SELECT {day_of_year:86400}", 1},
        {"SELECT {now} - EXTRACT(EPOCH FROM now())::bigint BETWEEN -1 AND 1", 1},
        {"SELECT {like_fold:'ABC'|'%b_'}", 1},
        {"SELECT {like:'ABC'|'%b_'}", 0},
        {"SELECT {like:'A%C'|'A\\%C'}", 1},
        {"SELECT {regexp:'abc'|'^a.c$'}", 1},
        {"SELECT {text_length:'a\xC3\xA9'}", 2},
        {"SELECT {json_flag:'{}'|property.hasLink}", 0},
        {"SELECT {json_flag:'{\"property\": {\"hasLink\": true}}'|property.hasLink}", 1},
        {"SELECT {json_bool:'{\"a\": {\"b\": true}}'|a.b}", 1},
        {"SELECT {json_bool:'{}'|a.b} IS NULL", 1},
        {"SELECT {json_array_has:'{\"tags\": [\"work\"]}'|tags|'work'}", 1},
        {"SELECT {json_array_has:'{\"tags\": [\"work\"]}'|tags|'WORK'}", 0},
        {"SELECT {json_array_has:'{}'|tags|'work'} IS NULL", 1},
        {"SELECT {json_array_has_prefix:'{\"tags\": [\"work/a\"]}'|tags|'work/'}", 1},
        {"SELECT {json_array_has_suffix:'{\"tags\": [\"work/a\"]}'|tags|'/a'}", 1},
        {"SELECT {json_array_has_part:'{\"tags\": [\"work/a\"]}'|tags|'rk/'}", 1},
        {"SELECT {json_array_length:'{\"tags\": [\"a\", \"b\"]}'|tags}", 2},
        {"SELECT {json_array_length:'{\"tags\": null}'|tags}", 0},
        {"SELECT COUNT(*) FROM {json_elements:'{\"tags\": [\"a\", \"b\"]}'|tags} WHERE {json_element} = 'b'", 1},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (query_int(f->db, cases[i].sql) != cases[i].value)
            fail_msg("%s", cases[i].sql);
}

static void errors_are_told_apart(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    struct memora_value secret = db_text("s3cret"), one = db_int(1);
    assert_int_equal(write_status(f, "INSERT INTO t (uid) VALUES (?)", &secret, 1, &status), STATUS_OK);
    assert_int_equal(write_status(f, "INSERT INTO t (uid) VALUES (?)", &secret, 1, &status), STATUS_ALREADY_EXISTS);
    assert_null(strstr(status.message, "s3cret"));
    assert_int_equal(write_status(f, "INSERT INTO t (n) VALUES (11)", NULL, 0, &status), STATUS_INTERNAL);
    assert_non_null(strstr(status.message, "refused the data"));
    assert_int_equal(write_status(f, "INSERT INTO absent VALUES (1)", NULL, 0, &status), STATUS_INTERNAL);
    assert_non_null(strstr(status.message, "absent"));
    assert_int_equal(write_status(f, "SELECT 1; SELECT 2", NULL, 0, &status), STATUS_INTERNAL);
    assert_int_equal(write_status(f, " ; ", NULL, 0, &status), STATUS_INTERNAL);
    assert_int_equal(write_status(f, "INSERT INTO t (n) VALUES (?)", NULL, 0, &status), STATUS_INTERNAL);
    assert_int_equal(write_status(f, "INSERT INTO t (n) VALUES (1)", &one, 1, &status), STATUS_INTERNAL);
    assert_int_equal(write_status(f, "INSERT INTO t (n) VALUES (1/0)", NULL, 0, &status), STATUS_INVALID_ARGUMENT);
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM t"), 1);
}

static void addresses_are_checked(void **state)
{
    (void)state;
    struct status status = {0};
    struct db *db = NULL;
    char url[256];
    assert_int_not_equal(open_dsn("postgres://u:s3cret@localhost:port/x", &default_options, &db, &status), STATUS_OK);
    assert_null(strstr(status.message, "s3cret"));
    assert_int_not_equal(open_dsn("password=my s3cret", &default_options, &db, &status), STATUS_OK);
    assert_non_null(strstr(status.message, "dsn: "));
    assert_null(strstr(status.message, "s3cret"));
    assert_int_not_equal(open_dsn(dsn_of("absent"), &default_options, &db, &status), STATUS_OK);
    assert_non_null(strstr(status.message, "\"absent\" does not exist"));
    assert_int_not_equal(open_dsn("host=/nonexistent user=u password=s3cret", &default_options, &db, &status), 0);
    assert_null(strstr(status.message, "s3cret"));
    snprintf(url, sizeof url, "postgresql://memora@/postgres?host=%s&sslmode=disable", postgres_dir);
    assert_int_equal(open_dsn(url, &default_options, &db, &status), STATUS_OK);
    assert_int_equal(query_int(db, "SELECT 3"), 3);
    db_close(db);
    /* What the address leaves out comes from the environment. */
    setenv("PGHOST", postgres_dir, 1);
    setenv("PGUSER", "memora", 1);
    assert_int_equal(open_dsn("dbname=postgres", &default_options, &db, &status), STATUS_OK);
    db_close(db);
    unsetenv("PGHOST");
    unsetenv("PGUSER");
}

/* The second time such a result comes row by row, and other statements run in between. */
static void long_results(void **state)
{
    struct fixture *f = *state;
    struct db_conn *conn;
    struct db_rows *rows, *inner;
    struct status status = {0};
    static const char sql[] = "SELECT x FROM generate_series(1, 5000) AS x";
    assert_int_equal(db_read_begin(f->db, &conn, &status), STATUS_OK);
    for (int round = 0; round < 5; round++) {
        int64_t count = 0;
        assert_int_equal(db_query(conn, sql, NULL, 0, &rows, &status), STATUS_OK);
        while (db_next(rows, &status)) {
            assert_int_equal(db_column_int(rows, 0), ++count);
            if (round == 2 && count == 3) {
                assert_int_equal(db_query(conn, "SELECT 77", NULL, 0, &inner, &status), STATUS_OK);
                assert_true(db_next(inner, &status));
                assert_int_equal(db_column_int(inner, 0), 77);
                db_rows_close(inner);
            }
            if (round == 3 && count == 10)
                break; /* given up in the middle */
        }
        assert_int_equal(count, round == 3 ? 10 : 5000);
        db_rows_close(rows);
    }
    db_read_end(conn);
    assert_int_equal(query_int(f->db, "SELECT 1"), 1);
}

static void statements_are_kept_and_dropped(void **state)
{
    struct fixture *f = *state;
    struct db_conn *conn;
    struct db_rows *rows;
    struct status status = {0};
    char sql[64];
    assert_int_equal(db_read_begin(f->db, &conn, &status), STATUS_OK);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 100; i++) {
            snprintf(sql, sizeof sql, "SELECT %d", i);
            assert_int_equal(db_query(conn, sql, NULL, 0, &rows, &status), STATUS_OK);
            assert_true(db_next(rows, &status));
            assert_int_equal(db_column_int(rows, 0), i);
            db_rows_close(rows);
        }
    assert_int_equal(db_query(conn, "SELECT COUNT(*) FROM pg_prepared_statements", NULL, 0, &rows, &status), 0);
    assert_true(db_next(rows, &status));
    assert_true(db_column_int(rows, 0) >= 32 && db_column_int(rows, 0) <= 32 + 17);
    db_rows_close(rows);
    db_read_end(conn);
}

/* ---- transactions ---- */

static enum status_code insert_then_fail(struct db_conn *conn, void *ctx, struct status *status)
{
    (void)ctx;
    enum status_code code = db_exec(conn, "INSERT INTO t (n) VALUES (1)", NULL, 0, NULL, status);
    return code ? code : status_set(status, STATUS_FAILED_PRECONDITION, "no");
}

static enum status_code ignore_a_failure(struct db_conn *conn, void *ctx, struct status *status)
{
    (void)ctx;
    db_exec(conn, "INSERT INTO t (n) VALUES (1)", NULL, 0, NULL, status);
    db_exec(conn, "INSERT INTO t (n) VALUES (11)", NULL, 0, NULL, status);
    return STATUS_OK;
}

static void failed_transactions_leave_nothing(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    assert_int_equal(db_write(f->db, insert_then_fail, NULL, &status), STATUS_FAILED_PRECONDITION);
    assert_int_equal(db_write(f->db, ignore_a_failure, NULL, &status), STATUS_INTERNAL);
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM t"), 0);
    execute(f->db, "INSERT INTO t (n) VALUES (1)");
}

/* Reads, then writes what it has read and one more: nobody may come in between. */
static enum status_code increment(struct db_conn *conn, void *ctx, struct status *status)
{
    struct db_rows *rows;
    struct status problem = {0};
    (void)ctx;
    enum status_code code = db_query(conn, "SELECT i FROM t WHERE uid = 'counter'", NULL, 0, &rows, status);
    if (code)
        return code;
    struct memora_value next = db_int(db_next(rows, &problem) ? db_column_int(rows, 0) + 1 : -1);
    db_rows_close(rows);
    return db_exec(conn, "UPDATE t SET i = ? WHERE uid = 'counter'", &next, 1, NULL, status);
}

static void *increment_often(void *argument)
{
    struct fixture *f = argument;
    intptr_t done = 0;
    struct status status = {0};
    for (int i = 0; i < 25; i++)
        done += db_write(f->db, increment, NULL, &status) == STATUS_OK;
    return (void *)done;
}

static void concurrent_changes_are_not_lost(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[3];
    intptr_t done = 0;
    execute(f->db, "INSERT INTO t (uid, i) VALUES ('counter', 0)");
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, increment_often, f), 0);
    for (int i = 0; i < 3; i++) {
        void *result;
        pthread_join(threads[i], &result);
        done += (intptr_t)result;
    }
    assert_true(done > 25);
    assert_int_equal(query_int(f->db, "SELECT i FROM t WHERE uid = 'counter'"), done);
}

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_pg_table, teardown_postgres)
    const struct CMUnitTest tests[] = {
        TEST(numbers),
        TEST(texts_and_blobs),
        TEST(wide_numbers_compare),
        TEST(computed_numbers),
        TEST(fragments),
        TEST(errors_are_told_apart),
        cmocka_unit_test(addresses_are_checked),
        TEST(long_results),
        TEST(statements_are_kept_and_dropped),
        TEST(failed_transactions_leave_nothing),
        TEST(concurrent_changes_are_not_lost),
    };
    return cmocka_run_group_tests(tests, start_postgres, remove_postgres);
}
