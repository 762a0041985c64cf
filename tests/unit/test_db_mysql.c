/* The plugin db-mysql against a MariaDB server: values, statements, errors, transactions. */
#include "mysql_fixture.h"

#include <float.h>
#include <pthread.h>

#include "base/clock.h"

static int setup_table(void **state)
{
    setup_mysql(state);
    struct fixture *f = *state;
    execute(f->db, "CREATE TABLE t (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, i BIGINT, d DOUBLE, v LONGTEXT, "
                   "b LONGBLOB, uid VARCHAR(20) UNIQUE, n INT NOT NULL DEFAULT 0, CHECK (n < 1000))");
    return 0;
}

static enum status_code write_one(struct fixture *f, struct one_statement *one, struct status *status)
{
    *status = (struct status){0};
    return db_write(f->db, run_statement, one, status);
}

/* Stores a value in a column and gives it back in the arena. */
static struct memora_value round_trip(struct fixture *f, const char *column, struct memora_value value,
                                      struct arena *arena)
{
    struct one_statement one = {.sql = arena_printf(arena, "INSERT INTO t (%s) VALUES (?)", column),
                                .params = &value,
                                .count = 1,
                                .insert = true};
    struct status status;
    struct db_conn *conn;
    struct db_rows *rows;
    if (write_one(f, &one, &status))
        fail_msg("%s", status.message);
    struct memora_value id = db_int(one.id);
    assert_true(one.id > 0);
    assert_int_equal(db_read_begin(f->db, &conn, &status), STATUS_OK);
    const char *sql = arena_printf(arena, "SELECT %s FROM t WHERE id = ?", column);
    assert_int_equal(db_query(conn, sql, &id, 1, &rows, &status), STATUS_OK);
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
    const int64_t ints[] = {0, 1, -1, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
    const double doubles[] = {0.5, -0.1, DBL_MAX, DBL_MIN, 52.520008, 1e300, 3.0};
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof ints / sizeof ints[0]; i++) {
        struct memora_value back = round_trip(*state, "i", db_int(ints[i]), arena);
        assert_int_equal(back.type, MEMORA_INT);
        assert_true(back.u.i == ints[i]);
    }
    for (size_t i = 0; i < sizeof doubles / sizeof doubles[0]; i++) {
        struct memora_value back = round_trip(*state, "d", db_double(doubles[i]), arena);
        assert_int_equal(back.type, MEMORA_DOUBLE);
        assert_memory_equal(&back.u.d, &doubles[i], sizeof(double));
    }
    assert_int_equal(round_trip(*state, "i", db_bool(true), arena).u.i, 1);
    assert_int_equal(round_trip(*state, "i", db_null(), arena).type, MEMORA_NULL);
    arena_destroy(arena);
}

static void texts(void **state)
{
    static const char utf8[] = "a\xC3\xA9\xE6\x97\xA5\xF0\x9F\x90\xBB\r\n'\"\\%_`;--\0z";
    struct arena *arena = arena_create();
    struct memora_value back = round_trip(*state, "v", db_text_n(utf8, sizeof utf8 - 1), arena);
    assert_int_equal(back.type, MEMORA_TEXT);
    assert_int_equal(back.len, sizeof utf8 - 1);
    assert_memory_equal(back.u.p, utf8, sizeof utf8 - 1);
    back = round_trip(*state, "v", db_text(""), arena);
    assert_int_equal(back.type, MEMORA_TEXT);
    assert_int_equal(back.len, 0);
    assert_int_equal(round_trip(*state, "v", db_text_n(NULL, 0), arena).type, MEMORA_TEXT);
    assert_int_equal(round_trip(*state, "v", db_text(NULL), arena).type, MEMORA_NULL);
    arena_destroy(arena);
}

/* Sizes around those of the buffers, and one of several MiB. */
static void blobs(void **state)
{
    static const size_t sizes[] = {0, 1, 63, 64, 65, 16384, 16385, 5 * 1024 * 1024};
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        unsigned char *bytes = arena_alloc(arena, sizes[i] + 1);
        for (size_t k = 0; k < sizes[i]; k++)
            bytes[k] = (unsigned char)(k * 31 + k / 256);
        struct memora_value back = round_trip(*state, "b", db_blob(bytes, sizes[i]), arena);
        assert_int_equal(back.type, MEMORA_BLOB);
        assert_int_equal(back.len, sizes[i]);
        assert_memory_equal(back.u.p, bytes, sizes[i]);
    }
    arena_destroy(arena);
}

