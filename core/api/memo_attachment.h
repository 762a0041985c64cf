/* Changing a memo's attachments, inside a write that another handler holds. */
#ifndef MEMORA_API_MEMO_ATTACHMENT_H
#define MEMORA_API_MEMO_ATTACHMENT_H

#include "api/memo_common.h"
#include "store/attachment.h"

/* Makes the attachments of the memo those of the request, in that order (memos.md 2.11): the others are deleted, those
 * of other memos move here. *removed tells whether any was: then call blob_removals_due after the write.
 * INVALID_ARGUMENT, NOT_FOUND and PERMISSION_DENIED as the contract has them. */
enum status_code api_memo_replace_attachments(struct api_call *call, struct db_conn *conn,
                                              const struct store_memo *memo, Memos__Api__V1__Attachment *const *wanted,
                                              size_t count, bool *removed, struct status *status);

#endif
