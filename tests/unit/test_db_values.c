/* Values there and back, and statements: errors, re-use, counting. */
#include "db_fixture.h"

#include <float.h>

static int setup_table(void **state)
{
    setup(state);
    struct fixture *f = *state;
    execute(f->db,
            "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, v, uid TEXT UNIQUE, n INTEGER CHECK (n < 10))");
    return 0;
}

static struct db_conn *reader(struct fixture *f)
{
    struct db_conn *conn;
    struct status status = {0};
    assert_int_equal(db_read_begin(f->db, &conn, &status), STATUS_OK);
    return conn;
}

/* Stores a value and gives it back in the arena. */
static struct memora_value round_trip(struct fixture *f, struct memora_value value, struct arena *arena)
{
    struct one_statement one = {.sql = "INSERT INTO t (v) VALUES (?)", .params = &value, .count = 1, .insert = true};
    struct status status = {0};
    if (db_write(f->db, run_statement, &one, &status))
        fail_msg("%s", status.message);
    struct db_conn *conn = reader(f);
    struct db_rows *rows;
    struct memora_value id = db_int(one.id);
    assert_int_equal(db_query(conn, "SELECT v FROM t WHERE id = ?", &id, 1, &rows, &status), STATUS_OK);
    assert_true(db_next(rows, &status));
    struct memora_value back = *db_column(rows, 0);
    if (back.type == MEMORA_TEXT || back.type == MEMORA_BLOB)
        back.u.p = arena_strndup(arena, back.len ? back.u.p : "", back.len);
    assert_false(db_next(rows, &status));
    assert_false(db_next(rows, &status));
    db_rows_close(rows);
    db_read_end(conn);
    return back;
}

static void integers(void **state)
{
    const int64_t values[] = {0, 1, -1, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, INT64_MIN + 1};
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct memora_value back = round_trip(*state, db_int(values[i]), arena);
        assert_int_equal(back.type, MEMORA_INT);
        assert_true(back.u.i == values[i]);
    }
    assert_int_equal(round_trip(*state, db_bool(true), arena).u.i, 1);
    assert_int_equal(round_trip(*state, db_bool(false), arena).u.i, 0);
    arena_destroy(arena);
}

static void doubles(void **state)
{
    const double values[] = {0.5, -0.1, DBL_MAX, DBL_MIN, DBL_TRUE_MIN, 52.520008, 1e300, 3.0};
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct memora_value back = round_trip(*state, db_double(values[i]), arena);
        assert_int_equal(back.type, MEMORA_DOUBLE);
        assert_memory_equal(&back.u.d, &values[i], sizeof(double));
    }
    arena_destroy(arena);
}

static void texts_and_null(void **state)
{
    static const char utf8[] = "a\xC3\xA9\xE6\x97\xA5\xF0\x9F\x90\xBB\r\n";
    static const char with_nul[] = "a\0b";
    struct arena *arena = arena_create();
    assert_int_equal(round_trip(*state, db_null(), arena).type, MEMORA_NULL);
    assert_int_equal(round_trip(*state, db_text(NULL), arena).type, MEMORA_NULL);
    struct memora_value back = round_trip(*state, db_text(""), arena);
    assert_int_equal(back.type, MEMORA_TEXT);
    assert_int_equal(back.len, 0);
    assert_int_equal(round_trip(*state, db_text_n(NULL, 0), arena).type, MEMORA_TEXT);
    back = round_trip(*state, db_text(utf8), arena);
    assert_int_equal(back.len, sizeof utf8 - 1);
    assert_memory_equal(back.u.p, utf8, sizeof utf8 - 1);
    back = round_trip(*state, db_text_n(with_nul, 3), arena);
    assert_int_equal(back.len, 3);
    assert_memory_equal(back.u.p, with_nul, 3);
    arena_destroy(arena);
}

static void blobs(void **state)
{
    enum { SIZE = 1024 * 1024 };
    struct arena *arena = arena_create();
    unsigned char *bytes = arena_alloc(arena, SIZE);
    for (int i = 0; i < SIZE; i++)
        bytes[i] = (unsigned char)(i * 31 + i / 256);
    bytes[0] = 0;
    struct memora_value back = round_trip(*state, db_blob(bytes, SIZE), arena);
    assert_int_equal(back.type, MEMORA_BLOB);
    assert_int_equal(back.len, SIZE);
    assert_memory_equal(back.u.p, bytes, SIZE);
    back = round_trip(*state, db_blob("", 0), arena);
    assert_int_equal(back.type, MEMORA_BLOB);
    assert_int_equal(back.len, 0);
    assert_int_equal(round_trip(*state, db_blob(NULL, 0), arena).type, MEMORA_BLOB);
    arena_destroy(arena);
}