/* One statement whose rows grow and shrink, run twice, with another one in between each row. */
static void rows_of_many_sizes(void **state)
{
    struct fixture *f = *state;
    struct arena *arena = arena_create();
    struct status status;
    struct db_conn *conn;
    for (int i = 0; i < 8; i++) {
        size_t length = i % 2 ? 3 : (size_t)1 << (i * 2 + 4);
        char *text = arena_alloc(arena, length);
        memset(text, 'a' + i, length);
        round_trip(f, "v", db_text_n(text, length), arena);
    }
    assert_int_equal(db_read_begin(f->db, &conn, &status), STATUS_OK);
    for (int run = 0; run < 2; run++) {
        struct db_rows *rows, *inner;
        assert_int_equal(
            db_query(conn, "SELECT id, v, v, NULL, 1.5, COUNT(*) OVER () FROM t ORDER BY id", NULL, 0, &rows, &status),
            STATUS_OK);
        for (int i = 0; i < 8; i++) {
            size_t length = i % 2 ? 3 : (size_t)1 << (i * 2 + 4);
            assert_true(db_next(rows, &status));
            assert_int_equal(db_query(conn, "SELECT SUM(id) FROM t", NULL, 0, &inner, &status), STATUS_OK);
            assert_true(db_next(inner, &status));
            assert_int_equal(db_column_int(inner, 0), 36);
            db_rows_close(inner);
            assert_int_equal(db_column_int(rows, 0), i + 1);
            for (uint32_t column = 1; column <= 2; column++) {
                assert_int_equal(db_column(rows, column)->len, length);
                assert_int_equal(((const char *)db_column(rows, column)->u.p)[length - 1], 'a' + i);
            }
            assert_true(db_column_null(rows, 3));
            assert_true(db_column_double(rows, 4) == 1.5);
            assert_int_equal(db_column_int(rows, 5), 8);
        }
        assert_false(db_next(rows, &status));
        db_rows_close(rows);
    }
    db_read_end(conn);
    arena_destroy(arena);
}

static void counts_and_ids(void **state)
{
    struct fixture *f = *state;
    struct status status;
    struct one_statement first = {.sql = "INSERT INTO t (uid) VALUES ('a')", .insert = true};
    struct one_statement second = {.sql = "INSERT INTO t (uid) VALUES ('b')", .insert = true};
    assert_int_equal(write_one(f, &first, &status), STATUS_OK);
    assert_int_equal(write_one(f, &second, &status), STATUS_OK);
    assert_int_equal(second.id, first.id + 1);
    struct one_statement same = {.sql = "UPDATE t SET n = 0 WHERE uid IN ('a', 'b')"};
    assert_int_equal(write_one(f, &same, &status), STATUS_OK);
    assert_int_equal(same.affected, 2); /* found, though nothing is different afterwards */
    struct one_statement none = {.sql = "DELETE FROM t WHERE uid = 'z'", .affected = 7};
    assert_int_equal(write_one(f, &none, &status), STATUS_OK);
    assert_int_equal(none.affected, 0);
    execute(f->db, "INSERT INTO t (uid, n) VALUES ('a', 5) {upsert:uid|n}");
    execute(f->db, "INSERT INTO t (uid, n) VALUES ('a', 6) {insert_ignore:uid|uid}");
    assert_int_equal(query_int(f->db, "SELECT n FROM t WHERE uid = 'a'"), 5);
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM t"), 2);
}

