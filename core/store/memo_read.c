#include "store/memo.h"

#include <string.h>

#include "codec/codec.h"
#include "store/reaction.h"
#include "store/rows.h"

static const char *const visibility_names[] = {"", "PRIVATE", "PROTECTED", "PUBLIC"};

const char *store_visibility_name(enum store_visibility visibility)
{
    return visibility_names[visibility];
}

enum store_visibility store_visibility_parse(const char *text)
{
    for (int i = STORE_PRIVATE; i <= STORE_PUBLIC; i++)
        if (strcmp(text, visibility_names[i]) == 0)
            return (enum store_visibility)i;
    return STORE_VISIBILITY_UNKNOWN;
}

enum {
    COL_ID,
    COL_UID,
    COL_CREATOR,
    COL_CREATED,
    COL_UPDATED,
    COL_ROW_STATUS,
    COL_VISIBILITY,
    COL_PINNED,
    COL_PAYLOAD,
    COL_PARENT,
    COL_CONTENT,
    COL_ATTACHED, /* from here on in a memo to show alone */
    COL_REACTED,
    COL_RELATED
};

static const char select_parts[] =
    ", EXISTS (SELECT 1 FROM attachment WHERE attachment.memo_id = memo.id), "
    "EXISTS (SELECT 1 FROM reaction WHERE reaction.content_id = ?), "
    "EXISTS (SELECT 1 FROM memo_relation AS away WHERE away.memo_id = memo.id) "
    "OR EXISTS (SELECT 1 FROM memo_relation AS here WHERE here.related_memo_id = memo.id)";

/* Of one memo this is less for a database server to do than joins are: it looks whether there is a parent at all. */
static const char select_parent[] =
    "(SELECT parent.uid FROM memo_relation AS parent_relation JOIN memo AS parent ON parent.id = "
    "parent_relation.related_memo_id WHERE parent_relation.memo_id = memo.id AND parent_relation.type = 'COMMENT' "
    "LIMIT 1)";
static const char joined_parent[] = "parent.uid"; /* with join_parent */

static void select_head(struct buf *sql, const char *parent, bool with_content, const char *more)
{
    buf_add_str(sql, "SELECT memo.id, memo.uid, memo.creator_id, {time_read:memo.created_ts}, "
                     "{time_read:memo.updated_ts}, memo.row_status, memo.visibility, memo.pinned, memo.payload, ");
    buf_add_str(sql, parent);
    if (with_content)
        buf_add_str(sql, ", memo.content");
    buf_add_str(sql, more);
    buf_add_str(sql, " FROM memo ");
}

#define JOIN_PARENT(is_comment)                                                                                        \
    "LEFT JOIN memo_relation AS parent_relation ON parent_relation.memo_id = memo.id AND " is_comment                  \
    " LEFT JOIN memo AS parent ON parent.id = parent_relation.related_memo_id "
static const char join_parent[] = JOIN_PARENT("parent_relation.type = 'COMMENT'");

/* The same, as a condition of lists that the planner of a database server does not look into. PostgreSQL expects, of a
 * table that it has no statistics of, that a comparison holds for one row in 200 and three of them for none: it would
 * sort all memos for the few that are left, and go through all comments for each. Of what it cannot look into it
 * expects that half the rows fit, and walks the index until the page is full. */
#define UNSEEN(condition) "COALESCE(" condition ", FALSE)"
static const char join_parent_of_page[] = JOIN_PARENT(UNSEEN("parent_relation.type = 'COMMENT'"));

static enum status_code read_payload(struct arena *arena, const struct db_rows *rows,
                                     const Memos__Store__MemoPayload **out, struct status *status)
{
    const struct memora_value *value = db_column(rows, COL_PAYLOAD);
    const char *text = value->type == MEMORA_TEXT || value->type == MEMORA_BLOB ? value->u.p : "{}";
    size_t length = value->type == MEMORA_TEXT || value->type == MEMORA_BLOB ? value->len : 2;
    ProtobufCMessage *message;
    if (codec_read_json(arena, &memos__store__memo_payload__descriptor, text, length, NULL, &message, status))
        return status_set(status, STATUS_INTERNAL, "bad payload of memo %lld: %s",
                          (long long)db_column_int(rows, COL_ID), status ? status->message : "");
    *out = (const Memos__Store__MemoPayload *)message;
    return STATUS_OK;
}

