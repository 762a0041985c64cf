#include "store/user.h"

#include <stdlib.h>

#include "cache/cache.h"
#include "codec/codec.h"
#include "memos/store/inbox.pb-c.h"
#include "store/change.h"
#include "store/memo.h"

enum { BATCH = 500 };

/* The memos that go: those of the user and every comment below them. */
struct doomed {
    int32_t *ids;
    const char **uids;
    size_t count;
};

struct deletion {
    int32_t user_id;
    struct arena *arena;
    struct doomed memos;
};

/* Room for one more element: capacities are powers of two, so it grows only when the count is one. */
static void *grown(struct arena *arena, void *array, size_t count, size_t size)
{
    if (count & (count - 1))
        return array;
    return arena_grow(arena, array, count * size, (count ? count * 2 : 1) * size);
}

static size_t batch_at(size_t total, size_t at)
{
    return total - at < BATCH ? total - at : BATCH;
}

static enum status_code collect_memos(struct db_conn *conn, struct deletion *deletion, struct status *status)
{
    struct doomed *memos = &deletion->memos;
    const struct memora_value param = db_int(deletion->user_id);
    struct status problem = {0};
    struct db_rows *rows;
    *memos = (struct doomed){0};
    /* UNION, not UNION ALL: relations may form a circle. */
    enum status_code code = db_query(conn,
                                     "WITH RECURSIVE doomed (id) AS (SELECT id FROM memo WHERE creator_id = ? "
                                     "UNION SELECT memo_relation.memo_id FROM memo_relation "
                                     "JOIN doomed ON memo_relation.related_memo_id = doomed.id "
                                     "WHERE memo_relation.type = 'COMMENT') "
                                     "SELECT memo.id, memo.uid FROM memo JOIN doomed ON doomed.id = memo.id "
                                     "ORDER BY memo.id",
                                     &param, 1, &rows, status);
    if (code)
        return code;
    while (db_next(rows, &problem)) {
        memos->ids = grown(deletion->arena, memos->ids, memos->count, sizeof *memos->ids);
        memos->uids = grown(deletion->arena, memos->uids, memos->count, sizeof *memos->uids);
        memos->ids[memos->count] = (int32_t)db_column_int(rows, 0);
        memos->uids[memos->count++] = db_column_text(rows, 1, deletion->arena);
    }
    db_rows_close(rows);
    return problem.code ? status_set(status, problem.code, "%s", problem.message) : STATUS_OK;
}

static enum status_code take_attachments(struct db_conn *conn, struct deletion *deletion,
                                         const struct store_attachment *found, size_t found_count,
                                         struct status *status)
{
    enum status_code code = STATUS_OK;
    for (size_t at = 0; !code && at < found_count; at += BATCH)
        code = store_attachment_delete(conn, deletion->arena, found + at, batch_at(found_count, at), NULL, status);
    return code;
}

static enum status_code delete_own_attachments(struct db_conn *conn, struct deletion *deletion, struct status *status)
{
    const struct store_attachment_find find = {.creator_id = deletion->user_id};
    struct store_attachment *found;
    size_t count;
    enum status_code code = store_attachment_list(conn, deletion->arena, &find, &found, &count, status);
    return code ? code : take_attachments(conn, deletion, found, count, status);
}

static enum status_code delete_memos(struct db_conn *conn, struct deletion *deletion, struct status *status)
{
    const struct doomed *memos = &deletion->memos;
    for (size_t at = 0; at < memos->count; at += BATCH) {
        size_t count = batch_at(memos->count, at), found_count;
        struct store_attachment *found;
        enum status_code code = store_attachment_list_for_memos(conn, deletion->arena, memos->ids + at, count, &found,
                                                                &found_count, status);
        if (!code)
            code = take_attachments(conn, deletion, found, found_count, status);
        if (!code)
            code = store_memo_delete(conn, deletion->arena, memos->ids + at, memos->uids + at, count, status);
        if (code)
            return code;
    }
    return STATUS_OK;
}

