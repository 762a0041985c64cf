/* Memos: rows of table memo and what is computed from their content. */
#ifndef MEMORA_STORE_MEMO_H
#define MEMORA_STORE_MEMO_H

#include "filter/filter.h"
#include "memos/store/memo.pb-c.h"
#include "store/store.h"

/* Same numbers as memos.api.v1.Visibility. */
enum store_visibility { STORE_VISIBILITY_UNKNOWN = 0, STORE_PRIVATE = 1, STORE_PROTECTED = 2, STORE_PUBLIC = 3 };
const char *store_visibility_name(enum store_visibility visibility);
enum store_visibility store_visibility_parse(const char *text);

/* What may hang on a memo. */
enum store_memo_part { STORE_MEMO_ATTACHMENTS = 1, STORE_MEMO_REACTIONS = 2, STORE_MEMO_RELATIONS = 4 };

struct store_memo {
    int32_t id, creator_id;
    const char *uid;
    int64_t created_ts, updated_ts; /* Unix seconds */
    enum store_row_status row_status;
    const char *content;
    size_t content_length;
    enum store_visibility visibility;
    bool pinned;
    const Memos__Store__MemoPayload *payload; /* never NULL */
    const char *parent_uid;                   /* NULL: not a comment */
    unsigned without; /* enum store_memo_part: had none of these when the row was read; 0 where nobody looked */
};

/* Whose eyes see: decides the WHERE clause of a list. */
enum store_viewer_kind {
    STORE_VIEWER_ANYONE_PUBLIC, /* PUBLIC only */
    STORE_VIEWER_USER,          /* own, PUBLIC and PROTECTED */
    STORE_VIEWER_OWN,           /* only the viewer's own */
    STORE_VIEWER_OTHERS_SHARED, /* PUBLIC and PROTECTED, no privilege for the viewer's own */
    STORE_VIEWER_ALL            /* no condition: for the server's own work */
};
struct store_viewer {
    enum store_viewer_kind kind;
    int32_t user_id;
};

struct store_memo_find {
    struct store_viewer viewer;
    enum store_row_status row_status;
    bool any_row_status; /* row_status is not looked at */
    bool include_comments;
    int32_t creator_id;              /* 0 = any */
    int32_t parent_id;               /* > 0: only direct comments on this memo, newest id first */
    const struct filter_sql *filter; /* NULL = none */
    bool pinned_first, by_update_time, ascending;
    bool without_content; /* content and snippet are not needed: leaves content "" */
    uint32_t limit;       /* 0 = all */
    uint64_t offset;
};

/* One statement. The array may be NULL when *count is 0. */
enum status_code store_memo_list(struct db_conn *conn, struct arena *arena, const struct store_memo_find *find,
                                 struct store_memo **out, size_t *count, struct status *status);

/* The same, row by row, for what looks at very many: the memo is valid during the visit only. */
typedef void (*store_memo_visit_fn)(void *ctx, const struct store_memo *memo);
enum status_code store_memo_visit(struct db_conn *conn, const struct store_memo_find *find, store_memo_visit_fn visit,
                                  void *ctx, struct status *status);

/* STATUS_NOT_FOUND "memo not found" when there is none. */
enum status_code store_memo_get(struct db_conn *conn, struct arena *arena, const char *uid, struct store_memo *out,
                                struct status *status);
/* The same to show it: tells in the same statement what the memo is without, which then need not be asked for. */
enum status_code store_memo_get_to_show(struct db_conn *conn, struct arena *arena, const char *uid,
                                        struct store_memo *out, struct status *status);
enum status_code store_memo_get_by_id(struct db_conn *conn, struct arena *arena, int32_t id, struct store_memo *out,
                                      struct status *status);

/* Several by id or by uid, in no order, missing ones left out. One statement; at most STORE_IN_MAX. */
enum status_code store_memo_get_many(struct db_conn *conn, struct arena *arena, const int32_t *ids, size_t id_count,
                                     struct store_memo **out, size_t *count, struct status *status);
enum status_code store_memo_get_many_by_uid(struct db_conn *conn, struct arena *arena, const char *const *uids,
                                            size_t uid_count, struct store_memo **out, size_t *count,
                                            struct status *status);

/* Inside a write: inserts uid, creator_id, row_status, content, visibility, pinned, payload and the times, where 0
 * means now. Fills id, created_ts and updated_ts. A taken uid is STATUS_ALREADY_EXISTS. */
enum status_code store_memo_insert(struct db_conn *conn, struct arena *arena, struct store_memo *memo,
                                   struct status *status);

enum {
    STORE_MEMO_SET_CONTENT = 1, /* content and payload */
    STORE_MEMO_SET_PAYLOAD = 2,
    STORE_MEMO_SET_VISIBILITY = 4,
    STORE_MEMO_SET_PINNED = 8,
    STORE_MEMO_SET_ROW_STATUS = 16,
    STORE_MEMO_SET_CREATED = 32,
    STORE_MEMO_SET_UPDATED = 64
};
/* Inside a write: sets the columns named by the bits in one statement; none = nothing happens. */
enum status_code store_memo_update(struct db_conn *conn, struct arena *arena, const struct store_memo *memo,
                                   unsigned columns, struct status *status);

/* Inside a write: removes the rows with their relations, reactions and shares. Attachments are the caller's;
 * notifications stay and are shown without their memo. ids: at most STORE_IN_MAX. */
enum status_code store_memo_delete(struct db_conn *conn, struct arena *arena, const int32_t *ids,
                                   const char *const *uids, size_t count, struct status *status);

/* Facts of the content as the payload stores them; location is kept from previous (may be NULL). */
Memos__Store__MemoPayload *store_memo_payload_build(struct arena *arena, const char *content, size_t length,
                                                    const Memos__Store__MemoPayload *previous);

#endif
