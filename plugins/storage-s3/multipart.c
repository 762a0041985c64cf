/* An upload in parts: nothing is visible before it is completed, and nothing is left of it when it fails. */
#include "s3.h"

#include <stdlib.h>

#include "xml.h"

enum { UPLOAD_ID_MAX = 1024, CODE_MAX = 64, MESSAGE_MAX = 256 };

struct upload {
    struct memora_storage *storage;
    const char *key;
    const struct memora_put *put;
    char id[UPLOAD_ID_MAX];
    int parts;
    struct s3_text list; /* of the parts, as CompleteMultipartUpload wants it */
};

static int begin(struct upload *upload, struct memora_error *error)
{
    const struct s3_param params[] = {{"uploads", ""}};
    const char *type = upload->put->content_type;
    const struct s3_request request = {.method = "POST",
                                       .key = upload->key,
                                       .params = params,
                                       .param_count = 1,
                                       .content_type = *type ? type : NULL,
                                       .body = ""};
    struct s3_channel *channel;
    int result = s3_perform(upload->storage, &request, false, &channel, NULL, error);
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

static int send_part(struct upload *upload, const unsigned char *bytes, size_t length, struct memora_error *error)
{
    char number[12];
    if (++upload->parts > S3_PARTS_MAX)
        return memora_fail(error, MEMORA_E_FULL, "%s is too large: more than %d parts", upload->key, S3_PARTS_MAX);
    snprintf(number, sizeof number, "%d", upload->parts);
    const struct s3_param params[] = {{"partNumber", number}, {"uploadId", upload->id}};
    const struct s3_request request = {
        .method = "PUT", .key = upload->key, .params = params, .param_count = 2, .body = bytes, .body_length = length};
    struct s3_channel *channel;
    struct s3_response response;
    int result = s3_perform(upload->storage, &request, false, &channel, &response, error);
    if (result != MEMORA_OK)
        return result;
    s3_channel_give(upload->storage, channel);
    s3_text_printf(&upload->list, "<Part><PartNumber>%d</PartNumber><ETag>\"%s\"</ETag></Part>", upload->parts,
                   response.etag);
    return upload->list.failed ? s3_nomem(error) : MEMORA_OK;
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
    struct s3_text body = {0};
    const struct s3_param params[] = {{"uploadId", upload->id}};
    s3_text_printf(&body, "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    s3_text_add(&body, upload->list.data, upload->list.length);
    s3_text_printf(&body, "</CompleteMultipartUpload>");
    const struct s3_request request = {.method = "POST",
                                       .key = upload->key,
                                       .params = params,
                                       .param_count = 1,
                                       .content_type = "application/xml",
                                       .if_none_match = upload->put->flags & MEMORA_PUT_NO_REPLACE ? "*" : NULL,
                                       .body = body.data,
                                       .body_length = body.length};
    struct s3_channel *channel = NULL;
    int result = body.failed ? s3_nomem(error) : s3_perform(upload->storage, &request, false, &channel, NULL, error);
    if (result == MEMORA_OK) {
        result = completed(upload, channel, out, error);
        s3_channel_give(upload->storage, channel);
    } else {
        result = done_already(upload, total, result, out, error);
    }
    s3_text_free(&body);
    return result;
}

static void abandon(struct upload *upload)
{
    const struct s3_param params[] = {{"uploadId", upload->id}};
    const struct s3_request request = {.method = "DELETE", .key = upload->key, .params = params, .param_count = 1};
    struct s3_channel *channel;
    struct memora_error error = {0};
    int result = s3_perform(upload->storage, &request, false, &channel, NULL, &error);
    if (result == MEMORA_OK)
        s3_channel_give(upload->storage, channel);
    else if (result != MEMORA_E_NOT_FOUND && result != S3_E_NO_BUCKET)
        memora_log(upload->storage->host, MEMORA_LOG_WARN, "parts of an upload are left in the bucket: %s",
                   error.message);
}

int s3_put_parts(struct memora_storage *storage, const char *key, const struct memora_put *put, unsigned char *buffer,
                 size_t capacity, struct memora_object *out, struct memora_error *error)
{
    struct upload upload = {.storage = storage, .key = key, .put = put};
    size_t length = capacity;
    int64_t total = (int64_t)capacity;
    int result = begin(&upload, error);
    if (result != MEMORA_OK)
        return result;
    while (result == MEMORA_OK && length > 0) {
        bool last = length < capacity;
        result = send_part(&upload, buffer, length, error);
        length = 0;
        if (result == MEMORA_OK && !last)
            result = s3_source_read(put, key, buffer, capacity, &total, &length, error);
    }
    if (result == MEMORA_OK)
        result = complete(&upload, total, out, error);
    if (result != MEMORA_OK)
        abandon(&upload);
    s3_text_free(&upload.list);
    return result;
}
