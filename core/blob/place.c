#include "blob/place.h"

#include <string.h>

#include "blob/internal.h"
#include "blob/key_template.h"
#include "codec/codec.h"

static const char *below(const char *dir, const char *path)
{
    size_t length = strlen(dir);
    return strncmp(path, dir, length) == 0 && path[length] == '/' ? path + length + 1 : NULL;
}

const char *blob_relative(struct blob *blob, struct arena *arena, const char *reference)
{
    const char *path = path_absolute(arena, blob->data_dir, reference);
    const char *inside = below(blob->template_dir, path);
    return inside ? inside : below(blob->data_dir, path);
}

static const Memos__Store__AttachmentPayload__S3Object *s3_object(const struct store_attachment *attachment)
{
    const Memos__Store__AttachmentPayload *payload = attachment->payload;
    return payload && payload->payload_case == MEMOS__STORE__ATTACHMENT_PAYLOAD__PAYLOAD_S3_OBJECT ? payload->s3_object
                                                                                                   : NULL;
}

/* The plain name of a file, without what would make further folders. */
static const char *fixed_path(struct arena *arena, const struct store_attachment *attachment)
{
    const char *expanded = key_template_expand(arena, "{filename}", attachment->filename, 0);
    const char *base = strrchr(expanded, '/');
    const char *path = arena_printf(arena, "/assets/%s_%s", attachment->uid, base ? base + 1 : expanded);
    return key_template_suffix(arena, path, "") + 1;
}

const char *blob_wanted_path(const struct store_attachment *attachment)
{
    if (attachment->storage == STORE_ATTACHMENT_LOCAL)
        return *attachment->reference != '/' ? attachment->reference : NULL;
    return attachment->storage == STORE_ATTACHMENT_S3 && s3_object(attachment) ? s3_object(attachment)->key : NULL;
}

void blob_forget_object(struct arena *arena, struct store_attachment *attachment)
{
    if (!s3_object(attachment))
        return;
    Memos__Store__AttachmentPayload *payload =
        CODEC_NEW(arena, Memos__Store__AttachmentPayload, memos__store__attachment_payload__descriptor);
    *payload = *attachment->payload;
    payload->payload_case = MEMOS__STORE__ATTACHMENT_PAYLOAD__PAYLOAD__NOT_SET;
    payload->s3_object = NULL;
    attachment->payload = payload;
}

static enum status_code put_file(struct blob *blob, struct arena *arena, const char *path, const struct memora_put *put,
                                 struct store_attachment *attachment, struct status *status)
{
    struct memora_error error = {0};
    const char *absolute = path_absolute(arena, blob->template_dir, path);
    if (blob_path_is_risky(blob, absolute))
        absolute = path_absolute(arena, blob->template_dir, fixed_path(arena, attachment));
    const char *key = blob_key_inside(blob, absolute);
    if (!key || !key_valid(key))
        return status_set(status, STATUS_INTERNAL, "its file has no usable name");
    int result = blob_instance_put(&blob->inside, key, put, &error);
    if (result != MEMORA_OK)
        return blob_status(result, "store", key, &error, status);
    const char *relative = below(blob->data_dir, absolute);
    blob_forget_object(arena, attachment);
    attachment->storage = STORE_ATTACHMENT_LOCAL;
    attachment->reference = relative ? relative : absolute;
    return STATUS_OK;
}

static enum status_code put_object(struct blob *blob, struct arena *arena, const char *path,
                                   const struct memora_put *put, struct store_attachment *attachment,
                                   struct status *status)
{
    struct memora_error error = {0};
    const char *key = path_absolute(arena, "", path) + 1;
    if (!key_valid(key))
        return status_set(status, STATUS_INTERNAL, "its object has no usable name");
    int result = blob_instance_put(&blob->configured, key, put, &error);
    if (result != MEMORA_OK)
        return blob_bucket_status(result, "store", key, &error, status);
    blob_describe_object(arena, blob->configured_settings, key, attachment);
    return blob_bucket_link(&blob->configured, arena, key, &attachment->reference, status);
}

