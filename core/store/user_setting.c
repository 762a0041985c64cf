#include "store/user_setting.h"

#include "cache/cache.h"
#include "codec/codec.h"
#include "db/news.h"
#include "store/change.h"

static const struct setting_kind {
    Memos__Store__UserSetting__Key key;
    const char *name; /* as stored */
    const ProtobufCMessageDescriptor *descriptor;
} kinds[] = {
    {MEMOS__STORE__USER_SETTING__KEY__GENERAL, "GENERAL", &memos__store__general_user_setting__descriptor},
    {MEMOS__STORE__USER_SETTING__KEY__SHORTCUTS, "SHORTCUTS", &memos__store__shortcuts_user_setting__descriptor},
    {MEMOS__STORE__USER_SETTING__KEY__WEBHOOKS, "WEBHOOKS", &memos__store__webhooks_user_setting__descriptor},
    {MEMOS__STORE__USER_SETTING__KEY__REFRESH_TOKENS, "REFRESH_TOKENS",
     &memos__store__refresh_tokens_user_setting__descriptor},
    {MEMOS__STORE__USER_SETTING__KEY__PERSONAL_ACCESS_TOKENS, "PERSONAL_ACCESS_TOKENS",
     &memos__store__personal_access_tokens_user_setting__descriptor},
    {MEMOS__STORE__USER_SETTING__KEY__TAGS, "TAGS", &memos__store__tags_user_setting__descriptor},
};
enum { KIND_COUNT = sizeof kinds / sizeof kinds[0], CACHE_KEY_SIZE = 48 };

static const struct setting_kind *kind_of(Memos__Store__UserSetting__Key key)
{
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (kinds[i].key == key)
            return &kinds[i];
    return NULL;
}

