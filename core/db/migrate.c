/* Bringing a database to the schema that the server works with (contract/database.md 5). Everything is looked at before
 * anything is written, so that a database which is refused stays as it was. */
#include "db/migrate.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "db/internal.h"

static const int64_t lock_timeout_ns = 60LL * 1000000000;

struct migration {
    struct db *db;
    struct arena *arena;
    bool initialised;  /* there is a schema */
    const char *found; /* version text of the setting BASIC, "" if there is none */
    struct schema_version version;
    const char *missing; /* CREATE INDEX statements to run, "" if none */
    bool lacks_tables;   /* one of TABLES.sql is not there */
    struct migrate_progress at;
    unsigned steps;
};

static enum status_code count_tables(struct db_conn *conn, const char *name, int64_t *count, struct status *status)
{
    struct memora_value param = db_text(name);
    struct db_rows *rows;
    struct status problem = {0};
    enum status_code code = db_query(conn, "{count_tables:?}", &param, 1, &rows, status);
    if (code)
        return code;
    *count = db_next(rows, &problem) ? db_column_int(rows, 0) : 0;
    db_rows_close(rows);
    return problem.code ? status_set(status, problem.code, "%s", problem.message) : STATUS_OK;
}

/* The value of the setting BASIC; NULL if there is none. */
static enum status_code read_basic(struct db_conn *conn, struct arena *arena, const char **value, struct status *status)
{
    struct db_rows *rows;
    struct status problem = {0};
    enum status_code code =
        db_query(conn, "SELECT `value` FROM `system_setting` WHERE `name` = 'BASIC'", NULL, 0, &rows, status);
    if (code)
        return code;
    *value = db_next(rows, &problem) ? db_column_text(rows, 0, arena) : NULL;
    db_rows_close(rows);
    return problem.code ? status_set(status, problem.code, "%s", problem.message) : STATUS_OK;
}

static enum status_code parse_basic(const char *value, json_t **out, struct status *status)
{
    json_error_t error;
    *out = value ? json_loads(value, JSON_REJECT_DUPLICATES, &error) : json_object();
    if (json_is_object(*out))
        return STATUS_OK;
    json_decref(*out);
    return status_set(status, STATUS_FAILED_PRECONDITION,
                      "the database's setting BASIC is not a JSON object; the schema version cannot be read");
}

static enum status_code read_version(struct migration *migration, struct db_conn *conn, struct status *status)
{
    const char *value = NULL;
    int64_t tables;
    json_t *basic;
    migration->found = "";
    enum status_code code = count_tables(conn, "system_setting", &tables, status);
    if (code == STATUS_OK && tables)
        code = read_basic(conn, migration->arena, &value, status);
    if (code == STATUS_OK)
        code = parse_basic(value, &basic, status);
    if (code)
        return code;
    const json_t *version = json_object_get(basic, "schemaVersion");
    if (!version)
        version = json_object_get(basic, "schema_version");
    if (json_is_string(version))
        migration->found = arena_strdup(migration->arena, json_string_value(version));
    json_decref(basic);
    return STATUS_OK;
}

static enum status_code check_version(struct migration *migration, struct status *status)
{
    struct schema_version target, oldest;
    schema_version_parse(SCHEMA_VERSION_TEXT, &target);
    schema_version_parse(SCHEMA_VERSION_OLDEST, &oldest);
    if (!schema_version_parse(migration->found, &migration->version) ||
        schema_version_compare(migration->version, oldest) < 0)
        return status_set(status, STATUS_FAILED_PRECONDITION,
                          "the installation is too old: its schema version is %s%.64s%s, the target is %s and the "
                          "oldest that can be upgraded is %s; upgrade it with Memos 0.25.3 first",
                          *migration->found ? "\"" : "", *migration->found ? migration->found : "not set",
                          *migration->found ? "\"" : "", SCHEMA_VERSION_TEXT, SCHEMA_VERSION_OLDEST);
    if (schema_version_compare(migration->version, target) > 0)
        return status_set(status, STATUS_FAILED_PRECONDITION, "cannot downgrade schema version from %.64s to %s",
                          migration->found, SCHEMA_VERSION_TEXT);
    return STATUS_OK;
}

/* What of INDEXES.sql is not there yet. */
static enum status_code find_missing_indexes(struct migration *migration, struct db_conn *conn, struct status *status)
{
    const struct schema_file *file = schema_file_find(migration->db->dialect->schema_dir, "INDEXES.sql");
    struct memora_value pattern = db_text("idx\\_memora\\_%");
    struct buf present = buf_in(migration->arena), missing = buf_in(migration->arena);
    struct db_rows *rows;
    struct status problem = {0};
    enum status_code code = db_query(conn, "{list_indexes:?}", &pattern, 1, &rows, status);
    if (code)
        return code;
    buf_add_char(&present, ' ');
    while (db_next(rows, &problem)) {
        buf_add_str(&present, db_column_text(rows, 0, migration->arena));
        buf_add_char(&present, ' ');
    }
    db_rows_close(rows);
    if (problem.code)
        return status_set(status, problem.code, "%s", problem.message);
    const char *at = file ? file->text : "", *name, *statement;
    size_t length;
    while (schema_index_next(&at, migration->arena, &name, &statement, &length)) {
        if (strstr(buf_str(&present), arena_printf(migration->arena, " %s ", name)))
            continue;
        buf_add(&missing, statement, length);
        buf_add_str(&missing, ";\n");
    }
    migration->missing = buf_str(&missing);
    return STATUS_OK;
}

