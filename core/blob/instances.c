#include <string.h>

#include "base/log.h"
#include "blob/internal.h"
#include "blob/key_template.h"

bool blob_plugin_has_key(const struct plugin *plugin, const char *name)
{
    for (uint32_t i = 0; i < plugin->table->config_key_count; i++)
        if (strcmp(plugin->table->config_keys[i].name, name) == 0)
            return true;
    return false;
}

enum status_code blob_instance_open(struct blob_instance *instance, const struct plugin *plugin,
                                    const struct memora_config *plugin_config, struct status *status)
{
    struct memora_error error = {0};
    instance->ops = &plugin->ops.storage;
    instance->serial = plugin->table->threads == MEMORA_THREADS_SERIAL;
    pthread_mutex_init(&instance->lock, NULL);
    if (instance->ops->open(plugin_config, &instance->storage, &error) != MEMORA_OK) {
        pthread_mutex_destroy(&instance->lock);
        instance->storage = NULL;
        return status_set(status, STATUS_FAILED_PRECONDITION, "%s", error.message);
    }
    instance->features = instance->ops->features(instance->storage);
    return STATUS_OK;
}

void blob_instance_close(struct blob_instance *instance)
{
    if (!instance->storage)
        return;
    instance->ops->close(instance->storage);
    pthread_mutex_destroy(&instance->lock);
    instance->storage = NULL;
}

static void enter(struct blob_instance *instance)
{
    if (instance->serial)
        pthread_mutex_lock(&instance->lock);
}

static void leave(struct blob_instance *instance)
{
    if (instance->serial)
        pthread_mutex_unlock(&instance->lock);
}

int blob_instance_put(struct blob_instance *instance, const char *key, const struct memora_put *put,
                      struct memora_error *error)
{
    struct memora_object object = {0};
    enter(instance);
    int result = instance->ops->put(instance->storage, key, put, &object, error);
    leave(instance);
    return result;
}

int blob_instance_get(struct blob_instance *instance, const char *key, uint64_t off, struct memora_reader **out,
                      struct memora_object *info, struct memora_error *error)
{
    enter(instance);
    int result = instance->ops->get(instance->storage, key, off, UINT64_MAX, out, info, error);
    leave(instance);
    return result;
}

int blob_instance_stat(struct blob_instance *instance, const char *key, struct memora_object *info,
                       struct memora_error *error)
{
    enter(instance);
    int result = instance->ops->stat(instance->storage, key, info, error);
    leave(instance);
    return result;
}

int64_t blob_instance_read(struct blob_instance *instance, struct memora_reader *reader, void *buf, size_t cap,
                           struct memora_error *error)
{
    enter(instance);
    int64_t n = instance->ops->read(reader, buf, cap, error);
    leave(instance);
    return n;
}

bool blob_instance_has_read_now(const struct blob_instance *instance)
{
    return !instance->serial && instance->ops->read_now;
}

int64_t blob_instance_read_now(const struct blob_instance *instance, struct memora_reader *reader, void *buf,
                               size_t cap, int *wait_fd, struct memora_error *error)
{
    return instance->ops->read_now(reader, buf, cap, wait_fd, error);
}

int blob_instance_reader_fd(struct blob_instance *instance, struct memora_reader *reader, uint64_t *off)
{
    if (!(instance->features & MEMORA_STORAGE_FD))
        return -1;
    enter(instance);
    int fd = instance->ops->reader_fd(reader, off);
    leave(instance);
    return fd;
}

void blob_instance_reader_close(struct blob_instance *instance, struct memora_reader *reader)
{
    enter(instance);
    instance->ops->reader_close(reader);
    leave(instance);
}

int blob_instance_remove(struct blob_instance *instance, const char *key, struct memora_error *error)
{
    enter(instance);
    int result = instance->ops->remove(instance->storage, key, error);
    leave(instance);
    return result;
}

int blob_instance_presign(struct blob_instance *instance, const char *key, int64_t ttl_s, char url[BLOB_URL_MAX],
                          struct memora_error *error)
{
    if (!(instance->features & MEMORA_STORAGE_PRESIGN))
        return memora_fail(error, MEMORA_E_UNSUPPORTED, "the storage makes no links");
    enter(instance);
    int result = instance->ops->presign(instance->storage, key, ttl_s, url, BLOB_URL_MAX, error);
    leave(instance);
    return result;
}

int blob_instance_check(struct blob_instance *instance, struct memora_error *error)
{
    enter(instance);
    int result = instance->ops->check(instance->storage, error);
    leave(instance);
    return result;
}

const char *blob_key_inside(const struct blob *blob, const char *path)
{
    size_t length = strlen(blob->root);
    return strncmp(path, blob->root, length) == 0 && path[length] == '/' ? path + length + 1 : NULL;
}

bool blob_locate(struct blob *blob, struct arena *arena, const char *reference, struct blob_instance **instance,
                 const char **key)
{
    const char *path = path_absolute(arena, blob->data_dir, reference);
    *instance = &blob->inside;
    *key = blob->inside.storage ? blob_key_inside(blob, path) : NULL;
    if (!*key && blob->outside.storage && *path == '/') {
        *instance = &blob->outside;
        *key = path + 1;
    }
    return *key && key_valid(*key);
}

enum status_code blob_status(int result, const char *doing, const char *key, const struct memora_error *error,
                             struct status *status)
{
    if (result == MEMORA_E_NOT_FOUND)
        return status_set(status, STATUS_NOT_FOUND, "the file is missing");
    log_error("cannot %s %s: %s", doing, key, error->message);
    if (result == MEMORA_E_FULL)
        return status_set(status, STATUS_RESOURCE_EXHAUSTED, "no space left in the storage");
    return status_set(status, STATUS_INTERNAL, "the storage failed; the server's log says why");
}
