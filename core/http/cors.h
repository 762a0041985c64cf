/* Cross-origin rules (platform.md 1.2): every origin is reflected, credentials only for a trusted one. */
#ifndef MEMORA_HTTP_CORS_H
#define MEMORA_HTTP_CORS_H

#include "wire/exchange.h"

/* The configured instance URL, cut into what an origin is compared with. Borrows the URL. */
struct cors_policy {
    const char *scheme, *host; /* host includes the port; not NUL-terminated */
    size_t scheme_len, host_len;
};

/* A blank or unusable URL trusts no origin by itself. */
void cors_policy_init(struct cors_policy *policy, const char *instance_url);

/* True if host[:port] of the origin is the request's Host, or scheme and host[:port] are those of the instance URL.
 * "null" and origins without a host are never trusted. */
bool cors_origin_trusted(const struct cors_policy *policy, const char *origin, const char *host);

/* Adds Vary and Access-Control-* to the answer of a request that is not OPTIONS. */
void cors_decorate(const struct cors_policy *policy, const struct wire_request *request,
                   struct wire_response *response);

/* Answers any OPTIONS request: 204 with the preflight headers, or with Allow when it carries no origin. allow may be
 * NULL. */
void cors_options(const struct cors_policy *policy, const struct wire_request *request, const char *allow,
                  struct wire_response *response);

#endif
