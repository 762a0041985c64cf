#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/uid.h"
#include "blob/internal.h"
#include "blob/key_template.h"
#include "codec/codec.h"

enum { PUT_ATTEMPTS = 4 };

struct memory_source {
    const char *at;
    size_t left;
};

static int64_t memory_read(void *ctx, void *buf, size_t cap)
{
    struct memory_source *source = ctx;
    size_t n = source->left < cap ? source->left : cap;
    memcpy(buf, source->at, n);
    source->at += n;
    source->left -= n;
    return (int64_t)n;
}

static int put_object(struct blob_instance *instance, const char *key, const struct store_attachment *attachment,
                      struct memora_error *error)
{
    struct memory_source source = {attachment->bytes_length ? attachment->bytes : "", attachment->bytes_length};
    struct memora_put put = {.struct_size = sizeof put,
                             .flags = MEMORA_PUT_NO_REPLACE,
                             .size = (int64_t)attachment->bytes_length,
                             .content_type = attachment->type,
                             .read = memory_read,
                             .ctx = &source};
    return blob_instance_put(instance, key, &put, error);
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* The database file lies in the data directory as well. A file that a user could name like one of its companions, such
 * as a journal that SQLite would play back, never gets that name. */
bool blob_path_is_risky(const struct blob *blob, const char *path)
{
    size_t dir = (size_t)(strrchr(path, '/') - path);
    return (strlen(blob->data_dir) == dir && strncmp(blob->data_dir, path, dir) == 0) || ends_with(path, "-wal") ||
           ends_with(path, "-shm") || ends_with(path, "-journal");
}

/* What is put before the extension: nothing at first, then the attachment's uid, then something random. */
static const char *suffix_of_attempt(struct arena *arena, unsigned attempt, bool random, const char *uid)
{
    char text[UID_SHORT_LENGTH + 1];
    if (!random && attempt == 0)
        return "";
    if (!random && attempt == 1)
        return arena_printf(arena, "_%s", uid);
    uid_short(text);
    return arena_printf(arena, "_%s", text);
}

/* Stores under path, or with a suffix where that is taken. path is absolute, root the length of it that is not part of
 * the key. */
static int put_under(struct blob_instance *instance, struct arena *arena, const char *path, size_t root, bool random,
                     const struct store_attachment *attachment, const char **key, struct memora_error *error)
{
    int result = MEMORA_E_ARG;
    for (unsigned attempt = 0; attempt < PUT_ATTEMPTS; attempt++) {
        *key = key_template_suffix(arena, path, suffix_of_attempt(arena, attempt, random, attachment->uid)) + root;
        result = key_valid(*key) ? put_object(instance, *key, attachment, error)
                                 : memora_fail(error, MEMORA_E_ARG, "that cannot be the key of an object");
        /* A name that the plugin keeps for itself is refused as an argument; with a suffix it is another one. */
        if (result != MEMORA_E_EXISTS && result != MEMORA_E_ARG)
            break;
    }
    return result;
}

static enum status_code put_local(struct blob *blob, struct arena *arena, const char *path_template,
                                  struct store_attachment *attachment, struct status *status)
{
    const char *expanded = key_template_expand(arena, path_template, attachment->filename, clock_wall_s());
    const char *path = path_absolute(arena, blob->template_dir, expanded);
    const char *key;
    if (!blob_key_inside(blob, path)) {
        log_error("the path template %s leads to %s, which is not below %s; the key root of section [storage] decides",
                  path_template, path, *blob->root ? blob->root : "/");
        return status_set(status, STATUS_INTERNAL,
                          "the file path template leads out of the directory that the server may write to");
    }
    struct memora_error error = {0};
    int result = put_under(&blob->inside, arena, path, strlen(blob->root) + 1, blob_path_is_risky(blob, path),
                           attachment, &key, &error);
    if (result != MEMORA_OK)
        return blob_status(result, "store", key, &error, status);
    attachment->storage = STORE_ATTACHMENT_LOCAL;
    attachment->reference = arena_printf(arena, "%s/%s", blob->root, key);
    return STATUS_OK;
}

/* What the row keeps, so that it can be read whatever becomes of the settings (database.md 3.2). */
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

static enum status_code put_in_bucket(struct blob *blob, struct arena *arena, const char *path_template,
                                      const Memos__Store__StorageS3Config *settings,
                                      struct store_attachment *attachment, struct status *status)
{
    struct blob_instance *bucket;
    const char *key;
    if (!settings)
        return status_set(status, STATUS_INTERNAL, "No activated external storage found");
    const char *expanded = key_template_expand(arena, path_template, attachment->filename, clock_wall_s());
    const char *path = path_absolute(arena, "", expanded);
    enum status_code code = blob_bucket_acquire(blob, settings, &bucket, status);
    if (code)
        return code;
    struct memora_error error = {0};
    int result = put_under(bucket, arena, path, 1, false, attachment, &key, &error);
    if (result != MEMORA_OK)
        code = blob_bucket_status(result, "store", key, &error, status);
    if (code == STATUS_OK) {
        blob_describe_object(arena, settings, key, attachment);
        code = blob_bucket_link(bucket, arena, key, &attachment->reference, status);
    }
    blob_bucket_release(blob, bucket);
    return code;
}

enum status_code blob_put(struct blob *blob, struct arena *arena, const Memos__Store__InstanceStorageSetting *setting,
                          struct store_attachment *attachment, struct status *status)
{
    if (setting->storage_type == MEMOS__STORE__INSTANCE_STORAGE_SETTING__STORAGE_TYPE__DATABASE) {
        attachment->storage = STORE_ATTACHMENT_DATABASE;
        attachment->reference = "";
        return STATUS_OK;
    }
    if (blob_is_bucket(blob))
        return put_in_bucket(blob, arena, setting->filepath_template, blob->configured_settings, attachment, status);
    if (setting->storage_type == MEMOS__STORE__INSTANCE_STORAGE_SETTING__STORAGE_TYPE__S3)
        return put_in_bucket(blob, arena, setting->filepath_template, setting->s3_config, attachment, status);
    return put_local(blob, arena, setting->filepath_template, attachment, status);
}

/* Derived files that v0.30 keeps in the data directory: with the original they go as well. */
static void remove_cached(struct blob *blob, struct arena *arena, const char *uid)
{
    const char *names[] = {arena_printf(arena, ".thumbnail_cache/%s.v2.jpeg", uid),
                           arena_printf(arena, ".motion_cache/%s.mp4", uid)};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *key = blob_key_inside(blob, path_absolute(arena, blob->data_dir, names[i]));
        struct memora_error error = {0};
        if (blob->inside.storage && key && key_valid(key) &&
            blob_instance_remove(&blob->inside, key, &error) != MEMORA_OK)
            log_warn("cannot remove %s: %s", key, error.message);
    }
}

