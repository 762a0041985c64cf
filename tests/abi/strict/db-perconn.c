/* Like db-sqlite, but ends the process when a connection or its statements are entered twice at once. Only interrupt
 * may come at any time, as long as the connection is there. */
#define NAME "perconn"
#define DB
#include "../wrong/real.h"

#include "guard.h"

/* CALL(int, conn, "begin", real.begin(object, mode, error)) */
#define CALL(type, guarded, name, call)                                                                                \
    do {                                                                                                               \
        void *object = enter(guarded, name);                                                                           \
        type result = call;                                                                                            \
        leave(guarded);                                                                                                \
        return result;                                                                                                 \
    } while (0)

static int connect_db(struct memora_db *db, struct memora_conn **out, struct memora_error *error)
{
    struct memora_conn *conn;
    int result = real.connect(db, &conn, error);
    if (result == MEMORA_OK)
        *out = (struct memora_conn *)guard_new(conn, NULL);
    return result;
}

/* Guards of closed connections: they stay entered, so that any later use is noticed. */
static _Atomic(struct guard *) closed;

static void disconnect(struct memora_conn *conn)
{
    struct guard *guard = (struct guard *)conn;
    struct memora_conn *object = enter(guard, "disconnect");
    guard->real = NULL;
    guard->next = atomic_exchange(&closed, guard);
    real.disconnect(object);
}

static int recycle(struct memora_conn *conn, struct memora_error *error)
{
    CALL(int, conn, "recycle", real.recycle(object, error));
}

static void interrupt(struct memora_conn *conn)
{
    struct memora_conn *object = ((struct guard *)conn)->real;
    if (!object) {
        fprintf(stderr, "interrupt was called after disconnect\n");
        abort();
    }
    real.interrupt(object);
}

static int prepare(struct memora_conn *conn, const char *sql, size_t len, struct memora_stmt **out,
                   struct memora_error *error)
{
    struct memora_stmt *stmt;
    int result = real.prepare(enter(conn, "prepare"), sql, len, &stmt, error);
    leave(conn);
    if (result == MEMORA_OK)
        *out = (struct memora_stmt *)guard_new(stmt, (struct guard *)conn);
    return result;
}

static int bind_values(struct memora_stmt *stmt, const struct memora_value *values, uint32_t count,
                       struct memora_error *error)
{
    CALL(int, stmt, "bind", real.bind(object, values, count, error));
}

static int step(struct memora_stmt *stmt, struct memora_error *error)
{
    CALL(int, stmt, "step", real.step(object, error));
}

static int row(struct memora_stmt *stmt, struct memora_value *out, uint32_t count)
{
    CALL(int, stmt, "row", real.row(object, out, count));
}

static int64_t affected(struct memora_stmt *stmt)
{
    CALL(int64_t, stmt, "affected", real.affected(object));
}

static int64_t last_id(struct memora_stmt *stmt)
{
    CALL(int64_t, stmt, "last_id", real.last_id(object));
}

static void reset(struct memora_stmt *stmt)
{
    real.reset(enter(stmt, "reset"));
    leave(stmt);
}

static void finalize(struct memora_stmt *stmt)
{
    real.finalize(enter(stmt, "finalize"));
    leave(stmt);
    free(stmt);
}

static int begin(struct memora_conn *conn, uint32_t mode, struct memora_error *error)
{
    CALL(int, conn, "begin", real.begin(object, mode, error));
}

static int commit(struct memora_conn *conn, struct memora_error *error)
{
    CALL(int, conn, "commit", real.commit(object, error));
}

static int rollback(struct memora_conn *conn, struct memora_error *error)
{
    CALL(int, conn, "rollback", real.rollback(object, error));
}

static int script(struct memora_conn *conn, const char *sql, size_t len, struct memora_error *error)
{
    CALL(int, conn, "script", real.script(object, sql, len, error));
}

static int migrate_lock(struct memora_conn *conn, int64_t timeout_ns, struct memora_error *error)
{
    CALL(int, conn, "migrate_lock", real.migrate_lock(object, timeout_ns, error));
}

static void migrate_unlock(struct memora_conn *conn)
{
    real.migrate_unlock(enter(conn, "migrate_unlock"));
    leave(conn);
}

static void set_up(operations *ops)
{
    plugin.threads = MEMORA_THREADS_PER_CONN;
    *ops = (operations){.struct_size = sizeof *ops,
                        .open = real.open,
                        .close = real.close,
                        .dialect = real.dialect,
                        .connect = connect_db,
                        .disconnect = disconnect,
                        .recycle = recycle,
                        .interrupt = interrupt,
                        .prepare = prepare,
                        .bind = bind_values,
                        .step = step,
                        .row = row,
                        .affected = affected,
                        .last_id = last_id,
                        .reset = reset,
                        .finalize = finalize,
                        .begin = begin,
                        .commit = commit,
                        .rollback = rollback,
                        .script = script,
                        .migrate_lock = migrate_lock,
                        .migrate_unlock = migrate_unlock};
}
