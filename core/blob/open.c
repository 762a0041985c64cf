/* Which storages there are: files, the bucket that the configuration names, buckets of settings. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "blob/internal.h"
#include "blob/key_template.h"
#include "blob/media.h"
#include "blob/thumbnail.h"
#include "codec/codec.h"

static enum status_code configure(struct blob_instance *instance, const struct plugin *plugin,
                                  const struct config_section *section, const struct config *config,
                                  const struct memora_config **plugin_config, struct status *status)
{
    struct status problem = {0};
    enum status_code code = plugin_configure(plugin, section, config, plugin_config, status);
    if (code)
        return code;
    code = blob_instance_open(instance, plugin, *plugin_config, &problem);
    return code ? status_set(status, code, "storage plugin %s: %s", plugin->path, problem.message) : STATUS_OK;
}

/* Links are followed outside, as the earlier server did: whoever laid out its paths may have used them, and nothing is
 * written there. */
static enum status_code open_outside(struct blob *blob, const struct plugin *plugin, struct status *status)
{
    const struct config_entry entries[] = {
        {.key = "root", .value = "/", .file = "built in"},
        {.key = "follow_symlinks", .value = "yes", .file = "built in"},
    };
    const struct config_section section = {.name = blob->config->storage.name, .entries = entries, .count = 2};
    const struct memora_config *ignored;
    return configure(&blob->outside, plugin, &section, blob->config, &ignored, status);
}

static enum status_code open_files(struct blob *blob, const struct plugin *plugin, const struct config_section *section,
                                   struct status *status)
{
    const struct memora_config *plugin_config = NULL;
    enum status_code code = configure(&blob->inside, plugin, section, blob->config, &plugin_config, status);
    if (code)
        return code;
    const char *root = plugin_host()->config_str(plugin_config, "root");
    bool of_files = root && *root; /* a plugin without that key keeps no files of ours outside */
    if (of_files) {
        free((char *)blob->root);
        blob->root = memory_strdup(path_absolute(blob->arena, "", root));
    }
    /* Where all files are to lie elsewhere than the data, the usual template means that place. */
    bool holds_data = strcmp(blob->root, blob->data_dir) == 0 || blob_key_inside(blob, blob->data_dir);
    blob->template_dir = holds_data ? blob->data_dir : blob->root;
    struct status problem = {0};
    if (of_files && *blob->root != '\0' && open_outside(blob, plugin, &problem))
        log_warn("files outside of %s cannot be read: %s", blob->root, problem.message);
    return STATUS_OK;
}

/* The last of equal keys counts. */
static struct config_section with_compare_all(const struct blob *blob, const struct plugin *plugin,
                                              struct config_section section)
{
    if (!blob->compare_all || !blob_plugin_has_key(plugin, "compare_all"))
        return section;
    struct config_entry *entries = ARENA_ARRAY(blob->arena, struct config_entry, section.count + 1);
    if (section.count)
        memcpy(entries, section.entries, section.count * sizeof *entries);
    entries[section.count++] = (struct config_entry){.key = "compare_all", .value = "yes", .file = "built in"};
    section.entries = entries;
    return section;
}

/* What rows say of the configured bucket. Credentials that the plugin finds elsewhere (a file, the environment) stay
 * there. */
static enum status_code open_bucket(struct blob *blob, const struct plugin *plugin, struct status *status)
{
    const struct memora_host *host = plugin_host();
    const struct memora_config *plugin_config = NULL;
    const struct config_section section = with_compare_all(blob, plugin, blob->config->storage);
    enum status_code code = configure(&blob->configured, plugin, &section, blob->config, &plugin_config, status);
    if (code)
        return code;
    Memos__Store__StorageS3Config *settings =
        CODEC_NEW(blob->arena, Memos__Store__StorageS3Config, memos__store__storage_s3_config__descriptor);
    settings->bucket = arena_strdup(blob->arena, host->config_str(plugin_config, "bucket"));
    settings->endpoint = arena_strdup(blob->arena, host->config_str(plugin_config, "endpoint"));
    settings->region = arena_strdup(blob->arena, host->config_str(plugin_config, "region"));
    settings->access_key_id = arena_strdup(blob->arena, host->config_str(plugin_config, "access_key"));
    settings->access_key_secret = arena_strdup(blob->arena, host->config_str(plugin_config, "secret_key"));
    settings->use_path_style = host->config_bool(plugin_config, "path_style");
    settings->insecure_skip_tls_verify = !host->config_bool(plugin_config, "verify_tls");
    blob->configured_settings = settings;
    blob->bucket_plugin = plugin;
    return STATUS_OK;
}

