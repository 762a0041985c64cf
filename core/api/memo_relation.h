/* Changing a memo's references, inside a write that another handler holds. */
#ifndef MEMORA_API_MEMO_RELATION_H
#define MEMORA_API_MEMO_RELATION_H

#include "api/memo_common.h"

/* Replaces the references of the memo (memos.md 2.9). INVALID_ARGUMENT "invalid related memo name: ...", NOT_FOUND
 * "memo not found" for a related memo that isn't there. */
enum status_code api_memo_replace_relations(struct api_call *call, struct db_conn *conn, const struct store_memo *memo,
                                            Memos__Api__V1__MemoRelation *const *relations, size_t count,
                                            struct status *status);

#endif
