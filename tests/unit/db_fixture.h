/* What the tests of db/ share: a database of the plugin db-sqlite, loaded as the server loads it, in a directory of its
 * own. Included by one file per program. */
#ifndef TEST_DB_FIXTURE_H
#define TEST_DB_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "db/internal.h"
#include "plugin/plugin.h"

struct fixture {
    char dir[64], path[96];
    struct db *db;
};

static const struct plugin *sqlite_plugin(void)
{
    static const struct plugin *plugin;
    struct status status = {0};
    if (!plugin && plugin_load(MEMORA_TEST_PLUGIN_DIR, MEMORA_KIND_DB, "sqlite", &plugin, &status))
        fail_msg("%s", status.message);
    return plugin;
}

static inline enum status_code open_database_through(const struct memora_db_ops *ops, const char *path,
                                                     const struct db_options *options, struct db **out,
                                                     struct status *status)
{
    const struct config_entry entries[] = {{.key = "dsn", .value = path, .file = "test", .line = 1}};
    const struct config_section section = {.name = "database", .entries = entries, .count = 1};
    const struct config config = {.data_dir = "/nonexistent"};
    const struct memora_config *checked;
    assert_int_equal(plugin_configure(sqlite_plugin(), &section, &config, &checked, status), STATUS_OK);
    return db_open(ops, checked, options, out, status);
}

static inline enum status_code open_database(const char *path, const struct db_options *options, struct db **out,
                                             struct status *status)
{
    return open_database_through(&sqlite_plugin()->ops.db, path, options, out, status);
}

static const struct db_options default_options = {
    .read_connections = 4, .statement_cache = 32, .statement_timeout_ns = 10LL * 1000000000};

static inline void make_dir(struct fixture *f)
{
    snprintf(f->dir, sizeof f->dir, "/tmp/memora-db-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof f->path, "%s/memos_prod.db", f->dir);
    f->db = NULL;
}

static inline void remove_dir(struct fixture *f)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", f->dir);
    assert_int_equal(system(command), 0);
}

static inline void open_with(struct fixture *f, const struct db_options *options)
{
    struct status status = {0};
    if (open_database(f->path, options, &f->db, &status))
        fail_msg("%s", status.message);
}

static inline int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    make_dir(f);
    open_with(f, &default_options);
    *state = f;
    return 0;
}

static inline int setup_empty(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    make_dir(f);
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;
    db_close(f->db);
    remove_dir(f);
    free(f);
    return 0;
}

/* One statement in a transaction of its own. */
struct one_statement {
    const char *sql;
    const struct memora_value *params;
    uint32_t count;
    int64_t affected, id;
    bool insert;
};

static inline enum status_code run_statement(struct db_conn *conn, void *ctx, struct status *status)
{
    struct one_statement *one = ctx;
    if (one->insert)
        return db_insert(conn, one->sql, one->params, one->count, &one->id, status);
    return db_exec(conn, one->sql, one->params, one->count, &one->affected, status);
}

static inline void execute(struct db *db, const char *sql)
{
    struct one_statement one = {.sql = sql};
    struct status status = {0};
    if (db_write(db, run_statement, &one, &status))
        fail_msg("%s: %s", sql, status.message);
}

static inline int64_t query_int(struct db *db, const char *sql)
{
    struct db_conn *conn;
    struct db_rows *rows;
    struct status status = {0};
    assert_int_equal(db_read_begin(db, &conn, &status), STATUS_OK);
    if (db_query(conn, sql, NULL, 0, &rows, &status))
        fail_msg("%s: %s", sql, status.message);
    assert_true(db_next(rows, &status));
    int64_t value = db_column_int(rows, 0);
    db_rows_close(rows);
    db_read_end(conn);
    return value;
}

#endif
