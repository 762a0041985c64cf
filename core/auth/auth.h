/* Who calls: access tokens, refresh tokens, personal access tokens, passwords. */
#ifndef MEMORA_AUTH_AUTH_H
#define MEMORA_AUTH_AUTH_H

#include "api/call.h"
#include "store/store.h"

struct auth;

/* Reads the signing secret from the BASIC instance setting, making and storing one when there is none. */
enum status_code auth_create(struct store *store, bool demo, struct auth **out, struct status *status);
void auth_destroy(struct auth *auth);

/* rpc_authenticate_fn; ctx is the struct auth. Never fails: what cannot be verified stays anonymous. */
void auth_authenticate(void *auth, struct api_call *call, const char *authorization);

/* For /file/...: bearer token as above, else the refresh cookie of the Cookie header. */
void auth_authenticate_file(struct auth *auth, struct api_call *call, const char *authorization, const char *cookie);

#endif
