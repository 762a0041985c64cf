#include "store/memo.h"

#include "base/clock.h"
#include "codec/codec.h"
#include "store/reaction.h"
#include "store/relation.h"
#include "store/share.h"

static enum status_code payload_text(struct arena *arena, const Memos__Store__MemoPayload *payload,
                                     struct memora_value *out, struct status *status)
{
    struct buf json = buf_in(arena);
    enum status_code code = codec_write_json(&json, &payload->base, CODEC_JSON_SPARSE, status);
    *out = db_text_n(buf_str(&json), json.len);
    return code;
}

enum status_code store_memo_insert(struct db_conn *conn, struct arena *arena, struct store_memo *memo,
                                   struct status *status)
{
    int64_t now = clock_wall_s(), id;
    struct memora_value payload;
    enum status_code code = payload_text(arena, memo->payload, &payload, status);
    if (code)
        return code;
    if (memo->created_ts == 0)
        memo->created_ts = now;
    if (memo->updated_ts == 0)
        memo->updated_ts = now;
    const struct memora_value params[] = {
        db_text(memo->uid),
        db_int(memo->creator_id),
        db_int(memo->created_ts),
        db_int(memo->updated_ts),
        db_text(store_row_status_name(memo->row_status)),
        db_text_n(memo->content, memo->content_length),
        db_text(store_visibility_name(memo->visibility)),
        db_bool(memo->pinned),
        payload,
    };
    code = db_insert(conn,
                     "INSERT INTO memo (uid, creator_id, created_ts, updated_ts, row_status, content, visibility, "
                     "pinned, payload) VALUES (?, ?, {time_write:?}, {time_write:?}, ?, ?, ?, ?, ?)",
                     params, sizeof params / sizeof params[0], &id, status);
    if (code == STATUS_ALREADY_EXISTS)
        return status_set(status, code, "memo with ID \"%s\" already exists", memo->uid);
    if (code == STATUS_OK)
        memo->id = (int32_t)id;
    return code;
}

struct assignments {
    struct buf sql;
    struct memora_value params[9];
    uint32_t used;
};

static void assign(struct assignments *set, const char *text, struct memora_value value)
{
    if (set->used)
        buf_add_str(&set->sql, ", ");
    buf_add_str(&set->sql, text);
    set->params[set->used++] = value;
}

enum status_code store_memo_update(struct db_conn *conn, struct arena *arena, const struct store_memo *memo,
                                   unsigned columns, struct status *status)
{
    struct assignments set = {.sql = buf_in(arena), .used = 0};
    struct memora_value payload;
    if (!columns)
        return STATUS_OK;
    buf_add_str(&set.sql, "UPDATE memo SET ");
    if (columns & STORE_MEMO_SET_CONTENT)
        assign(&set, "content = ?", db_text_n(memo->content, memo->content_length));
    if (columns & (STORE_MEMO_SET_CONTENT | STORE_MEMO_SET_PAYLOAD)) {
        enum status_code code = payload_text(arena, memo->payload, &payload, status);
        if (code)
            return code;
        assign(&set, "payload = ?", payload);
    }
    if (columns & STORE_MEMO_SET_VISIBILITY)
        assign(&set, "visibility = ?", db_text(store_visibility_name(memo->visibility)));
    if (columns & STORE_MEMO_SET_PINNED)
        assign(&set, "pinned = ?", db_bool(memo->pinned));
    if (columns & STORE_MEMO_SET_ROW_STATUS)
        assign(&set, "row_status = ?", db_text(store_row_status_name(memo->row_status)));
    if (columns & STORE_MEMO_SET_CREATED)
        assign(&set, "created_ts = {time_write:?}", db_int(memo->created_ts));
    if (columns & STORE_MEMO_SET_UPDATED)
        assign(&set, "updated_ts = {time_write:?}", db_int(memo->updated_ts));
    buf_add_str(&set.sql, " WHERE id = ?");
    set.params[set.used++] = db_int(memo->id);
    return db_exec(conn, buf_str(&set.sql), set.params, set.used, NULL, status);
}

enum status_code store_memo_delete(struct db_conn *conn, struct arena *arena, const int32_t *ids,
                                   const char *const *uids, size_t count, struct status *status)
{
    if (count == 0)
        return STATUS_OK;
    struct memora_value *params = ARENA_ARRAY(arena, struct memora_value, STORE_IN_MAX);
    struct buf sql = buf_in(arena);
    uint32_t used = 0;
    enum status_code code = store_relation_delete_of_memos(conn, arena, ids, count, status);
    if (!code)
        code = store_reaction_delete_of_memos(conn, arena, uids, count, status);
    if (!code)
        code = store_share_delete_of_memos(conn, arena, ids, count, status);
    if (code)
        return code;
    buf_add_str(&sql, "DELETE FROM memo WHERE id IN ");
    store_sql_in(&sql, params, &used, ids, count);
    return db_exec(conn, buf_str(&sql), params, used, NULL, status);
}
