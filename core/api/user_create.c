/* UserService.CreateUser: sign-up and creation by admins (contract platform.md 3.2). */
#include "api/access.h"
#include "api/convert.h"
#include "api/convert_user.h"
#include "api/names.h"
#include "api_handlers.h"
#include "auth/password.h"
#include "base/quote.h"
#include "store/instance_setting.h"

static enum status_code check_request(const struct api_call *call, const Memos__Api__V1__CreateUserRequest *request,
                                      struct status *status)
{
    const Memos__Api__V1__User *user = request->user;
    if (!user)
        return status_set(status, STATUS_INVALID_ARGUMENT, "user is required");
    if (*request->user_id && strcmp(request->user_id, user->username) != 0)
        return status_set(status, STATUS_INVALID_ARGUMENT, "user_id must match user.username");
    if (!api_username_valid(user->username))
        return status_set(status, STATUS_INVALID_ARGUMENT, "invalid username %s",
                          text_quote(call->arena, user->username));
    if (*user->password == '\0')
        return status_set(status, STATUS_INVALID_ARGUMENT, "password must not be empty");
    return STATUS_OK;
}

static enum status_code check_sign_up(struct api_call *call, struct status *status)
{
    Memos__Store__InstanceGeneralSetting *general;
    enum status_code code = store_instance_general_setting(call->services->store, call->arena, &general, status);
    if (code)
        return status_prefix(status, "failed to get instance general setting, error: ");
    if (general->disallow_user_registration)
        return status_set(status, STATUS_PERMISSION_DENIED, "user registration is not allowed");
    if (general->disallow_password_auth)
        return status_set(status, STATUS_PERMISSION_DENIED, "password signup is not allowed");
    return STATUS_OK;
}

/* Which role the new user gets; *first: provided that he is still the first one when he is stored. */
static enum status_code choose_role(struct api_call *call, const Memos__Api__V1__User *wanted, enum store_role *role,
                                    bool *first, struct status *status)
{
    bool exists = true;
    *role = STORE_ROLE_USER;
    *first = false;
    if (api_is_admin(call)) {
        if (wanted->role == MEMOS__API__V1__USER__ROLE__ADMIN)
            *role = STORE_ROLE_ADMIN;
        return STATUS_OK;
    }
    enum status_code code = store_user_any(call->services->store, &exists, status);
    if (code)
        return status_prefix(status, "failed to list users: ");
    if (exists)
        return check_sign_up(call, status);
    *role = STORE_ROLE_ADMIN;
    *first = true;
    return STATUS_OK;
}

static Memos__Api__V1__User *preview(struct api_call *call, const Memos__Api__V1__User *wanted, enum store_role role)
{
    Memos__Api__V1__User *out = CODEC_NEW(call->arena, Memos__Api__V1__User, memos__api__v1__user__descriptor);
    out->username = wanted->username;
    out->email = wanted->email;
    out->display_name = wanted->display_name;
    out->role = role == STORE_ROLE_ADMIN ? MEMOS__API__V1__USER__ROLE__ADMIN : MEMOS__API__V1__USER__ROLE__USER;
    return out;
}

static enum status_code store_it(struct api_call *call, const Memos__Api__V1__User *wanted, enum store_role role,
                                 bool first, struct store_user *out, struct status *status)
{
    char hash[PASSWORD_HASH_SIZE];
    enum status_code code = password_hash(wanted->password, hash, status);
    if (code)
        return code;
    struct store_user_new fresh = {.username = wanted->username,
                                   .email = wanted->email,
                                   .nickname = wanted->display_name,
                                   .password_hash = hash,
                                   .avatar_url = "",
                                   .role = role,
                                   .only_as_first = first};
    code = store_user_create(call->services->store, call->arena, &fresh, out, status);
    if (first && code == STATUS_FAILED_PRECONDITION) { /* someone else was first: an ordinary sign-up, then */
        code = check_sign_up(call, status);
        if (code)
            return code;
        fresh.role = STORE_ROLE_USER;
        fresh.only_as_first = false;
        code = store_user_create(call->services->store, call->arena, &fresh, out, status);
    }
    if (code)
        return status_set(status, code == STATUS_ALREADY_EXISTS ? STATUS_INTERNAL : code, "failed to create user: %s",
                          status->message);
    return STATUS_OK;
}

enum status_code api_user_service_create_user(struct api_call *call, const Memos__Api__V1__CreateUserRequest *request,
                                              Memos__Api__V1__User **response, struct status *status)
{
    enum store_role role;
    bool first;
    struct store_user user;
    enum status_code code = check_request(call, request, status);
    if (!code)
        code = choose_role(call, request->user, &role, &first, status);
    if (code)
        return code;
    if (request->validate_only) {
        *response = preview(call, request->user, role);
        return STATUS_OK;
    }
    code = store_it(call, request->user, role, first, &user, status);
    api_wipe(request->user->password);
    if (code)
        return code;
    *response = api_user_self_view(call->arena, &user);
    return STATUS_OK;
}
