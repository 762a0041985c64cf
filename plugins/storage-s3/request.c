/* Signing, sending, and trying again. */
#include "s3.h"

#include <stdlib.h>
#include <time.h>

#include "../common/object_key.h"

enum { BACK_OFF_MS = 100, BACK_OFF_MAX_MS = 3000, NS_PER_MS = 1000000, HEADERS_MAX = 9 + S3_EXTRA_MAX };

int s3_nomem(struct memora_error *error)
{
    return memora_fail(error, MEMORA_E_NOMEM, "out of memory");
}

int s3_key_check(const char *key, struct memora_error *error)
{
    return key && object_key_valid(key) ? MEMORA_OK : memora_fail(error, MEMORA_E_ARG, "not a valid object key");
}

void s3_object_fill(struct memora_object *object, const struct s3_response *response, uint64_t size)
{
    *object = (struct memora_object){.size = size, .mtime_ns = s3_time_ns(response->last_modified_s)};
    memcpy(object->etag, response->etag, sizeof object->etag);
    memcpy(object->content_type, response->content_type, sizeof object->content_type);
}

static void add_path(const struct memora_storage *storage, const char *key, struct s3_text *out)
{
    s3_text_add(out, storage->base_path, strlen(storage->base_path));
    if (key) {
        s3_text_add(out, "/", 1);
        s3_text_encode(out, key, true);
    } else if (out->length == 0 || storage->base_path[0] == '\0') {
        s3_text_add(out, "/", 1);
    }
}

void s3_url(const struct memora_storage *storage, const char *key, const struct s3_param *params, size_t count,
            struct s3_text *out)
{
    struct s3_text path = {0};
    add_path(storage, key, &path);
    s3_text_printf(out, "%s%s%s", storage->scheme, storage->authority, path.failed ? "" : path.data);
    out->failed |= path.failed;
    s3_text_free(&path);
    for (size_t i = 0; i < count; i++) {
        s3_text_add(out, i ? "&" : "?", 1);
        s3_text_encode(out, params[i].name, false);
        s3_text_add(out, "=", 1);
        s3_text_encode(out, params[i].value, false);
    }
}

/* A value of NULL keeps libcurl from sending the header at all, as "name:" does. */
static void add_header(struct curl_slist **list, struct s3_text *line, const char *name, const char *value)
{
    line->length = 0;
    s3_text_printf(line, !value ? "%s:" : *value ? "%s: %s" : "%s;", name, value);
    struct curl_slist *grown = line->failed ? NULL : curl_slist_append(*list, line->data);
    if (grown)
        *list = grown;
    else
        line->failed = true;
}

/* What is signed of the body. */
static void payload_hash(const struct s3_request *request, char out[SIGV4_HASH_HEX])
{
    if (request->crc)
        snprintf(out, SIGV4_HASH_HEX, "%s", SIGV4_UNSIGNED_PAYLOAD);
    else if (request->body)
        sigv4_hex(request->body->sha256, out);
    else
        sigv4_hash("", 0, out);
}

/* Its value is written into checksum. */
static struct s3_param checksum_header(const struct s3_request *request, char checksum[S3_CHECKSUM_SIZE])
{
    if (request->crc)
        s3_crc32c_encode(request->body->crc32c, checksum);
    else
        s3_checksum_encode(request->body->sha256, checksum);
    return (struct s3_param){request->crc ? "x-amz-checksum-crc32c" : "x-amz-checksum-sha256", checksum};
}

