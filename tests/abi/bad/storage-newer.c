/* Built with a header of the future: longer tables, and a table for the core to copy what it knows of. Must load. */
#define NAME "newer"
#define MINOR 42u
#define TABLE_SIZE sizeof(struct newer_plugin)
#define OPS &newer_ops
#define RESULT &newer.known
#include <memora/storage.h>

struct newer_plugin {
    struct memora_plugin known;
    void *added[4];
};
struct newer_ops {
    struct memora_storage_ops known;
    void *added[4];
};
static struct newer_plugin newer;
static struct newer_ops newer_ops;

#include "storage.h"

__attribute__((constructor)) static void build_tables(void)
{
    newer_ops.known = ops;
    newer_ops.known.struct_size = sizeof newer_ops;
    newer.known = plugin;
    for (int i = 0; i < 4; i++)
        newer.added[i] = newer_ops.added[i] = &newer;
}
