/* What the tests of db-mysql share: a private MariaDB server per program (tests/lib/mariadb.sh), and a fresh database
 * per test. Included by one file per program. */
#ifndef TEST_MYSQL_FIXTURE_H
#define TEST_MYSQL_FIXTURE_H

#include "db_fixture.h"

struct mysql_server {
    char dir[64];
    unsigned databases;
};
static struct mysql_server server;

static inline void server_do(const char *action)
{
    char command[512];
    snprintf(command, sizeof command, "'%s/tests/lib/mariadb.sh' %s", MEMORA_TEST_SOURCE_DIR, action);
    if (system(command) != 0)
        fail_msg("%s", command);
}

static inline void server_action(const char *action)
{
    char text[128];
    snprintf(text, sizeof text, "%s %s", action, server.dir);
    server_do(text);
}

static inline void server_start_with(const char *options)
{
    char text[384];
    snprintf(text, sizeof text, "start %s %s", server.dir, options);
    server_do(text);
}

/* As root, beside the plugin. */
static inline void server_sql(const char *database, const char *sql)
{
    char command[512];
    snprintf(command, sizeof command, "'%s/tests/lib/mariadb.sh' sql %s %s", MEMORA_TEST_SOURCE_DIR, server.dir,
             database);
    FILE *pipe = popen(command, "w");
    assert_non_null(pipe);
    fputs(sql, pipe);
    assert_int_equal(pclose(pipe), 0);
}

/* Fills a database as release 0.22.0 left it (tests/data). */
static inline void server_fill_old(const char *database)
{
    char command[640];
    snprintf(command, sizeof command, "'%s/tests/lib/mariadb.sh' sql %s %s < '%s/tests/data/schema-0.22/mysql.sql'",
             MEMORA_TEST_SOURCE_DIR, server.dir, database, MEMORA_TEST_SOURCE_DIR);
    assert_int_equal(system(command), 0);
}

static inline int start_server(void **state)
{
    (void)state;
    snprintf(server.dir, sizeof server.dir, "/tmp/memora-mariadb-XXXXXX");
    assert_non_null(mkdtemp(server.dir));
    server_action("start");
    server_sql("", "CREATE USER memora@localhost IDENTIFIED BY 'p@ss/w:rd?'; GRANT ALL ON *.* TO memora@localhost;");
    return 0;
}

static inline int remove_server(void **state)
{
    (void)state;
    server_action("remove");
    return 0;
}

static const struct plugin *mysql_plugin(void)
{
    static const struct plugin *plugin;
    struct status status = {0};
    if (!plugin && plugin_load(MEMORA_TEST_PLUGIN_DIR, MEMORA_KIND_DB, "mysql", &plugin, &status))
        fail_msg("%s", status.message);
    return plugin;
}

/* extra: one more key of the section, or NULL. */
static inline enum status_code open_mysql(const char *dsn, const char *key, const char *value,
                                          const struct db_options *options, struct db **out, struct status *status)
{
    const struct config_entry entries[] = {{.key = "dsn", .value = dsn, .file = "test", .line = 1},
                                           {.key = key, .value = value, .file = "test", .line = 2}};
    const struct config_section section = {.name = "database", .entries = entries, .count = key ? 2 : 1};
    const struct config config = {.data_dir = "/nonexistent"};
    const struct memora_config *checked;
    enum status_code code = plugin_configure(mysql_plugin(), &section, &config, &checked, status);
    return code ? code : db_open(&mysql_plugin()->ops.db, checked, options, out, status);
}

static inline void dsn_of(const struct fixture *f, char *out, size_t size)
{
    snprintf(out, size, "memora:p@ss/w:rd?@unix(%s/sock)/%s", server.dir, f->path);
}

static inline int setup_mysql_with(void **state, const struct db_options *options)
{
    struct fixture *f = calloc(1, sizeof *f);
    char dsn[256], sql[160];
    struct status status = {0};
    snprintf(f->path, sizeof f->path, "test_%u", ++server.databases); /* the database's name */
    snprintf(sql, sizeof sql, "CREATE DATABASE %s CHARACTER SET utf8mb4", f->path);
    server_sql("", sql);
    dsn_of(f, dsn, sizeof dsn);
    if (open_mysql(dsn, "lock_timeout", "2", options, &f->db, &status))
        fail_msg("%s", status.message);
    *state = f;
    return 0;
}

static inline int setup_mysql(void **state)
{
    return setup_mysql_with(state, &default_options);
}

static inline int teardown_mysql(void **state)
{
    struct fixture *f = *state;
    db_close(f->db);
    free(f);
    return 0;
}

#endif
