/* The small routes of the site itself: /healthz, /robots.txt, /sitemap.xml (platform.md 1.1 and 8). */
#ifndef MEMORA_HTTP_SITE_H
#define MEMORA_HTTP_SITE_H

#include "config/config.h"
#include "store/store.h"
#include "wire/exchange.h"

struct site {
    const struct config *config;
    const struct store *store;
};

/* Methods of these routes for Allow. */
extern const char site_allow_get[];

/* wire_handlers. ctx of the first is not used, of the others struct site. */
void site_healthz(void *ctx, struct wire_request *request, struct wire_response *response);
void site_robots(void *ctx, struct wire_request *request, struct wire_response *response);
void site_sitemap(void *ctx, struct wire_request *request, struct wire_response *response); /* reads the database */

/* The instance URL without blanks around it and slashes at its end; "" if there is none. */
char *site_base_url(struct arena *arena, const struct config *config);

/* 405 with Allow, as every framework route answers a wrong method. */
void site_method_not_allowed(const char *allow, struct wire_response *response);

#endif
