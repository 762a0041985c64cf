/* The rules for the content of a file, shared by the files of deploy/. */
#ifndef MEMORA_DEPLOY_INTERNAL_H
#define MEMORA_DEPLOY_INTERNAL_H

#include "deploy/deploy.h"
#include "memos/store/idp.pb-c.h"
#include "memos/store/instance_setting.pb-c.h"

/* STATUS_INVALID_ARGUMENT with the rule that is broken. */
enum status_code deploy_check_idp(const Memos__Store__IdentityProvider *provider, struct status *status);

/* Likewise; fills in what the rules have defaults for. *value is the group's message. */
enum status_code deploy_check_setting(struct arena *arena, const Memos__Store__InstanceSetting *setting,
                                      const ProtobufCMessage **value, struct status *status);

#endif
