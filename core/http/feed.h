/* RSS feeds of public memos (contract memos.md 6): /explore/rss.xml and /u/{username}/rss.xml. */
#ifndef MEMORA_HTTP_FEED_H
#define MEMORA_HTTP_FEED_H

#include <stdbool.h>

#include "config/config.h"
#include "store/store.h"
#include "wire/exchange.h"

struct feed {
    const struct config *config;
    struct store *store;
};

/* True for the two addresses, whether or not the user exists. */
bool feed_owns_path(const char *path);

/* A wire_handler; ctx is a struct feed. Reads the database: for a worker. */
void feed_handle(void *ctx, struct wire_request *request, struct wire_response *response);

#endif
