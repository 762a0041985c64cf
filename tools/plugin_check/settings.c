/* The plugin's section, put together as the server would from a file. */
#include "check.h"

#include <string.h>

#include "config/config.h"

const struct memora_config *check_configure(struct check *check, const char *key, const char *value,
                                            struct status *status)
{
    size_t count = check->setting_count;
    struct config_entry *entries = ARENA_ARRAY(check->arena, struct config_entry, count + 1);
    bool replaced = false;
    for (size_t i = 0; i < count; i++) {
        bool is_key = key && strcmp(check->settings[i].key, key) == 0;
        entries[i] = (struct config_entry){
            .key = check->settings[i].key, .value = is_key ? value : check->settings[i].value, .file = "command line"};
        replaced |= is_key;
    }
    if (key && !replaced)
        entries[count++] = (struct config_entry){.key = key, .value = value, .file = "command line"};
    const struct config_section section = {.name =
                                               check->plugin->table->kind == MEMORA_KIND_DB ? "database" : "storage",
                                           .entries = entries,
                                           .count = count};
    const struct config config = {.arena = check->arena, .data_dir = check->work_dir};
    const struct memora_config *made = NULL;
    return plugin_configure(check->plugin, &section, &config, &made, status) == STATUS_OK ? made : NULL;
}
