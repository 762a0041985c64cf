/* The plugin db-mysql when things go wrong around it: bad configuration, refused and lost connections, servers that
 * stop, hang and come back, statements that run too long; and the schema, made and upgraded. */
#include "mysql_fixture.h"

#include <pthread.h>
#include <signal.h>

#include "patience.h"
#include "db/migrate.h"

static const struct db_options short_options = {
    .read_connections = 4, .statement_cache = 8, .statement_timeout_ns = 1000 * 1000000LL};

static int setup_short(void **state)
{
    return setup_mysql_with(state, &short_options);
}

static void bad_dsns_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *dsn, *part;
    } cases[] = {
        {"x", "dsn: not of the form"},
        {"u:secret@tcp(localhost)/", "no database is named"},
        {"u:secret@udp(localhost)/d", "protocol must be"},
        {"u:secret@tcp(localhost/d", "'(' without ')'"},
        {"u:secret@tcp(localhost:0)/d", "port must be"},
        {"u:secret@tcp(localhost:99999)/d", "port must be"},
        {"u:secret@tcp(localhost:x)/d", "port is not a number"},
        {"u:secret@tcp([::1)/d", "'[' without ']'"},
        {"u:secret@tcp(localhost)/d?nonsense=1", "parameter nonsense: not known"},
        {"u:secret@tcp(localhost)/d?charset=latin1", "only utf8mb4"},
        {"u:secret@tcp(localhost)/d?tls=mycert", "must be true, false"},
        {"u:secret@tcp(localhost)/d?timeout=5", "not a duration"},
        {"u:secret@tcp(localhost)/d?timeout=9999h", "too long"},
        {"u:secret@tcp(localhost)/d?allowAllFiles=true", "not safe"},
        {"u:secret@tcp(localhost)/d?time_zone=%27;DROP%27", "characters that it may not have"},
        {"u:secret@tcp(localhost)/d?loc=%4", "not written as in a URL"},
        {"u:secret@tcp(localhost)/d?parseTime", "must be name=value"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct status status = {0};
        struct db *db;
        assert_int_equal(open_mysql(cases[i].dsn, NULL, NULL, &default_options, &db, &status), STATUS_INVALID_ARGUMENT);
        if (!strstr(status.message, cases[i].part) || strstr(status.message, "secret"))
            fail_msg("%s: %s", cases[i].dsn, status.message);
    }
}

static void dsns_of_memos_are_taken(void **state)
{
    static const char *const endings[] = {
        "?charset=utf8mb4&parseTime=True&loc=Europe%2FBerlin&multiStatements=true&collation=utf8mb4_unicode_ci",
        "?charset=utf8mb4,utf8&timeout=1m30s&readTimeout=1500ms&writeTimeout=2s&tls=false&time_zone=%27%2B02:00%27",
        "?loc=Europe/Berlin", "?tls=preferred&&", "?"};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        char base[256], dsn[512];
        struct status status = {0};
        struct db *db;
        dsn_of(f, base, sizeof base);
        snprintf(dsn, sizeof dsn, "%s%s", base, endings[i]);
        if (open_mysql(dsn, NULL, NULL, &default_options, &db, &status))
            fail_msg("%s: %s", endings[i], status.message);
        assert_int_equal(query_int(db, "SELECT COUNT(*) FROM DUAL"), 1);
        db_close(db);
    }
}

