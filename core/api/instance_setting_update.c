/* InstanceService.UpdateInstanceSetting (contract platform.md 4.3). */
#include <stdlib.h>

#include "api/access.h"
#include "api/convert.h"
#include "api/convert_setting.h"
#include "api/instance_setting.h"
#include "api/tag_rules.h"
#include "api/text.h"
#include "api_handlers.h"
#include "event/notice.h"
#include "store/deployed.h"
#include "store/idp.h"

struct save {
    struct store *store;
    const Memos__Api__V1__InstanceSetting *wanted;
    const ProtobufCMessage *stored_now; /* what was written */
};

static enum status_code required(const char *what, struct status *status)
{
    return status_set(status, STATUS_INVALID_ARGUMENT, "invalid instance setting: %s setting is required", what);
}

static enum status_code save_general(struct db_conn *conn, struct arena *arena, const ProtobufCMessage *stored,
                                     void *ctx, const ProtobufCMessage **value, struct status *status)
{
    struct save *save = ctx;
    int64_t providers = 0;
    if (save->wanted->value_case != MEMOS__API__V1__INSTANCE_SETTING__VALUE_GENERAL_SETTING)
        return status_set(status, STATUS_INTERNAL, "GENERAL instance setting is required");
    enum status_code code = store_idp_count(save->store, conn, &providers, status);
    if (code)
        return code;
    /* A database that is already in that state may be saved again, so that the other fields can be changed. */
    bool was_off = ((const Memos__Store__InstanceGeneralSetting *)stored)->disallow_password_auth;
    if (save->wanted->general_setting->disallow_password_auth && providers == 0 && !was_off)
        return status_set(status, STATUS_FAILED_PRECONDITION, "%s", store_idp_needed);
    save->stored_now = *value =
        api_recast(arena, &save->wanted->general_setting->base, &memos__store__instance_general_setting__descriptor);
    return STATUS_OK;
}

static enum status_code save_storage(struct db_conn *conn, struct arena *arena, const ProtobufCMessage *stored,
                                     void *ctx, const ProtobufCMessage **value, struct status *status)
{
    (void)conn;
    struct save *save = ctx;
    const Memos__Store__InstanceStorageSetting *old = (const Memos__Store__InstanceStorageSetting *)stored;
    if (save->wanted->value_case != MEMOS__API__V1__INSTANCE_SETTING__VALUE_STORAGE_SETTING)
        return required("storage", status);
    Memos__Store__InstanceStorageSetting *fresh = (Memos__Store__InstanceStorageSetting *)api_recast(
        arena, &save->wanted->storage_setting->base, &memos__store__instance_storage_setting__descriptor);
    if (fresh->s3_config && old->s3_config && *fresh->s3_config->access_key_secret == '\0')
        fresh->s3_config->access_key_secret = old->s3_config->access_key_secret;
    save->stored_now = *value = &fresh->base;
    return STATUS_OK;
}

static enum status_code save_memo_related(struct db_conn *conn, struct arena *arena, const ProtobufCMessage *stored,
                                          void *ctx, const ProtobufCMessage **value, struct status *status)
{
    (void)conn;
    (void)stored;
    struct save *save = ctx;
    if (save->wanted->value_case != MEMOS__API__V1__INSTANCE_SETTING__VALUE_MEMO_RELATED_SETTING)
        return required("memo related", status);
    save->stored_now = *value = api_recast(arena, &save->wanted->memo_related_setting->base,
                                           &memos__store__instance_memo_related_setting__descriptor);
    return STATUS_OK;
}

static enum status_code check_tags(struct arena *arena, const Memos__Api__V1__InstanceSetting *wanted,
                                   struct status *status)
{
    if (wanted->value_case != MEMOS__API__V1__INSTANCE_SETTING__VALUE_TAGS_SETTING)
        return required("tags", status);
    const Memos__Api__V1__InstanceSetting__TagsSetting *tags = wanted->tags_setting;
    for (size_t i = 0; i < tags->n_tags; i++) {
        const Memos__Api__V1__InstanceSetting__TagMetadata *value = tags->tags[i]->value;
        if (api_check_tag_rule(arena, tags->tags[i]->key, value != NULL, value ? value->background_color : NULL,
                               status))
            return status_prefix(status, "invalid instance setting: ");
    }
    return STATUS_OK;
}

static int by_key(const void *a, const void *b)
{
    return strcmp((*(Memos__Store__InstanceTagsSetting__TagsEntry *const *)a)->key,
                  (*(Memos__Store__InstanceTagsSetting__TagsEntry *const *)b)->key);
}

static enum status_code save_tags(struct db_conn *conn, struct arena *arena, const ProtobufCMessage *stored, void *ctx,
                                  const ProtobufCMessage **value, struct status *status)
{
    (void)conn;
    (void)stored;
    struct save *save = ctx;
    enum status_code code = check_tags(arena, save->wanted, status);
    if (code)
        return code;
    Memos__Store__InstanceTagsSetting *fresh = (Memos__Store__InstanceTagsSetting *)api_recast(
        arena, &save->wanted->tags_setting->base, &memos__store__instance_tags_setting__descriptor);
    if (fresh->n_tags) /* stored maps have their keys in order (database.md 2) */
        qsort(fresh->tags, fresh->n_tags, sizeof(void *), by_key);
    save->stored_now = *value = &fresh->base;
    return STATUS_OK;
}

