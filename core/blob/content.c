#include <string.h>

#include "base/log.h"
#include "blob/internal.h"

enum { SKIP_BLOCK = 16 * 1024 };

struct blob_content {
    struct arena *arena;
    struct arena *own_arena; /* holds the content itself; NULL: the caller's does */
    uint64_t size;
    int64_t modified_s;
    /* DATABASE: the row, and those of its bytes that were selected. */
    struct store *store;
    int32_t row_id;
    const char *bytes;
    uint64_t bytes_at, bytes_length;
    /* LOCAL and S3: an open object. */
    struct blob *blob;
    struct blob_instance *instance; /* NULL for DATABASE */
    struct blob_instance *bucket;   /* S3: the instance, to be given back */
    const char *key;
    struct memora_reader *reader; /* NULL after a failure */
    const char *problem;          /* of the last read */
    uint64_t reader_at;           /* position of its next byte, where there is no descriptor */
    int fd;
    uint64_t fd_base;
};

static enum status_code open_row(struct blob_content *content, const struct store_attachment *attachment,
                                 struct status *status)
{
    struct db_conn *conn;
    int64_t size;
    enum status_code code = store_read_begin(content->store, &conn, status);
    if (code)
        return code;
    code = store_attachment_bytes_size(conn, attachment->id, &size, status);
    store_read_end(conn);
    if (code)
        return code;
    content->row_id = attachment->id;
    content->size = size > 0 ? (uint64_t)size : 0;
    content->modified_s = attachment->updated_ts;
    return STATUS_OK;
}

static enum status_code open_object(struct blob_content *content, const struct store_attachment *attachment,
                                    struct status *status)
{
    struct memora_object info = {0};
    struct memora_error error = {0};
    int result = blob_instance_get(content->instance, content->key, 0, &content->reader, &info, &error);
    if (result != MEMORA_OK) {
        content->reader = NULL;
        if (result == MEMORA_E_NOT_FOUND || result == MEMORA_E_ARG)
            log_warn("the file of attachment %s is missing: %s", attachment->uid, error.message);
        return blob_status(result == MEMORA_E_ARG ? MEMORA_E_NOT_FOUND : result, "open", content->key, &error, status);
    }
    content->size = info.size;
    content->modified_s = info.mtime_ns / 1000000000;
    content->fd = blob_instance_reader_fd(content->instance, content->reader, &content->fd_base);
    return STATUS_OK;
}

static enum status_code open_file(struct blob_content *content, struct blob *blob,
                                  const struct store_attachment *attachment, struct status *status)
{
    if (blob_locate(blob, content->arena, attachment->reference, &content->instance, &content->key))
        return open_object(content, attachment, status);
    log_warn("the file of attachment %s cannot be read: its path cannot be used", attachment->uid);
    return status_set(status, STATUS_NOT_FOUND, "the file is missing");
}

static enum status_code open_in_bucket(struct blob_content *content, struct blob *blob,
                                       const struct store_attachment *attachment, struct blob_content **out,
                                       struct status *status)
{
    enum status_code code =
        blob_bucket_of(blob, content->store, content->arena, attachment, &content->bucket, &content->key, status);
    content->blob = blob;
    content->instance = content->bucket;
    if (code == STATUS_OK)
        content->key = arena_strdup(content->arena, content->key);
    if (code == STATUS_OK)
        code = open_object(content, attachment, status);
    if (code) {
        blob_content_close(content);
        *out = NULL;
    }
    return code;
}

enum status_code blob_content_open(struct blob *blob, struct store *store, struct arena *arena,
                                   const struct store_attachment *attachment, struct blob_content **out,
                                   struct status *status)
{
    /* What comes over a network may be read by a thread that outlasts the request. */
    struct arena *own = attachment->storage == STORE_ATTACHMENT_S3 ? arena_create() : NULL;
    struct blob_content *content = ARENA_NEW(own ? own : arena, struct blob_content);
    content->arena = own ? own : arena;
    content->own_arena = own;
    content->store = store;
    content->fd = -1;
    *out = content;
    switch (attachment->storage) {
    case STORE_ATTACHMENT_DATABASE:
        return open_row(content, attachment, status);
    case STORE_ATTACHMENT_LOCAL:
        return open_file(content, blob, attachment, status);
    case STORE_ATTACHMENT_S3:
        return open_in_bucket(content, blob, attachment, out, status);
    case STORE_ATTACHMENT_EXTERNAL:
        break;
    }
    return status_set(status, STATUS_FAILED_PRECONDITION, "the attachment is not stored here");
}

enum status_code blob_content_stat(struct blob *blob, struct store *store, struct arena *arena,
                                   const struct store_attachment *attachment, uint64_t *size, struct status *status)
{
    struct blob_instance *instance = NULL, *bucket = NULL;
    const char *key = "";
    struct memora_object info = {0};
    struct memora_error error = {0};
    enum status_code code = STATUS_OK;
    if (attachment->storage == STORE_ATTACHMENT_S3) {
        code = blob_bucket_of(blob, store, arena, attachment, &bucket, &key, status);
        instance = bucket;
    } else if (attachment->storage != STORE_ATTACHMENT_LOCAL) {
        return status_set(status, STATUS_FAILED_PRECONDITION, "the attachment is not stored here");
    } else if (!blob_locate(blob, arena, attachment->reference, &instance, &key)) {
        code = status_set(status, STATUS_NOT_FOUND, "the file is missing");
    }
    if (code)
        return code;
    int result = blob_instance_stat(instance, key, &info, &error);
    blob_bucket_release(blob, bucket);
    *size = info.size;
    return result == MEMORA_OK
               ? STATUS_OK
               : blob_status(result == MEMORA_E_ARG ? MEMORA_E_NOT_FOUND : result, "look at", key, &error, status);
}

