/* UserService: GetUserSetting, ListUserSettings, UpdateUserSetting (contract platform.md 3.8). */
#include "store/user_setting.h"

#include <stdlib.h>

#include "api/access.h"
#include "api/convert.h"
#include "api/convert_setting.h"
#include "api/names.h"
#include "api/tag_rules.h"
#include "api/webhook_view.h"
#include "api_handlers.h"

typedef Memos__Store__UserSetting__Key store_key;

/* The settings that the API knows; the others are reached by methods of their own. */
static const struct {
    const char *name;
    store_key key;
} known[] = {{"GENERAL", MEMOS__STORE__USER_SETTING__KEY__GENERAL},
             {"WEBHOOKS", MEMOS__STORE__USER_SETTING__KEY__WEBHOOKS},
             {"TAGS", MEMOS__STORE__USER_SETTING__KEY__TAGS}};
enum { KNOWN_COUNT = sizeof known / sizeof known[0] };

static enum status_code parse_key(const char *name, store_key *out, struct status *status)
{
    for (size_t i = 0; i < KNOWN_COUNT; i++) {
        if (strcmp(known[i].name, name) == 0) {
            *out = known[i].key;
            return STATUS_OK;
        }
    }
    return status_set(status, STATUS_INVALID_ARGUMENT, "invalid setting key: unknown setting key: %s", name);
}

static const char *key_name(store_key key)
{
    for (size_t i = 0; i < KNOWN_COUNT; i++)
        if (known[i].key == key)
            return known[i].name;
    return NULL;
}

static Memos__Api__V1__UserSetting__GeneralSetting *general_view(struct arena *arena,
                                                                 const Memos__Store__GeneralUserSetting *stored)
{
    Memos__Api__V1__UserSetting__GeneralSetting *out = CODEC_NEW(
        arena, Memos__Api__V1__UserSetting__GeneralSetting, memos__api__v1__user_setting__general_setting__descriptor);
    out->locale = stored ? stored->locale : arena_strdup(arena, "en");
    out->memo_visibility = stored ? stored->memo_visibility : arena_strdup(arena, "PRIVATE");
    if (stored)
        out->theme = stored->theme;
    return out;
}

static Memos__Api__V1__UserSetting__WebhooksSetting *webhooks_view(struct arena *arena, const struct store_user *owner,
                                                                   const Memos__Store__WebhooksUserSetting *stored)
{
    Memos__Api__V1__UserSetting__WebhooksSetting *out =
        CODEC_NEW(arena, Memos__Api__V1__UserSetting__WebhooksSetting,
                  memos__api__v1__user_setting__webhooks_setting__descriptor);
    if (stored) {
        out->n_webhooks = stored->n_webhooks;
        out->webhooks = api_webhook_views(arena, owner, stored);
    }
    return out;
}

static Memos__Api__V1__UserSetting__TagsSetting *tags_view(struct arena *arena, const ProtobufCMessage *stored)
{
    const ProtobufCMessageDescriptor *type = &memos__api__v1__user_setting__tags_setting__descriptor;
    return stored ? (Memos__Api__V1__UserSetting__TagsSetting *)api_recast(arena, stored, type)
                  : (Memos__Api__V1__UserSetting__TagsSetting *)codec_new(arena, type);
}

/* stored may be NULL: then the defaults are shown. */
static Memos__Api__V1__UserSetting *setting_view(struct arena *arena, const struct store_user *owner, store_key key,
                                                 const ProtobufCMessage *stored)
{
    Memos__Api__V1__UserSetting *out =
        CODEC_NEW(arena, Memos__Api__V1__UserSetting, memos__api__v1__user_setting__descriptor);
    out->name = arena_printf(arena, "users/%s/settings/%s", owner->username, key_name(key));
    switch (key) {
    case MEMOS__STORE__USER_SETTING__KEY__GENERAL:
        out->value_case = MEMOS__API__V1__USER_SETTING__VALUE_GENERAL_SETTING;
        out->general_setting = general_view(arena, (const Memos__Store__GeneralUserSetting *)stored);
        break;
    case MEMOS__STORE__USER_SETTING__KEY__WEBHOOKS:
        out->value_case = MEMOS__API__V1__USER_SETTING__VALUE_WEBHOOKS_SETTING;
        out->webhooks_setting = webhooks_view(arena, owner, (const Memos__Store__WebhooksUserSetting *)stored);
        break;
    default:
        out->value_case = MEMOS__API__V1__USER_SETTING__VALUE_TAGS_SETTING;
        out->tags_setting = tags_view(arena, stored);
        break;
    }
    return out;
}