static void refusals_are_clear(void **state)
{
    (void)state;
    static const struct {
        const char *user, *database, *part;
    } cases[] = {{"memora:wrong-secret", "mysql", "Access denied"},
                 {"memora:p@ss/w:rd?", "absent", "Unknown database 'absent'"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char dsn[256];
        struct status status = {0};
        struct db *db;
        snprintf(dsn, sizeof dsn, "%s@unix(%s/sock)/%s", cases[i].user, server.dir, cases[i].database);
        assert_int_not_equal(open_mysql(dsn, NULL, NULL, &default_options, &db, &status), STATUS_OK);
        if (!strstr(status.message, cases[i].part) || strstr(status.message, "wrong-secret"))
            fail_msg("%s", status.message);
    }
    struct status status = {0};
    struct db *db;
    assert_int_equal(open_mysql("u:p@unix(/nonexistent/sock)/d", NULL, NULL, &default_options, &db, &status),
                     STATUS_UNAVAILABLE);
    assert_non_null(strstr(status.message, "/nonexistent/sock"));
    assert_int_equal(open_mysql("u:p@tcp(127.0.0.1:1)/d", NULL, NULL, &default_options, &db, &status),
                     STATUS_UNAVAILABLE);
}

static enum status_code try_query(struct db *db, const char *sql, struct status *status)
{
    struct db_conn *conn;
    struct db_rows *rows;
    *status = (struct status){0};
    enum status_code code = db_read_begin(db, &conn, status);
    if (code)
        return code;
    code = db_query(conn, sql, NULL, 0, &rows, status);
    if (code == STATUS_OK) {
        while (db_next(rows, status))
            ;
        code = status->code;
        db_rows_close(rows);
    }
    db_read_end(conn);
    return code;
}

static void long_statements_are_interrupted(void **state)
{
    struct fixture *f = *state;
    struct status status;
    static const char *const endless[] = {
        "SELECT BENCHMARK(1000000000000, MD5('x'))",
        "SELECT COUNT(*) FROM information_schema.collations AS a, information_schema.collations AS "
        "b, information_schema.collations AS c, information_schema.collations AS d, "
        "information_schema.collations AS e WHERE a.id * b.id * c.id * d.id * e.id % "
        "7 = 9"};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(try_query(f->db, endless[i], &status), STATUS_DEADLINE_EXCEEDED);
        for (int k = 0; k < 5; k++) /* an interrupt that comes late hits nobody else */
            assert_int_equal(query_int(f->db, "SELECT 7 FROM DUAL"), 7);
    }
}

/* Interrupts that come at any moment of short statements. */
static void *interrupt_often(void *argument)
{
    struct db_conn *conn = argument;
    for (int i = 0; i < 20; i++)
        conn->db->ops->interrupt(conn->handle);
    return NULL;
}

static void interrupts_hit_one_statement(void **state)
{
    struct fixture *f = *state;
    struct db_conn *conn;
    struct db_rows *rows;
    struct status status = {0};
    pthread_t thread;
    assert_int_equal(db_read_begin(f->db, &conn, &status), STATUS_OK);
    assert_int_equal(pthread_create(&thread, NULL, interrupt_often, conn), 0);
    for (int i = 0; i < 500; i++) {
        enum status_code code = db_query(conn, "SELECT 1 FROM DUAL", NULL, 0, &rows, &status);
        assert_true(code == STATUS_OK || code == STATUS_DEADLINE_EXCEEDED);
        if (code == STATUS_OK)
            db_rows_close(rows);
    }
    pthread_join(thread, NULL);
    assert_int_equal(db_query(conn, "SELECT 1 FROM DUAL", NULL, 0, &rows, &status), STATUS_OK);
    db_rows_close(rows);
    db_read_end(conn);
}

static void await_recovery(struct fixture *f)
{
    struct status status;
    AWAIT(try_query(f->db, "SELECT n FROM t", &status) == STATUS_OK);
}

static void restarts_are_survived(void **state)
{
    struct fixture *f = *state;
    struct status status;
    struct one_statement one = {.sql = "UPDATE t SET n = n + 1"};
    execute(f->db, "CREATE TABLE t (n INT NOT NULL)");
    execute(f->db, "INSERT INTO t VALUES (1)");
    for (int i = 0; i < 2; i++) {
        server_action(i ? "stop" : "kill");
        assert_int_equal(try_query(f->db, "SELECT n FROM t", &status), STATUS_UNAVAILABLE);
        assert_int_not_equal(db_write(f->db, run_statement, &one, &status), STATUS_OK);
        server_action("start");
        await_recovery(f);
        execute(f->db, "UPDATE t SET n = n + 1");
    }
    assert_int_equal(query_int(f->db, "SELECT n FROM t"), 3);
}

/* Killed while it lies idle in the pool: the next reader and the next writer notice nothing. */
static void idle_connections_may_die(void **state)
{
    static const char kill_all[] = "SELECT CONCAT('KILL ', id, ';') FROM information_schema.processlist WHERE user = "
                                   "'memora' INTO OUTFILE '%s'; SOURCE %s;";
    struct fixture *f = *state;
    execute(f->db, "CREATE TABLE t (n INT NOT NULL)");
    execute(f->db, "INSERT INTO t VALUES (1)");
    for (int i = 0; i < 2; i++) {
        char sql[1024], file[256];
        snprintf(file, sizeof file, "%s/tmp/kill-%s-%d.sql", server.dir, f->path, i);
        snprintf(sql, sizeof sql, kill_all, file, file);
        server_sql("", sql);
        if (i == 0)
            assert_int_equal(query_int(f->db, "SELECT n FROM t"), 1);
        else
            execute(f->db, "UPDATE t SET n = 2");
    }
    assert_int_equal(query_int(f->db, "SELECT n FROM t"), 2);
}

