#include "storage_object.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_SIZE = 64 * 1024 };

unsigned char source_byte(unsigned seed, uint64_t offset)
{
    uint64_t z = (offset >> 3) * 0x9e3779b97f4a7c15u + seed;
    z = (z ^ (z >> 29)) * 0xbf58476d1ce4e5b9u;
    return (unsigned char)(z >> (8 * (offset & 7)));
}

int64_t source_read(void *ctx, void *buf, size_t cap)
{
    struct source *source = ctx;
    uint64_t left = source->total - source->sent;
    size_t n = left < cap ? (size_t)left : cap;
    unsigned char *out = buf;
    if (source->piece && n > source->piece)
        n = source->piece;
    if (source->give_up_at && source->sent + n > source->give_up_at)
        return -1;
    for (size_t i = 0; i < n; i++)
        out[i] = source_byte(source->seed, source->sent + i);
    source->sent += n;
    return (int64_t)n;
}

int64_t source_read_at(void *ctx, uint64_t pos, void *buf, size_t cap)
{
    const struct source *source = ctx;
    struct source from = *source; /* several threads may read at once */
    from.sent = pos < source->total ? pos : source->total;
    return source_read(&from, buf, cap);
}

/* In the directory for temporary files, which may be another file system than the plugin's. */
static int source_take_file(void *ctx)
{
    struct source *source = ctx;
    unsigned char block[4096];
    const char *dir = getenv("TMPDIR");
    if (source->fd)
        return source->fd;
    source->fd = open(dir ? dir : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);
    for (uint64_t at = 0; source->fd > 0 && at < source->total;) {
        uint64_t left = source->total - at, n = left < sizeof block ? left : sizeof block;
        for (uint64_t i = 0; i < n; i++)
            block[i] = source_byte(source->seed, at + i);
        if (write(source->fd, block, (size_t)n) != (ssize_t)n) {
            close(source->fd);
            source->fd = -1;
        }
        at += n;
    }
    return source->fd;
}

bool store_open(struct check *check, struct store *store)
{
    struct memora_error error = {0};
    *store = (struct store){.check = check, .ops = &check->plugin->ops.storage};
    int result = store->ops->open(check->config, &store->storage, &error);
    if (result != MEMORA_OK)
        return check_code(check, result, MEMORA_OK, &error, "the storage opens");
    store->features = store->ops->features(store->storage);
    result = store->ops->check(store->storage, &error);
    if (result == MEMORA_OK)
        return true;
    check_code(check, result, MEMORA_OK, &error, "check() finds that it works");
    store_close(store);
    return false;
}

void store_close(struct store *store)
{
    store->ops->close(store->storage);
    *store = (struct store){0};
}

int store_put(struct store *store, const char *key, struct source *source, int64_t size, uint32_t flags,
              struct memora_object *out, struct memora_error *error)
{
    struct memora_object unused = {0};
    struct memora_put put = {.struct_size = sizeof put,
                             .flags = flags,
                             .size = size,
                             .content_type = "text/plain; charset=utf-8",
                             .read = source_read,
                             .read_at = source->anywhere ? source_read_at : NULL,
                             .take_file = source->in_file ? source_take_file : NULL,
                             .ctx = source};
    int result = store->ops->put(store->storage, key, &put, out ? out : &unused, error);
    if (source->fd > 0)
        close(source->fd);
    source->fd = 0;
    return result;
}

int store_put_pattern(struct store *store, const char *key, uint64_t total, unsigned seed, struct memora_error *error)
{
    struct source source = {.total = total, .seed = seed};
    return store_put(store, key, &source, (int64_t)total, 0, NULL, error);
}

static int compare_reader(struct store *store, struct memora_reader *reader, uint64_t off, unsigned seed, uint64_t *got,
                          struct memora_error *error)
{
    unsigned char *buffer = malloc(READ_SIZE);
    int64_t n;
    if (!buffer)
        return memora_fail(error, MEMORA_E_NOMEM, "out of memory");
    int result = MEMORA_OK;
    while (result == MEMORA_OK && (n = store->ops->read(reader, buffer, READ_SIZE, error)) != 0) {
        if (n < 0)
            result = (int)n;
        else if (n > READ_SIZE)
            result = memora_fail(error, MEMORA_E_INTERNAL, "read() gives more than its buffer holds");
        for (int64_t i = 0; i < n && result == MEMORA_OK; i++)
            if (buffer[i] != source_byte(seed, off + *got + (uint64_t)i))
                result = memora_fail(error, MEMORA_E_INTERNAL, "byte %llu differs",
                                     (unsigned long long)(off + *got) + (unsigned long long)i);
        *got += n > 0 ? (uint64_t)n : 0;
    }
    free(buffer);
    return result;
}

int store_compare(struct store *store, const char *key, uint64_t off, uint64_t len, unsigned seed, uint64_t *got,
                  struct memora_object *info, struct memora_error *error)
{
    struct memora_reader *reader = NULL;
    struct memora_object unused = {0};
    uint64_t count = 0;
    int result = store->ops->get(store->storage, key, off, len, &reader, info ? info : &unused, error);
    if (result == MEMORA_OK) {
        result = compare_reader(store, reader, off, seed, &count, error);
        store->ops->reader_close(reader);
    }
    if (got)
        *got = count;
    return result;
}

int store_remove(struct store *store, const char *key)
{
    struct memora_error error = {0};
    return store->ops->remove(store->storage, key, &error);
}

bool store_has(struct store *store, const char *key)
{
    struct memora_object object = {0};
    struct memora_error error = {0};
    return store->ops->stat(store->storage, key, &object, &error) == MEMORA_OK;
}

int storage_work_once(struct check *check, struct memora_error *error)
{
    enum { SIZE = 1000, SEED = 3 };
    struct store store = {.check = check, .ops = &check->plugin->ops.storage};
    int result = store.ops->open(check->config, &store.storage, error);
    if (result != MEMORA_OK)
        return result;
    result = store_put_pattern(&store, STORAGE_PREFIX "once", SIZE, SEED, error);
    if (result == MEMORA_OK)
        result = store_compare(&store, STORAGE_PREFIX "once", 0, UINT64_MAX, SEED, NULL, NULL, error);
    int removed = store.ops->remove(store.storage, STORAGE_PREFIX "once", error);
    store_close(&store);
    return result == MEMORA_OK ? removed : result;
}