static enum status_code read_row(struct arena *arena, const struct db_rows *rows, void *row, struct status *status)
{
    struct store_memo *memo = row;
    memo->id = (int32_t)db_column_int(rows, COL_ID);
    memo->uid = db_column_text(rows, COL_UID, arena);
    memo->creator_id = (int32_t)db_column_int(rows, COL_CREATOR);
    memo->created_ts = db_column_int(rows, COL_CREATED);
    memo->updated_ts = db_column_int(rows, COL_UPDATED);
    memo->row_status = store_row_status_parse(db_column_text(rows, COL_ROW_STATUS, arena));
    memo->visibility = store_visibility_parse(db_column_text(rows, COL_VISIBILITY, arena));
    memo->pinned = db_column_bool(rows, COL_PINNED);
    memo->parent_uid = db_column_null(rows, COL_PARENT) ? NULL : db_column_text(rows, COL_PARENT, arena);
    memo->content = "";
    memo->content_length = 0;
    if (db_column_count(rows) > COL_CONTENT)
        memo->content = db_column_bytes(rows, COL_CONTENT, arena, &memo->content_length);
    memo->without = 0;
    if (db_column_count(rows) > COL_RELATED)
        memo->without = (db_column_bool(rows, COL_ATTACHED) ? 0 : STORE_MEMO_ATTACHMENTS) |
                        (db_column_bool(rows, COL_REACTED) ? 0 : STORE_MEMO_REACTIONS) |
                        (db_column_bool(rows, COL_RELATED) ? 0 : STORE_MEMO_RELATIONS);
    return read_payload(arena, rows, &memo->payload, status);
}

/* Runs a SELECT made by select_head and collects its rows. */
static enum status_code read_rows(struct db_conn *conn, struct arena *arena, struct buf *sql,
                                  const struct memora_value *params, uint32_t param_count, struct store_memo **out,
                                  size_t *count, struct status *status)
{
    static const struct store_row_kind kind = {sizeof(struct store_memo), read_row};
    struct store_row_list rows;
    enum status_code code = store_read_rows(conn, arena, buf_str(sql), params, param_count, &kind, &rows, status);
    *out = rows.items;
    *count = rows.count;
    return code;
}

enum { FIND_PARAMS = 8 };

static void add_viewer(struct buf *sql, const struct store_viewer *viewer, bool unseen, struct memora_value *params,
                       uint32_t *used)
{
#define PUBLIC "memo.visibility = 'PUBLIC'"
#define SHARED "memo.visibility IN ('PUBLIC', 'PROTECTED')"
#define OWN_OR_SHARED "memo.creator_id = ? OR " SHARED
    switch (viewer->kind) {
    case STORE_VIEWER_ANYONE_PUBLIC:
        buf_add_str(sql, unseen ? " AND " UNSEEN(PUBLIC) : " AND " PUBLIC);
        break;
    case STORE_VIEWER_OTHERS_SHARED:
        buf_add_str(sql, unseen ? " AND " UNSEEN(SHARED) : " AND " SHARED);
        break;
    case STORE_VIEWER_USER:
        buf_add_str(sql, unseen ? " AND " UNSEEN(OWN_OR_SHARED) : " AND (" OWN_OR_SHARED ")");
        params[(*used)++] = db_int(viewer->user_id);
        break;
    case STORE_VIEWER_OWN:
        buf_add_str(sql, " AND memo.creator_id = ?");
        params[(*used)++] = db_int(viewer->user_id);
        break;
    case STORE_VIEWER_ALL:
        break;
    }
}

