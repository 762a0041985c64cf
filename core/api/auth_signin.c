/* AuthService.SignIn (contract platform.md 2.2). */
#include "api/access.h"
#include "api/convert.h"
#include "api/convert_user.h"
#include "api/sso.h"
#include "api_handlers.h"
#include "auth/auth.h"
#include "auth/password.h"
#include "store/instance_setting.h"

static enum status_code unmatched(struct status *status)
{
    return status_set(status, STATUS_INVALID_ARGUMENT, "unmatched username and password");
}

static enum status_code check_password_allowed(struct api_call *call, const struct store_user *user,
                                               struct status *status)
{
    Memos__Store__InstanceGeneralSetting *general;
    enum status_code code = store_instance_general_setting(call->services->store, call->arena, &general, status);
    if (code)
        return status_prefix(status, "failed to get instance general setting, error: ");
    if (general->disallow_password_auth && user->role != STORE_ROLE_ADMIN)
        return status_set(status, STATUS_PERMISSION_DENIED, "password signin is not allowed");
    return STATUS_OK;
}

static enum status_code by_password(struct api_call *call, const char *username, const char *password,
                                    struct store_user *user, struct status *status)
{
    struct store *store = call->services->store;
    char *hash = NULL;
    enum status_code code = store_user_get_by_username(store, NULL, call->arena, username, user, status);
    if (!code)
        code = store_user_password_hash(store, call->arena, user->id, &hash, status);
    if (code && code != STATUS_NOT_FOUND)
        return status_prefix(status, "failed to get user, error: ");
    /* An unknown name costs the same time as a wrong password, so that names cannot be tried out. */
    bool matches = password_matches(password, hash);
    if (hash)
        api_wipe(hash);
    if (!matches)
        return unmatched(status);
    return check_password_allowed(call, user, status);
}

enum status_code api_auth_service_sign_in(struct api_call *call, const Memos__Api__V1__SignInRequest *request,
                                          Memos__Api__V1__SignInResponse **response, struct status *status)
{
    struct store_user user;
    struct auth_grant grant;
    enum status_code code;
    switch (request->credentials_case) {
    case MEMOS__API__V1__SIGN_IN_REQUEST__CREDENTIALS_PASSWORD_CREDENTIALS:
        code = by_password(call, request->password_credentials->username, request->password_credentials->password,
                           &user, status);
        api_wipe(request->password_credentials->password);
        break;
    case MEMOS__API__V1__SIGN_IN_REQUEST__CREDENTIALS_SSO_CREDENTIALS:
        code = api_sso_user(call, request->sso_credentials, &user, status);
        break;
    default:
        code = status_set(status, STATUS_INVALID_ARGUMENT, "invalid credentials");
    }
    if (code)
        return code;
    if (user.row_status == STORE_ARCHIVED)
        return status_set(status, STATUS_PERMISSION_DENIED, "user has been archived with username %s", user.username);
    code = auth_begin_session(call->services->auth, call, &user, &grant, status);
    if (code)
        return status_prefix(status, "failed to sign in, error: ");
    Memos__Api__V1__SignInResponse *out =
        CODEC_NEW(call->arena, Memos__Api__V1__SignInResponse, memos__api__v1__sign_in_response__descriptor);
    out->user = api_user_self_view(call->arena, &user);
    out->access_token = (char *)grant.access_token;
    out->access_token_expires_at = api_timestamp_ns(call->arena, grant.access_expires_ns);
    *response = out;
    return STATUS_OK;
}
