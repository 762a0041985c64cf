/* Upgrading a MySQL or MariaDB database where an earlier upgrade was cut short at any point: schema changes are not
 * rolled back there. */
#include "mysql_fixture.h"

#include "db/migrate.h"

enum {
    STATEMENTS_MOST = 64,
    NOT_DONE_EVERY = 5 /* simply going on is tried less often than finding out that something was done */
};

struct place {
    const struct schema_file *step;
    uint64_t statement;
    const char *text;
    size_t length;
};

/* All statements of all steps in their order. */
static unsigned all_places(struct place places[STATEMENTS_MOST])
{
    struct schema_version at, next = {0, 0, 0};
    const struct schema_file *step;
    unsigned count = 0;
    schema_version_parse(SCHEMA_VERSION_OLDEST, &at);
    while ((step = schema_step_next("mysql", at, &next))) {
        const char *rest = step->text;
        struct place place = {.step = step};
        for (; schema_statement_next(&rest, &place.text, &place.length); place.statement++) {
            assert_true(count < STATEMENTS_MOST);
            places[count++] = place;
        }
        at = next;
    }
    return count;
}

static char *text_of(struct fixture *f, const char *sql)
{
    struct db_conn *conn;
    struct db_rows *rows;
    struct status status = {0};
    struct arena *arena = arena_create();
    struct buf out = buf_in(arena);
    assert_int_equal(db_read_begin(f->db, &conn, &status), STATUS_OK);
    if (db_query(conn, sql, NULL, 0, &rows, &status))
        fail_msg("%s: %s", sql, status.message);
    while (db_next(rows, &status))
        for (uint32_t i = 0; i < db_column_count(rows); i++)
            buf_printf(&out, "%s|", db_column_text(rows, i, arena));
    db_rows_close(rows);
    db_read_end(conn);
    char *text = strdup(buf_str(&out));
    arena_destroy(arena);
    return text;
}

static void assert_text(struct fixture *f, const char *sql, const char *expected)
{
    char *text = text_of(f, sql);
    assert_string_equal(text, expected);
    free(text);
}

static void assert_upgraded(struct fixture *f)
{
    assert_text(f, "SELECT uid, storage_type, reference, payload, HEX(`blob`) FROM attachment ORDER BY id",
                "r1|LOCAL|assets/a|{}||r2|EXTERNAL|https://e/x|{}||r3|||{}|00FF|");
    assert_text(f, "SELECT uid, pinned, payload FROM memo ORDER BY id", "m1|1|{}|m2|0|{}|");
    assert_text(f, "SELECT username, role FROM user ORDER BY id", "alice|ADMIN|bob|USER|");
    assert_text(f, "SELECT uid FROM idp", "0000001a|");
    assert_text(f, "SELECT reaction_type FROM reaction ORDER BY id",
                "\xF0\x9F\x91\x8D|\xE2\x9D\x93|\xF0\x9F\x8E\x89|\xF0\x9F\x92\x9B|");
    assert_text(
        f,
        "SELECT JSON_UNQUOTE(JSON_EXTRACT(message, '$.memoComment.memoId')), JSON_UNQUOTE(JSON_EXTRACT(message, "
        "'$.memoComment.relatedMemoId')) FROM inbox WHERE message LIKE '%memoComment%'",
        "2|1|");
    assert_text(f, "SELECT user_id, value FROM user_setting WHERE `key` = 'TAGS' ORDER BY user_id",
                "1|{\"tags\":{\"a\":{}}}|2|{\"tags\":{\"mine\":{}}}|");
    assert_text(f, "SELECT name FROM system_setting ORDER BY name", "BASIC|STORAGE|TAGS|");
    assert_text(f,
                "SELECT JSON_UNQUOTE(JSON_EXTRACT(value, '$.schemaVersion')) FROM system_setting WHERE name = 'BASIC'",
                SCHEMA_VERSION_TEXT "|");
    assert_text(f,
                "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name IN "
                "('tag', 'webhook', 'activity', 'memo_organizer', 'resource', 'memo_share', 'user_identity')",
                "2|");
}

static void start_anew(struct fixture *f)
{
    char sql[320];
    snprintf(sql, sizeof sql, "DROP DATABASE %s; CREATE DATABASE %s CHARACTER SET utf8mb4", f->path, f->path);
    server_sql("", sql);
    server_fill_old(f->path);
}

static enum status_code run_text(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct place *place = ctx;
    return migrate_script(conn, place->step->path, place->text, place->length, status);
}

static bool commits_by_itself(const struct place *place)
{
    const char *at = place->text;
    while (strncmp(at, "--", 2) == 0)
        at += strcspn(at, "\n") + 1;
    return strncmp(at, "UPDATE", 6) != 0 && strncmp(at, "INSERT", 6) != 0;
}

