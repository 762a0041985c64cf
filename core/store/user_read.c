#include "store/user.h"

#include <stdlib.h>

#include "cache/cache.h"
#include "db/news.h"
#include "store/user_row.h"
#include "store/rows.h"

const char *store_role_name(enum store_role role)
{
    return role == STORE_ROLE_ADMIN ? "ADMIN" : "USER";
}

enum store_role store_role_parse(const char *text)
{
    if (strcmp(text, "ADMIN") == 0)
        return STORE_ROLE_ADMIN;
    return strcmp(text, "USER") == 0 ? STORE_ROLE_USER : STORE_ROLE_UNKNOWN;
}

void store_user_from_row(const struct db_rows *rows, struct arena *arena, struct store_user *out)
{
    char *row_status = db_column_text(rows, 3, arena), *role = db_column_text(rows, 5, arena);
    *out = (struct store_user){
        .id = (int32_t)db_column_int(rows, 0),
        .created_ts = db_column_int(rows, 1),
        .updated_ts = db_column_int(rows, 2),
        .row_status = store_row_status_parse(row_status),
        .username = db_column_text(rows, 4, arena),
        .role = store_role_parse(role),
        .email = db_column_text(rows, 6, arena),
        .nickname = db_column_text(rows, 7, arena),
        .description = db_column_text(rows, 8, arena),
        .avatar_url = db_column_text(rows, 9, arena),
        .avatar_is_data_url = db_column_int(rows, 10) != 0,
    };
}

/* A cached user is the struct followed by its five texts, each with its NUL. */
enum { CACHED_TEXTS = 5 };

static const char **text_at(struct store_user *user, int index)
{
    const char **texts[CACHED_TEXTS] = {&user->username, &user->email, &user->nickname, &user->description,
                                        &user->avatar_url};
    return texts[index];
}

static void key_of(int32_t id, char key[STORE_USER_KEY_SIZE])
{
    snprintf(key, STORE_USER_KEY_SIZE, "%d", id);
}

static bool from_cache(struct store *store, struct arena *arena, int32_t id, struct store_user *out)
{
    char key[STORE_USER_KEY_SIZE];
    key_of(id, key);
    size_t length = 0;
    char *bytes = db_news_current(store->db) ? cache_get(store->users, key, arena, &length) : NULL;
    if (!bytes)
        return false;
    memcpy(out, bytes, sizeof *out);
    const char *text = bytes + sizeof *out;
    for (int i = 0; i < CACHED_TEXTS; i++) {
        *text_at(out, i) = text;
        text += strlen(text) + 1;
    }
    return true;
}

static void to_cache(struct store *store, struct arena *arena, const struct store_user *user, uint64_t generation)
{
    char key[STORE_USER_KEY_SIZE];
    struct store_user flat = *user;
    struct buf bytes = buf_in(arena);
    key_of(user->id, key);
    for (int i = 0; i < CACHED_TEXTS; i++)
        *text_at(&flat, i) = NULL; /* no stale pointers in the copy */
    buf_add(&bytes, &flat, sizeof flat);
    flat = *user;
    for (int i = 0; i < CACHED_TEXTS; i++)
        buf_add(&bytes, *text_at(&flat, i), strlen(*text_at(&flat, i)) + 1);
    cache_put_if(store->users, key, bytes.data, bytes.len, generation);
}

void store_user_forget(struct store *store, int32_t id)
{
    char key[STORE_USER_KEY_SIZE];
    key_of(id, key);
    cache_remove(store->users, key);
}

enum status_code store_user_read_one(struct db_conn *conn, struct arena *arena, const char *sql,
                                     struct memora_value param, struct store_user *out, struct status *status)
{
    struct db_rows *rows;
    struct status problem = {0};
    enum status_code code = db_query(conn, sql, &param, 1, &rows, status);
    if (code)
        return code;
    bool found = db_next(rows, &problem);
    if (found)
        store_user_from_row(rows, arena, out);
    db_rows_close(rows);
    if (problem.code)
        return status_set(status, problem.code, "%s", problem.message);
    return found ? STATUS_OK : status_set(status, STATUS_NOT_FOUND, "user not found");
}

