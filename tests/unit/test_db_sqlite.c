/* The plugin db-sqlite itself: files it refuses, the lock, functions, backup, and how it cares for the log. */
#include "db_fixture.h"

#include <fcntl.h>
#include <sys/wait.h>

static void write_file(const char *path, const char *bytes, size_t length)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), length);
    close(fd);
}

static void assert_not_opened(const char *path, const char *expected)
{
    struct db *db = NULL;
    struct status status = {0};
    assert_int_not_equal(open_database(path, &default_options, &db, &status), STATUS_OK);
    assert_null(db);
    if (!strstr(status.message, expected))
        fail_msg("expected \"%s\" in: %s", expected, status.message);
}

static void refuses_what_is_no_database(void **state)
{
    struct fixture *f = *state;
    char text[4096], path[160];
    memset(text, 'x', sizeof text);
    write_file(f->path, text, sizeof text);
    assert_not_opened(f->path, "not an SQLite database");
    assert_not_opened(f->path, f->path);
    write_file(f->path, "short", 5);
    assert_not_opened(f->path, "not an SQLite database");
    assert_not_opened(f->dir, "not a regular file");
    snprintf(path, sizeof path, "%s/none/memos.db", f->dir);
    assert_not_opened(path, "No such file or directory");
    snprintf(path, sizeof path, "%s/memos.db", f->path);
    assert_not_opened(path, "is not a directory");
    assert_not_opened("/tmp/:memory:", "must be the path of a file");
    assert_not_opened("/tmp/file:memos.db?mode=ro", "must be the path of a file");
    char *long_path = malloc(5000);
    memset(long_path, 'a', 4999);
    long_path[0] = '/';
    long_path[4999] = '\0';
    assert_not_opened(long_path, "longer than");
    free(long_path);
}

/* Root may write anywhere, so this needs to be somebody else. */
static void refuses_what_it_may_not_write(void **state)
{
    struct fixture *f = *state;
    char script[256];
    open_with(f, &default_options);
    execute(f->db, "CREATE TABLE t (v)");
    db_close(f->db);
    f->db = NULL;
    snprintf(script, sizeof script, "chmod 555 '%s' && chmod 444 '%s'", f->dir, f->path);
    assert_int_equal(system(script), 0);
    sqlite_plugin();
    bool root = geteuid() == 0;
    assert_int_equal(root ? seteuid(65534) : 0, 0);
    assert_not_opened(f->path, "is not writable");
    assert_int_equal(root ? seteuid(0) : 0, 0);
    assert_int_equal(chmod(f->dir, 0777), 0);
    assert_int_equal(root ? seteuid(65534) : 0, 0);
    assert_not_opened(f->path, "cannot be read and written");
    assert_int_equal(root ? seteuid(0) : 0, 0);
}

static void second_server_is_refused(void **state)
{
    struct fixture *f = *state;
    char process[64], lock[128];
    snprintf(process, sizeof process, "in use by another server, process %ld", (long)getpid());
    snprintf(lock, sizeof lock, "%s.memora-lock", f->path);
    open_with(f, &default_options);
    assert_not_opened(f->path, process);
    assert_int_equal(access(lock, F_OK), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct db *db;
        struct status status;
        _exit(open_database(f->path, &default_options, &db, &status) == STATUS_OK ? 1 : 0);
    }
    int how;
    waitpid(pid, &how, 0);
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    db_close(f->db);
    f->db = NULL;
    assert_int_not_equal(access(lock, F_OK), 0);
    /* What a killed server leaves behind does not lock anybody out. */
    write_file(lock, "1\n", 2);
    open_with(f, &default_options);
}

/* Another program may read and write all the time. */
static void other_programs_are_not_locked_out(void **state)
{
    struct fixture *f = *state;
    char command[256];
    open_with(f, &default_options);
    execute(f->db, "CREATE TABLE t (v)");
    execute(f->db, "INSERT INTO t VALUES (1)");
    snprintf(command, sizeof command, "test \"$(sqlite3 '%s' 'INSERT INTO t VALUES (2); SELECT SUM(v) FROM t')\" = 3",
             f->path);
    assert_int_equal(system(command), 0);
    assert_int_equal(query_int(f->db, "SELECT SUM(v) FROM t"), 3);
}

