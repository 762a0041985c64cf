#include "store/lease.h"

#include <stdio.h>

#include "base/clock.h"

enum status_code store_lease_read(struct store *store, const char *name, struct store_lease *out, struct status *status)
{
    const struct memora_value param = db_text(name);
    struct status problem = {0};
    struct arena *arena;
    struct db_conn *conn;
    struct db_rows *rows;
    *out = (struct store_lease){0};
    enum status_code code = store_read_begin(store, &conn, status);
    if (code)
        return code;
    code = db_query(conn, "SELECT holder, until_ms FROM memora_lease WHERE name = ?", &param, 1, &rows, status);
    if (code == STATUS_OK) {
        out->exists = db_next(rows, &problem);
        if (out->exists) {
            arena = arena_create();
            snprintf(out->holder, sizeof out->holder, "%s", db_column_text(rows, 0, arena));
            out->number = db_column_int(rows, 1);
            arena_destroy(arena);
        }
        db_rows_close(rows);
        if (problem.code)
            code = status_set(status, problem.code, "%s", problem.message);
    }
    store_read_end(conn);
    return code;
}

struct take {
    const char *name, *holder;
    const struct store_lease *read;
    int64_t number;
    bool taken;
};

static enum status_code take_in_write(struct db_conn *conn, void *ctx, struct status *status)
{
    struct take *take = ctx;
    take->taken = false;
    int64_t affected = 0;
    const struct memora_value fresh[] = {db_text(take->name), db_text(take->holder), db_int(take->number)};
    const struct memora_value changed[] = {db_text(take->holder), db_int(take->number), db_text(take->name),
                                           db_text(take->read->holder), db_int(take->read->number)};
    enum status_code code =
        take->read->exists
            ? db_exec(conn,
                      "UPDATE memora_lease SET holder = ?, until_ms = ? WHERE name = ? AND holder = ? AND until_ms = ?",
                      changed, 5, &affected, status)
            : db_exec(conn, "INSERT INTO memora_lease (name, holder, until_ms) VALUES (?, ?, ?)", fresh, 3, &affected,
                      status);
    take->taken = !code && affected == 1;
    return code;
}

enum status_code store_lease_take(struct store *store, const char *name, const struct store_lease *read,
                                  const char *holder, bool *taken, struct status *status)
{
    int64_t now_ms = clock_wall_ns() / 1000000;
    struct take take = {
        .name = name, .holder = holder, .read = read, .number = now_ms > read->number ? now_ms : read->number + 1};
    enum status_code code = store_write(store, take_in_write, &take, status);
    if (code == STATUS_ALREADY_EXISTS) /* somebody else was faster */
        code = STATUS_OK;
    *taken = code == STATUS_OK && take.taken;
    return code;
}

static enum status_code leave_in_write(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct take *take = ctx;
    const struct memora_value params[] = {db_text(take->name), db_text(take->holder)};
    return db_exec(conn, "DELETE FROM memora_lease WHERE name = ? AND holder = ?", params, 2, NULL, status);
}

enum status_code store_lease_leave(struct store *store, const char *name, const char *holder, struct status *status)
{
    struct take take = {.name = name, .holder = holder};
    return store_write(store, leave_in_write, &take, status);
}
