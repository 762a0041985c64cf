/* A private PostgreSQL server for the tests of one program (tests/lib/postgres.sh), used through the plugin db-postgres
 * as the server uses it. Included by one file per program. */
#ifndef TEST_POSTGRES_FIXTURE_H
#define TEST_POSTGRES_FIXTURE_H

#include "db_fixture.h"

#include "base/clock.h"

static char postgres_dir[64];

static inline int postgres_script(const char *action, const char *rest)
{
    char command[512];
    snprintf(command, sizeof command, "'%s/tests/lib/postgres.sh' %s '%s' >&2 %s", MEMORA_TEST_SOURCE_DIR, action,
             postgres_dir, rest);
    return system(command);
}

static inline int start_postgres(void **state)
{
    (void)state;
    snprintf(postgres_dir, sizeof postgres_dir, "/tmp/memora-pg-XXXXXX");
    return mkdtemp(postgres_dir) ? postgres_script("start", "") : -1;
}

static inline int remove_postgres(void **state)
{
    (void)state;
    return postgres_script("remove", "");
}

static inline const struct plugin *postgres_plugin(void)
{
    static const struct plugin *plugin;
    struct status status = {0};
    if (!plugin && plugin_load(MEMORA_TEST_PLUGIN_DIR, MEMORA_KIND_DB, "postgres", &plugin, &status))
        fail_msg("%s", status.message);
    return plugin;
}

static inline const struct memora_config *postgres_config(const char *dsn, struct status *status)
{
    const struct config_entry entries[] = {{.key = "dsn", .value = dsn, .file = "test", .line = 1}};
    const struct config_section section = {.name = "database", .entries = entries, .count = 1};
    const struct config config = {.data_dir = "/nonexistent"};
    const struct memora_config *checked = NULL;
    assert_int_equal(plugin_configure(postgres_plugin(), &section, &config, &checked, status), STATUS_OK);
    return checked;
}

static inline enum status_code open_dsn(const char *dsn, const struct db_options *options, struct db **out,
                                        struct status *status)
{
    return db_open(&postgres_plugin()->ops.db, postgres_config(dsn, status), options, out, status);
}

static inline const char *dsn_of(const char *database)
{
    static char dsn[160];
    snprintf(dsn, sizeof dsn, "host=%s user=memora dbname=%s", postgres_dir, database);
    return dsn;
}

static inline int setup_postgres_with(void **state, const struct db_options *options)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct status status = {0};
    assert_int_equal(postgres_script("sql", "<<'END'\nDROP DATABASE IF EXISTS notes WITH (FORCE);\nCREATE DATABASE "
                                            "notes;\nEND\n"),
                     0);
    if (open_dsn(dsn_of("notes"), options, &f->db, &status))
        fail_msg("%s", status.message);
    *state = f;
    return 0;
}

static inline int setup_postgres(void **state)
{
    return setup_postgres_with(state, &default_options);
}

static inline int teardown_postgres(void **state)
{
    struct fixture *f = *state;
    db_close(f->db);
    free(f);
    return 0;
}

static inline enum status_code write_status(struct fixture *f, const char *sql, const struct memora_value *params,
                                            uint32_t count, struct status *status)
{
    struct one_statement one = {.sql = sql, .params = params, .count = count};
    return db_write(f->db, run_statement, &one, status);
}

#endif
