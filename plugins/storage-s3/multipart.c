/* An upload in parts: nothing is visible before it is completed, and nothing is left of it when it fails. */
#include "s3.h"

#include <stdlib.h>

#include "xml.h"

enum { UPLOAD_ID_MAX = 1024, CODE_MAX = 64, MESSAGE_MAX = 256 };

struct part {
    char etag[72];
    char checksum[S3_CHECKSUM_SIZE]; /* or the CRC-32C */
};

struct upload {
    struct memora_storage *storage;
    const char *key;
    const struct memora_put *put;
    char id[UPLOAD_ID_MAX];
    size_t part_size;
    bool crc;           /* of parts, in place of SHA-256 and of their signature */
    struct part *parts; /* those that are sent, and in between those that are being sent */
    size_t count, capacity;
    pthread_mutex_t lock; /* guards the three below */
    size_t next;
    int result; /* the first failure, and what was said about it */
    struct memora_error error;
};

static int begin(struct upload *upload, struct memora_error *error)
{
    const struct s3_param params[] = {{"uploads", ""}};
    const char *type = upload->put->content_type;
    struct s3_body nothing = {.bytes = ""};
    char part_size[24];
    snprintf(part_size, sizeof part_size, "%zu", upload->part_size);
    /* With both, the checksum that the store makes of those of the parts can be made anew from the object. */
    const struct s3_param extra[] = {{"x-amz-checksum-algorithm", upload->crc ? "CRC32C" : "SHA256"},
                                     {S3_META_PART_SIZE, part_size}};
    const struct s3_request request = {.method = "POST",
                                       .key = upload->key,
                                       .params = params,
                                       .param_count = 1,
                                       .content_type = *type ? type : NULL,
                                       .extra = extra,
                                       .extra_count = 2,
                                       .may_be_unknown = upload->crc,
                                       .body = &nothing};
    struct s3_channel *channel;
    int result = s3_body_hash(&nothing, error);
    if (result == MEMORA_OK)
        result = s3_perform(upload->storage, &request, false, &channel, NULL, error);
    if (result != MEMORA_OK)
        return result;
    xmlDoc *document = s3_xml_parse(channel->received.data, channel->received.length);
    if (document)
        s3_xml_copy(xmlDocGetRootElement(document), "UploadId", upload->id, sizeof upload->id);
    xmlFreeDoc(document);
    s3_channel_give(upload->storage, channel);
    return upload->id[0] ? MEMORA_OK
                         : memora_fail(error, MEMORA_E_IO, "the store gives no id for the upload of %s", upload->key);
}

/* Parts count from 0 here, and from 1 in S3. */
static int send_part(struct upload *upload, size_t index, struct s3_body *body, struct memora_error *error)
{
    char number[24];
    snprintf(number, sizeof number, "%zu", index + 1);
    const struct s3_param params[] = {{"partNumber", number}, {"uploadId", upload->id}};
    const struct s3_request request = {.method = "PUT",
                                       .key = upload->key,
                                       .params = params,
                                       .param_count = 2,
                                       .send_checksum = true,
                                       .crc = upload->crc,
                                       .may_be_unknown = upload->crc,
                                       .body = body};
    struct s3_channel *channel;
    struct s3_response response;
    int result = upload->crc ? s3_body_crc(body, error) : s3_body_hash(body, error);
    if (result == MEMORA_OK)
        result = s3_perform(upload->storage, &request, false, &channel, &response, error);
    if (result != MEMORA_OK)
        return result;
    s3_channel_give(upload->storage, channel);
    memcpy(upload->parts[index].etag, response.etag, sizeof response.etag);
    if (!upload->crc) {
        s3_checksum_encode(body->sha256, upload->parts[index].checksum);
        return MEMORA_OK;
    }
    s3_crc32c_encode(body->crc32c, upload->parts[index].checksum);
    /* A store that knows it says it back. */
    return strcmp(response.crc32c, upload->parts[index].checksum) == 0
               ? MEMORA_OK
               : memora_fail(error, S3_E_UNCHECKED, "the store does not compare the checksum of %s", upload->key);
}

/* It may have been done although the answer got lost; then the second try finds no upload, but the object. */
static int done_already(struct upload *upload, int64_t total, int result, struct memora_object *out,
                        struct memora_error *error)
{
    struct memora_object found;
    if (result != MEMORA_E_NOT_FOUND || s3_stat(upload->storage, upload->key, &found, NULL) != MEMORA_OK ||
        found.size != (uint64_t)total)
        return result;
    *out = found;
    if (error)
        *error = (struct memora_error){0};
    return MEMORA_OK;
}