static enum status_code remove_from_bucket(struct blob *blob, struct arena *arena,
                                           const struct store_attachment *attachment, struct status *status)
{
    struct blob_instance *bucket;
    const char *key = "";
    struct memora_error error = {0};
    enum status_code code = blob_bucket_of(blob, NULL, arena, attachment, &bucket, &key, status);
    if (code)
        return code;
    int result = blob_instance_remove(bucket, key, &error);
    blob_bucket_release(blob, bucket);
    return result == MEMORA_OK ? STATUS_OK : blob_bucket_status(result, "remove", key, &error, status);
}

enum status_code blob_remove(struct blob *blob, struct arena *arena, const struct store_attachment *attachment,
                             struct status *status)
{
    struct blob_instance *instance;
    const char *key;
    remove_cached(blob, arena, attachment->uid);
    if (attachment->storage == STORE_ATTACHMENT_S3)
        return remove_from_bucket(blob, arena, attachment, status);
    if (attachment->storage != STORE_ATTACHMENT_LOCAL)
        return STATUS_OK;
    if (!blob_locate(blob, arena, attachment->reference, &instance, &key)) {
        log_warn("the file of attachment %s stays: its path cannot be used", attachment->uid);
        return STATUS_OK;
    }
    struct memora_error error = {0};
    int result = blob_instance_remove(instance, key, &error);
    return result == MEMORA_OK ? STATUS_OK : blob_status(result, "remove", key, &error, status);
}

void blob_remove_all(struct blob *blob, struct arena *arena, const struct store_attachment *attachments, size_t count)
{
    for (size_t i = 0; i < count; i++)
        (void)blob_remove(blob, arena, &attachments[i], NULL); /* logs */
}
