/* An instance: from keys to where requests go. */
#include <ctype.h>
#include <stdlib.h>
#include <unistd.h>

#include "credentials.h"
#include "s3.h"

enum { HOST_MAX = 255, NAME_MAX_LENGTH = 63, NAME_MIN_LENGTH = 3 };

/* What S3 allows, and what some stores allow beyond that; anything else could change the path or the host. */
static bool bucket_valid(const char *bucket)
{
    size_t length = strlen(bucket);
    if (length < NAME_MIN_LENGTH || length > NAME_MAX_LENGTH || bucket[0] == '.' || bucket[length - 1] == '.')
        return false;
    for (const char *at = bucket; *at; at++)
        if (!isalnum((unsigned char)*at) && *at != '-' && *at != '.' && *at != '_')
            return false;
    return true;
}

static bool region_valid(const char *region)
{
    size_t length = strlen(region);
    return length > 0 && length <= NAME_MAX_LENGTH &&
           strspn(region, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == length;
}

static bool host_valid(const char *host, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)host[i]) && !strchr("-._:[]", host[i]))
            return false;
    return length > 0 && length <= HOST_MAX;
}

/* What may stand in a URL as it is, so that nothing of it ends the line of a request. */
static bool path_valid(const char *path, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!isgraph((unsigned char)path[i]) || strchr("?#%\\\"<>", path[i]))
            return false;
    return true;
}

/* "https://host:port/path" into scheme, authority and base_path. The default port is not part of what is signed. */
static int take_endpoint(struct memora_storage *storage, const char *endpoint, bool path_style,
                         struct memora_error *error)
{
    char aws[HOST_MAX + 32];
    if (!*endpoint) {
        snprintf(aws, sizeof aws, "https://s3.%s.amazonaws.com", storage->credentials.region);
        endpoint = aws;
    }
    bool tls = strncmp(endpoint, "https://", 8) == 0;
    if (!tls && strncmp(endpoint, "http://", 7) != 0)
        return memora_fail(error, MEMORA_E_CONFIG, "endpoint must begin with https:// or http://");
    const char *host = endpoint + (tls ? 8 : 7);
    size_t length = strcspn(host, "/"), path_length = strlen(host + length);
    const char *path = host + length, *port = tls ? ":443" : ":80";
    while (path_length > 0 && path[path_length - 1] == '/')
        path_length--;
    if (!host_valid(host, length) || !path_valid(path, path_length))
        return memora_fail(error, MEMORA_E_CONFIG, "endpoint is not a URL like https://host:port");
    if (length > strlen(port) && strncmp(host + length - strlen(port), port, strlen(port)) == 0)
        length -= strlen(port);
    struct s3_text authority = {0}, base = {0};
    s3_text_printf(&authority, "%s%s%.*s", path_style ? "" : storage->bucket, path_style ? "" : ".", (int)length, host);
    s3_text_printf(&base, "%.*s%s%s", (int)path_length, path, path_style ? "/" : "", path_style ? storage->bucket : "");
    storage->authority = authority.data;
    storage->base_path = base.data;
    storage->scheme = strdup(tls ? "https://" : "http://");
    return authority.failed || base.failed || !storage->scheme ? s3_nomem(error) : MEMORA_OK;
}

/* TLS finds what is changed on the way, if the store proves who it is; on the loopback there is nobody who could. */
static bool is_safe_way(const struct memora_storage *storage)
{
    static const char *const loopback[] = {"127.0.0.1", "localhost", "[::1]"};
    if (storage->verify_tls && strcmp(storage->scheme, "https://") == 0)
        return true;
    for (size_t i = 0; i < sizeof loopback / sizeof *loopback; i++) {
        size_t length = strlen(loopback[i]);
        if (strncmp(storage->authority, loopback[i], length) == 0 && strchr(":", storage->authority[length]))
            return true;
    }
    return false;
}

static int fill(struct memora_storage *storage, const struct memora_config *config, struct memora_error *error)
{
    const struct memora_host *host = storage->host;
    const char *bucket = host->config_str(config, "bucket"), *ca_file = host->config_str(config, "ca_file");
    int result = s3_credentials_find(config, &storage->credentials, error);
    if (result != MEMORA_OK)
        return result;
    if (!bucket_valid(bucket))
        return memora_fail(error, MEMORA_E_CONFIG, "bucket is not the name of a bucket");
    if (!region_valid(storage->credentials.region))
        return memora_fail(error, MEMORA_E_CONFIG, "region is not the name of a region");
    if (*ca_file && access(ca_file, R_OK) != 0)
        return memora_fail(error, MEMORA_E_CONFIG, "ca_file: %s cannot be read", ca_file);
    storage->bucket = strdup(bucket);
    storage->ca_file = strdup(ca_file);
    storage->verify_tls = host->config_bool(config, "verify_tls");
    storage->compare_all = host->config_bool(config, "compare_all");
    storage->timeout_s = host->config_int(config, "timeout");
    if (!storage->bucket || !storage->ca_file)
        return s3_nomem(error);
    result =
        take_endpoint(storage, host->config_str(config, "endpoint"), host->config_bool(config, "path_style"), error);
    const char *sign = host->config_str(config, "sign_payload");
    if (result == MEMORA_OK)
        atomic_init(&storage->crc_parts,
                    strcmp(sign, "no") == 0 || (strcmp(sign, "auto") == 0 && is_safe_way(storage)));
    return result;
}

int s3_open(const struct memora_config *config, struct memora_storage **out, struct memora_error *error)
{
    struct memora_storage *storage = calloc(1, sizeof *storage);
    if (!storage)
        return s3_nomem(error);
    storage->host = s3_host();
    pthread_mutex_init(&storage->mutex, NULL);
    int result = fill(storage, config, error);
    if (result == MEMORA_OK)
        *out = storage;
    else
        s3_close(storage);
    return result;
}

void s3_close(struct memora_storage *storage)
{
    while (storage->idle) {
        struct s3_channel *next = storage->idle->next;
        s3_channel_free(storage->idle);
        storage->idle = next;
    }
    s3_credentials_free(&storage->credentials);
    free(storage->scheme);
    free(storage->authority);
    free(storage->base_path);
    free(storage->bucket);
    free(storage->ca_file);
    pthread_mutex_destroy(&storage->mutex);
    free(storage);
}
