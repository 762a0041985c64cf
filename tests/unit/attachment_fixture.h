/* What the tests of attachments share: a data directory with a database and files, opened through the plugins as the
 * server does, with three users and some memos. Included by one file per program. */
#ifndef TEST_ATTACHMENT_FIXTURE_H
#define TEST_ATTACHMENT_FIXTURE_H

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "api/call.h"
#include "blob/blob.h"
#include "cache/cache.h"
#include "config/config.h"
#include "db/db.h"
#include "plugin/plugin.h"
#include "store/attachment.h"
#include "store/store.h"

enum { ALICE = 1, BOB = 2, CAROL = 3 }; /* alice is an admin */

struct fixture {
    char dir[64], data[96], database[128];
    struct config config;
    struct config_entry storage_entries[2];
    struct db *db;
    struct store *store;
    struct blob *blob;
    struct arena *arena;
    struct api_services services;
};

__attribute__((format(printf, 1, 2))) static inline void run_shell(const char *format, ...)
{
    char command[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof command, format, args);
    va_end(args);
    assert_int_equal(system(command), 0);
}

static inline const struct plugin *load(enum memora_kind kind, const char *name)
{
    const struct plugin *plugin = NULL;
    struct status status = {0};
    if (plugin_load(MEMORA_TEST_PLUGIN_DIR, kind, name, &plugin, &status))
        fail_msg("%s", status.message);
    return plugin;
}

static inline void open_database(struct fixture *f)
{
    const struct config_entry entries[] = {{.key = "dsn", .value = f->database, .file = "test", .line = 1}};
    const struct config_section section = {.name = "database", .entries = entries, .count = 1};
    const struct db_options options = {
        .read_connections = 2, .statement_cache = 32, .statement_timeout_ns = INT64_C(10) * 1000000000};
    const struct plugin *plugin = load(MEMORA_KIND_DB, "sqlite");
    const struct memora_config *checked;
    struct status status = {0};
    if (plugin_configure(plugin, &section, &f->config, &checked, &status) ||
        db_open(&plugin->ops.db, checked, &options, &f->db, &status) || db_migrate(f->db, &status))
        fail_msg("%s", status.message);
    f->store = store_create(f->db);
}

static inline void open_blob(struct fixture *f)
{
    struct status status = {0};
    if (blob_open(load(MEMORA_KIND_STORAGE, "fs"), &f->config, &f->blob, &status))
        fail_msg("%s", status.message);
}

/* root NULL: the data directory. */
static inline void fixture_open(struct fixture *f, const char *root)
{
    f->storage_entries[0] = (struct config_entry){.key = "root", .value = root, .file = "test", .line = 1};
    f->config = (struct config){.data_dir = f->data,
                                .instance_url = "http://localhost",
                                .storage = {.name = "storage", .entries = f->storage_entries, .count = root ? 1 : 0}};
    open_database(f);
    open_blob(f);
    blob_use_outbox(f->blob, f->store, NULL, NULL); /* who deletes removes */
    f->arena = arena_create();
    f->services = (struct api_services){.store = f->store, .blob = f->blob, .config = &f->config};
}

static inline void fixture_close(struct fixture *f)
{
    arena_destroy(f->arena);
    blob_close(f->blob);
    store_destroy(f->store);
    db_close(f->db);
}

