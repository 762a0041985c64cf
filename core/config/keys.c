#include "config/keys.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "config/value.h"

#define SERVER(name, type, member) "server", name, type, offsetof(struct config, member)
#define LIMITS(name, type, member) "limits", name, type, offsetof(struct config, member)
#define DATABASE(name, type, member) "database", name, type, offsetof(struct config, member)

const struct config_key config_keys[] = {
    {SERVER("address", CONFIG_TEXT, address), 0, 0, "", "addr", 0, "Address to listen on; empty for all interfaces."},
    {SERVER("port", CONFIG_INT, port), 0, 65535, "8081", "port", 0, "TCP port to listen on; 0 for any free one."},
    {SERVER("unix_socket", CONFIG_PATH, unix_socket), 0, 0, "", "unix-sock", 0,
     "Listen on this Unix socket (mode 0660) instead of TCP."},
    {SERVER("data", CONFIG_PATH, data_dir), 0, 0, NULL, "data", 0,
     "Data directory; by default /var/opt/memos if that can be written to, else the working directory."},
    {SERVER("instance_url", CONFIG_TEXT, instance_url), 0, 0, "", "instance-url", 0,
     "Public URL of the instance; while it is empty only signed-in users can read."},
    {SERVER("ui_dir", CONFIG_PATH, ui_dir), 0, 0, NULL, NULL, 0,
     "Directory of the web page; by default the one that was installed with the program."},
    {SERVER("deployment_dir", CONFIG_PATH, deployment_dir), 0, 0, "/etc/secrets", NULL, 0,
     "Directory of files that set instance settings and identity providers, read at the start; empty for none."},
    {SERVER("demo", CONFIG_BOOL, demo), 0, 0, "false", "demo", 0,
     "Demo mode: a database of its own with sample data, and a signing key that everybody knows; not for real notes."},
    {SERVER("allow_private_webhooks", CONFIG_BOOL, allow_private_webhooks), 0, 0, "false", "allow-private-webhooks", 0,
     "Let webhooks call addresses of private networks."},
    {SERVER("log_level", CONFIG_LEVEL, log_level), 0, 0, "info", "log-level", 0, "Least level that is logged."},

    {LIMITS("max_body", CONFIG_BYTES, max_body_bytes), 1024, INT64_C(1) << 40, "256M", NULL, 0,
     "Largest request body."},
    {LIMITS("max_spool", CONFIG_BYTES, max_spool_bytes), 0, INT64_C(1) << 44, "4G", NULL, 0,
     "Bytes that all large uploads together may have in unnamed files of the data directory while they are taken in."},
    {LIMITS("max_header", CONFIG_BYTES, max_header_bytes), 4096, 16 << 20, "24K", NULL, 0,
     "Largest request line with all headers."},
    {LIMITS("request_timeout", CONFIG_SECONDS, request_timeout_s), 1, 86400, "5m", NULL, 0,
     "Time for one request, from its first byte to the answer."},
    {LIMITS("idle_timeout", CONFIG_SECONDS, idle_timeout_s), 1, 86400, "60s", NULL, 0,
     "Time after which a connection without traffic is closed."},
    {LIMITS("max_connections", CONFIG_COUNT, max_connections), 1, 1000000, "1000", NULL, 0, "Connections at a time."},
    {LIMITS("max_connections_per_ip", CONFIG_COUNT, max_connections_per_ip), 0, 1000000, "0", NULL, 0,
     "Connections at a time from one address; 0 for no limit."},
    {LIMITS("http_threads", CONFIG_COUNT, http_threads), 0, 256, "0", NULL, 0,
     "Threads that talk HTTP; 0 for one per processor."},
    {LIMITS("worker_threads", CONFIG_COUNT, worker_threads), 1, 1024, "8", NULL, 0,
     "Threads for requests that have to wait for something."},
    {LIMITS("worker_queue", CONFIG_COUNT, worker_queue), 1, 100000, "256", NULL, 0,
     "Requests that may wait for a worker; more are answered \"unavailable\"."},

    {DATABASE("plugin", CONFIG_PLUGIN, database_plugin), 0, 0, "sqlite", "driver", 0,
     "Database plugin: a name, or the absolute path of a plugin file."},
    {DATABASE("read_connections", CONFIG_COUNT, read_connections), 0, 1000, "0", NULL, 0,
     "Most connections for reading, and with a database server for writing; 0 for one for each thread."},
    {DATABASE("idle_connections", CONFIG_COUNT, idle_connections), 1, 1000, "1", NULL, 0,
     "Connections to a database server that stay open even if nobody needs them."},
    {DATABASE("idle_timeout", CONFIG_SECONDS, idle_connection_s), 1, 86400, "5m", NULL, 0,
     "Time after which a further connection to a database server is closed if nobody needs it."},
    {DATABASE("statement_timeout", CONFIG_SECONDS, statement_timeout_s), 1, 86400, "30s", NULL, 0,
     "Time after which a statement is interrupted."},
    {DATABASE("slow_statement_ms", CONFIG_COUNT, slow_statement_ms), 0, 3600000, "500", NULL, 0,
     "Log statements that take longer, in milliseconds; 0 for never."},

    {"storage", "plugin", CONFIG_PLUGIN, offsetof(struct config, storage_plugin), 0, 0, "fs", NULL, 0,
     "Storage plugin for attachments: a name, or the absolute path of a plugin file."},

    {"outbound", "ca_file", CONFIG_PATH, offsetof(struct config, outbound_ca_file), 0, 0, "", NULL, 0,
     "Certificates (PEM) to trust when others are called: webhooks, mail, sign-in; empty for those of the system."},

    {"media", "helper", CONFIG_PATH, offsetof(struct config, media_helper), 0, 0, NULL, NULL,
     CONFIG_NOT_FROM_ENVIRONMENT,
     "Program for thumbnails and for stripping metadata; by default the installed memora-media; empty for none."},

    {"plugins", "directory", CONFIG_PATH, offsetof(struct config, plugin_dir), 0, 0, NULL, NULL,
     CONFIG_NOT_FROM_ENVIRONMENT, "Directory of the plugins; by default the one that was installed with the program."},
};
const size_t config_key_count = sizeof config_keys / sizeof config_keys[0];

