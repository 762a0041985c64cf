#include <string.h>

#include "blob/blob.h"
#include "deploy/deploy.h"
#include "move/internal.h"
#include "plugin/plugin.h"

enum { CONNECTIONS = 4, STATEMENTS = 64 };

/* A database in a file is kept from other servers by whoever opens it, unless only to be read. */
static struct config_section database_section(const struct config *config, const struct plugin *plugin,
                                              enum move_access access)
{
    struct config_section section = config->database;
    bool known = false;
    for (uint32_t i = 0; i < plugin->table->config_key_count; i++)
        known = known || strcmp(plugin->table->config_keys[i].name, "read_only") == 0;
    if (access != MOVE_READ || !known)
        return section;
    struct config_entry *entries = ARENA_ARRAY(config->arena, struct config_entry, section.count + 1);
    if (section.count)
        memcpy(entries, section.entries, section.count * sizeof *entries);
    entries[section.count] = (struct config_entry){.key = "read_only", .value = "yes", .file = "built in"};
    section.entries = entries;
    section.count++;
    return section;
}

/* Without time limits of ours: nobody waits for an answer. */
static enum status_code open_database(struct move_site *site, const struct plugin *plugin, enum move_access access,
                                      struct status *status)
{
    const struct db_options options = {.read_connections = CONNECTIONS, .statement_cache = STATEMENTS};
    const struct config_section section = database_section(site->config, plugin, access);
    const struct memora_config *checked;
    if (plugin_configure(plugin, &section, site->config, &checked, status) ||
        db_open(&plugin->ops.db, checked, &options, &site->db, status))
        return status->code;
    enum status_code code = access == MOVE_WRITE ? db_migrate(site->db, status) : db_schema_check(site->db, status);
    if (code)
        return code;
    site->store = store_create(site->db);
    return deploy_load(site->config->deployment_dir, site->store, status); /* where attachments are may be set there */
}

enum status_code move_site_open(struct move_site *site, const struct config *config, enum move_access access,
                                struct status *status)
{
    const struct plugin *database, *storage;
    *site = (struct move_site){.config = config};
    plugin_host_set_data_dir(config->data_dir);
    if (plugin_load(config->plugin_dir, MEMORA_KIND_DB, config->database_plugin, &database, status) ||
        plugin_load(config->plugin_dir, MEMORA_KIND_STORAGE, config->storage_plugin, &storage, status))
        return status->code;
    if (access == MOVE_WRITE && config_make_data_dir(config->data_dir, status))
        return status->code;
    const struct plugin *other = blob_files_plugin(config, storage);
    enum status_code code = open_database(site, database, access, status);
    if (code == STATUS_OK)
        code = blob_open_to_compare(storage, config, &site->blob, status);
    if (code == STATUS_OK && other)
        (void)blob_add_files(site->blob, other, NULL); /* logs; what lies there then counts as missing */
    return code == STATUS_OK && access == MOVE_WRITE ? blob_check(site->blob, status) : code;
}

void move_site_close(struct move_site *site)
{
    blob_close(site->blob);
    store_destroy(site->store);
    db_close(site->db);
    *site = (struct move_site){0};
}