static void errors_say_what_to_do(void **state)
{
    static const struct {
        const char *sql;
        enum status_code code;
        const char *part, *secret;
    } cases[] = {
        {"INSERT INTO t (uid) VALUES ('taken')", STATUS_ALREADY_EXISTS, "for key", "taken"},
        {"INSERT INTO t (uid) VALUES ('taken'' for x')", STATUS_OK, NULL, NULL},
        {"INSERT INTO t (uid) VALUES ('taken'' for x')", STATUS_ALREADY_EXISTS, "for key", "taken"},
        {"INSERT INTO t (n) VALUES (NULL)", STATUS_INTERNAL, "refused the data", NULL},
        {"INSERT INTO t (uid) VALUES ('123456789012345678901')", STATUS_INVALID_ARGUMENT, "does not fit", NULL},
        {"INSERT INTO t (n) VALUES (99999999999)", STATUS_INVALID_ARGUMENT, "does not fit", NULL},
        {"SELEC 1", STATUS_INTERNAL, "did not understand", NULL},
        {"SELECT nothing FROM t", STATUS_INTERNAL, "did not understand", NULL},
        {"SELECT 1 FROM missing", STATUS_INTERNAL, "did not understand", NULL},
        {"DELETE FROM t; DELETE FROM t", STATUS_INTERNAL, "did not understand", NULL},
    };
    struct fixture *f = *state;
    execute(f->db, "INSERT INTO t (uid) VALUES ('taken')");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct status status;
        struct one_statement one = {.sql = cases[i].sql};
        if (write_one(f, &one, &status) != cases[i].code)
            fail_msg("%s: %d %s", cases[i].sql, (int)status.code, status.message);
        if (cases[i].part && !strstr(status.message, cases[i].part))
            fail_msg("%s: %s", cases[i].sql, status.message);
        if (cases[i].secret && strstr(status.message, cases[i].secret))
            fail_msg("%s: %s", cases[i].sql, status.message);
    }
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM t"), 2);
}

/* MySQL before 8.0.16 takes CHECK for a comment, and has no table of them. */
static void checks_are_told_where_there_are_any(void **state)
{
    struct fixture *f = *state;
    struct status status;
    struct one_statement one = {.sql = "INSERT INTO t (n) VALUES (5000)"};
    bool checks = query_int(f->db, "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = "
                                   "'information_schema' AND table_name = 'CHECK_CONSTRAINTS'") > 0;
    assert_int_equal(write_one(f, &one, &status), checks ? STATUS_INTERNAL : STATUS_OK);
    if (checks)
        assert_non_null(strstr(status.message, "refused the data"));
}

/* The server begins a result and then finds out; the statement must be fit for another run at once. */
static void errors_within_results_end_them(void **state)
{
    struct fixture *f = *state;
    bool returns = db_dialect(f->db)->features & MEMORA_SQL_RETURNING;
    const char *sql = returns ? "INSERT INTO t (uid) VALUES (?) RETURNING id" : "INSERT INTO t (uid) VALUES (?)";
    struct status status;
    int64_t start = clock_mono_ns();
    for (int i = 0; i < 6; i++) {
        struct memora_value value = db_text(i % 2 ? "again" : i == 0 ? "again" : i == 2 ? "b" : "c");
        struct one_statement one = {.sql = sql, .params = &value, .count = 1};
        assert_int_equal(write_one(f, &one, &status), i % 2 ? STATUS_ALREADY_EXISTS : STATUS_OK);
    }
    for (int i = 0; i < 4; i++) { /* more than one row: the subquery is refused while rows are made */
        struct memora_value value = db_int(i % 2 ? 1 : 9);
        struct one_statement one = {
            .sql = "SELECT id, (SELECT id FROM t WHERE id <> ?) FROM t", .params = &value, .count = 1};
        assert_int_not_equal(write_one(f, &one, &status), STATUS_OK);
    }
    assert_true(clock_mono_ns() - start < 10LL * 1000000000);
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM t"), 3);
}

/* Refused before it is sent, so that the connection lives. */
static void packets_are_bounded(void **state)
{
    struct fixture *f = *state;
    struct status status;
    size_t size = (size_t)query_int(f->db, "SELECT @@max_allowed_packet") + 1024 * 1024;
    char *bytes = calloc(1, size);
    assert_non_null(bytes);
    struct memora_value value = db_blob(bytes, size);
    struct one_statement one = {.sql = "INSERT INTO t (b) VALUES (?)", .params = &value, .count = 1};
    assert_int_equal(write_one(f, &one, &status), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(status.message, "max_allowed_packet"));
    free(bytes);
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM t"), 0);
}

static void bound_values_are_no_sql(void **state)
{
    static const char *const texts[] = {"'; DROP TABLE t; --", "\\'; DROP TABLE t; #", "\" OR 1=1 --", "%' OR '1'='1"};
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct memora_value back = round_trip(*state, "v", db_text(texts[i]), arena);
        assert_int_equal(back.len, strlen(texts[i]));
        assert_memory_equal(back.u.p, texts[i], back.len);
    }
    arena_destroy(arena);
}