/* The store may find an error after it has begun to answer 200; then it is in the body. */
static int completed(struct upload *upload, const struct s3_channel *channel, struct memora_object *out,
                     struct memora_error *error)
{
    char code[CODE_MAX], message[MESSAGE_MAX];
    if (s3_error_parse(channel->received.data, channel->received.length, code, sizeof code, message, sizeof message))
        return memora_fail(error, MEMORA_E_IO, "the upload of %s cannot be completed: %s: %s", upload->key, code,
                           message);
    return s3_stat(upload->storage, upload->key, out, error);
}

static int complete(struct upload *upload, int64_t total, struct memora_object *out, struct memora_error *error)
{
    struct s3_text text = {0};
    const char *name = upload->crc ? "CRC32C" : "SHA256";
    const struct s3_param params[] = {{"uploadId", upload->id}};
    s3_text_printf(&text, "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    for (size_t i = 0; i < upload->count; i++)
        s3_text_printf(&text,
                       "<Part><PartNumber>%zu</PartNumber><ETag>\"%s\"</ETag>"
                       "<Checksum%s>%s</Checksum%s></Part>",
                       i + 1, upload->parts[i].etag, name, upload->parts[i].checksum, name);
    s3_text_printf(&text, "</CompleteMultipartUpload>");
    struct s3_body body = {.bytes = text.data, .length = text.length};
    const struct s3_request request = {.method = "POST",
                                       .key = upload->key,
                                       .params = params,
                                       .param_count = 1,
                                       .content_type = "application/xml",
                                       .if_none_match = upload->put->flags & MEMORA_PUT_NO_REPLACE ? "*" : NULL,
                                       .body = &body};
    struct s3_channel *channel = NULL;
    int result = text.failed ? s3_nomem(error) : s3_body_hash(&body, error);
    if (result == MEMORA_OK)
        result = s3_perform(upload->storage, &request, false, &channel, NULL, error);
    if (result == MEMORA_OK) {
        result = completed(upload, channel, out, error);
        s3_channel_give(upload->storage, channel);
    } else {
        result = done_already(upload, total, result, out, error);
    }
    s3_text_free(&text);
    return result;
}

static void abandon(struct memora_storage *storage, const char *key, const char *id)
{
    const struct s3_param params[] = {{"uploadId", id}};
    const struct s3_request request = {.method = "DELETE", .key = key, .params = params, .param_count = 1};
    struct s3_channel *channel;
    struct memora_error error = {0};
    int result = s3_perform(storage, &request, false, &channel, NULL, &error);
    if (result == MEMORA_OK)
        s3_channel_give(storage, channel);
    else if (result != MEMORA_E_NOT_FOUND && result != S3_E_NO_BUCKET)
        memora_log(storage->host, MEMORA_LOG_WARN, "parts of an upload are left in the bucket: %s", error.message);
}

static void abandon_listed(struct memora_storage *storage, const char *key, xmlNode *root)
{
    for (xmlNode *node = root ? root->children : NULL; node; node = node->next) {
        char name[MEMORA_STORAGE_KEY_MAX + 2], id[UPLOAD_ID_MAX];
        if (node->type != XML_ELEMENT_NODE || strcmp((const char *)node->name, "Upload") != 0)
            continue;
        s3_xml_copy(node, "Key", name, sizeof name);
        s3_xml_copy(node, "UploadId", id, sizeof id);
        if (strcmp(name, key) == 0 && *id)
            abandon(storage, key, id);
    }
}

void s3_abandon_uploads(struct memora_storage *storage, const char *key)
{
    const struct s3_param params[] = {{"uploads", ""}, {"prefix", key}};
    const struct s3_request request = {.method = "GET", .params = params, .param_count = 2};
    struct s3_channel *channel;
    struct memora_error error = {0};
    if (s3_perform(storage, &request, false, &channel, NULL, &error) != MEMORA_OK) {
        memora_log(storage->host, MEMORA_LOG_DEBUG, "unfinished uploads cannot be listed: %s", error.message);
        return;
    }
    xmlDoc *document = s3_xml_parse(channel->received.data, channel->received.length);
    s3_channel_give(storage, channel);
    abandon_listed(storage, key, document ? xmlDocGetRootElement(document) : NULL);
    xmlFreeDoc(document);
}

static bool reserve(struct upload *upload, size_t count)
{
    size_t capacity = upload->capacity ? upload->capacity : 16;
    while (capacity < count)
        capacity *= 2;
    struct part *grown = capacity > upload->capacity ? realloc(upload->parts, capacity * sizeof *grown) : upload->parts;
    if (!grown)
        return false;
    upload->parts = grown;
    upload->capacity = capacity;
    return true;
}

static void *send_parts(void *ctx)
{
    struct upload *upload = ctx;
    for (;;) {
        struct memora_error error = {0};
        pthread_mutex_lock(&upload->lock);
        size_t index = upload->result == MEMORA_OK ? upload->next++ : upload->count;
        pthread_mutex_unlock(&upload->lock);
        if (index >= upload->count)
            return NULL;
        uint64_t at = (uint64_t)index * upload->part_size, left = (uint64_t)upload->put->size - at;
        struct s3_body body = {
            .source = upload->put, .at = at, .length = left < upload->part_size ? (size_t)left : upload->part_size};
        int result = send_part(upload, index, &body, &error);
        pthread_mutex_lock(&upload->lock);
        if (result != MEMORA_OK && upload->result == MEMORA_OK) {
            upload->result = result;
            upload->error = error;
        }
        pthread_mutex_unlock(&upload->lock);
    }
}

/* This thread and others; where those cannot be had it does it all. */
static int send_all(struct upload *upload, struct memora_error *error)
{
    pthread_t others[S3_SENDERS - 1];
    size_t started = 0;
    upload->count = ((size_t)upload->put->size + upload->part_size - 1) / upload->part_size;
    if (!reserve(upload, upload->count))
        return s3_nomem(error);
    while (started + 1 < upload->count && started < S3_SENDERS - 1 &&
           pthread_create(&others[started], NULL, send_parts, upload) == 0)
        started++;
    send_parts(upload);
    while (started > 0)
        pthread_join(others[--started], NULL);
    if (upload->result != MEMORA_OK && error)
        *error = upload->error;
    return upload->result;
}

static int finish(struct upload *upload, int result, int64_t total, struct memora_object *out,
                  struct memora_error *error)
{
    if (result == MEMORA_OK)
        result = complete(upload, total, out, error);
    if (result != MEMORA_OK)
        abandon(upload->storage, upload->key, upload->id);
    pthread_mutex_destroy(&upload->lock);
    free(upload->parts);
    return result;
}

static int put_parts(struct memora_storage *storage, const char *key, const struct memora_put *put, bool crc,
                     struct memora_object *out, struct memora_error *error)
{
    int64_t least = put->size / S3_PARTS_MAX + 1;
    struct upload upload = {
        .storage = storage, .key = key, .put = put, .part_size = least > S3_PART ? (size_t)least : S3_PART, .crc = crc};
    int result = begin(&upload, error);
    if (result != MEMORA_OK)
        return result;
    pthread_mutex_init(&upload.lock, NULL);
    result = send_all(&upload, error);
    return finish(&upload, result, put->size, out, error);
}

int s3_put_parts(struct memora_storage *storage, const char *key, const struct memora_put *put,
                 struct memora_object *out, struct memora_error *error)
{
    bool crc = atomic_load(&storage->crc_parts);
    int result = put_parts(storage, key, put, crc, out, error);
    if (result != S3_E_UNCHECKED)
        return result;
    if (error)
        *error = (struct memora_error){0};
    result = put_parts(storage, key, put, false, out, error);
    /* Not the fault of the object, then. */
    if (result == MEMORA_OK && atomic_exchange(&storage->crc_parts, false))
        memora_log(storage->host, MEMORA_LOG_INFO, "%s does not know CRC-32C: parts of uploads are signed",
                   storage->authority);
    return result;
}

int s3_put_buffered(struct memora_storage *storage, const char *key, const struct memora_put *put,
                    unsigned char *buffer, size_t capacity, struct memora_object *out, struct memora_error *error)
{
    struct upload upload = {.storage = storage, .key = key, .put = put, .part_size = capacity};
    size_t length = capacity;
    int64_t total = (int64_t)capacity;
    int result = begin(&upload, error);
    if (result != MEMORA_OK)
        return result;
    pthread_mutex_init(&upload.lock, NULL);
    while (result == MEMORA_OK && length > 0) {
        bool last = length < capacity;
        struct s3_body body = {.bytes = buffer, .length = length};
        if (upload.count == S3_PARTS_MAX)
            result = memora_fail(error, MEMORA_E_FULL, "%s is too large: more than %d parts", key, S3_PARTS_MAX);
        else if (!reserve(&upload, upload.count + 1))
            result = s3_nomem(error);
        else
            result = send_part(&upload, upload.count++, &body, error);
        length = 0;
        if (result == MEMORA_OK && !last)
            result = s3_source_read(put, key, buffer, capacity, &total, &length, error);
    }
    return finish(&upload, result, total, out, error);
}