static void columns_convert(void **state)
{
    struct db_conn *conn = reader(*state);
    struct db_rows *rows;
    struct status status = {0};
    struct arena *arena = arena_create();
    size_t length;
    assert_int_equal(db_query(conn, "SELECT NULL, '12x', 2.9, 7, x'3130', 1e30, -1e30, ''", NULL, 0, &rows, &status),
                     0);
    assert_true(db_next(rows, &status));
    assert_int_equal(db_column_count(rows), 8);
    assert_true(db_column_null(rows, 0) && !db_column_null(rows, 7));
    assert_int_equal(db_column_int(rows, 0), 0);
    assert_string_equal(db_column_text(rows, 0, arena), "");
    assert_false(db_column_bool(rows, 0));
    assert_int_equal(db_column_int(rows, 1), 12);
    assert_int_equal(db_column_int(rows, 2), 2);
    assert_true(db_column_double(rows, 2) > 2.89);
    assert_string_equal(db_column_text(rows, 3, arena), "7");
    assert_true(db_column_bool(rows, 3));
    assert_true(db_column_double(rows, 3) == 7.0);
    assert_int_equal(db_column_int(rows, 4), 10);
    assert_memory_equal(db_column_bytes(rows, 4, arena, &length), "10", 3);
    assert_int_equal(length, 2);
    assert_true(db_column_int(rows, 5) == INT64_MAX && db_column_int(rows, 6) == INT64_MIN);
    assert_int_equal(db_column_int(rows, 7), 0);
    assert_true(db_column_null(rows, 99));
    db_rows_close(rows);
    db_read_end(conn);
    arena_destroy(arena);
}

static enum status_code write_status(struct fixture *f, const char *sql, const struct memora_value *params,
                                     uint32_t count, struct status *status)
{
    struct one_statement one = {.sql = sql, .params = params, .count = count};
    return db_write(f->db, run_statement, &one, status);
}

static void errors_are_told_apart(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    execute(f->db, "INSERT INTO t (uid) VALUES ('a')");
    assert_int_equal(write_status(f, "INSERT INTO t (uid) VALUES ('a')", NULL, 0, &status), STATUS_ALREADY_EXISTS);
    assert_int_equal(write_status(f, "INSERT INTO t (id) VALUES (1)", NULL, 0, &status), STATUS_ALREADY_EXISTS);
    assert_int_equal(write_status(f, "INSERT INTO t (n) VALUES (11)", NULL, 0, &status), STATUS_INTERNAL);
    assert_non_null(strstr(status.message, "refused the data"));
    assert_int_equal(write_status(f, "INSERT INTO absent VALUES (1)", NULL, 0, &status), STATUS_INTERNAL);
    assert_non_null(strstr(status.message, "no such table: absent"));
    assert_int_equal(write_status(f, "SELECT 1; SELECT 2", NULL, 0, &status), STATUS_INTERNAL);
    assert_int_equal(write_status(f, "", NULL, 0, &status), STATUS_INTERNAL);
    struct memora_value one = db_int(1);
    assert_int_equal(write_status(f, "INSERT INTO t (n) VALUES (?)", NULL, 0, &status), STATUS_INTERNAL);
    assert_int_equal(write_status(f, "INSERT INTO t (n) VALUES (1)", &one, 1, &status), STATUS_INTERNAL);
    assert_non_null(strstr(status.message, "0 parameters, 1 values"));
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM t"), 1);
}

/* The message must not show what was bound. */
static void errors_do_not_show_values(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    struct memora_value secret = db_text("s3cret");
    assert_int_equal(write_status(f, "INSERT INTO t (uid) VALUES (?)", &secret, 1, &status), STATUS_OK);
    assert_int_equal(write_status(f, "INSERT INTO t (uid) VALUES (?)", &secret, 1, &status), STATUS_ALREADY_EXISTS);
    assert_null(strstr(status.message, "s3cret"));
}

static void affected_and_ids(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    struct one_statement insert = {.sql = "INSERT INTO t (n) VALUES (1)", .insert = true};
    struct one_statement update = {.sql = "UPDATE t SET n = 2 WHERE n = 1"};
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(db_write(f->db, run_statement, &insert, &status), STATUS_OK);
        assert_int_equal(insert.id, i);
    }
    assert_int_equal(db_write(f->db, run_statement, &update, &status), STATUS_OK);
    assert_int_equal(update.affected, 3);
    assert_int_equal(db_write(f->db, run_statement, &update, &status), STATUS_OK);
    assert_int_equal(update.affected, 0);
}

/* MySQL has no RETURNING. */
static void ids_without_returning(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    const struct memora_dialect *real = f->db->dialect;
    struct memora_dialect dialect = *real;
    struct one_statement insert = {.sql = "INSERT INTO t (n) VALUES (1)", .insert = true};
    assert_true(real->features & MEMORA_SQL_RETURNING);
    dialect.features &= ~(uint64_t)MEMORA_SQL_RETURNING;
    f->db->dialect = &dialect;
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(db_write(f->db, run_statement, &insert, &status), STATUS_OK);
        assert_int_equal(insert.id, i);
    }
    f->db->dialect = real;
}

