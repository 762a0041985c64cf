/* Refresh tokens and personal access tokens: lists in the user settings REFRESH_TOKENS and PERSONAL_ACCESS_TOKENS
 * (contract/platform.md 2.4, 2.6). Tokens themselves are never stored, only ids and hashes. */
#ifndef MEMORA_STORE_TOKEN_H
#define MEMORA_STORE_TOKEN_H

#include "base/hash.h"
#include "memos/store/user_setting.pb-c.h"
#include "store/store.h"

typedef Memos__Store__RefreshTokensUserSetting__RefreshToken store_refresh_token;
typedef Memos__Store__PersonalAccessTokensUserSetting__PersonalAccessToken store_pat;

/* Appends a session; those that have run out go at this occasion, so that the list stays bounded by its use. */
enum status_code store_refresh_token_add(struct store *store, struct arena *arena, int32_t user_id,
                                         const store_refresh_token *token, struct status *status);
/* STATUS_NOT_FOUND if the user has no session of that id. */
enum status_code store_refresh_token_find(struct store *store, struct arena *arena, int32_t user_id,
                                          const char *token_id, store_refresh_token **out, struct status *status);
/* Puts fresh in the place of old_id, in one transaction: of two that rotate the same one, the second gets
 * STATUS_NOT_FOUND. */
enum status_code store_refresh_token_rotate(struct store *store, struct arena *arena, int32_t user_id,
                                            const char *old_id, const store_refresh_token *fresh,
                                            struct status *status);
/* An unknown id is fine. */
enum status_code store_refresh_token_remove(struct store *store, struct arena *arena, int32_t user_id,
                                            const char *token_id, struct status *status);

/* Personal access tokens of a user in the order of their making. */
enum status_code store_pat_list(struct store *store, struct arena *arena, int32_t user_id, store_pat ***out,
                                size_t *count, struct status *status);
enum status_code store_pat_add(struct store *store, struct arena *arena, int32_t user_id, const store_pat *token,
                               struct status *status);
/* An unknown id is fine. */
enum status_code store_pat_remove(struct store *store, struct arena *arena, int32_t user_id, const char *token_id,
                                  struct status *status);

/* Whose token has this hash (lower-case hex SHA-256)? Answered from a table of all tokens in memory, which is read when
 * first needed, after each change on whichever server, and every 10 minutes; for each call while this server is cut off
 * from the news of others. STATUS_NOT_FOUND if unknown. */
struct store_pat_owner {
    int32_t user_id;
    const char *token_id; /* in the arena */
    bool expires;
    int64_t expires_ns; /* wall clock */
};
enum status_code store_pat_find(struct store *store, struct arena *arena, const char hash[HASH_SHA256_HEX_SIZE],
                                struct store_pat_owner *out, struct status *status);

/* Notes a use. Written by a background thread, at most once a second for all tokens together; never moves backwards;
 * what is pending is written when the store closes. */
void store_pat_touch(struct store *store, const struct store_pat_owner *owner, int64_t wall_ns);

/* For store.c. */
struct store_tokens;
struct store_tokens *store_tokens_create(struct store *store);
void store_tokens_destroy(struct store_tokens *tokens);

#endif
