/* Running statements. */
#include "db/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

enum { MAX_COLUMNS = 2000, LOGGED_SQL = 400 };

static void count(struct db_conn *conn)
{
    conn->statements++;
    db_count_statements(1);
}

/* The values in the order the database wants them. */
static enum status_code bind(struct db_conn *conn, struct statement *statement, const struct memora_value *params,
                             uint32_t param_count, struct status *status)
{
    struct memora_error error = {0};
    if (param_count != statement->param_count)
        return status_set(status, STATUS_INTERNAL, "a statement has %u parameters, %u values were given",
                          statement->param_count, param_count);
    if (statement->order) {
        for (uint32_t i = 0; i < statement->bind_count; i++)
            statement->bound[i] = params[statement->order[i]];
        params = statement->bound;
    }
    int result = conn->db->ops->bind(statement->prepared, params, statement->bind_count, &error);
    return result == MEMORA_OK ? STATUS_OK : conn_fail(conn, result, &error, status);
}

static enum status_code step(struct db_rows *rows, struct status *status)
{
    struct memora_error error = {0};
    struct db_conn *conn = rows->conn;
    int result = conn->db->ops->step(rows->statement->prepared, &error);
    rows->finished = result != MEMORA_ROW;
    return result == MEMORA_ROW || result == MEMORA_OK ? STATUS_OK : conn_fail(conn, result, &error, status);
}

static enum status_code fetch(struct db_rows *rows, struct status *status)
{
    const struct memora_db_ops *ops = rows->conn->db->ops;
    int columns = ops->row(rows->statement->prepared, rows->values, rows->capacity);
    if (columns > (int)rows->capacity && columns <= MAX_COLUMNS) {
        rows->capacity = (uint32_t)columns;
        rows->values = memory_realloc(rows->values, rows->capacity * sizeof *rows->values);
        columns = ops->row(rows->statement->prepared, rows->values, rows->capacity);
    }
    if (columns < 0 || columns > MAX_COLUMNS)
        return status_set(status, STATUS_INTERNAL, "the database plugin cannot read a row (%d)", columns);
    rows->columns = (uint32_t)columns;
    return STATUS_OK;
}

static void log_slow(const struct db_conn *conn, const char *sql, int64_t elapsed_ns)
{
    if (conn->db->options.slow_statement_ns > 0 && elapsed_ns >= conn->db->options.slow_statement_ns)
        log_warn("slow statement: %lld ms: %.*s", (long long)(elapsed_ns / 1000000), LOGGED_SQL, sql);
}

static void finish(struct db_rows *rows)
{
    struct db_conn *conn = rows->conn;
    struct statement *statement = rows->statement;
    /* Another one of this connection may still be giving rows: it goes on under the limit of the newest. */
    if (--conn->open_rows == 0)
        watchdog_disarm(conn);
    log_slow(conn, statement->text, clock_mono_ns() - rows->started_ns);
    stmt_cache_release(conn, statement);
}

/* Prepares and binds. */
static enum status_code ready(struct db_conn *conn, const char *sql, bool returning, const struct memora_value *params,
                              uint32_t param_count, struct db_rows **out, struct status *status)
{
    struct statement *statement;
    if (conn->failed)
        return status_set(status, conn->failure.code, "%s", conn->failure.message);
    int64_t started_ns = clock_mono_ns();
    watchdog_arm(conn, started_ns); /* preparing may wait for a server, too */
    enum status_code code = stmt_cache_get(conn, sql, returning, &statement, status);
    if (code) {
        if (conn->open_rows == 0)
            watchdog_disarm(conn);
        return code;
    }
    struct db_rows *rows = &statement->rows;
    rows->conn = conn;
    rows->statement = statement;
    rows->columns = 0;
    rows->started_ns = started_ns;
    conn->open_rows++;
    code = bind(conn, statement, params, param_count, status);
    if (code) {
        finish(rows);
        return code;
    }
    count(conn);
    *out = rows;
    return STATUS_OK;
}

