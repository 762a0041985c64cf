/* What the methods for instance settings share (contract platform.md 4.2, 4.3). */
#ifndef MEMORA_API_INSTANCE_SETTING_H
#define MEMORA_API_INSTANCE_SETTING_H

#include "api/call.h"
#include "memos/api/v1/instance_service.pb-c.h"
#include "store/instance_setting.h"

typedef Memos__Store__InstanceSettingKey api_instance_key;
#define API_INSTANCE_KEY(name) MEMOS__STORE__INSTANCE_SETTING_KEY__##name

/* The key of "instance/settings/{KEY}"; unknown ones give INSTANCE_SETTING_KEY_UNSPECIFIED without an error. Errors:
 * STATUS_INVALID_ARGUMENT "invalid instance setting name: ...". */
enum status_code api_instance_key_parse(struct arena *arena, const char *name, api_instance_key *out,
                                        struct status *status);

/* The API's message for a stored one, secrets left out. full: with what only admins see. value may be NULL (BASIC). */
Memos__Api__V1__InstanceSetting *api_instance_setting_view(struct arena *arena, api_instance_key key,
                                                           const ProtobufCMessage *value, bool full);

/* The rules for saving AI settings: gives in *out what to store for wanted, given what is stored. Errors:
 * STATUS_INVALID_ARGUMENT with the text behind "invalid AI setting: ". wanted may be NULL. */
enum status_code api_ai_setting_prepare(struct arena *arena, const Memos__Api__V1__InstanceSetting__AISetting *wanted,
                                        const Memos__Store__InstanceAISetting *stored,
                                        Memos__Store__InstanceAISetting **out, struct status *status);

/* Gives a setting without a password the stored one, if it is for the same account: else a changed host would be sent
 * the password of another. STATUS_INVALID_ARGUMENT "smtp password is required when changing ...". */
enum status_code api_keep_mail_password(struct arena *arena,
                                        Memos__Store__InstanceNotificationSetting__EmailSetting *fresh,
                                        const Memos__Store__InstanceNotificationSetting__EmailSetting *stored,
                                        struct status *status);

#endif