static void close_reader(struct blob_content *content)
{
    if (content->reader)
        blob_instance_reader_close(content->instance, content->reader);
    content->reader = NULL;
}

void blob_content_close(struct blob_content *content)
{
    if (!content)
        return;
    close_reader(content);
    blob_bucket_release(content->blob, content->bucket);
    content->bucket = NULL;
    if (content->own_arena)
        arena_destroy(content->own_arena); /* and the content */
}

bool blob_content_is_remote(const struct blob_content *content)
{
    return content->bucket != NULL;
}

struct blob *blob_content_blob(const struct blob_content *content)
{
    return content->blob;
}

uint64_t blob_content_size(const struct blob_content *content)
{
    return content->size;
}

int64_t blob_content_modified(const struct blob_content *content)
{
    return content->modified_s;
}

enum status_code blob_content_select(struct blob_content *content, uint64_t off, uint64_t len, struct status *status)
{
    struct db_conn *conn;
    size_t length = 0;
    if (content->instance)
        return STATUS_OK;
    enum status_code code = store_read_begin(content->store, &conn, status);
    if (code)
        return code;
    code = store_attachment_bytes(conn, content->arena, content->row_id, off, len, &content->bytes, &length, status);
    store_read_end(conn);
    content->bytes_at = off;
    content->bytes_length = length;
    return code;
}

static int64_t read_row(const struct blob_content *content, uint64_t pos, void *out, size_t cap)
{
    if (pos < content->bytes_at || pos - content->bytes_at > content->bytes_length)
        return -1; /* not selected */
    uint64_t left = content->bytes_length - (pos - content->bytes_at);
    size_t n = left < cap ? (size_t)left : cap;
    memcpy(out, content->bytes + (pos - content->bytes_at), n);
    return (int64_t)n;
}

/* Reads and drops what lies before pos, for plugins that can only start at the beginning. */
static bool skip_to(struct blob_content *content, uint64_t pos, void *scratch, size_t cap, struct memora_error *error)
{
    while (content->reader_at < pos) {
        uint64_t left = pos - content->reader_at;
        int64_t n =
            blob_instance_read(content->instance, content->reader, scratch, left < cap ? (size_t)left : cap, error);
        if (n <= 0)
            return false;
        content->reader_at += (uint64_t)n;
    }
    return true;
}

/* Moves the reader to pos; forward by skipping, or by opening anew. */
static bool seek_to(struct blob_content *content, uint64_t pos, void *scratch, size_t cap, struct memora_error *error)
{
    if (content->reader && content->reader_at == pos)
        return true;
    bool from_anywhere = (content->instance->features & MEMORA_STORAGE_RANGE) != 0;
    if (!content->reader || from_anywhere || pos < content->reader_at) {
        struct memora_object info;
        close_reader(content);
        content->reader_at = from_anywhere ? pos : 0;
        if (blob_instance_get(content->instance, content->key, content->reader_at, &content->reader, &info, error)) {
            content->reader = NULL;
            return false;
        }
    }
    return skip_to(content, pos, scratch, cap, error);
}

int64_t blob_content_read(struct blob_content *content, uint64_t pos, void *out, size_t cap)
{
    if (!content->instance)
        return read_row(content, pos, out, cap);
    if (pos >= content->size)
        return 0;
    struct memora_error error = {0};
    int64_t n = -1;
    if (seek_to(content, pos, out, cap, &error))
        n = blob_instance_read(content->instance, content->reader, out, cap, &error);
    if (n < 0) {
        content->problem = arena_strdup(content->arena, error.message);
        log_error("cannot read %s: %s", content->key, error.message);
        return -1;
    }
    content->reader_at += (uint64_t)n;
    return n;
}

const char *blob_content_problem(const struct blob_content *content)
{
    return content->problem && *content->problem ? content->problem : "it ends too early";
}

bool blob_content_has_read_now(const struct blob_content *content)
{
    return blob_instance_has_read_now(content->instance);
}

bool blob_content_begin(struct blob_content *content, uint64_t pos)
{
    char dropped[SKIP_BLOCK];
    struct memora_error error = {0};
    bool there = seek_to(content, pos, dropped, sizeof dropped, &error);
    if (!there)
        log_error("cannot read %s: %s", content->key, error.message);
    return there;
}

int64_t blob_content_read_now(struct blob_content *content, void *out, size_t cap, int *wait_fd)
{
    struct memora_error error = {0};
    int64_t n = blob_instance_read_now(content->instance, content->reader, out, cap, wait_fd, &error);
    if (n == MEMORA_E_LATER)
        return BLOB_STREAM_WAIT;
    if (n < 0)
        log_error("cannot read %s: %s", content->key, error.message);
    else
        content->reader_at += (uint64_t)n;
    return n < 0 ? -1 : n;
}

int blob_content_fd(const struct blob_content *content, uint64_t *base)
{
    *base = content->fd_base;
    return content->fd;
}
