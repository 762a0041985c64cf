/* Shared by the files of plugin/ only. */
#ifndef MEMORA_PLUGIN_INTERNAL_H
#define MEMORA_PLUGIN_INTERNAL_H

#include <sys/types.h>

#include "plugin/plugin.h"

/* A plugin with the copies that the core works with, kept until the process ends. */
struct plugin_record {
    struct plugin plugin;
    struct memora_plugin table; /* what both sides know of the plugin's table; the rest is zero */
    dev_t device;
    ino_t inode;
    struct plugin_record *next;
};

/* "db" or "storage"; NULL for a kind that does not exist. */
const char *plugin_kind_name(uint32_t kind);
const char *plugin_section_name(enum memora_kind kind); /* "database" or "storage" */

/* Checks everything that the plugin claims before any of its functions but the entry point has run, and fills the
 * record. name is the one in the file name. */
enum status_code plugin_verify(const struct memora_plugin *theirs, const char *path, enum memora_kind kind,
                               const char *name, struct plugin_record *record, struct status *status);

/* Once more after load(), which may lower it. */
enum status_code plugin_verify_threads(const struct memora_plugin *table, const char *path, struct status *status);

/* Functions that stand in for optional members. */
void plugin_fill_db(struct memora_db_ops *ops);
void plugin_fill_storage(struct memora_storage_ops *ops);

/* Plugins that passed. The list is the process's, as the loaded code is. */
struct plugin_record *plugin_registry_find(dev_t device, ino_t inode);
void plugin_registry_add(struct plugin_record *record);

/* Whether what a key declares of itself makes sense. */
bool plugin_key_limits_valid(const struct memora_config_key *key);
bool plugin_key_default_valid(const struct memora_config_key *key);

/* The text services of the host table. */
int plugin_utf8_fold(const char *in, size_t n, char *out, size_t cap, size_t *need);
int plugin_regex_match(const char *pattern, size_t pattern_length, const char *text, size_t text_length);

/* The getters of the host table. */
const char *plugin_config_str(const struct memora_config *config, const char *key);
int64_t plugin_config_int(const struct memora_config *config, const char *key);
int plugin_config_bool(const struct memora_config *config, const char *key);

#endif
