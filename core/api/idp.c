/* IdentityProviderService (contract platform.md 4.5). */
#include "store/idp.h"

#include "api/access.h"
#include "api/convert.h"
#include "api/convert_setting.h"
#include "api/names.h"
#include "api/text.h"
#include "api_handlers.h"
#include "base/quote.h"
#include "base/uid.h"
#include "store/deployed.h"

typedef Memos__Api__V1__IdentityProvider provider_message;

/* The client secret is never shown, not even to admins. */
static provider_message *provider_view(struct arena *arena, const struct store_idp *idp)
{
    provider_message *out = CODEC_NEW(arena, provider_message, memos__api__v1__identity_provider__descriptor);
    out->name = arena_printf(arena, "identity-providers/%s", idp->uid);
    out->title = (char *)idp->title;
    out->identifier_filter = (char *)idp->identifier_filter;
    if (!idp->is_oauth2)
        return out;
    out->type = MEMOS__API__V1__IDENTITY_PROVIDER__TYPE__OAUTH2;
    Memos__Api__V1__IdentityProviderConfig *config =
        CODEC_NEW(arena, Memos__Api__V1__IdentityProviderConfig, memos__api__v1__identity_provider_config__descriptor);
    config->config_case = MEMOS__API__V1__IDENTITY_PROVIDER_CONFIG__CONFIG_OAUTH2_CONFIG;
    config->oauth2_config = (Memos__Api__V1__OAuth2Config *)api_recast(arena, &idp->config->base,
                                                                       &memos__api__v1__oauth2_config__descriptor);
    config->oauth2_config->client_secret = arena_strdup(arena, "");
    out->config = config;
    return out;
}

enum status_code api_identity_provider_service_list_identity_providers(
    struct api_call *call, const Memos__Api__V1__ListIdentityProvidersRequest *request,
    Memos__Api__V1__ListIdentityProvidersResponse **response, struct status *status)
{
    (void)request;
    struct store_idp *found;
    size_t count;
    enum status_code code = store_idp_list(call->services->store, NULL, call->arena, &found, &count, status);
    if (code)
        return status_prefix(status, "failed to list identity providers, error: ");
    Memos__Api__V1__ListIdentityProvidersResponse *out =
        CODEC_NEW(call->arena, Memos__Api__V1__ListIdentityProvidersResponse,
                  memos__api__v1__list_identity_providers_response__descriptor);
    out->n_identity_providers = count;
    out->identity_providers = ARENA_ARRAY(call->arena, provider_message *, count);
    for (size_t i = 0; i < count; i++)
        out->identity_providers[i] = provider_view(call->arena, &found[i]);
    *response = out;
    return STATUS_OK;
}

static enum status_code parse_name(struct api_call *call, const char *name, const char **uid, struct status *status)
{
    if (api_name_parse_one(call->arena, name, "identity-providers/", uid, status))
        return status_prefix(status, "invalid identity provider name: ");
    return STATUS_OK;
}

enum status_code api_identity_provider_service_get_identity_provider(
    struct api_call *call, const Memos__Api__V1__GetIdentityProviderRequest *request,
    Memos__Api__V1__IdentityProvider **response, struct status *status)
{
    struct store_idp idp;
    const char *uid;
    enum status_code code = parse_name(call, request->name, &uid, status);
    if (!code)
        code = store_idp_get(call->services->store, NULL, call->arena, uid, &idp, status);
    if (!code)
        *response = provider_view(call->arena, &idp);
    return code;
}

/* What a file of the deployment sets is not the API's to change. */
static enum status_code refuse_deployed(struct api_call *call, const char *uid, struct status *status)
{
    if (!store_idp_is_deployed(call->services->store, uid))
        return STATUS_OK;
    return status_set(status, STATUS_FAILED_PRECONDITION, "identity provider %s is configured by the deployment",
                      text_quote(call->arena, uid));
}

/* NULL when the message has no complete OAuth2 configuration. */
static const Memos__Api__V1__OAuth2Config *oauth2_of(const provider_message *provider)
{
    const Memos__Api__V1__IdentityProviderConfig *config = provider->config;
    if (!config || config->config_case != MEMOS__API__V1__IDENTITY_PROVIDER_CONFIG__CONFIG_OAUTH2_CONFIG ||
        !config->oauth2_config->field_mapping)
        return NULL;
    return config->oauth2_config;
}

static Memos__Store__OAuth2Config *stored_config(struct arena *arena, const Memos__Api__V1__OAuth2Config *config)
{
    return (Memos__Store__OAuth2Config *)api_recast(arena, &config->base, &memos__store__oauth2_config__descriptor);
}