static inline void make_directories(struct fixture *f)
{
    snprintf(f->dir, sizeof f->dir, "/tmp/memora-attachment-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->data, sizeof f->data, "%s/data", f->dir);
    snprintf(f->database, sizeof f->database, "%s/memos_prod.db", f->data);
    assert_int_equal(mkdir(f->data, 0755), 0);
}

struct one_statement {
    const char *sql;
    int64_t affected;
};

static inline enum status_code run_statement(struct db_conn *conn, void *ctx, struct status *status)
{
    struct one_statement *one = ctx;
    return db_exec(conn, one->sql, NULL, 0, &one->affected, status);
}

static inline int64_t execute(struct fixture *f, const char *sql)
{
    struct one_statement one = {.sql = sql};
    struct status status = {0};
    if (db_write(f->db, run_statement, &one, &status))
        fail_msg("%s: %s", sql, status.message);
    cache_clear(f->store->instance_settings);
    cache_clear(f->store->users);
    return one.affected;
}

static inline int64_t query_int(struct fixture *f, const char *sql)
{
    struct db_conn *conn;
    struct db_rows *rows;
    struct status status = {0};
    assert_int_equal(db_read_begin(f->db, &conn, &status), STATUS_OK);
    if (db_query(conn, sql, NULL, 0, &rows, &status))
        fail_msg("%s: %s", sql, status.message);
    assert_true(db_next(rows, &status));
    int64_t value = db_column_int(rows, 0);
    db_rows_close(rows);
    db_read_end(conn);
    return value;
}

static inline void add_people_and_memos(struct fixture *f)
{
    execute(f, "INSERT INTO `user` (id, username, role, password_hash) VALUES (1, 'alice', 'ADMIN', ''), "
               "(2, 'bob', 'USER', ''), (3, 'carol', 'USER', '')");
    execute(f, "INSERT INTO memo (id, uid, creator_id, content, visibility, payload) VALUES "
               "(1, 'public', 2, 'x', 'PUBLIC', '{}'), (2, 'protected', 2, 'x', 'PROTECTED', '{}'), "
               "(3, 'private', 2, 'x', 'PRIVATE', '{}'), (4, 'of-alice', 1, 'x', 'PRIVATE', '{}')");
}

static inline void set_storage(struct fixture *f, const char *json)
{
    char sql[512];
    snprintf(sql, sizeof sql,
             "INSERT INTO system_setting (name, value) VALUES ('STORAGE', '%s') "
             "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
             json);
    execute(f, sql);
}

static inline int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    make_directories(f);
    fixture_open(f, NULL);
    add_people_and_memos(f);
    *state = f;
    return 0;
}

/* A copy of the recorded database with its files. */
static inline int setup_recorded(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    const char *shared = getenv("MEMORA_SHARED");
    make_directories(f);
    run_shell("cp -r '%s/fixtures/existing-db/sqlite/.' '%s' && chmod -R u+w '%s'",
              shared && *shared ? shared : MEMORA_TEST_SOURCE_DIR "/../shared", f->data, f->data);
    fixture_open(f, NULL);
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;
    fixture_close(f);
    run_shell("rm -rf '%s'", f->dir);
    free(f);
    return 0;
}

static inline struct api_call call_as(struct fixture *f, int32_t user_id)
{
    static const char *const names[] = {NULL, "alice", "bob", "carol"};
    return (struct api_call){.arena = f->arena,
                             .services = &f->services,
                             .caller = {.user_id = user_id,
                                        .role = user_id == ALICE ? API_ROLE_ADMIN : API_ROLE_USER,
                                        .username = names[user_id]}};
}

/* Files below the data directory, folders and the database left out. */
static inline unsigned count_files(const struct fixture *f)
{
    char command[256], line[32];
    snprintf(command, sizeof command, "find '%s' -type f ! -name 'memos_prod*' | wc -l", f->data);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_non_null(fgets(line, sizeof line, pipe));
    pclose(pipe);
    return (unsigned)strtoul(line, NULL, 10);
}

static inline unsigned open_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned count = 0;
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static inline void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

/* The attachment's row by uid; fails the test if it is missing. */
static inline struct store_attachment get_attachment(struct fixture *f, const char *uid)
{
    struct db_conn *conn;
    struct store_attachment attachment;
    struct status status = {0};
    assert_int_equal(store_read_begin(f->store, &conn, &status), STATUS_OK);
    if (store_attachment_get(conn, f->arena, uid, &attachment, &status))
        fail_msg("%s: %s", uid, status.message);
    store_read_end(conn);
    return attachment;
}

/* All bytes of an attachment as text with a NUL behind it. */
static inline char *read_attachment(struct fixture *f, const struct store_attachment *attachment, size_t *length)
{
    struct blob_content *content = NULL;
    struct status status = {0};
    if (blob_content_open(f->blob, f->store, f->arena, attachment, &content, &status))
        fail_msg("%s: %s", attachment->uid, status.message);
    uint64_t size = blob_content_size(content);
    assert_int_equal(blob_content_select(content, 0, size, &status), STATUS_OK);
    char *text = arena_alloc(f->arena, (size_t)size + 1);
    int64_t n;
    *length = 0;
    while ((n = blob_content_read(content, *length, text + *length, (size_t)size - *length + 1)) > 0)
        *length += (size_t)n;
    assert_int_equal(n, 0);
    text[*length] = '\0';
    blob_content_close(content);
    return text;
}

#endif