static int pid_of_server(void)
{
    char path[96];
    int pid = 0;
    snprintf(path, sizeof path, "%s/pid", server.dir);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d", &pid), 1);
    fclose(file);
    return pid;
}

/* All its threads are stopped, proc(5). */
static bool is_stopped(int pid)
{
    char command[128];
    snprintf(command, sizeof command, "! grep -h '^State:' /proc/%d/task/*/status | grep -qv 'T (stopped)'", pid);
    return system(command) == 0;
}

/* As over a network that is dead: nothing comes back, not even a refusal. */
static void hanging_servers_are_given_up(void **state)
{
    struct fixture *f = *state;
    struct status status;
    execute(f->db, "CREATE TABLE t (n INT NOT NULL)");
    assert_int_equal(try_query(f->db, "SELECT n FROM t", &status), STATUS_OK);
    int pid = pid_of_server();
    assert_int_equal(kill(pid, SIGSTOP), 0);
    AWAIT(is_stopped(pid));
    enum status_code code = try_query(f->db, "SELECT n FROM t", &status); /* returns before the server goes on */
    assert_int_equal(kill(pid, SIGCONT), 0);
    if (code != STATUS_UNAVAILABLE && code != STATUS_DEADLINE_EXCEEDED)
        fail_msg("%d %s", (int)code, status.message);
    await_recovery(f);
}

static void make_certificates(void)
{
    char command[512];
    snprintf(command, sizeof command, "'%s/tests/lib/certificates.sh' '%s/tmp' localhost", MEMORA_TEST_SOURCE_DIR,
             server.dir);
    assert_int_equal(system(command), 0);
}

/* Whether it opens with the ending of the DSN and the CA, and is encrypted then. */
static bool has_cipher(struct db *db)
{
    struct db_conn *conn;
    struct db_rows *rows;
    struct status status = {0};
    struct arena *arena = arena_create();
    assert_int_equal(db_read_begin(db, &conn, &status), STATUS_OK);
    assert_int_equal(db_query(conn, "SHOW STATUS LIKE 'Ssl_cipher'", NULL, 0, &rows, &status), STATUS_OK);
    assert_true(db_next(rows, &status));
    bool has = *db_column_text(rows, 1, arena) != '\0';
    db_rows_close(rows);
    db_read_end(conn);
    arena_destroy(arena);
    return has;
}

static enum status_code open_tls(struct fixture *f, const char *ending, const char *ca, bool *encrypted)
{
    char dsn[256], path[128];
    struct status status = {0};
    struct db *db;
    dsn_of(f, dsn, sizeof dsn);
    strcat(dsn, ending);
    snprintf(path, sizeof path, "%s/tmp/%s", server.dir, ca ? ca : "");
    enum status_code code = open_mysql(dsn, ca ? "tls_ca" : NULL, path, &default_options, &db, &status);
    if (code)
        return code;
    *encrypted = has_cipher(db);
    db_close(db);
    return STATUS_OK;
}

static void tls_is_what_was_asked_for(void **state)
{
    static const struct {
        const char *ending, *ca;
        bool plain_opens, tls_opens, encrypted; /* against a server without and with TLS */
    } cases[] = {
        {"", NULL, true, true, false},
        {"?tls=false", NULL, true, true, false},
        {"?tls=preferred", NULL, true, true, true},
        {"?tls=skip-verify", NULL, false, true, true},
        {"?tls=true", NULL, false, false, false}, /* no CA of the system knows it */
        {"?tls=true", "ca.pem", false, true, true},
        {"", "ca.pem", false, true, true},
        {"", "other.pem", false, false, false},
        {"?tls=skip-verify", "ca.pem", false, false, false}, /* contradicts itself */
    };
    struct fixture *f = *state;
    make_certificates();
    server_action("stop");
    server_start_with("--skip-ssl"); /* MySQL makes itself a certificate */
    for (int tls = 0; tls < 2; tls++) {
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            bool encrypted = false, opens = tls ? cases[i].tls_opens : cases[i].plain_opens;
            enum status_code code = open_tls(f, cases[i].ending, cases[i].ca, &encrypted);
            if ((code == STATUS_OK) != opens || encrypted != (tls && cases[i].encrypted))
                fail_msg("tls %d, case %zu: %d, encrypted %d", tls, i, (int)code, encrypted);
        }
        char options[256];
        snprintf(options, sizeof options, "--ssl-cert=%s/tmp/cert.pem --ssl-key=%s/tmp/key.pem", server.dir,
                 server.dir);
        server_action("stop");
        server_start_with(tls ? "" : options);
    }
}

