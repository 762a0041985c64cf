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
/* STATUS_NOT_FOUND as above. */
enum status_code store_identity_delete(struct store *store, int32_t user_id, const char *provider,
                                       struct status *status);

#endif
