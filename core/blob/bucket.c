/* Buckets: instances of a storage plugin for the S3 settings that rows and the instance setting name. They are opened
 * when first needed and closed when nobody has needed them for a while. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/secret.h"
#include "blob/internal.h"
#include "codec/codec.h"
#include "store/instance_setting.h"

enum {
    OPEN_MAX = 16,   /* beyond, those without users are closed at once */
    KNOWN_MAX = 256, /* different settings in the life of a process, since a plugin's configuration lives as long */
    LINK_TTL_S = 5 * 24 * 3600
};

#define NS_PER_S INT64_C(1000000000)

static const int64_t idle_ns = 600 * NS_PER_S;

struct blob_bucket {
    struct blob_instance instance; /* first, so that one is found by the other */
    unsigned char digest[HASH_SHA256_SIZE];
    const struct memora_config *plugin_config;
    unsigned users;
    int64_t used_ns;
    struct blob_bucket *next;
};

static void digest_settings(const Memos__Store__StorageS3Config *settings, unsigned char out[HASH_SHA256_SIZE])
{
    struct arena *arena = arena_create();
    struct buf text = buf_in(arena);
    const char *const fields[] = {settings->access_key_id, settings->access_key_secret, settings->endpoint,
                                  settings->region, settings->bucket};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        buf_add(&text, fields[i], strlen(fields[i]) + 1);
    buf_add_char(&text, settings->use_path_style ? 'p' : 'v');
    buf_add_char(&text, settings->insecure_skip_tls_verify ? 'i' : 's');
    hash_sha256(text.data, text.len, out);
    secret_wipe(text.data, text.len);
    arena_destroy(arena);
}

/* The keys of the plugin, from the message. */
static enum status_code configure(struct blob *blob, const Memos__Store__StorageS3Config *settings,
                                  const struct memora_config **out, struct status *status)
{
    const struct config_entry all[] = {
        {.key = "bucket", .value = settings->bucket},
        {.key = "endpoint", .value = settings->endpoint},
        {.key = "region", .value = settings->region},
        {.key = "access_key", .value = settings->access_key_id},
        {.key = "secret_key", .value = settings->access_key_secret},
        {.key = "path_style", .value = settings->use_path_style ? "yes" : "no"},
        {.key = "verify_tls", .value = settings->insecure_skip_tls_verify ? "no" : "yes"},
        {.key = "compare_all",
         .value = blob->compare_all && blob_plugin_has_key(blob->bucket_plugin, "compare_all") ? "yes" : ""},
    };
    struct config_entry given[sizeof all / sizeof *all];
    struct config_section section = {.name = "S3 settings", .entries = given, .count = 0};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (*all[i].value == '\0')
            continue; /* as good as left out */
        given[section.count] = all[i];
        given[section.count++].file = "S3 settings";
    }
    return plugin_configure(blob->bucket_plugin, &section, blob->config, out, status);
}

static void close_unused(struct blob *blob)
{
    int64_t now = clock_mono_ns();
    for (;;) {
        struct blob_bucket *oldest = NULL;
        unsigned open = 0;
        for (struct blob_bucket *at = blob->buckets; at; at = at->next) {
            open += at->instance.storage != NULL;
            if (at->instance.storage && at->users == 0 && (!oldest || at->used_ns < oldest->used_ns))
                oldest = at;
        }
        if (!oldest || (open <= OPEN_MAX && now - oldest->used_ns < idle_ns))
            return;
        blob_instance_close(&oldest->instance);
    }
}

static enum status_code find(struct blob *blob, const Memos__Store__StorageS3Config *settings, struct blob_bucket **out,
                             struct status *status)
{
    unsigned char digest[HASH_SHA256_SIZE];
    unsigned known = 0;
    digest_settings(settings, digest);
    for (*out = blob->buckets; *out; *out = (*out)->next, known++)
        if (memcmp((*out)->digest, digest, sizeof digest) == 0)
            return STATUS_OK;
    if (known >= KNOWN_MAX)
        return status_set(status, STATUS_RESOURCE_EXHAUSTED,
                          "more than %d different S3 settings since the server started", KNOWN_MAX);
    const struct memora_config *plugin_config;
    enum status_code code = configure(blob, settings, &plugin_config, status);
    if (code)
        return status_set(status, STATUS_FAILED_PRECONDITION, "the S3 settings cannot work: %s", status->message);
    struct blob_bucket *bucket = memory_zalloc(sizeof *bucket);
    memcpy(bucket->digest, digest, sizeof digest);
    bucket->plugin_config = plugin_config;
    bucket->next = blob->buckets;
    *out = blob->buckets = bucket;
    return STATUS_OK;
}

