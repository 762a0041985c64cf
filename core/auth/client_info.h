/* What a session records about the client (contract platform.md 2.4). */
#ifndef MEMORA_AUTH_CLIENT_INFO_H
#define MEMORA_AUTH_CLIENT_INFO_H

#include "api/call.h"
#include "memos/store/user_setting.pb-c.h"

typedef Memos__Store__RefreshTokensUserSetting__ClientInfo auth_client_info;

/* From the request metadata user-agent, x-forwarded-for and x-real-ip. */
auth_client_info *auth_client_info_of(const struct api_call *call);

/* Device, system and browser as a user agent tells them; fields stay "" where it tells nothing. */
void auth_parse_user_agent(struct arena *arena, const char *user_agent, auth_client_info *out);

#endif
