/* One request for what fits in one; everything larger in parts. */
#include "s3.h"

#include <stdlib.h>

int s3_source_read(const struct memora_put *put, const char *key, unsigned char *buffer, size_t capacity,
                   int64_t *total, size_t *length, struct memora_error *error)
{
    *length = 0;
    while (*length < capacity) {
        int64_t n = put->read(put->ctx, buffer + *length, capacity - *length);
        if (n < 0)
            return memora_fail(error, MEMORA_E_CANCELLED, "the source of %s gave up", key);
        if (n == 0)
            break;
        if ((uint64_t)n > capacity - *length)
            return memora_fail(error, MEMORA_E_ARG, "the source of %s gives more than was asked for", key);
        *length += (size_t)n;
        *total += n;
        if (put->size >= 0 && *total > put->size)
            break;
    }
    bool ended = *length < capacity;
    if (put->size >= 0 && (*total > put->size || (ended && *total != put->size)))
        return memora_fail(error, MEMORA_E_ARG, "the source of %s has another size than announced", key);
    return MEMORA_OK;
}

static int put_whole(struct memora_storage *storage, const char *key, const struct memora_put *put,
                     struct s3_body *body, struct memora_object *out, struct memora_error *error)
{
    int result = s3_body_hash(body, error);
    if (result != MEMORA_OK)
        return result;
    const struct s3_request request = {.method = "PUT",
                                       .key = key,
                                       .content_type = put->content_type[0] ? put->content_type : NULL,
                                       .if_none_match = put->flags & MEMORA_PUT_NO_REPLACE ? "*" : NULL,
                                       .send_checksum = true,
                                       .body = body};
    struct s3_channel *channel;
    struct s3_response response;
    result = s3_perform(storage, &request, false, &channel, &response, error);
    if (result != MEMORA_OK)
        return result;
    s3_channel_give(storage, channel);
    s3_object_fill(out, &response, body->length);
    snprintf(out->content_type, sizeof out->content_type, "%s", put->content_type);
    return MEMORA_OK;
}

/* Room for the whole and one byte more, to see that the source ends there; or for one part. */
static size_t buffer_size(int64_t size)
{
    if (size >= 0 && size <= S3_SINGLE_MAX)
        return (size_t)size + 1;
    int64_t part = size / S3_PARTS_MAX + 1;
    return part > S3_PART_MIN ? (size_t)part : S3_PART_MIN;
}

static int put_buffered(struct memora_storage *storage, const char *key, const struct memora_put *put,
                        struct memora_object *out, struct memora_error *error)
{
    size_t capacity = buffer_size(put->size), length = 0;
    unsigned char *buffer = malloc(capacity);
    int64_t total = 0;
    if (!buffer)
        return s3_nomem(error);
    int result = s3_source_read(put, key, buffer, capacity, &total, &length, error);
    struct s3_body body = {.bytes = buffer, .length = length};
    if (result == MEMORA_OK)
        result = length < capacity ? put_whole(storage, key, put, &body, out, error)
                                   : s3_put_buffered(storage, key, put, buffer, capacity, out, error);
    free(buffer);
    return result;
}

int s3_put(struct memora_storage *storage, const char *key, const struct memora_put *put, struct memora_object *out,
           struct memora_error *error)
{
    struct memora_object there;
    int result = s3_key_check(key, error);
    if (result == MEMORA_OK && put->flags & MEMORA_PUT_NO_REPLACE) {
        /* Stores that do not know If-None-Match would replace it. */
        result = s3_stat(storage, key, &there, error);
        result = result == MEMORA_OK            ? memora_fail(error, MEMORA_E_EXISTS, "%s exists already", key)
                 : result == MEMORA_E_NOT_FOUND ? MEMORA_OK
                                                : result;
    }
    if (result != MEMORA_OK)
        return result;
    if (put->size < 0 || !MEMORA_HAS(put, read_at))
        return put_buffered(storage, key, put, out, error);
    if (put->size > S3_SINGLE_MAX)
        return s3_put_parts(storage, key, put, out, error);
    struct s3_body body = {.source = put, .length = (size_t)put->size};
    return put_whole(storage, key, put, &body, out, error);
}