static enum status_code choose_uid(struct api_call *call, const char *wanted, const char **uid, struct status *status)
{
    char *text = api_trimmed(call->arena, wanted);
    if (*text == '\0') {
        text = arena_alloc(call->arena, UID_SHORT_LENGTH + 1);
        uid_short(text);
    }
    *uid = text;
    if (uid_valid(text))
        return STATUS_OK;
    return status_set(status, STATUS_INVALID_ARGUMENT,
                      "invalid UID: must be 1-36 characters, contain only letters, digits, or hyphens, and start and "
                      "end with a letter or digit");
}

enum status_code api_identity_provider_service_create_identity_provider(
    struct api_call *call, const Memos__Api__V1__CreateIdentityProviderRequest *request,
    Memos__Api__V1__IdentityProvider **response, struct status *status)
{
    const provider_message *wanted = request->identity_provider;
    struct store_idp fresh = {0};
    enum status_code code = api_require_admin(call, status);
    if (code)
        return code;
    if (!wanted)
        return status_set(status, STATUS_INVALID_ARGUMENT, "identity provider is required");
    code = choose_uid(call, request->identity_provider_id, &fresh.uid, status);
    if (!code)
        code = refuse_deployed(call, fresh.uid, status);
    if (code)
        return code;
    fresh.title = wanted->title;
    fresh.identifier_filter = wanted->identifier_filter;
    fresh.is_oauth2 = wanted->type == MEMOS__API__V1__IDENTITY_PROVIDER__TYPE__OAUTH2;
    if (fresh.is_oauth2) {
        const Memos__Api__V1__OAuth2Config *config = oauth2_of(wanted);
        if (!config)
            return status_set(status, STATUS_INVALID_ARGUMENT,
                              "identity provider config with oauth2_config and field_mapping is required");
        fresh.config = stored_config(call->arena, config);
    }
    code = store_idp_create(call->services->store, call->arena, &fresh, status);
    if (code)
        return status_set(status, code == STATUS_ALREADY_EXISTS ? STATUS_INTERNAL : code,
                          "failed to create identity provider, error: %s", status->message);
    *response = provider_view(call->arena, &fresh);
    return STATUS_OK;
}

static void apply(struct arena *arena, struct store_idp *idp, void *ctx)
{
    const Memos__Api__V1__UpdateIdentityProviderRequest *request = ctx;
    const provider_message *wanted = request->identity_provider;
    if (api_mask_has(request->update_mask, "title"))
        idp->title = wanted->title;
    if (api_mask_has(request->update_mask, "identifier_filter"))
        idp->identifier_filter = wanted->identifier_filter;
    if (!api_mask_has(request->update_mask, "config") || !idp->is_oauth2 ||
        wanted->type != MEMOS__API__V1__IDENTITY_PROVIDER__TYPE__OAUTH2)
        return;
    Memos__Store__OAuth2Config *config = stored_config(arena, oauth2_of(wanted));
    if (*config->client_secret == '\0')
        config->client_secret = idp->config->client_secret;
    idp->config = config;
}

enum status_code api_identity_provider_service_update_identity_provider(
    struct api_call *call, const Memos__Api__V1__UpdateIdentityProviderRequest *request,
    Memos__Api__V1__IdentityProvider **response, struct status *status)
{
    const provider_message *wanted = request->identity_provider;
    struct store_idp idp;
    const char *uid;
    enum status_code code = api_require_admin(call, status);
    if (code)
        return code;
    if (api_mask_empty(request->update_mask))
        return status_set(status, STATUS_INVALID_ARGUMENT, "update_mask is required");
    if (!wanted)
        return status_set(status, STATUS_INVALID_ARGUMENT, "identity provider is required");
    code = parse_name(call, wanted->name, &uid, status);
    if (!code)
        code = refuse_deployed(call, uid, status);
    if (code)
        return code;
    if (api_mask_has(request->update_mask, "config") &&
        wanted->type == MEMOS__API__V1__IDENTITY_PROVIDER__TYPE__OAUTH2 && !oauth2_of(wanted))
        return status_set(status, STATUS_INVALID_ARGUMENT,
                          "identity provider config with oauth2_config and field_mapping is required");
    code = store_idp_edit(call->services->store, call->arena, uid, apply, (void *)request, &idp, status);
    if (code)
        return code == STATUS_NOT_FOUND ? code : status_prefix(status, "failed to update identity provider, error: ");
    *response = provider_view(call->arena, &idp);
    return STATUS_OK;
}

enum status_code api_identity_provider_service_delete_identity_provider(
    struct api_call *call, const Memos__Api__V1__DeleteIdentityProviderRequest *request,
    Google__Protobuf__Empty **response, struct status *status)
{
    const char *uid;
    enum status_code code = api_require_admin(call, status);
    if (!code)
        code = parse_name(call, request->name, &uid, status);
    if (!code)
        code = refuse_deployed(call, uid, status);
    if (!code)
        code = store_idp_delete(call->services->store, call->arena, uid, status);
    *response = CODEC_NEW(call->arena, Google__Protobuf__Empty, google__protobuf__empty__descriptor);
    return code;
}
