#include <string.h>
#include <strings.h>

#include "auth/client_info.h"
#include "auth/internal.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/time_rfc3339.h"
#include "base/uid.h"
#include "codec/codec.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "store/token.h"

enum { REFRESH_TOKEN_LIFE_S = 30 * 24 * 3600 };
static const char refresh_type[] = "refresh", refresh_audience[] = "user.refresh-token";
static const int64_t SECOND_NS = 1000000000;

static enum status_code refuse(struct status *status, const char *reason)
{
    return status_set(status, STATUS_UNAUTHENTICATED, "invalid refresh token: %s", reason);
}

static enum status_code find_session(struct auth *auth, struct arena *arena, const struct jwt_verified *said,
                                     int64_t now_ns, struct status *status)
{
    store_refresh_token *record = NULL;
    struct status problem = {0};
    enum status_code code =
        store_refresh_token_find(auth->store, arena, said->user_id, said->token_id, &record, &problem);
    if (code == STATUS_NOT_FOUND)
        return refuse(status, "refresh token revoked");
    if (code)
        return status_set(status, auth_is_undecided(code) ? STATUS_UNAVAILABLE : STATUS_UNAUTHENTICATED,
                          "invalid refresh token: failed to get refresh token: %s", problem.message);
    const Google__Protobuf__Timestamp *end = record->expires_at;
    int64_t now_s = now_ns / SECOND_NS;
    if (end && (end->seconds < now_s || (end->seconds == now_s && end->nanos < now_ns % SECOND_NS)))
        return refuse(status, "refresh token expired");
    return STATUS_OK;
}

enum status_code auth_refresh_token_user(struct auth *auth, struct arena *arena, const char *token,
                                         struct store_user *out, const char **token_id, struct status *status)
{
    struct jwt_verified said;
    struct status problem = {0};
    int64_t now_ns = clock_wall_ns();
    enum status_code code =
        jwt_token_verify(arena, &auth->secret, token, refresh_type, refresh_audience, now_ns, &said, &problem);
    if (code) {
        if (code != STATUS_INVALID_ARGUMENT)
            status_prefix(&problem, "invalid refresh token: ");
        return refuse(status, problem.message);
    }
    code = find_session(auth, arena, &said, now_ns, status);
    if (code)
        return code;
    code = store_user_get(auth->store, NULL, arena, said.user_id, out, &problem);
    if (auth_is_undecided(code))
        return status_set(status, STATUS_UNAVAILABLE, "%s", problem.message);
    if (code)
        return refuse(status, code == STATUS_NOT_FOUND ? "user not found" : problem.message);
    if (out->row_status == STORE_ARCHIVED)
        return refuse(status, "user is archived");
    *token_id = said.token_id;
    return STATUS_OK;
}

static Google__Protobuf__Timestamp *timestamp(struct arena *arena, int64_t wall_ns)
{
    Google__Protobuf__Timestamp *time =
        CODEC_NEW(arena, Google__Protobuf__Timestamp, google__protobuf__timestamp__descriptor);
    time->seconds = wall_ns / SECOND_NS;
    time->nanos = (int32_t)(wall_ns % SECOND_NS);
    return time;
}

static bool has_https_item(const char *list)
{
    while (*list) {
        size_t length = strcspn(list, ",");
        const char *item = list;
        size_t left = length;
        for (; left && (*item == ' ' || *item == '\t'); item++)
            left--;
        while (left && (item[left - 1] == ' ' || item[left - 1] == '\t'))
            left--;
        if (left == 5 && strncasecmp(item, "https", 5) == 0)
            return true;
        list += length + (list[length] == ',');
    }
    return false;
}

static bool came_by_https(const struct api_call *call)
{
    const char *proto = call->metadata(call, "x-forwarded-proto");
    const char *forwarded = call->metadata(call, "forwarded");
    const char *origin = call->metadata(call, "origin");
    return (proto && has_https_item(proto)) || (forwarded && strcasestr(forwarded, "proto=https")) ||
           (origin && strncmp(origin, "https://", 8) == 0);
}

static void set_cookie(struct api_call *call, const char *value, int64_t expires_s)
{
    char expires[TIME_RFC3339_SIZE];
    time_format_http(expires_s, expires);
    if (call->cookie_count == API_MAX_COOKIES)
        return;
    call->cookies[call->cookie_count++] =
        arena_printf(call->arena, "%s=%s; Path=/; HttpOnly; Expires=%s; SameSite=Lax%s", auth_refresh_cookie, value,
                     expires, came_by_https(call) ? "; Secure" : "");
}

void auth_clear_cookie(struct api_call *call)
{
    set_cookie(call, "", 0);
}

