/* A database plugin that would pass every check. Each file changes one thing, by a macro set before. */
#include <memora/db.h>

#ifndef COMMIT
#define COMMIT recycle
#endif
#ifndef THREADS
#define THREADS MEMORA_THREADS_PER_CONN
#endif
#ifndef OPS_SIZE
#define OPS_SIZE sizeof ops
#endif
#ifndef LOAD
#define LOAD NULL
#endif

static int open_db(const struct memora_config *config, struct memora_db **out, struct memora_error *error)
{
    (void)config, (void)out;
    return memora_fail(error, MEMORA_E_IO, "not here");
}

static void close_db(struct memora_db *db)
{
    (void)db;
}

static const struct memora_dialect *dialect(struct memora_db *db)
{
    (void)db;
    return NULL;
}

static int connect_db(struct memora_db *db, struct memora_conn **out, struct memora_error *error)
{
    (void)db, (void)out;
    return memora_fail(error, MEMORA_E_IO, "not here");
}

static void nothing(struct memora_conn *conn)
{
    (void)conn;
}

static int recycle(struct memora_conn *conn, struct memora_error *error)
{
    (void)conn;
    return memora_fail(error, MEMORA_E_IO, "not here");
}

static int prepare(struct memora_conn *conn, const char *sql, size_t len, struct memora_stmt **out,
                   struct memora_error *error)
{
    (void)conn, (void)sql, (void)len, (void)out;
    return memora_fail(error, MEMORA_E_IO, "not here");
}

static int bind_all(struct memora_stmt *stmt, const struct memora_value *values, uint32_t count,
                    struct memora_error *error)
{
    (void)stmt, (void)values, (void)count;
    return memora_fail(error, MEMORA_E_IO, "not here");
}

static int step(struct memora_stmt *stmt, struct memora_error *error)
{
    (void)stmt;
    return memora_fail(error, MEMORA_E_IO, "not here");
}

static int row(struct memora_stmt *stmt, struct memora_value *out, uint32_t count)
{
    (void)stmt, (void)out, (void)count;
    return 0;
}

static int64_t number(struct memora_stmt *stmt)
{
    (void)stmt;
    return 0;
}

static void done(struct memora_stmt *stmt)
{
    (void)stmt;
}

static int begin(struct memora_conn *conn, uint32_t mode, struct memora_error *error)
{
    (void)conn, (void)mode;
    return memora_fail(error, MEMORA_E_IO, "not here");
}

static int script(struct memora_conn *conn, const char *sql, size_t len, struct memora_error *error)
{
    (void)conn, (void)sql, (void)len;
    return memora_fail(error, MEMORA_E_IO, "not here");
}

static int migrate_lock(struct memora_conn *conn, int64_t timeout_ns, struct memora_error *error)
{
    (void)conn, (void)timeout_ns;
    return memora_fail(error, MEMORA_E_IO, "not here");
}

static const struct memora_db_ops ops = {
    .struct_size = OPS_SIZE,
    .open = open_db,
    .close = close_db,
    .dialect = dialect,
    .connect = connect_db,
    .disconnect = nothing,
    .recycle = recycle,
    .interrupt = nothing,
    .prepare = prepare,
    .bind = bind_all,
    .step = step,
    .row = row,
    .affected = number,
    .last_id = number,
    .reset = done,
    .finalize = done,
    .begin = begin,
    .commit = COMMIT,
    .rollback = recycle,
    .script = script,
    .migrate_lock = migrate_lock,
    .migrate_unlock = nothing,
#ifdef EXECUTE_ALL
    .execute_all = EXECUTE_ALL,
#endif
};

static struct memora_plugin plugin = {
    .magic = MEMORA_PLUGIN_MAGIC,
    .struct_size = sizeof plugin,
    .abi_major = MEMORA_ABI_MAJOR,
    .abi_minor = MEMORA_ABI_MINOR,
    .kind = MEMORA_KIND_DB,
    .threads = THREADS,
    .name = NAME,
    .version = "1.0.0",
    .summary = "Test object",
    .licence = "MIT",
    .ops = &ops,
    .load = LOAD,
};

MEMORA_EXPORT const struct memora_plugin *memora_plugin_v1(void)
{
    return &plugin;
}