static enum status_code find_missing_tables(struct migration *migration, struct db_conn *conn, struct status *status)
{
    const struct schema_file *file = schema_file_find(migration->db->dialect->schema_dir, "TABLES.sql");
    const char *at = file ? file->text : "", *name;
    enum status_code code = STATUS_OK;
    while (code == STATUS_OK && schema_table_next(&at, migration->arena, &name)) {
        int64_t tables = 0;
        code = count_tables(conn, name, &tables, status);
        migration->lacks_tables |= tables == 0;
    }
    return code;
}

/* Where schema changes cannot be rolled back, making the schema may have been cut short: some tables are there, empty,
 * and no version, which comes last. Then it is made, not upgraded. Databases that are too old have a table that this
 * schema has not. */
static enum status_code find_unfinished(struct db_conn *conn, bool *unfinished, struct status *status)
{
    static const char *const tables[] = {"system_setting", "user", "memo"};
    int64_t there;
    enum status_code code = count_tables(conn, "migration_history", &there, status);
    *unfinished = code == STATUS_OK && there == 0;
    for (size_t i = 0; code == STATUS_OK && *unfinished && i < sizeof tables / sizeof tables[0]; i++) {
        char sql[64];
        struct db_rows *rows;
        struct status problem = {0};
        code = count_tables(conn, tables[i], &there, status);
        if (code || there == 0)
            continue;
        snprintf(sql, sizeof sql, "SELECT 1 FROM `%s` LIMIT 1", tables[i]);
        code = db_query(conn, sql, NULL, 0, &rows, status);
        if (code)
            return code;
        *unfinished = !db_next(rows, &problem);
        db_rows_close(rows);
        if (problem.code)
            return status_set(status, problem.code, "%s", problem.message);
    }
    return code;
}

static enum status_code look(struct migration *migration, struct db_conn *conn, struct status *status)
{
    int64_t tables = 0;
    enum status_code code = count_tables(conn, "memo", &tables, status);
    migration->initialised = tables > 0;
    if (code == STATUS_OK && migration->initialised) {
        bool unfinished = false;
        code = read_version(migration, conn, status);
        if (code == STATUS_OK && !*migration->found && !(migration->db->dialect->features & MEMORA_SQL_DDL_IN_TX))
            code = find_unfinished(conn, &unfinished, status);
        migration->initialised = !unfinished;
        if (code == STATUS_OK && !unfinished)
            code = check_version(migration, status);
        if (code == STATUS_OK && !unfinished)
            code = migrate_progress_read(conn, migration->arena, &migration->at, status);
    }
    if (code == STATUS_OK)
        code = find_missing_tables(migration, conn, status);
    if (code == STATUS_OK)
        code = find_missing_indexes(migration, conn, status);
    return code;
}

/* Puts the version into BASIC and leaves everything else of it as it is. */
static enum status_code write_version(struct migration *migration, struct db_conn *conn, struct status *status)
{
    const char *value = NULL;
    json_t *basic;
    enum status_code code = read_basic(conn, migration->arena, &value, status);
    if (code == STATUS_OK)
        code = parse_basic(value, &basic, status);
    if (code)
        return code;
    json_object_del(basic, "schema_version");
    json_object_set_new(basic, "schemaVersion", json_string(SCHEMA_VERSION_TEXT));
    char *text = json_dumps(basic, JSON_COMPACT);
    json_decref(basic);
    struct memora_value param = db_text(text);
    code = db_exec(conn,
                   "INSERT INTO `system_setting` (`name`, `value`, `description`) VALUES ('BASIC', ?, '') "
                   "{upsert:`name`|`value`}",
                   &param, 1, NULL, status);
    free(text);
    return code;
}

static enum status_code apply(struct db_conn *conn, void *ctx, struct status *status)
{
    struct migration *migration = ctx;
    const char *dialect = migration->db->dialect->schema_dir;
    enum status_code code = STATUS_OK;
    bool current = migration->initialised && strcmp(migration->found, SCHEMA_VERSION_TEXT) == 0;
    if (!migration->initialised) {
        const struct schema_file *latest = schema_file_find(dialect, "LATEST.sql");
        if (!latest)
            return status_set(status, STATUS_FAILED_PRECONDITION, "there is no schema for \"%s\"", dialect);
        code = migrate_script(conn, latest->path, latest->text, latest->length, status);
    } else if (!current) {
        code = migrate_run_steps(conn, migration->version, &migration->at, &migration->steps, status);
    }
    if (code == STATUS_OK && !current)
        code = write_version(migration, conn, status);
    if (code == STATUS_OK && migration->lacks_tables) {
        const struct schema_file *tables = schema_file_find(dialect, "TABLES.sql");
        code = migrate_script(conn, tables->path, tables->text, tables->length, status);
    }
    return code;
}

