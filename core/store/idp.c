#include "store/idp.h"

#include "codec/codec.h"
#include "store/deployed.h"
#include "store/instance_setting.h"
#include "store/rows.h"

#define IDP_SELECT "SELECT id, uid, name, type, identifier_filter, config FROM idp "

const char store_idp_needed[] =
    "password authentication for regular users cannot be disabled without an effective identity provider";

static enum status_code read_row(struct arena *arena, const struct db_rows *rows, void *row, struct status *status)
{
    struct store_idp *out = row;
    size_t length = 0;
    ProtobufCMessage *config = NULL;
    struct status problem = {0};
    *out = (struct store_idp){
        .id = (int32_t)db_column_int(rows, 0),
        .uid = db_column_text(rows, 1, arena),
        .title = db_column_text(rows, 2, arena),
        .is_oauth2 = strcmp(db_column_text(rows, 3, arena), "OAUTH2") == 0,
        .identifier_filter = db_column_text(rows, 4, arena),
    };
    if (!out->is_oauth2)
        return STATUS_OK;
    char *json = db_column_bytes(rows, 5, arena, &length);
    if (codec_read_json(arena, &memos__store__oauth2_config__descriptor, json, length, NULL, &config, &problem))
        return status_set(status, STATUS_INTERNAL, "stored identity provider %s cannot be read: %s", out->uid,
                          problem.message);
    out->config = (Memos__Store__OAuth2Config *)config;
    return STATUS_OK;
}

static enum status_code read_rows(struct db_conn *conn, struct arena *arena, const char *sql,
                                  const struct memora_value *params, uint32_t used, struct store_idp **out,
                                  size_t *count, struct status *status)
{
    static const struct store_row_kind kind = {sizeof(struct store_idp), read_row};
    struct store_row_list rows;
    enum status_code code = store_read_rows(conn, arena, sql, params, used, &kind, &rows, status);
    *out = rows.items;
    *count = rows.count;
    return code;
}

enum status_code store_idp_list(struct store *store, struct db_conn *conn, struct arena *arena, struct store_idp **out,
                                size_t *count, struct status *status)
{
    struct db_conn *own = NULL;
    enum status_code code = conn ? STATUS_OK : store_read_begin(store, &own, status);
    if (!code)
        code = read_rows(conn ? conn : own, arena, IDP_SELECT "ORDER BY id", NULL, 0, out, count, status);
    store_read_end(own);
    if (!code)
        store_deployed_overlay(store, arena, out, count);
    return code;
}

static enum status_code get_stored(struct db_conn *conn, struct arena *arena, const char *uid, struct store_idp *out,
                                   struct status *status)
{
    const struct memora_value param = db_text(uid);
    struct store_idp *found = NULL;
    size_t count = 0;
    enum status_code code = read_rows(conn, arena, IDP_SELECT "WHERE uid = ?", &param, 1, &found, &count, status);
    if (!code && count == 0)
        code = status_set(status, STATUS_NOT_FOUND, "identity provider not found");
    if (!code)
        *out = found[0];
    return code;
}

enum status_code store_idp_get(struct store *store, struct db_conn *conn, struct arena *arena, const char *uid,
                               struct store_idp *out, struct status *status)
{
    struct db_conn *own = NULL;
    if (store_deployed_idp(store, arena, uid, out))
        return STATUS_OK;
    enum status_code code = conn ? STATUS_OK : store_read_begin(store, &own, status);
    if (!code)
        code = get_stored(conn ? conn : own, arena, uid, out, status);
    store_read_end(own);
    return code;
}

struct change {
    struct store *store;
    struct arena *arena;
    struct store_idp *idp;
    const char *uid;
    store_idp_edit_fn edit;
    void *ctx;
};

static enum status_code config_text(struct arena *arena, const struct store_idp *idp, struct memora_value *out,
                                    struct status *status)
{
    struct buf json = buf_in(arena);
    *out = db_text("{}");
    if (!idp->is_oauth2)
        return STATUS_OK;
    enum status_code code = codec_write_json(&json, &idp->config->base, CODEC_JSON_SPARSE, status);
    *out = db_text_n(buf_str(&json), json.len);
    return code;
}