static enum status_code resolve(struct api_call *call, const char *name, struct store_user *owner, const char **key,
                                struct status *status)
{
    const char *bad_format = arena_printf(call->arena, "invalid resource name format: %s", name);
    enum status_code code = api_child_of_user(call, name, "settings/", bad_format, owner, key, status);
    if (code)
        return status_prefix(status, "invalid resource name: ");
    return api_require_self(call, owner->id, status);
}

static enum status_code show(struct api_call *call, const struct store_user *owner, store_key key,
                             Memos__Api__V1__UserSetting **response, struct status *status)
{
    ProtobufCMessage *stored = NULL;
    enum status_code code =
        store_user_setting_get(call->services->store, NULL, call->arena, owner->id, key, &stored, status);
    if (code)
        return status_prefix(status, "failed to get user setting: ");
    *response = setting_view(call->arena, owner, key, stored);
    return STATUS_OK;
}

enum status_code api_user_service_get_user_setting(struct api_call *call,
                                                   const Memos__Api__V1__GetUserSettingRequest *request,
                                                   Memos__Api__V1__UserSetting **response, struct status *status)
{
    struct store_user owner;
    const char *key_text;
    store_key key;
    enum status_code code = resolve(call, request->name, &owner, &key_text, status);
    if (!code)
        code = parse_key(key_text, &key, status);
    return code ? code : show(call, &owner, key, response, status);
}

enum status_code api_user_service_list_user_settings(struct api_call *call,
                                                     const Memos__Api__V1__ListUserSettingsRequest *request,
                                                     Memos__Api__V1__ListUserSettingsResponse **response,
                                                     struct status *status)
{
    struct store_user owner;
    struct store_user_setting *stored;
    size_t count;
    bool has_general = false;
    enum status_code code = api_parent_user(call, request->parent, &owner, status);
    if (code)
        return status_prefix(status, "invalid parent name: ");
    code = api_require_self(call, owner.id, status);
    if (code)
        return code;
    code = store_user_setting_list(call->services->store, call->arena, owner.id, &stored, &count, status);
    if (code)
        return status_prefix(status, "failed to list user settings: ");
    Memos__Api__V1__ListUserSettingsResponse *out = CODEC_NEW(call->arena, Memos__Api__V1__ListUserSettingsResponse,
                                                              memos__api__v1__list_user_settings_response__descriptor);
    out->settings = ARENA_ARRAY(call->arena, Memos__Api__V1__UserSetting *, count + 1);
    for (size_t i = 0; i < count; i++)
        has_general |= stored[i].key == MEMOS__STORE__USER_SETTING__KEY__GENERAL;
    if (!has_general)
        out->settings[out->n_settings++] =
            setting_view(call->arena, &owner, MEMOS__STORE__USER_SETTING__KEY__GENERAL, NULL);
    for (size_t i = 0; i < count; i++)
        if (key_name(stored[i].key))
            out->settings[out->n_settings++] = setting_view(call->arena, &owner, stored[i].key, stored[i].value);
    *response = out;
    return STATUS_OK;
}

static enum status_code edit_general(struct arena *arena, ProtobufCMessage *setting, void *ctx, bool *changed,
                                     struct status *status)
{
    (void)arena;
    (void)changed;
    (void)status;
    const Memos__Api__V1__UpdateUserSettingRequest *request = ctx;
    const Memos__Api__V1__UserSetting__GeneralSetting *wanted = request->setting->general_setting;
    Memos__Store__GeneralUserSetting *stored = (Memos__Store__GeneralUserSetting *)setting;
    if (api_mask_has(request->update_mask, "memo_visibility"))
        stored->memo_visibility = wanted->memo_visibility;
    if (api_mask_has(request->update_mask, "theme"))
        stored->theme = wanted->theme;
    if (api_mask_has(request->update_mask, "locale"))
        stored->locale = wanted->locale;
    return STATUS_OK;
}

