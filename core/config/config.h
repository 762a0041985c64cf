/* The validated configuration. Built once before the server starts, read-only afterwards, free of globals. */
#ifndef MEMORA_CONFIG_CONFIG_H
#define MEMORA_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "base/status.h"

/* One key of a plugin's section, not yet checked against the plugin's key table. */
struct config_entry {
    const char *key, *value;
    const char *file; /* where it was set: path, "command line --FLAG" or "environment NAME" */
    int line;         /* 0 outside files */
};

struct config_section {
    const char *name; /* "database" or "storage" */
    const struct config_entry *entries;
    size_t count;
};

struct config {
    struct arena *arena;     /* owns all that follows */
    const char *config_file; /* the file that was read, "" for none */
    /* [server] */
    const char *address;        /* "" = all interfaces */
    int port;                   /* 1..65535; 0 = any free one, for tests */
    const char *unix_socket;    /* "" = TCP */
    const char *data_dir;       /* absolute, no trailing slash */
    const char *instance_url;   /* as given; blank = private instance */
    const char *ui_dir;         /* directory of the built web page */
    const char *deployment_dir; /* settings and identity providers from files; "" = none */
    bool demo;
    bool allow_private_webhooks;
    enum log_level log_level;
    /* [limits]; bytes, seconds, counts */
    uint64_t max_body_bytes;   /* 268435456 */
    uint64_t max_spool_bytes;  /* 4 GiB: of all large uploads that are being received or stored */
    uint64_t max_header_bytes; /* 24 KiB: with what else a connection needs, libmicrohttpd clears it for each request */
    unsigned request_timeout_s; /* whole request until the answer is due */
    unsigned idle_timeout_s;    /* connection without traffic */
    unsigned max_connections;
    unsigned max_connections_per_ip; /* 0 = no limit */
    unsigned http_threads;           /* 0 = number of cores */
    unsigned worker_threads;
    unsigned worker_queue;
    /* [database], [storage] */
    const char *plugin_dir;
    const char *database_plugin;    /* "sqlite" or an absolute path */
    struct config_section database; /* the keys that are the plugin's */
    unsigned read_connections;      /* 0 = one for each thread that reads */
    unsigned idle_connections;      /* to a database server, kept open */
    unsigned idle_connection_s;     /* after which further ones are closed */
    unsigned statement_timeout_s;
    unsigned slow_statement_ms;
    const char *storage_plugin; /* "fs" or an absolute path */
    struct config_section storage;
    /* [outbound] */
    const char *outbound_ca_file; /* "" = the certificates of the system */
    /* [media] */
    const char *media_helper; /* the program that makes thumbnails and strips metadata; "" = none */
};

/* One value from the command line, which wins over everything else; of equal keys the last one wins. */
struct config_flag {
    const char *flag; /* as it was written, for messages: "--port", "--set" */
    const char *section, *key, *value;
};

/* Where the configuration comes from, weakest first: built-in defaults, the file, conf.d/NAME.conf beside it in lexical
 * order, environment MEMOS_*, environment MEMORA_<SECTION>_<KEY>, flags. */
struct config_source {
    const char *file;         /* NULL: config_default_file(), which need not exist */
    char *const *environment; /* "NAME=value", ended by NULL; NULL for none */
    const struct config_flag *flags;
    size_t flag_count;
};

/* Reads and checks everything but the plugins' own keys (plugin_configure does these). Creates nothing. Errors are
 * STATUS_INVALID_ARGUMENT and one line: file and line (or variable, or flag), key, what is allowed; never the value of
 * a plugin's key, which may be secret. */
enum status_code config_load(const struct config_source *source, struct config **out, struct status *status);
void config_destroy(struct config *config); /* NULL is fine */

/* Where a configuration is looked for when none is named: <sysconfdir>/memora/memora.conf. */
const char *config_default_file(void);

/* Creates the directory and its parents (mode 0770) where they are missing. */
enum status_code config_make_data_dir(const char *path, struct status *status);

/* True for the keys of [database] and [storage] that are memora's own, so that no plugin can declare them. */
bool config_is_core_key(const char *section, const char *key);

static inline bool config_is_public(const struct config *config)
{
    const char *at = config->instance_url;
    while (*at == ' ' || *at == '\t')
        at++;
    return *at != '\0';
}

#endif