static void add_order(struct buf *sql, const struct store_memo_find *find)
{
    if (find->parent_id) {
        buf_add_str(sql, " ORDER BY memo.id DESC");
        return;
    }
    buf_add_str(sql, " ORDER BY ");
    if (find->pinned_first)
        buf_add_str(sql, "memo.pinned DESC, ");
    buf_add_str(sql, find->by_update_time ? "memo.updated_ts" : "memo.created_ts");
    buf_add_str(sql, find->ascending ? " ASC, memo.id DESC" : " DESC, memo.id DESC");
}

struct list_query {
    struct buf sql;
    struct memora_value *params;
    uint32_t used;
};

static struct list_query list_query(struct db_conn *conn, struct arena *arena, const struct store_memo_find *find)
{
    bool unseen = !db_in_process(conn);
    uint32_t used = 0, filter_params = find->filter ? find->filter->param_count : 0;
    struct memora_value *params = ARENA_ARRAY(arena, struct memora_value, FIND_PARAMS + filter_params);
    struct buf sql = buf_in(arena);
    select_head(&sql, joined_parent, !find->without_content, "");
    if (find->filter && find->filter->condition[0])
        buf_add_str(&sql, "LEFT JOIN `user` ON `user`.id = memo.creator_id ");
    buf_add_str(&sql, unseen && !find->parent_id ? join_parent_of_page : join_parent);
    buf_add_str(&sql, "WHERE 1 = 1");
    if (!find->any_row_status)
        buf_add_str(&sql, find->row_status == STORE_ARCHIVED ? " AND memo.row_status = 'ARCHIVED'"
                                                             : " AND memo.row_status = 'NORMAL'");
    add_viewer(&sql, &find->viewer, unseen, params, &used);
    if (find->creator_id) {
        buf_add_str(&sql, " AND memo.creator_id = ?");
        params[used++] = db_int(find->creator_id);
    }
    if (find->parent_id) {
        buf_add_str(&sql, " AND parent_relation.related_memo_id = ?");
        params[used++] = db_int(find->parent_id);
    } else if (!find->include_comments) {
        buf_add_str(&sql, " AND {not_joined:parent.uid|SELECT 1 FROM memo_relation AS comment "
                          "WHERE comment.memo_id = memo.id AND " UNSEEN("comment.type = 'COMMENT'") "}");
    }
    if (find->filter && find->filter->condition[0]) {
        buf_add_str(&sql, " AND (");
        buf_add_str(&sql, find->filter->condition);
        buf_add_char(&sql, ')');
        for (uint32_t i = 0; i < filter_params; i++)
            params[used++] = find->filter->params[i];
    }
    add_order(&sql, find);
    if (find->limit) {
        buf_add_str(&sql, " LIMIT ? OFFSET ?");
        params[used++] = db_int(find->limit);
        params[used++] = db_int((int64_t)find->offset);
    }
    return (struct list_query){sql, params, used};
}

enum status_code store_memo_list(struct db_conn *conn, struct arena *arena, const struct store_memo_find *find,
                                 struct store_memo **out, size_t *count, struct status *status)
{
    struct list_query query = list_query(conn, arena, find);
    return read_rows(conn, arena, &query.sql, query.params, query.used, out, count, status);
}

enum status_code store_memo_visit(struct db_conn *conn, const struct store_memo_find *find, store_memo_visit_fn visit,
                                  void *ctx, struct status *status)
{
    struct arena *arena = arena_create(), *row = arena_create();
    struct list_query query = list_query(conn, arena, find);
    struct status problem = {0};
    struct store_memo memo;
    struct db_rows *rows;
    enum status_code code = db_query(conn, buf_str(&query.sql), query.params, query.used, &rows, status);
    if (code == STATUS_OK) {
        while (db_next(rows, &problem) && read_row(row, rows, &memo, &problem) == STATUS_OK) {
            visit(ctx, &memo);
            arena_reset(row);
        }
        db_rows_close(rows);
        if (problem.code)
            code = status_set(status, problem.code, "%s", problem.message);
    }
    arena_destroy(row);
    arena_destroy(arena);
    return code;
}

