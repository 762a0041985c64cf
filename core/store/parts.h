/* The statements for what hangs on several memos, and the reading of their rows; run alone by the functions that list
 * one kind, together by store_memo_parts. Shared by the files of store/. 1 <= count <= STORE_IN_MAX. */
#ifndef MEMORA_STORE_PARTS_H
#define MEMORA_STORE_PARTS_H

#include "store/attachment.h"
#include "store/reaction.h"
#include "store/relation.h"

struct db_select store_attachment_select(struct db_conn *conn, struct arena *arena, const int32_t *memo_ids,
                                         size_t count);
enum status_code store_attachment_collect(struct arena *arena, struct db_rows *rows, const int32_t *memo_ids,
                                          size_t count, struct store_attachment **out, size_t *out_count,
                                          struct status *status);

struct db_select store_reaction_select(struct arena *arena, const char *const *memo_uids, size_t count);
enum status_code store_reaction_collect(struct arena *arena, struct db_rows *rows, struct store_reaction **out,
                                        size_t *out_count, struct status *status);

struct db_select store_relation_select(struct db_conn *conn, struct arena *arena, const int32_t *memo_ids, size_t count,
                                       const struct store_viewer *viewer, bool with_content);
enum status_code store_relation_collect(struct arena *arena, struct db_rows *rows, const int32_t *memo_ids,
                                        size_t count, bool with_content, struct store_relation **out, size_t *out_count,
                                        struct status *status);

#endif
