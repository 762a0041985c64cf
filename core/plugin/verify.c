#include "plugin/internal.h"

#include <string.h>

#include <memora/version.h>

/* Sizes that the first release (ABI 1.0) has; what is appended later does not move them. */
#define SIZE_TO(type, member) (offsetof(struct type, member) + sizeof(((struct type *)0)->member))
enum {
    PLUGIN_SIZE_1_0 = SIZE_TO(memora_plugin, describe),
    DB_OPS_SIZE_1_0 = SIZE_TO(memora_db_ops, listen),
    STORAGE_OPS_SIZE_1_0 = SIZE_TO(memora_storage_ops, list)
};
enum { CONFIG_KEYS_MAX = 64, KEY_NAME_MAX = 32, TEXT_MAX = 200 };

struct member {
    const char *name;
    size_t offset;
};
#define DB_MEMBER(name)                                                                                                \
    {                                                                                                                  \
#name, offsetof(struct memora_db_ops, name)                                                                    \
    }
#define STORAGE_MEMBER(name)                                                                                           \
    {                                                                                                                  \
#name, offsetof(struct memora_storage_ops, name)                                                               \
    }
static const struct member db_required[] = {
    DB_MEMBER(open),           DB_MEMBER(close),    DB_MEMBER(dialect),   DB_MEMBER(connect),
    DB_MEMBER(disconnect),     DB_MEMBER(recycle),  DB_MEMBER(interrupt), DB_MEMBER(prepare),
    DB_MEMBER(bind),           DB_MEMBER(step),     DB_MEMBER(row),       DB_MEMBER(affected),
    DB_MEMBER(last_id),        DB_MEMBER(reset),    DB_MEMBER(finalize),  DB_MEMBER(begin),
    DB_MEMBER(commit),         DB_MEMBER(rollback), DB_MEMBER(script),    DB_MEMBER(migrate_lock),
    DB_MEMBER(migrate_unlock),
};
static const struct member storage_required[] = {
    STORAGE_MEMBER(open),         STORAGE_MEMBER(close),  STORAGE_MEMBER(features), STORAGE_MEMBER(check),
    STORAGE_MEMBER(put),          STORAGE_MEMBER(stat),   STORAGE_MEMBER(get),      STORAGE_MEMBER(read),
    STORAGE_MEMBER(reader_close), STORAGE_MEMBER(remove),
};

#define REFUSE(...) status_set(status, STATUS_FAILED_PRECONDITION, __VA_ARGS__)

const char *plugin_kind_name(uint32_t kind)
{
    return kind == MEMORA_KIND_DB ? "db" : kind == MEMORA_KIND_STORAGE ? "storage" : NULL;
}

const char *plugin_section_name(enum memora_kind kind)
{
    return kind == MEMORA_KIND_DB ? "database" : "storage";
}

/* Nothing behind the first five members is read before these have been found good. */
static enum status_code check_abi(const struct memora_plugin *theirs, const char *path, struct status *status)
{
    if (theirs->magic != MEMORA_PLUGIN_MAGIC)
        return REFUSE("plugin %s: magic is 0x%08x, expected 0x%08x", path, theirs->magic, MEMORA_PLUGIN_MAGIC);
    if (theirs->abi_major != MEMORA_ABI_MAJOR)
        return REFUSE("plugin %s: built for ABI %u.%u, expected %u.x (memora " MEMORA_VERSION ")", path,
                      theirs->abi_major, theirs->abi_minor, MEMORA_ABI_MAJOR);
    if (theirs->needs_minor > MEMORA_ABI_MINOR)
        return REFUSE("plugin %s: needs ABI %u.%u or newer, but this is %u.%u (memora " MEMORA_VERSION ")", path,
                      theirs->abi_major, theirs->needs_minor, MEMORA_ABI_MAJOR, MEMORA_ABI_MINOR);
    return STATUS_OK;
}

static enum status_code check_text(const char *text, const char *member, const char *path, struct status *status)
{
    if (!text || *text == '\0')
        return REFUSE("plugin %s: required member %s is missing", path, member);
    if (strnlen(text, TEXT_MAX + 1) > TEXT_MAX)
        return REFUSE("plugin %s: %s is longer than %d bytes", path, member, TEXT_MAX);
    return STATUS_OK;
}

enum status_code plugin_verify_threads(const struct memora_plugin *table, const char *path, struct status *status)
{
    if (table->threads > MEMORA_THREADS_PARALLEL)
        return REFUSE("plugin %s: threads is %u, expected 0, 1 or 2", path, table->threads);
    if (table->kind == MEMORA_KIND_DB && table->threads == MEMORA_THREADS_SERIAL)
        return REFUSE("plugin %s: threads is 0, expected 1 or 2: a database works on several connections at a time",
                      path);
    return STATUS_OK;
}

static enum status_code check_table(const struct memora_plugin *theirs, const char *path, enum memora_kind kind,
                                    const char *name, struct memora_plugin *ours, struct status *status)
{
    if (theirs->kind != (uint32_t)kind) {
        const char *found = plugin_kind_name(theirs->kind);
        return REFUSE("plugin %s: kind is %u (%s), expected %u (%s)", path, theirs->kind, found ? found : "unknown",
                      (unsigned)kind, plugin_kind_name(kind));
    }
    if (theirs->struct_size < PLUGIN_SIZE_1_0)
        return REFUSE("plugin %s: struct memora_plugin has %u bytes, expected at least %u", path, theirs->struct_size,
                      (unsigned)PLUGIN_SIZE_1_0);
    memcpy(ours, theirs, theirs->struct_size < sizeof *ours ? theirs->struct_size : sizeof *ours);
    if (check_text(ours->name, "name", path, status) || check_text(ours->version, "version", path, status) ||
        check_text(ours->summary, "summary", path, status) || check_text(ours->licence, "licence", path, status))
        return STATUS_FAILED_PRECONDITION;
    if (strcmp(ours->name, name) != 0)
        return REFUSE("plugin %s: calls itself \"%s\", expected \"%s\" as in the file name", path, ours->name, name);
    return plugin_verify_threads(ours, path, status);
}

