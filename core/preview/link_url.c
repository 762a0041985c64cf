#include "preview/link_url.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "wire/percent.h"

static enum status_code invalid(struct status *status)
{
    return status_set(status, STATUS_INVALID_ARGUMENT, "invalid URL format");
}

static bool is_letter(char c)
{
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7F)
            return true;
    return false;
}

/* The length of "scheme" in "scheme:"; 0 if there is none. */
static size_t scheme_length(const char *url)
{
    size_t length = 0;
    while (url[length] &&
           (is_letter(url[length]) || (length > 0 && (is_digit(url[length]) || strchr("+-.", url[length])))))
        length++;
    return url[length] == ':' ? length : 0;
}

static bool escapes_are_whole(struct arena *arena, const char *text, size_t length)
{
    size_t decoded;
    return wire_percent_decode(arena, text, length, false, &decoded, NULL) != NULL;
}

static bool is_port(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!is_digit(text[i]))
            return false;
    return true;
}

/* "host", "host:port", "[address]:port", with what comes before an '@'. NULL if it is none of these. */
static const char *read_host(struct arena *arena, const char *authority, size_t length)
{
    const char *at = memrchr(authority, '@', length);
    if (at) {
        length -= (size_t)(at + 1 - authority);
        authority = at + 1;
    }
    bool bracket = length > 0 && authority[0] == '[';
    const char *close = bracket ? memchr(authority, ']', length) : NULL, *host = authority + bracket;
    const char *colon = close ? close + 1 : memchr(authority, ':', length), *end = authority + length;
    if (bracket && (!close || (colon < end && *colon != ':')))
        return NULL;
    if (colon && colon < end && !is_port(colon + 1, (size_t)(end - colon - 1)))
        return NULL;
    size_t size = (size_t)((close ? close : colon ? colon : end) - host);
    for (size_t i = 0; i < size; i++)
        if (strchr(bracket ? " \"<>\\^`{|}" : " \"<>[]\\^`{|}%", host[i]))
            return NULL;
    return arena_strndup(arena, host, size);
}

enum status_code link_url_read(struct arena *arena, const char *url, struct link_url *out, struct status *status)
{
    size_t scheme = scheme_length(url);
    if (strlen(url) > LINK_URL_MAX || has_control(url))
        return invalid(status);
    size_t first = strcspn(url, "/?#");
    if (scheme == 0 && memchr(url, ':', first))
        return invalid(status);
    if (!(scheme == 4 && strncasecmp(url, "http", 4) == 0) && !(scheme == 5 && strncasecmp(url, "https", 5) == 0))
        return status_set(status, STATUS_INVALID_ARGUMENT, "only http/https protocols are allowed");
    const char *authority = url + scheme + 1;
    authority += strncmp(authority, "//", 2) == 0 ? 2 : strlen(authority);
    out->path = authority + strcspn(authority, "/?#");
    size_t path = strcspn(out->path, "?#");
    const char *fragment = strchr(out->path, '#');
    out->host = read_host(arena, authority, (size_t)(out->path - authority));
    if (!out->host || !escapes_are_whole(arena, out->path, path) ||
        (fragment && !escapes_are_whole(arena, fragment, strlen(fragment))))
        return invalid(status);
    return *out->host ? STATUS_OK : status_set(status, STATUS_INVALID_ARGUMENT, "empty hostname");
}

const char *link_url_parameter(struct arena *arena, const struct link_url *url, const char *name)
{
    const char *at = url->path + strcspn(url->path, "?#");
    size_t wanted = strlen(name);
    while (*at == '?' || *at == '&') {
        size_t length = strcspn(++at, "&#");
        if (length > wanted && strncmp(at, name, wanted) == 0 && at[wanted] == '=') {
            const char *value = wire_percent_decode_text(arena, at + wanted + 1, length - wanted - 1, true);
            return value ? value : "";
        }
        at += length;
    }
    return "";
}
