#include <string.h>

#include "api/convert.h"
#include "api/memo_common.h"
#include "api/memo_filter.h"
#include "api/names.h"
#include "api_handlers.h"
#include "base/uid.h"
#include "store/user.h"
#include "store/user_setting.h"

typedef Memos__Store__ShortcutsUserSetting Setting;
typedef Memos__Store__ShortcutsUserSetting__Shortcut Stored;

/* A user may hold this many: the list is one value that every change rewrites. */
enum { SHORTCUTS_MAX = 1000, TITLE_MAX = 1024 };

static Memos__Api__V1__Shortcut *view(struct arena *arena, const char *username, const Stored *stored)
{
    Memos__Api__V1__Shortcut *shortcut =
        CODEC_NEW(arena, Memos__Api__V1__Shortcut, memos__api__v1__shortcut__descriptor);
    shortcut->name = arena_printf(arena, "users/%s/shortcuts/%s", username, stored->id);
    shortcut->title = stored->title;
    shortcut->filter = stored->filter;
    return shortcut;
}

static enum status_code check_self(const struct api_call *call, int32_t user_id, struct status *status)
{
    if (api_is_anonymous(call) || call->caller.user_id != user_id)
        return status_set(status, STATUS_PERMISSION_DENIED, "permission denied");
    return STATUS_OK;
}

/* "users/{u}" of a list or a creation; only oneself passes. */
static enum status_code parse_parent(struct api_call *call, const char *parent, struct store_user *user,
                                     struct status *status)
{
    const char *username;
    if (api_name_parse_one(call->arena, parent, "users/", &username, status))
        return status_prefix(status, "invalid user name: ");
    enum status_code code =
        store_user_get_by_username(call->services->store, NULL, call->arena, username, user, status);
    return code ? code : check_self(call, user->id, status);
}

/* "users/{u}/shortcuts/{id}"; only oneself passes. */
static enum status_code parse_name(struct api_call *call, const char *name, struct store_user *user, const char **id,
                                   struct status *status)
{
    static const char *const prefixes[] = {"users/", "shortcuts/"};
    const char *ids[2];
    size_t length = strlen(name);
    if (api_name_parse(call->arena, name, prefixes, 2, ids, NULL)) {
        bool empty_id = length > 11 && strcmp(name + length - 11, "/shortcuts/") == 0;
        return status_set(status, STATUS_INVALID_ARGUMENT,
                          empty_id ? "invalid shortcut name: empty shortcut ID in name: %s"
                                   : "invalid shortcut name: invalid shortcut name format: %s",
                          name);
    }
    enum status_code code = store_user_get_by_username(call->services->store, NULL, call->arena, ids[0], user, status);
    if (code == STATUS_NOT_FOUND)
        return status_set(status, STATUS_INVALID_ARGUMENT, "invalid shortcut name: user not found: %s", ids[0]);
    *id = ids[1];
    return code ? code : check_self(call, user->id, status);
}

static enum status_code check_filter(struct api_call *call, const char *filter, struct status *status)
{
    struct filter_sql ignored;
    if (!filter[0])
        return status_set(status, STATUS_INVALID_ARGUMENT, "invalid filter: filter cannot be empty");
    return api_memo_filter(call, filter, &ignored, status);
}

static enum status_code check_title(const char *title, struct status *status)
{
    if (!title[0])
        return status_set(status, STATUS_INVALID_ARGUMENT, "title is required");
    if (strlen(title) > TITLE_MAX)
        return status_set(status, STATUS_INVALID_ARGUMENT, "title is too long; maximum length is %d bytes", TITLE_MAX);
    return STATUS_OK;
}

static enum status_code read_setting(struct api_call *call, int32_t user_id, const Setting **out, struct status *status)
{
    ProtobufCMessage *message;
    enum status_code code = store_user_setting_get(call->services->store, NULL, call->arena, user_id,
                                                   MEMOS__STORE__USER_SETTING__KEY__SHORTCUTS, &message, status);
    static const Setting empty = MEMOS__STORE__SHORTCUTS_USER_SETTING__INIT;
    *out = !code && message ? (const Setting *)message : &empty;
    return code;
}

static size_t find(const Setting *setting, const char *id)
{
    size_t at = 0;
    while (at < setting->n_shortcuts && strcmp(setting->shortcuts[at]->id, id) != 0)
        at++;
    return at;
}

enum status_code api_shortcut_service_list_shortcuts(struct api_call *call,
                                                     const Memos__Api__V1__ListShortcutsRequest *request,
                                                     Memos__Api__V1__ListShortcutsResponse **response,
                                                     struct status *status)
{
    struct store_user user;
    const Setting *setting;
    enum status_code code = parse_parent(call, request->parent, &user, status);
    if (!code)
        code = read_setting(call, user.id, &setting, status);
    if (code)
        return code;
    Memos__Api__V1__ListShortcutsResponse *answer = CODEC_NEW(call->arena, Memos__Api__V1__ListShortcutsResponse,
                                                              memos__api__v1__list_shortcuts_response__descriptor);
    answer->shortcuts = ARENA_ARRAY(call->arena, Memos__Api__V1__Shortcut *, setting->n_shortcuts);
    for (size_t i = 0; i < setting->n_shortcuts; i++)
        answer->shortcuts[answer->n_shortcuts++] = view(call->arena, user.username, setting->shortcuts[i]);
    *response = answer;
    return STATUS_OK;
}