static enum status_code update_general(struct api_call *call, int32_t user_id,
                                       const Memos__Api__V1__UpdateUserSettingRequest *request, struct status *status)
{
    if (request->setting->value_case != MEMOS__API__V1__USER_SETTING__VALUE_GENERAL_SETTING)
        return status_set(status, STATUS_INVALID_ARGUMENT, "general setting is required");
    return store_user_setting_edit(call->services->store, call->arena, user_id,
                                   MEMOS__STORE__USER_SETTING__KEY__GENERAL, edit_general, (void *)request, status);
}

static enum status_code check_tags(struct api_call *call, const Memos__Api__V1__UserSetting *setting,
                                   struct status *status)
{
    if (setting->value_case != MEMOS__API__V1__USER_SETTING__VALUE_TAGS_SETTING)
        return status_set(status, STATUS_INVALID_ARGUMENT, "tags setting is required");
    const Memos__Api__V1__UserSetting__TagsSetting *tags = setting->tags_setting;
    for (size_t i = 0; i < tags->n_tags; i++) {
        const Memos__Api__V1__UserSetting__TagMetadata *value = tags->tags[i]->value;
        if (api_check_tag_rule(call->arena, tags->tags[i]->key, value != NULL, value ? value->background_color : NULL,
                               status))
            return status_prefix(status, "invalid user tags setting: ");
    }
    return STATUS_OK;
}

static int by_key(const void *a, const void *b)
{
    return strcmp((*(Memos__Store__TagsUserSetting__TagsEntry *const *)a)->key,
                  (*(Memos__Store__TagsUserSetting__TagsEntry *const *)b)->key);
}

static enum status_code update_tags(struct api_call *call, int32_t user_id,
                                    const Memos__Api__V1__UpdateUserSettingRequest *request, struct status *status)
{
    for (size_t i = 0; i < request->update_mask->n_paths; i++)
        if (strcmp(request->update_mask->paths[i], "tags") != 0)
            return status_set(status, STATUS_INVALID_ARGUMENT, "unsupported update mask path for tags setting: %s",
                              request->update_mask->paths[i]);
    enum status_code code = check_tags(call, request->setting, status);
    if (code)
        return code;
    Memos__Store__TagsUserSetting *value = (Memos__Store__TagsUserSetting *)api_recast(
        call->arena, &request->setting->tags_setting->base, &memos__store__tags_user_setting__descriptor);
    if (value->n_tags) /* stored maps have their keys in order (database.md 2) */
        qsort(value->tags, value->n_tags, sizeof(void *), by_key);
    return store_user_setting_put(call->services->store, call->arena, user_id, MEMOS__STORE__USER_SETTING__KEY__TAGS,
                                  &value->base, status);
}

enum status_code api_user_service_update_user_setting(struct api_call *call,
                                                      const Memos__Api__V1__UpdateUserSettingRequest *request,
                                                      Memos__Api__V1__UserSetting **response, struct status *status)
{
    struct store_user owner;
    const char *key_text;
    store_key key;
    if (!request->setting)
        return status_set(status, STATUS_INVALID_ARGUMENT, "setting is required");
    enum status_code code = resolve(call, request->setting->name, &owner, &key_text, status);
    if (code)
        return code;
    if (api_mask_empty(request->update_mask))
        return status_set(status, STATUS_INVALID_ARGUMENT, "update mask is empty");
    code = parse_key(key_text, &key, status);
    if (code)
        return code;
    if (key == MEMOS__STORE__USER_SETTING__KEY__GENERAL)
        code = update_general(call, owner.id, request, status);
    else if (key == MEMOS__STORE__USER_SETTING__KEY__TAGS)
        code = update_tags(call, owner.id, request, status);
    else
        code = status_set(status, STATUS_INVALID_ARGUMENT,
                          "setting type %s should not be updated via UpdateUserSetting", key_text);
    return code ? code : show(call, &owner, key, response, status);
}
