/* InstanceService: GetInstanceSetting, BatchGetInstanceSettings (contract platform.md 4.2). */
#include "api/instance_setting.h"

#include "api/access.h"
#include "api/convert.h"
#include "api/convert_setting.h"
#include "api_handlers.h"
#include "base/quote.h"

enum { BATCH_MAX = 100, HINT_SHORT = 8, HINT_PART = 4 };

static const struct setting_kind {
    api_instance_key key;
    const char *name;
    enum { FOR_ALL, FOR_USERS, FOR_ADMINS } readers;
} kinds[] = {
    {API_INSTANCE_KEY(BASIC), "BASIC", FOR_ALL},
    {API_INSTANCE_KEY(GENERAL), "GENERAL", FOR_ALL},
    {API_INSTANCE_KEY(STORAGE), "STORAGE", FOR_ADMINS},
    {API_INSTANCE_KEY(MEMO_RELATED), "MEMO_RELATED", FOR_ALL},
    {API_INSTANCE_KEY(TAGS), "TAGS", FOR_ALL},
    {API_INSTANCE_KEY(NOTIFICATION), "NOTIFICATION", FOR_ADMINS},
    {API_INSTANCE_KEY(AI), "AI", FOR_USERS},
};

static const struct setting_kind *kind_of(api_instance_key key)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].key == key)
            return &kinds[i];
    return NULL;
}

enum status_code api_instance_key_parse(struct arena *arena, const char *name, api_instance_key *out,
                                        struct status *status)
{
    static const char prefix[] = "instance/settings/";
    const char *key = name + sizeof prefix - 1;
    *out = API_INSTANCE_KEY(INSTANCE_SETTING_KEY_UNSPECIFIED);
    if (strncmp(name, prefix, sizeof prefix - 1) != 0)
        return status_set(status, STATUS_INVALID_ARGUMENT,
                          "invalid instance setting name: expected prefix \"%s\", got %s", prefix,
                          text_quote(arena, name));
    if (*key == '\0')
        return status_set(status, STATUS_INVALID_ARGUMENT, "invalid instance setting name: empty setting key in %s",
                          text_quote(arena, name));
    if (strchr(key, '/'))
        return status_set(status, STATUS_INVALID_ARGUMENT,
                          "invalid instance setting name: setting key cannot contain '/' in %s",
                          text_quote(arena, name));
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].name, key) == 0)
            *out = kinds[i].key;
    return STATUS_OK;
}

static char *key_hint(struct arena *arena, const char *key)
{
    size_t length = strlen(key);
    if (length <= HINT_SHORT)
        return arena_strdup(arena, length ? "..." : "");
    return arena_printf(arena, "%.*s...%s", HINT_PART, key, key + length - HINT_PART);
}

static void redact_ai(struct arena *arena, Memos__Api__V1__InstanceSetting__AISetting *setting, bool full)
{
    char *const none = arena_strdup(arena, "");
    for (size_t i = 0; i < setting->n_providers; i++) {
        Memos__Api__V1__InstanceSetting__AIProviderConfig *provider = setting->providers[i];
        provider->api_key_set = *provider->api_key != '\0';
        provider->api_key_hint = key_hint(arena, provider->api_key);
        api_wipe(provider->api_key);
        provider->api_key = none;
    }
    if (setting->transcription && !full) {
        setting->transcription->model = none;
        setting->transcription->language = none;
        setting->transcription->prompt = none;
    }
}

/* Takes secrets out of a message that was made for this answer. */
static void redact(struct arena *arena, Memos__Api__V1__InstanceSetting *out, bool full)
{
    char *const none = arena_strdup(arena, "");
    if (out->value_case == MEMOS__API__V1__INSTANCE_SETTING__VALUE_STORAGE_SETTING && out->storage_setting->s3_config)
        out->storage_setting->s3_config->access_key_secret = none;
    if (out->value_case == MEMOS__API__V1__INSTANCE_SETTING__VALUE_NOTIFICATION_SETTING &&
        out->notification_setting->email)
        out->notification_setting->email->smtp_password = none;
    if (out->value_case == MEMOS__API__V1__INSTANCE_SETTING__VALUE_AI_SETTING)
        redact_ai(arena, out->ai_setting, full);
}

#define SHOW_AS(CASE, member, Type, descriptor)                                                                        \
    out->value_case = MEMOS__API__V1__INSTANCE_SETTING__VALUE_##CASE;                                                  \
    out->member = (Type *)api_recast(arena, value, &(descriptor))

