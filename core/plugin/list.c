#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/internal.h"

/* Splits "db-sqlite.so"; the kind is 0 if the file cannot be a plugin. */
static enum memora_kind kind_of_file(const char *file, const char **name, size_t *length)
{
    static const enum memora_kind kinds[] = {MEMORA_KIND_DB, MEMORA_KIND_STORAGE};
    size_t total = strlen(file);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const char *prefix = plugin_kind_name(kinds[i]);
        size_t skip = strlen(prefix) + 1;
        if (total > skip + 3 && strncmp(file, prefix, skip - 1) == 0 && file[skip - 1] == '-' &&
            strcmp(file + total - 3, ".so") == 0) {
            *name = file + skip;
            *length = total - skip - 3;
            return kinds[i];
        }
    }
    return 0;
}

static int is_plugin(const struct dirent *entry)
{
    const char *name;
    size_t length;
    return kind_of_file(entry->d_name, &name, &length) != 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

enum status_code plugin_list(const char *dir, struct arena *arena, struct plugin_found **out, size_t *count,
                             struct status *status)
{
    struct dirent **entries = NULL;
    int found = scandir(dir, &entries, is_plugin, by_name);
    if (found < 0)
        return status_set(status, STATUS_NOT_FOUND, "plugin directory %s: cannot be read: %s", dir, strerror(errno));
    *out = ARENA_ARRAY(arena, struct plugin_found, found);
    *count = (size_t)found;
    for (int i = 0; i < found; i++) {
        struct plugin_found *item = &(*out)[i];
        const char *name = "";
        size_t length = 0;
        item->kind = kind_of_file(entries[i]->d_name, &name, &length);
        item->name = arena_strndup(arena, name, length);
        item->path = arena_printf(arena, "%s/%s", dir, entries[i]->d_name);
        plugin_load(dir, item->kind, item->path, &item->plugin, &item->refusal);
        free(entries[i]);
    }
    free(entries);
    return STATUS_OK;
}
