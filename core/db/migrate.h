/* Schema versions and the files that lead to them; used by migrate.c and its tests. */
#ifndef MEMORA_DB_MIGRATE_H
#define MEMORA_DB_MIGRATE_H

#include "db/db.h"
#include "schema/schema.h"

struct schema_version {
    int major, minor, patch;
};

/* The version that LATEST.sql makes and that the server works with (contract: Memos v0.30.0). */
#define SCHEMA_VERSION_TEXT "0.30.1"
/* The oldest that can be upgraded. */
#define SCHEMA_VERSION_OLDEST "0.22.0"

/* Exactly three numbers with dots between, each at most nine digits. */
bool schema_version_parse(const char *text, struct schema_version *out);
int schema_version_compare(struct schema_version a, struct schema_version b); /* <0, 0, >0 */

/* The file of that name in a dialect's folder, or NULL. */
const struct schema_file *schema_file_find(const char *dialect, const char *name);

/* The step of lowest version > after in a dialect's folder, or NULL. Its version is the folder's with the file's number
 * plus one as patch: 0.22/00__x.sql is 0.22.1. */
const struct schema_file *schema_step_next(const char *dialect, struct schema_version after,
                                           struct schema_version *version);

/* Walks over the statements of a file, which have no ';' at their end: *at is moved behind it. False at the end.
 * Comments are those from "--" to the end of the line; those before a statement are part of it. */
bool schema_statement_next(const char **at, const char **statement, size_t *length);

/* Walks over the "CREATE INDEX name ...;" of a text: the statement at *at, its name (in the arena), and *at moved
 * behind it. False at the end. */
bool schema_index_next(const char **at, struct arena *arena, const char **name, const char **statement, size_t *length);
/* Likewise the names of "CREATE TABLE IF NOT EXISTS name ...;". */
bool schema_table_next(const char **at, struct arena *arena, const char **name);

/* The statement of a step that is about to run or was when the upgrade was cut short. */
struct migrate_progress {
    const char *step; /* path of the file; NULL = none */
    uint64_t statement;
    bool begun; /* it may have been done; false after it has failed */
};
enum status_code migrate_progress_read(struct db_conn *conn, struct arena *arena, struct migrate_progress *out,
                                       struct status *status);
/* A db_write_fn; ctx is the struct migrate_progress of a statement that has failed: it was not done. */
enum status_code migrate_progress_failed(struct db_conn *conn, void *ctx, struct status *status);

/* In a write: the steps behind a version, from *at on, which afterwards says where it came to an end. */
enum status_code migrate_run_steps(struct db_conn *conn, struct schema_version from, struct migrate_progress *at,
                                   unsigned *steps, struct status *status);
/* In a write: several statements of that file. */
enum status_code migrate_script(struct db_conn *conn, const char *path, const char *text, size_t length,
                                struct status *status);

#endif
