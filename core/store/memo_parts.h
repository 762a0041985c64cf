/* What hangs on the memos of a page: attachments, reactions and relations, read together. */
#ifndef MEMORA_STORE_MEMO_PARTS_H
#define MEMORA_STORE_MEMO_PARTS_H

#include "store/attachment.h"
#include "store/reaction.h"
#include "store/relation.h"

struct store_memo_parts {
    struct store_attachment *attachments; /* in the orders of the functions that list one kind alone */
    size_t attachment_count;
    struct store_reaction *reactions;
    size_t reaction_count;
    struct store_relation *relations;
    size_t relation_count;
};

/* The wanted ones (enum store_memo_part), of relations those that the viewer sees. A statement for each, all in one
 * round trip where the database can do that; none for what all of the memos are without. At most STORE_IN_MAX memos. */
enum status_code store_memo_parts(struct db_conn *conn, struct arena *arena, const struct store_memo *memos,
                                  size_t count, unsigned wanted, const struct store_viewer *viewer, bool with_content,
                                  struct store_memo_parts *out, struct status *status);

#endif