static const struct setting_kind *kind_named(const char *name)
{
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

static void cache_key(char out[CACHE_KEY_SIZE], int32_t user_id, const struct setting_kind *kind)
{
    snprintf(out, CACHE_KEY_SIZE, "%d-%s", user_id, kind->name);
}

static enum status_code parse(struct arena *arena, int32_t user_id, const struct setting_kind *kind, const char *text,
                              size_t length, ProtobufCMessage **out, struct status *status)
{
    struct status problem = {0};
    if (codec_read_json(arena, kind->descriptor, text, length, NULL, out, &problem) == STATUS_OK)
        return STATUS_OK;
    return status_set(status, STATUS_INTERNAL, "stored setting %s of user %d cannot be read: %s", kind->name, user_id,
                      problem.message);
}

/* *text is NULL when there is no row. With lock nobody else changes the row before the end of the transaction. */
static enum status_code read_text(struct db_conn *conn, struct arena *arena, int32_t user_id,
                                  const struct setting_kind *kind, bool lock, char **text, size_t *length,
                                  struct status *status)
{
    static const char plain[] = "SELECT value FROM user_setting WHERE user_id = ? AND `key` = ?";
    static const char locking[] = "SELECT value FROM user_setting WHERE user_id = ? AND `key` = ? {for_update}";
    const struct memora_value params[] = {db_int(user_id), db_text(kind->name)};
    struct status problem = {0};
    struct db_rows *rows;
    enum status_code code = db_query(conn, lock ? locking : plain, params, 2, &rows, status);
    if (code)
        return code;
    *text = db_next(rows, &problem) ? db_column_bytes(rows, 0, arena, length) : NULL;
    db_rows_close(rows);
    return problem.code ? status_set(status, problem.code, "%s", problem.message) : STATUS_OK;
}

/* What is in memory: a text, or an empty one for a row that is known not to be there. NULL: nothing is known. */
static char *recall(struct store *store, struct arena *arena, int32_t user_id, const struct setting_kind *kind,
                    size_t *length)
{
    char cached[CACHE_KEY_SIZE];
    cache_key(cached, user_id, kind);
    return db_news_current(store->db) ? cache_get(store->user_settings, cached, arena, length) : NULL;
}

static enum status_code read_and_keep(struct store *store, struct arena *arena, int32_t user_id,
                                      const struct setting_kind *kind, char **text, size_t *length,
                                      struct status *status)
{
    char cached[CACHE_KEY_SIZE];
    cache_key(cached, user_id, kind);
    bool current = db_news_current(store->db);
    uint64_t generation = cache_generation(store->user_settings, cached);
    struct db_conn *conn;
    enum status_code code = store_read_begin(store, &conn, status);
    if (code)
        return code;
    code = read_text(conn, arena, user_id, kind, false, text, length, status);
    store_read_end(conn);
    if (!code && current && (!*text || *length > 0))
        cache_put_if(store->user_settings, cached, *text ? *text : "", *text ? *length : 0, generation);
    return code;
}

enum status_code store_user_setting_get(struct store *store, struct db_conn *conn, struct arena *arena, int32_t user_id,
                                        Memos__Store__UserSetting__Key key, ProtobufCMessage **out,
                                        struct status *status)
{
    const struct setting_kind *kind = kind_of(key);
    size_t length = 0;
    *out = NULL;
    if (!kind)
        return status_set(status, STATUS_INTERNAL, "no user setting has the key %d", (int)key);
    char *text = recall(store, arena, user_id, kind, &length);
    if (text && length == 0)
        return STATUS_OK;
    enum status_code code = STATUS_OK;
    if (!text && conn)
        code = read_text(conn, arena, user_id, kind, false, &text, &length, status);
    else if (!text)
        code = read_and_keep(store, arena, user_id, kind, &text, &length, status);
    return code || !text ? code : parse(arena, user_id, kind, text, length, out, status);
}

enum status_code store_user_setting_list(struct store *store, struct arena *arena, int32_t user_id,
                                         struct store_user_setting **out, size_t *count, struct status *status)
{
    const struct memora_value param = db_int(user_id);
    struct status problem = {0};
    struct db_conn *conn;
    struct db_rows *rows;
    *out = ARENA_ARRAY(arena, struct store_user_setting, KIND_COUNT);
    *count = 0;
    enum status_code code = store_read_begin(store, &conn, status);
    if (code)
        return code;
    code = db_query(conn, "SELECT `key`, value FROM user_setting WHERE user_id = ? ORDER BY `key`", &param, 1, &rows,
                    status);
    if (code == STATUS_OK) {
        while (!code && db_next(rows, &problem)) {
            const struct setting_kind *kind = kind_named(db_column_text(rows, 0, arena));
            size_t length = 0;
            if (!kind || *count == KIND_COUNT)
                continue;
            char *text = db_column_bytes(rows, 1, arena, &length);
            struct store_user_setting *setting = &(*out)[(*count)++];
            setting->key = kind->key;
            code = parse(arena, user_id, kind, text, length, &setting->value, status);
        }
        db_rows_close(rows);
        if (!code && problem.code)
            code = status_set(status, problem.code, "%s", problem.message);
    }
    store_read_end(conn);
    return code;
}

static enum status_code write_value(struct db_conn *conn, struct arena *arena, int32_t user_id,
                                    const struct setting_kind *kind, const ProtobufCMessage *value,
                                    struct status *status)
{
    struct buf json = buf_in(arena);
    enum status_code code = codec_write_json(&json, value, CODEC_JSON_SPARSE, status);
    if (code)
        return code;
    const struct memora_value params[] = {db_int(user_id), db_text(kind->name), db_text_n(buf_str(&json), json.len)};
    return db_exec(conn,
                   "INSERT INTO user_setting (user_id, `key`, value) VALUES (?, ?, ?) "
                   "{upsert:user_id, `key`|value}",
                   params, 3, NULL, status);
}

struct change {
    struct arena *arena;
    int32_t user_id;
    const struct setting_kind *kind;
    const ProtobufCMessage *value; /* put */
    store_user_setting_edit_fn edit;
    void *ctx;
};

static enum status_code put_in_write(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct change *change = ctx;
    return write_value(conn, change->arena, change->user_id, change->kind, change->value, status);
}

static enum status_code edit_in_write(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct change *change = ctx;
    return store_user_setting_edit_in(conn, change->arena, change->user_id, change->kind->key, change->edit,
                                      change->ctx, status);
}

enum status_code store_user_setting_put(struct store *store, struct arena *arena, int32_t user_id,
                                        Memos__Store__UserSetting__Key key, const ProtobufCMessage *value,
                                        struct status *status)
{
    struct change change = {.arena = arena, .user_id = user_id, .kind = kind_of(key), .value = value};
    if (!change.kind || change.kind->descriptor != value->descriptor)
        return status_set(status, STATUS_INTERNAL, "not a value for the user setting with key %d", (int)key);
    struct store_change stale = {0};
    store_change_user_setting(&stale, user_id, change.kind->name);
    return store_write_change(store, put_in_write, &change, &stale, status);
}

enum status_code store_user_setting_edit_in(struct db_conn *conn, struct arena *arena, int32_t user_id,
                                            Memos__Store__UserSetting__Key key, store_user_setting_edit_fn edit,
                                            void *ctx, struct status *status)
{
    const struct setting_kind *kind = kind_of(key);
    ProtobufCMessage *message = NULL;
    char *text = NULL;
    size_t length = 0;
    bool changed = true;
    if (!kind)
        return status_set(status, STATUS_INTERNAL, "no user setting has the key %d", (int)key);
    enum status_code code = read_text(conn, arena, user_id, kind, true, &text, &length, status);
    if (!code && text)
        code = parse(arena, user_id, kind, text, length, &message, status);
    else if (!code)
        message = codec_new(arena, kind->descriptor);
    if (!code)
        code = edit(arena, message, ctx, &changed, status);
    if (!code && changed)
        code = write_value(conn, arena, user_id, kind, message, status);
    return code;
}

enum status_code store_user_setting_edit(struct store *store, struct arena *arena, int32_t user_id,
                                         Memos__Store__UserSetting__Key key, store_user_setting_edit_fn edit, void *ctx,
                                         struct status *status)
{
    struct change change = {.arena = arena, .user_id = user_id, .kind = kind_of(key), .edit = edit, .ctx = ctx};
    if (!change.kind)
        return status_set(status, STATUS_INTERNAL, "no user setting has the key %d", (int)key);
    struct store_change stale = {0};
    store_change_user_setting(&stale, user_id, change.kind->name);
    return store_write_change(store, edit_in_write, &change, &stale, status);
}

void store_user_setting_forget_all(struct store *store, int32_t user_id)
{
    char cached[CACHE_KEY_SIZE];
    for (size_t i = 0; i < KIND_COUNT; i++) {
        cache_key(cached, user_id, &kinds[i]);
        cache_remove(store->user_settings, cached);
    }
}