/* Its libraries take more memory than the rest of the server: it is loaded by those only who have a bucket. */
static enum status_code load_plugin(struct blob *blob, struct status *status)
{
    struct status problem = {0};
    if (blob->bucket_plugin ||
        !plugin_load(blob->config->plugin_dir, MEMORA_KIND_STORAGE, "s3", &blob->bucket_plugin, &problem))
        return STATUS_OK;
    if (problem.code == STATUS_NOT_FOUND)
        return status_set(status, STATUS_FAILED_PRECONDITION, "the plugin storage-s3 is not installed");
    log_warn("%s", problem.message);
    return status_set(status, STATUS_FAILED_PRECONDITION, "the plugin storage-s3 cannot be loaded");
}

static enum status_code use(struct blob *blob, const Memos__Store__StorageS3Config *settings,
                            struct blob_instance **out, struct status *status)
{
    struct blob_bucket *bucket;
    enum status_code code = load_plugin(blob, status);
    if (code == STATUS_OK)
        code = find(blob, settings, &bucket, status);
    if (code)
        return code;
    if (!bucket->instance.storage) {
        code = blob_instance_open(&bucket->instance, blob->bucket_plugin, bucket->plugin_config, status);
        if (code)
            return status_prefix(status, "the S3 settings cannot work: ");
    }
    bucket->users++;
    bucket->used_ns = clock_mono_ns();
    *out = &bucket->instance;
    close_unused(blob);
    return STATUS_OK;
}

/* Whoever configured a bucket in the file means its credentials for everything that lies there. */
static bool is_configured(const struct blob *blob, const Memos__Store__StorageS3Config *settings)
{
    const Memos__Store__StorageS3Config *configured = blob->configured_settings;
    return configured && strcmp(configured->endpoint, settings->endpoint) == 0 &&
           strcmp(configured->bucket, settings->bucket) == 0;
}

enum status_code blob_bucket_acquire(struct blob *blob, const Memos__Store__StorageS3Config *settings,
                                     struct blob_instance **out, struct status *status)
{
    struct status problem = {0};
    *out = &blob->configured;
    if (is_configured(blob, settings))
        return STATUS_OK;
    *out = NULL;
    pthread_mutex_lock(&blob->bucket_lock);
    enum status_code code = use(blob, settings, out, &problem);
    pthread_mutex_unlock(&blob->bucket_lock);
    return code ? status_set(status, code, "%s", problem.message) : STATUS_OK;
}

void blob_bucket_release(struct blob *blob, struct blob_instance *instance)
{
    if (!instance || instance == &blob->configured)
        return;
    struct blob_bucket *bucket = (struct blob_bucket *)instance;
    pthread_mutex_lock(&blob->bucket_lock);
    bucket->users--;
    bucket->used_ns = clock_mono_ns();
    close_unused(blob);
    pthread_mutex_unlock(&blob->bucket_lock);
}

void blob_bucket_close_all(struct blob *blob)
{
    while (blob->buckets) {
        struct blob_bucket *next = blob->buckets->next;
        assert(blob->buckets->users == 0);
        blob_instance_close(&blob->buckets->instance);
        free(blob->buckets);
        blob->buckets = next;
    }
}

/* Settings that a row lacks, as v0.30 fills them in. */
static const Memos__Store__StorageS3Config *usual_settings(const struct blob *blob, struct store *store,
                                                           struct arena *arena)
{
    Memos__Store__InstanceStorageSetting *setting;
    if (blob->configured_settings || !store || store_instance_storage_setting(store, arena, &setting, NULL))
        return blob->configured_settings;
    return setting->s3_config;
}

