/* Creating, opening, upgrading and refusing databases (contract/database.md 5). */
#include "db_fixture.h"

#include <fcntl.h>

#include "base/hash.h"
#include "db/migrate.h"

static enum status_code migrate(struct fixture *f, struct status *status)
{
    open_with(f, &default_options);
    return db_migrate(f->db, status);
}

static void close_db(struct fixture *f)
{
    db_close(f->db);
    f->db = NULL;
}

static const char *shared(void)
{
    const char *dir = getenv("MEMORA_SHARED");
    return dir && *dir ? dir : MEMORA_TEST_SOURCE_DIR "/../shared";
}

static void copy_fixture(struct fixture *f)
{
    char command[1024];
    snprintf(command, sizeof command, "cp '%s/fixtures/existing-db/sqlite/memos_prod.db' '%s' && chmod u+w '%s'",
             shared(), f->path, f->path);
    assert_int_equal(system(command), 0);
}

/* Text of all rows of a one-column query, each followed by a newline. */
static char *query_text(struct fixture *f, struct arena *arena, const char *sql)
{
    struct db_conn *conn;
    struct db_rows *rows;
    struct status status = {0};
    struct buf out = buf_in(arena);
    assert_int_equal(db_read_begin(f->db, &conn, &status), STATUS_OK);
    if (db_query(conn, sql, NULL, 0, &rows, &status))
        fail_msg("%s: %s", sql, status.message);
    while (db_next(rows, &status)) {
        buf_add_str(&out, db_column_text(rows, 0, arena));
        buf_add_char(&out, '\n');
    }
    assert_int_equal(status.code, STATUS_OK);
    db_rows_close(rows);
    db_read_end(conn);
    return arena_strdup(arena, buf_str(&out));
}

static void file_hash(const char *path, char out[HASH_SHA256_HEX_SIZE])
{
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    struct stat info;
    assert_int_equal(fstat(fd, &info), 0);
    char *bytes = malloc((size_t)info.st_size);
    assert_int_equal(read(fd, bytes, (size_t)info.st_size), info.st_size);
    hash_sha256_hex(bytes, (size_t)info.st_size, out);
    free(bytes);
    close(fd);
}

static const char schema_without_ours[] =
    "SELECT name || '|' || sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE '%memora\\_%' "
    "ESCAPE '\\' ORDER BY name";

static void creates_a_fresh_database(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    assert_int_equal(migrate(f, &status), STATUS_OK);
    assert_int_equal(
        query_int(f->db, "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"), 14);
    struct arena *arena = arena_create();
    assert_string_equal(query_text(f, arena, "SELECT value FROM system_setting WHERE name = 'BASIC'"),
                        "{\"schemaVersion\":\"0.30.1\"}\n");
    assert_string_equal(query_text(f, arena, "PRAGMA journal_mode"), "wal\n");
    arena_destroy(arena);
    execute(f->db, "INSERT INTO memo (uid, creator_id) VALUES ('a', 1)");
    assert_true(query_int(f->db, "SELECT created_ts FROM memo") > 1700000000);
    struct stat info;
    assert_int_equal(stat(f->path, &info), 0);
    assert_int_equal(info.st_mode & 077, 0);
}

/* Normal form of a CREATE statement: white space is of no account. */
static char *squeeze(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++)
        if (*from != ' ' && *from != '\t')
            *to++ = *from;
    *to = '\0';
    return text;
}

static void fresh_schema_is_that_of_the_reference(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    struct arena *arena = arena_create();
    assert_int_equal(migrate(f, &status), STATUS_OK);
    char *ours = squeeze(query_text(f, arena, schema_without_ours));
    close_db(f);
    copy_fixture(f);
    open_with(f, &default_options);
    assert_string_equal(ours, squeeze(query_text(f, arena, schema_without_ours)));
    arena_destroy(arena);
}

static void opens_an_existing_database_in_place(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    struct arena *arena = arena_create();
    copy_fixture(f);
    open_with(f, &default_options);
    const char *schema = query_text(f, arena, schema_without_ours);
    const char *basic = query_text(f, arena, "SELECT value FROM system_setting WHERE name = 'BASIC'");
    int64_t memos = query_int(f->db, "SELECT COUNT(*) FROM memo");
    assert_int_equal(db_migrate(f->db, &status), STATUS_OK);
    assert_string_equal(query_text(f, arena, schema_without_ours), schema);
    assert_string_equal(query_text(f, arena, "SELECT value FROM system_setting WHERE name = 'BASIC'"), basic);
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM memo"), memos);
    assert_int_equal(memos, 68);
    assert_true(query_int(f->db, "SELECT COUNT(*) FROM sqlite_master WHERE name LIKE 'idx\\_memora\\_%' ESCAPE '\\'") >
                5);
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"), 0);
    arena_destroy(arena);
}

/* Nothing is run and nothing is written when all is there. */
static void second_start_writes_nothing(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    char before[HASH_SHA256_HEX_SIZE], after[HASH_SHA256_HEX_SIZE];
    copy_fixture(f);
    assert_int_equal(migrate(f, &status), STATUS_OK);
    close_db(f);
    file_hash(f->path, before);
    assert_int_equal(migrate(f, &status), STATUS_OK);
    close_db(f);
    file_hash(f->path, after);
    assert_string_equal(before, after);
}

static void set_version(struct fixture *f, const char *basic)
{
    struct memora_value param = db_text(basic);
    struct one_statement one = {
        .sql = "UPDATE system_setting SET value = ? WHERE name = 'BASIC'", .params = &param, .count = 1};
    struct status status = {0};
    copy_fixture(f);
    open_with(f, &default_options);
    assert_int_equal(db_write(f->db, run_statement, &one, &status), STATUS_OK);
    close_db(f);
}

