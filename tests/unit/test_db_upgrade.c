/* Upgrading a database of schema version 0.22.0, step by step and at once. */
#include "db_fixture.h"

#include "db/migrate.h"

/* A database as release 0.22.0 left it, with one row for every change that the steps make. */
static const char old_schema[] =
    "CREATE TABLE migration_history (version TEXT NOT NULL PRIMARY KEY, created_ts BIGINT NOT NULL);"
    "CREATE TABLE system_setting (name TEXT NOT NULL, value TEXT NOT NULL, description TEXT NOT NULL DEFAULT '', "
    "UNIQUE(name));"
    "CREATE TABLE user (id INTEGER PRIMARY KEY AUTOINCREMENT, created_ts BIGINT NOT NULL DEFAULT 7, "
    "updated_ts BIGINT NOT NULL DEFAULT 8, row_status TEXT NOT NULL CHECK (row_status IN ('NORMAL', 'ARCHIVED')) "
    "DEFAULT 'NORMAL', username TEXT NOT NULL UNIQUE, role TEXT NOT NULL CHECK (role IN ('HOST', 'ADMIN', 'USER')) "
    "DEFAULT 'USER', email TEXT NOT NULL DEFAULT '', nickname TEXT NOT NULL DEFAULT '', password_hash TEXT NOT NULL, "
    "avatar_url TEXT NOT NULL DEFAULT '', description TEXT NOT NULL DEFAULT '');"
    "CREATE INDEX idx_user_username ON user (username);"
    "CREATE TABLE user_setting (user_id INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, "
    "UNIQUE(user_id, key));"
    "CREATE TABLE memo (id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, creator_id INTEGER NOT NULL, "
    "created_ts BIGINT NOT NULL DEFAULT 7, updated_ts BIGINT NOT NULL DEFAULT 8, row_status TEXT NOT NULL "
    "CHECK (row_status IN ('NORMAL', 'ARCHIVED')) DEFAULT 'NORMAL', content TEXT NOT NULL DEFAULT '', visibility TEXT "
    "NOT NULL CHECK (visibility IN ('PUBLIC', 'PROTECTED', 'PRIVATE')) DEFAULT 'PRIVATE');"
    "CREATE INDEX idx_memo_creator_id ON memo (creator_id);"
    "CREATE INDEX idx_memo_content ON memo (content);"
    "CREATE INDEX idx_memo_visibility ON memo (visibility);"
    "CREATE TABLE memo_organizer (memo_id INTEGER NOT NULL, user_id INTEGER NOT NULL, pinned INTEGER NOT NULL "
    "CHECK (pinned IN (0, 1)) DEFAULT 0, UNIQUE(memo_id, user_id));"
    "CREATE TABLE memo_relation (memo_id INTEGER NOT NULL, related_memo_id INTEGER NOT NULL, type TEXT NOT NULL, "
    "UNIQUE(memo_id, related_memo_id, type));"
    "CREATE TABLE resource (id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, creator_id INTEGER NOT "
    "NULL, "
    "created_ts BIGINT NOT NULL DEFAULT 7, updated_ts BIGINT NOT NULL DEFAULT 8, filename TEXT NOT NULL DEFAULT '', "
    "blob BLOB DEFAULT NULL, external_link TEXT NOT NULL DEFAULT '', type TEXT NOT NULL DEFAULT '', size INTEGER NOT "
    "NULL DEFAULT 0, internal_path TEXT NOT NULL DEFAULT '', memo_id INTEGER);"
    "CREATE INDEX idx_resource_creator_id ON resource (creator_id);"
    "CREATE INDEX idx_resource_memo_id ON resource (memo_id);"
    "CREATE TABLE tag (name TEXT NOT NULL, creator_id INTEGER NOT NULL, UNIQUE(name, creator_id));"
    "CREATE TABLE activity (id INTEGER PRIMARY KEY AUTOINCREMENT, creator_id INTEGER NOT NULL, created_ts BIGINT NOT "
    "NULL DEFAULT 7, type TEXT NOT NULL DEFAULT '', level TEXT NOT NULL DEFAULT 'INFO', payload TEXT NOT NULL "
    "DEFAULT '{}');"
    "CREATE TABLE idp (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, type TEXT NOT NULL, "
    "identifier_filter TEXT NOT NULL DEFAULT '', config TEXT NOT NULL DEFAULT '{}');"
    "CREATE TABLE inbox (id INTEGER PRIMARY KEY AUTOINCREMENT, created_ts BIGINT NOT NULL DEFAULT 7, sender_id INTEGER "
    "NOT NULL, receiver_id INTEGER NOT NULL, status TEXT NOT NULL, message TEXT NOT NULL DEFAULT '{}');"
    "CREATE TABLE webhook (id INTEGER PRIMARY KEY AUTOINCREMENT, created_ts BIGINT NOT NULL DEFAULT 7, updated_ts "
    "BIGINT "
    "NOT NULL DEFAULT 8, row_status TEXT NOT NULL DEFAULT 'NORMAL', creator_id INTEGER NOT NULL, name TEXT NOT NULL, "
    "url TEXT NOT NULL);"
    "CREATE TABLE reaction (id INTEGER PRIMARY KEY AUTOINCREMENT, created_ts BIGINT NOT NULL DEFAULT 7, creator_id "
    "INTEGER NOT NULL, content_id TEXT NOT NULL, reaction_type TEXT NOT NULL, UNIQUE(creator_id, content_id, "
    "reaction_type));"
    "INSERT INTO system_setting (name, value) VALUES ('BASIC', '{\"secretKey\":\"k\",\"schemaVersion\":\"0.22.0\"}'), "
    "('TAGS', '{\"tags\":{\"a\":{}}}');"
    "INSERT INTO user (id, username, role, password_hash) VALUES (1, 'alice', 'HOST', 'x'), (2, 'bob', 'USER', 'y'), "
    "(9, 'gone', 'USER', 'z');"
    "DELETE FROM user WHERE id = 9;"
    "INSERT INTO memo (uid, creator_id, content) VALUES ('m1', 1, 'hello'), ('m2', 2, 'comment');"
    "INSERT INTO memo_organizer VALUES (1, 1, 1), (2, 1, 0);"
    "INSERT INTO resource (uid, creator_id, filename, external_link, internal_path) VALUES "
    "('r1', 1, 'a', '', 'assets/a'), ('r2', 1, 'b', 'https://e/x', ''), ('r3', 1, 'c', '', '');"
    "UPDATE resource SET blob = x'00ff' WHERE uid = 'r3';"
    "INSERT INTO activity (creator_id, type, payload) VALUES (2, 'MEMO_COMMENT', "
    "'{\"memoComment\":{\"memoId\":2,\"relatedMemoId\":1}}');"
    "INSERT INTO inbox (sender_id, receiver_id, status, message) VALUES "
    "(2, 1, 'UNREAD', '{\"type\":\"MEMO_COMMENT\",\"activityId\":1}'), "
    "(2, 1, 'UNREAD', '{\"type\":\"MEMO_COMMENT\",\"activityId\":99}'), (2, 1, 'UNREAD', '');"
    "INSERT INTO idp (id, name, type) VALUES (26, 'sso', 'OAUTH2');"
    "INSERT INTO reaction (creator_id, content_id, reaction_type) VALUES (1, 'memos/m1', 'THUMBS_UP'), "
    "(1, 'memos/m1', 'QUESTION_MARK'), (1, 'memos/m1', '\xF0\x9F\x8E\x89');"
    "INSERT INTO user_setting VALUES (2, 'TAGS', '{\"tags\":{\"mine\":{}}}');";

