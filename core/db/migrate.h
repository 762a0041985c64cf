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

/* Walks over the "CREATE INDEX name ...;" of a text: the statement at *at, its name (in the arena), and *at moved
 * behind it. False at the end. */
bool schema_index_next(const char **at, struct arena *arena, const char **name, const char **statement, size_t *length);
/* Likewise the names of "CREATE TABLE IF NOT EXISTS name ...;". */
bool schema_table_next(const char **at, struct arena *arena, const char **name);

#endif
