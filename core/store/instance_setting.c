#include "store/instance_setting.h"

#include "base/uid.h"
#include "cache/cache.h"
#include "codec/codec.h"
#include "db/news.h"
#include "store/change.h"
#include "store/deployed.h"

static const struct setting_kind {
    Memos__Store__InstanceSettingKey key;
    const char *name; /* as stored */
    const ProtobufCMessageDescriptor *descriptor;
} kinds[] = {
    {MEMOS__STORE__INSTANCE_SETTING_KEY__BASIC, "BASIC", &memos__store__instance_basic_setting__descriptor},
    {MEMOS__STORE__INSTANCE_SETTING_KEY__GENERAL, "GENERAL", &memos__store__instance_general_setting__descriptor},
    {MEMOS__STORE__INSTANCE_SETTING_KEY__STORAGE, "STORAGE", &memos__store__instance_storage_setting__descriptor},
    {MEMOS__STORE__INSTANCE_SETTING_KEY__MEMO_RELATED, "MEMO_RELATED",
     &memos__store__instance_memo_related_setting__descriptor},
    {MEMOS__STORE__INSTANCE_SETTING_KEY__TAGS, "TAGS", &memos__store__instance_tags_setting__descriptor},
    {MEMOS__STORE__INSTANCE_SETTING_KEY__NOTIFICATION, "NOTIFICATION",
     &memos__store__instance_notification_setting__descriptor},
    {MEMOS__STORE__INSTANCE_SETTING_KEY__AI, "AI", &memos__store__instance_aisetting__descriptor},
};

static const struct setting_kind *kind_of(Memos__Store__InstanceSettingKey key)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].key == key)
            return &kinds[i];
    return NULL;
}

static enum status_code parse(struct arena *arena, const struct setting_kind *kind, const char *text, size_t length,
                              ProtobufCMessage **out, struct status *status)
{
    struct status problem = {0};
    if (codec_read_json(arena, kind->descriptor, text, length, NULL, out, &problem) == STATUS_OK)
        return STATUS_OK;
    return status_set(status, STATUS_INTERNAL, "stored instance setting %s cannot be read: %s", kind->name,
                      problem.message);
}

/* *text is NULL when there is no row. */
static enum status_code read_text(struct db_conn *conn, struct arena *arena, const struct setting_kind *kind,
                                  char **text, size_t *length, struct status *status)
{
    const struct memora_value param = db_text(kind->name);
    struct status problem = {0};
    struct db_rows *rows;
    enum status_code code = db_query(conn, "SELECT value FROM system_setting WHERE name = ?", &param, 1, &rows, status);
    if (code)
        return code;
    *text = db_next(rows, &problem) ? db_column_bytes(rows, 0, arena, length) : NULL;
    db_rows_close(rows);
    return problem.code ? status_set(status, problem.code, "%s", problem.message) : STATUS_OK;
}

static enum status_code read_stored(struct db_conn *conn, struct arena *arena, const struct setting_kind *kind,
                                    ProtobufCMessage **out, struct status *status)
{
    char *text = NULL;
    size_t length = 0;
    enum status_code code = read_text(conn, arena, kind, &text, &length, status);
    if (code)
        return code;
    if (text)
        return parse(arena, kind, text, length, out, status);
    *out = codec_new(arena, kind->descriptor);
    return STATUS_OK;
}

enum status_code store_instance_setting_read(struct store *store, struct db_conn *conn, struct arena *arena,
                                             Memos__Store__InstanceSettingKey key, ProtobufCMessage **out,
                                             struct status *status)
{
    const struct setting_kind *kind = kind_of(key);
    if (!kind)
        return status_set(status, STATUS_INTERNAL, "no instance setting has the key %d", (int)key);
    if (store_deployed_setting(store, arena, key, out))
        return STATUS_OK;
    return read_stored(conn, arena, kind, out, status);
}

static void default_storage(struct arena *arena, Memos__Store__InstanceStorageSetting *setting)
{
    if (setting->storage_type == MEMOS__STORE__INSTANCE_STORAGE_SETTING__STORAGE_TYPE__STORAGE_TYPE_UNSPECIFIED)
        setting->storage_type = MEMOS__STORE__INSTANCE_STORAGE_SETTING__STORAGE_TYPE__LOCAL;
    if (setting->upload_size_limit_mb == 0)
        setting->upload_size_limit_mb = STORE_UPLOAD_LIMIT_DEFAULT_MB;
    if (*setting->filepath_template == '\0')
        setting->filepath_template = arena_strdup(arena, "assets/{timestamp}_{uuid}_{filename}");
}

static void default_memo_related(struct arena *arena, Memos__Store__InstanceMemoRelatedSetting *setting)
{
    static const char *const reactions[] = {"👍", "👎", "❤️", "🎉", "😄", "😕", "😢", "😡"};
    enum { COUNT = sizeof reactions / sizeof reactions[0] };
    if (setting->content_length_limit < STORE_CONTENT_LIMIT_MIN)
        setting->content_length_limit = STORE_CONTENT_LIMIT_MIN;
    if (setting->n_reactions == 0) {
        setting->n_reactions = COUNT;
        setting->reactions = ARENA_ARRAY(arena, char *, COUNT);
        for (size_t i = 0; i < COUNT; i++)
            setting->reactions[i] = arena_strdup(arena, reactions[i]);
    }
}

