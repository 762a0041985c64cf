/* The entry point: config keys, the table of operations and the life of an instance. */
#include "postgres.h"

#include <memora/version.h>
#include <stdlib.h>

/* Set by load() before any other call, constant afterwards; the ABI gives operations no other way to the host. */
static const struct memora_host *host;

const struct memora_host *postgres_host(void)
{
    return host;
}

static void instance_close(struct memora_db *db)
{
    postgres_listener_stop(db);
    pthread_mutex_destroy(&db->mutex);
    free(db);
}

static void read_config(struct memora_db *db, const struct memora_config *config)
{
    db->dsn = host->config_str(config, "dsn");
    db->sslmode = host->config_str(config, "sslmode");
    db->sslrootcert = host->config_str(config, "sslrootcert");
    snprintf(db->connect_timeout, sizeof db->connect_timeout, "%d", (int)host->config_int(config, "connect_timeout"));
    snprintf(db->network_timeout_ms, sizeof db->network_timeout_ms, "%lld",
             (long long)host->config_int(config, "network_timeout") * 1000);
}

/* libpq's own message may quote the text, and with it a password. */
static int check_dsn(const char *dsn, struct memora_error *error)
{
    PQconninfoOption *options = PQconninfoParse(dsn, NULL);
    if (!options)
        return memora_fail(
            error, MEMORA_E_CONFIG,
            "dsn: not a PostgreSQL address; write postgres://user:password@host:port/database?sslmode=... "
            "or \"host=... dbname=... user=...\"");
    PQconninfoFree(options);
    return MEMORA_OK;
}

static int instance_open(const struct memora_config *config, struct memora_db **out, struct memora_error *error)
{
    struct memora_db *db = calloc(1, sizeof *db);
    if (!db)
        return memora_fail(error, MEMORA_E_NOMEM, "out of memory");
    pthread_mutex_init(&db->mutex, NULL);
    postgres_dialect_fill(&db->dialect);
    read_config(db, config);
    int result = check_dsn(db->dsn, error);
    PGconn *pq = NULL;
    if (result == MEMORA_OK)
        result = postgres_open_session(db, &pq, error);
    PQfinish(pq);
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
    if (!PQisthreadsafe())
        return memora_fail(error, MEMORA_E_UNSUPPORTED, "libpq was built without thread safety");
    return MEMORA_OK;
}

static void describe(void (*emit)(void *, const char *, const char *), void *ctx)
{
    char version[32];
    snprintf(version, sizeof version, "%d.%d", PQlibVersion() / 10000, PQlibVersion() % 10000);
    emit(ctx, "libpq", version);
}

static const struct memora_config_key keys[] = {
    {"dsn", MEMORA_KEY_STRING, MEMORA_KEY_REQUIRED | MEMORA_KEY_SECRET, NULL,
     "postgres://user:password@host:port/database?sslmode=... or \"host=... dbname=...\"; PG* variables fill gaps",
     NULL},
    {"sslmode", MEMORA_KEY_STRING, 0, NULL, "TLS, instead of the DSN's: verify-full checks name and certificate",
     "|disable|allow|prefer|require|verify-ca|verify-full"},
    {"sslrootcert", MEMORA_KEY_PATH, 0, NULL, "File with the certificates that a server's must come from", NULL},
    {"connect_timeout", MEMORA_KEY_SECONDS, 0, "5", "How long a connection may take, unless the DSN says it", "2..300"},
    {"network_timeout", MEMORA_KEY_SECONDS, 0, "10",
     "After how long without an answer of the other machine a connection is given up, unless the DSN says it",
     "1..3600"},
};

static const struct memora_db_ops ops = {
    .struct_size = sizeof ops,
    .open = instance_open,
    .close = instance_close,
    .dialect = instance_dialect,
    .connect = postgres_connect,
    .disconnect = postgres_disconnect,
    .recycle = postgres_recycle,
    .interrupt = postgres_interrupt,
    .prepare = postgres_prepare,
    .bind = postgres_bind,
    .step = postgres_step,
    .row = postgres_row,
    .affected = postgres_affected,
    .last_id = postgres_last_id,
    .reset = postgres_reset,
    .finalize = postgres_finalize,
    .begin = postgres_begin,
    .commit = postgres_commit,
    .rollback = postgres_rollback,
    .script = postgres_script,
    .migrate_lock = postgres_migrate_lock,
    .migrate_unlock = postgres_migrate_unlock,
    .size_bytes = postgres_size_bytes,
    .notify = postgres_notify,
    .listen = postgres_listen,
#ifdef LIBPQ_HAS_PIPELINING
    .execute_all = postgres_execute_all,
#endif
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
    .name = "postgres",
    .version = MEMORA_VERSION,
    .licence = "MIT",
    .summary = "PostgreSQL 13 or later",
    .config_keys = keys,
    .ops = &ops,
    .load = load,
    .describe = describe,
};

const struct memora_plugin *memora_plugin_v1(void)
{
    return &plugin;
}
