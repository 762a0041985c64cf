/* The typed getters of instance_setting.h: each knows its key and type. */
#include "store/instance_setting.h"

enum status_code store_instance_general_setting(struct store *store, struct arena *arena,
                                                Memos__Store__InstanceGeneralSetting **out, struct status *status)
{
    ProtobufCMessage *message = NULL;
    enum status_code code =
        store_instance_setting_get(store, arena, MEMOS__STORE__INSTANCE_SETTING_KEY__GENERAL, &message, status);
    *out = (Memos__Store__InstanceGeneralSetting *)message;
    return code;
}

enum status_code store_instance_storage_setting(struct store *store, struct arena *arena,
                                                Memos__Store__InstanceStorageSetting **out, struct status *status)
{
    ProtobufCMessage *message = NULL;
    enum status_code code =
        store_instance_setting_get(store, arena, MEMOS__STORE__INSTANCE_SETTING_KEY__STORAGE, &message, status);
    *out = (Memos__Store__InstanceStorageSetting *)message;
    return code;
}

enum status_code store_instance_memo_related_setting(struct store *store, struct arena *arena,
                                                     Memos__Store__InstanceMemoRelatedSetting **out,
                                                     struct status *status)
{
    ProtobufCMessage *message = NULL;
    enum status_code code =
        store_instance_setting_get(store, arena, MEMOS__STORE__INSTANCE_SETTING_KEY__MEMO_RELATED, &message, status);
    *out = (Memos__Store__InstanceMemoRelatedSetting *)message;
    return code;
}

enum status_code store_instance_tags_setting(struct store *store, struct arena *arena,
                                             Memos__Store__InstanceTagsSetting **out, struct status *status)
{
    ProtobufCMessage *message = NULL;
    enum status_code code =
        store_instance_setting_get(store, arena, MEMOS__STORE__INSTANCE_SETTING_KEY__TAGS, &message, status);
    *out = (Memos__Store__InstanceTagsSetting *)message;
    return code;
}

enum status_code store_instance_notification_setting(struct store *store, struct arena *arena,
                                                     Memos__Store__InstanceNotificationSetting **out,
                                                     struct status *status)
{
    ProtobufCMessage *message = NULL;
    enum status_code code =
        store_instance_setting_get(store, arena, MEMOS__STORE__INSTANCE_SETTING_KEY__NOTIFICATION, &message, status);
    *out = (Memos__Store__InstanceNotificationSetting *)message;
    return code;
}

enum status_code store_instance_ai_setting(struct store *store, struct arena *arena,
                                           Memos__Store__InstanceAISetting **out, struct status *status)
{
    ProtobufCMessage *message = NULL;
    enum status_code code =
        store_instance_setting_get(store, arena, MEMOS__STORE__INSTANCE_SETTING_KEY__AI, &message, status);
    *out = (Memos__Store__InstanceAISetting *)message;
    return code;
}