static enum status_code create_in_write(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct change *change = ctx;
    struct store_idp *idp = change->idp;
    struct memora_value config;
    int64_t id = 0;
    enum status_code code = config_text(change->arena, idp, &config, status);
    if (code)
        return code;
    const struct memora_value params[] = {db_text(idp->uid), db_text(idp->title),
                                          db_text(idp->is_oauth2 ? "OAUTH2" : "TYPE_UNSPECIFIED"),
                                          db_text(idp->identifier_filter), config};
    code = db_insert(conn, "INSERT INTO idp (uid, name, type, identifier_filter, config) VALUES (?, ?, ?, ?, ?)",
                     params, sizeof params / sizeof params[0], &id, status);
    idp->id = (int32_t)id;
    return code;
}

enum status_code store_idp_create(struct store *store, struct arena *arena, struct store_idp *idp,
                                  struct status *status)
{
    struct change change = {.arena = arena, .idp = idp};
    return store_write(store, create_in_write, &change, status);
}

static enum status_code edit_in_write(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct change *change = ctx;
    struct store_idp *idp = change->idp;
    struct memora_value config;
    enum status_code code = get_stored(conn, change->arena, change->uid, idp, status);
    if (code)
        return code;
    change->edit(change->arena, idp, change->ctx);
    code = config_text(change->arena, idp, &config, status);
    if (code)
        return code;
    const struct memora_value params[] = {db_text(idp->title), db_text(idp->identifier_filter), config,
                                          db_int(idp->id)};
    return db_exec(conn, "UPDATE idp SET name = ?, identifier_filter = ?, config = ? WHERE id = ?", params,
                   sizeof params / sizeof params[0], NULL, status);
}

enum status_code store_idp_edit(struct store *store, struct arena *arena, const char *uid, store_idp_edit_fn edit,
                                void *ctx, struct store_idp *out, struct status *status)
{
    struct change change = {.arena = arena, .idp = out, .uid = uid, .edit = edit, .ctx = ctx};
    return store_write(store, edit_in_write, &change, status);
}

enum status_code store_idp_count(struct store *store, struct db_conn *conn, int64_t *count, struct status *status)
{
    struct status problem = {0};
    struct db_rows *rows;
    enum status_code code = db_query(conn, "SELECT COUNT(*) FROM idp", NULL, 0, &rows, status);
    if (code)
        return code;
    *count = (db_next(rows, &problem) ? db_column_int(rows, 0) : 0) + (int64_t)store_deployed_idp_count(store);
    db_rows_close(rows);
    return problem.code ? status_set(status, problem.code, "%s", problem.message) : STATUS_OK;
}

static enum status_code delete_in_write(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct change *change = ctx;
    ProtobufCMessage *general = NULL;
    int64_t count = 0;
    enum status_code code = get_stored(conn, change->arena, change->uid, change->idp, status);
    if (!code)
        code = store_instance_setting_read(change->store, conn, change->arena,
                                           MEMOS__STORE__INSTANCE_SETTING_KEY__GENERAL, &general, status);
    if (!code)
        code = store_idp_count(change->store, conn, &count, status);
    if (code)
        return code;
    if (((const Memos__Store__InstanceGeneralSetting *)general)->disallow_password_auth && count <= 1)
        return status_set(status, STATUS_FAILED_PRECONDITION, "%s", store_idp_needed);
    const struct memora_value id = db_int(change->idp->id);
    return db_exec(conn, "DELETE FROM idp WHERE id = ?", &id, 1, NULL, status);
}

enum status_code store_idp_delete(struct store *store, struct arena *arena, const char *uid, struct status *status)
{
    struct store_idp idp;
    struct change change = {.store = store, .arena = arena, .idp = &idp, .uid = uid};
    return store_write(store, delete_in_write, &change, status);
}