static enum status_code run_text(struct db_conn *conn, void *ctx, struct status *status)
{
    const char *text = ctx;
    struct memora_error error = {0};
    if (conn->db->ops->script(conn->handle, text, strlen(text), &error) != MEMORA_OK)
        return status_set(status, STATUS_INTERNAL, "%s", error.message);
    return STATUS_OK;
}

static void script(struct fixture *f, const char *text)
{
    struct status status = {0};
    if (db_write(f->db, run_text, (void *)(uintptr_t)text, &status))
        fail_msg("%s", status.message);
}

static void assert_text(struct fixture *f, const char *sql, const char *expected)
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
            buf_printf(&out, "%s%c", db_column_text(rows, i, arena), i + 1 < db_column_count(rows) ? '|' : '\n');
    db_rows_close(rows);
    db_read_end(conn);
    assert_string_equal(buf_str(&out), expected);
    arena_destroy(arena);
}

static void assert_upgraded(struct fixture *f)
{
    assert_text(f, "SELECT uid, storage_type, reference, payload, HEX(blob) FROM attachment ORDER BY id",
                "r1|LOCAL|assets/a|{}|\nr2|EXTERNAL|https://e/x|{}|\nr3|||{}|00FF\n");
    assert_text(f, "SELECT uid, pinned, payload, created_ts FROM memo ORDER BY id", "m1|1|{}|7\nm2|0|{}|7\n");
    assert_text(f, "SELECT message FROM inbox ORDER BY id",
                "{\"type\":\"MEMO_COMMENT\",\"memoComment\":{\"memoId\":2,\"relatedMemoId\":1}}\n"
                "{\"type\":\"MEMO_COMMENT\",\"activityId\":99}\n\n");
    assert_text(f, "SELECT uid FROM idp", "0000001a\n");
    assert_text(f, "SELECT reaction_type FROM reaction ORDER BY id",
                "\xF0\x9F\x91\x8D\n\xE2\x9D\x93\n\xF0\x9F\x8E\x89\n");
    assert_text(f, "SELECT id, username, role, created_ts FROM user ORDER BY id", "1|alice|ADMIN|7\n2|bob|USER|7\n");
    assert_text(f, "SELECT user_id, value FROM user_setting WHERE key = 'TAGS' ORDER BY user_id",
                "1|{\"tags\":{\"a\":{}}}\n2|{\"tags\":{\"mine\":{}}}\n");
    assert_text(f, "SELECT name, value FROM system_setting ORDER BY name",
                "BASIC|{\"secretKey\":\"k\",\"schemaVersion\":\"0.30.1\"}\n"
                "STORAGE|{\"storageType\":\"DATABASE\"}\nTAGS|{\"tags\":{\"a\":{}}}\n");
    assert_text(f,
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE "
                "'memora%' ORDER BY name",
                "attachment\nidp\ninbox\nmemo\nmemo_relation\nmemo_share\nmigration_history\nreaction\nsystem_setting\n"
                "user\nuser_identity\nuser_setting\n");
    assert_text(
        f,
        "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND name NOT LIKE 'idx\\_memora%' "
        "ESCAPE '\\' ORDER BY name",
        "idx_idp_uid\nidx_memo_share_memo_id\nidx_user_identity_user_id\n");
    /* Ids of users that are gone are not given again. */
    execute(f->db, "INSERT INTO user (username, role, password_hash) VALUES ('new', 'ANY', 'x')");
    assert_text(f, "SELECT id FROM user WHERE username = 'new'", "10\n");
}

