/* What a URL must look like for its page to be fetched (contract memos.md 2.13). */
#ifndef MEMORA_PREVIEW_LINK_URL_H
#define MEMORA_PREVIEW_LINK_URL_H

#include "base/arena.h"
#include "base/status.h"

enum { LINK_URL_MAX = 8192 };

struct link_url {
    const char *host; /* without port and brackets */
    const char *path; /* with query and fragment; "" if there is none */
};

/* STATUS_INVALID_ARGUMENT: "invalid URL format", "only http/https protocols are allowed", "empty hostname". */
enum status_code link_url_read(struct arena *arena, const char *url, struct link_url *out, struct status *status);

/* The first value of a query parameter, decoded; "" if there is none. */
const char *link_url_parameter(struct arena *arena, const struct link_url *url, const char *name);

#endif
