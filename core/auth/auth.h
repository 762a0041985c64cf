/* Who calls: access tokens, refresh tokens, personal access tokens (contract platform.md 2). */
#ifndef MEMORA_AUTH_AUTH_H
#define MEMORA_AUTH_AUTH_H

#include "api/call.h"
#include "base/hash.h"
#include "store/user.h"

struct auth;

/* Reads the signing secret from the BASIC instance setting, making and storing one when there is none. */
enum status_code auth_create(struct store *store, bool demo, struct auth **out, struct status *status);
void auth_destroy(struct auth *auth); /* NULL is fine */

/* rpc_authenticate_fn; ctx is the struct auth. Never fails: what cannot be verified stays anonymous, and caller_unknown
 * is set if it might be at another time. */
void auth_authenticate(void *auth, struct api_call *call, const char *authorization);

/* For /file/...: bearer token as above, else the refresh cookie of the Cookie header. Both may be NULL. */
void auth_authenticate_file(struct auth *auth, struct api_call *call, const char *authorization, const char *cookie);

/* What a client gets after signing in or renewing. */
struct auth_grant {
    const char *access_token;
    int64_t access_expires_ns; /* wall clock */
};

/* Begins a session of the user: a refresh token that is recorded and sent as cookie, and an access token. */
enum status_code auth_begin_session(struct auth *auth, struct api_call *call, const struct store_user *user,
                                    struct auth_grant *out, struct status *status);

/* Renews the session of the refresh cookie, which is replaced by a new one. Errors: STATUS_UNAUTHENTICATED, which makes
 * clients forget the session, and STATUS_UNAVAILABLE. */
enum status_code auth_renew_session(struct auth *auth, struct api_call *call, struct auth_grant *out,
                                    struct status *status);

/* Forgets the session of the refresh cookie if it is the caller's and clears the cookie. */
void auth_end_session(struct auth *auth, struct api_call *call);

/* Whether a Cookie header (NULL: none) has a refresh cookie. Says nothing of what it is worth. */
bool auth_has_session_cookie(struct arena *arena, const char *header);

/* Tells the client to drop the refresh cookie. */
void auth_clear_cookie(struct api_call *call);

/* A fresh personal access token and the hash under which it is stored. Wipe the token when it has been told. */
enum {
    AUTH_PAT_PREFIX_LENGTH = 10,
    AUTH_PAT_RANDOM = 32,
    AUTH_PAT_SIZE = AUTH_PAT_PREFIX_LENGTH + AUTH_PAT_RANDOM + 1
};
void auth_make_pat(char token[AUTH_PAT_SIZE], char hash[HASH_SHA256_HEX_SIZE]);

#endif
