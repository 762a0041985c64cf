/* Settings of the whole server: rows of table system_setting, one JSON message per key (contract/database.md 3.7). */
#ifndef MEMORA_STORE_INSTANCE_SETTING_H
#define MEMORA_STORE_INSTANCE_SETTING_H

#include "memos/store/instance_setting.pb-c.h"
#include "store/store.h"

enum { STORE_CONTENT_LIMIT_MIN = 8192, STORE_UPLOAD_LIMIT_DEFAULT_MB = 30 };

/* The message of the key with the defaults that are filled in on reading (platform.md 4.2); never NULL, also when
 * nothing is stored. From the cache, except BASIC, whose secret stays out of it. */
enum status_code store_instance_setting_get(struct store *store, struct arena *arena,
                                            Memos__Store__InstanceSettingKey key, ProtobufCMessage **out,
                                            struct status *status);

/* The same, typed. */
enum status_code store_instance_general_setting(struct store *store, struct arena *arena,
                                                Memos__Store__InstanceGeneralSetting **out, struct status *status);
enum status_code store_instance_storage_setting(struct store *store, struct arena *arena,
                                                Memos__Store__InstanceStorageSetting **out, struct status *status);
enum status_code store_instance_memo_related_setting(struct store *store, struct arena *arena,
                                                     Memos__Store__InstanceMemoRelatedSetting **out,
                                                     struct status *status);
enum status_code store_instance_tags_setting(struct store *store, struct arena *arena,
                                             Memos__Store__InstanceTagsSetting **out, struct status *status);
enum status_code store_instance_notification_setting(struct store *store, struct arena *arena,
                                                     Memos__Store__InstanceNotificationSetting **out,
                                                     struct status *status);
enum status_code store_instance_ai_setting(struct store *store, struct arena *arena,
                                           Memos__Store__InstanceAISetting **out, struct status *status);

/* Reads what is stored (without defaults; a fresh message when nothing is), lets edit choose the new value and writes
 * it, in one transaction. edit may run more than once; an error of it undoes everything and passes through; *value
 * left NULL writes nothing. conn is for looking at other tables of the same transaction. */
typedef enum status_code (*store_instance_setting_edit_fn)(struct db_conn *conn, struct arena *arena,
                                                           const ProtobufCMessage *stored, void *ctx,
                                                           const ProtobufCMessage **value, struct status *status);
enum status_code store_instance_setting_edit(struct store *store, struct arena *arena,
                                             Memos__Store__InstanceSettingKey key, store_instance_setting_edit_fn edit,
                                             void *ctx, struct status *status);

/* What is in force, inside a read or a write bracket, without defaults and past the cache; a fresh message when nothing
 * is stored. */
enum status_code store_instance_setting_read(struct store *store, struct db_conn *conn, struct arena *arena,
                                             Memos__Store__InstanceSettingKey key, ProtobufCMessage **out,
                                             struct status *status);

/* The signing secret: the one of BASIC, or a fresh UUID that is stored there, the schema version being kept. */
enum status_code store_instance_secret(struct store *store, struct arena *arena, char **secret, struct status *status);

#endif
