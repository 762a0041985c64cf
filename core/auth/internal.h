/* Shared by the files of auth/. */
#ifndef MEMORA_AUTH_INTERNAL_H
#define MEMORA_AUTH_INTERNAL_H

#include "auth/auth.h"
#include "auth/jwt_token.h"
#include "cache/cache.h"

struct auth {
    struct store *store;
    unsigned char *secret_bytes; /* wiped on destroy */
    struct jwt_secret secret;
    struct cache *verified; /* SHA-256 of an access token -> what it says */
};

#define AUTH_PAT_PREFIX "memos_pat_"

/* Whether a failure says nothing about the credential: the database could not be asked. */
bool auth_is_undecided(enum status_code code);

/* The user of a bearer credential and when it ends (wall clock, INT64_MAX: never). Errors are of no interest to the
 * client. */
enum status_code auth_access_token_user(struct auth *auth, struct arena *arena, const char *token,
                                        struct store_user *out, int64_t *expires_ns, struct status *status);
enum status_code auth_pat_user(struct auth *auth, struct arena *arena, const char *token, struct store_user *out,
                               int64_t *expires_ns, struct status *status);

/* The user and token id of a refresh token whose session is on record. Errors: STATUS_UNAUTHENTICATED with the reason,
 * or STATUS_UNAVAILABLE. */
enum status_code auth_refresh_token_user(struct auth *auth, struct arena *arena, const char *token,
                                         struct store_user *out, const char **token_id, struct status *status);

char *auth_access_token_make(struct auth *auth, struct arena *arena, const struct store_user *user, int64_t now_ns,
                             int64_t *expires_ns);

/* Value of the first cookie of that name in a Cookie header (RFC 6265, section 4.2.1); NULL if absent. */
const char *auth_cookie_value(struct arena *arena, const char *header, const char *name);
extern const char auth_refresh_cookie[];

#endif
