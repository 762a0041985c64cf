/* Paging of lists whose token carries limit and offset (contract memos.md 1.3 (a), platform.md 3.3). */
#ifndef MEMORA_API_PAGE_H
#define MEMORA_API_PAGE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"

enum { API_PAGE_DEFAULT = 50, API_PAGE_MAX = 1000 };

struct api_page {
    int32_t limit;  /* 1..API_PAGE_MAX */
    int32_t offset; /* >= 0 */
};

/* A token wins over page_size; "" is no token. Errors: STATUS_INVALID_ARGUMENT "invalid page token: ...". */
enum status_code api_page_parse(struct arena *arena, int32_t page_size, const char *token, struct api_page *out,
                                struct status *status);

/* The token of the page that follows. */
const char *api_page_next(struct arena *arena, const struct api_page *page);

#endif