/* Another program that holds the write lock is waited for, then the write is refused; reading goes on. */
static void writing_waits_for_other_programs(void **state)
{
    struct fixture *f = *state;
    char command[128];
    struct status status = {0};
    struct one_statement one = {.sql = "INSERT INTO t VALUES (2)"};
    const struct config_entry entries[] = {{.key = "dsn", .value = f->path, .file = "t", .line = 1},
                                           {.key = "busy_timeout", .value = "1", .file = "t", .line = 2}};
    const struct config_section section = {.name = "database", .entries = entries, .count = 2};
    const struct config config = {.data_dir = f->dir};
    const struct memora_config *checked;
    assert_int_equal(plugin_configure(sqlite_plugin(), &section, &config, &checked, &status), STATUS_OK);
    assert_int_equal(db_open(&sqlite_plugin()->ops.db, checked, &default_options, &f->db, &status), STATUS_OK);
    execute(f->db, "CREATE TABLE t (v)");
    snprintf(command, sizeof command, "sqlite3 '%s'", f->path);
    FILE *other = popen(command, "w");
    assert_non_null(other);
    fputs("BEGIN IMMEDIATE; INSERT INTO t VALUES (1);\n", other);
    fflush(other);
    for (int i = 0; i < 3000; i++) { /* until the other has the lock */
        usleep(20 * 1000);
        status = (struct status){0};
        if (db_write(f->db, run_statement, &one, &status))
            break;
    }
    assert_int_equal(status.code, STATUS_UNAVAILABLE);
    assert_non_null(strstr(status.message, "locked by another program"));
    query_int(f->db, "SELECT COUNT(*) FROM t");
    fputs("COMMIT;\n", other);
    assert_int_equal(pclose(other), 0);
    assert_int_equal(db_write(f->db, run_statement, &one, &status), STATUS_OK);
}

