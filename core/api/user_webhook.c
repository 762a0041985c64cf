/* UserService: management of webhooks (contract platform.md 3.9). */
#include "api/access.h"
#include "api/convert.h"
#include "api/names.h"
#include "api/text.h"
#include "api/webhook_check.h"
#include "api/webhook_view.h"
#include "api_handlers.h"
#include "base/clock.h"
#include "config/config.h"
#include "store/user_setting.h"

#define KEY MEMOS__STORE__USER_SETTING__KEY__WEBHOOKS
typedef Memos__Store__WebhooksUserSetting webhook_list;
typedef Memos__Store__WebhooksUserSetting__Webhook webhook;

enum { ID_BYTES = 8 };

Memos__Api__V1__UserWebhook *api_webhook_view(struct arena *arena, const struct store_user *owner,
                                              const webhook *stored)
{
    Memos__Api__V1__UserWebhook *out =
        CODEC_NEW(arena, Memos__Api__V1__UserWebhook, memos__api__v1__user_webhook__descriptor);
    out->name = arena_printf(arena, "users/%s/webhooks/%s", owner->username, stored->id);
    out->url = stored->url;
    out->display_name = stored->title;
    out->signing_secret_set = *stored->signing_secret != '\0';
    return out;
}

Memos__Api__V1__UserWebhook **api_webhook_views(struct arena *arena, const struct store_user *owner,
                                                const webhook_list *list)
{
    Memos__Api__V1__UserWebhook **out = ARENA_ARRAY(arena, Memos__Api__V1__UserWebhook *, list->n_webhooks);
    for (size_t i = 0; i < list->n_webhooks; i++)
        out[i] = api_webhook_view(arena, owner, list->webhooks[i]);
    return out;
}

static enum status_code parent(struct api_call *call, const char *name, struct store_user *owner, struct status *status)
{
    enum status_code code = api_parent_user(call, name, owner, status);
    if (code)
        return status_prefix(status, "invalid parent: ");
    return api_require_self_or_admin(call, owner->id, status);
}

static enum status_code child(struct api_call *call, const char *name, struct store_user *owner, const char **id,
                              struct status *status)
{
    enum status_code code =
        api_child_of_user(call, name, "webhooks/", "invalid webhook name format", owner, id, status);
    if (code)
        return status_prefix(status, "invalid webhook name: ");
    return api_require_self_or_admin(call, owner->id, status);
}

static webhook *find(const webhook_list *list, const char *id)
{
    for (size_t i = 0; list && i < list->n_webhooks; i++)
        if (strcmp(list->webhooks[i]->id, id) == 0)
            return list->webhooks[i];
    return NULL;
}

static enum status_code not_found(struct status *status)
{
    return status_set(status, STATUS_NOT_FOUND, "webhook not found");
}

static enum status_code read_list(struct api_call *call, int32_t user_id, const webhook_list **out,
                                  struct status *status)
{
    ProtobufCMessage *message = NULL;
    enum status_code code =
        store_user_setting_get(call->services->store, NULL, call->arena, user_id, KEY, &message, status);
    *out = message ? (const webhook_list *)message
                   : CODEC_NEW(call->arena, webhook_list, memos__store__webhooks_user_setting__descriptor);
    return code ? status_prefix(status, "failed to get user webhooks: ") : code;
}

enum status_code api_user_service_list_user_webhooks(struct api_call *call,
                                                     const Memos__Api__V1__ListUserWebhooksRequest *request,
                                                     Memos__Api__V1__ListUserWebhooksResponse **response,
                                                     struct status *status)
{
    struct store_user owner;
    const webhook_list *list;
    enum status_code code = parent(call, request->parent, &owner, status);
    if (!code)
        code = read_list(call, owner.id, &list, status);
    if (code)
        return code;
    Memos__Api__V1__ListUserWebhooksResponse *out = CODEC_NEW(call->arena, Memos__Api__V1__ListUserWebhooksResponse,
                                                              memos__api__v1__list_user_webhooks_response__descriptor);
    out->n_webhooks = list->n_webhooks;
    out->webhooks = api_webhook_views(call->arena, &owner, list);
    *response = out;
    return STATUS_OK;
}

static enum status_code append(struct arena *arena, ProtobufCMessage *setting, void *ctx, bool *changed,
                               struct status *status)
{
    (void)changed;
    (void)status;
    webhook_list *list = (webhook_list *)setting;
    webhook **longer = ARENA_ARRAY(arena, webhook *, list->n_webhooks + 1);
    for (size_t i = 0; i < list->n_webhooks; i++)
        longer[i] = list->webhooks[i];
    longer[list->n_webhooks++] = ctx;
    list->webhooks = longer;
    return STATUS_OK;
}