static enum status_code read_through(struct store *store, struct db_conn *conn, struct arena *arena, const char *sql,
                                     struct memora_value param, struct store_user *out, struct status *status)
{
    struct db_conn *own = NULL;
    if (!conn) {
        enum status_code code = store_read_begin(store, &own, status);
        if (code)
            return code;
    }
    enum status_code code = store_user_read_one(conn ? conn : own, arena, sql, param, out, status);
    store_read_end(own);
    return code;
}

enum status_code store_user_get(struct store *store, struct db_conn *conn, struct arena *arena, int32_t id,
                                struct store_user *out, struct status *status)
{
    if (from_cache(store, arena, id, out))
        return STATUS_OK;
    char key[STORE_USER_KEY_SIZE];
    key_of(id, key);
    bool keep = !conn && db_news_current(store->db);
    uint64_t generation = cache_generation(store->users, key);
    enum status_code code = read_through(store, conn, arena, STORE_USER_SELECT "WHERE id = ?", db_int(id), out, status);
    if (code == STATUS_OK && keep)
        to_cache(store, arena, out, generation);
    return code;
}

enum status_code store_user_get_by_username(struct store *store, struct db_conn *conn, struct arena *arena,
                                            const char *username, struct store_user *out, struct status *status)
{
    return read_through(store, conn, arena, STORE_USER_SELECT "WHERE username = ?", db_text(username), out, status);
}

static enum status_code read_row(struct arena *arena, const struct db_rows *rows, void *row, struct status *status)
{
    (void)status;
    store_user_from_row(rows, arena, row);
    return STATUS_OK;
}

static enum status_code read_rows(struct db_conn *conn, struct arena *arena, const char *sql,
                                  const struct memora_value *params, uint32_t used, struct store_user **out,
                                  size_t *count, struct status *status)
{
    static const struct store_row_kind kind = {sizeof(struct store_user), read_row};
    struct store_row_list rows;
    enum status_code code = store_read_rows(conn, arena, sql, params, used, &kind, &rows, status);
    *out = rows.items;
    *count = rows.count;
    return code;
}

enum status_code store_user_list(struct store *store, struct db_conn *conn, struct arena *arena,
                                 const struct store_user_find *find, struct store_user **out, size_t *count,
                                 struct status *status)
{
    *out = NULL;
    *count = 0;
    if (find->username_count > STORE_IN_MAX)
        return status_set(status, STATUS_INTERNAL, "too many usernames in one look-up: %zu", find->username_count);
    struct memora_value *params = ARENA_ARRAY(arena, struct memora_value, STORE_IN_MAX + 3);
    struct buf sql = buf_in(arena);
    uint32_t used = 0;
    buf_add_str(&sql, STORE_USER_SELECT "WHERE 1 = 1");
    if (find->username) {
        buf_add_str(&sql, " AND username = ?");
        params[used++] = db_text(find->username);
    }
    if (find->username_count) {
        buf_add_str(&sql, " AND username IN ");
        store_sql_in_text(&sql, params, &used, find->usernames, find->username_count);
    }
    if (find->only_admins)
        buf_add_str(&sql, " AND role = 'ADMIN'");
    if (find->only_normal)
        buf_add_str(&sql, " AND row_status = 'NORMAL'");
    buf_add_str(&sql, " ORDER BY created_ts DESC, row_status DESC, id DESC");
    if (find->limit) {
        buf_add_str(&sql, " LIMIT ? OFFSET ?");
        params[used++] = db_int(find->limit);
        params[used++] = db_int((int64_t)find->offset);
    }
    struct db_conn *own = NULL;
    enum status_code code = conn ? STATUS_OK : store_read_begin(store, &own, status);
    if (!code)
        code = read_rows(conn ? conn : own, arena, buf_str(&sql), params, used, out, count, status);
    store_read_end(own);
    return code;
}

