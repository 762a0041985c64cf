/* Memo filters of requests. */
#ifndef MEMORA_API_MEMO_FILTER_H
#define MEMORA_API_MEMO_FILTER_H

#include "api/call.h"
#include "filter/filter.h"

/* "" gives an empty condition. INVALID_ARGUMENT "invalid filter: ..." (memos.md 4.1). */
enum status_code api_memo_filter(struct api_call *call, const char *text, struct filter_sql *out,
                                 struct status *status);

#endif