enum status_code blob_put_at(struct blob *blob, struct arena *arena, const char *path, const struct memora_put *put,
                             struct store_attachment *attachment, struct status *status)
{
    /* Without any "..", and not longer than file systems take. */
    const char *clean = path ? path_absolute(arena, "", path) : "";
    clean = *clean ? key_template_suffix(arena, clean, "") + 1 : "";
    if (!key_valid(clean))
        clean = fixed_path(arena, attachment);
    return blob_is_bucket(blob) ? put_object(blob, arena, clean, put, attachment, status)
                                : put_file(blob, arena, clean, put, attachment, status);
}

bool blob_in_configured_bucket(struct blob *blob, const struct store_attachment *attachment)
{
    const Memos__Store__AttachmentPayload__S3Object *object = s3_object(attachment);
    const Memos__Store__StorageS3Config *ours = blob->configured_settings;
    if (attachment->storage != STORE_ATTACHMENT_S3 || !object || !ours)
        return false;
    return !object->s3_config || (strcmp(object->s3_config->endpoint, ours->endpoint) == 0 &&
                                  strcmp(object->s3_config->bucket, ours->bucket) == 0);
}

const char *blob_key_of(struct blob *blob, struct arena *arena, const struct store_attachment *attachment)
{
    struct blob_instance *instance;
    const char *key;
    if (blob_is_bucket(blob))
        return blob_in_configured_bucket(blob, attachment) ? s3_object(attachment)->key : NULL;
    if (attachment->storage != STORE_ATTACHMENT_LOCAL ||
        !blob_locate(blob, arena, attachment->reference, &instance, &key))
        return NULL;
    return instance == &blob->inside ? key : NULL;
}

static struct blob_instance *storage_of(struct blob *blob)
{
    return blob_is_bucket(blob) ? &blob->configured : &blob->inside;
}

const char *blob_template_prefix(struct blob *blob, struct arena *arena, const char *path_template)
{
    size_t plain = strcspn(path_template, "{");
    const char *fixed = arena_strndup(arena, path_template, plain);
    const char *slash = strrchr(fixed, '/');
    if (!slash)
        return "";
    const char *folder = arena_strndup(arena, fixed, (size_t)(slash - fixed));
    const char *key = blob_is_bucket(blob) ? path_absolute(arena, "", folder) + 1
                                           : blob_key_inside(blob, path_absolute(arena, blob->template_dir, folder));
    return key && key_valid(key) ? arena_printf(arena, "%s/", key) : "";
}

struct listing {
    blob_item_fn item;
    void *ctx;
};

static int list_item(void *ctx, const char *key, const struct memora_object *object)
{
    const struct listing *listing = ctx;
    return listing->item(listing->ctx, key, object) ? 0 : 1;
}

enum status_code blob_list(struct blob *blob, const char *prefix, blob_item_fn item, void *ctx, struct status *status)
{
    struct blob_instance *instance = storage_of(blob);
    struct listing listing = {item, ctx};
    struct memora_error error = {0};
    if (!instance->storage || !(instance->features & MEMORA_STORAGE_LIST))
        return status_set(status, STATUS_UNIMPLEMENTED, "the storage plugin cannot list what it holds");
    if (instance->serial)
        pthread_mutex_lock(&instance->lock);
    int result = instance->ops->list(instance->storage, prefix, "", list_item, &listing, &error);
    if (instance->serial)
        pthread_mutex_unlock(&instance->lock);
    return result == MEMORA_OK ? STATUS_OK
                               : status_set(status, STATUS_INTERNAL, "the storage cannot be listed: %s", error.message);
}

enum status_code blob_remove_key(struct blob *blob, const char *key, struct status *status)
{
    struct memora_error error = {0};
    int result = blob_instance_remove(storage_of(blob), key, &error);
    return result == MEMORA_OK ? STATUS_OK : blob_status(result, "remove", key, &error, status);
}