static int by_number(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static bool is_doomed(const struct doomed *memos, int32_t id)
{
    return memos->count && bsearch(&id, memos->ids, memos->count, sizeof id, by_number);
}

/* True if the stored notification speaks of a memo that goes. What cannot be read names nothing. */
static bool names_doomed(const struct doomed *memos, struct arena *scratch, const struct memora_value *json)
{
    ProtobufCMessage *message = NULL;
    if (json->type != MEMORA_TEXT || codec_read_json(scratch, &memos__store__inbox_message__descriptor, json->u.p,
                                                     (size_t)json->len, NULL, &message, NULL))
        return false;
    const Memos__Store__InboxMessage *inbox = (const Memos__Store__InboxMessage *)message;
    switch (inbox->payload_case) {
    case MEMOS__STORE__INBOX_MESSAGE__PAYLOAD_MEMO_COMMENT:
        return is_doomed(memos, inbox->memo_comment->memo_id) || is_doomed(memos, inbox->memo_comment->related_memo_id);
    case MEMOS__STORE__INBOX_MESSAGE__PAYLOAD_MEMO_MENTION:
        return is_doomed(memos, inbox->memo_mention->memo_id) || is_doomed(memos, inbox->memo_mention->related_memo_id);
    default:
        return false;
    }
}

static enum status_code collect_notifications(struct db_conn *conn, struct deletion *deletion, int32_t **ids,
                                              size_t *count, struct status *status)
{
    const struct memora_value params[] = {db_int(deletion->user_id), db_int(deletion->user_id)};
    struct arena *scratch = arena_create();
    struct status problem = {0};
    struct db_rows *rows;
    *ids = NULL;
    *count = 0;
    enum status_code code =
        db_query(conn, "SELECT id, message FROM inbox WHERE sender_id <> ? AND receiver_id <> ? ORDER BY id", params, 2,
                 &rows, status);
    if (code == STATUS_OK) {
        while (db_next(rows, &problem)) {
            if (names_doomed(&deletion->memos, scratch, db_column(rows, 1))) {
                *ids = grown(deletion->arena, *ids, *count, sizeof **ids);
                (*ids)[(*count)++] = (int32_t)db_column_int(rows, 0);
            }
            arena_reset(scratch);
        }
        db_rows_close(rows);
        if (problem.code)
            code = status_set(status, problem.code, "%s", problem.message);
    }
    arena_destroy(scratch);
    return code;
}

static enum status_code delete_notifications(struct db_conn *conn, struct deletion *deletion, struct status *status)
{
    int32_t *ids;
    size_t total;
    enum status_code code = STATUS_OK;
    if (deletion->memos.count == 0)
        return code;
    code = collect_notifications(conn, deletion, &ids, &total, status);
    struct memora_value *params = ARENA_ARRAY(deletion->arena, struct memora_value, STORE_IN_MAX);
    for (size_t at = 0; !code && at < total; at += BATCH) {
        uint32_t used = 0;
        struct buf sql = buf_in(deletion->arena);
        buf_add_str(&sql, "DELETE FROM inbox WHERE id IN ");
        store_sql_in(&sql, params, &used, ids + at, batch_at(total, at));
        code = db_exec(conn, buf_str(&sql), params, used, NULL, status);
    }
    return code;
}

static enum status_code delete_in_write(struct db_conn *conn, void *ctx, struct status *status)
{
    static const char *const own_rows[] = {
        "DELETE FROM reaction WHERE creator_id = ?",   "DELETE FROM memo_share WHERE creator_id = ?",
        "DELETE FROM inbox WHERE sender_id = ?",       "DELETE FROM inbox WHERE receiver_id = ?",
        "DELETE FROM user_identity WHERE user_id = ?", "DELETE FROM user_setting WHERE user_id = ?"};
    struct deletion *deletion = ctx;
    const struct memora_value id = db_int(deletion->user_id);
    enum status_code code = collect_memos(conn, deletion, status);
    if (!code)
        code = delete_own_attachments(conn, deletion, status);
    if (!code)
        code = delete_notifications(conn, deletion, status);
    if (!code)
        code = delete_memos(conn, deletion, status);
    for (size_t i = 0; !code && i < sizeof own_rows / sizeof own_rows[0]; i++)
        code = db_exec(conn, own_rows[i], &id, 1, NULL, status);
    int64_t gone = 0;
    if (!code)
        code = db_exec(conn, "DELETE FROM `user` WHERE id = ?", &id, 1, &gone, status);
    if (!code && gone == 0)
        code = status_set(status, STATUS_NOT_FOUND, "user not found");
    return code;
}

enum status_code store_user_delete(struct store *store, struct arena *arena, int32_t id, struct status *status)
{
    struct deletion deletion = {.user_id = id, .arena = arena};
    struct store_change stale = {0};
    store_change_user(&stale, id);
    store_change_user_settings(&stale, id);
    store_change_tokens(&stale, id);
    return store_write_change(store, delete_in_write, &deletion, &stale, status);
}
