#include "api/webhook_check.h"

#include <netdb.h>
#include <string.h>
#include <strings.h>

#include "base/address.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/quote.h"
#include "base/secret.h"

enum { SECRET_BYTES = 32, MAX_HOST = 253 };
static const char secret_prefix[] = "whsec_";

static enum status_code bad_url(struct arena *arena, const char *url, const char *why, struct status *status)
{
    return status_set(status, STATUS_INVALID_ARGUMENT, "invalid webhook URL: parse %s: %s", text_quote(arena, url),
                      why);
}

struct parts {
    const char *scheme; /* lower case, "" if there is none */
    const char *host;   /* without port, brackets and user */
};

static char *lower(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_strndup(arena, text, length);
    for (size_t i = 0; i < length; i++)
        if (copy[i] >= 'A' && copy[i] <= 'Z')
            copy[i] = (char)(copy[i] - 'A' + 'a');
    return copy;
}

/* Length of the scheme before ':' (RFC 3986, section 3.1); 0 if there is none. */
static size_t scheme_length(const char *url)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char others[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";
    if (!*url || !strchr(letters, *url))
        return 0;
    size_t length = strspn(url, others);
    return url[length] == ':' ? length : 0;
}

static enum status_code split_host(struct arena *arena, const char *url, const char *authority, struct parts *out,
                                   struct status *status)
{
    const char *user = memrchr(authority, '@', strcspn(authority, "/?#"));
    const char *host = user ? user + 1 : authority, *rest;
    size_t host_length;
    if (*host == '[') {
        host++;
        host_length = strcspn(host, "]");
        if (host[host_length] != ']')
            return bad_url(arena, url, "missing ']' in host", status);
        rest = host + host_length + 1;
    } else {
        host_length = strcspn(host, ":/?#");
        rest = host + host_length;
    }
    if (*rest == ':')
        rest += 1 + strspn(rest + 1, "0123456789");
    if (*rest && !strchr("/?#", *rest))
        return bad_url(arena, url, "invalid port after host", status);
    out->host = arena_strndup(arena, host, host_length);
    return STATUS_OK;
}

static enum status_code split_url(struct arena *arena, const char *url, struct parts *out, struct status *status)
{
    size_t length = scheme_length(url);
    const char *rest = length ? url + length + 1 : url;
    *out = (struct parts){.scheme = lower(arena, url, length), .host = ""};
    for (const char *c = url; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F)
            return bad_url(arena, url, "net/url: invalid control character in URL", status);
    if (*url == ':')
        return bad_url(arena, url, "missing protocol scheme", status);
    if (length == 0 && *url != '/')
        return bad_url(arena, url, "invalid URI for request", status);
    if (strpbrk(rest, " <>\"") && strcspn(rest, " <>\"") < strcspn(rest, "?#"))
        return bad_url(arena, url, "invalid character in host name", status);
    if (strncmp(rest, "//", 2) != 0)
        return STATUS_OK;
    return split_host(arena, url, rest + 2, out, status);
}

static enum status_code check_addresses(const char *host, bool allow_private, struct status *status)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (*host == '\0' || strlen(host) > MAX_HOST)
        return status_set(status, STATUS_INVALID_ARGUMENT,
                          "webhook URL hostname could not be resolved: lookup %.64s: no such host", host);
    int failure = getaddrinfo(host, NULL, &hints, &found);
    if (failure)
        return status_set(status, STATUS_INVALID_ARGUMENT, "webhook URL hostname could not be resolved: lookup %s: %s",
                          host, gai_strerror(failure));
    bool reserved = false;
    for (const struct addrinfo *at = found; at; at = at->ai_next)
        reserved = reserved || address_is_reserved(at->ai_addr);
    freeaddrinfo(found);
    if (reserved && !allow_private)
        return status_set(status, STATUS_INVALID_ARGUMENT,
                          "webhook URL must not resolve to a reserved or private IP address");
    return STATUS_OK;
}

enum status_code api_check_webhook_url(struct arena *arena, const char *url, bool allow_private, struct status *status)
{
    struct parts parts;
    enum status_code code = split_url(arena, url, &parts, status);
    if (code)
        return code;
    if (strcmp(parts.scheme, "http") != 0 && strcmp(parts.scheme, "https") != 0)
        return status_set(status, STATUS_INVALID_ARGUMENT, "webhook URL must use http or https scheme, got %s",
                          text_quote(arena, parts.scheme));
    return allow_private && *parts.host ? STATUS_OK : check_addresses(parts.host, allow_private, status);
}

enum status_code api_check_signing_secret(struct arena *arena, const char *secret, struct status *status)
{
    struct buf bytes = buf_in(arena);
    size_t bad_at = 0;
    for (const char *c = secret; *c; c++)
        if (*c < 0x20 || *c > 0x7E)
            return status_set(status, STATUS_INVALID_ARGUMENT, "signing secret contains invalid character");
    if (strncmp(secret, secret_prefix, sizeof secret_prefix - 1) != 0)
        return STATUS_OK;
    secret += sizeof secret_prefix - 1;
    if (!base64_decode_strict(&bytes, secret, strlen(secret), &bad_at))
        return status_set(status, STATUS_INVALID_ARGUMENT,
                          "signing secret has whsec_ prefix but is not valid base64: illegal base64 data at input "
                          "byte %zu",
                          bad_at);
    if (bytes.len)
        secret_wipe(bytes.data, bytes.len);
    return STATUS_OK;
}

char *api_make_signing_secret(struct arena *arena)
{
    unsigned char bytes[SECRET_BYTES];
    struct buf text = buf_in(arena);
    random_bytes(bytes, sizeof bytes);
    buf_add_str(&text, secret_prefix);
    base64_encode(&text, bytes, sizeof bytes);
    buf_add_char(&text, '\0');
    secret_wipe(bytes, sizeof bytes);
    return text.data;
}
