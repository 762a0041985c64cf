/* AuthService: GetCurrentUser, RefreshToken, SignOut (contract platform.md 2.4, 2.5). */
#include "api/access.h"
#include "api/convert.h"
#include "api/convert_user.h"
#include "api_handlers.h"
#include "auth/auth.h"

enum status_code api_auth_service_get_current_user(struct api_call *call,
                                                   const Memos__Api__V1__GetCurrentUserRequest *request,
                                                   Memos__Api__V1__GetCurrentUserResponse **response,
                                                   struct status *status)
{
    (void)request;
    struct store_user user;
    enum status_code code = api_require_user(call, status);
    if (code)
        return code;
    int32_t id = call->caller.user_id;
    code = store_user_get(call->services->store, NULL, call->arena, id, &user, status);
    /* Gone since the gate let the call in. */
    if (code == STATUS_NOT_FOUND)
        return status_set(status, STATUS_UNAUTHENTICATED, "failed to get current user: user %d not found", id);
    if (code)
        return status_prefix(status, "failed to get current user: ");
    if (user.row_status == STORE_ARCHIVED)
        return status_set(status, STATUS_UNAUTHENTICATED, "user not found");
    Memos__Api__V1__GetCurrentUserResponse *out = CODEC_NEW(call->arena, Memos__Api__V1__GetCurrentUserResponse,
                                                            memos__api__v1__get_current_user_response__descriptor);
    out->user = api_user_self_view(call->arena, &user);
    *response = out;
    return STATUS_OK;
}

enum status_code api_auth_service_refresh_token(struct api_call *call,
                                                const Memos__Api__V1__RefreshTokenRequest *request,
                                                Memos__Api__V1__RefreshTokenResponse **response, struct status *status)
{
    (void)request;
    struct auth_grant grant;
    enum status_code code = auth_renew_session(call->services->auth, call, &grant, status);
    if (code)
        return code;
    Memos__Api__V1__RefreshTokenResponse *out = CODEC_NEW(call->arena, Memos__Api__V1__RefreshTokenResponse,
                                                          memos__api__v1__refresh_token_response__descriptor);
    out->access_token = (char *)grant.access_token;
    out->expires_at = api_timestamp_ns(call->arena, grant.access_expires_ns);
    *response = out;
    return STATUS_OK;
}

enum status_code api_auth_service_sign_out(struct api_call *call, const Memos__Api__V1__SignOutRequest *request,
                                           Google__Protobuf__Empty **response, struct status *status)
{
    (void)request;
    enum status_code code = api_require_user(call, status);
    if (code)
        return code;
    auth_end_session(call->services->auth, call);
    *response = CODEC_NEW(call->arena, Google__Protobuf__Empty, google__protobuf__empty__descriptor);
    return STATUS_OK;
}
