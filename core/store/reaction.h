/* Reactions to memos. The target is the memo's resource name, as the table has it. */
#ifndef MEMORA_STORE_REACTION_H
#define MEMORA_STORE_REACTION_H

#include "store/store.h"

struct store_reaction {
    int32_t id, creator_id;
    int64_t created_ts;
    const char *content_id; /* "memos/{uid}" */
    const char *reaction_type;
};

/* What content_id is for a memo. */
char *store_reaction_subject(struct arena *arena, const char *memo_uid);

/* By memo uid, id ascending. One statement. */
enum status_code store_reaction_list(struct db_conn *conn, struct arena *arena, const char *const *memo_uids,
                                     size_t count, struct store_reaction **out, size_t *out_count,
                                     struct status *status);

/* STATUS_NOT_FOUND when there is none. */
enum status_code store_reaction_get(struct db_conn *conn, struct arena *arena, int32_t id, struct store_reaction *out,
                                    struct status *status);

/* Inside a write: inserts, or finds the one that is there already. Fills id and created_ts. */
enum status_code store_reaction_upsert(struct db_conn *conn, struct arena *arena, struct store_reaction *reaction,
                                       struct status *status);
enum status_code store_reaction_delete(struct db_conn *conn, int32_t id, struct status *status);
enum status_code store_reaction_delete_of_memos(struct db_conn *conn, struct arena *arena, const char *const *memo_uids,
                                                size_t count, struct status *status);

#endif