static void fill_defaults(struct arena *arena, Memos__Store__InstanceSettingKey key, ProtobufCMessage *message)
{
    if (key == MEMOS__STORE__INSTANCE_SETTING_KEY__STORAGE)
        default_storage(arena, (Memos__Store__InstanceStorageSetting *)message);
    if (key == MEMOS__STORE__INSTANCE_SETTING_KEY__MEMO_RELATED)
        default_memo_related(arena, (Memos__Store__InstanceMemoRelatedSetting *)message);
    if (key == MEMOS__STORE__INSTANCE_SETTING_KEY__NOTIFICATION) {
        Memos__Store__InstanceNotificationSetting *setting = (Memos__Store__InstanceNotificationSetting *)message;
        if (!setting->email)
            setting->email = CODEC_NEW(arena, Memos__Store__InstanceNotificationSetting__EmailSetting,
                                       memos__store__instance_notification_setting__email_setting__descriptor);
    }
}

static enum status_code read_uncached(struct store *store, struct arena *arena, const struct setting_kind *kind,
                                      char **text, size_t *length, struct status *status)
{
    struct db_conn *conn;
    enum status_code code = store_read_begin(store, &conn, status);
    if (code)
        return code;
    code = read_text(conn, arena, kind, text, length, status);
    store_read_end(conn);
    return code;
}

enum status_code store_instance_setting_get(struct store *store, struct arena *arena,
                                            Memos__Store__InstanceSettingKey key, ProtobufCMessage **out,
                                            struct status *status)
{
    const struct setting_kind *kind = kind_of(key);
    if (!kind)
        return status_set(status, STATUS_INTERNAL, "no instance setting has the key %d", (int)key);
    if (store_deployed_setting(store, arena, key, out)) {
        fill_defaults(arena, key, *out);
        return STATUS_OK;
    }
    bool cacheable = key != MEMOS__STORE__INSTANCE_SETTING_KEY__BASIC && db_news_current(store->db);
    size_t length = 0;
    char *text = cacheable ? cache_get(store->instance_settings, kind->name, arena, &length) : NULL;
    if (!text) {
        uint64_t generation = cache_generation(store->instance_settings, kind->name);
        enum status_code code = read_uncached(store, arena, kind, &text, &length, status);
        if (code)
            return code;
        if (!text) { /* absence is worth caching too: most servers never store most of the keys */
            text = arena_strdup(arena, "{}");
            length = 2;
        }
        if (cacheable)
            cache_put_if(store->instance_settings, kind->name, text, length, generation);
    }
    enum status_code code = parse(arena, kind, text, length, out, status);
    if (code == STATUS_OK)
        fill_defaults(arena, key, *out);
    return code;
}

struct edit {
    struct arena *arena;
    const struct setting_kind *kind;
    store_instance_setting_edit_fn edit;
    void *ctx;
};

static enum status_code edit_in_write(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct edit *edit = ctx;
    ProtobufCMessage *stored = NULL;
    const ProtobufCMessage *value = NULL;
    enum status_code code = read_stored(conn, edit->arena, edit->kind, &stored, status);
    if (!code)
        code = edit->edit(conn, edit->arena, stored, edit->ctx, &value, status);
    if (code || !value)
        return code;
    struct buf json = buf_in(edit->arena);
    code = codec_write_json(&json, value, CODEC_JSON_SPARSE, status);
    if (code)
        return code;
    const struct memora_value params[] = {db_text(edit->kind->name), db_text_n(buf_str(&json), json.len)};
    return db_exec(conn, "INSERT INTO system_setting (name, value, description) VALUES (?, ?, '') {upsert:name|value}",
                   params, 2, NULL, status);
}

enum status_code store_instance_setting_edit(struct store *store, struct arena *arena,
                                             Memos__Store__InstanceSettingKey key, store_instance_setting_edit_fn fn,
                                             void *ctx, struct status *status)
{
    struct edit edit = {.arena = arena, .kind = kind_of(key), .edit = fn, .ctx = ctx};
    if (!edit.kind)
        return status_set(status, STATUS_INTERNAL, "no instance setting has the key %d", (int)key);
    struct store_change stale = {0};
    store_change_instance_setting(&stale, edit.kind->name);
    return store_write_change(store, edit_in_write, &edit, &stale, status);
}

struct secret {
    char *text;
};

static enum status_code keep_or_make_secret(struct db_conn *conn, struct arena *arena, const ProtobufCMessage *stored,
                                            void *ctx, const ProtobufCMessage **value, struct status *status)
{
    (void)conn;
    (void)status;
    const Memos__Store__InstanceBasicSetting *basic = (const Memos__Store__InstanceBasicSetting *)stored;
    struct secret *secret = ctx;
    if (*basic->secret_key) {
        secret->text = basic->secret_key;
        return STATUS_OK;
    }
    Memos__Store__InstanceBasicSetting *fresh =
        CODEC_NEW(arena, Memos__Store__InstanceBasicSetting, memos__store__instance_basic_setting__descriptor);
    secret->text = arena_alloc(arena, UID_UUID_LENGTH + 1);
    uid_uuid(secret->text);
    fresh->secret_key = secret->text;
    fresh->schema_version = basic->schema_version;
    *value = &fresh->base;
    return STATUS_OK;
}

enum status_code store_instance_secret(struct store *store, struct arena *arena, char **out, struct status *status)
{
    struct secret secret = {0};
    enum status_code code = store_instance_setting_edit(store, arena, MEMOS__STORE__INSTANCE_SETTING_KEY__BASIC,
                                                        keep_or_make_secret, &secret, status);
    *out = secret.text;
    return code;
}
