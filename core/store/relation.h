/* Relations between memos: references, and comments on their parent. */
#ifndef MEMORA_STORE_RELATION_H
#define MEMORA_STORE_RELATION_H

#include "store/memo.h"

/* Same numbers as memos.api.v1.MemoRelation.Type. */
enum store_relation_type { STORE_RELATION_REFERENCE = 1, STORE_RELATION_COMMENT = 2 };

struct store_relation {
    int32_t memo_id, related_memo_id;
    enum store_relation_type type;
    bool incoming; /* found through its target: a relation between two of the asked memos comes twice, once each way */
    const char *memo_uid, *related_memo_uid;
    const char *memo_content, *related_memo_content; /* "" unless asked for */
    size_t memo_content_length, related_memo_content_length;
};

/* Relations with one end among the memos, of which both ends are visible to the viewer: first all outgoing ones, then
 * all incoming ones, each by source id descending, then by target id (ascending with content, descending without: the
 * order in which the reference shows them on single memos and in lists). One statement. */
enum status_code store_relation_list(struct db_conn *conn, struct arena *arena, const int32_t *memo_ids, size_t count,
                                     const struct store_viewer *viewer, bool with_content, struct store_relation **out,
                                     size_t *out_count, struct status *status);

/* Inside a write. Adding what exists changes nothing. */
enum status_code store_relation_add(struct db_conn *conn, int32_t memo_id, int32_t related_memo_id,
                                    enum store_relation_type type, struct status *status);
enum status_code store_relation_delete_references(struct db_conn *conn, int32_t memo_id, struct status *status);
enum status_code store_relation_delete_of_memos(struct db_conn *conn, struct arena *arena, const int32_t *ids,
                                                size_t count, struct status *status);

#endif
