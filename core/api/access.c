#include "api/access.h"

#include <string.h>

#include "api/names.h"
#include "base/secret.h"

enum status_code api_require_user(const struct api_call *call, struct status *status)
{
    if (api_is_anonymous(call))
        return status_set(status, STATUS_UNAUTHENTICATED, "user not authenticated");
    return STATUS_OK;
}

static enum status_code require(const struct api_call *call, bool allowed, struct status *status)
{
    enum status_code code = api_require_user(call, status);
    if (!code && !allowed)
        code = status_set(status, STATUS_PERMISSION_DENIED, "permission denied");
    return code;
}

enum status_code api_require_admin(const struct api_call *call, struct status *status)
{
    return require(call, api_is_admin(call), status);
}

enum status_code api_require_self(const struct api_call *call, int32_t user_id, struct status *status)
{
    return require(call, call->caller.user_id == user_id, status);
}

enum status_code api_require_self_or_admin(const struct api_call *call, int32_t user_id, struct status *status)
{
    return require(call, call->caller.user_id == user_id || api_is_admin(call), status);
}

enum status_code api_user_by_name(struct api_call *call, const char *name, struct store_user *out,
                                  struct status *status)
{
    const char *username;
    if (api_name_parse_one(call->arena, name, "users/", &username, status))
        return status_prefix(status, "invalid user name: ");
    return store_user_get_by_username(call->services->store, NULL, call->arena, username, out, status);
}

static enum status_code user_or_bad_argument(struct api_call *call, const char *username, struct store_user *out,
                                             struct status *status)
{
    enum status_code code = store_user_get_by_username(call->services->store, NULL, call->arena, username, out, status);
    if (code == STATUS_NOT_FOUND)
        code = status_set(status, STATUS_INVALID_ARGUMENT, "user not found: users/%s", username);
    return code;
}

enum status_code api_parent_user(struct api_call *call, const char *name, struct store_user *out, struct status *status)
{
    const char *username;
    enum status_code code = api_name_parse_one(call->arena, name, "users/", &username, status);
    return code ? code : user_or_bad_argument(call, username, out, status);
}

enum status_code api_child_of_user(struct api_call *call, const char *name, const char *collection,
                                   const char *bad_format, struct store_user *out, const char **id,
                                   struct status *status)
{
    const char *const prefixes[] = {"users/", collection};
    const char *ids[2];
    if (api_name_parse(call->arena, name, prefixes, 2, ids, NULL))
        return status_set(status, STATUS_INVALID_ARGUMENT, "%s", bad_format);
    *id = ids[1];
    return user_or_bad_argument(call, ids[0], out, status);
}

void api_wipe(const char *secret)
{
    secret_wipe((char *)secret, strlen(secret));
}