/* A new session of the user, not yet on record, and its token. */
static store_refresh_token *new_session(struct auth *auth, struct api_call *call, int32_t user_id, int64_t now_ns,
                                        const char **token)
{
    struct arena *arena = call->arena;
    int64_t expires_ns = now_ns + REFRESH_TOKEN_LIFE_S * SECOND_NS;
    store_refresh_token *record =
        CODEC_NEW(arena, store_refresh_token, memos__store__refresh_tokens_user_setting__refresh_token__descriptor);
    record->token_id = arena_alloc(arena, UID_UUID_LENGTH + 1);
    uid_uuid(record->token_id);
    record->expires_at = timestamp(arena, expires_ns);
    record->created_at = timestamp(arena, now_ns);
    record->client_info = auth_client_info_of(call);
    const struct jwt_claims claims = {.type = refresh_type,
                                      .audience = refresh_audience,
                                      .user_id = user_id,
                                      .issued_s = now_ns / SECOND_NS,
                                      .expires_s = expires_ns / SECOND_NS,
                                      .token_id = record->token_id};
    *token = jwt_token_sign(arena, &auth->secret, &claims);
    return record;
}

static enum status_code grant_access(struct auth *auth, struct api_call *call, const struct store_user *user,
                                     int64_t now_ns, struct auth_grant *out, struct status *status)
{
    out->access_token = auth_access_token_make(auth, call->arena, user, now_ns, &out->access_expires_ns);
    return out->access_token ? STATUS_OK : status_set(status, STATUS_INTERNAL, "failed to generate access token");
}

enum status_code auth_begin_session(struct auth *auth, struct api_call *call, const struct store_user *user,
                                    struct auth_grant *out, struct status *status)
{
    const char *token = NULL;
    struct status problem = {0};
    int64_t now_ns = clock_wall_ns();
    store_refresh_token *record = new_session(auth, call, user->id, now_ns, &token);
    if (!token)
        return status_set(status, STATUS_INTERNAL, "failed to generate refresh token");
    /* The caller can work with the access token alone, so a full disk does not keep anyone out. */
    if (store_refresh_token_add(auth->store, call->arena, user->id, record, &problem))
        log_error("a session of user %d was not stored: %s", user->id, problem.message);
    set_cookie(call, token, record->expires_at->seconds);
    return grant_access(auth, call, user, now_ns, out, status);
}

static const char *refresh_token_of(const struct api_call *call)
{
    const char *cookies = call->metadata(call, "cookie");
    const char *token = cookies ? auth_cookie_value(call->arena, cookies, auth_refresh_cookie) : NULL;
    return token && *token ? token : NULL;
}

enum status_code auth_renew_session(struct auth *auth, struct api_call *call, struct auth_grant *out,
                                    struct status *status)
{
    const char *token = refresh_token_of(call), *old_id = NULL, *fresh_token = NULL;
    struct status problem = {0};
    struct store_user user;
    if (!token)
        return status_set(status, STATUS_UNAUTHENTICATED, "refresh token not found");
    enum status_code code = auth_refresh_token_user(auth, call->arena, token, &user, &old_id, status);
    if (code)
        return code;
    int64_t now_ns = clock_wall_ns();
    store_refresh_token *record = new_session(auth, call, user.id, now_ns, &fresh_token);
    if (!fresh_token)
        return status_set(status, STATUS_INTERNAL, "failed to generate refresh token");
    code = store_refresh_token_rotate(auth->store, call->arena, user.id, old_id, record, &problem);
    if (code == STATUS_NOT_FOUND) /* another request was faster */
        return refuse(status, "refresh token revoked");
    if (code)
        return status_set(status, auth_is_undecided(code) ? code : STATUS_INTERNAL, "failed to store refresh token: %s",
                          problem.message);
    code = grant_access(auth, call, &user, now_ns, out, status);
    if (code == STATUS_OK)
        set_cookie(call, fresh_token, record->expires_at->seconds);
    return code;
}

void auth_end_session(struct auth *auth, struct api_call *call)
{
    const char *token = call->caller.by_access_token ? refresh_token_of(call) : NULL;
    struct jwt_verified said;
    struct status problem = {0};
    if (token && jwt_token_verify(call->arena, &auth->secret, token, refresh_type, refresh_audience, clock_wall_ns(),
                                  &said, NULL) == STATUS_OK) {
        if (store_refresh_token_remove(auth->store, call->arena, call->caller.user_id, said.token_id, &problem))
            log_warn("a session of user %d was not removed: %s", call->caller.user_id, problem.message);
    }
    auth_clear_cookie(call);
}
