/* UserService: personal access tokens (contract platform.md 3.7). */
#include "api/access.h"
#include "api/convert.h"
#include "api/names.h"
#include "api_handlers.h"
#include "auth/auth.h"
#include "base/clock.h"
#include "base/uid.h"
#include "store/token.h"

static const int64_t DAY_S = 86400, LAST_SECOND = 253402300799; /* of the year 9999, where timestamps end */

static Memos__Api__V1__PersonalAccessToken *token_view(struct arena *arena, const struct store_user *owner,
                                                       const store_pat *token)
{
    Memos__Api__V1__PersonalAccessToken *out =
        CODEC_NEW(arena, Memos__Api__V1__PersonalAccessToken, memos__api__v1__personal_access_token__descriptor);
    out->name = arena_printf(arena, "users/%s/personalAccessTokens/%s", owner->username, token->token_id);
    out->description = token->description;
    out->created_at = token->created_at;
    out->expires_at = token->expires_at;
    out->last_used_at = token->last_used_at;
    return out;
}

enum status_code api_user_service_list_personal_access_tokens(
    struct api_call *call, const Memos__Api__V1__ListPersonalAccessTokensRequest *request,
    Memos__Api__V1__ListPersonalAccessTokensResponse **response, struct status *status)
{
    struct store_user owner;
    store_pat **tokens;
    size_t count;
    enum status_code code = api_parent_user(call, request->parent, &owner, status);
    if (code)
        return status_prefix(status, "invalid user name: ");
    code = api_require_self_or_admin(call, owner.id, status);
    if (code)
        return code;
    code = store_pat_list(call->services->store, call->arena, owner.id, &tokens, &count, status);
    if (code)
        return status_prefix(status, "failed to get access tokens: ");
    Memos__Api__V1__ListPersonalAccessTokensResponse *out =
        CODEC_NEW(call->arena, Memos__Api__V1__ListPersonalAccessTokensResponse,
                  memos__api__v1__list_personal_access_tokens_response__descriptor);
    out->n_personal_access_tokens = count;
    out->personal_access_tokens = ARENA_ARRAY(call->arena, Memos__Api__V1__PersonalAccessToken *, count);
    for (size_t i = 0; i < count; i++)
        out->personal_access_tokens[i] = token_view(call->arena, &owner, tokens[i]);
    *response = out;
    return STATUS_OK;
}

static store_pat *new_token(struct arena *arena, const Memos__Api__V1__CreatePersonalAccessTokenRequest *request,
                            const char *hash)
{
    store_pat *token = CODEC_NEW(arena, store_pat,
                                 memos__store__personal_access_tokens_user_setting__personal_access_token__descriptor);
    int64_t now_ns = clock_wall_ns();
    token->token_id = arena_alloc(arena, UID_UUID_LENGTH + 1);
    uid_uuid(token->token_id);
    token->token_hash = arena_strdup(arena, hash);
    token->description = request->description;
    token->created_at = api_timestamp_ns(arena, now_ns);
    if (request->expires_in_days > 0) {
        token->expires_at = api_timestamp(arena, token->created_at->seconds + request->expires_in_days * DAY_S);
        token->expires_at->nanos = token->created_at->nanos;
    }
    return token;
}

enum status_code api_user_service_create_personal_access_token(
    struct api_call *call, const Memos__Api__V1__CreatePersonalAccessTokenRequest *request,
    Memos__Api__V1__CreatePersonalAccessTokenResponse **response, struct status *status)
{
    struct store_user owner;
    char hash[HASH_SHA256_HEX_SIZE];
    enum status_code code = api_parent_user(call, request->parent, &owner, status);
    if (code)
        return status_prefix(status, "invalid user name: ");
    code = api_require_self(call, owner.id, status);
    if (code)
        return code;
    if (request->expires_in_days > (LAST_SECOND - clock_wall_s()) / DAY_S)
        return status_set(status, STATUS_INVALID_ARGUMENT, "expires_in_days is too large");
    char *text = arena_alloc(call->arena, AUTH_PAT_SIZE);
    auth_make_pat(text, hash);
    store_pat *token = new_token(call->arena, request, hash);
    code = store_pat_add(call->services->store, call->arena, owner.id, token, status);
    if (code)
        return status_prefix(status, "failed to create access token: ");
    Memos__Api__V1__CreatePersonalAccessTokenResponse *out =
        CODEC_NEW(call->arena, Memos__Api__V1__CreatePersonalAccessTokenResponse,
                  memos__api__v1__create_personal_access_token_response__descriptor);
    out->personal_access_token = token_view(call->arena, &owner, token);
    out->token = text;
    *response = out;
    return STATUS_OK;
}

enum status_code api_user_service_delete_personal_access_token(
    struct api_call *call, const Memos__Api__V1__DeletePersonalAccessTokenRequest *request,
    Google__Protobuf__Empty **response, struct status *status)
{
    const char *const prefixes[] = {"users/", "personalAccessTokens/"};
    const char *ids[2];
    struct store_user owner;
    if (api_name_parse(call->arena, request->name, prefixes, 2, ids, NULL))
        return status_set(status, STATUS_INVALID_ARGUMENT, "invalid personal access token name");
    enum status_code code = api_parent_user(call, api_user_name(call->arena, ids[0]), &owner, status);
    if (code)
        return status_prefix(status, "invalid user name: ");
    code = api_require_self(call, owner.id, status);
    if (!code) {
        code = store_pat_remove(call->services->store, call->arena, owner.id, ids[1], status);
        if (code)
            return status_prefix(status, "failed to delete access token: ");
    }
    *response = CODEC_NEW(call->arena, Google__Protobuf__Empty, google__protobuf__empty__descriptor);
    return code;
}