static enum status_code get_where(struct db_conn *conn, struct arena *arena, const char *more, const char *where,
                                  const struct memora_value *params, uint32_t param_count, struct store_memo *out,
                                  struct status *status)
{
    struct buf sql = buf_in(arena);
    struct store_memo *memos;
    size_t count;
    select_head(&sql, select_parent, true, more);
    buf_add_str(&sql, where);
    enum status_code code = read_rows(conn, arena, &sql, params, param_count, &memos, &count, status);
    if (code)
        return code;
    if (count == 0)
        return status_set(status, STATUS_NOT_FOUND, "memo not found");
    *out = memos[0];
    return STATUS_OK;
}

enum status_code store_memo_get(struct db_conn *conn, struct arena *arena, const char *uid, struct store_memo *out,
                                struct status *status)
{
    const struct memora_value param = db_text(uid);
    return get_where(conn, arena, "", "WHERE memo.uid = ?", &param, 1, out, status);
}

enum status_code store_memo_get_to_show(struct db_conn *conn, struct arena *arena, const char *uid,
                                        struct store_memo *out, struct status *status)
{
    const struct memora_value params[] = {db_text(store_reaction_subject(arena, uid)), db_text(uid)};
    enum status_code code = get_where(conn, arena, select_parts, "WHERE memo.uid = ?", params, 2, out, status);
    /* Some collations of MySQL do not tell upper case from lower: reactions belong to the uid as the row has it. */
    if (!code && strcmp(out->uid, uid) != 0)
        out->without &= ~(unsigned)STORE_MEMO_REACTIONS;
    return code;
}

enum status_code store_memo_get_by_id(struct db_conn *conn, struct arena *arena, int32_t id, struct store_memo *out,
                                      struct status *status)
{
    const struct memora_value param = db_int(id);
    return get_where(conn, arena, "", "WHERE memo.id = ?", &param, 1, out, status);
}

enum status_code store_memo_get_many(struct db_conn *conn, struct arena *arena, const int32_t *ids, size_t id_count,
                                     struct store_memo **out, size_t *count, struct status *status)
{
    *out = NULL;
    *count = 0;
    if (id_count == 0)
        return STATUS_OK;
    if (id_count > STORE_IN_MAX)
        return status_set(status, STATUS_INTERNAL, "too many memo ids in one look-up: %zu", id_count);
    uint32_t used = 0;
    struct memora_value *params = store_sql_params(arena, id_count, 1, 0);
    struct buf sql = buf_in(arena);
    select_head(&sql, joined_parent, true, "");
    buf_add_str(&sql, join_parent);
    buf_add_str(&sql, "WHERE memo.id IN ");
    store_sql_in(&sql, params, &used, ids, id_count);
    return read_rows(conn, arena, &sql, params, used, out, count, status);
}

enum status_code store_memo_get_many_by_uid(struct db_conn *conn, struct arena *arena, const char *const *uids,
                                            size_t uid_count, struct store_memo **out, size_t *count,
                                            struct status *status)
{
    *out = NULL;
    *count = 0;
    if (uid_count == 0)
        return STATUS_OK;
    if (uid_count > STORE_IN_MAX)
        return status_set(status, STATUS_INTERNAL, "too many memo uids in one look-up: %zu", uid_count);
    uint32_t used = 0;
    struct memora_value *params = store_sql_params(arena, uid_count, 1, 0);
    struct buf sql = buf_in(arena);
    select_head(&sql, joined_parent, true, "");
    buf_add_str(&sql, join_parent);
    buf_add_str(&sql, "WHERE memo.uid IN ");
    store_sql_in_text(&sql, params, &used, uids, uid_count);
    return read_rows(conn, arena, &sql, params, used, out, count, status);
}
