#include "store/identity.h"

#define IDENTITY_SELECT "SELECT id, user_id, provider, extern_uid FROM user_identity "

static enum status_code read_rows(struct store *store, struct arena *arena, const char *sql,
                                  const struct memora_value *params, uint32_t used, struct store_identity **out,
                                  size_t *count, struct status *status)
{
    struct status problem = {0};
    struct db_conn *conn;
    struct db_rows *rows;
    size_t room = 0;
    *out = NULL;
    *count = 0;
    enum status_code code = store_read_begin(store, &conn, status);
    if (code)
        return code;
    code = db_query(conn, sql, params, used, &rows, status);
    if (code == STATUS_OK) {
        while (db_next(rows, &problem)) {
            if (*count == room) {
                size_t grown = room ? room * 2 : 8;
                *out = arena_grow(arena, *out, room * sizeof **out, grown * sizeof **out);
                room = grown;
            }
            (*out)[(*count)++] = (struct store_identity){
                .id = (int32_t)db_column_int(rows, 0),
                .user_id = (int32_t)db_column_int(rows, 1),
                .provider = db_column_text(rows, 2, arena),
                .extern_uid = db_column_text(rows, 3, arena),
            };
        }
        db_rows_close(rows);
        if (problem.code)
            code = status_set(status, problem.code, "%s", problem.message);
    }
    store_read_end(conn);
    return code;
}

enum status_code store_identity_list(struct store *store, struct arena *arena, int32_t user_id,
                                     struct store_identity **out, size_t *count, struct status *status)
{
    const struct memora_value param = db_int(user_id);
    return read_rows(store, arena, IDENTITY_SELECT "WHERE user_id = ? ORDER BY id", &param, 1, out, count, status);
}

static enum status_code not_found(struct status *status)
{
    return status_set(status, STATUS_NOT_FOUND, "linked identity not found");
}

/* Of a SELECT with two parameters. */
static enum status_code read_one(struct store *store, struct arena *arena, const char *sql,
                                 const struct memora_value params[2], struct store_identity *out, struct status *status)
{
    struct store_identity *found;
    size_t count;
    enum status_code code = read_rows(store, arena, sql, params, 2, &found, &count, status);
    if (!code && count == 0)
        code = not_found(status);
    if (!code)
        *out = found[0];
    return code;
}

enum status_code store_identity_get(struct store *store, struct arena *arena, int32_t user_id, const char *provider,
                                    struct store_identity *out, struct status *status)
{
    const struct memora_value params[] = {db_int(user_id), db_text(provider)};
    return read_one(store, arena, IDENTITY_SELECT "WHERE user_id = ? AND provider = ?", params, out, status);
}

enum status_code store_identity_find(struct store *store, struct arena *arena, const char *provider,
                                     const char *extern_uid, struct store_identity *out, struct status *status)
{
    const struct memora_value params[] = {db_text(provider), db_text(extern_uid)};
    enum status_code code =
        read_one(store, arena, IDENTITY_SELECT "WHERE provider = ? AND extern_uid = ?", params, out, status);
    /* Some databases take "Bob" and "bob" for the same, which are two people. */
    if (!code && strcmp(out->extern_uid, extern_uid) != 0)
        code = not_found(status);
    return code;
}

enum status_code store_identity_insert(struct db_conn *conn, int32_t user_id, const char *provider,
                                       const char *extern_uid, struct status *status)
{
    const struct memora_value params[] = {db_int(user_id), db_text(provider), db_text(extern_uid)};
    int64_t id = 0;
    return db_insert(conn, "INSERT INTO user_identity (user_id, provider, extern_uid) VALUES (?, ?, ?)", params, 3, &id,
                     status);
}

struct link {
    int32_t user_id;
    const char *provider, *extern_uid;
};

static enum status_code insert_in_write(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct link *link = ctx;
    return store_identity_insert(conn, link->user_id, link->provider, link->extern_uid, status);
}

/* STATUS_NOT_FOUND if the user has no account of the provider yet. */
static enum status_code own_link(struct store *store, struct arena *arena, const struct link *link,
                                 struct store_identity *out, struct status *status)
{
    enum status_code code = store_identity_get(store, arena, link->user_id, link->provider, out, status);
    if (!code && strcmp(out->extern_uid, link->extern_uid) != 0)
        code = status_set(status, STATUS_ALREADY_EXISTS,
                          "identity provider is already linked to another external account for this user");
    return code;
}

enum status_code store_identity_link(struct store *store, struct arena *arena, int32_t user_id, const char *provider,
                                     const char *extern_uid, struct store_identity *out, struct status *status)
{
    struct link link = {.user_id = user_id, .provider = provider, .extern_uid = extern_uid};
    enum status_code code = own_link(store, arena, &link, out, status);
    if (code != STATUS_NOT_FOUND)
        return code;
    code = store_write(store, insert_in_write, &link, status);
    if (code && code != STATUS_ALREADY_EXISTS)
        return code;
    bool in_the_way = code != STATUS_OK;
    code = own_link(store, arena, &link, out, status); /* or someone was faster with the same */
    if (code == STATUS_NOT_FOUND && in_the_way)
        code = status_set(status, STATUS_ALREADY_EXISTS, "identity provider account is already linked to another user");
    return code;
}

struct deletion {
    int32_t user_id;
    const char *provider;
};

static enum status_code delete_in_write(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct deletion *deletion = ctx;
    const struct memora_value params[] = {db_int(deletion->user_id), db_text(deletion->provider)};
    int64_t gone = 0;
    enum status_code code =
        db_exec(conn, "DELETE FROM user_identity WHERE user_id = ? AND provider = ?", params, 2, &gone, status);
    return code || gone ? code : not_found(status);
}

enum status_code store_identity_delete(struct store *store, int32_t user_id, const char *provider,
                                       struct status *status)
{
    struct deletion deletion = {.user_id = user_id, .provider = provider};
    return store_write(store, delete_in_write, &deletion, status);
}