static enum status_code add_indexes(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct migration *migration = ctx;
    return migrate_script(conn, "INDEXES.sql", migration->missing, strlen(migration->missing), status);
}

/* Without them everything works, only slower; so that a database which has grown differently is served all the same.
 * conn: where to write; NULL = by the writer. */
static void try_add_indexes(struct migration *migration, struct db_conn *conn)
{
    struct status status;
    if (!*migration->missing)
        return;
    if (conn ? tx_once(conn, add_indexes, migration, &status)
             : db_write(migration->db, add_indexes, migration, &status))
        log_warn("indexes could not be added to the database: %s", status.message);
    else if (migration->initialised)
        log_info("indexes were added to the database");
}

static void report(const struct migration *migration)
{
    if (!migration->initialised)
        log_info("database created with schema version %s", SCHEMA_VERSION_TEXT);
    else if (migration->steps)
        log_info("database upgraded from schema version %s to %s in %u steps", migration->found, SCHEMA_VERSION_TEXT,
                 migration->steps);
}

/* With the lock held: look, then write. */
static enum status_code migrate_in_process(struct migration *migration, struct db_conn *conn, struct status *status)
{
    enum status_code code = look(migration, conn, status);
    query_end_snapshot(conn); /* a reader in the way would keep SQLite from switching to WAL mode */
    /* A transaction that writes nothing is run as well: it shows now, and not at somebody's first note, that the
     * database can be written. */
    return code ? code : db_write(migration->db, apply, migration, status);
}

/* As the lock goes with its connection, everything is written on that one: a server that is killed leaves a statement
 * behind that the database is still busy with, and as long keeps others waiting. */
static enum status_code migrate_shared(struct migration *migration, struct db_conn *conn, struct status *status)
{
    struct status told = {0};
    enum status_code code = look(migration, conn, status);
    query_end_snapshot(conn);
    if (!code)
        code = tx_once(conn, apply, migration, status);
    if (code && migration->at.step && !conn->lost &&
        tx_once(conn, migrate_progress_failed, &migration->at, &told) != STATUS_OK)
        log_warn("where the upgrade failed could not be noted: %s", told.message);
    return code;
}

static enum status_code migrate_locked(struct migration *migration, struct db_conn *conn, struct status *status)
{
    bool shared = !db_in_process(conn);
    enum status_code code = (shared ? migrate_shared : migrate_in_process)(migration, conn, status);
    if (code)
        return code;
    report(migration);
    try_add_indexes(migration, shared ? conn : NULL);
    return STATUS_OK;
}

static enum status_code migrate_once(struct db *db, struct db_conn *conn, struct status *status)
{
    struct memora_error error = {0};
    int result = db->ops->migrate_lock(conn->handle, lock_timeout_ns, &error);
    if (result != MEMORA_OK)
        return conn_fail(conn, result, &error, status);
    struct migration migration = {.db = db, .arena = arena_create(), .missing = ""};
    enum status_code code = migrate_locked(&migration, conn, status);
    arena_destroy(migration.arena);
    if (!conn->lost)
        db->ops->migrate_unlock(conn->handle);
    return code;
}

enum status_code db_migrate(struct db *db, struct status *status)
{
    struct db_conn *conn;
    bool shared = !(db->dialect->features & MEMORA_SQL_SINGLE_WRITER);
    enum status_code code = shared ? conn_open(db, &conn, status) : db_read_begin(db, &conn, status);
    if (code)
        return code;
    code = migrate_once(db, conn, status);
    if (shared)
        conn_close(conn);
    else
        db_read_end(conn);
    return code;
}

enum status_code db_schema_check(struct db *db, struct status *status)
{
    struct db_conn *conn;
    enum status_code code = db_read_begin(db, &conn, status);
    if (code)
        return code;
    struct migration migration = {.db = db, .arena = arena_create(), .missing = ""};
    code = look(&migration, conn, status);
    if (code == STATUS_OK && !migration.initialised)
        code = status_set(status, STATUS_FAILED_PRECONDITION, "the database is empty");
    else if (code == STATUS_OK && strcmp(migration.found, SCHEMA_VERSION_TEXT) != 0)
        code =
            status_set(status, STATUS_FAILED_PRECONDITION,
                       "the database has schema version %.64s; start the server with it once, which upgrades it to %s",
                       migration.found, SCHEMA_VERSION_TEXT);
    arena_destroy(migration.arena);
    db_read_end(conn);
    return code;
}

static enum status_code advance_ids(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct schema_file *file = ctx;
    return migrate_script(conn, file->path, file->text, file->length, status);
}

enum status_code db_advance_ids(struct db *db, struct status *status)
{
    const struct schema_file *file = schema_file_find(db->dialect->schema_dir, "IDS.sql");
    return file ? db_write(db, advance_ids, (void *)file, status) : STATUS_OK;
}
