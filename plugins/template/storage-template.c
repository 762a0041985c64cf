/* A storage plugin to start from: it keeps objects in memory, up to a limit, and forgets them at the end.
 *
 * What every plugin has is at the end of the file: the operations, the keys of its configuration section, the table,
 * and the one exported function. */
#include <memora/storage.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 64 * 1024 };

/* An object never changes once it is stored; readers and the list share it. */
struct object {
    char *key;
    unsigned char *bytes;
    struct memora_object info;
    unsigned users;
    struct object *next;
};

struct memora_storage {
    pthread_mutex_t lock; /* guards all that follows, and object.users */
    struct object *first;
    uint64_t used, limit; /* bytes */
};

struct memora_reader {
    struct memora_storage *storage;
    struct object *object;
    uint64_t at, end;
};

static const struct memora_host *host; /* set once by load() */

static void release(struct object *object) /* with the lock held */
{
    if (!object || --object->users > 0)
        return;
    free(object->key);
    free(object->bytes);
    free(object);
}

static struct object **find(struct memora_storage *storage, const char *key) /* with the lock held */
{
    struct object **at = &storage->first;
    while (*at && strcmp((*at)->key, key) != 0)
        at = &(*at)->next;
    return at;
}

static int template_open(const struct memora_config *config, struct memora_storage **out, struct memora_error *error)
{
    struct memora_storage *storage = calloc(1, sizeof *storage);
    if (!storage)
        return memora_fail(error, MEMORA_E_NOMEM, "out of memory");
    pthread_mutex_init(&storage->lock, NULL);
    storage->limit = (uint64_t)host->config_int(config, "limit");
    memora_log(host, MEMORA_LOG_INFO, "storage in memory, up to %llu bytes", (unsigned long long)storage->limit);
    *out = storage;
    return MEMORA_OK;
}

static void template_close(struct memora_storage *storage)
{
    while (storage->first) {
        struct object *object = storage->first;
        storage->first = object->next;
        release(object);
    }
    pthread_mutex_destroy(&storage->lock);
    free(storage);
}

static uint64_t template_features(struct memora_storage *storage)
{
    (void)storage;
    return MEMORA_STORAGE_RANGE;
}

static int template_check(struct memora_storage *storage, struct memora_error *error)
{
    (void)storage, (void)error;
    return MEMORA_OK;
}

/* Pulls everything from the source; nothing is visible before it is complete. */
static int receive(const struct memora_put *put, uint64_t limit, struct object *object, struct memora_error *error)
{
    size_t capacity = 0, size = 0;
    for (;;) {
        if (size == capacity) {
            capacity = capacity ? capacity * 2 : FIRST_CAPACITY;
            unsigned char *grown = realloc(object->bytes, capacity);
            if (!grown)
                return memora_fail(error, MEMORA_E_NOMEM, "out of memory");
            object->bytes = grown;
        }
        int64_t got = put->read(put->ctx, object->bytes + size, capacity - size);
        if (got < 0)
            return memora_fail(error, MEMORA_E_CANCELLED, "the upload was given up");
        if (got == 0)
            break;
        size += (size_t)got;
        if (size > limit)
            return memora_fail(error, MEMORA_E_FULL, "the object is larger than what is left");
    }
    if (put->size >= 0 && (uint64_t)put->size != size)
        return memora_fail(error, MEMORA_E_ARG, "the object has %zu bytes instead of %lld", size, (long long)put->size);
    object->info.size = size;
    object->info.mtime_ns = host->wall_ns();
    return MEMORA_OK;
}

static int insert(struct memora_storage *storage, struct object *object, uint32_t flags, struct memora_error *error)
{
    struct object **at = find(storage, object->key), *old = *at;
    if (old && (flags & MEMORA_PUT_NO_REPLACE))
        return memora_fail(error, MEMORA_E_EXISTS, "%s is there already", object->key);
    uint64_t freed = old ? old->info.size : 0;
    if (storage->used - freed + object->info.size > storage->limit)
        return memora_fail(error, MEMORA_E_FULL, "the limit of %llu bytes is reached",
                           (unsigned long long)storage->limit);
    storage->used += object->info.size - freed;
    object->next = old ? old->next : NULL;
    object->users++;
    *at = object;
    release(old);
    return MEMORA_OK;
}