static void upgrades_at_once(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    script(f, old_schema);
    if (db_migrate(f->db, &status))
        fail_msg("%s", status.message);
    assert_upgraded(f);
}

static void set_version(struct fixture *f, struct schema_version version)
{
    char text[256];
    snprintf(text, sizeof text,
             "UPDATE system_setting SET value = '{\"secretKey\":\"k\",\"schemaVersion\":\"%d.%d.%d\"}' "
             "WHERE name = 'BASIC'",
             version.major, version.minor, version.patch);
    script(f, text);
}

/* A database may come from any version on the way: n steps by hand, the rest by db_migrate. */
static void upgrades_from_every_version(void **state)
{
    (void)state;
    bool more = true;
    for (unsigned by_hand = 0; more; by_hand++) {
        struct fixture f;
        struct status status = {0};
        struct schema_version at, next = {0, 0, 0};
        const struct schema_file *step = NULL;
        make_dir(&f);
        open_with(&f, &default_options);
        script(&f, old_schema);
        schema_version_parse("0.22.0", &at);
        for (unsigned i = 0; i < by_hand && (step = schema_step_next("sqlite", at, &next)); i++) {
            script(&f, step->text);
            at = next;
        }
        more = by_hand == 0 || step;
        set_version(&f, at);
        if (db_migrate(f.db, &status))
            fail_msg("from %d.%d.%d: %s", at.major, at.minor, at.patch, status.message);
        assert_upgraded(&f);
        db_close(f.db);
        remove_dir(&f);
    }
}

/* A step that fails undoes the steps before it, and the version stays. */
static void failing_step_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    script(f, old_schema);
    script(f, "CREATE TABLE memo_share (id INTEGER)");
    assert_int_not_equal(db_migrate(f->db, &status), STATUS_OK);
    assert_non_null(strstr(status.message, "sqlite/0.27/04__memo_share.sql"));
    assert_text(f, "SELECT COUNT(*) FROM sqlite_master WHERE name IN ('resource', 'webhook', 'tag')", "3\n");
    assert_text(f, "SELECT value FROM system_setting WHERE name = 'BASIC'",
                "{\"secretKey\":\"k\",\"schemaVersion\":\"0.22.0\"}\n");
    script(f, "DROP TABLE memo_share");
    assert_int_equal(db_migrate(f->db, &status), STATUS_OK);
    assert_upgraded(f);
}

/* Indexes are a help, not a condition. */
static void starts_without_indexes_that_do_not_fit(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    assert_int_equal(db_migrate(f->db, &status), STATUS_OK);
    script(f, "DROP INDEX idx_memora_inbox_receiver; ALTER TABLE inbox RENAME COLUMN created_ts TO made");
    assert_int_equal(db_migrate(f->db, &status), STATUS_OK);
    assert_text(f, "SELECT COUNT(*) FROM sqlite_master WHERE name = 'idx_memora_inbox_receiver'", "0\n");
    script(f, "ALTER TABLE inbox RENAME COLUMN made TO created_ts");
    assert_int_equal(db_migrate(f->db, &status), STATUS_OK);
    assert_text(f, "SELECT COUNT(*) FROM sqlite_master WHERE name = 'idx_memora_inbox_receiver'", "1\n");
}

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(upgrades_at_once, setup, teardown),
        cmocka_unit_test(upgrades_from_every_version),
        cmocka_unit_test_setup_teardown(failing_step_leaves_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(starts_without_indexes_that_do_not_fit, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
