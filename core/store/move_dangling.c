#include "store/move.h"

#define NO_USER(column) "NOT EXISTS (SELECT 1 FROM `user` WHERE `user`.id = " column ")"
#define NO_MEMO(column) "NOT EXISTS (SELECT 1 FROM memo WHERE memo.id = " column ")"

/* Notifications and linked accounts whose memo or provider is gone are as Memos leaves them, and are shown as such. */
const struct store_move_dangling store_move_dangling[] = {
    {"user_setting", NO_USER("user_setting.user_id"), "settings of users who are gone", STORE_MOVE_REMOVE},
    {"user_identity", NO_USER("user_identity.user_id"), "linked accounts of users who are gone", STORE_MOVE_REMOVE},
    {"inbox", NO_USER("inbox.receiver_id"), "notifications to users who are gone", STORE_MOVE_REMOVE},
    {"inbox", NO_USER("inbox.sender_id"), "notifications from users who are gone", STORE_MOVE_REMOVE},
    {"memo_relation", NO_MEMO("memo_relation.memo_id"), "relations from memos that are gone", STORE_MOVE_REMOVE},
    {"memo_relation", NO_MEMO("memo_relation.related_memo_id"), "relations to memos that are gone", STORE_MOVE_REMOVE},
    {"memo_share", NO_MEMO("memo_share.memo_id"), "share links to memos that are gone", STORE_MOVE_REMOVE},
    {"memo_share", NO_USER("memo_share.creator_id"), "share links of users who are gone", STORE_MOVE_REMOVE},
    {"reaction", NO_USER("reaction.creator_id"), "reactions of users who are gone", STORE_MOVE_REMOVE},
    {"reaction",
     "reaction.content_id LIKE 'memos/%' AND "
     "NOT EXISTS (SELECT 1 FROM memo WHERE memo.uid = SUBSTR(reaction.content_id, 7))",
     "reactions to memos that are gone", STORE_MOVE_REMOVE},
    {"attachment", "attachment.memo_id IS NOT NULL AND " NO_MEMO("attachment.memo_id"),
     "attachments of memos that are gone", STORE_MOVE_DETACH},
    {"attachment", NO_USER("attachment.creator_id"), "attachments of users who are gone", STORE_MOVE_LEAVE},
    {"memo", NO_USER("memo.creator_id"), "memos of users who are gone", STORE_MOVE_LEAVE},
};
const size_t store_move_dangling_count = sizeof store_move_dangling / sizeof store_move_dangling[0];

enum status_code store_move_dangling_find(struct db_conn *conn, const struct store_move_dangling *kind, int64_t *found,
                                          struct status *status)
{
    struct arena *arena = arena_create();
    struct db_rows *rows;
    struct status problem = {0};
    const char *sql = arena_printf(arena, "SELECT COUNT(*) FROM `%s` WHERE %s", kind->table, kind->condition);
    enum status_code code = db_query(conn, sql, NULL, 0, &rows, status);
    if (code == STATUS_OK) {
        *found = db_next(rows, &problem) ? db_column_int(rows, 0) : 0;
        db_rows_close(rows);
        if (problem.code)
            code = status_set(status, problem.code, "%s", problem.message);
    }
    arena_destroy(arena);
    return code;
}

enum status_code store_move_dangling_repair(struct db_conn *conn, const struct store_move_dangling *kind,
                                            int64_t *repaired, struct status *status)
{
    *repaired = 0;
    if (kind->repair == STORE_MOVE_LEAVE)
        return STATUS_OK;
    struct arena *arena = arena_create();
    struct buf sql = buf_in(arena);
    buf_add_str(&sql, kind->repair == STORE_MOVE_REMOVE ? "DELETE FROM `" : "UPDATE `");
    buf_add_str(&sql, kind->table);
    buf_add_str(&sql, kind->repair == STORE_MOVE_REMOVE ? "` WHERE " : "` SET memo_id = NULL WHERE ");
    buf_add_str(&sql, kind->condition);
    enum status_code code = db_exec(conn, buf_str(&sql), NULL, 0, repaired, status);
    arena_destroy(arena);
    return code;
}
