#include "auth/auth.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/internal.h"
#include "base/secret.h"
#include "store/instance_setting.h"

enum { VERIFIED_ENTRIES = 4096 };
static const int64_t VERIFIED_LIFE_NS = INT64_C(900) * 1000000000; /* as long as an access token */
static const char demo_secret[] = "usememos";

enum status_code auth_create(struct store *store, bool demo, struct auth **out, struct status *status)
{
    struct arena *arena = arena_create();
    char *stored = NULL;
    enum status_code code = store_instance_secret(store, arena, &stored, status);
    if (code == STATUS_OK) {
        struct auth *auth = memory_zalloc(sizeof *auth);
        const char *secret = demo ? demo_secret : stored;
        auth->store = store;
        auth->secret.length = strlen(secret);
        auth->secret_bytes = (unsigned char *)memory_strdup(secret);
        auth->secret.bytes = auth->secret_bytes;
        auth->verified = cache_create(VERIFIED_ENTRIES, VERIFIED_LIFE_NS);
        secret_wipe(stored, strlen(stored));
        *out = auth;
    }
    arena_destroy(arena);
    return code;
}

void auth_destroy(struct auth *auth)
{
    if (!auth)
        return;
    cache_destroy(auth->verified);
    secret_wipe(auth->secret_bytes, auth->secret.length);
    free(auth->secret_bytes);
    free(auth);
}

/* "Bearer <token>" and nothing else; NULL for any other shape. */
static const char *bearer_token(struct arena *arena, const char *authorization)
{
    static const char blanks[] = " \t\r\n\v\f";
    const char *scheme = authorization + strspn(authorization, blanks);
    size_t scheme_length = strcspn(scheme, blanks);
    const char *token = scheme + scheme_length + strspn(scheme + scheme_length, blanks);
    size_t token_length = strcspn(token, blanks);
    const char *rest = token + token_length;
    if (scheme_length != 6 || strncasecmp(scheme, "bearer", 6) != 0 || token_length == 0 ||
        rest[strspn(rest, blanks)] != '\0')
        return NULL;
    return arena_strndup(arena, token, token_length);
}

static void set_caller(struct api_call *call, const struct store_user *user, bool by_access_token, int64_t expires_ns)
{
    static const enum api_role roles[] = {[STORE_ROLE_USER] = API_ROLE_USER,
                                          [STORE_ROLE_ADMIN] = API_ROLE_ADMIN,
                                          [STORE_ROLE_UNKNOWN] = API_ROLE_UNKNOWN};
    call->caller = (struct api_caller){.user_id = user->id,
                                       .role = roles[user->role],
                                       .username = user->username,
                                       .by_access_token = by_access_token,
                                       .expires_ns = expires_ns};
}

bool auth_is_undecided(enum status_code code)
{
    return code == STATUS_UNAVAILABLE || code == STATUS_DEADLINE_EXCEEDED || code == STATUS_RESOURCE_EXHAUSTED ||
           code == STATUS_UNKNOWN;
}

void auth_authenticate(void *ctx, struct api_call *call, const char *authorization)
{
    struct auth *auth = ctx;
    struct store_user user;
    call->caller = (struct api_caller){0};
    call->caller_unknown = false;
    const char *token = authorization ? bearer_token(call->arena, authorization) : NULL;
    if (!token)
        return;
    bool is_pat = strncmp(token, AUTH_PAT_PREFIX, AUTH_PAT_PREFIX_LENGTH) == 0;
    int64_t expires_ns = INT64_MAX;
    enum status_code code =
        (is_pat ? auth_pat_user : auth_access_token_user)(auth, call->arena, token, &user, &expires_ns, NULL);
    if (code == STATUS_OK)
        set_caller(call, &user, !is_pat, expires_ns);
    call->caller_unknown = auth_is_undecided(code);
}

void auth_authenticate_file(struct auth *auth, struct api_call *call, const char *authorization, const char *cookie)
{
    struct store_user user;
    const char *token_id;
    auth_authenticate(auth, call, authorization);
    if (call->caller.user_id != 0 || !cookie)
        return;
    const char *token = auth_cookie_value(call->arena, cookie, auth_refresh_cookie);
    enum status_code code =
        token ? auth_refresh_token_user(auth, call->arena, token, &user, &token_id, NULL) : STATUS_UNAUTHENTICATED;
    if (code == STATUS_OK)
        set_caller(call, &user, true, INT64_MAX);
    call->caller_unknown |= auth_is_undecided(code);
}
