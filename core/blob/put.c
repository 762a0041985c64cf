#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/uid.h"
#include "blob/internal.h"
#include "blob/key_template.h"

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

static int put_object(struct blob *blob, const char *key, const struct store_attachment *attachment,
                      struct memora_error *error)
{
    struct memory_source source = {attachment->bytes_length ? attachment->bytes : "", attachment->bytes_length};
    struct memora_put put = {.struct_size = sizeof put,
                             .flags = MEMORA_PUT_NO_REPLACE,
                             .size = (int64_t)attachment->bytes_length,
                             .content_type = attachment->type,
                             .read = memory_read,
                             .ctx = &source};
    return blob_instance_put(&blob->inside, key, &put, error);
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* The database file lies in the data directory as well. A file that a user could name like one of its companions, such
 * as a journal that SQLite would play back, never gets that name. */
static bool needs_random_name(const struct blob *blob, const char *path)
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

static enum status_code put_local(struct blob *blob, struct arena *arena, const char *path_template,
                                  struct store_attachment *attachment, struct status *status)
{
    const char *expanded = key_template_expand(arena, path_template, attachment->filename, clock_wall_s());
    const char *path = path_absolute(arena, blob->template_dir, expanded);
    if (!blob_key_inside(blob, path)) {
        log_error("the path template %s leads to %s, which is not below %s; the key root of section [storage] decides",
                  path_template, path, *blob->root ? blob->root : "/");
        return status_set(status, STATUS_FAILED_PRECONDITION,
                          "the file path template leads out of the directory that the server may write to");
    }
    bool random = needs_random_name(blob, path);
    struct memora_error error = {0};
    const char *key = "";
    int result = MEMORA_E_ARG;
    for (unsigned attempt = 0; attempt < PUT_ATTEMPTS; attempt++) {
        key = blob_key_inside(
            blob, key_template_suffix(arena, path, suffix_of_attempt(arena, attempt, random, attachment->uid)));
        result = key_valid(key) ? put_object(blob, key, attachment, &error) : MEMORA_E_ARG;
        /* A name that the plugin keeps for itself is refused as an argument; with a suffix it is another one. */
        if (result != MEMORA_E_EXISTS && result != MEMORA_E_ARG)
            break;
    }
    if (result != MEMORA_OK)
        return blob_status(result, "store", key, &error, status);
    attachment->storage = STORE_ATTACHMENT_LOCAL;
    attachment->reference = arena_printf(arena, "%s/%s", blob->root, key);
    return STATUS_OK;
}

enum status_code blob_put(struct blob *blob, struct arena *arena, const Memos__Store__InstanceStorageSetting *setting,
                          struct store_attachment *attachment, struct status *status)
{
    switch (setting->storage_type) {
    case MEMOS__STORE__INSTANCE_STORAGE_SETTING__STORAGE_TYPE__DATABASE:
        attachment->storage = STORE_ATTACHMENT_DATABASE;
        attachment->reference = "";
        return STATUS_OK;
    case MEMOS__STORE__INSTANCE_STORAGE_SETTING__STORAGE_TYPE__S3:
        return status_set(status, STATUS_FAILED_PRECONDITION, "No activated external storage found");
    default:
        return put_local(blob, arena, setting->filepath_template, attachment, status);
    }
}

/* Derived files that v0.30 keeps in the data directory: with the original they go as well. */
static void remove_cached(struct blob *blob, struct arena *arena, const char *uid)
{
    const char *names[] = {arena_printf(arena, ".thumbnail_cache/%s.v2.jpeg", uid),
                           arena_printf(arena, ".motion_cache/%s.mp4", uid)};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *key = blob_key_inside(blob, path_absolute(arena, blob->data_dir, names[i]));
        struct memora_error error = {0};
        if (key && key_valid(key) && blob_instance_remove(&blob->inside, key, &error) != MEMORA_OK)
            log_warn("cannot remove %s: %s", key, error.message);
    }
}

enum status_code blob_remove(struct blob *blob, struct arena *arena, const struct store_attachment *attachment,
                             struct status *status)
{
    struct blob_instance *instance;
    const char *key;
    remove_cached(blob, arena, attachment->uid);
    if (attachment->storage == STORE_ATTACHMENT_S3)
        log_warn("the S3 object of attachment %s stays: this server has no S3 storage yet", attachment->uid);
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