enum status_code api_shortcut_service_get_shortcut(struct api_call *call,
                                                   const Memos__Api__V1__GetShortcutRequest *request,
                                                   Memos__Api__V1__Shortcut **response, struct status *status)
{
    struct store_user user;
    const Setting *setting;
    const char *id;
    enum status_code code = parse_name(call, request->name, &user, &id, status);
    if (!code)
        code = read_setting(call, user.id, &setting, status);
    if (code)
        return code;
    size_t at = find(setting, id);
    if (at == setting->n_shortcuts)
        return status_set(status, STATUS_NOT_FOUND, "shortcut not found");
    *response = view(call->arena, user.username, setting->shortcuts[at]);
    return STATUS_OK;
}

struct edit {
    const char *id;
    const char *title, *filter; /* NULL: stays */
    Stored *stored;             /* the entry as it is after the edit */
};

static enum status_code add(struct arena *arena, ProtobufCMessage *message, void *ctx, bool *changed,
                            struct status *status)
{
    Setting *setting = (Setting *)message;
    struct edit *edit = ctx;
    (void)changed;
    if (setting->n_shortcuts >= SHORTCUTS_MAX)
        return status_set(status, STATUS_RESOURCE_EXHAUSTED, "too many shortcuts (max %d)", SHORTCUTS_MAX);
    Stored **grown = ARENA_ARRAY(arena, Stored *, setting->n_shortcuts + 1);
    for (size_t i = 0; i < setting->n_shortcuts; i++)
        grown[i] = setting->shortcuts[i];
    grown[setting->n_shortcuts++] = edit->stored;
    setting->shortcuts = grown;
    return STATUS_OK;
}

enum status_code api_shortcut_service_create_shortcut(struct api_call *call,
                                                      const Memos__Api__V1__CreateShortcutRequest *request,
                                                      Memos__Api__V1__Shortcut **response, struct status *status)
{
    struct store_user user;
    enum status_code code = parse_parent(call, request->parent, &user, status);
    if (!code)
        code = check_title(request->shortcut ? request->shortcut->title : "", status);
    if (!code)
        code = check_filter(call, request->shortcut->filter, status);
    if (code)
        return code;
    char id[UID_UUID_LENGTH + 1];
    uid_uuid(id);
    struct edit edit = {.stored =
                            CODEC_NEW(call->arena, Stored, memos__store__shortcuts_user_setting__shortcut__descriptor)};
    edit.stored->id = arena_strdup(call->arena, id);
    edit.stored->title = request->shortcut->title;
    edit.stored->filter = request->shortcut->filter;
    if (!request->validate_only)
        code = store_user_setting_edit(call->services->store, call->arena, user.id,
                                       MEMOS__STORE__USER_SETTING__KEY__SHORTCUTS, add, &edit, status);
    if (!code)
        *response = view(call->arena, user.username, edit.stored);
    return code;
}

static enum status_code change(struct arena *arena, ProtobufCMessage *message, void *ctx, bool *changed,
                               struct status *status)
{
    Setting *setting = (Setting *)message;
    struct edit *edit = ctx;
    (void)arena;
    (void)changed;
    size_t at = find(setting, edit->id);
    if (at == setting->n_shortcuts)
        return status_set(status, STATUS_NOT_FOUND, "shortcut not found");
    edit->stored = setting->shortcuts[at];
    if (edit->title)
        edit->stored->title = (char *)(uintptr_t)edit->title;
    if (edit->filter)
        edit->stored->filter = (char *)(uintptr_t)edit->filter;
    return STATUS_OK;
}

enum status_code api_shortcut_service_update_shortcut(struct api_call *call,
                                                      const Memos__Api__V1__UpdateShortcutRequest *request,
                                                      Memos__Api__V1__Shortcut **response, struct status *status)
{
    struct store_user user;
    struct edit edit = {0};
    if (!request->shortcut)
        return status_set(status, STATUS_INVALID_ARGUMENT, "shortcut is required");
    enum status_code code = parse_name(call, request->shortcut->name, &user, &edit.id, status);
    if (code)
        return code;
    if (api_mask_empty(request->update_mask))
        return status_set(status, STATUS_INVALID_ARGUMENT, "update mask is required");
    if (api_mask_has(request->update_mask, "title")) {
        edit.title = request->shortcut->title;
        code = check_title(edit.title, status);
    }
    if (!code && api_mask_has(request->update_mask, "filter")) {
        edit.filter = request->shortcut->filter;
        code = check_filter(call, edit.filter, status);
    }
    if (!code)
        code = store_user_setting_edit(call->services->store, call->arena, user.id,
                                       MEMOS__STORE__USER_SETTING__KEY__SHORTCUTS, change, &edit, status);
    if (!code)
        *response = view(call->arena, user.username, edit.stored);
    return code;
}

static enum status_code take_out(struct arena *arena, ProtobufCMessage *message, void *ctx, bool *changed,
                                 struct status *status)
{
    Setting *setting = (Setting *)message;
    struct edit *edit = ctx;
    (void)arena;
    (void)changed;
    size_t at = find(setting, edit->id);
    if (at == setting->n_shortcuts)
        return status_set(status, STATUS_NOT_FOUND, "shortcut not found");
    setting->n_shortcuts--;
    for (; at < setting->n_shortcuts; at++)
        setting->shortcuts[at] = setting->shortcuts[at + 1];
    return STATUS_OK;
}

enum status_code api_shortcut_service_delete_shortcut(struct api_call *call,
                                                      const Memos__Api__V1__DeleteShortcutRequest *request,
                                                      Google__Protobuf__Empty **response, struct status *status)
{
    struct store_user user;
    struct edit edit = {0};
    enum status_code code = parse_name(call, request->name, &user, &edit.id, status);
    if (!code)
        code = store_user_setting_edit(call->services->store, call->arena, user.id,
                                       MEMOS__STORE__USER_SETTING__KEY__SHORTCUTS, take_out, &edit, status);
    if (!code)
        *response = api_empty(call->arena);
    return code;
}
