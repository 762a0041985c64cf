#include "plugin/internal.h"

static int64_t no_size_bytes(struct memora_db *db)
{
    (void)db;
    return -1;
}

static int no_backup(struct memora_db *db, int (*write)(void *, const void *, size_t), void *ctx,
                     struct memora_error *error)
{
    (void)db, (void)write, (void)ctx;
    return memora_fail(error, MEMORA_E_UNSUPPORTED,
                       "the database plugin makes no backups; use the database's own tool");
}

void plugin_fill_db(struct memora_db_ops *ops)
{
    if (!ops->size_bytes)
        ops->size_bytes = no_size_bytes;
    if (!ops->backup)
        ops->backup = no_backup;
    /* Without them db/ takes another way; both or none. */
    if (!ops->notify || !ops->listen) {
        ops->notify = NULL;
        ops->listen = NULL;
    }
}

static int no_reader_fd(struct memora_reader *reader, uint64_t *off)
{
    (void)reader, (void)off;
    return -1;
}

static int no_presign(struct memora_storage *storage, const char *key, int64_t ttl_s, char *url, size_t cap,
                      struct memora_error *error)
{
    (void)storage, (void)key, (void)ttl_s, (void)url, (void)cap;
    return memora_fail(error, MEMORA_E_UNSUPPORTED, "the storage plugin makes no links");
}

static int no_list(struct memora_storage *storage, const char *prefix, const char *after,
                   int (*item)(void *, const char *, const struct memora_object *), void *ctx,
                   struct memora_error *error)
{
    (void)storage, (void)prefix, (void)after, (void)item, (void)ctx;
    return memora_fail(error, MEMORA_E_UNSUPPORTED, "the storage plugin cannot list");
}

void plugin_fill_storage(struct memora_storage_ops *ops)
{
    if (!ops->reader_fd)
        ops->reader_fd = no_reader_fd;
    if (!ops->presign)
        ops->presign = no_presign;
    if (!ops->list)
        ops->list = no_list;
}
