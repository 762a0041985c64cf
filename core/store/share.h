/* Share links: secrets that open one memo to whoever holds them. */
#ifndef MEMORA_STORE_SHARE_H
#define MEMORA_STORE_SHARE_H

#include "store/store.h"

struct store_share {
    int32_t id, memo_id, creator_id;
    const char *uid; /* the secret */
    int64_t created_ts;
    bool expires;
    int64_t expires_ts; /* Unix seconds; run out when now is later */
};

/* id ascending, run-out ones included. */
enum status_code store_share_list(struct db_conn *conn, struct arena *arena, int32_t memo_id, struct store_share **out,
                                  size_t *count, struct status *status);
/* STATUS_NOT_FOUND when there is none; expiry is the caller's to judge. */
enum status_code store_share_get(struct db_conn *conn, struct arena *arena, const char *uid, struct store_share *out,
                                 struct status *status);
bool store_share_usable(const struct store_share *share);

/* Inside a write. Fills id and created_ts. */
enum status_code store_share_insert(struct db_conn *conn, struct store_share *share, struct status *status);
enum status_code store_share_delete(struct db_conn *conn, int32_t id, struct status *status);
enum status_code store_share_delete_of_memos(struct db_conn *conn, struct arena *arena, const int32_t *ids,
                                             size_t count, struct status *status);

#endif
