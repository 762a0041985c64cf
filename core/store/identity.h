/* Linked external accounts: rows of table user_identity. */
#ifndef MEMORA_STORE_IDENTITY_H
#define MEMORA_STORE_IDENTITY_H

#include "store/store.h"

struct store_identity {
    int32_t id, user_id;
    const char *provider; /* uid of the identity provider, which may be gone */
    const char *extern_uid;
};

/* Of one user by id ascending. One statement. */
enum status_code store_identity_list(struct store *store, struct arena *arena, int32_t user_id,
                                     struct store_identity **out, size_t *count, struct status *status);
/* STATUS_NOT_FOUND "linked identity not found". */
enum status_code store_identity_get(struct store *store, struct arena *arena, int32_t user_id, const char *provider,
                                    struct store_identity *out, struct status *status);
/* By what the provider calls the account, whosever it is. STATUS_NOT_FOUND as above. */
enum status_code store_identity_find(struct store *store, struct arena *arena, const char *provider,
                                     const char *extern_uid, struct store_identity *out, struct status *status);

/* Gives the link as it is then, also if it was there already. STATUS_ALREADY_EXISTS with the texts of the contract if
 * the user has another account of that provider, or another user this one. */
enum status_code store_identity_link(struct store *store, struct arena *arena, int32_t user_id, const char *provider,
                                     const char *extern_uid, struct store_identity *out, struct status *status);

/* Inside a write. STATUS_ALREADY_EXISTS if one of the above is in the way. */
enum status_code store_identity_insert(struct db_conn *conn, int32_t user_id, const char *provider,
                                       const char *extern_uid, struct status *status);

/* STATUS_NOT_FOUND as above. */
enum status_code store_identity_delete(struct store *store, int32_t user_id, const char *provider,
                                       struct status *status);

#endif
