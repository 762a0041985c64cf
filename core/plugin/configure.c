#include "plugin/internal.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "config/value.h"

enum { VALUE_MAX = 8192, LIMIT_MAX = 60 };

struct setting {
    const char *key;
    const char *text;
    int64_t number;
};

struct memora_config {
    struct arena *arena;
    struct setting *settings;
    uint32_t count;
    struct memora_config *next;
};

/* Plugins may keep pointers into their configuration, so all of it is kept. */
static struct memora_config *kept;
static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;

static const struct setting *find(const struct memora_config *config, const char *key)
{
    for (uint32_t i = 0; i < config->count; i++)
        if (strcmp(config->settings[i].key, key) == 0)
            return &config->settings[i];
    return NULL;
}

const char *plugin_config_str(const struct memora_config *config, const char *key)
{
    const struct setting *setting = find(config, key);
    return setting ? setting->text : "";
}

int64_t plugin_config_int(const struct memora_config *config, const char *key)
{
    const struct setting *setting = find(config, key);
    return setting ? setting->number : 0;
}

int plugin_config_bool(const struct memora_config *config, const char *key)
{
    return plugin_config_int(config, key) != 0;
}

static bool parse_number(uint32_t type, const char *text, int64_t *number)
{
    bool flag = false;
    switch (type) {
    case MEMORA_KEY_INT:
        return config_parse_int(text, number);
    case MEMORA_KEY_BYTES:
        return config_parse_bytes(text, number);
    case MEMORA_KEY_SECONDS:
        return config_parse_seconds(text, number);
    case MEMORA_KEY_BOOL:
        if (!config_parse_bool(text, &flag))
            return false;
        *number = flag;
        return true;
    default: /* STRING, PATH */
        *number = 0;
        return true;
    }
}

/* One of "full|normal|extra". */
static bool among(const char *allowed, const char *text)
{
    size_t length = strlen(text);
    for (const char *at = allowed;; at += strcspn(at, "|") + 1) {
        size_t word = strcspn(at, "|");
        if (word == length && memcmp(at, text, length) == 0)
            return true;
        if (at[word] == '\0')
            return false;
    }
}

/* "64K..1M", "1..", "..100" of a numeric type. */
static bool parse_limits(const struct memora_config_key *key, int64_t *least, int64_t *most)
{
    char text[LIMIT_MAX + 1];
    const char *dots = strstr(key->allowed, "..");
    *least = INT64_MIN;
    *most = INT64_MAX;
    if (!dots || strlen(key->allowed) > LIMIT_MAX)
        return false;
    snprintf(text, sizeof text, "%.*s", (int)(dots - key->allowed), key->allowed);
    return (*text == '\0' || parse_number(key->type, text, least)) &&
           (dots[2] == '\0' || parse_number(key->type, dots + 2, most)) && *least <= *most;
}

bool plugin_key_limits_valid(const struct memora_config_key *key)
{
    int64_t least, most;
    if (!key->allowed || key->type == MEMORA_KEY_STRING)
        return true;
    return key->type != MEMORA_KEY_BOOL && key->type != MEMORA_KEY_PATH && parse_limits(key, &least, &most);
}

/* Of the key's type and within its limits. */
static bool parse_value(const struct memora_config_key *key, const char *text, int64_t *number)
{
    int64_t least, most;
    if (!parse_number(key->type, text, number))
        return false;
    if (!key->allowed)
        return true;
    if (key->type == MEMORA_KEY_STRING)
        return among(key->allowed, text);
    return parse_limits(key, &least, &most) && *number >= least && *number <= most;
}

bool plugin_key_default_valid(const struct memora_config_key *key)
{
    int64_t number;
    return !key->def || *key->def == '\0' || parse_value(key, key->def, &number);
}

void plugin_key_allowed(const struct memora_config_key *key, char *text, size_t size)
{
    static const char *const types[] = {"text",   CONFIG_INT_ALLOWED,   CONFIG_BOOL_ALLOWED,
                                        "a path", CONFIG_BYTES_ALLOWED, CONFIG_SECONDS_ALLOWED};
    if (key->allowed && key->type == MEMORA_KEY_STRING)
        snprintf(text, size, "%s", key->allowed);
    else if (key->allowed)
        snprintf(text, size, "%s; within %s", types[key->type], key->allowed);
    else
        snprintf(text, size, "%s", types[key->type]);
}

