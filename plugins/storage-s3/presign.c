/* Links that carry their signature (S3 API Reference, "Authenticating Requests: Using Query Parameters"). */
#include "s3.h"

enum { TTL_MAX_S = 7 * 24 * 3600 /* as S3 has it */ };

int s3_presign(struct memora_storage *storage, const char *key, int64_t ttl_s, char *url, size_t cap,
               struct memora_error *error)
{
    const struct s3_credentials *credentials = &storage->credentials;
    char scope[SIGV4_SCOPE], credential[SIGV4_SCOPE * 2], expires[24], signature[SIGV4_HASH_HEX];
    const struct s3_param headers[] = {{"host", storage->authority}};
    struct s3_text text = {0}, path = {0};
    int result = s3_key_check(key, error);
    if (result != MEMORA_OK)
        return result;
    if (ttl_s < 1 || ttl_s > TTL_MAX_S)
        return memora_fail(error, MEMORA_E_UNSUPPORTED, "a signed link lasts 1 to %d seconds", TTL_MAX_S);
    struct sigv4_request signing = {.method = "GET",
                                    .service = "s3",
                                    .headers = headers,
                                    .header_count = 1,
                                    .payload_hash = SIGV4_UNSIGNED_PAYLOAD};
    sigv4_time(storage->host->wall_ns() / 1000000000, signing.time);
    sigv4_scope(credentials, signing.service, signing.time, scope);
    snprintf(credential, sizeof credential, "%s/%s", credentials->access_key, scope);
    snprintf(expires, sizeof expires, "%lld", (long long)ttl_s);
    struct s3_param params[7] = {{"X-Amz-Algorithm", "AWS4-HMAC-SHA256"},
                                 {"X-Amz-Credential", credential},
                                 {"X-Amz-Date", signing.time},
                                 {"X-Amz-Expires", expires},
                                 {"X-Amz-SignedHeaders", "host"}};
    size_t count = 5;
    if (credentials->session_token[0])
        params[count++] = (struct s3_param){"X-Amz-Security-Token", credentials->session_token};
    signing.params = params;
    signing.param_count = count;
    s3_text_add(&path, storage->base_path, strlen(storage->base_path));
    s3_text_add(&path, "/", 1);
    s3_text_encode(&path, key, true);
    signing.path = path.data;
    if (path.failed || sigv4_sign(credentials, &signing, signature) != 0)
        result = s3_nomem(error);
    params[count++] = (struct s3_param){"X-Amz-Signature", signature};
    if (result == MEMORA_OK)
        s3_url(storage, key, params, count, &text);
    if (result == MEMORA_OK && text.failed)
        result = s3_nomem(error);
    else if (result == MEMORA_OK && text.length >= cap)
        result = memora_fail(error, MEMORA_E_RANGE, "the link has %zu bytes, room is for %zu", text.length, cap);
    if (result == MEMORA_OK)
        memcpy(url, text.data, text.length + 1);
    s3_text_free(&path);
    s3_text_free(&text);
    return result;
}
