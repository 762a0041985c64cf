#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "cli.h"
#include "plugin/plugin.h"

enum { COLUMNS = 7 };

static enum status_code check_one(const struct config *config, enum memora_kind kind, const char *name,
                                  const struct config_section *section, struct status *status)
{
    const struct plugin *plugin;
    const struct memora_config *made;
    if (plugin_load(config->plugin_dir, kind, name, &plugin, status) ||
        plugin_configure(plugin, section, config, &made, status))
        return status->code;
    return STATUS_OK;
}

enum status_code cli_check_plugins(const struct config *config, struct status *status)
{
    plugin_host_set_data_dir(config->data_dir);
    if (check_one(config, MEMORA_KIND_DB, config->database_plugin, &config->database, status) ||
        check_one(config, MEMORA_KIND_STORAGE, config->storage_plugin, &config->storage, status))
        return status->code;
    return STATUS_OK;
}

static const char *configured(const struct config *config, enum memora_kind kind)
{
    return kind == MEMORA_KIND_DB ? config->database_plugin : config->storage_plugin;
}

static bool in_use(const struct config *config, const struct plugin_found *found)
{
    const char *chosen = configured(config, found->kind);
    char a[PATH_MAX], b[PATH_MAX];
    if (chosen[0] != '/')
        return strcmp(chosen, found->name) == 0;
    return realpath(chosen, a) && realpath(found->path, b) && strcmp(a, b) == 0;
}

/* The refusal starts with the path, which has a column of its own. */
static const char *state_of(struct arena *arena, const struct config *config, const struct plugin_found *found)
{
    if (found->plugin)
        return in_use(config, found) ? "in use" : "available";
    const char *reason = found->refusal.message;
    const char *prefix = arena_printf(arena, "plugin %s: ", found->path);
    if (strncmp(reason, prefix, strlen(prefix)) == 0)
        reason += strlen(prefix);
    return arena_printf(arena, "refused: %s", reason);
}

static void print_table(FILE *stream, const char *(*rows)[COLUMNS], size_t count)
{
    size_t widths[COLUMNS] = {0};
    for (size_t row = 0; row < count; row++)
        for (size_t column = 0; column < COLUMNS; column++)
            if (strlen(rows[row][column]) > widths[column])
                widths[column] = strlen(rows[row][column]);
    for (size_t row = 0; row < count; row++) {
        for (size_t column = 0; column + 1 < COLUMNS; column++)
            fprintf(stream, "%-*s  ", (int)widths[column], rows[row][column]);
        fprintf(stream, "%s\n", rows[row][COLUMNS - 1]);
    }
}

/* A plugin that is configured by its path may lie outside the directory, and one that is missing lies nowhere. */
static size_t add_configured(struct arena *arena, const struct config *config, enum memora_kind kind,
                             struct plugin_found *all, size_t count)
{
    const char *chosen = configured(config, kind);
    for (size_t i = 0; i < count; i++)
        if (all[i].kind == kind && in_use(config, &all[i]))
            return count;
    struct plugin_found *found = &all[count];
    const struct plugin *plugin = NULL;
    if (plugin_load(config->plugin_dir, kind, chosen, &plugin, &found->refusal) == STATUS_OK)
        found->plugin = plugin;
    found->kind = kind;
    found->name = plugin ? plugin->table->name : chosen;
    found->path = plugin             ? plugin->path
                  : chosen[0] == '/' ? chosen
                                     : arena_printf(arena, "%s/%s-%s.so", config->plugin_dir,
                                                    kind == MEMORA_KIND_DB ? "db" : "storage", chosen);
    return count + 1;
}

static void fill_row(struct arena *arena, const struct config *config, const struct plugin_found *found,
                     const char *row[COLUMNS])
{
    const struct memora_plugin *table = found->plugin ? found->plugin->table : NULL;
    row[0] = found->kind == MEMORA_KIND_DB ? "database" : "storage";
    row[1] = found->name;
    row[2] = table ? table->version : "-";
    row[3] = table ? arena_printf(arena, "%u.%u", table->abi_major, table->abi_minor) : "-";
    row[4] = table ? table->licence : "-";
    row[5] = found->path;
    row[6] = state_of(arena, config, found);
}

