/* The typed getters of instance_setting.h: each knows its key and type. */
#include "store/instance_setting.h"

#define GETTER(name, KEY, Type)                                                                                        \
    enum status_code name(struct store *store, struct arena *arena, Type **out, struct status *status)                 \
    {                                                                                                                  \
        ProtobufCMessage *message = NULL;                                                                              \
        enum status_code code =                                                                                        \
            store_instance_setting_get(store, arena, MEMOS__STORE__INSTANCE_SETTING_KEY__##KEY, &message, status);     \
        *out = (Type *)message;                                                                                        \
        return code;                                                                                                   \
    }

GETTER(store_instance_general_setting, GENERAL, Memos__Store__InstanceGeneralSetting)
GETTER(store_instance_storage_setting, STORAGE, Memos__Store__InstanceStorageSetting)
GETTER(store_instance_memo_related_setting, MEMO_RELATED, Memos__Store__InstanceMemoRelatedSetting)
GETTER(store_instance_tags_setting, TAGS, Memos__Store__InstanceTagsSetting)
GETTER(store_instance_notification_setting, NOTIFICATION, Memos__Store__InstanceNotificationSetting)
GETTER(store_instance_ai_setting, AI, Memos__Store__InstanceAISetting)
