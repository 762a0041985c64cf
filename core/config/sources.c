#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "base/utf8.h"
#include "config/internal.h"
#include "config/keys.h"
#include "config/value.h"

enum { SETTINGS_MAX = 2000, VALUE_BYTES_MAX = 8192, NAME_BYTES_MAX = 64, SECRET_FILE_BYTES_MAX = 8192 };

static bool section_known(const char *section)
{
    for (size_t i = 0; i < config_section_count; i++)
        if (strcmp(config_sections[i], section) == 0)
            return true;
    return false;
}

/* Plugins have keys of their own in these. */
static bool section_of_plugin(const char *section)
{
    return strcmp(section, "database") == 0 || strcmp(section, "storage") == 0;
}

static enum status_code check_name(const char *section, const struct config_entry *entry, struct status *status)
{
    char allowed[600];
    size_t used = 0;
    allowed[0] = '\0';
    if (*section == '\0')
        return config_error(status, entry->file, entry->line, "key \"%s\" stands before the first [section]",
                            entry->key);
    if (!section_known(section)) {
        for (size_t i = 0; i < config_section_count; i++)
            used += (size_t)snprintf(allowed + used, sizeof allowed - used, "%s%s", i ? ", " : "", config_sections[i]);
        return config_error(status, entry->file, entry->line, "unknown section [%s] (allowed: %s)", section, allowed);
    }
    if (config_find_key(section, entry->key) || section_of_plugin(section))
        return STATUS_OK;
    for (size_t i = 0; i < config_key_count; i++)
        if (strcmp(config_keys[i].section, section) == 0 && used < sizeof allowed)
            used +=
                (size_t)snprintf(allowed + used, sizeof allowed - used, "%s%s", used ? ", " : "", config_keys[i].name);
    return config_error(status, entry->file, entry->line, "unknown key \"%s\" in [%s] (allowed: %s)", entry->key,
                        section, allowed);
}

/* Two lines of one file that set the same key: one of them is a mistake, and nobody knows which. */
static enum status_code check_twice(const struct config_settings *settings, const char *section,
                                    const struct config_entry *entry, struct status *status)
{
    for (size_t i = 0; i < settings->count && entry->line > 0; i++) {
        const struct config_set_value *old = &settings->values[i];
        if (strcmp(old->entry.key, entry->key) == 0 && strcmp(old->section, section) == 0 &&
            strcmp(old->entry.file, entry->file) == 0)
            return config_error(status, entry->file, entry->line, "%s.%s is set twice, first at %s:%d", section,
                                entry->key, old->entry.file, old->entry.line);
    }
    return STATUS_OK;
}

enum status_code config_settings_add(struct config_settings *settings, const char *section,
                                     const struct config_entry *entry, struct status *status)
{
    if (check_name(section, entry, status) || check_twice(settings, section, entry, status))
        return STATUS_INVALID_ARGUMENT;
    size_t length = strlen(entry->value);
    if (length > VALUE_BYTES_MAX)
        return config_error(status, entry->file, entry->line, "%s.%s is longer than %d bytes", section, entry->key,
                            VALUE_BYTES_MAX);
    if (!utf8_valid(entry->value, length))
        return config_error(status, entry->file, entry->line, "%s.%s is not valid UTF-8", section, entry->key);
    if (settings->count == SETTINGS_MAX)
        return config_error(status, entry->file, entry->line, "more than %d settings", SETTINGS_MAX);
    if (settings->count == settings->capacity) {
        size_t capacity = settings->capacity ? settings->capacity * 2 : 32, size = sizeof *settings->values;
        settings->values = arena_grow(settings->arena, settings->values, settings->capacity * size, capacity * size);
        settings->capacity = capacity;
    }
    settings->values[settings->count++] = (struct config_set_value){
        .section = arena_strdup(settings->arena, section),
        .entry = {arena_strdup(settings->arena, entry->key), arena_strdup(settings->arena, entry->value),
                  arena_strdup(settings->arena, entry->file), entry->line},
    };
    return STATUS_OK;
}

/* "unix-sock" is the variable MEMOS_UNIX_SOCK. */
static bool is_memos_variable(const char *name, size_t length, const char *flag)
{
    static const char prefix[] = "MEMOS_";
    if (length != sizeof prefix - 1 + strlen(flag) || strncmp(name, prefix, sizeof prefix - 1) != 0)
        return false;
    for (const char *at = name + sizeof prefix - 1; *flag; at++, flag++)
        if (*at != (*flag == '-' ? '_' : toupper((unsigned char)*flag)))
            return false;
    return true;
}