static char *new_id(struct arena *arena)
{
    unsigned char bytes[ID_BYTES];
    struct buf text = buf_in(arena);
    random_bytes(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        buf_printf(&text, "%02x", bytes[i]);
    buf_str(&text);
    return text.data;
}

static enum status_code check_url(struct api_call *call, const char *url, struct status *status)
{
    return api_check_webhook_url(call->arena, url, call->services->config->allow_private_webhooks, status);
}

enum status_code api_user_service_create_user_webhook(struct api_call *call,
                                                      const Memos__Api__V1__CreateUserWebhookRequest *request,
                                                      Memos__Api__V1__UserWebhook **response, struct status *status)
{
    struct store_user owner;
    enum status_code code = parent(call, request->parent, &owner, status);
    if (code)
        return code;
    webhook *fresh = CODEC_NEW(call->arena, webhook, memos__store__webhooks_user_setting__webhook__descriptor);
    fresh->url = request->webhook ? api_trimmed(call->arena, request->webhook->url) : fresh->url;
    if (*fresh->url == '\0')
        return status_set(status, STATUS_INVALID_ARGUMENT, "webhook URL is required");
    code = check_url(call, fresh->url, status);
    if (code)
        return code;
    fresh->id = new_id(call->arena);
    fresh->title = request->webhook->display_name;
    fresh->signing_secret = api_trimmed(call->arena, request->webhook->signing_secret);
    if (*fresh->signing_secret == '\0')
        fresh->signing_secret = api_make_signing_secret(call->arena);
    code = api_check_signing_secret(call->arena, fresh->signing_secret, status);
    if (code)
        return code;
    code = store_user_setting_edit(call->services->store, call->arena, owner.id, KEY, append, fresh, status);
    if (code)
        return status_prefix(status, "failed to create webhook: ");
    *response = api_webhook_view(call->arena, &owner, fresh);
    return STATUS_OK;
}

/* What an update sets; NULL leaves a part as it is. */
struct change {
    const char *id, *url, *title, *signing_secret;
    const webhook *result;
};

static enum status_code apply(struct arena *arena, ProtobufCMessage *setting, void *ctx, bool *changed,
                              struct status *status)
{
    (void)arena;
    (void)changed;
    struct change *change = ctx;
    webhook *stored = find((webhook_list *)setting, change->id);
    if (!stored)
        return not_found(status);
    if (change->url)
        stored->url = (char *)change->url;
    if (change->title)
        stored->title = (char *)change->title;
    if (change->signing_secret)
        stored->signing_secret = (char *)change->signing_secret;
    change->result = stored;
    return STATUS_OK;
}

/* Which parts an update names. An empty URL never replaces one; an empty secret does so only when the mask names it. */
static void choose_parts(struct arena *arena, const Memos__Api__V1__UpdateUserWebhookRequest *request,
                         struct change *change)
{
    const Memos__Api__V1__UserWebhook *wanted = request->webhook;
    const char *url = api_trimmed(arena, wanted->url), *secret = api_trimmed(arena, wanted->signing_secret);
    bool all = api_mask_empty(request->update_mask);
    if (*url && (all || api_mask_has(request->update_mask, "url")))
        change->url = url;
    if (all || api_mask_has(request->update_mask, "display_name"))
        change->title = wanted->display_name;
    if ((all && *secret) || api_mask_has(request->update_mask, "signing_secret"))
        change->signing_secret = secret;
}

enum status_code api_user_service_update_user_webhook(struct api_call *call,
                                                      const Memos__Api__V1__UpdateUserWebhookRequest *request,
                                                      Memos__Api__V1__UserWebhook **response, struct status *status)
{
    struct store_user owner;
    struct change change = {0};
    const webhook_list *list;
    if (!request->webhook)
        return status_set(status, STATUS_INVALID_ARGUMENT, "webhook is required");
    enum status_code code = child(call, request->webhook->name, &owner, &change.id, status);
    if (!code)
        code = read_list(call, owner.id, &list, status);
    if (code)
        return code;
    if (!find(list, change.id))
        return not_found(status);
    choose_parts(call->arena, request, &change);
    if (change.url)
        code = check_url(call, change.url, status);
    if (!code && change.signing_secret)
        code = api_check_signing_secret(call->arena, change.signing_secret, status);
    if (!code)
        code = store_user_setting_edit(call->services->store, call->arena, owner.id, KEY, apply, &change, status);
    if (code)
        return code;
    *response = api_webhook_view(call->arena, &owner, change.result);
    return STATUS_OK;
}

static enum status_code take_out(struct arena *arena, ProtobufCMessage *setting, void *ctx, bool *changed,
                                 struct status *status)
{
    (void)arena;
    (void)changed;
    webhook_list *list = (webhook_list *)setting;
    const webhook *stored = find(list, ctx);
    size_t kept = 0;
    if (!stored)
        return not_found(status);
    for (size_t i = 0; i < list->n_webhooks; i++)
        if (list->webhooks[i] != stored)
            list->webhooks[kept++] = list->webhooks[i];
    list->n_webhooks = kept;
    return STATUS_OK;
}

enum status_code api_user_service_delete_user_webhook(struct api_call *call,
                                                      const Memos__Api__V1__DeleteUserWebhookRequest *request,
                                                      Google__Protobuf__Empty **response, struct status *status)
{
    struct store_user owner;
    const char *id;
    enum status_code code = child(call, request->name, &owner, &id, status);
    if (!code)
        code = store_user_setting_edit(call->services->store, call->arena, owner.id, KEY, take_out, (void *)id, status);
    *response = CODEC_NEW(call->arena, Google__Protobuf__Empty, google__protobuf__empty__descriptor);
    return code;
}

enum status_code api_user_service_get_user_webhook_signing_secret(
    struct api_call *call, const Memos__Api__V1__GetUserWebhookSigningSecretRequest *request,
    Memos__Api__V1__GetUserWebhookSigningSecretResponse **response, struct status *status)
{
    struct store_user owner;
    const char *id;
    const webhook_list *list;
    enum status_code code = child(call, request->name, &owner, &id, status);
    if (!code)
        code = read_list(call, owner.id, &list, status);
    if (code)
        return code;
    const webhook *stored = find(list, id);
    if (!stored)
        return not_found(status);
    Memos__Api__V1__GetUserWebhookSigningSecretResponse *out =
        CODEC_NEW(call->arena, Memos__Api__V1__GetUserWebhookSigningSecretResponse,
                  memos__api__v1__get_user_webhook_signing_secret_response__descriptor);
    out->signing_secret = stored->signing_secret;
    *response = out;
    return STATUS_OK;
}
