/* UserService: GetUser, BatchGetUsers, ListUsers, DeleteUser (contract platform.md 3.3, 3.5). */
#include "api/access.h"
#include "api/convert.h"
#include "api/convert_user.h"
#include "api/names.h"
#include "api/page.h"
#include "api/text.h"
#include "api_handlers.h"
#include "auth/auth.h"
#include "base/log.h"
#include "blob/blob.h"
#include "filter/filter.h"

enum { BATCH_MAX = 100 };

enum status_code api_user_service_get_user(struct api_call *call, const Memos__Api__V1__GetUserRequest *request,
                                           Memos__Api__V1__User **response, struct status *status)
{
    const char *username;
    struct store_user user;
    if (api_name_parse_one(call->arena, request->name, "users/", &username, NULL))
        return status_set(status, STATUS_INVALID_ARGUMENT, "invalid user name: %s", request->name);
    enum status_code code =
        store_user_get_by_username(call->services->store, NULL, call->arena, username, &user, status);
    if (code)
        return code;
    *response = api_user_view(call, &user);
    return STATUS_OK;
}

static Memos__Api__V1__User **views(const struct api_call *call, const struct store_user *users, size_t count)
{
    Memos__Api__V1__User **out = ARENA_ARRAY(call->arena, Memos__Api__V1__User *, count);
    for (size_t i = 0; i < count; i++)
        out[i] = api_user_view(call, &users[i]);
    return out;
}

enum status_code api_user_service_batch_get_users(struct api_call *call,
                                                  const Memos__Api__V1__BatchGetUsersRequest *request,
                                                  Memos__Api__V1__BatchGetUsersResponse **response,
                                                  struct status *status)
{
    const char *usernames[BATCH_MAX];
    struct store_user *users = NULL;
    size_t wanted = 0, count = 0;
    for (size_t i = 0; i < request->n_usernames; i++) {
        const char *username = api_trimmed(call->arena, request->usernames[i]);
        if (*username == '\0')
            continue;
        if (wanted == BATCH_MAX)
            return status_set(status, STATUS_INVALID_ARGUMENT, "too many usernames (max %d)", BATCH_MAX);
        usernames[wanted++] = username;
    }
    const struct store_user_find find = {.usernames = usernames, .username_count = wanted, .only_normal = true};
    enum status_code code =
        wanted ? store_user_list(call->services->store, NULL, call->arena, &find, &users, &count, status) : STATUS_OK;
    if (code)
        return status_prefix(status, "failed to list users: ");
    Memos__Api__V1__BatchGetUsersResponse *out = CODEC_NEW(call->arena, Memos__Api__V1__BatchGetUsersResponse,
                                                           memos__api__v1__batch_get_users_response__descriptor);
    out->n_users = count;
    out->users = views(call, users, count);
    *response = out;
    return STATUS_OK;
}

enum status_code api_user_service_list_users(struct api_call *call, const Memos__Api__V1__ListUsersRequest *request,
                                             Memos__Api__V1__ListUsersResponse **response, struct status *status)
{
    struct api_page page;
    struct store_user_find find = {0};
    struct store_user *users;
    size_t count;
    enum status_code code = api_require_admin(call, status);
    if (code)
        return code;
    if (*api_trimmed(call->arena, request->filter)) {
        code = filter_compile_user(call->arena, request->filter, &find.username, status);
        if (code)
            return status_prefix(status, "invalid filter: ");
    }
    code = api_page_parse(call->arena, request->page_size, request->page_token, &page, status);
    if (code)
        return code;
    find.limit = (uint32_t)page.limit + 1; /* one more tells whether another page follows */
    find.offset = (uint64_t)page.offset;
    code = store_user_list(call->services->store, NULL, call->arena, &find, &users, &count, status);
    if (code)
        return status_prefix(status, "failed to list users: ");
    Memos__Api__V1__ListUsersResponse *out =
        CODEC_NEW(call->arena, Memos__Api__V1__ListUsersResponse, memos__api__v1__list_users_response__descriptor);
    if (count > (size_t)page.limit) {
        count = (size_t)page.limit;
        out->next_page_token = (char *)api_page_next(call->arena, &page);
    }
    out->n_users = count;
    out->users = views(call, users, count);
    *response = out;
    return STATUS_OK;
}

enum status_code api_user_service_delete_user(struct api_call *call, const Memos__Api__V1__DeleteUserRequest *request,
                                              Google__Protobuf__Empty **response, struct status *status)
{
    struct store_user user;
    enum status_code code = api_user_by_name(call, request->name, &user, status);
    if (!code)
        code = api_require_self_or_admin(call, user.id, status);
    if (code)
        return code;
    code = store_user_delete(call->services->store, call->arena, user.id, status);
    if (code)
        return code == STATUS_NOT_FOUND ? code : status_prefix(status, "failed to delete user: ");
    if (call->caller.user_id == user.id)
        auth_clear_cookie(call);
    *response = CODEC_NEW(call->arena, Google__Protobuf__Empty, google__protobuf__empty__descriptor);
    blob_removals_due(call->services->blob);
    return STATUS_OK;
}