static void assert_refused(struct fixture *f, const char *basic, const char *expected)
{
    struct status status = {0};
    char before[HASH_SHA256_HEX_SIZE], after[HASH_SHA256_HEX_SIZE];
    set_version(f, basic);
    file_hash(f->path, before);
    assert_int_equal(migrate(f, &status), STATUS_FAILED_PRECONDITION);
    if (!strstr(status.message, expected))
        fail_msg("expected \"%s\" in: %s", expected, status.message);
    close_db(f);
    file_hash(f->path, after);
    assert_string_equal(before, after);
}

static void refuses_newer_untouched(void **state)
{
    assert_refused(*state, "{\"secretKey\":\"k\",\"schemaVersion\":\"0.30.2\"}",
                   "cannot downgrade schema version from 0.30.2 to 0.30.1");
    assert_refused(*state, "{\"schemaVersion\":\"0.100.0\"}", "cannot downgrade schema version from 0.100.0 to 0.30.1");
    assert_refused(*state, "{\"schema_version\":\"1.0.0\"}", "cannot downgrade schema version from 1.0.0 to 0.30.1");
}

static void refuses_too_old_untouched(void **state)
{
    assert_refused(*state, "{\"secretKey\":\"k\"}", "too old: its schema version is not set");
    assert_refused(*state, "{\"schemaVersion\":\"\"}", "too old: its schema version is not set");
    assert_refused(
        *state, "{\"schemaVersion\":\"0.21.9\"}",
        "its schema version is \"0.21.9\", the target is 0.30.1 and the oldest that can be upgraded is 0.22.0; "
        "upgrade it with Memos 0.25.3 first");
    assert_refused(*state, "{\"schemaVersion\":\"abc\"}", "\"abc\"");
    assert_refused(*state, "{\"schemaVersion\":\"0.30\"}", "\"0.30\"");
    assert_refused(*state, "{\"schemaVersion\":\"0.30.1-rc\"}", "\"0.30.1-rc\"");
    assert_refused(*state, "{\"schemaVersion\":30}", "not set");
}

static void refuses_unreadable_basic(void **state)
{
    assert_refused(*state, "", "BASIC");
    assert_refused(*state, "null", "BASIC");
    assert_refused(*state, "[]", "BASIC");
    assert_refused(*state, "{\"schemaVersion\":\"0.30.1\",\"schemaVersion\":\"0.30.1\"}", "BASIC");
    assert_refused(*state, "{\"schemaVersion\":", "BASIC");
}

static void refuses_database_of_before_settings(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    open_with(f, &default_options);
    execute(f->db, "CREATE TABLE memo (id INTEGER PRIMARY KEY)");
    assert_int_equal(db_migrate(f->db, &status), STATUS_FAILED_PRECONDITION);
    assert_non_null(strstr(status.message, "too old"));
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM sqlite_master"), 1);
}

static void versions_are_compared_by_number(void **state)
{
    (void)state;
    struct schema_version a = {0}, b = {0};
    assert_true(schema_version_parse("0.9.0", &a) && schema_version_parse("0.10.0", &b));
    assert_true(schema_version_compare(a, b) < 0);
    assert_true(schema_version_compare(b, a) > 0);
    assert_int_equal(schema_version_compare(a, a), 0);
    const char *const bad[] = {"",      "1",      "1.2",    "1.2.",   "1.2.3.4",
                               "1.2.x", "-1.2.3", " 1.2.3", "1.2.3 ", "1.2.9999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(schema_version_parse(bad[i], &a));
}

static void steps_reach_the_target(void **state)
{
    (void)state;
    const char *const dialects[] = {"sqlite", "mysql", "postgres"};
    for (size_t i = 0; i < sizeof dialects / sizeof dialects[0]; i++) {
        struct schema_version at, next, target;
        unsigned steps = 0;
        schema_version_parse("0.22.0", &at);
        schema_version_parse(SCHEMA_VERSION_TEXT, &target);
        while (schema_step_next(dialects[i], at, &next)) {
            assert_true(schema_version_compare(next, at) > 0);
            at = next;
            steps++;
        }
        assert_int_equal(schema_version_compare(at, target), 0);
        assert_true(steps >= 15);
        assert_non_null(schema_file_find(dialects[i], "LATEST.sql"));
        assert_non_null(schema_file_find(dialects[i], "INDEXES.sql"));
    }
    assert_null(schema_file_find("sqlite", "NOTHING.sql"));
}

static void failed_creation_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    open_with(f, &default_options);
    execute(f->db, "CREATE TABLE memo_share (id INTEGER)");
    assert_int_not_equal(db_migrate(f->db, &status), STATUS_OK);
    assert_non_null(strstr(status.message, "sqlite/LATEST.sql"));
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table'"), 1);
}

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_empty, teardown)
    const struct CMUnitTest tests[] = {
        TEST(creates_a_fresh_database),
        TEST(fresh_schema_is_that_of_the_reference),
        TEST(opens_an_existing_database_in_place),
        TEST(second_start_writes_nothing),
        TEST(refuses_newer_untouched),
        TEST(refuses_too_old_untouched),
        TEST(refuses_unreadable_basic),
        TEST(refuses_database_of_before_settings),
        TEST(failed_creation_leaves_nothing),
        cmocka_unit_test(versions_are_compared_by_number),
        cmocka_unit_test(steps_reach_the_target),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