static enum status_code insert_then_fail(struct db_conn *conn, void *ctx, struct status *status)
{
    (void)ctx;
    enum status_code code = db_exec(conn, "INSERT INTO t (uid) VALUES ('gone')", NULL, 0, NULL, status);
    return code ? code : status_set(status, STATUS_FAILED_PRECONDITION, "changed my mind");
}

static void failed_writes_leave_nothing(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    assert_int_equal(db_write(f->db, insert_then_fail, NULL, &status), STATUS_FAILED_PRECONDITION);
    assert_string_equal(status.message, "changed my mind");
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM t"), 0);
}

/* Reads without a lock of its own, as most closures do. */
static enum status_code add_one(struct db_conn *conn, void *ctx, struct status *status)
{
    const char *select = ctx;
    struct status problem = {0};
    struct db_rows *rows;
    enum status_code code = db_query(conn, select, NULL, 0, &rows, status);
    if (code)
        return code;
    int64_t n = db_next(rows, &problem) ? db_column_int(rows, 0) : -1;
    db_rows_close(rows);
    if (problem.code)
        return status_set(status, problem.code, "%s", problem.message);
    struct memora_value value = db_int(n + 1);
    return db_exec(conn, "UPDATE t SET n = ? WHERE uid = 'counter'", &value, 1, NULL, status);
}

enum { WRITERS = 4, WRITES = 25 };
struct writer_task {
    struct db *db;
    const char *select;
    int done, unavailable;
};

static void *write_many(void *argument)
{
    struct writer_task *task = argument;
    for (int i = 0; i < WRITES; i++) {
        struct status status = {0};
        enum status_code code = db_write(task->db, add_one, (void *)(uintptr_t)task->select, &status);
        task->done += code == STATUS_OK;
        task->unavailable += code == STATUS_UNAVAILABLE;
    }
    return NULL;
}

static void no_update_is_lost(void **state)
{
    static const char *const selects[] = {"SELECT n FROM t WHERE uid = 'counter'",
                                          "SELECT n FROM t WHERE uid = 'counter' {for_update}"};
    struct fixture *f = *state;
    execute(f->db, "INSERT INTO t (uid) VALUES ('counter')");
    for (int kind = 0; kind < 2; kind++) {
        pthread_t threads[WRITERS];
        struct writer_task tasks[WRITERS];
        int done = 0, unavailable = 0;
        execute(f->db, "UPDATE t SET n = 0");
        for (int i = 0; i < WRITERS; i++) {
            tasks[i] = (struct writer_task){.db = f->db, .select = selects[kind]};
            assert_int_equal(pthread_create(&threads[i], NULL, write_many, &tasks[i]), 0);
        }
        for (int i = 0; i < WRITERS; i++) {
            pthread_join(threads[i], NULL);
            done += tasks[i].done;
            unavailable += tasks[i].unavailable;
        }
        assert_int_equal(done + unavailable, WRITERS * WRITES);
        assert_int_equal(query_int(f->db, "SELECT n FROM t WHERE uid = 'counter'"), done);
        if (kind == 1)
            assert_int_equal(unavailable, 0); /* they queue for the lock */
    }
}

/* What the reader began with it keeps seeing, and it locks nothing. */
static void reading_transactions_are_snapshots(void **state)
{
    struct fixture *f = *state;
    struct memora_error error = {0};
    struct db_conn *conn;
    struct db_rows *rows;
    struct status status = {0};
    execute(f->db, "INSERT INTO t (uid) VALUES ('a')");
    assert_int_equal(db_read_begin(f->db, &conn, &status), STATUS_OK);
    const struct memora_db_ops *ops = f->db->ops;
    assert_int_equal(ops->begin(conn->handle, MEMORA_TX_READ, &error), MEMORA_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(db_query(conn, "SELECT COUNT(*) FROM t", NULL, 0, &rows, &status), STATUS_OK);
        assert_true(db_next(rows, &status));
        assert_int_equal(db_column_int(rows, 0), 1);
        db_rows_close(rows);
        if (i == 0)
            execute(f->db, "INSERT INTO t (uid) VALUES ('b')");
    }
    assert_int_equal(ops->recycle(conn->handle, &error), MEMORA_OK);
    db_read_end(conn);
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM t"), 2);
}

