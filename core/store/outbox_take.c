/* Taking single rows of the outbox, and what several servers and threads that do so have to know. */
#include "base/clock.h"
#include "store/outbox.h"

#define NS_PER_MS 1000000

enum { CANDIDATES = 8 }; /* more of them than one, since others may be quicker */

struct candidate {
    struct store_outbox_item item;
    int64_t due_ms;
};

struct take {
    struct arena *arena;
    const char *kind;
    int64_t retry_ms;
    struct candidate candidates[CANDIDATES];
    size_t count;
    struct store_outbox_item *taken; /* NULL: none */
};

static enum status_code find_due(struct db_conn *conn, struct take *take, struct status *status)
{
    const struct memora_value params[] = {db_text(take->kind), db_int(clock_wall_ns() / NS_PER_MS), db_int(CANDIDATES)};
    struct status problem = {0};
    struct db_rows *rows;
    enum status_code code = db_query(conn,
                                     "SELECT id, attempts, created_ms, due_ms FROM memora_outbox "
                                     "WHERE kind = ? AND due_ms <= ? ORDER BY due_ms, id LIMIT ?",
                                     params, 3, &rows, status);
    if (code)
        return code;
    while (take->count < CANDIDATES && db_next(rows, &problem))
        take->candidates[take->count++] = (struct candidate){.item = {.id = db_column_int(rows, 0),
                                                                      .attempts = db_column_int(rows, 1),
                                                                      .created_ms = db_column_int(rows, 2)},
                                                             .due_ms = db_column_int(rows, 3)};
    db_rows_close(rows);
    return problem.code ? status_set(status, problem.code, "%s", problem.message) : STATUS_OK;
}

static enum status_code read_payload(struct db_conn *conn, struct take *take, struct candidate *candidate,
                                     struct status *status)
{
    const struct memora_value id = db_int(candidate->item.id);
    struct status problem = {0};
    struct db_rows *rows;
    enum status_code code = db_query(conn, "SELECT payload FROM memora_outbox WHERE id = ?", &id, 1, &rows, status);
    if (code)
        return code;
    if (db_next(rows, &problem)) {
        candidate->item.payload = db_column_text(rows, 0, take->arena);
        take->taken = &candidate->item;
    }
    db_rows_close(rows);
    return problem.code ? status_set(status, problem.code, "%s", problem.message) : STATUS_OK;
}

/* Whoever changes due_ms first has the row: the others find it changed. */
static enum status_code take_first(struct db_conn *conn, void *ctx, struct status *status)
{
    struct take *take = ctx;
    take->taken = NULL;
    enum status_code code = db_relax(conn, status);
    for (size_t i = 0; !code && i < take->count; i++) {
        struct candidate *candidate = &take->candidates[i];
        const struct memora_value params[] = {db_int(take->retry_ms), db_int(candidate->item.id),
                                              db_int(candidate->due_ms)};
        int64_t changed = 0;
        code = db_exec(conn, "UPDATE memora_outbox SET attempts = attempts + 1, due_ms = ? WHERE id = ? AND due_ms = ?",
                       params, 3, &changed, status);
        if (!code && changed == 1)
            return read_payload(conn, take, candidate, status);
    }
    return code;
}

enum status_code store_outbox_take(struct store *store, struct arena *arena, const char *kind, int64_t retry_ms,
                                   struct store_outbox_item *out, bool *found, struct status *status)
{
    struct take take = {.arena = arena, .kind = kind, .retry_ms = retry_ms};
    struct db_conn *conn;
    *found = false;
    enum status_code code = store_read_begin(store, &conn, status);
    if (code)
        return code;
    code = find_due(conn, &take, status);
    store_read_end(conn);
    if (!code && take.count)
        code = store_write(store, take_first, &take, status);
    if (!code && take.taken) {
        *out = *take.taken;
        *found = true;
    }
    return code;
}

enum status_code store_outbox_count(struct store *store, const char *kind, int64_t *count, struct status *status)
{
    const struct memora_value param = db_text(kind);
    struct status problem = {0};
    struct db_conn *conn;
    struct db_rows *rows;
    *count = 0;
    enum status_code code = store_read_begin(store, &conn, status);
    if (code)
        return code;
    code = db_query(conn, "SELECT COUNT(*) FROM memora_outbox WHERE kind = ?", &param, 1, &rows, status);
    if (!code) {
        if (db_next(rows, &problem))
            *count = db_column_int(rows, 0);
        db_rows_close(rows);
        if (problem.code)
            code = status_set(status, problem.code, "%s", problem.message);
    }
    store_read_end(conn);
    return code;
}

struct settling {
    struct arena *arena;
    const struct store_outbox_outcome *outcome;
};

static enum status_code put_off_like(struct db_conn *conn, const struct settling *settling, struct status *status)
{
    const struct store_outbox_outcome *outcome = settling->outcome;
    const struct memora_value params[] = {db_int(outcome->due_ms), db_text(outcome->kind),
                                          db_int(clock_wall_ns() / NS_PER_MS),
                                          db_text(arena_printf(settling->arena, "%s%%", outcome->beginning))};
    return db_exec(conn, "UPDATE memora_outbox SET due_ms = ? WHERE kind = ? AND due_ms <= ? AND payload LIKE ?",
                   params, 4, NULL, status);
}

static enum status_code settle(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct settling *settling = ctx;
    const struct store_outbox_outcome *outcome = settling->outcome;
    enum status_code code = db_relax(conn, status);
    if (!code && outcome->finished)
        return store_outbox_finish(conn, settling->arena, &outcome->id, 1, status);
    if (!code)
        code = store_outbox_put_off(conn, outcome->id, outcome->due_ms, status);
    return code || !*outcome->beginning ? code : put_off_like(conn, settling, status);
}

enum status_code store_outbox_settle(struct store *store, struct arena *arena,
                                     const struct store_outbox_outcome *outcome, struct status *status)
{
    struct settling settling = {.arena = arena, .outcome = outcome};
    return store_write(store, settle, &settling, status);
}