static enum status_code first_step(struct db_rows *rows, struct status *status)
{
    enum status_code code = step(rows, status);
    rows->pending = !rows->finished;
    return code;
}

static enum status_code start(struct db_conn *conn, const char *sql, bool returning, const struct memora_value *params,
                              uint32_t param_count, struct db_rows **out, struct status *status)
{
    struct db_rows *rows;
    enum status_code code = ready(conn, sql, returning, params, param_count, &rows, status);
    if (code)
        return code;
    code = first_step(rows, status);
    if (code)
        finish(rows);
    else
        *out = rows;
    return code;
}

/* One snapshot for all that is read between begin and end. In the process itself it costs a fraction of a microsecond
 * and spares each further statement the taking and giving back of the read lock (3 us on SQLite); over a network it
 * would be a round trip, so there each statement stands alone. */
static enum status_code open_snapshot(struct db_conn *conn, struct status *status)
{
    struct memora_error error = {0};
    if (conn->writing || conn->snapshot || !(conn->db->dialect->features & MEMORA_SQL_SINGLE_WRITER))
        return STATUS_OK;
    int result = conn->db->ops->begin(conn->handle, MEMORA_TX_READ, &error);
    conn->snapshot = result == MEMORA_OK;
    return result == MEMORA_OK ? STATUS_OK : conn_fail(conn, result, &error, status);
}

void query_end_snapshot(struct db_conn *conn)
{
    struct memora_error error = {0};
    if (conn->snapshot && !conn->lost && conn->db->ops->commit(conn->handle, &error) != MEMORA_OK)
        conn->lost = true;
    conn->snapshot = false;
}

static enum status_code query(struct db_conn *conn, const char *sql, const struct memora_value *params,
                              uint32_t param_count, struct db_rows **out, struct status *status)
{
    enum status_code code = open_snapshot(conn, status);
    return code ? code : start(conn, sql, false, params, param_count, out, status);
}

enum status_code db_query(struct db_conn *conn, const char *sql, const struct memora_value *params,
                          uint32_t param_count, struct db_rows **out, struct status *status)
{
    bool first = !conn->used && !conn->writing;
    conn->used = true;
    enum status_code code = query(conn, sql, params, param_count, out, status);
    /* A pooled connection may have died while it lay idle (the database server restarted). */
    if (code && conn->lost && first) {
        code = conn_reopen(conn, status);
        if (code == STATUS_OK)
            code = query(conn, sql, params, param_count, out, status);
    }
    return code;
}

static enum status_code one_by_one(struct db_conn *conn, const struct db_select *selects, uint32_t select_count,
                                   db_read_fn read, void *ctx, struct status *status)
{
    for (uint32_t i = 0; i < select_count; i++) {
        struct db_rows *rows;
        enum status_code code = db_query(conn, selects[i].sql, selects[i].params, selects[i].count, &rows, status);
        if (code)
            return code;
        code = read(ctx, i, rows, status);
        db_rows_close(rows);
        if (code)
            return code;
    }
    return STATUS_OK;
}

static enum status_code execute_all(struct db_conn *conn, struct db_rows *const *rows, uint32_t row_count,
                                    struct status *status)
{
    struct memora_stmt *prepared[DB_SELECTS_MAX];
    struct memora_error error = {0};
    for (uint32_t i = 0; i < row_count; i++)
        prepared[i] = rows[i]->statement->prepared;
    int result = conn->db->ops->execute_all(prepared, row_count, &error);
    return result == MEMORA_OK ? STATUS_OK : conn_fail(conn, result, &error, status);
}

/* All are closed at the end, whatever happens: they stand in the same answer of the server, which is there as a whole
 * before the first row is read. */
