/* The entry point: config keys, the table of operations and the life of an instance. */
#include "sqlite.h"

#include <memora/version.h>
#include <stdlib.h>
#include <string.h>

/* Set by load() before any other call, constant afterwards; the ABI gives operations no other way to the host. */
static const struct memora_host *host;

const struct memora_host *sqlite_host(void)
{
    return host;
}

/* The core has checked the values against the table of keys below. */
static void read_config(struct memora_db *db, const struct memora_config *config)
{
    const char *synchronous = host->config_str(config, "synchronous");
    db->synchronous = strcmp(synchronous, "normal") == 0  ? "NORMAL"
                      : strcmp(synchronous, "extra") == 0 ? "EXTRA"
                                                          : "FULL";
    db->read_only = host->config_bool(config, "read_only");
    db->page_cache_kib = host->config_int(config, "page_cache_kib");
    db->busy_timeout_ms = host->config_int(config, "busy_timeout") * 1000;
}

/* Reads the file's header and schema through a first connection, so that a wrong file is told at start. */
static int probe(struct memora_db *db, struct memora_error *error)
{
    struct memora_conn *conn = NULL;
    int result = sqlite_connect(db, &conn, error);
    if (result == MEMORA_OK)
        sqlite_disconnect(conn);
    return result;
}

static void instance_close(struct memora_db *db)
{
    if (!db)
        return;
    sqlite_file_close(db);
    pthread_mutex_destroy(&db->mutex);
    free(db);
}

static int instance_open(const struct memora_config *config, struct memora_db **out, struct memora_error *error)
{
    struct memora_db *db = calloc(1, sizeof *db);
    if (!db)
        return memora_fail(error, MEMORA_E_NOMEM, "out of memory");
    db->lock = db->file = -1;
    pthread_mutex_init(&db->mutex, NULL);
    sqlite_dialect_fill(&db->dialect);
    read_config(db, config);
    int result = sqlite_file_open(db, host->config_str(config, "dsn"), error);
    if (result == MEMORA_OK)
        result = probe(db, error);
    if (result != MEMORA_OK) {
        instance_close(db);
        return result;
    }
    *out = db;
    return MEMORA_OK;
}

static const struct memora_dialect *instance_dialect(struct memora_db *db)
{
    return &db->dialect;
}

static int load(const struct memora_host *services, struct memora_error *error)
{
    host = services;
    /* Statistics take a process-wide lock in every allocation. Refused (and then without harm) when something else in
     * the process has already started the library. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    if (sqlite3_threadsafe() == 0)
        return memora_fail(error, MEMORA_E_UNSUPPORTED, "the SQLite library was built without thread safety");
    int code = sqlite3_initialize();
    return code == SQLITE_OK ? MEMORA_OK : sqlite_error(error, code, NULL);
}

static void describe(void (*emit)(void *, const char *, const char *), void *ctx)
{
    emit(ctx, "SQLite", sqlite3_libversion());
}

static const struct memora_config_key keys[] = {
    {"dsn", MEMORA_KEY_PATH, 0, "{data}/memos_{mode}.db", "Path of the database file", NULL},
    {"page_cache_kib", MEMORA_KEY_INT, 0, "1024", "Page cache of each connection in KiB", "64..1048576"},
    {"synchronous", MEMORA_KEY_STRING, 0, "full",
     "full: an acknowledged write survives a power cut; normal: it survives a crash of the server; extra",
     "full|normal|extra"},
    {"busy_timeout", MEMORA_KEY_SECONDS, 0, "10", "How long to wait for another program's write lock", "0..600"},
    {"read_only", MEMORA_KEY_BOOL, 0, "no",
     "Only read, also while a server uses the file; memora backup, verify and copy open it so", NULL},
};

static const struct memora_db_ops ops = {
    .struct_size = sizeof ops,
    .open = instance_open,
    .close = instance_close,
    .dialect = instance_dialect,
    .connect = sqlite_connect,
    .disconnect = sqlite_disconnect,
    .recycle = sqlite_recycle,
    .interrupt = sqlite_interrupt_conn,
    .prepare = sqlite_prepare,
    .bind = sqlite_bind,
    .step = sqlite_step,
    .row = sqlite_row,
    .affected = sqlite_affected,
    .last_id = sqlite_last_id,
    .reset = sqlite_reset,
    .finalize = sqlite_finalize,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .script = sqlite_script,
    .migrate_lock = sqlite_migrate_lock,
    .migrate_unlock = sqlite_migrate_unlock,
    .size_bytes = sqlite_size_bytes,
    .backup = sqlite_backup,
};

static const struct memora_plugin plugin = {
    .magic = MEMORA_PLUGIN_MAGIC,
    .struct_size = sizeof plugin,
    .abi_major = MEMORA_ABI_MAJOR,
    .abi_minor = MEMORA_ABI_MINOR,
    .needs_minor = 0,
    .kind = MEMORA_KIND_DB,
    .threads = MEMORA_THREADS_PER_CONN,
    .config_key_count = sizeof keys / sizeof keys[0],
    .name = "sqlite",
    .version = MEMORA_VERSION,
    .licence = "MIT",
    .summary = "SQLite 3 database in one file",
    .config_keys = keys,
    .ops = &ops,
    .load = load,
    .describe = describe,
};

const struct memora_plugin *memora_plugin_v1(void)
{
    return &plugin;
}
