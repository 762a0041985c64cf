#include "store/share.h"

#include "base/clock.h"
#include "store/rows.h"

#define SHARE_COLUMNS "SELECT id, uid, memo_id, creator_id, created_ts, expires_ts FROM memo_share "

static enum status_code read_row(struct arena *arena, const struct db_rows *rows, void *row, struct status *status)
{
    struct store_share *out = row;
    (void)status;
    *out = (struct store_share){
        .id = (int32_t)db_column_int(rows, 0),
        .uid = db_column_text(rows, 1, arena),
        .memo_id = (int32_t)db_column_int(rows, 2),
        .creator_id = (int32_t)db_column_int(rows, 3),
        .created_ts = db_column_int(rows, 4),
        .expires = !db_column_null(rows, 5),
        .expires_ts = db_column_int(rows, 5),
    };
    return STATUS_OK;
}

static enum status_code read_rows(struct db_conn *conn, struct arena *arena, const char *sql, struct memora_value param,
                                  struct store_share **out, size_t *count, struct status *status)
{
    static const struct store_row_kind kind = {sizeof(struct store_share), read_row};
    struct store_row_list rows;
    enum status_code code = store_read_rows(conn, arena, sql, &param, 1, &kind, &rows, status);
    *out = rows.items;
    *count = rows.count;
    return code;
}

enum status_code store_share_list(struct db_conn *conn, struct arena *arena, int32_t memo_id, struct store_share **out,
                                  size_t *count, struct status *status)
{
    return read_rows(conn, arena, SHARE_COLUMNS "WHERE memo_id = ? ORDER BY id", db_int(memo_id), out, count, status);
}

enum status_code store_share_get(struct db_conn *conn, struct arena *arena, const char *uid, struct store_share *out,
                                 struct status *status)
{
    struct store_share *found;
    size_t count;
    enum status_code code = read_rows(conn, arena, SHARE_COLUMNS "WHERE uid = ?", db_text(uid), &found, &count, status);
    if (code)
        return code;
    if (count == 0)
        return status_set(status, STATUS_NOT_FOUND, "memo share not found");
    *out = found[0];
    return STATUS_OK;
}

bool store_share_usable(const struct store_share *share)
{
    return !share->expires || clock_wall_s() <= share->expires_ts;
}

enum status_code store_share_insert(struct db_conn *conn, struct store_share *share, struct status *status)
{
    int64_t id;
    share->created_ts = clock_wall_s();
    const struct memora_value params[] = {db_text(share->uid), db_int(share->memo_id), db_int(share->creator_id),
                                          db_int(share->created_ts),
                                          share->expires ? db_int(share->expires_ts) : db_null()};
    enum status_code code = db_insert(
        conn, "INSERT INTO memo_share (uid, memo_id, creator_id, created_ts, expires_ts) VALUES (?, ?, ?, ?, ?)",
        params, sizeof params / sizeof params[0], &id, status);
    if (!code)
        share->id = (int32_t)id;
    return code;
}

enum status_code store_share_delete(struct db_conn *conn, int32_t id, struct status *status)
{
    const struct memora_value param = db_int(id);
    return db_exec(conn, "DELETE FROM memo_share WHERE id = ?", &param, 1, NULL, status);
}

enum status_code store_share_delete_of_memos(struct db_conn *conn, struct arena *arena, const int32_t *ids,
                                             size_t count, struct status *status)
{
    struct memora_value *params = ARENA_ARRAY(arena, struct memora_value, STORE_IN_MAX);
    struct buf sql = buf_in(arena);
    uint32_t used = 0;
    buf_add_str(&sql, "DELETE FROM memo_share WHERE memo_id IN ");
    store_sql_in(&sql, params, &used, ids, count);
    return db_exec(conn, buf_str(&sql), params, used, NULL, status);
}
