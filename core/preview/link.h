/* What a link's page says about itself, for a preview of it (contract memos.md 2.13). */
#ifndef MEMORA_PREVIEW_LINK_H
#define MEMORA_PREVIEW_LINK_H

#include "outbound/outbound.h"

enum { LINK_REQUESTS_MAX = 10, LINK_PAGE_MAX = 512 * 1024 };

/* Texts as struct html_head has them. */
struct link_metadata {
    char *title, *description, *image;
};

/* Fetches the page, following redirects, and reads its head. options: which addresses are refused, the time for all of
 * it, whether to give up. Blocks; only on a worker of the kind HTTP_PREVIEWING (http/http.h). Errors:
 * STATUS_INVALID_ARGUMENT with the reason, whatever it is about the URL or its site; STATUS_UNAVAILABLE: the server is
 * stopping; STATUS_FAILED_PRECONDITION: no libcurl. */
enum status_code link_fetch(struct arena *arena, const char *url, const struct outbound_options *options,
                            struct link_metadata *out, struct status *status);

#endif
