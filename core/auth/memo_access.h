/* Who may do what with one memo (contract memos.md 2.2 and appendix A), as a table. */
#ifndef MEMORA_AUTH_MEMO_ACCESS_H
#define MEMORA_AUTH_MEMO_ACCESS_H

#include "api/call.h"
#include "store/memo.h"

enum memo_action {
    MEMO_READ,    /* the memo itself and the list of its comments */
    MEMO_RELATED, /* its attachments and reactions; reacting; commenting */
    MEMO_CHANGE,  /* update, delete, set, share */
    MEMO_ACTION_COUNT
};

/* STATUS_OK, or the error that the caller sees: NOT_FOUND "memo not found", UNAUTHENTICATED "user not authenticated",
 * PERMISSION_DENIED "permission denied". */
enum status_code memo_access_check(const struct api_caller *caller, enum memo_action action,
                                   const struct store_memo *memo, struct status *status);

/* What the caller's lists may show. */
struct store_viewer memo_access_viewer(const struct api_caller *caller);

#endif
