#include <string.h>

#include "auth/internal.h"
#include "base/clock.h"
#include "base/uid.h"
#include "store/token.h"

_Static_assert(sizeof AUTH_PAT_PREFIX - 1 == AUTH_PAT_PREFIX_LENGTH, "length of the prefix");

void auth_make_pat(char token[AUTH_PAT_SIZE], char hash[HASH_SHA256_HEX_SIZE])
{
    memcpy(token, AUTH_PAT_PREFIX, AUTH_PAT_PREFIX_LENGTH);
    uid_alphanumeric(token + AUTH_PAT_PREFIX_LENGTH, AUTH_PAT_RANDOM);
    hash_sha256_hex(token, AUTH_PAT_SIZE - 1, hash);
}

enum status_code auth_pat_user(struct auth *auth, struct arena *arena, const char *token, struct store_user *out,
                               int64_t *expires_ns, struct status *status)
{
    char hash[HASH_SHA256_HEX_SIZE];
    struct store_pat_owner owner;
    int64_t now_ns = clock_wall_ns();
    hash_sha256_hex(token, strlen(token), hash);
    enum status_code code = store_pat_find(auth->store, arena, hash, &owner, status);
    if (!code && owner.expires && owner.expires_ns < now_ns)
        code = status_set(status, STATUS_UNAUTHENTICATED, "access token is expired");
    if (!code)
        code = store_user_get(auth->store, NULL, arena, owner.user_id, out, status);
    if (!code && out->row_status == STORE_ARCHIVED)
        code = status_set(status, STATUS_UNAUTHENTICATED, "user is archived");
    if (!code) {
        *expires_ns = owner.expires ? owner.expires_ns : INT64_MAX;
        store_pat_touch(auth->store, &owner, now_ns);
    }
    return code;
}
