/* Counts over memos, per creator (contract platform.md 3.6). */
#ifndef MEMORA_STORE_STATS_H
#define MEMORA_STORE_STATS_H

#include "store/memo.h"

struct store_tag_count {
    const char *tag;
    int32_t count;
};

struct store_user_stats {
    int32_t creator_id;
    size_t memo_count;
    int64_t *created_ts, *updated_ts; /* one per memo, in the order of memo lists */
    int32_t links, codes, todos, undone;
    const char **pinned_uids;
    size_t pinned_count;
    struct store_tag_count *tags; /* ordered by tag */
    size_t tag_count;
};

/* Of all memos that find selects (limit and offset are not looked at), without comments; creators in the order of
 * their newest memo. One statement, which does not read contents. */
enum status_code store_stats_collect(struct db_conn *conn, struct arena *arena, const struct store_memo_find *find,
                                     struct store_user_stats **out, size_t *count, struct status *status);

#endif