/* Copies what both sides know of the operations and names the first member that is missing. */
static enum status_code check_ops(const void *theirs, const char *path, const char *type, size_t first_size,
                                  const struct member *required, size_t required_count, void *ours, size_t ours_size,
                                  struct status *status)
{
    uint32_t size;
    if (!theirs)
        return REFUSE("plugin %s: required member ops is missing", path);
    memcpy(&size, theirs, sizeof size);
    if (size < first_size)
        return REFUSE("plugin %s: struct %s has %u bytes, expected at least %zu", path, type, size, first_size);
    memcpy(ours, theirs, size < ours_size ? size : ours_size);
    for (size_t i = 0; i < required_count; i++) {
        void (*function)(void);
        memcpy(&function, (const char *)ours + required[i].offset, sizeof function);
        if (!function)
            return REFUSE("plugin %s: required member %s of struct %s is missing", path, required[i].name, type);
    }
    return STATUS_OK;
}

static bool key_name_valid(const char *name)
{
    if (!name || name[0] < 'a' || name[0] > 'z')
        return false;
    size_t length = strnlen(name, KEY_NAME_MAX + 1);
    return length <= KEY_NAME_MAX && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

static enum status_code check_key(const struct memora_plugin *table, uint32_t index, const char *path,
                                  enum memora_kind kind, struct status *status)
{
    const struct memora_config_key *key = &table->config_keys[index];
    if (!key_name_valid(key->name))
        return REFUSE("plugin %s: config key %u has no valid name, expected [a-z][a-z0-9_]{0,31}", path, index);
    if (config_is_core_key(plugin_section_name(kind), key->name))
        return REFUSE("plugin %s: config key %s belongs to memora itself", path, key->name);
    for (uint32_t i = 0; i < index; i++)
        if (strcmp(table->config_keys[i].name, key->name) == 0)
            return REFUSE("plugin %s: config key %s is declared twice", path, key->name);
    if (key->type > MEMORA_KEY_SECONDS)
        return REFUSE("plugin %s: config key %s has type %u, expected 0 to %d", path, key->name, key->type,
                      MEMORA_KEY_SECONDS);
    if (key->flags & ~(uint32_t)(MEMORA_KEY_REQUIRED | MEMORA_KEY_SECRET))
        return REFUSE("plugin %s: config key %s has unknown flags 0x%x", path, key->name, key->flags);
    if ((key->flags & MEMORA_KEY_REQUIRED) && key->def)
        return REFUSE("plugin %s: config key %s is required and has a default", path, key->name);
    if (!key->help || *key->help == '\0')
        return REFUSE("plugin %s: config key %s has no help text", path, key->name);
    if (!plugin_key_limits_valid(key))
        return REFUSE("plugin %s: config key %s allows \"%s\", which is not a limit of its type", path, key->name,
                      key->allowed);
    if (!plugin_key_default_valid(key))
        return REFUSE("plugin %s: config key %s has the default \"%s\", which is not allowed", path, key->name,
                      key->def);
    return STATUS_OK;
}

static enum status_code check_keys(const struct memora_plugin *table, const char *path, enum memora_kind kind,
                                   struct status *status)
{
    if (table->config_key_count > CONFIG_KEYS_MAX)
        return REFUSE("plugin %s: %u config keys, expected at most %d", path, table->config_key_count, CONFIG_KEYS_MAX);
    if (table->config_key_count > 0 && !table->config_keys)
        return REFUSE("plugin %s: required member config_keys is missing", path);
    for (uint32_t i = 0; i < table->config_key_count; i++)
        if (check_key(table, i, path, kind, status))
            return STATUS_FAILED_PRECONDITION;
    return STATUS_OK;
}

enum status_code plugin_verify(const struct memora_plugin *theirs, const char *path, enum memora_kind kind,
                               const char *name, struct plugin_record *record, struct status *status)
{
    if (!theirs)
        return REFUSE("plugin %s: " MEMORA_PLUGIN_ENTRY "() gives NULL, expected a table", path);
    if (check_abi(theirs, path, status) || check_table(theirs, path, kind, name, &record->table, status))
        return STATUS_FAILED_PRECONDITION;
    enum status_code code;
    if (kind == MEMORA_KIND_DB) {
        code = check_ops(record->table.ops, path, "memora_db_ops", DB_OPS_SIZE_1_0, db_required,
                         sizeof db_required / sizeof db_required[0], &record->plugin.ops.db,
                         sizeof record->plugin.ops.db, status);
        plugin_fill_db(&record->plugin.ops.db);
    } else {
        code = check_ops(record->table.ops, path, "memora_storage_ops", STORAGE_OPS_SIZE_1_0, storage_required,
                         sizeof storage_required / sizeof storage_required[0], &record->plugin.ops.storage,
                         sizeof record->plugin.ops.storage, status);
        plugin_fill_storage(&record->plugin.ops.storage);
    }
    return code ? code : check_keys(&record->table, path, kind, status);
}
