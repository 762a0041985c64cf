#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "config/internal.h"
#include "config/keys.h"
#include "config/value.h"

static void set_defaults(struct config *config)
{
    for (size_t i = 0; i < config_key_count; i++) {
        if (config_keys[i].def) {
            struct config_entry entry = {config_keys[i].name, config_keys[i].def, "built-in default", 0};
            config_set(config, &config_keys[i], &entry, NULL); /* a test holds the defaults to their types */
        }
    }
}

/* Memos' own ways of giving these are taken as Memos takes them. */
static enum status_code apply_memos_rules(const struct config_key *key, const struct config_entry *entry, bool *skip,
                                          struct status *status)
{
    bool from_memos = strncmp(entry->file, "environment MEMOS_", 18) == 0 ||
                      (strncmp(entry->file, "command line --", 15) == 0 && strcmp(entry->file + 15, "set") != 0);
    if (!from_memos)
        return STATUS_OK;
    if (key->type == CONFIG_LEVEL) {
        struct config ignored;
        *skip = config_set(&ignored, key, entry, NULL) != STATUS_OK;
        if (*skip)
            log_warn("%s: unknown log level \"%s\", using info", entry->file, entry->value);
    } else if (key->type == CONFIG_PLUGIN && strcmp(entry->value, "sqlite") != 0 &&
               strcmp(entry->value, "mysql") != 0 && strcmp(entry->value, "postgres") != 0) {
        return config_error(status, entry->file, 0, "unknown db driver \"%s\" (allowed: sqlite, mysql, postgres)",
                            entry->value);
    }
    return STATUS_OK;
}

static enum status_code apply(struct config *config, const struct config_settings *settings, struct status *status)
{
    for (size_t i = 0; i < settings->count; i++) {
        const struct config_set_value *value = &settings->values[i];
        const struct config_key *key = config_find_key(value->section, value->entry.key);
        bool skip = false;
        if (!key)
            continue;
        enum status_code code = apply_memos_rules(key, &value->entry, &skip, status);
        /* An empty path is as good as none: the default stays. */
        if (code == STATUS_OK && !skip && !(key->type == CONFIG_PATH && value->entry.value[0] == '\0'))
            code = config_set(config, key, &value->entry, status);
        if (code)
            return code;
    }
    return STATUS_OK;
}

/* Collects the keys that are not the core's; of equal ones the last, which is the strongest. */
static void collect_section(struct config_section *section, const char *name, const struct config_settings *settings)
{
    struct config_entry *entries = ARENA_ARRAY(settings->arena, struct config_entry, settings->count);
    section->name = name;
    section->count = 0;
    section->entries = entries;
    for (size_t i = 0; i < settings->count; i++) {
        const struct config_set_value *value = &settings->values[i];
        if (strcmp(value->section, name) != 0 || config_is_core_key(name, value->entry.key))
            continue;
        size_t at = 0;
        while (at < section->count && strcmp(entries[at].key, value->entry.key) != 0)
            at++;
        entries[at] = value->entry;
        section->count += at == section->count;
    }
}

static enum status_code fill(struct config *config, const struct config_source *source, struct status *status)
{
    struct config_settings settings = {.arena = config->arena};
    const char *file = config_resolve_path(config->arena, source->file ? source->file : config_default_file(), "", 0);
    bool found;
    if (config_read_files(&settings, file, source->file != NULL, &found, status) ||
        (source->environment && config_read_environment(&settings, source->environment, status)) ||
        config_read_flags(&settings, source->flags, source->flag_count, status))
        return status->code;
    config->config_file = found ? file : "";
    set_defaults(config);
    if (apply(config, &settings, status))
        return status->code;
    if (!config->data_dir)
        config->data_dir = config_find_data_dir(config->arena);
    if (!config->plugin_dir)
        config->plugin_dir = config_find_plugin_dir(config->arena);
    if (!config->ui_dir)
        config->ui_dir = config_find_ui_dir(config->arena);
    if (!config->media_helper)
        config->media_helper = config_find_media_helper(config->arena);
    collect_section(&config->database, "database", &settings);
    collect_section(&config->storage, "storage", &settings);
    return STATUS_OK;
}

enum status_code config_load(const struct config_source *source, struct config **out, struct status *status)
{
    struct status own; /* the readers take the code from the status */
    struct arena *arena = arena_create();
    struct config *config = ARENA_NEW(arena, struct config);
    config->arena = arena;
    if (fill(config, source, status ? status : &own)) {
        arena_destroy(arena);
        return status ? status->code : own.code;
    }
    *out = config;
    return STATUS_OK;
}

void config_destroy(struct config *config)
{
    if (config)
        arena_destroy(config->arena);
}
