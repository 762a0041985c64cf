/* Running the steps of an upgrade.
 *
 * Where schema changes cannot be rolled back, each of them commits what was before it. There the statements of the
 * steps run one by one, and the row MEMORA_UPGRADE of system_setting names the one that is about to run. So what an
 * upgrade that was cut short has committed is: everything before that statement, and the statement itself or not. The
 * next server begins with it again, and if the database says that it makes no sense (the column is there already, the
 * table is not there any more), it was done. */
#include "db/migrate.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "db/internal.h"

static const char progress_name[] = "MEMORA_UPGRADE";

enum status_code migrate_script(struct db_conn *conn, const char *path, const char *text, size_t length,
                                struct status *status)
{
    struct memora_error error = {0};
    int result = conn->db->ops->script(conn->handle, text, length, &error);
    if (result == MEMORA_OK)
        return STATUS_OK;
    struct status told;
    enum status_code code = conn_fail(conn, result, &error, &told);
    return status_set(status, code, "%s: %s", path, told.message);
}

static enum status_code write_progress(struct db_conn *conn, const struct migrate_progress *at, struct status *status)
{
    json_t *json =
        json_pack("{s:s, s:I, s:b}", "step", at->step, "statement", (json_int_t)at->statement, "begun", at->begun);
    char *text = json_dumps(json, JSON_COMPACT);
    const struct memora_value params[] = {db_text(progress_name), db_text(text)};
    enum status_code code = db_exec(conn,
                                    "INSERT INTO `system_setting` (`name`, `value`, `description`) VALUES (?, ?, '') "
                                    "{upsert:`name`|`value`}",
                                    params, 2, NULL, status);
    free(text);
    json_decref(json);
    return code;
}

enum status_code migrate_progress_read(struct db_conn *conn, struct arena *arena, struct migrate_progress *out,
                                       struct status *status)
{
    const struct memora_value param = db_text(progress_name);
    struct db_rows *rows;
    struct status problem = {0};
    *out = (struct migrate_progress){0};
    enum status_code code =
        db_query(conn, "SELECT `value` FROM `system_setting` WHERE `name` = ?", &param, 1, &rows, status);
    if (code)
        return code;
    json_t *json = db_next(rows, &problem) ? json_loads(db_column_text(rows, 0, arena), 0, NULL) : NULL;
    db_rows_close(rows);
    const char *step = json_string_value(json_object_get(json, "step"));
    out->step = step ? arena_strdup(arena, step) : NULL;
    out->statement = (uint64_t)json_integer_value(json_object_get(json, "statement"));
    out->begun = json_is_true(json_object_get(json, "begun"));
    json_decref(json);
    return problem.code ? status_set(status, problem.code, "%s", problem.message) : STATUS_OK;
}

static enum status_code remove_progress(struct db_conn *conn, struct status *status)
{
    const struct memora_value param = db_text(progress_name);
    return db_exec(conn, "DELETE FROM `system_setting` WHERE `name` = ?", &param, 1, NULL, status);
}

enum status_code migrate_progress_failed(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct migrate_progress *failed = ctx;
    struct migrate_progress at;
    struct arena *arena = arena_create();
    enum status_code code = migrate_progress_read(conn, arena, &at, status);
    /* Another one is noted where the changes before the failure were rolled back: they are done again after it. */
    if (!code && at.step && strcmp(at.step, failed->step) == 0 && at.statement == failed->statement) {
        at.begun = false;
        code = write_progress(conn, &at, status);
    }
    arena_destroy(arena);
    return code;
}

/* One statement of a step. */
struct single {
    const struct schema_file *step;
    const char *text;
    size_t length;
    bool may_be_done;
};

static enum status_code run_statement(struct db_conn *conn, const struct single *single, struct status *status)
{
    struct memora_error error = {0};
    int result = conn->db->ops->script(conn->handle, single->text, single->length, &error);
    if (result == MEMORA_OK)
        return STATUS_OK;
    if (single->may_be_done && result == MEMORA_E_SYNTAX) {
        log_info("the interrupted upgrade had done the last thing that it began in %s: %s", single->step->path,
                 error.message);
        return STATUS_OK;
    }
    struct status told;
    enum status_code code = conn_fail(conn, result, &error, &told);
    return status_set(status, code, "%s: %s", single->step->path, told.message);
}

/* The statements of a step from that of *at on. resumed: *at is from an upgrade that was cut short. */
static enum status_code run_singly(struct db_conn *conn, const struct schema_file *step, bool resumed,
                                   struct migrate_progress *at, struct status *status)
{
    struct single single = {.step = step};
    const char *next = step->text;
    enum status_code code = STATUS_OK;
    at->step = step->path;
    for (uint64_t i = 0; !code && schema_statement_next(&next, &single.text, &single.length); i++) {
        if (i < at->statement)
            continue;
        single.may_be_done = resumed && i == at->statement && at->begun;
        *at = (struct migrate_progress){.step = step->path, .statement = i, .begun = true};
        code = write_progress(conn, at, status);
        if (!code)
            code = run_statement(conn, &single, status);
    }
    return code;
}

enum status_code migrate_run_steps(struct db_conn *conn, struct schema_version from, struct migrate_progress *at,
                                   unsigned *steps, struct status *status)
{
    const struct memora_dialect *dialect = conn->db->dialect;
    bool singly = !(dialect->features & MEMORA_SQL_DDL_IN_TX), resumed = at->step != NULL;
    const char *first = at->step;
    struct schema_version target, next;
    const struct schema_file *step;
    schema_version_parse(SCHEMA_VERSION_TEXT, &target);
    for (*steps = 0;
         (step = schema_step_next(dialect->schema_dir, from, &next)) && schema_version_compare(next, target) <= 0;
         from = next) {
        if (first && strcmp(step->path, first) != 0)
            continue; /* done before */
        first = NULL;
        enum status_code code = singly ? run_singly(conn, step, resumed, at, status)
                                       : migrate_script(conn, step->path, step->text, step->length, status);
        if (code)
            return code;
        *at = (struct migrate_progress){0};
        resumed = false;
        ++*steps;
    }
    if (first)
        return status_set(status, STATUS_FAILED_PRECONDITION,
                          "an upgrade of the database was begun by another version of this program, which stopped at "
                          "%.200s; let that version finish it",
                          first);
    return singly ? remove_progress(conn, status) : STATUS_OK;
}
