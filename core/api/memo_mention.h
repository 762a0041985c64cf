/* Telling people that a memo mentions them (contract memos.md 3.4). */
#ifndef MEMORA_API_MEMO_MENTION_H
#define MEMORA_API_MEMO_MENTION_H

#include "api/memo_common.h"

/* Before a write that may notify somebody: looks whether notifications go out by mail, which they then do. */
void api_memo_foresee_mail(struct api_call *call);

/* Inside a write: adds an inbox row for each user that content mentions and previous (may be "") did not. parent is the
 * memo commented on, NULL for a top-level memo. */
enum status_code api_memo_notify_mentions(struct api_call *call, struct db_conn *conn, const struct store_memo *memo,
                                          const struct store_memo *parent, const char *previous, size_t previous_length,
                                          struct status *status);

/* Inside a write: tells the parent's creator of a comment, unless it is private or his own. */
enum status_code api_memo_notify_comment(struct api_call *call, struct db_conn *conn, const struct store_memo *comment,
                                         const struct store_memo *parent, struct status *status);

#endif