static enum status_code add_from_variable(struct config_settings *settings, const char *name, size_t length,
                                          const char *section, const char *key, const char *value,
                                          struct status *status)
{
    char origin[NAME_BYTES_MAX * 2];
    snprintf(origin, sizeof origin, "environment %.*s", (int)length, name);
    const struct config_key *known = config_find_key(section, key);
    if (known && (known->flags & CONFIG_NOT_FROM_ENVIRONMENT))
        return config_error(status, origin, 0, "%s.%s can be set in a file or with --set only", section, key);
    if (known && known->type == CONFIG_PLUGIN && value[0] == '/')
        return config_error(status, origin, 0, "%s.%s can be a name here; a path only in a file or with --set", section,
                            key);
    struct config_entry entry = {key, value, origin, 0};
    return config_settings_add(settings, section, &entry, status);
}

/* The content of the file, without newlines at its end, as the container's entry point has it. */
static enum status_code add_dsn_file(struct config_settings *settings, const char *file, struct status *status)
{
    static const char origin[] = "environment MEMOS_DSN_FILE";
    char text[SECRET_FILE_BYTES_MAX + 1];
    FILE *stream = fopen(file, "re");
    size_t length = stream ? fread(text, 1, sizeof text, stream) : 0;
    bool failed = !stream || ferror(stream);
    int reason = errno;
    if (stream)
        fclose(stream);
    if (failed)
        return config_error(status, origin, 0, "%s cannot be read: %s", file, strerror(reason));
    enum status_code code;
    if (length == sizeof text || memchr(text, '\0', length)) {
        code = config_error(status, origin, 0, "%s is longer than %d bytes or has a NUL byte", file,
                            SECRET_FILE_BYTES_MAX);
    } else {
        while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
            length--;
        text[length] = '\0';
        code = add_from_variable(settings, origin + sizeof "environment", strlen("MEMOS_DSN_FILE"), "database", "dsn",
                                 text, status);
    }
    secret_wipe(text, sizeof text);
    return code;
}

static enum status_code read_memos(struct config_settings *settings, char *const *environment, struct status *status)
{
    const char *dsn = NULL, *dsn_file = NULL;
    for (; *environment; environment++) {
        const char *name = *environment, *equals = strchr(name, '=');
        /* Memos takes an empty variable for one that is not set; compose files rely on that. */
        if (!equals || equals[1] == '\0')
            continue;
        size_t length = (size_t)(equals - name);
        if (is_memos_variable(name, length, "dsn"))
            dsn = equals + 1;
        if (is_memos_variable(name, length, "dsn-file"))
            dsn_file = equals + 1;
        for (size_t i = 0; i < config_key_count; i++) {
            const struct config_key *key = &config_keys[i];
            if (key->flag && is_memos_variable(name, length, key->flag) &&
                add_from_variable(settings, name, length, key->section, key->name, equals + 1, status))
                return status->code;
        }
    }
    if (dsn && dsn_file)
        return config_error(status, "environment MEMOS_DSN_FILE", 0, "MEMOS_DSN is set as well; only one can be");
    if (dsn_file)
        return add_dsn_file(settings, dsn_file, status);
    if (dsn)
        return add_from_variable(settings, "MEMOS_DSN", strlen("MEMOS_DSN"), "database", "dsn", dsn, status);
    return STATUS_OK;
}

/* MEMORA_<SECTION>_<KEY>; other names that start with MEMORA_ are somebody else's. */
static enum status_code read_memora(struct config_settings *settings, char *const *environment, struct status *status)
{
    for (; *environment; environment++) {
        const char *name = *environment, *equals = strchr(name, '=');
        if (!equals || equals[1] == '\0' || strncmp(name, "MEMORA_", 7) != 0)
            continue;
        for (size_t i = 0; i < config_section_count; i++) {
            const char *section = config_sections[i], *at = name + 7;
            size_t length = strlen(section), n = 0;
            char key[NAME_BYTES_MAX];
            if (strncasecmp(at, section, length) != 0 || at[length] != '_')
                continue;
            for (at += length + 1; at < equals && n + 1 < sizeof key; at++)
                key[n++] = (char)tolower((unsigned char)*at);
            key[n] = '\0';
            if (add_from_variable(settings, name, (size_t)(equals - name), section, key, equals + 1, status))
                return status->code;
        }
    }
    return STATUS_OK;
}

enum status_code config_read_environment(struct config_settings *settings, char *const *environment,
                                         struct status *status)
{
    if (read_memos(settings, environment, status) || read_memora(settings, environment, status))
        return status->code;
    return STATUS_OK;
}

enum status_code config_read_flags(struct config_settings *settings, const struct config_flag *flags, size_t count,
                                   struct status *status)
{
    for (size_t i = 0; i < count; i++) {
        char origin[NAME_BYTES_MAX * 2];
        snprintf(origin, sizeof origin, "command line %.64s", flags[i].flag);
        struct config_entry entry = {flags[i].key, flags[i].value, origin, 0};
        if (config_settings_add(settings, flags[i].section, &entry, status))
            return status->code;
    }
    return STATUS_OK;
}
