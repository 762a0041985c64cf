/* Finding, checking and loading plugins. What the configuration names is loaded on the main thread before the first
 * worker starts; loaded code stays until the process ends. */
#ifndef MEMORA_PLUGIN_PLUGIN_H
#define MEMORA_PLUGIN_PLUGIN_H

#include <memora/db.h>
#include <memora/plugin.h>
#include <memora/storage.h>

#include "base/arena.h"
#include "base/status.h"
#include "config/config.h"

/* A loaded and checked plugin. ops is a complete private copy: optional members that the plugin lacks are NULL or
 * replaced by a fallback, required ones are present. Valid until the process ends. */
struct plugin {
    const struct memora_plugin *table;
    const char *path;
    union {
        struct memora_db_ops db;
        struct memora_storage_ops storage;
    } ops;
};

/* name is a plugin name ("sqlite": <dir>/db-sqlite.so) or an absolute path. Errors are one line with path, what was
 * expected and what was found: STATUS_NOT_FOUND, STATUS_FAILED_PRECONDITION (refused), STATUS_INTERNAL.
 * Thread-safe. */
enum status_code plugin_load(const char *dir, enum memora_kind kind, const char *name, const struct plugin **out,
                             struct status *status);

/* One file of the plugin directory. */
struct plugin_found {
    enum memora_kind kind;
    const char *name, *path;
    const struct plugin *plugin; /* NULL: it was refused, and refusal says why */
    struct status refusal;
};

/* Loads every plugin file of the directory, in order of their names. STATUS_NOT_FOUND if it cannot be read. */
enum status_code plugin_list(const char *dir, struct arena *arena, struct plugin_found **out, size_t *count,
                             struct status *status);

/* What a key accepts, for people, into text. */
void plugin_key_allowed(const struct memora_config_key *key, char *text, size_t size);

/* Checks a config section against the plugin's key table (types, unknown and missing keys: file, line, key, what is
 * allowed) and gives the object that the plugin's open() reads. The result is valid until the process ends, so
 * don't ask without bound. Thread-safe. */
enum status_code plugin_configure(const struct plugin *plugin, const struct config_section *section,
                                  const struct config *config, const struct memora_config **out, struct status *status);

/* The services that plugins get. */
const struct memora_host *plugin_host(void);
/* Set before the first plugin_load: data directory for host->data_dir. */
void plugin_host_set_data_dir(const char *data_dir);
void plugin_host_set_stopping(void);

#endif