static void times_are_seconds_of_utc(void **state)
{
    struct fixture *f = *state;
    struct status status;
    execute(f->db, "CREATE TABLE times (at TIMESTAMP NOT NULL)");
    struct memora_value values[] = {db_int(1795487916), db_int(0), db_int(9999999999)};
    struct one_statement one = {.sql = "INSERT INTO times (at) VALUES ({time_write:?})", .params = values, .count = 1};
    assert_int_equal(write_one(f, &one, &status), STATUS_OK);
    assert_int_equal(query_int(f->db, "SELECT {time_read:at} FROM times"), 1795487916);
    assert_int_equal(query_int(f->db, "SELECT {hour:at} FROM times"), 2); /* 2026-11-24 02:38:36, a Tuesday */
    assert_int_equal(query_int(f->db, "SELECT {month:at} FROM times"), 10);
    assert_int_equal(query_int(f->db, "SELECT {day_of_week:at} FROM times"), 2);
    assert_int_equal(query_int(f->db, "SELECT {day_of_year:at} FROM times"), 327);
    for (int i = 1; i < 3; i++) {
        one.params = &values[i];
        assert_int_equal(write_one(f, &one, &status), STATUS_INVALID_ARGUMENT);
    }
}

static void json_without_casts(void **state)
{
    static const struct {
        const char *expression;
        int64_t value; /* -1 for NULL */
    } cases[] = {
        {"{json_flag:j|p.yes}", 1},
        {"{json_flag:j|p.no}", 0},
        {"{json_flag:j|p.absent}", 0},
        {"NOT {json_flag:j|p.absent}", 1},
        {"{json_bool:j|p.yes}", 1},
        {"{json_bool:j|p.no}", 0},
        {"{json_bool:j|p.absent}", -1},
        {"{json_text:j|p.title} = 'T'", 1},
        {"{json_array_length:j|tags}", 3},
        {"{json_array_length:j|absent}", 0},
        {"{json_array_has:j|tags|'work'}", 1},
        {"{json_array_has:j|tags|'WORK'}", 0},
        {"{json_array_has:j|tags|'wor'}", 0},
        {"{json_array_has:j|absent|'work'}", -1},
        {"{json_array_has_prefix:j|tags|'wor'}", 1},
        {"{json_array_has_prefix:j|tags|'WOR'}", 0},
        {"{json_array_has_suffix:j|tags|'rk'}", 1},
        {"{json_array_has_part:j|tags|'/'}", 1},
        {"{json_array_has_part:j|absent|'/'}", -1},
        {"(SELECT COUNT(*) FROM {json_elements:j|tags} WHERE {json_element} = 'Work')", 1},
        {"(SELECT COUNT(*) FROM {json_elements:j|tags} WHERE {like_fold:{json_element}|'work%'})", 3},
        {"{like_fold:'Stra\xC3\x9F"
         "e'|'%strasse%'}",
         1},
        {"{text_length:'\xF0\x9F\x90\xBB\xC3\xA9'}", 2},
    };
    struct fixture *f = *state;
    execute(f->db, "CREATE TABLE js (j JSON NOT NULL)");
    execute(f->db, "INSERT INTO js VALUES ('{\"p\":{\"yes\":true,\"no\":false,\"title\":\"T\"}, "
                   "\"tags\":[\"Work\", \"work\", \"work/notes\"]}')");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char sql[256];
        snprintf(sql, sizeof sql, "SELECT COALESCE(%s, -1) FROM js", cases[i].expression);
        if (query_int(f->db, sql) != cases[i].value)
            fail_msg("%s", sql);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_table, teardown_mysql)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(numbers),
        TEST(texts),
        TEST(blobs),
        TEST(rows_of_many_sizes),
        TEST(counts_and_ids),
        TEST(errors_say_what_to_do),
        TEST(checks_are_told_where_there_are_any),
        TEST(errors_within_results_end_them),
        TEST(packets_are_bounded),
        TEST(bound_values_are_no_sql),
        TEST(failed_writes_leave_nothing),
        TEST(no_update_is_lost),
        TEST(reading_transactions_are_snapshots),
        TEST(times_are_seconds_of_utc),
        TEST(json_without_casts),
    };
    return cmocka_run_group_tests(tests, start_server, remove_server);
}
