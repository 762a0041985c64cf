#include <string.h>

#include "auth/internal.h"
#include "base/clock.h"

enum { ACCESS_TOKEN_LIFE_S = 15 * 60 };
static const char access_type[] = "access", access_audience[] = "user.access-token";
static const int64_t SECOND_NS = 1000000000;

char *auth_access_token_make(struct auth *auth, struct arena *arena, const struct store_user *user, int64_t now_ns,
                             int64_t *expires_ns)
{
    *expires_ns = now_ns + ACCESS_TOKEN_LIFE_S * SECOND_NS;
    const struct jwt_claims claims = {
        .type = access_type,
        .audience = access_audience,
        .user_id = user->id,
        .issued_s = now_ns / SECOND_NS,
        .expires_s = *expires_ns / SECOND_NS,
        .role = store_role_name(user->role),
        .row_status = store_row_status_name(user->row_status),
        .username = user->username,
    };
    return jwt_token_sign(arena, &auth->secret, &claims);
}

/* What is kept of a token that was verified before: enough for all checks that time can change. */
struct verified {
    double expires_s;
    int32_t user_id;
};

static enum status_code verify(struct auth *auth, struct arena *arena, const char *token, int64_t now_ns,
                               struct verified *out, struct status *status)
{
    char key[HASH_SHA256_HEX_SIZE];
    size_t length = 0;
    hash_sha256_hex(token, strlen(token), key);
    const struct verified *known = cache_get(auth->verified, key, arena, &length);
    if (known && length == sizeof *known) {
        *out = *known;
        if ((double)now_ns / 1e9 >= known->expires_s)
            return status_set(status, STATUS_UNAUTHENTICATED, "token has invalid claims: token is expired");
        return STATUS_OK;
    }
    struct jwt_verified said;
    enum status_code code =
        jwt_token_verify(arena, &auth->secret, token, access_type, access_audience, now_ns, &said, status);
    if (code)
        return code;
    *out = (struct verified){.expires_s = said.expires_s, .user_id = said.user_id};
    cache_put(auth->verified, key, out, sizeof *out);
    return STATUS_OK;
}

static int64_t wall_ns_of(double seconds)
{
    return seconds < (double)(INT64_MAX / SECOND_NS) ? (int64_t)(seconds * (double)SECOND_NS) : INT64_MAX;
}

enum status_code auth_access_token_user(struct auth *auth, struct arena *arena, const char *token,
                                        struct store_user *out, int64_t *expires_ns, struct status *status)
{
    struct verified said = {0};
    enum status_code code = verify(auth, arena, token, clock_wall_ns(), &said, status);
    /* Role and state come from the row, so that archiving and demoting take effect at once. */
    if (!code)
        code = store_user_get(auth->store, NULL, arena, said.user_id, out, status);
    if (!code && out->row_status == STORE_ARCHIVED)
        code = status_set(status, STATUS_UNAUTHENTICATED, "user is archived");
    *expires_ns = wall_ns_of(said.expires_s);
    return code;
}
