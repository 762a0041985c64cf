/* Memos as the API shows them (contract memos.md 2.1). */
#ifndef MEMORA_API_CONVERT_MEMO_H
#define MEMORA_API_CONVERT_MEMO_H

#include "api/call.h"
#include "memos/api/v1/memo_service.pb-c.h"
#include "store/memo.h"
#include "store/reaction.h"
#include "store/relation.h"

enum api_memo_view_flags {
    API_MEMO_RELATION_SNIPPETS = 1, /* single memos show them, lists don't */
    API_MEMO_WITHOUT_RELATIONS = 2, /* shared memos */
    API_MEMO_WITHOUT_PARENT = 4
};

/* Views of the memos in their order. Memos whose creator is gone are left out, so *view_count may be smaller. Runs a
 * constant number of statements. count <= STORE_IN_MAX. */
enum status_code api_memo_views(struct api_call *call, struct db_conn *conn, const struct store_memo *memos,
                                size_t count, unsigned flags, Memos__Api__V1__Memo ***views, size_t *view_count,
                                struct status *status);

/* View of one memo; NOT_FOUND "memo creator not found". */
enum status_code api_memo_view(struct api_call *call, struct db_conn *conn, const struct store_memo *memo,
                               unsigned flags, Memos__Api__V1__Memo **view, struct status *status);

/* Reactions in their order; those of vanished users are left out. */
enum status_code api_reaction_views(struct api_call *call, struct db_conn *conn, const struct store_reaction *reactions,
                                    size_t count, Memos__Api__V1__Reaction ***views, size_t *view_count,
                                    struct status *status);

Memos__Api__V1__MemoRelation *api_relation_view(struct arena *arena, const struct store_relation *relation,
                                                bool with_snippets);

#endif
