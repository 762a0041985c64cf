/* Users as the API shows them (contract platform.md 3.1). */
#ifndef MEMORA_API_CONVERT_USER_H
#define MEMORA_API_CONVERT_USER_H

#include "api/call.h"
#include "memos/api/v1/user_service.pb-c.h"
#include "store/user.h"

/* The view for the caller: the e-mail address is shown to admins and to the user himself only. */
Memos__Api__V1__User *api_user_view(const struct api_call *call, const struct store_user *user);
/* The view that the user himself gets, for answers of calls that are not yet his (sign-in, sign-up). */
Memos__Api__V1__User *api_user_self_view(struct arena *arena, const struct store_user *user);

#endif