static void reading_connections_do_not_write(void **state)
{
    struct db_conn *conn = reader(*state);
    struct status status = {0};
    assert_int_equal(db_exec(conn, "INSERT INTO t (n) VALUES (1)", NULL, 0, NULL, &status), STATUS_INTERNAL);
    db_read_end(conn);
    assert_int_equal(query_int(((struct fixture *)*state)->db, "SELECT COUNT(*) FROM t"), 0);
}

/* More texts than the cache holds, the same ones again, and one text used inside itself. */
static void statements_are_kept_and_dropped(void **state)
{
    struct db_conn *conn = reader(*state);
    struct status status = {0};
    char sql[64];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++) {
            struct db_rows *rows;
            snprintf(sql, sizeof sql, "SELECT %d", i);
            assert_int_equal(db_query(conn, sql, NULL, 0, &rows, &status), STATUS_OK);
            assert_true(db_next(rows, &status));
            assert_int_equal(db_column_int(rows, 0), i);
            db_rows_close(rows);
        }
        assert_int_equal(conn->cache.count, 32);
    }
    struct db_rows *outer, *inner;
    struct memora_value one = db_int(1), two = db_int(2);
    assert_int_equal(db_query(conn, "SELECT ?", &one, 1, &outer, &status), STATUS_OK);
    assert_int_equal(db_query(conn, "SELECT ?", &two, 1, &inner, &status), STATUS_OK);
    assert_true(db_next(inner, &status) && db_next(outer, &status));
    assert_int_equal(db_column_int(outer, 0), 1);
    assert_int_equal(db_column_int(inner, 0), 2);
    db_rows_close(inner);
    db_rows_close(outer);
    db_rows_close(NULL);
    db_read_end(conn);
}

static void values_follow_their_marks(void **state)
{
    struct db_conn *conn = reader(*state);
    struct db_rows *rows;
    struct status status = {0};
    struct memora_value params[] = {db_text("a_c"), db_text("%B\\_C%"), db_int(86399)};
    struct arena *arena = arena_create();
    assert_int_equal(db_query(conn, "SELECT {like:?|?}, {hour:?}, {fold:'\xC3\x84'}, {regexp:'abc'|'^a.c$'}", params, 3,
                              &rows, &status),
                     STATUS_OK);
    assert_true(db_next(rows, &status));
    assert_int_equal(db_column_int(rows, 0), 0);
    assert_int_equal(db_column_int(rows, 1), 23);
    assert_string_equal(db_column_text(rows, 2, arena), "\xC3\xA4");
    assert_int_equal(db_column_int(rows, 3), 1);
    db_rows_close(rows);
    db_read_end(conn);
    arena_destroy(arena);
}

/* What is read between begin and end belongs together; the next reading sees what was written meanwhile. */
static void reading_sees_one_snapshot(void **state)
{
    struct fixture *f = *state;
    struct db_conn *conn = reader(f);
    struct db_rows *rows;
    struct status status = {0};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(db_query(conn, "SELECT COUNT(*) FROM t", NULL, 0, &rows, &status), STATUS_OK);
        assert_true(db_next(rows, &status));
        assert_int_equal(db_column_int(rows, 0), 0);
        db_rows_close(rows);
        execute(f->db, "INSERT INTO t (n) VALUES (1)");
    }
    db_read_end(conn);
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM t"), 3);
}

static void statements_are_counted(void **state)
{
    struct fixture *f = *state;
    db_statement_count_reset();
    query_int(f->db, "SELECT 1");
    query_int(f->db, "SELECT 2");
    assert_int_equal(db_statement_count_reset(), 2);
    execute(f->db, "INSERT INTO t (n) VALUES (1)"); /* runs on the writer's thread, counts here */
    assert_int_equal(db_statement_count_reset(), 1);
    assert_int_equal(db_statement_count_reset(), 0);
}

static void marks(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct buf sql = buf_in(arena);
    db_sql_marks(&sql, 0);
    assert_string_equal(buf_str(&sql), "");
    db_sql_marks(&sql, 3);
    assert_string_equal(buf_str(&sql), "?, ?, ?");
    arena_destroy(arena);
}

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_table, teardown)
    const struct CMUnitTest tests[] = {
        TEST(integers),
        TEST(doubles),
        TEST(texts_and_null),
        TEST(blobs),
        TEST(columns_convert),
        TEST(errors_are_told_apart),
        TEST(errors_do_not_show_values),
        TEST(affected_and_ids),
        TEST(ids_without_returning),
        TEST(reading_connections_do_not_write),
        TEST(statements_are_kept_and_dropped),
        TEST(values_follow_their_marks),
        TEST(reading_sees_one_snapshot),
        TEST(statements_are_counted),
        TEST(marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
