/* Reading, and what else concerns one object. */
#include "s3.h"

#include <stdlib.h>

struct memora_reader {
    struct memora_storage *storage;
    struct s3_channel *channel; /* NULL: an empty range */
    uint64_t skip, left;        /* skip: the store ignored the range and sends all */
    struct s3_compare *compare; /* with what was stored; NULL: there is nothing to compare with */
};

int s3_stat(struct memora_storage *storage, const char *key, struct memora_object *out, struct memora_error *error)
{
    const struct s3_request request = {.method = "HEAD", .key = key};
    struct s3_channel *channel;
    struct s3_response response;
    int result = s3_key_check(key, error);
    if (result == MEMORA_OK)
        result = s3_perform(storage, &request, false, &channel, &response, error);
    if (result != MEMORA_OK)
        return result;
    s3_channel_give(storage, channel);
    if (response.content_length < 0)
        return memora_fail(error, MEMORA_E_IO, "the store does not tell the size of %s", key);
    s3_object_fill(out, &response, (uint64_t)response.content_length);
    return MEMORA_OK;
}

static int make_reader(struct memora_storage *storage, struct s3_channel *channel, uint64_t skip, uint64_t left,
                       struct memora_reader **out, struct memora_error *error)
{
    struct memora_reader *reader = malloc(sizeof *reader);
    if (!reader)
        return s3_nomem(error);
    *reader = (struct memora_reader){.storage = storage, .channel = channel, .skip = skip, .left = left};
    *out = reader;
    return MEMORA_OK;
}

/* Ranges that HTTP has no words for: those without a byte. */
static int get_empty(struct memora_storage *storage, const char *key, uint64_t off, struct memora_reader **out,
                     struct memora_object *info, struct memora_error *error)
{
    int result = s3_stat(storage, key, info, error);
    if (result != MEMORA_OK)
        return result;
    if (off > info->size)
        return memora_fail(error, MEMORA_E_RANGE, "%s ends before the offset", key);
    return make_reader(storage, NULL, 0, 0, out, error);
}

static int open_reader(struct memora_storage *storage, const char *key, uint64_t off, uint64_t len,
                       struct s3_channel *channel, struct memora_reader **out, struct memora_object *info,
                       struct memora_error *error)
{
    const struct s3_response *response = &channel->response;
    bool partial = response->status == 206;
    int64_t size = partial ? response->range_size : response->content_length;
    if (size < 0)
        return memora_fail(error, MEMORA_E_IO, "the store does not tell the size of %s", key);
    s3_object_fill(info, response, (uint64_t)size);
    if (off > info->size)
        return memora_fail(error, MEMORA_E_RANGE, "%s ends before the offset", key);
    uint64_t most = info->size - off;
    int result = make_reader(storage, channel, partial ? 0 : off, len < most ? len : most, out, error);
    if (result == MEMORA_OK && off == 0 && most <= len && !partial)
        (*out)->compare = s3_compare_begin(response, storage->compare_all);
    return result;
}

int s3_get(struct memora_storage *storage, const char *key, uint64_t off, uint64_t len, struct memora_reader **out,
           struct memora_object *info, struct memora_error *error)
{
    char range[64];
    bool whole = off == 0 && len > INT64_MAX;
    int result = s3_key_check(key, error);
    if (result != MEMORA_OK)
        return result;
    if (len == 0 || off > INT64_MAX)
        return get_empty(storage, key, off, out, info, error);
    if (len > INT64_MAX || off + len > INT64_MAX)
        snprintf(range, sizeof range, "bytes=%llu-", (unsigned long long)off);
    else
        snprintf(range, sizeof range, "bytes=%llu-%llu", (unsigned long long)off, (unsigned long long)(off + len - 1));
    const struct s3_request request = {
        .method = "GET", .key = key, .range = whole ? NULL : range, .ask_checksum = whole};
    struct s3_channel *channel;
    result = s3_perform(storage, &request, true, &channel, NULL, error);
    if (result == MEMORA_E_RANGE) /* at the end, or behind it */
        return get_empty(storage, key, off, out, info, error);
    if (result != MEMORA_OK)
        return result;
    result = open_reader(storage, key, off, len, channel, out, info, error);
    if (result != MEMORA_OK)
        s3_channel_free(channel);
    return result;
}