const char *const config_sections[] = {"server", "limits", "database", "storage", "outbound", "media", "plugins"};
const size_t config_section_count = sizeof config_sections / sizeof config_sections[0];

static const char *const level_names[] = {"error", "warn", "info", "debug"};

const struct config_key *config_find_key(const char *section, const char *name)
{
    for (size_t i = 0; i < config_key_count; i++)
        if (strcmp(config_keys[i].section, section) == 0 && strcmp(config_keys[i].name, name) == 0)
            return &config_keys[i];
    return NULL;
}

const struct config_key *config_find_flag(const char *flag)
{
    for (size_t i = 0; i < config_key_count; i++)
        if (config_keys[i].flag && strcmp(config_keys[i].flag, flag) == 0)
            return &config_keys[i];
    return NULL;
}

bool config_is_core_key(const char *section, const char *key)
{
    return config_find_key(section, key) != NULL;
}

void config_describe_allowed(const struct config_key *key, char *text, size_t size)
{
    static const char *const what[] = {
        [CONFIG_TEXT] = "text",
        [CONFIG_PATH] = "a path",
        [CONFIG_PLUGIN] = "a plugin name such as \"sqlite\", or an absolute path",
        [CONFIG_INT] = CONFIG_INT_ALLOWED,
        [CONFIG_COUNT] = CONFIG_INT_ALLOWED,
        [CONFIG_SECONDS] = CONFIG_SECONDS_ALLOWED,
        [CONFIG_BYTES] = CONFIG_BYTES_ALLOWED,
        [CONFIG_BOOL] = CONFIG_BOOL_ALLOWED,
        [CONFIG_LEVEL] = "error, warn, info or debug",
    };
    if (key->most > 0)
        snprintf(text, size, "%s; from %lld to %lld", what[key->type], (long long)key->least, (long long)key->most);
    else
        snprintf(text, size, "%s", what[key->type]);
}

static bool parse_level(const char *text, enum log_level *out)
{
    for (size_t i = 0; i < sizeof level_names / sizeof level_names[0]; i++) {
        if (strcasecmp(text, level_names[i]) == 0) {
            *out = (enum log_level)i;
            return true;
        }
    }
    return false;
}

static bool set_number(void *member, const struct config_key *key, const char *text)
{
    int64_t value;
    bool valid = key->type == CONFIG_SECONDS ? config_parse_seconds(text, &value)
                 : key->type == CONFIG_BYTES ? config_parse_bytes(text, &value)
                                             : config_parse_int(text, &value);
    if (!valid || value < key->least || value > key->most)
        return false;
    if (key->type == CONFIG_INT)
        *(int *)member = (int)value;
    else if (key->type == CONFIG_BYTES)
        *(uint64_t *)member = (uint64_t)value;
    else
        *(unsigned *)member = (unsigned)value;
    return true;
}

static bool plugin_valid(const struct config_entry *entry)
{
    const char *value = entry->value;
    if (value[0] == '/')
        return true;
    return value[0] != '-' && value[0] != '\0' &&
           strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(value);
}

enum status_code config_set(struct config *config, const struct config_key *key, const struct config_entry *entry,
                            struct status *status)
{
    void *member = (char *)config + key->offset;
    bool valid = true;
    switch (key->type) {
    case CONFIG_TEXT:
        *(const char **)member = arena_strdup(config->arena, entry->value);
        break;
    case CONFIG_PATH:
        *(const char **)member = config_resolve_path(config->arena, entry->value, entry->file, entry->line);
        break;
    case CONFIG_PLUGIN:
        valid = plugin_valid(entry);
        *(const char **)member = arena_strdup(config->arena, entry->value);
        break;
    case CONFIG_BOOL:
        valid = config_parse_bool(entry->value, member);
        break;
    case CONFIG_LEVEL:
        valid = parse_level(entry->value, member);
        break;
    default:
        valid = set_number(member, key, entry->value);
    }
    if (valid)
        return STATUS_OK;
    char allowed[200];
    config_describe_allowed(key, allowed, sizeof allowed);
    return config_error(status, entry->file, entry->line, "%s.%s = \"%s\" is not valid (allowed: %s)", key->section,
                        key->name, entry->value, allowed);
}