static void looking_changes_nothing(void **state)
{
    struct fixture *f = *state;
    char command[256], path[128];
    struct stat before, after;
    snprintf(command, sizeof command, "sqlite3 '%s' 'PRAGMA journal_mode = delete; CREATE TABLE t (v)' >/dev/null",
             f->path);
    assert_int_equal(system(command), 0);
    assert_int_equal(stat(f->path, &before), 0);
    open_with(f, &default_options);
    query_int(f->db, "SELECT COUNT(*) FROM t");
    db_close(f->db);
    f->db = NULL;
    assert_int_equal(stat(f->path, &after), 0);
    assert_memory_equal(&before.st_mtim, &after.st_mtim, sizeof before.st_mtim);
    snprintf(path, sizeof path, "%s-wal", f->path);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void functions_fold_and_match(void **state)
{
    struct fixture *f = *state;
    open_with(f, &default_options);
    assert_int_equal(query_int(f->db, "SELECT memos_unicode_lower('STRA\xC3\x9F"
                                      "E \xC3\x84') = "
                                      "memos_unicode_lower('strasse \xC3\xA4')"),
                     1);
    assert_int_equal(query_int(f->db, "SELECT memos_unicode_lower(NULL) IS NULL AND memos_unicode_lower('') = ''"), 1);
    /* Grows threefold: the text must not be cut. */
    assert_int_equal(query_int(f->db, "SELECT memos_unicode_lower(replace(hex(zeroblob(500)), '00', '\xCE\x90')) = "
                                      "replace(hex(zeroblob(500)), '00', '\xCE\xB9\xCC\x88\xCC\x81')"),
                     1);
    assert_int_equal(query_int(f->db, "SELECT 'abc' REGEXP 'B' OR NOT ('abc' REGEXP '(?i)^aB')"), 0);
    assert_int_equal(query_int(f->db, "SELECT NULL REGEXP 'a' IS NULL"), 1);
    struct db_conn *conn;
    struct db_rows *rows;
    struct status status = {0};
    assert_int_equal(db_read_begin(f->db, &conn, &status), STATUS_OK);
    assert_int_equal(db_query(conn, "SELECT 'a' REGEXP '('", NULL, 0, &rows, &status), STATUS_INTERNAL);
    assert_non_null(strstr(status.message, "invalid regular expression"));
    db_read_end(conn);
    /* No stored object may need them. */
    struct one_statement index = {.sql = "CREATE INDEX i ON t (memos_unicode_lower(v))"};
    execute(f->db, "CREATE TABLE t (v)");
    assert_int_not_equal(db_write(f->db, run_statement, &index, &status), STATUS_OK);
}

struct copy {
    char *bytes;
    size_t length, give_up_at;
};

static int take(void *ctx, const void *bytes, size_t n)
{
    struct copy *copy = ctx;
    if (copy->give_up_at && copy->length + n > copy->give_up_at)
        return -1;
    copy->bytes = realloc(copy->bytes, copy->length + n);
    memcpy(copy->bytes + copy->length, bytes, n);
    copy->length += n;
    return 0;
}

static void backup_is_a_database(void **state)
{
    struct fixture *f = *state, other;
    struct copy copy = {0}, refused = {.give_up_at = 1};
    struct memora_error error = {0};
    open_with(f, &default_options);
    execute(f->db, "CREATE TABLE t (v)");
    execute(f->db, "INSERT INTO t WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 20000) "
                   "SELECT x FROM c");
    assert_int_equal(f->db->ops->backup(f->db->instance, take, &copy, &error), MEMORA_OK);
    assert_int_equal(f->db->ops->backup(f->db->instance, take, &refused, &error), MEMORA_E_CANCELLED);
    make_dir(&other);
    write_file(other.path, copy.bytes, copy.length);
    open_with(&other, &default_options);
    assert_int_equal(query_int(other.db, "SELECT SUM(v) FROM t"), 200010000);
    db_close(other.db);
    remove_dir(&other);
    free(copy.bytes);
    char command[128];
    snprintf(command, sizeof command, "ls '%s' | grep -q backup", f->dir);
    assert_int_not_equal(system(command), 0);
}

static void size_is_that_of_the_pages(void **state)
{
    struct fixture *f = *state;
    open_with(f, &default_options);
    execute(f->db, "CREATE TABLE t (v)");
    int64_t before = db_size_bytes(f->db);
    assert_int_equal(before,
                     query_int(f->db, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"));
    execute(f->db, "INSERT INTO t VALUES (zeroblob(1000000))");
    assert_true(db_size_bytes(f->db) >= before + 990000);
}

static off_t log_size(const struct fixture *f)
{
    char path[128];
    struct stat info;
    snprintf(path, sizeof path, "%s-wal", f->path);
    return stat(path, &info) == 0 ? info.st_size : 0;
}

/* Much is written, and somebody reads all the time: the log must be re-used. */
static void log_does_not_grow_without_bound(void **state)
{
    enum { ROUNDS = 400, BYTES = 200000 };
    struct fixture *f = *state;
    open_with(f, &default_options);
    execute(f->db, "CREATE TABLE t (v)");
    execute(f->db, "INSERT INTO t VALUES (1)");
    off_t largest = 0;
    for (int i = 0; i < ROUNDS; i++) {
        execute(f->db, "UPDATE t SET v = randomblob(200000)");
        query_int(f->db, "SELECT LENGTH(v) FROM t");
        largest = log_size(f) > largest ? log_size(f) : largest;
    }
    assert_true((off_t)ROUNDS * BYTES > 2 * largest);
    assert_true(largest < 32 * 1024 * 1024);
}

/* When nothing is written any more, all goes into the database file. */
static void idle_writer_empties_the_log(void **state)
{
    struct fixture *f = *state;
    char command[512];
    open_with(f, &default_options);
    execute(f->db, "CREATE TABLE t (v)");
    execute(f->db, "INSERT INTO t VALUES (42)");
    snprintf(
        command, sizeof command,
        "for i in $(seq 600); do cp '%s' '%s/copy'; [ \"$(sqlite3 '%s/copy' 'SELECT v FROM t' 2>/dev/null)\" = 42 ] "
        "&& exit 0; sleep 0.1; done; exit 1",
        f->path, f->dir, f->dir);
    assert_int_equal(system(command), 0);
}

/* Values that cannot work never reach SQLite: the table of keys says what is allowed. */
static void bad_configuration_is_named(void **state)
{
    static const char *const list[][2] = {{"synchronous", "off"}, {"page_cache_kib", "1"}, {"busy_timeout", "100000"}};
    (void)state;
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        const struct config_entry entry = {.key = list[i][0], .value = list[i][1], .file = "t", .line = 2};
        const struct config_section section = {.name = "database", .entries = &entry, .count = 1};
        const struct config config = {.data_dir = "/tmp"};
        const struct memora_config *checked;
        struct status status = {0};
        assert_int_equal(plugin_configure(sqlite_plugin(), &section, &config, &checked, &status),
                         STATUS_INVALID_ARGUMENT);
        assert_non_null(strstr(status.message, list[i][0]));
    }
}

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_empty, teardown)
    const struct CMUnitTest tests[] = {
        TEST(refuses_what_is_no_database),      TEST(refuses_what_it_may_not_write),
        TEST(second_server_is_refused),         TEST(other_programs_are_not_locked_out),
        TEST(writing_waits_for_other_programs), TEST(looking_changes_nothing),
        TEST(functions_fold_and_match),         TEST(backup_is_a_database),
        TEST(size_is_that_of_the_pages),        TEST(log_does_not_grow_without_bound),
        TEST(idle_writer_empties_the_log),      TEST(bad_configuration_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
