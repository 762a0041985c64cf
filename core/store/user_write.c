#include "store/user.h"

#include "base/clock.h"
#include "store/change.h"
#include "store/identity.h"
#include "store/user_row.h"

static enum status_code any_user(struct db_conn *conn, bool *exists, struct status *status)
{
    struct db_rows *rows;
    struct status problem = {0};
    enum status_code code = db_query(conn, "SELECT id FROM `user` LIMIT 1", NULL, 0, &rows, status);
    if (code)
        return code;
    *exists = db_next(rows, &problem);
    db_rows_close(rows);
    return problem.code ? status_set(status, problem.code, "%s", problem.message) : STATUS_OK;
}

enum status_code store_user_any(struct store *store, bool *exists, struct status *status)
{
    struct db_conn *conn;
    enum status_code code = store_read_begin(store, &conn, status);
    if (code)
        return code;
    code = any_user(conn, exists, status);
    store_read_end(conn);
    return code;
}

/* One text column of one user. */
static enum status_code read_text(struct store *store, struct arena *arena, const char *sql, int32_t id, char **out,
                                  struct status *status)
{
    struct db_conn *conn;
    struct db_rows *rows;
    struct status problem = {0};
    const struct memora_value param = db_int(id);
    enum status_code code = store_read_begin(store, &conn, status);
    if (code)
        return code;
    code = db_query(conn, sql, &param, 1, &rows, status);
    if (code == STATUS_OK) {
        *out = db_next(rows, &problem) ? db_column_text(rows, 0, arena) : NULL;
        db_rows_close(rows);
        if (problem.code)
            code = status_set(status, problem.code, "%s", problem.message);
        else if (!*out)
            code = status_set(status, STATUS_NOT_FOUND, "user not found");
    }
    store_read_end(conn);
    return code;
}

enum status_code store_user_password_hash(struct store *store, struct arena *arena, int32_t id, char **hash,
                                          struct status *status)
{
    return read_text(store, arena, "SELECT password_hash FROM `user` WHERE id = ?", id, hash, status);
}

enum status_code store_user_avatar(struct store *store, struct arena *arena, int32_t id, char **avatar_url,
                                   struct status *status)
{
    return read_text(store, arena, "SELECT avatar_url FROM `user` WHERE id = ?", id, avatar_url, status);
}

enum status_code store_user_insert(struct db_conn *conn, struct arena *arena, const struct store_user_new *fresh,
                                   struct store_user *out, struct status *status)
{
    if (fresh->only_as_first) {
        bool exists = false;
        enum status_code code = store_lock(conn, "first-user", status);
        if (!code)
            code = any_user(conn, &exists, status);
        if (code)
            return code;
        if (exists)
            return status_set(status, STATUS_FAILED_PRECONDITION, "there are users already");
    }
    const struct memora_value params[] = {db_text(fresh->username),      db_text(store_role_name(fresh->role)),
                                          db_text(fresh->email),         db_text(fresh->nickname),
                                          db_text(fresh->password_hash), db_text(fresh->avatar_url)};
    int64_t id = 0;
    enum status_code code = db_insert(
        conn,
        "INSERT INTO `user` (username, role, email, nickname, password_hash, avatar_url) VALUES (?, ?, ?, ?, ?, ?)",
        params, sizeof params / sizeof params[0], &id, status);
    if (!code && fresh->provider)
        code = store_identity_insert(conn, (int32_t)id, fresh->provider, fresh->extern_uid, status);
    if (code)
        return code;
    return store_user_read_one(conn, arena, STORE_USER_SELECT "WHERE id = ?", db_int(id), out, status);
}

struct create {
    const struct store_user_new *fresh;
    struct arena *arena;
    struct store_user *out;
};

static enum status_code create_in_write(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct create *create = ctx;
    return store_user_insert(conn, create->arena, create->fresh, create->out, status);
}

enum status_code store_user_create(struct store *store, struct arena *arena, const struct store_user_new *fresh,
                                   struct store_user *out, struct status *status)
{
    struct create create = {.fresh = fresh, .arena = arena, .out = out};
    return store_write(store, create_in_write, &create, status);
}

struct update {
    const struct store_user_change *change;
    int32_t id;
    struct arena *arena;
    struct store_user *out;
};

static void assign(struct buf *sql, struct memora_value *params, uint32_t *used, const char *column,
                   struct memora_value value)
{
    buf_add_str(sql, ", ");
    buf_add_str(sql, column);
    buf_add_str(sql, " = ?");
    params[(*used)++] = value;
}

static enum status_code update_in_write(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct update *update = ctx;
    const struct store_user_change *change = update->change;
    struct memora_value params[10];
    uint32_t used = 0;
    struct buf sql = buf_in(update->arena);
    buf_add_str(&sql, "UPDATE `user` SET updated_ts = {time_write:?}");
    params[used++] = db_int(clock_wall_s());
    const struct {
        unsigned bit;
        const char *column, *value;
    } columns[] = {
        {STORE_USER_SET_USERNAME, "username", change->username},
        {STORE_USER_SET_EMAIL, "email", change->email},
        {STORE_USER_SET_NICKNAME, "nickname", change->nickname},
        {STORE_USER_SET_DESCRIPTION, "description", change->description},
        {STORE_USER_SET_AVATAR, "avatar_url", change->avatar_url},
        {STORE_USER_SET_ROLE, "role", store_role_name(change->role)},
        {STORE_USER_SET_ROW_STATUS, "row_status", store_row_status_name(change->row_status)},
        {STORE_USER_SET_PASSWORD, "password_hash", change->password_hash},
    };
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        if (change->columns & columns[i].bit)
            assign(&sql, params, &used, columns[i].column, db_text(columns[i].value));
    buf_add_str(&sql, " WHERE id = ?");
    params[used++] = db_int(update->id);
    enum status_code code = db_exec(conn, buf_str(&sql), params, used, NULL, status);
    if (code)
        return code;
    return store_user_read_one(conn, update->arena, STORE_USER_SELECT "WHERE id = ?", db_int(update->id), update->out,
                               status);
}

enum status_code store_user_update(struct store *store, struct arena *arena, int32_t id,
                                   const struct store_user_change *change, struct store_user *out,
                                   struct status *status)
{
    struct update update = {.change = change, .id = id, .arena = arena, .out = out};
    struct store_change stale = {0};
    store_change_user(&stale, id);
    return store_write_change(store, update_in_write, &update, &stale, status);
}
