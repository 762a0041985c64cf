/* Telling the webhooks of people what happens to their memos (contract memos.md 8). */
#ifndef MEMORA_API_MEMO_WEBHOOK_H
#define MEMORA_API_MEMO_WEBHOOK_H

#include "api/memo_common.h"

/* Before a write: looks whether the user has hooks, so that api_memo_fire finds the answer in memory. */
void api_memo_foresee(struct api_call *call, int32_t user_id);

struct memo_event {
    const char *type; /* "memos.memo.created", ... */
    const struct store_memo *memo;
    const struct store_memo *commented; /* its relation to this one is shown if it is without others; NULL: none */
    unsigned flags;                     /* of api_memo_view */
    int32_t owner_id;                   /* whose hooks are called */
};

/* Inside a write: the event for each hook, with the memo as it is now in the eyes of the caller. Costs nothing but a
 * look into memory where there are none. */
enum status_code api_memo_fire(struct api_call *call, struct db_conn *conn, const struct memo_event *event,
                               struct status *status);
/* "memos.memo.updated", for the memo's creator. */
enum status_code api_memo_fire_update(struct api_call *call, struct db_conn *conn, const struct store_memo *memo,
                                      struct status *status);

/* After the commit: what was written to the outbox during the call is sent. */
void api_deliver(struct api_call *call);

#endif
