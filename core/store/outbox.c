#include "store/outbox.h"

#include "base/clock.h"

const char store_outbox_removal[] = "object_removal";
const char store_outbox_promise[] = "object_promise";
const char store_outbox_webhook[] = "webhook";
const char store_outbox_mail[] = "mail";

#define NS_PER_MS 1000000

enum { ROW_PARAMS = 4 };

static const char insert_one[] = "INSERT INTO memora_outbox (kind, payload, due_ms, created_ms) VALUES (?, ?, ?, ?)";

enum status_code store_outbox_add(struct db_conn *conn, const char *kind, const char *payload, int64_t due_ms,
                                  int64_t *id, struct status *status)
{
    const struct memora_value params[] = {db_text(kind), db_text(payload), db_int(due_ms),
                                          db_int(clock_wall_ns() / NS_PER_MS)};
    return db_insert(conn, insert_one, params, ROW_PARAMS, id, status);
}

enum status_code store_outbox_add_many(struct db_conn *conn, struct arena *arena, const char *kind,
                                       const char *const *payloads, size_t count, int64_t due_ms, struct status *status)
{
    if (count == 0)
        return STATUS_OK;
    if (count > STORE_IN_MAX)
        return status_set(status, STATUS_INTERNAL, "too many rows in one statement: %zu", count);
    int64_t now_ms = clock_wall_ns() / NS_PER_MS;
    struct memora_value *params = ARENA_ARRAY(arena, struct memora_value, count * ROW_PARAMS);
    struct buf sql = buf_in(arena);
    uint32_t used = 0;
    buf_add_str(&sql, insert_one);
    for (size_t i = 0; i < count; i++) {
        buf_add_str(&sql, i ? ", (?, ?, ?, ?)" : "");
        params[used++] = db_text(kind);
        params[used++] = db_text(payloads[i]);
        params[used++] = db_int(due_ms);
        params[used++] = db_int(now_ms);
    }
    return db_exec(conn, buf_str(&sql), params, used, NULL, status);
}

struct claim {
    struct arena *arena;
    const char *kind;
    uint32_t limit;
    int64_t now_ms, retry_ms;
    struct store_outbox_item *items;
    size_t count;
};

static enum status_code read_due(struct db_conn *conn, struct claim *claim, struct status *status)
{
    struct db_rows *rows;
    struct status problem = {0};
    const struct memora_value params[] = {db_text(claim->kind), db_int(claim->now_ms), db_int(claim->limit)};
    claim->count = 0;
    enum status_code code = db_query(conn,
                                     "SELECT id, attempts, created_ms, payload FROM memora_outbox "
                                     "WHERE kind = ? AND due_ms <= ? ORDER BY id LIMIT ?",
                                     params, 3, &rows, status);
    if (code)
        return code;
    while (claim->count < claim->limit && db_next(rows, &problem))
        claim->items[claim->count++] = (struct store_outbox_item){.id = db_column_int(rows, 0),
                                                                  .attempts = db_column_int(rows, 1),
                                                                  .created_ms = db_column_int(rows, 2),
                                                                  .payload = db_column_text(rows, 3, claim->arena)};
    db_rows_close(rows);
    return problem.code ? status_set(status, problem.code, "%s", problem.message) : STATUS_OK;
}

/* " WHERE id IN (...)", of few different lengths, as store_sql_in does. */
static void add_ids(struct buf *sql, struct memora_value *params, uint32_t *used, const int64_t *ids, size_t count)
{
    uint32_t marks = 1;
    while (marks < count)
        marks *= 2;
    for (size_t i = 0; i < marks; i++)
        params[(*used)++] = db_int(ids[i < count ? i : count - 1]);
    buf_add_str(sql, " WHERE id IN (");
    db_sql_marks(sql, marks);
    buf_add_char(sql, ')');
}

static enum status_code claim_due(struct db_conn *conn, void *ctx, struct status *status)
{
    struct claim *claim = ctx;
    enum status_code code = read_due(conn, claim, status);
    if (code || claim->count == 0)
        return code;
    int64_t *ids = ARENA_ARRAY(claim->arena, int64_t, claim->count);
    struct memora_value *params = ARENA_ARRAY(claim->arena, struct memora_value, 2 * STORE_IN_MAX);
    struct buf sql = buf_in(claim->arena);
    uint32_t used = 0;
    for (size_t i = 0; i < claim->count; i++)
        ids[i] = claim->items[i].id;
    buf_add_str(&sql, "UPDATE memora_outbox SET attempts = attempts + 1, due_ms = ?");
    params[used++] = db_int(claim->retry_ms);
    add_ids(&sql, params, &used, ids, claim->count);
    return db_exec(conn, buf_str(&sql), params, used, NULL, status);
}

enum status_code store_outbox_claim(struct store *store, struct arena *arena, const char *kind, uint32_t limit,
                                    int64_t retry_ms, struct store_outbox_item **out, size_t *count,
                                    struct status *status)
{
    int64_t due_ms;
    struct claim claim = {.arena = arena,
                          .kind = kind,
                          .limit = limit,
                          .now_ms = clock_wall_ns() / NS_PER_MS,
                          .retry_ms = retry_ms,
                          .items = ARENA_ARRAY(arena, struct store_outbox_item, limit)};
    *out = claim.items;
    *count = 0;
    enum status_code code = store_outbox_next(store, kind, &due_ms, status);
    if (code || due_ms > claim.now_ms)
        return code;
    code = store_write(store, claim_due, &claim, status);
    if (!code)
        *count = claim.count;
    return code;
}

enum status_code store_outbox_next(struct store *store, const char *kind, int64_t *due_ms, struct status *status)
{
    struct db_conn *conn;
    struct db_rows *rows;
    struct status problem = {0};
    const struct memora_value param = db_text(kind);
    enum status_code code = store_read_begin(store, &conn, status);
    if (code)
        return code;
    *due_ms = INT64_MAX;
    code = db_query(conn, "SELECT MIN(due_ms) FROM memora_outbox WHERE kind = ?", &param, 1, &rows, status);
    if (!code) {
        if (db_next(rows, &problem) && !db_column_null(rows, 0))
            *due_ms = db_column_int(rows, 0);
        db_rows_close(rows);
        if (problem.code)
            code = status_set(status, problem.code, "%s", problem.message);
    }
    store_read_end(conn);
    return code;
}

enum status_code store_outbox_finish(struct db_conn *conn, struct arena *arena, const int64_t *ids, size_t count,
                                     struct status *status)
{
    if (count == 0)
        return STATUS_OK;
    if (count > STORE_IN_MAX)
        return status_set(status, STATUS_INTERNAL, "too many rows in one statement: %zu", count);
    struct memora_value *params = ARENA_ARRAY(arena, struct memora_value, 2 * STORE_IN_MAX);
    struct buf sql = buf_in(arena);
    uint32_t used = 0;
    buf_add_str(&sql, "DELETE FROM memora_outbox");
    add_ids(&sql, params, &used, ids, count);
    return db_exec(conn, buf_str(&sql), params, used, NULL, status);
}

enum status_code store_outbox_put_off(struct db_conn *conn, int64_t id, int64_t due_ms, struct status *status)
{
    const struct memora_value params[] = {db_int(due_ms), db_int(id)};
    return db_exec(conn, "UPDATE memora_outbox SET due_ms = ? WHERE id = ?", params, 2, NULL, status);
}