static void *migrate_thread(void *argument)
{
    struct status status = {0};
    if (db_migrate(argument, &status))
        fail_msg("%s", status.message);
    return NULL;
}

static void schema_is_made_once(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    char dsn[256];
    struct db *other;
    pthread_t thread;
    dsn_of(f, dsn, sizeof dsn);
    assert_int_equal(open_mysql(dsn, NULL, NULL, &default_options, &other, &status), STATUS_OK);
    assert_int_equal(pthread_create(&thread, NULL, migrate_thread, other), 0);
    migrate_thread(f->db);
    pthread_join(thread, NULL);
    db_close(other);
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()"),
                     14);
    assert_true(db_size_bytes(f->db) > 0);
    execute(f->db, "INSERT INTO reaction (creator_id, content_id, reaction_type) VALUES (1, 'memos/a', "
                   "'\xF0\x9F\x91\x8D'), (1, 'memos/a', '\xF0\x9F\x9A\x80')");
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

static void upgrades_from_0_22(void **state)
{
    struct fixture *f = *state;
    server_fill_old(f->path);
    for (int i = 0; i < 2; i++)
        migrate_thread(f->db);
    assert_text(f, "SELECT uid, storage_type, reference, payload, HEX(`blob`) FROM attachment ORDER BY id",
                "r1|LOCAL|assets/a|{}|\nr2|EXTERNAL|https://e/x|{}|\nr3|||{}|00FF\n");
    assert_text(f, "SELECT reaction_type FROM reaction ORDER BY id",
                "\xF0\x9F\x91\x8D\n\xE2\x9D\x93\n\xF0\x9F\x8E\x89\n\xF0\x9F\x92\x9B\n");
    assert_text(f, "SELECT uid, pinned, payload FROM memo ORDER BY id", "m1|1|{}\nm2|0|{}\n");
    assert_text(f, "SELECT username, role FROM user ORDER BY id", "alice|ADMIN\nbob|USER\n");
    assert_text(f, "SELECT uid FROM idp", "0000001a\n");
    assert_text(f,
                "SELECT JSON_EXTRACT(message, '$.memoComment.memoId'), JSON_EXTRACT(message, "
                "'$.memoComment.relatedMemoId') FROM inbox WHERE message <> '' ORDER BY id",
                "2|1\n|\n");
    assert_text(f, "SELECT user_id, value FROM user_setting WHERE `key` = 'TAGS' ORDER BY user_id",
                "1|{\"tags\":{\"a\":{}}}\n2|{\"tags\":{\"mine\":{}}}\n");
    assert_text(f,
                "SELECT JSON_EXTRACT(value, '$.secretKey'), JSON_EXTRACT(value, '$.schemaVersion') FROM system_setting "
                "WHERE name = 'BASIC'",
                "\"k\"|\"0.30.1\"\n");
    assert_text(f, "SELECT value FROM system_setting WHERE name = 'STORAGE'", "{\"storageType\":\"DATABASE\"}\n");
    assert_text(f,
                "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name IN "
                "('tag', 'webhook', 'activity', 'memo_organizer', 'resource')",
                "0\n");
    assert_text(f,
                "SELECT COUNT(DISTINCT index_name) FROM information_schema.statistics WHERE table_schema = "
                "DATABASE() AND index_name LIKE 'idx\\_memora\\_%'",
                "12\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_mysql, teardown_mysql)
#define SHORT(name) cmocka_unit_test_setup_teardown(name, setup_short, teardown_mysql)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_dsns_are_refused),
        TEST(dsns_of_memos_are_taken),
        cmocka_unit_test(refusals_are_clear),
        SHORT(long_statements_are_interrupted),
        TEST(interrupts_hit_one_statement),
        TEST(schema_is_made_once),
        TEST(upgrades_from_0_22),
        TEST(idle_connections_may_die),
        SHORT(hanging_servers_are_given_up),
        TEST(restarts_are_survived),
        TEST(tls_is_what_was_asked_for),
    };
    return cmocka_run_group_tests(tests, start_server, remove_server);
}