enum status_code cli_print_plugins(FILE *stream, const struct config *config, struct status *status)
{
    static const char *const titles[COLUMNS] = {"KIND", "NAME", "VERSION", "ABI", "LICENCE", "PATH", "STATE"};
    struct arena *arena = arena_create();
    struct plugin_found *found;
    size_t count;
    plugin_host_set_data_dir(config->data_dir);
    enum status_code code = plugin_list(config->plugin_dir, arena, &found, &count, status);
    if (code == STATUS_OK) {
        struct plugin_found *all = ARENA_ARRAY(arena, struct plugin_found, count + 2);
        if (count)
            memcpy(all, found, count * sizeof *all);
        count = add_configured(arena, config, MEMORA_KIND_DB, all, count);
        count = add_configured(arena, config, MEMORA_KIND_STORAGE, all, count);
        const char *(*rows)[COLUMNS] = arena_alloc(arena, (count + 1) * sizeof *rows);
        memcpy(rows[0], titles, sizeof titles);
        for (size_t i = 0; i < count; i++)
            fill_row(arena, config, &all[i], rows[i + 1]);
        print_table(stream, rows, count + 1);
    }
    arena_destroy(arena);
    return code;
}

static void print_fact(void *stream, const char *name, const char *value)
{
    fprintf(stream, "%-10s%s\n", name, value);
}

static void print_keys(FILE *stream, const struct memora_plugin *table)
{
    fprintf(stream, "\nKeys of [%s]:\n", table->kind == MEMORA_KIND_DB ? "database" : "storage");
    for (uint32_t i = 0; i < table->config_key_count; i++) {
        const struct memora_config_key *key = &table->config_keys[i];
        char allowed[200];
        plugin_key_allowed(key, allowed, sizeof allowed);
        fprintf(stream, "  %s\n      %s\n      %s", key->name, key->help, allowed);
        if (key->flags & MEMORA_KEY_REQUIRED)
            fputs("; required", stream);
        else
            fprintf(stream, "; default %s", key->def && *key->def ? key->def : "empty");
        fputs(key->flags & MEMORA_KEY_SECRET ? "; secret\n" : "\n", stream);
    }
    if (table->config_key_count == 0)
        fputs("  none\n", stream);
}

static void print_description(FILE *stream, const struct plugin *plugin)
{
    static const char *const threads[] = {"one call at a time per instance", "one thread per connection", "parallel"};
    const struct memora_plugin *table = plugin->table;
    fprintf(stream, "%s plugin %s: %s\n\n", table->kind == MEMORA_KIND_DB ? "Database" : "Storage", table->name,
            table->summary);
    print_fact(stream, "Version", table->version);
    print_fact(stream, "Licence", table->licence);
    fprintf(stream, "%-10s%u.%u, needs %u.%u or newer\n", "ABI", table->abi_major, table->abi_minor, table->abi_major,
            table->needs_minor);
    print_fact(stream, "Threads", threads[table->threads]);
    print_fact(stream, "File", plugin->path);
    if (table->describe)
        table->describe(print_fact, stream);
    print_keys(stream, table);
}

static enum status_code find_plugin(const struct config *config, const char *name, const struct plugin **out,
                                    struct status *status)
{
    const char *base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
    bool whole = name[0] == '/';
    if (strncmp(base, "db-", 3) == 0)
        return plugin_load(config->plugin_dir, MEMORA_KIND_DB, whole ? name : name + 3, out, status);
    if (strncmp(base, "storage-", 8) == 0)
        return plugin_load(config->plugin_dir, MEMORA_KIND_STORAGE, whole ? name : name + 8, out, status);
    enum status_code code = plugin_load(config->plugin_dir, MEMORA_KIND_DB, name, out, status);
    if (code != STATUS_NOT_FOUND)
        return code;
    code = plugin_load(config->plugin_dir, MEMORA_KIND_STORAGE, name, out, status);
    if (code != STATUS_NOT_FOUND)
        return code;
    return status_set(status, code, "no plugin \"%s\" in %s (memora plugins lists them)", name, config->plugin_dir);
}

enum status_code cli_describe_plugin(FILE *stream, const struct config *config, const char *name, struct status *status)
{
    const struct plugin *plugin;
    plugin_host_set_data_dir(config->data_dir);
    enum status_code code = find_plugin(config, name, &plugin, status);
    if (code == STATUS_OK)
        print_description(stream, plugin);
    return code;
}