/* With the last bytes all are compared: who does not get these does not take the rest for the object. */
static bool is_right(struct memora_reader *reader, const void *bytes, size_t n)
{
    struct s3_compare *compare = reader->compare;
    return !compare || (s3_compare_add(compare, bytes, n) && (reader->left > 0 || s3_compare_equal(compare)));
}

static int ended_early(const struct s3_channel *channel, struct memora_error *error)
{
    return memora_fail(error, channel->received.failed ? MEMORA_E_NOMEM : MEMORA_E_IO,
                       "the store ended its answer too early: %s",
                       channel->error[0] ? channel->error : curl_easy_strerror(channel->code));
}

/* now: without waiting. */
static int64_t read_some(struct memora_reader *reader, void *buf, size_t cap, bool now, struct memora_error *error)
{
    struct s3_channel *channel = reader->channel;
    while (channel && reader->left > 0) {
        uint64_t wanted = reader->skip > 0 ? reader->skip : reader->left;
        size_t most = wanted < cap ? (size_t)wanted : cap;
        size_t n = now ? s3_channel_pump_now(channel, buf, most) : s3_channel_pump(channel, buf, most);
        if (n == 0 && !channel->finished)
            return MEMORA_E_LATER;
        if (n == 0)
            return ended_early(channel, error);
        if (reader->skip > 0) {
            reader->skip -= n;
            continue;
        }
        reader->left -= n;
        return is_right(reader, buf, n) ? (int64_t)n
                                        : memora_fail(error, MEMORA_E_IO,
                                                      "the store sent other bytes than were stored: "
                                                      "their checksum is wrong");
    }
    return 0;
}

int64_t s3_read(struct memora_reader *reader, void *buf, size_t cap, struct memora_error *error)
{
    return read_some(reader, buf, cap, false, error);
}

int64_t s3_read_now(struct memora_reader *reader, void *buf, size_t cap, int *wait_fd, struct memora_error *error)
{
    int64_t n = read_some(reader, buf, cap, true, error);
    if (n == MEMORA_E_LATER)
        *wait_fd = s3_channel_fd(reader->channel);
    return n;
}

void s3_reader_close(struct memora_reader *reader)
{
    struct s3_channel *channel = reader->channel;
    char beyond;
    if (channel && reader->left == 0 && !channel->finished)
        (void)s3_channel_pump_now(channel, &beyond, 1); /* the end of the answer, if it is there: then the connection
                                                           can be used again */
    if (channel && channel->finished)
        s3_channel_give(reader->storage, channel);
    else if (channel)
        s3_channel_free(channel);
    s3_compare_free(reader->compare);
    free(reader);
}

int s3_remove_object(struct memora_storage *storage, const char *key, struct memora_error *error)
{
    const struct s3_request request = {.method = "DELETE", .key = key};
    struct s3_channel *channel;
    struct s3_response response = {0};
    int result = s3_key_check(key, error);
    if (result == MEMORA_OK)
        result = s3_perform(storage, &request, false, &channel, &response, error);
    if (result == MEMORA_OK)
        s3_channel_give(storage, channel);
    /* Some stores tell that it was not there. */
    return result == MEMORA_E_NOT_FOUND ? MEMORA_OK : result;
}

int s3_remove(struct memora_storage *storage, const char *key, struct memora_error *error)
{
    int result = s3_remove_object(storage, key, error);
    if (result == MEMORA_OK)
        s3_abandon_uploads(storage, key);
    return result;
}
