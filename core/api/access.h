/* The checks that most methods of users begin with (contract platform.md 3.1). */
#ifndef MEMORA_API_ACCESS_H
#define MEMORA_API_ACCESS_H

#include "api/call.h"
#include "store/user.h"

/* STATUS_UNAUTHENTICATED "user not authenticated". */
enum status_code api_require_user(const struct api_call *call, struct status *status);
/* ... and STATUS_PERMISSION_DENIED "permission denied" for callers without the role or who are not that user. */
enum status_code api_require_admin(const struct api_call *call, struct status *status);
enum status_code api_require_self(const struct api_call *call, int32_t user_id, struct status *status);
enum status_code api_require_self_or_admin(const struct api_call *call, int32_t user_id, struct status *status);

/* The user behind "users/{username}", where an unknown one is missing: STATUS_INVALID_ARGUMENT "invalid user name:
 * <why>", STATUS_NOT_FOUND "user not found". */
enum status_code api_user_by_name(struct api_call *call, const char *name, struct store_user *out,
                                  struct status *status);

/* The user behind "users/{username}", for methods where an unknown one is a bad argument: STATUS_INVALID_ARGUMENT with
 * the text of the name parser or "user not found: users/x". */
enum status_code api_parent_user(struct api_call *call, const char *name, struct store_user *out,
                                 struct status *status);

/* The user and id behind "users/{username}/{collection}{id}". A name of another shape gives STATUS_INVALID_ARGUMENT
 * with the text bad_format; an unknown user as above. */
enum status_code api_child_of_user(struct api_call *call, const char *name, const char *collection,
                                   const char *bad_format, struct store_user *out, const char **id,
                                   struct status *status);

/* A user-supplied secret that is no longer needed; the request's copy goes, too. */
void api_wipe(const char *secret);

#endif
