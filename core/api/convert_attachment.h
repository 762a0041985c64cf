/* Attachments as the API shows them (contract memos.md 5.1). */
#ifndef MEMORA_API_CONVERT_ATTACHMENT_H
#define MEMORA_API_CONVERT_ATTACHMENT_H

#include "memos/api/v1/attachment_service.pb-c.h"
#include "store/attachment.h"

/* memo_uid is that of the memo to name (usually attachment->memo_uid); NULL leaves field memo unset. */
Memos__Api__V1__Attachment *api_attachment_view(struct arena *arena, const struct store_attachment *attachment,
                                                const char *memo_uid);

#endif
