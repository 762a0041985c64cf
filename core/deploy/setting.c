#include "api/convert_setting.h"
#include "api/instance_setting.h"
#include "api/text.h"
#include "deploy/internal.h"

enum { WEEK_START_LEAST = -1, WEEK_START_MOST = 6 };

#define KEY(name) MEMOS__STORE__INSTANCE_SETTING_KEY__##name
#define VALUE(name) MEMOS__STORE__INSTANCE_SETTING__VALUE_##name

static enum status_code broken(struct status *status, const char *rule)
{
    return status_set(status, STATUS_INVALID_ARGUMENT, "%s", rule);
}

static enum status_code check_general(const Memos__Store__InstanceGeneralSetting *setting, struct status *status)
{
    if (setting->week_start_day_offset < WEEK_START_LEAST || setting->week_start_day_offset > WEEK_START_MOST)
        return broken(status, "generalSetting.weekStartDayOffset must be between -1 and 6");
    return STATUS_OK;
}

static enum status_code required(const char *group, const char *field, const char *value, struct status *status)
{
    return *value ? STATUS_OK : status_set(status, STATUS_INVALID_ARGUMENT, "%s.%s is required", group, field);
}

static enum status_code check_storage(const Memos__Store__InstanceStorageSetting *setting, struct status *status)
{
    static const char group[] = "storageSetting.s3Config";
    const Memos__Store__StorageS3Config *s3 = setting->s3_config;
    if (setting->upload_size_limit_mb < 0)
        return broken(status, "storageSetting.uploadSizeLimitMb must not be negative");
    if (setting->storage_type != MEMOS__STORE__INSTANCE_STORAGE_SETTING__STORAGE_TYPE__S3)
        return STATUS_OK;
    if (!s3)
        return broken(status, "storageSetting.s3Config is required");
    if (required(group, "accessKeyId", s3->access_key_id, status) ||
        required(group, "accessKeySecret", s3->access_key_secret, status) ||
        required(group, "endpoint", s3->endpoint, status) || required(group, "region", s3->region, status) ||
        required(group, "bucket", s3->bucket, status))
        return STATUS_INVALID_ARGUMENT;
    return STATUS_OK;
}

static enum status_code check_notification(const Memos__Store__InstanceNotificationSetting *setting,
                                           struct status *status)
{
    static const char group[] = "notificationSetting.email";
    const Memos__Store__InstanceNotificationSetting__EmailSetting *email = setting->email;
    if (!email || !email->enabled)
        return STATUS_OK;
    if (required(group, "smtpHost", email->smtp_host, status))
        return STATUS_INVALID_ARGUMENT;
    if (email->smtp_port <= 0)
        return broken(status, "notificationSetting.email.smtpPort must be positive");
    if (required(group, "fromEmail", email->from_email, status))
        return STATUS_INVALID_ARGUMENT;
    if (email->use_tls && email->use_ssl)
        return broken(status, "notificationSetting.email.useTls and useSsl must not both be set");
    return STATUS_OK;
}

/* Where the API would make an id or keep a stored key, a file has to say them. */
static enum status_code check_ai(struct arena *arena, const Memos__Store__InstanceAISetting *setting,
                                 const ProtobufCMessage **value, struct status *status)
{
    Memos__Store__InstanceAISetting *fresh = NULL;
    const Memos__Store__InstanceAISetting *nothing =
        CODEC_NEW(arena, Memos__Store__InstanceAISetting, memos__store__instance_aisetting__descriptor);
    for (size_t i = 0; i < setting->n_providers; i++) {
        const Memos__Store__AIProviderConfig *provider = setting->providers[i];
        if (*api_trimmed(arena, provider->id) == '\0')
            return status_set(status, STATUS_INVALID_ARGUMENT, "aiSetting.providers[%zu].id is required", i);
        if (*provider->api_key == '\0')
            return status_set(status, STATUS_INVALID_ARGUMENT, "aiSetting.providers[%zu].apiKey is required", i);
    }
    const ProtobufCMessage *wanted =
        api_recast(arena, &setting->base, &memos__api__v1__instance_setting__aisetting__descriptor);
    if (api_ai_setting_prepare(arena, (const Memos__Api__V1__InstanceSetting__AISetting *)wanted, nothing, &fresh,
                               status))
        return status_prefix(status, "aiSetting: ");
    *value = &fresh->base;
    return STATUS_OK;
}

static const char *key_name(Memos__Store__InstanceSettingKey key)
{
    const ProtobufCEnumValue *value =
        protobuf_c_enum_descriptor_get_value(&memos__store__instance_setting_key__descriptor, (int)key);
    return value ? value->name : "INSTANCE_SETTING_KEY_UNSPECIFIED";
}

enum status_code deploy_check_setting(struct arena *arena, const Memos__Store__InstanceSetting *setting,
                                      const ProtobufCMessage **value, struct status *status)
{
    static const struct {
        Memos__Store__InstanceSettingKey key;
        Memos__Store__InstanceSetting__ValueCase value;
        const char *member;
    } groups[] = {{KEY(GENERAL), VALUE(GENERAL_SETTING), "generalSetting"},
                  {KEY(STORAGE), VALUE(STORAGE_SETTING), "storageSetting"},
                  {KEY(MEMO_RELATED), VALUE(MEMO_RELATED_SETTING), "memoRelatedSetting"},
                  {KEY(NOTIFICATION), VALUE(NOTIFICATION_SETTING), "notificationSetting"},
                  {KEY(AI), VALUE(AI_SETTING), "aiSetting"}};
    size_t at = 0;
    while (at < sizeof groups / sizeof groups[0] && groups[at].key != setting->key)
        at++;
    if (at == sizeof groups / sizeof groups[0])
        return status_set(status, STATUS_INVALID_ARGUMENT, "key %s cannot be deployment configured",
                          key_name(setting->key));
    if (setting->value_case != groups[at].value)
        return status_set(status, STATUS_INVALID_ARGUMENT, "%s must be populated for key %s", groups[at].member,
                          key_name(setting->key));
    *value = &setting->general_setting->base; /* whichever it is: all members of the oneof are messages */
    switch (setting->key) {
    case KEY(GENERAL):
        return check_general(setting->general_setting, status);
    case KEY(STORAGE):
        return check_storage(setting->storage_setting, status);
    case KEY(NOTIFICATION):
        return check_notification(setting->notification_setting, status);
    case KEY(AI):
        return check_ai(arena, setting->ai_setting, value, status);
    default:
        return STATUS_OK;
    }
}