static enum status_code open_all(const struct plugin *plugin, const struct config *config, bool compare_all,
                                 struct blob **out, struct status *status)
{
    struct blob *blob = memory_zalloc(sizeof *blob);
    blob->config = config;
    blob->compare_all = compare_all;
    blob->arena = arena_create();
    const struct media_limits limits = media_limits_default();
    blob->media = media_create(config->media_helper, &limits);
    blob->thumbnails = thumbnails_create();
    blob->clips = clips_create();
    pthread_mutex_init(&blob->bucket_lock, NULL);
    pthread_mutex_init(&blob->stream_lock, NULL);
    pthread_cond_init(&blob->stream_ended, NULL);
    blob->data_dir = memory_strdup(path_absolute(blob->arena, "", config->data_dir));
    blob->root = memory_strdup(blob->data_dir);
    blob->template_dir = blob->data_dir;
    enum status_code code = blob_plugin_has_key(plugin, "bucket") ? open_bucket(blob, plugin, status)
                                                                  : open_files(blob, plugin, &config->storage, status);
    if (code)
        blob_close(blob);
    else
        *out = blob;
    return code;
}

/* A plugin with a key for a bucket keeps objects there; any other is taken for one that keeps files. */
enum status_code blob_open(const struct plugin *plugin, const struct config *config, struct blob **out,
                           struct status *status)
{
    return open_all(plugin, config, false, out, status);
}

enum status_code blob_open_to_compare(const struct plugin *plugin, const struct config *config, struct blob **out,
                                      struct status *status)
{
    return open_all(plugin, config, true, out, status);
}

enum status_code blob_add_files(struct blob *blob, const struct plugin *plugin, struct status *status)
{
    if (!blob_is_bucket(blob))
        return STATUS_OK; /* the configured one has them */
    return open_files(blob, plugin, &(struct config_section){.name = blob->config->storage.name}, status);
}

const struct plugin *blob_files_plugin(const struct config *config, const struct plugin *chosen)
{
    const struct plugin *files = NULL;
    struct status problem = {0};
    if (strcmp(chosen->table->name, "fs") != 0 &&
        plugin_load(config->plugin_dir, MEMORA_KIND_STORAGE, "fs", &files, &problem) &&
        problem.code != STATUS_NOT_FOUND)
        log_warn("%s", problem.message);
    return files;
}

bool blob_is_bucket(const struct blob *blob)
{
    return blob->configured.storage != NULL;
}

enum status_code blob_check(struct blob *blob, struct status *status)
{
    struct memora_error error = {0};
    struct blob_instance *instance = blob_is_bucket(blob) ? &blob->configured : &blob->inside;
    if (blob_instance_check(instance, &error) == MEMORA_OK)
        return STATUS_OK;
    return status_set(status, STATUS_FAILED_PRECONDITION, "the storage of attachments does not work: %s",
                      error.message);
}

void blob_close(struct blob *blob)
{
    if (!blob)
        return;
    blob_stream_wait_all(blob);
    blob_bucket_close_all(blob);
    blob_instance_close(&blob->configured);
    blob_instance_close(&blob->inside);
    blob_instance_close(&blob->outside);
    pthread_mutex_destroy(&blob->bucket_lock);
    pthread_cond_destroy(&blob->stream_ended);
    pthread_mutex_destroy(&blob->stream_lock);
    thumbnails_destroy(blob->thumbnails);
    clips_destroy(blob->clips);
    media_destroy(blob->media);
    arena_destroy(blob->arena);
    free((char *)blob->root);
    free((char *)blob->data_dir);
    free(blob);
}