/* What is committed when a server dies in the middle of the last of these statements, or right after it. */
static void run_until(struct fixture *f, const struct place *places, unsigned last, bool last_is_done)
{
    char sql[256];
    struct status status = {0};
    for (unsigned i = 0; i < last + last_is_done; i++)
        if (db_write(f->db, run_text, (void *)&places[i], &status))
            fail_msg("%s", status.message);
    snprintf(
        sql, sizeof sql,
        "INSERT INTO system_setting VALUES ('MEMORA_UPGRADE', '{\"step\":\"%s\",\"statement\":%u,\"begun\":true}', '')",
        places[last].step->path, (unsigned)places[last].statement);
    server_sql(f->path, sql);
}

static void goes_on_from_everywhere(void **state)
{
    struct fixture *f = *state;
    struct place places[STATEMENTS_MOST];
    unsigned count = all_places(places), tried = 0;
    assert_true(count > 20);
    for (unsigned i = 0; i < count; i++) {
        for (int done = i % NOT_DONE_EVERY != 0; commits_by_itself(&places[i]) && done < 2; done++) {
            struct status status = {0};
            start_anew(f);
            run_until(f, places, i, done);
            if (db_migrate(f->db, &status))
                fail_msg("%s, statement %u, %s: %s", places[i].step->path, (unsigned)places[i].statement,
                         done ? "done" : "not done", status.message);
            assert_upgraded(f);
            tried++;
        }
    }
    assert_true(tried > count / 2);
}

/* A statement that failed is not taken for done. What is in its way is told each time, and the upgrade goes on when it
 * is gone. */
static void what_failed_is_tried_again(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    server_fill_old(f->path);
    server_sql(f->path, "CREATE TABLE memo_share (id INT)");
    for (int i = 0; i < 3; i++) {
        assert_int_not_equal(db_migrate(f->db, &status), STATUS_OK);
        assert_non_null(strstr(status.message, "mysql/0.27/04__memo_share.sql"));
    }
    server_sql(f->path, "DROP TABLE memo_share; CREATE VIEW user_identity AS SELECT 1 AS one");
    assert_int_not_equal(db_migrate(f->db, &status), STATUS_OK);
    assert_non_null(strstr(status.message, "mysql/0.28/00__user_identity.sql"));
    server_sql(f->path, "DROP VIEW user_identity");
    if (db_migrate(f->db, &status))
        fail_msg("%s", status.message);
    assert_upgraded(f);
    assert_int_equal(db_migrate(f->db, &status), STATUS_OK);
}

/* Changes of rows that the failure of a later statement has undone are done again. */
static void what_was_rolled_back_is_done_again(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    server_fill_old(f->path);
    server_sql(f->path, "CREATE TRIGGER refuse BEFORE UPDATE ON inbox FOR EACH ROW SIGNAL SQLSTATE '45000'");
    assert_int_not_equal(db_migrate(f->db, &status), STATUS_OK);
    assert_non_null(strstr(status.message, "mysql/0.27/02__inbox_payload.sql"));
    server_sql(f->path, "DROP TRIGGER refuse");
    if (db_migrate(f->db, &status))
        fail_msg("%s", status.message);
    assert_upgraded(f);
}

static void steps_of_other_versions_are_left_to_them(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    server_fill_old(f->path);
    server_sql(f->path, "INSERT INTO system_setting VALUES ('MEMORA_UPGRADE', "
                        "'{\"step\":\"mysql/0.29/00__other.sql\",\"statement\":0,\"begun\":true}', '')");
    assert_int_equal(db_migrate(f->db, &status), STATUS_FAILED_PRECONDITION);
    assert_non_null(strstr(status.message, "mysql/0.29/00__other.sql"));
    assert_text(f, "SELECT COUNT(*) FROM resource", "3|");
}

static void statements_are_told_apart(void **state)
{
    (void)state;
    const char *at = " -- one; it's\n A 'x;''y' -- \"\n, `;`;\n\nB;  -- end;\n", *text;
    size_t length;
    assert_true(schema_statement_next(&at, &text, &length));
    assert_int_equal(strncmp(text, "-- one; it's\n A 'x;''y' -- \"\n, `;`", length), 0);
    assert_int_equal(length, strlen("-- one; it's\n A 'x;''y' -- \"\n, `;`"));
    assert_true(schema_statement_next(&at, &text, &length));
    assert_int_equal(length, 1);
    assert_int_equal(*text, 'B');
    assert_false(schema_statement_next(&at, &text, &length));
}

/* Many schemas are made and none has to outlive the server: without waiting for the disk. */
static int start_hasty_server(void **state)
{
    if (start_server(state))
        return -1;
    server_action("stop");
    server_start_with("--innodb-flush-log-at-trx-commit=0 --innodb-flush-method=nosync --skip-innodb-doublewrite");
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_mysql, teardown_mysql)

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_are_told_apart),
        TEST(goes_on_from_everywhere),
        TEST(what_failed_is_tried_again),
        TEST(what_was_rolled_back_is_done_again),
        TEST(steps_of_other_versions_are_left_to_them),
    };
    return cmocka_run_group_tests(tests, start_hasty_server, remove_server);
}