/* The headers of the request with its signature; NULL if memory is short. */
static struct curl_slist *sign(const struct memora_storage *storage, const struct s3_request *request)
{
    const struct s3_credentials *credentials = &storage->credentials;
    char hash[SIGV4_HASH_HEX], checksum[S3_CHECKSUM_SIZE], signature[SIGV4_HASH_HEX], names[256], scope[SIGV4_SCOPE];
    struct s3_param headers[HEADERS_MAX];
    struct s3_text path = {0}, line = {0};
    struct curl_slist *list = NULL;
    struct sigv4_request signing = {.method = request->method,
                                    .service = "s3",
                                    .params = request->params,
                                    .param_count = request->param_count,
                                    .headers = headers,
                                    .payload_hash = hash};
    size_t n = 0;
    payload_hash(request, hash);
    sigv4_time(storage->host->wall_ns() / 1000000000, signing.time);
    headers[n++] = (struct s3_param){"host", storage->authority};
    headers[n++] = (struct s3_param){"x-amz-content-sha256", hash};
    headers[n++] = (struct s3_param){"x-amz-date", signing.time};
    if (credentials->session_token[0])
        headers[n++] = (struct s3_param){"x-amz-security-token", credentials->session_token};
    if (request->content_type)
        headers[n++] = (struct s3_param){"content-type", request->content_type};
    if (request->range)
        headers[n++] = (struct s3_param){"range", request->range};
    if (request->if_none_match)
        headers[n++] = (struct s3_param){"if-none-match", request->if_none_match};
    if (request->send_checksum)
        headers[n++] = checksum_header(request, checksum);
    if (request->ask_checksum)
        headers[n++] = (struct s3_param){"x-amz-checksum-mode", "ENABLED"};
    for (size_t i = 0; i < request->extra_count; i++)
        headers[n++] = request->extra[i];
    signing.header_count = n;
    add_path(storage, request->key, &path);
    signing.path = path.data;
    bool signed_well = !path.failed && sigv4_sign(credentials, &signing, signature) == 0 &&
                       sigv4_signed_headers(&signing, names, sizeof names) == 0;
    for (size_t i = 1; i < n && signed_well; i++)
        add_header(&list, &line, headers[i].name, headers[i].value);
    if (signed_well) {
        char value[1024];
        sigv4_scope(credentials, signing.service, signing.time, scope);
        snprintf(value, sizeof value, "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s",
                 credentials->access_key, scope, names, signature);
        add_header(&list, &line, "Authorization", value);
        add_header(&list, &line, "Expect", NULL); /* no waiting for 100 Continue */
    }
    signed_well &= !line.failed;
    s3_text_free(&path);
    s3_text_free(&line);
    if (signed_well)
        return list;
    curl_slist_free_all(list);
    return NULL;
}

/* What a second try may help with: the network, 5xx, "slow down", and 409, which S3 gives for operations that are in
 * each other's way (OperationAborted, ConditionalRequestConflict; gateways to file systems have more). */
static bool may_pass(const struct s3_channel *channel)
{
    switch (channel->code) {
    case CURLE_OK:
        return (channel->response.status >= 500 && channel->response.status != 501) ||
               channel->response.status == 429 || channel->response.status == 409 || channel->response.status == 408;
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
        return true;
    default:
        return false;
    }
}

/* Exponential, with full jitter, so that many who failed together do not come back together. */
static void back_off(const struct memora_storage *storage, int attempt)
{
    uint32_t random = 0;
    int limit = BACK_OFF_MS << attempt;
    storage->host->random(&random, sizeof random);
    int ms = 1 + (int)(random % (uint32_t)(limit < BACK_OFF_MAX_MS ? limit : BACK_OFF_MAX_MS));
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * NS_PER_MS}, NULL);
}

static int attempt(struct memora_storage *storage, const struct s3_request *request, const char *url, bool streaming,
                   struct s3_channel *channel)
{
    struct curl_slist *headers = sign(storage, request);
    if (!headers)
        return MEMORA_E_NOMEM;
    int result = s3_channel_start(channel, storage, url, request, streaming, headers);
    if (result != MEMORA_OK)
        return result;
    s3_channel_run(channel, !streaming);
    bool good = channel->response.status >= 200 && channel->response.status < 300;
    if (streaming && channel->head_complete && !good)
        s3_channel_run(channel, true); /* what it says in its body */
    return channel->code == CURLE_OK && good ? MEMORA_OK : MEMORA_E_IO;
}

int s3_perform(struct memora_storage *storage, const struct s3_request *request, bool streaming,
               struct s3_channel **out, struct s3_response *response, struct memora_error *error)
{
    struct s3_text url = {0};
    struct s3_channel *channel = s3_channel_take(storage);
    *out = NULL;
    s3_url(storage, request->key, request->params, request->param_count, &url);
    int result = channel && !url.failed ? MEMORA_E_IO : MEMORA_E_NOMEM;
    for (int i = 0; i < S3_ATTEMPTS && result == MEMORA_E_IO; i++) {
        if (i > 0)
            back_off(storage, i);
        result = attempt(storage, request, url.data, streaming, channel);
        if (result == MEMORA_E_IO && (!may_pass(channel) || storage->host->stopping()))
            break;
    }
    s3_text_free(&url);
    if (response && channel)
        *response = channel->response;
    if (result == MEMORA_OK) {
        *out = channel;
        return MEMORA_OK;
    }
    result = result == MEMORA_E_NOMEM ? s3_nomem(error) : s3_error(storage, request, channel, error);
    s3_channel_give(storage, channel);
    return result;
}