static bool same_account(struct arena *arena, const email_setting *a, const email_setting *b)
{
    return strcmp(api_trimmed(arena, a->smtp_host), api_trimmed(arena, b->smtp_host)) == 0 &&
           strcmp(api_trimmed(arena, a->smtp_username), api_trimmed(arena, b->smtp_username)) == 0 &&
           a->smtp_port == b->smtp_port && a->use_tls == b->use_tls && a->use_ssl == b->use_ssl;
}

enum status_code api_keep_mail_password(struct arena *arena, email_setting *fresh, const email_setting *stored,
                                        struct status *status)
{
    if (*fresh->smtp_password || *stored->smtp_password == '\0')
        return STATUS_OK;
    if (!same_account(arena, fresh, stored))
        return status_set(status, STATUS_INVALID_ARGUMENT,
                          "smtp password is required when changing SMTP host, port, username, or encryption settings");
    fresh->smtp_password = arena_strdup(arena, stored->smtp_password);
    return STATUS_OK;
}

static enum status_code save_notification(struct db_conn *conn, struct arena *arena, const ProtobufCMessage *stored,
                                          void *ctx, const ProtobufCMessage **value, struct status *status)
{
    (void)conn;
    struct save *save = ctx;
    if (save->wanted->value_case != MEMOS__API__V1__INSTANCE_SETTING__VALUE_NOTIFICATION_SETTING)
        return required("notification", status);
    const email_setting *old = ((const Memos__Store__InstanceNotificationSetting *)stored)->email;
    Memos__Store__InstanceNotificationSetting *fresh = (Memos__Store__InstanceNotificationSetting *)api_recast(
        arena, &save->wanted->notification_setting->base, &memos__store__instance_notification_setting__descriptor);
    enum status_code code = fresh->email && old ? api_keep_mail_password(arena, fresh->email, old, status) : STATUS_OK;
    if (code)
        return code;
    save->stored_now = *value = &fresh->base;
    return STATUS_OK;
}

static enum status_code save_ai(struct db_conn *conn, struct arena *arena, const ProtobufCMessage *stored, void *ctx,
                                const ProtobufCMessage **value, struct status *status)
{
    (void)conn;
    struct save *save = ctx;
    Memos__Store__InstanceAISetting *fresh = NULL;
    bool given = save->wanted->value_case == MEMOS__API__V1__INSTANCE_SETTING__VALUE_AI_SETTING;
    if (api_ai_setting_prepare(arena, given ? save->wanted->ai_setting : NULL,
                               (const Memos__Store__InstanceAISetting *)stored, &fresh, status))
        return status_prefix(status, "invalid AI setting: ");
    save->stored_now = *value = &fresh->base;
    return STATUS_OK;
}

static store_instance_setting_edit_fn saver_of(api_instance_key key)
{
    static const struct {
        api_instance_key key;
        store_instance_setting_edit_fn save;
    } savers[] = {
        {API_INSTANCE_KEY(GENERAL), save_general},           {API_INSTANCE_KEY(STORAGE), save_storage},
        {API_INSTANCE_KEY(MEMO_RELATED), save_memo_related}, {API_INSTANCE_KEY(TAGS), save_tags},
        {API_INSTANCE_KEY(NOTIFICATION), save_notification}, {API_INSTANCE_KEY(AI), save_ai},
    };
    for (size_t i = 0; i < sizeof savers / sizeof savers[0]; i++)
        if (savers[i].key == key)
            return savers[i].save;
    return NULL;
}

enum status_code api_instance_service_update_instance_setting(
    struct api_call *call, const Memos__Api__V1__UpdateInstanceSettingRequest *request,
    Memos__Api__V1__InstanceSetting **response, struct status *status)
{
    api_instance_key key;
    struct save save = {.store = call->services->store, .wanted = request->setting};
    enum status_code code = api_require_admin(call, status);
    if (code)
        return code;
    if (!request->setting)
        return status_set(status, STATUS_INVALID_ARGUMENT, "instance setting is required");
    if (api_instance_key_parse(call->arena, request->setting->name, &key, status))
        return status_prefix(status, "invalid instance setting name: ");
    if (store_setting_is_deployed(save.store, key))
        return status_set(status, STATUS_FAILED_PRECONDITION, "instance setting \"%s\" is configured by the deployment",
                          strrchr(request->setting->name, '/') + 1);
    store_instance_setting_edit_fn saver = saver_of(key);
    if (!saver && key != API_INSTANCE_KEY(BASIC))
        return status_set(status, STATUS_INTERNAL,
                          "failed to upsert instance setting: unsupported instance setting key: "
                          "INSTANCE_SETTING_KEY_UNSPECIFIED");
    if (saver) { /* BASIC holds the signing secret: it is answered, but nobody may overwrite it */
        code = store_instance_setting_edit(call->services->store, call->arena, key, saver, &save, status);
        if (code)
            return code == STATUS_INVALID_ARGUMENT || code == STATUS_FAILED_PRECONDITION
                       ? code
                       : status_prefix(status, "failed to upsert instance setting: ");
    }
    *response = api_instance_setting_view(call->arena, key, save.stored_now, true);
    return STATUS_OK;
}