/* Puts the data directory and the mode into the default of a path. */
static const char *expand_default(struct arena *arena, const char *text, const struct config *config)
{
    static const char data[] = "{data}", mode[] = "{mode}";
    struct buf buf = buf_in(arena);
    while (*text) {
        if (strncmp(text, data, sizeof data - 1) == 0) {
            buf_add_str(&buf, config->data_dir);
            text += sizeof data - 1;
        } else if (strncmp(text, mode, sizeof mode - 1) == 0) {
            buf_add_str(&buf, config->demo ? "demo" : "prod");
            text += sizeof mode - 1;
        } else {
            buf_add_char(&buf, *text++);
        }
    }
    return buf_str(&buf);
}

static void set_default(const struct memora_config_key *key, const struct config *config, struct arena *arena,
                        struct setting *setting)
{
    const char *def = key->def ? key->def : "";
    setting->key = key->name;
    setting->text = key->type == MEMORA_KEY_PATH ? expand_default(arena, def, config) : arena_strdup(arena, def);
    setting->number = 0;
    if (*def)
        parse_number(key->type, def, &setting->number); /* cannot fail: plugin_key_default_valid */
}

static enum status_code set_value(const struct memora_config_key *key, const char *section,
                                  const struct config_entry *entry, struct arena *arena, struct setting *setting,
                                  struct status *status)
{
    if (strlen(entry->value) > VALUE_MAX)
        return config_error(status, entry->file, entry->line, "%s.%s is longer than %d bytes", section, entry->key,
                            VALUE_MAX);
    /* An empty text is a text; anything else that is empty is as good as not set. */
    if (*entry->value == '\0' && key->type != MEMORA_KEY_STRING)
        return STATUS_OK;
    if (!parse_value(key, entry->value, &setting->number)) {
        char allowed[200];
        plugin_key_allowed(key, allowed, sizeof allowed);
        if (key->flags & MEMORA_KEY_SECRET)
            return config_error(status, entry->file, entry->line, "%s.%s has a bad value (allowed: %s)", section,
                                entry->key, allowed);
        return config_error(status, entry->file, entry->line, "%s.%s = \"%s\" is not valid (allowed: %s)", section,
                            entry->key, entry->value, allowed);
    }
    setting->text = key->type == MEMORA_KEY_PATH ? config_resolve_path(arena, entry->value, entry->file, entry->line)
                                                 : arena_strdup(arena, entry->value);
    return STATUS_OK;
}

static enum status_code unknown_key(const struct plugin *plugin, const struct config_section *section,
                                    const struct config_entry *entry, struct arena *arena, struct status *status)
{
    struct buf known = buf_in(arena);
    for (uint32_t i = 0; i < plugin->table->config_key_count; i++)
        buf_printf(&known, "%s%s", i ? ", " : "", plugin->table->config_keys[i].name);
    return config_error(status, entry->file, entry->line, "unknown key \"%s\" in [%s] (plugin %s knows: %s)",
                        entry->key, section->name, plugin->table->name, known.len ? buf_str(&known) : "none");
}

static enum status_code apply(const struct plugin *plugin, const struct config_section *section,
                              struct memora_config *made, struct status *status)
{
    const struct memora_config_key *keys = plugin->table->config_keys;
    for (size_t i = 0; i < section->count; i++) {
        const struct config_entry *entry = &section->entries[i];
        uint32_t at = 0;
        while (at < made->count && strcmp(keys[at].name, entry->key) != 0)
            at++;
        enum status_code code =
            at == made->count ? unknown_key(plugin, section, entry, made->arena, status)
                              : set_value(&keys[at], section->name, entry, made->arena, &made->settings[at], status);
        if (code)
            return code;
    }
    for (uint32_t i = 0; i < made->count; i++)
        if ((keys[i].flags & MEMORA_KEY_REQUIRED) && made->settings[i].text[0] == '\0')
            return status_set(status, STATUS_INVALID_ARGUMENT, "[%s] needs the key \"%s\" with plugin %s (%s)",
                              section->name, keys[i].name, plugin->table->name, keys[i].help);
    return STATUS_OK;
}

enum status_code plugin_configure(const struct plugin *plugin, const struct config_section *section,
                                  const struct config *config, const struct memora_config **out, struct status *status)
{
    struct arena *arena = arena_create();
    struct memora_config *made = ARENA_NEW(arena, struct memora_config);
    made->arena = arena;
    made->count = plugin->table->config_key_count;
    made->settings = ARENA_ARRAY(arena, struct setting, made->count);
    for (uint32_t i = 0; i < made->count; i++)
        set_default(&plugin->table->config_keys[i], config, arena, &made->settings[i]);
    enum status_code code = apply(plugin, section, made, status);
    if (code) {
        arena_destroy(arena);
        return code;
    }
    pthread_mutex_lock(&kept_lock);
    made->next = kept;
    kept = made;
    pthread_mutex_unlock(&kept_lock);
    *out = made;
    return STATUS_OK;
}
