#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "blob/internal.h"
#include "blob/key_template.h"
#include "plugin/plugin.h"

static enum status_code instance_open(struct blob_instance *instance, const struct plugin *plugin,
                                      const struct config_section *section, const struct config *config,
                                      const struct memora_config **plugin_config, struct status *status)
{
    struct memora_error error = {0};
    enum status_code code = plugin_configure(plugin, section, config, plugin_config, status);
    if (code)
        return code;
    instance->ops = &plugin->ops.storage;
    instance->serial = plugin->table->threads == MEMORA_THREADS_SERIAL;
    pthread_mutex_init(&instance->lock, NULL);
    if (instance->ops->open(*plugin_config, &instance->storage, &error) != MEMORA_OK) {
        pthread_mutex_destroy(&instance->lock);
        instance->storage = NULL;
        return status_set(status, STATUS_FAILED_PRECONDITION, "storage plugin %s: %s", plugin->path, error.message);
    }
    instance->features = instance->ops->features(instance->storage);
    return STATUS_OK;
}

static void instance_close(struct blob_instance *instance)
{
    if (!instance->storage)
        return;
    instance->ops->close(instance->storage);
    pthread_mutex_destroy(&instance->lock);
    instance->storage = NULL;
}

/* Links are followed outside, as the earlier server did: whoever laid out its paths may have used them, and nothing is
 * written there. */
static enum status_code open_outside(struct blob *blob, const struct plugin *plugin, const struct config *config,
                                     struct status *status)
{
    const struct config_entry entries[] = {
        {.key = "root", .value = "/", .file = "built in"},
        {.key = "follow_symlinks", .value = "yes", .file = "built in"},
    };
    const struct config_section section = {.name = config->storage.name, .entries = entries, .count = 2};
    const struct memora_config *ignored;
    return instance_open(&blob->outside, plugin, &section, config, &ignored, status);
}

enum status_code blob_open(const struct plugin *plugin, const struct config *config, struct blob **out,
                           struct status *status)
{
    struct blob *blob = memory_zalloc(sizeof *blob);
    const struct memora_config *plugin_config = NULL;
    enum status_code code = instance_open(&blob->inside, plugin, &config->storage, config, &plugin_config, status);
    if (code) {
        free(blob);
        return code;
    }
    struct arena *arena = arena_create();
    const char *root = plugin_host()->config_str(plugin_config, "root");
    bool of_files = root && *root; /* a plugin without that key keeps no files of ours outside */
    blob->data_dir = memory_strdup(path_absolute(arena, "", config->data_dir));
    blob->root = memory_strdup(path_absolute(arena, "", of_files ? root : config->data_dir));
    arena_destroy(arena);
    /* Where all files are to lie elsewhere than the data, the usual template means that place. */
    bool holds_data = strcmp(blob->root, blob->data_dir) == 0 || blob_key_inside(blob, blob->data_dir);
    blob->template_dir = holds_data ? blob->data_dir : blob->root;
    struct status problem = {0};
    if (of_files && *blob->root != '\0' && open_outside(blob, plugin, config, &problem))
        log_warn("files outside of %s cannot be read: %s", blob->root, problem.message);
    *out = blob;
    return STATUS_OK;
}

void blob_close(struct blob *blob)
{
    if (!blob)
        return;
    instance_close(&blob->inside);
    instance_close(&blob->outside);
    free((char *)blob->root);
    free((char *)blob->data_dir);
    free(blob);
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

int64_t blob_instance_read(struct blob_instance *instance, struct memora_reader *reader, void *buf, size_t cap,
                           struct memora_error *error)
{
    enter(instance);
    int64_t n = instance->ops->read(reader, buf, cap, error);
    leave(instance);
    return n;
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
    *key = blob_key_inside(blob, path);
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