Memos__Api__V1__InstanceSetting *api_instance_setting_view(struct arena *arena, api_instance_key key,
                                                           const ProtobufCMessage *value, bool full)
{
    Memos__Api__V1__InstanceSetting *out =
        CODEC_NEW(arena, Memos__Api__V1__InstanceSetting, memos__api__v1__instance_setting__descriptor);
    out->name = arena_printf(arena, "instance/settings/%s", kind_of(key)->name);
    switch (key) {
    case API_INSTANCE_KEY(GENERAL):
        SHOW_AS(GENERAL_SETTING, general_setting, Memos__Api__V1__InstanceSetting__GeneralSetting,
                memos__api__v1__instance_setting__general_setting__descriptor);
        break;
    case API_INSTANCE_KEY(STORAGE):
        SHOW_AS(STORAGE_SETTING, storage_setting, Memos__Api__V1__InstanceSetting__StorageSetting,
                memos__api__v1__instance_setting__storage_setting__descriptor);
        break;
    case API_INSTANCE_KEY(MEMO_RELATED):
        SHOW_AS(MEMO_RELATED_SETTING, memo_related_setting, Memos__Api__V1__InstanceSetting__MemoRelatedSetting,
                memos__api__v1__instance_setting__memo_related_setting__descriptor);
        break;
    case API_INSTANCE_KEY(TAGS):
        SHOW_AS(TAGS_SETTING, tags_setting, Memos__Api__V1__InstanceSetting__TagsSetting,
                memos__api__v1__instance_setting__tags_setting__descriptor);
        break;
    case API_INSTANCE_KEY(NOTIFICATION):
        SHOW_AS(NOTIFICATION_SETTING, notification_setting, Memos__Api__V1__InstanceSetting__NotificationSetting,
                memos__api__v1__instance_setting__notification_setting__descriptor);
        break;
    case API_INSTANCE_KEY(AI):
        SHOW_AS(AI_SETTING, ai_setting, Memos__Api__V1__InstanceSetting__AISetting,
                memos__api__v1__instance_setting__aisetting__descriptor);
        break;
    default: /* BASIC shows nothing but its name */
        break;
    }
    redact(arena, out, full);
    return out;
}

static enum status_code check_reader(const struct api_call *call, const struct setting_kind *kind,
                                     struct status *status)
{
    if (kind->readers == FOR_ALL)
        return STATUS_OK;
    return kind->readers == FOR_USERS ? api_require_user(call, status) : api_require_admin(call, status);
}

static enum status_code show(struct api_call *call, const char *name, Memos__Api__V1__InstanceSetting **response,
                             struct status *status)
{
    api_instance_key key;
    ProtobufCMessage *value = NULL;
    enum status_code code = api_instance_key_parse(call->arena, name, &key, status);
    if (code)
        return status_prefix(status, "invalid instance setting name: ");
    const struct setting_kind *kind = kind_of(key);
    if (!kind)
        return status_set(status, STATUS_INVALID_ARGUMENT,
                          "unsupported instance setting key: INSTANCE_SETTING_KEY_UNSPECIFIED");
    code = check_reader(call, kind, status);
    if (code)
        return code;
    if (key != API_INSTANCE_KEY(BASIC)) {
        code = store_instance_setting_get(call->services->store, call->arena, key, &value, status);
        if (code)
            return status_prefix(status, "failed to get instance setting: ");
    }
    *response = api_instance_setting_view(call->arena, key, value, api_is_admin(call));
    return STATUS_OK;
}

enum status_code api_instance_service_get_instance_setting(struct api_call *call,
                                                           const Memos__Api__V1__GetInstanceSettingRequest *request,
                                                           Memos__Api__V1__InstanceSetting **response,
                                                           struct status *status)
{
    return show(call, request->name, response, status);
}

enum status_code api_instance_service_batch_get_instance_settings(
    struct api_call *call, const Memos__Api__V1__BatchGetInstanceSettingsRequest *request,
    Memos__Api__V1__BatchGetInstanceSettingsResponse **response, struct status *status)
{
    if (request->n_names > BATCH_MAX)
        return status_set(status, STATUS_INVALID_ARGUMENT, "too many instance setting names (max %d)", BATCH_MAX);
    Memos__Api__V1__BatchGetInstanceSettingsResponse *out =
        CODEC_NEW(call->arena, Memos__Api__V1__BatchGetInstanceSettingsResponse,
                  memos__api__v1__batch_get_instance_settings_response__descriptor);
    out->settings = ARENA_ARRAY(call->arena, Memos__Api__V1__InstanceSetting *, request->n_names);
    for (; out->n_settings < request->n_names; out->n_settings++) {
        enum status_code code = show(call, request->names[out->n_settings], &out->settings[out->n_settings], status);
        if (code)
            return code;
    }
    *response = out;
    return STATUS_OK;
}
