/* A plugin that does what db-sqlite or storage-fs does, but for what the including file puts in place of it:
 *
 *   #define NAME "commit"       as in the file name
 *   #define DB                  or STORAGE
 *   #include "real.h"
 *   static void set_up(operations *ops) { ops->commit = ...; }     the true operations are in real */
#include <dlfcn.h>
#include <memora/db.h>
#include <memora/storage.h>
#include <stdlib.h>

#ifdef DB
#define REAL_PATH REAL_DB
typedef struct memora_db_ops operations;
#else
#define REAL_PATH REAL_STORAGE
typedef struct memora_storage_ops operations;
#endif

static operations real, replaced;
static struct memora_plugin plugin;

static void set_up(operations *ops);

/* When the file is loaded, since the entry point must not do any work. */
static void __attribute__((constructor)) read_real(void)
{
    memora_plugin_entry_fn *entry = NULL;
    void *handle = dlopen(REAL_PATH, RTLD_NOW | RTLD_LOCAL);
    void *symbol = handle ? dlsym(handle, MEMORA_PLUGIN_ENTRY) : NULL;
    if (!symbol)
        abort();
    memcpy(&entry, &symbol, sizeof entry);
    plugin = *entry();
    memcpy(&real, plugin.ops, sizeof real);
    replaced = real;
    set_up(&replaced);
    plugin.ops = &replaced;
    plugin.name = NAME;
}

const struct memora_plugin *memora_plugin_v1(void)
{
    return &plugin;
}