static int template_put(struct memora_storage *storage, const char *key, const struct memora_put *put,
                        struct memora_object *out, struct memora_error *error)
{
    struct object *object = calloc(1, sizeof *object);
    if (!object || !(object->key = strdup(key))) {
        free(object);
        return memora_fail(error, MEMORA_E_NOMEM, "out of memory");
    }
    object->users = 1;
    int result = receive(put, storage->limit, object, error);
    pthread_mutex_lock(&storage->lock);
    if (result == MEMORA_OK)
        result = insert(storage, object, put->flags, error);
    if (result == MEMORA_OK)
        *out = object->info;
    release(object);
    pthread_mutex_unlock(&storage->lock);
    return result;
}

static int template_stat(struct memora_storage *storage, const char *key, struct memora_object *out,
                         struct memora_error *error)
{
    pthread_mutex_lock(&storage->lock);
    const struct object *object = *find(storage, key);
    if (object)
        *out = object->info;
    pthread_mutex_unlock(&storage->lock);
    return object ? MEMORA_OK : memora_fail(error, MEMORA_E_NOT_FOUND, "no object %s", key);
}

static int template_get(struct memora_storage *storage, const char *key, uint64_t off, uint64_t len,
                        struct memora_reader **out, struct memora_object *info, struct memora_error *error)
{
    struct memora_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return memora_fail(error, MEMORA_E_NOMEM, "out of memory");
    pthread_mutex_lock(&storage->lock);
    struct object *object = *find(storage, key);
    if (object) {
        object->users++;
        *info = object->info;
    }
    pthread_mutex_unlock(&storage->lock);
    uint64_t size = object ? object->info.size : 0;
    reader->storage = storage;
    reader->object = object;
    reader->at = off;
    if (object && (off < size || (off == size && (len == 0 || len == UINT64_MAX)))) {
        reader->end = len < size - off ? off + len : size;
        *out = reader;
        return MEMORA_OK;
    }
    pthread_mutex_lock(&storage->lock);
    release(object);
    pthread_mutex_unlock(&storage->lock);
    free(reader);
    return object ? memora_fail(error, MEMORA_E_RANGE, "%s ends before that", key)
                  : memora_fail(error, MEMORA_E_NOT_FOUND, "no object %s", key);
}

static int64_t template_read(struct memora_reader *reader, void *buf, size_t cap, struct memora_error *error)
{
    uint64_t left = reader->end - reader->at;
    size_t size = left < cap ? (size_t)left : cap;
    (void)error;
    memcpy(buf, reader->object->bytes + reader->at, size);
    reader->at += size;
    return (int64_t)size;
}

static void template_reader_close(struct memora_reader *reader)
{
    pthread_mutex_lock(&reader->storage->lock);
    release(reader->object);
    pthread_mutex_unlock(&reader->storage->lock);
    free(reader);
}

static int template_remove(struct memora_storage *storage, const char *key, struct memora_error *error)
{
    (void)error;
    pthread_mutex_lock(&storage->lock);
    struct object **at = find(storage, key), *object = *at;
    if (object) {
        *at = object->next;
        storage->used -= object->info.size;
        release(object);
    }
    pthread_mutex_unlock(&storage->lock);
    return MEMORA_OK;
}

static int template_load(const struct memora_host *the_host, struct memora_error *error)
{
    (void)error;
    host = the_host;
    return MEMORA_OK;
}

static const struct memora_storage_ops ops = {
    .struct_size = sizeof ops,
    .open = template_open,
    .close = template_close,
    .features = template_features,
    .check = template_check,
    .put = template_put,
    .stat = template_stat,
    .get = template_get,
    .read = template_read,
    .reader_close = template_reader_close,
    .remove = template_remove,
};

static const struct memora_config_key keys[] = {
    {"limit", MEMORA_KEY_BYTES, 0, "64M", "Bytes of all objects together.", "1.."},
};

static const struct memora_plugin plugin = {
    .magic = MEMORA_PLUGIN_MAGIC,
    .struct_size = sizeof plugin,
    .abi_major = MEMORA_ABI_MAJOR,
    .abi_minor = MEMORA_ABI_MINOR,
    .needs_minor = 0,
    .kind = MEMORA_KIND_STORAGE,
    .threads = MEMORA_THREADS_PARALLEL,
    .config_key_count = sizeof keys / sizeof keys[0],
    .name = "template",
    .version = PLUGIN_VERSION,
    .summary = "Objects in memory, for trying out",
    .licence = "MIT",
    .config_keys = keys,
    .ops = &ops,
    .load = template_load,
};

const struct memora_plugin *memora_plugin_v1(void)
{
    return &plugin;
}