static int by_number(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static int by_id(const void *a, const void *b)
{
    return by_number(&((const struct store_user *)a)->id, &((const struct store_user *)b)->id);
}

/* The ids that the cache does not know, with the generation under which each was looked up. */
struct missing {
    int32_t *ids;
    uint64_t *generations;
    size_t count;
    bool keep; /* what is read goes into the cache */
};

static enum status_code read_missing(struct store *store, struct db_conn *conn, struct arena *arena,
                                     const struct missing *missing, struct store_user_map *out, struct status *status)
{
    struct memora_value *params = store_sql_params(arena, missing->count, 1, 0);
    enum status_code code = STATUS_OK;
    for (size_t at = 0; !code && at < missing->count; at += STORE_IN_MAX) {
        size_t batch = missing->count - at < STORE_IN_MAX ? missing->count - at : STORE_IN_MAX, count = 0;
        struct store_user *found = NULL;
        struct buf sql = buf_in(arena);
        uint32_t used = 0;
        buf_add_str(&sql, STORE_USER_SELECT "WHERE id IN ");
        store_sql_in(&sql, params, &used, missing->ids + at, batch);
        code = read_rows(conn, arena, buf_str(&sql), params, used, &found, &count, status);
        for (size_t i = 0; !code && i < count; i++) {
            const int32_t *id = bsearch(&found[i].id, missing->ids, missing->count, sizeof *missing->ids, by_number);
            if (missing->keep && id)
                to_cache(store, arena, &found[i], missing->generations[id - missing->ids]);
            out->users[out->count++] = found[i];
        }
    }
    return code;
}

enum status_code store_user_map_by_ids(struct store *store, struct db_conn *conn, struct arena *arena,
                                       const int32_t *ids, size_t id_count, struct store_user_map *out,
                                       struct status *status)
{
    *out = (struct store_user_map){.users = ARENA_ARRAY(arena, struct store_user, id_count), .count = 0};
    if (id_count == 0)
        return STATUS_OK;
    int32_t *sorted = ARENA_ARRAY(arena, int32_t, id_count);
    memcpy(sorted, ids, id_count * sizeof *ids);
    qsort(sorted, id_count, sizeof *sorted, by_number);
    struct missing missing = {.ids = ARENA_ARRAY(arena, int32_t, id_count),
                              .generations = ARENA_ARRAY(arena, uint64_t, id_count)};
    for (size_t i = 0; i < id_count; i++) {
        if (i > 0 && sorted[i] == sorted[i - 1])
            continue;
        if (from_cache(store, arena, sorted[i], &out->users[out->count])) {
            out->count++;
            continue;
        }
        char key[STORE_USER_KEY_SIZE];
        key_of(sorted[i], key);
        missing.generations[missing.count] = cache_generation(store->users, key);
        missing.ids[missing.count++] = sorted[i];
    }
    struct db_conn *own = NULL;
    missing.keep = !conn && db_news_current(store->db);
    enum status_code code = missing.count && !conn ? store_read_begin(store, &own, status) : STATUS_OK;
    if (!code && missing.count)
        code = read_missing(store, conn ? conn : own, arena, &missing, out, status);
    store_read_end(own);
    qsort(out->users, out->count, sizeof *out->users, by_id);
    return code;
}

const struct store_user *store_user_map_find(const struct store_user_map *map, int32_t id)
{
    const struct store_user wanted = {.id = id};
    return map->count ? bsearch(&wanted, map->users, map->count, sizeof wanted, by_id) : NULL;
}

enum status_code store_user_map_by_usernames(struct store *store, struct db_conn *conn, struct arena *arena,
                                             const char *const *usernames, size_t username_count,
                                             struct store_user_map *out, struct status *status)
{
    *out = (struct store_user_map){0};
    if (username_count == 0)
        return STATUS_OK;
    const struct store_user_find find = {.usernames = usernames, .username_count = username_count};
    enum status_code code = store_user_list(store, conn, arena, &find, &out->users, &out->count, status);
    if (out->count)
        qsort(out->users, out->count, sizeof *out->users, by_id);
    return code;
}