enum status_code blob_bucket_settings(struct blob *blob, struct store *store, struct arena *arena,
                                      const struct store_attachment *attachment,
                                      const Memos__Store__StorageS3Config **out, struct status *status)
{
    const Memos__Store__AttachmentPayload *payload = attachment->payload;
    if (!payload || payload->payload_case != MEMOS__STORE__ATTACHMENT_PAYLOAD__PAYLOAD_S3_OBJECT ||
        !*payload->s3_object->key)
        return status_set(status, STATUS_FAILED_PRECONDITION, "the row of attachment %s names no S3 object",
                          attachment->uid);
    *out = payload->s3_object->s3_config;
    if (!*out)
        *out = usual_settings(blob, store, arena);
    if (*out)
        return STATUS_OK;
    return status_set(status, STATUS_FAILED_PRECONDITION, "there are no S3 settings for attachment %s",
                      attachment->uid);
}

enum status_code blob_bucket_of(struct blob *blob, struct store *store, struct arena *arena,
                                const struct store_attachment *attachment, struct blob_instance **out, const char **key,
                                struct status *status)
{
    const Memos__Store__StorageS3Config *settings;
    *out = NULL;
    enum status_code code = blob_bucket_settings(blob, store, arena, attachment, &settings, status);
    if (code)
        return code;
    *key = attachment->payload->s3_object->key;
    return blob_bucket_acquire(blob, settings, out, status);
}

enum status_code blob_bucket_link(struct blob_instance *instance, struct arena *arena, const char *key,
                                  const char **url, struct status *status)
{
    struct memora_error error = {0};
    char *text = arena_alloc(arena, BLOB_URL_MAX);
    int result = blob_instance_presign(instance, key, LINK_TTL_S, text, &error);
    *url = text;
    return result == MEMORA_OK ? STATUS_OK : blob_status(result, "make a link to", key, &error, status);
}

enum status_code blob_link(struct blob *blob, struct store *store, struct arena *arena,
                           const struct store_attachment *attachment, const char **url, struct status *status)
{
    struct blob_instance *bucket;
    const char *key;
    enum status_code code = blob_bucket_of(blob, store, arena, attachment, &bucket, &key, status);
    if (code)
        return code;
    code = blob_bucket_link(bucket, arena, key, url, status);
    blob_bucket_release(blob, bucket);
    return code;
}

enum status_code blob_bucket_status(int result, const char *doing, const char *key, const struct memora_error *error,
                                    struct status *status)
{
    enum status_code code = blob_status(result, doing, key, error, status);
    switch (result) {
    case MEMORA_E_NOT_FOUND: /* not of the object: nobody asked for one */
        log_error("cannot %s %s: %s", doing, key, error->message);
        return status_set(status, STATUS_FAILED_PRECONDITION, "the bucket is missing");
    case MEMORA_E_AUTH:
        return status_set(status, STATUS_FAILED_PRECONDITION, "the bucket refuses the access key");
    case MEMORA_E_IO:
        return status_set(status, STATUS_UNAVAILABLE, "the bucket cannot be reached");
    default:
        return code;
    }
}

Google__Protobuf__Timestamp *blob_timestamp(struct arena *arena, int64_t ns)
{
    Google__Protobuf__Timestamp *time =
        CODEC_NEW(arena, Google__Protobuf__Timestamp, google__protobuf__timestamp__descriptor);
    time->seconds = ns / NS_PER_S;
    time->nanos = (int32_t)(ns % NS_PER_S);
    return time;
}

void blob_describe_object(struct arena *arena, const Memos__Store__StorageS3Config *settings, const char *key,
                          struct store_attachment *attachment)
{
    Memos__Store__AttachmentPayload *payload =
        CODEC_NEW(arena, Memos__Store__AttachmentPayload, memos__store__attachment_payload__descriptor);
    Memos__Store__AttachmentPayload__S3Object *object = CODEC_NEW(
        arena, Memos__Store__AttachmentPayload__S3Object, memos__store__attachment_payload__s3_object__descriptor);
    if (attachment->payload)
        *payload = *attachment->payload;
    object->s3_config = (Memos__Store__StorageS3Config *)settings;
    object->key = arena_strdup(arena, key);
    object->last_presigned_time = blob_timestamp(arena, clock_wall_ns());
    payload->payload_case = MEMOS__STORE__ATTACHMENT_PAYLOAD__PAYLOAD_S3_OBJECT;
    payload->s3_object = object;
    attachment->payload = payload;
    attachment->storage = STORE_ATTACHMENT_S3;
}
