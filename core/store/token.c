#include "store/token.h"

#include "base/clock.h"
#include "codec/codec.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "store/change.h"
#include "store/user_setting.h"

#define REFRESH MEMOS__STORE__USER_SETTING__KEY__REFRESH_TOKENS
#define PAT MEMOS__STORE__USER_SETTING__KEY__PERSONAL_ACCESS_TOKENS

struct refresh_change {
    const char *old_id;               /* to remove; NULL = none */
    const store_refresh_token *fresh; /* to append; NULL = none */
    bool old_must_exist;
    int64_t now_s;
};

/* An edit whose news say more than that the setting has changed. */
struct list_edit {
    struct arena *arena;
    int32_t user_id;
    Memos__Store__UserSetting__Key key;
    store_user_setting_edit_fn edit;
    void *change;
};

static enum status_code edit_in_write(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct list_edit *list = ctx;
    return store_user_setting_edit_in(conn, list->arena, list->user_id, list->key, list->edit, list->change, status);
}

static bool has_run_out(const store_refresh_token *token, int64_t now_s)
{
    return token->expires_at && token->expires_at->seconds < now_s;
}

static enum status_code edit_refresh_tokens(struct arena *arena, ProtobufCMessage *setting, void *ctx, bool *changed,
                                            struct status *status)
{
    const struct refresh_change *change = ctx;
    Memos__Store__RefreshTokensUserSetting *list = (Memos__Store__RefreshTokensUserSetting *)setting;
    store_refresh_token **kept = ARENA_ARRAY(arena, store_refresh_token *, list->n_refresh_tokens + 1);
    size_t count = 0;
    bool found = false;
    for (size_t i = 0; i < list->n_refresh_tokens; i++) {
        store_refresh_token *token = list->refresh_tokens[i];
        if (change->old_id && strcmp(token->token_id, change->old_id) == 0)
            found = true;
        else if (!change->fresh || !has_run_out(token, change->now_s))
            kept[count++] = token;
    }
    if (!found && change->old_must_exist)
        return status_set(status, STATUS_NOT_FOUND, "refresh token not found");
    if (change->fresh)
        kept[count++] = (store_refresh_token *)change->fresh; /* only read from here on */
    *changed = found || change->fresh != NULL;
    list->refresh_tokens = kept;
    list->n_refresh_tokens = count;
    return STATUS_OK;
}

enum status_code store_refresh_token_add(struct store *store, struct arena *arena, int32_t user_id,
                                         const store_refresh_token *token, struct status *status)
{
    struct refresh_change change = {.fresh = token, .now_s = clock_wall_s()};
    return store_user_setting_edit(store, arena, user_id, REFRESH, edit_refresh_tokens, &change, status);
}

enum status_code store_refresh_token_rotate(struct store *store, struct arena *arena, int32_t user_id,
                                            const char *old_id, const store_refresh_token *fresh, struct status *status)
{
    struct refresh_change change = {.old_id = old_id, .fresh = fresh, .old_must_exist = true, .now_s = clock_wall_s()};
    return store_user_setting_edit(store, arena, user_id, REFRESH, edit_refresh_tokens, &change, status);
}

enum status_code store_refresh_token_remove(struct store *store, struct arena *arena, int32_t user_id,
                                            const char *token_id, struct status *status)
{
    struct refresh_change change = {.old_id = token_id};
    struct list_edit list = {
        .arena = arena, .user_id = user_id, .key = REFRESH, .edit = edit_refresh_tokens, .change = &change};
    struct store_change stale = {0};
    store_change_user_setting(&stale, user_id, "REFRESH_TOKENS");
    store_change_signed_out(&stale, user_id);
    return store_write_change(store, edit_in_write, &list, &stale, status);
}

enum status_code store_refresh_token_find(struct store *store, struct arena *arena, int32_t user_id,
                                          const char *token_id, store_refresh_token **out, struct status *status)
{
    ProtobufCMessage *message = NULL;
    enum status_code code = store_user_setting_get(store, NULL, arena, user_id, REFRESH, &message, status);
    if (code)
        return code;
    const Memos__Store__RefreshTokensUserSetting *list = (const Memos__Store__RefreshTokensUserSetting *)message;
    for (size_t i = 0; list && i < list->n_refresh_tokens; i++) {
        if (strcmp(list->refresh_tokens[i]->token_id, token_id) == 0) {
            *out = list->refresh_tokens[i];
            return STATUS_OK;
        }
    }
    return status_set(status, STATUS_NOT_FOUND, "refresh token not found");
}

enum status_code store_pat_list(struct store *store, struct arena *arena, int32_t user_id, store_pat ***out,
                                size_t *count, struct status *status)
{
    ProtobufCMessage *message = NULL;
    enum status_code code = store_user_setting_get(store, NULL, arena, user_id, PAT, &message, status);
    Memos__Store__PersonalAccessTokensUserSetting *list = (Memos__Store__PersonalAccessTokensUserSetting *)message;
    *out = list ? list->tokens : NULL;
    *count = list ? list->n_tokens : 0;
    return code;
}

struct pat_change {
    const char *remove_id;   /* NULL = none */
    const store_pat *append; /* NULL = none */
};

static enum status_code edit_pats(struct arena *arena, ProtobufCMessage *setting, void *ctx, bool *changed,
                                  struct status *status)
{
    (void)status;
    const struct pat_change *change = ctx;
    Memos__Store__PersonalAccessTokensUserSetting *list = (Memos__Store__PersonalAccessTokensUserSetting *)setting;
    store_pat **kept = ARENA_ARRAY(arena, store_pat *, list->n_tokens + 1);
    size_t count = 0;
    for (size_t i = 0; i < list->n_tokens; i++)
        if (!change->remove_id || strcmp(list->tokens[i]->token_id, change->remove_id) != 0)
            kept[count++] = list->tokens[i];
    *changed = count < list->n_tokens || change->append;
    if (change->append)
        kept[count++] = (store_pat *)change->append; /* only read from here on */
    list->tokens = kept;
    list->n_tokens = count;
    return STATUS_OK;
}

static enum status_code change_pats(struct store *store, struct arena *arena, int32_t user_id,
                                    struct pat_change *change, struct status *status)
{
    struct list_edit list = {.arena = arena, .user_id = user_id, .key = PAT, .edit = edit_pats, .change = change};
    struct store_change stale = {0};
    store_change_user_setting(&stale, user_id, "PERSONAL_ACCESS_TOKENS");
    store_change_tokens(&stale, user_id);
    return store_write_change(store, edit_in_write, &list, &stale, status);
}

enum status_code store_pat_add(struct store *store, struct arena *arena, int32_t user_id, const store_pat *token,
                               struct status *status)
{
    return change_pats(store, arena, user_id, &(struct pat_change){.append = token}, status);
}

enum status_code store_pat_remove(struct store *store, struct arena *arena, int32_t user_id, const char *token_id,
                                  struct status *status)
{
    return change_pats(store, arena, user_id, &(struct pat_change){.remove_id = token_id}, status);
}
