#include "http/cors.h"

#include <strings.h>

/* Splits "scheme://host[:port][/...]". False without a scheme or a host. */
static bool split_url(const char *url, struct cors_policy *out)
{
    const char *mark = strstr(url, "://");
    if (!mark || mark == url)
        return false;
    out->scheme = url;
    out->scheme_len = (size_t)(mark - url);
    out->host = mark + 3;
    out->host_len = strcspn(out->host, "/?#");
    for (size_t i = out->host_len; i > 0; i--) {
        if (out->host[i - 1] == '@') { /* user information is no part of the host */
            out->host += i;
            out->host_len -= i;
            break;
        }
    }
    return out->host_len > 0;
}

static bool same(const char *a, size_t a_len, const char *b, size_t b_len)
{
    return a_len == b_len && strncasecmp(a, b, a_len) == 0;
}

void cors_policy_init(struct cors_policy *policy, const char *instance_url)
{
    const char *start = instance_url + strspn(instance_url, " \t");
    if (!split_url(start, policy)) {
        *policy = (struct cors_policy){0};
        return;
    }
    while (policy->host_len > 0 && strchr(" \t", policy->host[policy->host_len - 1]))
        policy->host_len--;
}

bool cors_origin_trusted(const struct cors_policy *policy, const char *origin, const char *host)
{
    struct cors_policy parts;
    if (!split_url(origin, &parts))
        return false;
    if (same(parts.host, parts.host_len, host, strlen(host)))
        return true;
    return policy->host_len > 0 && same(parts.scheme, parts.scheme_len, policy->scheme, policy->scheme_len) &&
           same(parts.host, parts.host_len, policy->host, policy->host_len);
}

static const char *origin_of(const struct wire_request *request)
{
    const char *origin = request->header(request, "Origin");
    return origin && origin[0] ? origin : NULL;
}

/* Gives false when the origin gets no Access-Control headers. */
static bool reflect_origin(const struct cors_policy *policy, const struct wire_request *request, const char *origin,
                           struct wire_response *response)
{
    if (!origin || strcmp(origin, "null") == 0)
        return false;
    wire_response_header(response, "Access-Control-Allow-Origin", origin);
    if (cors_origin_trusted(policy, origin, request->host))
        wire_response_header(response, "Access-Control-Allow-Credentials", "true");
    return true;
}

void cors_decorate(const struct cors_policy *policy, const struct wire_request *request, struct wire_response *response)
{
    wire_response_header(response, "Vary", "Origin");
    (void)reflect_origin(policy, request, origin_of(request), response);
}

void cors_options(const struct cors_policy *policy, const struct wire_request *request, const char *allow,
                  struct wire_response *response)
{
    response->status = 204;
    wire_response_header(response, "Vary", "Origin");
    const char *origin = origin_of(request);
    if (!origin && allow)
        wire_response_header(response, "Allow", allow);
    if (!reflect_origin(policy, request, origin, response))
        return;
    wire_response_header(response, "Vary", "Access-Control-Request-Method");
    wire_response_header(response, "Vary", "Access-Control-Request-Headers");
    wire_response_header(response, "Access-Control-Allow-Methods", "GET,HEAD,PUT,PATCH,POST,DELETE");
    const char *wanted = request->header(request, "Access-Control-Request-Headers");
    if (wanted && wanted[0])
        wire_response_header(response, "Access-Control-Allow-Headers", wanted);
}
