/* Shared by the handlers of AttachmentService. */
#ifndef MEMORA_API_ATTACHMENT_COMMON_H
#define MEMORA_API_ATTACHMENT_COMMON_H

#include "api/call.h"
#include "store/attachment.h"

/* The uid of "attachments/{uid}"; errors begin with "invalid attachment id: ". */
enum status_code api_attachment_uid(struct arena *arena, const char *name, const char **uid, struct status *status);

/* A name without directories that is not hidden: not empty, no '/' or '\', no blank or period at either end. */
bool api_attachment_filename_valid(const char *filename);

/* Its creator, or an admin. */
bool api_attachment_may_change(const struct api_call *call, const struct store_attachment *attachment);

/* Turns what the store said into INTERNAL "doing: ...", unless it is already an answer for the client (NOT_FOUND,
 * UNAVAILABLE). */
enum status_code api_attachment_failed(const char *doing, struct status *status);

#endif