static enum status_code together(struct db_conn *conn, const struct db_select *selects, uint32_t select_count,
                                 db_read_fn read, void *ctx, struct status *status)
{
    struct db_rows *rows[DB_SELECTS_MAX];
    enum status_code code = STATUS_OK;
    uint32_t made = 0;
    while (code == STATUS_OK && made < select_count) {
        const struct db_select *select = &selects[made];
        code = ready(conn, select->sql, false, select->params, select->count, &rows[made], status);
        made += code == STATUS_OK;
    }
    if (code == STATUS_OK)
        code = execute_all(conn, rows, made, status);
    for (uint32_t i = 0; i < made; i++) {
        if (code == STATUS_OK)
            code = first_step(rows[i], status);
        if (code == STATUS_OK)
            code = read(ctx, i, rows[i], status);
        finish(rows[i]);
    }
    return code;
}

/* The first statement on a connection may find it dead, and is then run again: that is db_query's. */
enum status_code db_query_all(struct db_conn *conn, const struct db_select *selects, uint32_t select_count,
                              db_read_fn read, void *ctx, struct status *status)
{
    if (select_count > DB_SELECTS_MAX)
        return status_set(status, STATUS_INTERNAL, "too many statements at once: %u", select_count);
    if (!conn->db->ops->execute_all || select_count < 2 || !conn->used)
        return one_by_one(conn, selects, select_count, read, ctx, status);
    return together(conn, selects, select_count, read, ctx, status);
}

bool db_next(struct db_rows *rows, struct status *status)
{
    if (rows->finished)
        return false;
    if (!rows->pending && step(rows, status)) {
        rows->columns = 0;
        return false;
    }
    rows->pending = false;
    if (rows->finished || fetch(rows, status)) {
        rows->finished = true;
        rows->columns = 0;
        return false;
    }
    return true;
}

void db_rows_close(struct db_rows *rows)
{
    if (rows)
        finish(rows);
}

/* Runs to the end; id takes the first column of the first row. */
static enum status_code execute(struct db_conn *conn, const char *sql, bool returning,
                                const struct memora_value *params, uint32_t param_count, int64_t *affected, int64_t *id,
                                struct status *status)
{
    struct db_rows *rows;
    struct status problem = {0};
    if (!conn->writing)
        return status_set(status, STATUS_INTERNAL, "a statement that writes was run outside of db_write");
    enum status_code code = start(conn, sql, returning, params, param_count, &rows, status);
    if (code)
        return code;
    bool first = true;
    while (db_next(rows, &problem)) {
        if (returning && first)
            *id = db_column_int(rows, 0);
        first = false;
    }
    const struct memora_db_ops *ops = conn->db->ops;
    if (id && !returning)
        *id = ops->last_id(rows->statement->prepared);
    if (affected)
        *affected = ops->affected(rows->statement->prepared);
    finish(rows);
    return problem.code ? status_set(status, problem.code, "%s", problem.message) : STATUS_OK;
}

enum status_code db_exec(struct db_conn *conn, const char *sql, const struct memora_value *params, uint32_t param_count,
                         int64_t *affected, struct status *status)
{
    return execute(conn, sql, false, params, param_count, affected, NULL, status);
}

enum status_code db_insert(struct db_conn *conn, const char *sql, const struct memora_value *params,
                           uint32_t param_count, int64_t *id, struct status *status)
{
    bool returning = conn->db->dialect->features & MEMORA_SQL_RETURNING;
    *id = 0;
    return execute(conn, sql, returning, params, param_count, NULL, id, status);
}

enum status_code db_relax(struct db_conn *conn, struct status *status)
{
    static const char name[] = "read_committed";
    if (!fragment_find(conn->db->dialect, name, sizeof name - 1))
        return STATUS_OK;
    return query_run_own(conn, "{read_committed}", status);
}

uint32_t db_max_params(const struct db_conn *conn)
{
    return conn->db->dialect->max_params;
}

enum status_code query_run_own(struct db_conn *conn, const char *sql, struct status *status)
{
    struct db_rows *rows;
    unsigned before = conn->statements;
    enum status_code code = start(conn, sql, false, NULL, 0, &rows, status);
    if (code == STATUS_OK)
        finish(rows);
    db_count_statements(before - conn->statements);
    conn->statements = before;
    return code;
}
