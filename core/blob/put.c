#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/uid.h"
#include "blob/internal.h"
#include "blob/key_template.h"
#include "codec/codec.h"
#include "store/removal.h"

#define NS_PER_MS 1000000

enum {
    PUT_ATTEMPTS = 4,
    PROMISE_MS = 2 * 3600 * 1000 /* longer than any upload may take */
};

struct source {
    const struct store_attachment *attachment;
    uint64_t at;
};

static int64_t read_source(void *ctx, void *buf, size_t cap)
{
    struct source *source = ctx;
    const struct store_attachment *from = source->attachment;
    int64_t n = spool_copy(from->spools, from->bytes, from->bytes_length, source->at, buf, cap);
    if (n > 0)
        source->at += (uint64_t)n;
    return n;
}

/* By any thread: neither the spools nor the bytes change any more. */
static int64_t read_source_at(void *ctx, uint64_t pos, void *buf, size_t cap)
{
    const struct store_attachment *from = ((struct source *)ctx)->attachment;
    return spool_copy(from->spools, from->bytes, from->bytes_length, pos, buf, cap);
}

static int take_source(void *ctx)
{
    const struct store_attachment *from = ((struct source *)ctx)->attachment;
    return spool_take(from->spools, from->bytes, from->bytes_length);
}

static int put_object(struct blob_instance *instance, const char *key, const struct store_attachment *attachment,
                      struct memora_error *error)
{
    struct source source = {.attachment = attachment};
    struct memora_put put = {.struct_size = sizeof put,
                             .flags = MEMORA_PUT_NO_REPLACE,
                             .size = (int64_t)attachment->bytes_length,
                             .content_type = attachment->type,
                             .read = read_source,
                             .ctx = &source,
                             .read_at = read_source_at,
                             .take_file = take_source};
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

/* Promise first, then the bytes: whatever ends this process in between, they go unless the row comes. */
static enum status_code make_promise(struct blob *blob, struct arena *arena, struct store_attachment *attachment,
                                     struct status *status)
{
    attachment->promise = 0;
    if (!blob->store)
        return STATUS_OK;
    return store_removal_promise(blob->store, arena, attachment, clock_wall_ns() / NS_PER_MS + PROMISE_MS, status);
}

/* The place is another's. */
static enum status_code taken(struct blob *blob, const struct store_attachment *attachment, struct status *status)
{
    blob_break_promise(blob, attachment);
    return status_set(status, STATUS_ALREADY_EXISTS, "there is an object of that name");
}

/* STATUS_ALREADY_EXISTS: another name is needed. */
static enum status_code put_file_attempt(struct blob *blob, struct arena *arena, const char *path,
                                         struct store_attachment *attachment, struct status *status)
{
    struct memora_error error = {0};
    const char *key = blob_key_inside(blob, path);
    attachment->storage = STORE_ATTACHMENT_LOCAL;
    attachment->reference = path;
    if (!key_valid(key))
        return status_set(status, STATUS_ALREADY_EXISTS, "that cannot be the name of a file");
    enum status_code code = make_promise(blob, arena, attachment, status);
    if (code)
        return code;
    int result = put_object(&blob->inside, key, attachment, &error);
    if (result == MEMORA_OK)
        return STATUS_OK;
    /* A name that the plugin keeps for itself is refused as an argument; with a suffix it is another one. */
    if (result == MEMORA_E_EXISTS || result == MEMORA_E_ARG)
        return taken(blob, attachment, status);
    blob_abandon(blob, arena, attachment); /* it may have failed at the end, with the file in its place */
    return blob_status(result, "store", key, &error, status);
}

static enum status_code put_local(struct blob *blob, struct arena *arena, const char *path_template,
                                  struct store_attachment *attachment, struct status *status)
{
    const char *expanded = key_template_expand(arena, path_template, attachment->filename, clock_wall_s());
    const char *path = path_absolute(arena, blob->template_dir, expanded);
    if (!blob_key_inside(blob, path)) {
        log_error("the path template %s leads to %s, which is not below %s; the key root of section [storage] decides",
                  path_template, path, *blob->root ? blob->root : "/");
        return status_set(status, STATUS_INTERNAL,
                          "the file path template leads out of the directory that the server may write to");
    }
    bool random = blob_path_is_risky(blob, path);
    enum status_code code = STATUS_ALREADY_EXISTS;
    for (unsigned attempt = 0; code == STATUS_ALREADY_EXISTS && attempt < PUT_ATTEMPTS; attempt++)
        code = put_file_attempt(
            blob, arena, key_template_suffix(arena, path, suffix_of_attempt(arena, attempt, random, attachment->uid)),
            attachment, status);
    if (code != STATUS_ALREADY_EXISTS)
        return code;
    log_error("no free name for a file like %s", path);
    return status_set(status, STATUS_INTERNAL, "the storage failed; the server's log says why");
}

struct bucket_put {
    struct blob *blob;
    struct blob_instance *bucket;
    const Memos__Store__StorageS3Config *settings;
    const char *path;
};

static enum status_code put_attempt(const struct bucket_put *put, struct arena *arena, const char *suffix,
                                    struct store_attachment *attachment, struct status *status)
{
    struct blob *blob = put->blob;
    const char *key = key_template_suffix(arena, put->path, suffix) + 1;
    struct memora_error error = {0};
    if (!key_valid(key))
        return status_set(status, STATUS_INVALID_ARGUMENT, "the file path template makes no key of an object");
    blob_describe_object(arena, put->settings, key, attachment);
    attachment->reference = "";
    enum status_code code = make_promise(blob, arena, attachment, status);
    if (code)
        return code;
    int result = put_object(put->bucket, key, attachment, &error);
    if (result == MEMORA_OK)
        return blob_bucket_link(put->bucket, arena, key, &attachment->reference, status);
    if (result == MEMORA_E_EXISTS)
        return taken(blob, attachment, status);
    return blob_bucket_status(result, "store", key, &error, status);
}

static enum status_code put_in_bucket(struct blob *blob, struct arena *arena, const char *path_template,
                                      const Memos__Store__StorageS3Config *settings,
                                      struct store_attachment *attachment, struct status *status)
{
    struct bucket_put put = {.blob = blob, .settings = settings};
    struct store_attachment given = *attachment;
    if (!settings)
        return status_set(status, STATUS_INTERNAL, "No activated external storage found");
    const char *expanded = key_template_expand(arena, path_template, attachment->filename, clock_wall_s());
    put.path = path_absolute(arena, "", expanded);
    enum status_code code = blob_bucket_acquire(blob, settings, &put.bucket, status);
    if (code)
        return code;
    code = STATUS_ALREADY_EXISTS;
    for (unsigned attempt = 0; code == STATUS_ALREADY_EXISTS && attempt < PUT_ATTEMPTS; attempt++) {
        *attachment = given;
        code = put_attempt(&put, arena, suffix_of_attempt(arena, attempt, false, attachment->uid), attachment, status);
    }
    blob_bucket_release(blob, put.bucket);
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
