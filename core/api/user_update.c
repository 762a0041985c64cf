/* UserService.UpdateUser (contract platform.md 3.4). */
#include "api/access.h"
#include "api/convert.h"
#include "api/convert_user.h"
#include "api/data_url.h"
#include "api/names.h"
#include "api_handlers.h"
#include "auth/password.h"
#include "base/quote.h"
#include "store/instance_setting.h"

/* One update in the making: each path of the mask adds to change. */
struct update {
    struct api_call *call;
    const Memos__Api__V1__User *wanted;
    struct store_user_change change;
    char password_hash[PASSWORD_HASH_SIZE];
};

static enum status_code general_setting(struct update *update, Memos__Store__InstanceGeneralSetting **out,
                                        struct status *status)
{
    enum status_code code =
        store_instance_general_setting(update->call->services->store, update->call->arena, out, status);
    return code ? status_prefix(status, "failed to get instance general setting: ") : code;
}

static enum status_code set_username(struct update *update, struct status *status)
{
    Memos__Store__InstanceGeneralSetting *general;
    enum status_code code = general_setting(update, &general, status);
    if (code)
        return code;
    if (general->disallow_change_username)
        return status_set(status, STATUS_PERMISSION_DENIED, "permission denied: disallow change username");
    if (!api_username_valid(update->wanted->username))
        return status_set(status, STATUS_INVALID_ARGUMENT, "invalid username %s",
                          text_quote(update->call->arena, update->wanted->username));
    update->change.username = update->wanted->username;
    update->change.columns |= STORE_USER_SET_USERNAME;
    return STATUS_OK;
}

static enum status_code set_display_name(struct update *update, struct status *status)
{
    Memos__Store__InstanceGeneralSetting *general;
    enum status_code code = general_setting(update, &general, status);
    if (code)
        return code;
    if (general->disallow_change_nickname)
        return status_set(status, STATUS_PERMISSION_DENIED, "permission denied: disallow change nickname");
    update->change.nickname = update->wanted->display_name;
    update->change.columns |= STORE_USER_SET_NICKNAME;
    return STATUS_OK;
}

static enum status_code set_email(struct update *update, struct status *status)
{
    (void)status;
    update->change.email = update->wanted->email;
    update->change.columns |= STORE_USER_SET_EMAIL;
    return STATUS_OK;
}

static enum status_code set_description(struct update *update, struct status *status)
{
    (void)status;
    update->change.description = update->wanted->description;
    update->change.columns |= STORE_USER_SET_DESCRIPTION;
    return STATUS_OK;
}

static enum status_code set_avatar(struct update *update, struct status *status)
{
    const char *type = "";
    size_t type_length = 0;
    const char *url = update->wanted->avatar_url;
    if (*url && !api_parse_data_url(url, &type, &type_length, NULL))
        return status_set(status, STATUS_INVALID_ARGUMENT, "invalid avatar format: invalid data URI format");
    if (*url && !api_avatar_type_known(type, type_length))
        return status_set(status, STATUS_INVALID_ARGUMENT,
                          "invalid avatar image type: %.*s. Only PNG, JPEG, GIF, and WebP are allowed",
                          (int)type_length, type);
    update->change.avatar_url = url;
    update->change.columns |= STORE_USER_SET_AVATAR;
    return STATUS_OK;
}

static enum status_code require_admin(const struct update *update, struct status *status)
{
    if (api_is_admin(update->call))
        return STATUS_OK;
    return status_set(status, STATUS_PERMISSION_DENIED, "permission denied");
}

static enum status_code set_role(struct update *update, struct status *status)
{
    enum status_code code = require_admin(update, status);
    if (code)
        return code;
    update->change.role =
        update->wanted->role == MEMOS__API__V1__USER__ROLE__ADMIN ? STORE_ROLE_ADMIN : STORE_ROLE_USER;
    update->change.columns |= STORE_USER_SET_ROLE;
    return STATUS_OK;
}

static enum status_code set_state(struct update *update, struct status *status)
{
    enum status_code code = require_admin(update, status);
    if (code)
        return code;
    update->change.row_status =
        update->wanted->state == MEMOS__API__V1__STATE__ARCHIVED ? STORE_ARCHIVED : STORE_NORMAL;
    update->change.columns |= STORE_USER_SET_ROW_STATUS;
    return STATUS_OK;
}

static enum status_code set_password(struct update *update, struct status *status)
{
    if (*update->wanted->password == '\0')
        return status_set(status, STATUS_INVALID_ARGUMENT, "password must not be empty");
    if (update->change.password_hash) /* a mask may name it many times; hashing is dear */
        return STATUS_OK;
    enum status_code code = password_hash(update->wanted->password, update->password_hash, status);
    if (code)
        return code;
    update->change.password_hash = update->password_hash;
    update->change.columns |= STORE_USER_SET_PASSWORD;
    return STATUS_OK;
}

static enum status_code set_path(struct update *update, const char *path, struct status *status)
{
    static const struct {
        const char *path;
        enum status_code (*set)(struct update *update, struct status *status);
    } paths[] = {{"username", set_username}, {"display_name", set_display_name},
                 {"email", set_email},       {"description", set_description},
                 {"avatar_url", set_avatar}, {"role", set_role},
                 {"state", set_state},       {"password", set_password}};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (strcmp(paths[i].path, path) == 0)
            return paths[i].set(update, status);
    return status_set(status, STATUS_INVALID_ARGUMENT, "invalid update path: %s", path);
}

enum status_code api_user_service_update_user(struct api_call *call, const Memos__Api__V1__UpdateUserRequest *request,
                                              Memos__Api__V1__User **response, struct status *status)
{
    struct store_user user;
    if (!request->user)
        return status_set(status, STATUS_INVALID_ARGUMENT, "user is required");
    if (api_mask_empty(request->update_mask))
        return status_set(status, STATUS_INVALID_ARGUMENT, "update mask is empty");
    enum status_code code = api_user_by_name(call, request->user->name, &user, status);
    if (!code)
        code = api_require_self_or_admin(call, user.id, status);
    struct update update = {.call = call, .wanted = request->user};
    for (size_t i = 0; !code && i < request->update_mask->n_paths; i++)
        code = set_path(&update, request->update_mask->paths[i], status);
    api_wipe(request->user->password);
    if (code)
        return code;
    code = store_user_update(call->services->store, call->arena, user.id, &update.change, &user, status);
    if (code)
        return status_set(status, code == STATUS_ALREADY_EXISTS ? STATUS_INTERNAL : code, "failed to update user: %s",
                          status->message);
    *response = api_user_view(call, &user);
    return STATUS_OK;
}
