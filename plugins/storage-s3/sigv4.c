#include "sigv4.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "s3.h"

enum { HASH = 32, SECRET_MAX = 512, DATE = 8 };

void sigv4_hex(const unsigned char bytes[HASH], char out[SIGV4_HASH_HEX])
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < HASH; i++) {
        out[2 * i] = hex[bytes[i] >> 4];
        out[2 * i + 1] = hex[bytes[i] & 15];
    }
    out[2 * HASH] = '\0';
}

void sigv4_hash(const void *bytes, size_t length, char out[SIGV4_HASH_HEX])
{
    unsigned char hash[HASH] = {0};
    gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes, length, hash);
    sigv4_hex(hash, out);
}

void sigv4_time(int64_t unix_s, char out[SIGV4_TIME])
{
    struct tm parts;
    time_t time = (time_t)unix_s;
    if (!gmtime_r(&time, &parts) || strftime(out, SIGV4_TIME, "%Y%m%dT%H%M%SZ", &parts) == 0)
        memcpy(out, "19700101T000000Z", SIGV4_TIME);
}

void sigv4_scope(const struct s3_credentials *credentials, const char *service, const char *time, char out[SIGV4_SCOPE])
{
    snprintf(out, SIGV4_SCOPE, "%.*s/%s/%s/aws4_request", DATE, time, credentials->region, service);
}

static int by_name(const void *a, const void *b)
{
    const struct s3_param *left = a, *right = b;
    int order = strcmp(left->name, right->name);
    return order ? order : strcmp(left->value, right->value);
}

/* A sorted copy. False if there are too many. */
static bool sort(const struct s3_param *in, size_t count, struct s3_param out[SIGV4_PAIRS_MAX])
{
    if (count > SIGV4_PAIRS_MAX)
        return false;
    if (count) {
        memcpy(out, in, count * sizeof *out);
        qsort(out, count, sizeof *out, by_name);
    }
    return true;
}

int sigv4_signed_headers(const struct sigv4_request *request, char *out, size_t size)
{
    struct s3_param sorted[SIGV4_PAIRS_MAX];
    size_t length = 0;
    if (!sort(request->headers, request->header_count, sorted))
        return -1;
    for (size_t i = 0; i < request->header_count; i++) {
        int n = snprintf(out + length, size - length, "%s%s", i ? ";" : "", sorted[i].name);
        if (n < 0 || (size_t)n >= size - length)
            return -1;
        length += (size_t)n;
    }
    return 0;
}

/* Task 1: the canonical request. */
static int canonical(const struct sigv4_request *request, struct s3_text *out)
{
    struct s3_param sorted[SIGV4_PAIRS_MAX];
    char names[512];
    if (!sort(request->params, request->param_count, sorted) || sigv4_signed_headers(request, names, sizeof names) != 0)
        return -1;
    s3_text_printf(out, "%s\n", request->method);
    s3_text_add(out, request->path, strlen(request->path));
    s3_text_add(out, "\n", 1);
    /* Our parameter names are unreserved characters, so the order of names is that of encoded names. */
    for (size_t i = 0; i < request->param_count; i++) {
        s3_text_add(out, "&", i ? 1 : 0);
        s3_text_encode(out, sorted[i].name, false);
        s3_text_add(out, "=", 1);
        s3_text_encode(out, sorted[i].value, false);
    }
    s3_text_add(out, "\n", 1);
    sort(request->headers, request->header_count, sorted);
    for (size_t i = 0; i < request->header_count; i++) {
        s3_text_add(out, sorted[i].name, strlen(sorted[i].name));
        s3_text_add(out, ":", 1);
        s3_text_add(out, sorted[i].value, strlen(sorted[i].value));
        s3_text_add(out, "\n", 1);
    }
    s3_text_printf(out, "\n%s\n%s", names, request->payload_hash);
    return out->failed ? -1 : 0;
}

/* Task 3: the key for the day, the region and the service. */
static int derive_key(const struct s3_credentials *credentials, const struct sigv4_request *request,
                      unsigned char key[HASH])
{
    char secret[SECRET_MAX];
    int length = snprintf(secret, sizeof secret, "AWS4%s", credentials->secret_key);
    const char *steps[] = {credentials->region, request->service, "aws4_request"};
    if (length < 0 || length >= (int)sizeof secret)
        return -1;
    int result = gnutls_hmac_fast(GNUTLS_MAC_SHA256, secret, (size_t)length, request->time, DATE, key);
    gnutls_memset(secret, 0, sizeof secret);
    for (size_t i = 0; i < 3 && result == 0; i++) {
        unsigned char next[HASH];
        result = gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, HASH, steps[i], strlen(steps[i]), next);
        memcpy(key, next, HASH);
    }
    return result == 0 ? 0 : -1;
}

int sigv4_sign(const struct s3_credentials *credentials, const struct sigv4_request *request, char out[SIGV4_HASH_HEX])
{
    struct s3_text text = {0};
    char scope[SIGV4_SCOPE], hash[SIGV4_HASH_HEX];
    unsigned char key[HASH], signature[HASH];
    int result = canonical(request, &text);
    if (result == 0) {
        sigv4_hash(text.data, text.length, hash);
        sigv4_scope(credentials, request->service, request->time, scope);
        text.length = 0;
        s3_text_printf(&text, "AWS4-HMAC-SHA256\n%s\n%s\n%s", request->time, scope, hash); /* task 2 */
        result = text.failed ? -1 : derive_key(credentials, request, key);
    }
    if (result == 0)
        result = gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, HASH, text.data, text.length, signature);
    if (result == 0)
        sigv4_hex(signature, out);
    gnutls_memset(key, 0, sizeof key);
    s3_text_free(&text);
    return result == 0 ? 0 : -1;
}
