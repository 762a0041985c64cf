/* Webhooks of users as the API shows them (contract platform.md 3.9). */
#ifndef MEMORA_API_WEBHOOK_VIEW_H
#define MEMORA_API_WEBHOOK_VIEW_H

#include "memos/api/v1/user_service.pb-c.h"
#include "memos/store/user_setting.pb-c.h"
#include "store/user.h"

/* Without the signing secret: only whether there is one. */
Memos__Api__V1__UserWebhook *api_webhook_view(struct arena *arena, const struct store_user *owner,
                                              const Memos__Store__WebhooksUserSetting__Webhook *webhook);
Memos__Api__V1__UserWebhook **api_webhook_views(struct arena *arena, const struct store_user *owner,
                                                const Memos__Store__WebhooksUserSetting *list);

#endif
