/* The entry point: config keys, the table of operations and the life of an instance. */
#include "driver.h"

#include <memora/version.h>
#include <stdlib.h>

/* Set by load() before any other call, constant afterwards; the ABI gives operations no other way to the host. */
static const struct memora_host *host;

const struct memora_host *driver_host(void)
{
    return host;
}

static unsigned seconds(const struct memora_config *config, const char *key)
{
    return (unsigned)host->config_int(config, key);
}

/* The core has checked the values against the table of keys below. What the DSN says goes first. */
static int read_config(struct memora_db *db, const struct memora_config *config, struct memora_error *error)
{
    struct driver_dsn *dsn = &db->dsn;
    int result = driver_dsn_parse(dsn, host->config_str(config, "dsn"), error);
    if (result != MEMORA_OK)
        return result;
    if (!dsn->connect_timeout_s)
        dsn->connect_timeout_s = seconds(config, "connect_timeout");
    if (!dsn->read_timeout_s)
        dsn->read_timeout_s = seconds(config, "network_timeout");
    if (!dsn->write_timeout_s)
        dsn->write_timeout_s = seconds(config, "network_timeout");
    db->lock_timeout_s = host->config_int(config, "lock_timeout");
    db->tls_ca = host->config_str(config, "tls_ca");
    db->tls_cert = host->config_str(config, "tls_cert");
    db->tls_key = host->config_str(config, "tls_key");
    if (*db->tls_ca && !dsn->tls_given)
        dsn->tls = DRIVER_TLS_VERIFIED;
    if (*db->tls_ca && dsn->tls != DRIVER_TLS_VERIFIED)
        return memora_fail(error, MEMORA_E_CONFIG, "tls_ca: of no use while the DSN says not to verify the server");
    if (!*db->tls_cert != !*db->tls_key)
        return memora_fail(error, MEMORA_E_CONFIG, "%s: needed together with %s",
                           *db->tls_cert ? "tls_key" : "tls_cert", *db->tls_cert ? "tls_cert" : "tls_key");
    return MEMORA_OK;
}

/* A first connection shows whether the DSN works and what the server can do. */
static int look_at_server(struct memora_db *db, struct memora_error *error)
{
    struct memora_conn *conn = NULL;
    int result = driver_connect(db, &conn, error);
    if (result != MEMORA_OK)
        return result;
    result = driver_probe(db, conn, error);
    driver_disconnect(conn);
    return result;
}

static void instance_close(struct memora_db *db)
{
    if (!db)
        return;
    driver_dsn_clear(&db->dsn);
    free(db);
}

static int instance_open(const struct memora_config *config, struct memora_db **out, struct memora_error *error)
{
    struct memora_db *db = calloc(1, sizeof *db);
    if (!db)
        return memora_fail(error, MEMORA_E_NOMEM, "out of memory");
    int result = read_config(db, config, error);
    if (result == MEMORA_OK)
        result = look_at_server(db, error);
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
    if (mysql_library_init(0, NULL, NULL))
        return memora_fail(error, MEMORA_E_INTERNAL, "the MariaDB client library cannot be started");
    return MEMORA_OK;
}

static void describe(void (*emit)(void *, const char *, const char *), void *ctx)
{
    emit(ctx, "MariaDB Connector/C", mysql_get_client_info());
}

static const struct memora_config_key keys[] = {
    {"dsn", MEMORA_KEY_STRING, MEMORA_KEY_REQUIRED | MEMORA_KEY_SECRET, NULL,
     "user:password@tcp(host:3306)/database?name=value, or user:password@unix(/path)/database", NULL},
    {"tls_ca", MEMORA_KEY_PATH, 0, "", "Certificates (PEM) that the server's must come from; switches TLS on", NULL},
    {"tls_cert", MEMORA_KEY_PATH, 0, "", "Our certificate (PEM), for servers that ask for one", NULL},
    {"tls_key", MEMORA_KEY_PATH, 0, "", "Its private key (PEM)", NULL},
    {"connect_timeout", MEMORA_KEY_SECONDS, 0, "5", "How long to wait for a connection; the DSN's timeout", "1..600"},
    {"network_timeout", MEMORA_KEY_SECONDS, 0, "60",
     "How long to wait for the server's answer before the connection is given up; longer than statement_timeout",
     "1..86400"},
    {"lock_timeout", MEMORA_KEY_SECONDS, 0, "5", "How long a write waits for another's lock before it is tried again",
     "1..600"},
};

static const struct memora_db_ops ops = {
    .struct_size = sizeof ops,
    .open = instance_open,
    .close = instance_close,
    .dialect = instance_dialect,
    .connect = driver_connect,
    .disconnect = driver_disconnect,
    .recycle = driver_recycle,
    .interrupt = driver_interrupt,
    .prepare = driver_prepare,
    .bind = driver_bind,
    .step = driver_step,
    .row = driver_row,
    .affected = driver_affected,
    .last_id = driver_last_id,
    .reset = driver_reset,
    .finalize = driver_finalize,
    .begin = driver_begin,
    .commit = driver_commit,
    .rollback = driver_rollback,
    .script = driver_script,
    .migrate_lock = driver_migrate_lock,
    .migrate_unlock = driver_migrate_unlock,
    .size_bytes = driver_size_bytes,
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
    .name = "mysql",
    .version = MEMORA_VERSION,
    .licence = "MIT AND LGPL-2.1-or-later",
    .summary = "MySQL 8 and MariaDB 10.6 or later, through MariaDB Connector/C",
    .config_keys = keys,
    .ops = &ops,
    .load = load,
    .describe = describe,
};

const struct memora_plugin *memora_plugin_v1(void)
{
    return &plugin;
}
