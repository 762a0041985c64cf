/* The core keeps to the threads that a plugin declares: plugins that end the process when it does not (strict/), loaded
 * as the server loads them, used from many threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "blob/blob.h"
#include "db/db.h"
#include "plugin/plugin.h"

enum { THREADS = 4, ROUNDS = 60, FILE_BYTES = 100000 };

struct fixture {
    char dir[64], path[96];
    struct config config;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    log_set_level(LOG_LEVEL_ERROR);
    snprintf(f->dir, sizeof f->dir, "/tmp/memora-threads-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof f->path, "%s/memos_prod.db", f->dir);
    f->config = (struct config){.data_dir = f->dir, .storage = {.name = "storage"}, .database = {.name = "database"}};
    plugin_host_set_data_dir(f->dir);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", f->dir);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

static const struct plugin *load(enum memora_kind kind, const char *name)
{
    const struct plugin *plugin = NULL;
    struct status status = {0};
    if (plugin_load(STRICT_DIR, kind, name, &plugin, &status))
        fail_msg("%s", status.message);
    return plugin;
}

static void in_threads(void *(*work)(void *), void *ctx)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, ctx), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void read_back(struct blob *blob, struct arena *arena, const struct store_attachment *attachment)
{
    struct blob_content *content;
    static const size_t piece = 4096;
    char *buffer = arena_alloc(arena, piece);
    uint64_t pos = 0;
    assert_int_equal(blob_content_open(blob, NULL, arena, attachment, &content, NULL), STATUS_OK);
    for (int64_t n; (n = blob_content_read(content, pos, buffer, piece)) > 0; pos += (uint64_t)n)
        ;
    assert_int_equal(pos, FILE_BYTES);
    blob_content_close(content);
}

static void *put_read_and_remove(void *ctx)
{
    Memos__Store__InstanceStorageSetting setting = MEMOS__STORE__INSTANCE_STORAGE_SETTING__INIT;
    setting.filepath_template = "assets/{uuid}_{filename}";
    struct arena *arena = arena_create();
    for (int i = 0; i < ROUNDS; i++) {
        struct status status = {0};
        struct store_attachment attachment = {.uid = "u",
                                              .filename = "f.bin",
                                              .type = "a/b",
                                              .bytes = arena_alloc(arena, FILE_BYTES),
                                              .bytes_length = FILE_BYTES};
        memset((void *)attachment.bytes, i, FILE_BYTES);
        if (blob_put(ctx, arena, &setting, &attachment, &status))
            fail_msg("%s", status.message);
        read_back(ctx, arena, &attachment);
        assert_int_equal(blob_remove(ctx, arena, &attachment, &status), STATUS_OK);
        arena_reset(arena);
    }
    arena_destroy(arena);
    return NULL;
}

static void use_storage(const struct fixture *f, const char *name)
{
    struct blob *blob = NULL;
    struct status status = {0};
    const struct plugin *plugin = load(MEMORA_KIND_STORAGE, name);
    assert_int_equal(plugin->table->threads, MEMORA_THREADS_SERIAL);
    if (blob_open(plugin, &f->config, &blob, &status))
        fail_msg("%s", status.message);
    in_threads(put_read_and_remove, blob);
    blob_close(blob);
}

static void serial_storage_is_called_once_at_a_time(void **state)
{
    use_storage(*state, "serial");
}

static void what_load_lowers_counts(void **state)
{
    use_storage(*state, "lowered");
}

static enum status_code add_one(struct db_conn *conn, void *ctx, struct status *status)
{
    (void)ctx;
    return db_exec(conn, "UPDATE n SET n = n + 1", NULL, 0, NULL, status);
}

static void expect_ok(enum status_code code, const struct status *status)
{
    if (code == STATUS_OK)
        return;
    fprintf(stderr, "%s\n", status->message);
    abort();
}

/* Gives whether it ran to its end, and not into the time limit. */
static bool read_number(struct db *db, const char *sql)
{
    struct status status = {0};
    struct db_conn *conn;
    struct db_rows *rows = NULL;
    expect_ok(db_read_begin(db, &conn, &status), &status);
    bool any = db_query(conn, sql, NULL, 0, &rows, &status) == STATUS_OK && db_next(rows, &status);
    db_rows_close(rows);
    db_read_end(conn);
    if (!any && status.code != STATUS_DEADLINE_EXCEEDED)
        expect_ok(status.code, &status);
    return any;
}

/* Reads, writes, and statements that are interrupted by the watchdog's thread. */
static void *read_write_and_wait(void *ctx)
{
    static const char endless[] =
        "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT count(*) FROM c";
    for (int i = 0; i < ROUNDS; i++) {
        struct status status = {0};
        expect_ok(db_write(ctx, add_one, NULL, &status), &status);
        assert_true(read_number(ctx, "SELECT n FROM n"));
    }
    assert_false(read_number(ctx, endless));
    assert_true(read_number(ctx, "SELECT n FROM n"));
    return NULL;
}

static enum status_code create_table(struct db_conn *conn, void *ctx, struct status *status)
{
    (void)ctx;
    enum status_code code = db_exec(conn, "CREATE TABLE n (n INTEGER)", NULL, 0, NULL, status);
    return code ? code : db_exec(conn, "INSERT INTO n VALUES (0)", NULL, 0, NULL, status);
}

static void connections_are_used_by_one_thread_at_a_time(void **state)
{
    const struct fixture *f = *state;
    const struct config_entry entries[] = {{.key = "dsn", .value = f->path, .file = "test", .line = 1}};
    const struct config_section section = {.name = "database", .entries = entries, .count = 1};
    const struct db_options options = {
        .read_connections = THREADS, .statement_cache = 8, .statement_timeout_ns = 3000 * INT64_C(1000000)};
    const struct plugin *plugin = load(MEMORA_KIND_DB, "perconn");
    const struct memora_config *checked = NULL;
    struct status status = {0};
    struct db *db = NULL;
    if (plugin_configure(plugin, &section, &f->config, &checked, &status) ||
        db_open(&plugin->ops.db, checked, &options, &db, &status) || db_write(db, create_table, NULL, &status))
        fail_msg("%s", status.message);
    in_threads(read_write_and_wait, db);
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(serial_storage_is_called_once_at_a_time, setup, teardown),
        cmocka_unit_test_setup_teardown(what_load_lowers_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(connections_are_used_by_one_thread_at_a_time, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
