#include "plugin/internal.h"

/* Code that dlopen() brought in belongs to the process, not to a server object; so does this list. Guarded by the lock
 * of plugin_load(). */
static struct plugin_record *first;

struct plugin_record *plugin_registry_find(dev_t device, ino_t inode)
{
    struct plugin_record *record = first;
    while (record && (record->device != device || record->inode != inode))
        record = record->next;
    return record;
}

void plugin_registry_add(struct plugin_record *record)
{
    record->next = first;
    first = record;
}
