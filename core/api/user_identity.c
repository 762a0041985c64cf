/* UserService: linked identities (contract platform.md 3.11). */
#include "store/identity.h"

#include "api/access.h"
#include "api/convert.h"
#include "api/sso.h"
#include "api_handlers.h"

static Memos__Api__V1__LinkedIdentity *identity_view(struct arena *arena, const struct store_user *owner,
                                                     const struct store_identity *identity)
{
    Memos__Api__V1__LinkedIdentity *out =
        CODEC_NEW(arena, Memos__Api__V1__LinkedIdentity, memos__api__v1__linked_identity__descriptor);
    out->name = arena_printf(arena, "users/%s/linkedIdentities/%s", owner->username, identity->provider);
    out->idp_name = arena_printf(arena, "identity-providers/%s", identity->provider);
    out->extern_uid = (char *)identity->extern_uid;
    return out;
}

static enum status_code resolve(struct api_call *call, const char *name, struct store_user *owner,
                                const char **provider, struct status *status)
{
    const char *bad_format = arena_printf(call->arena, "invalid linked identity name format: %s", name);
    enum status_code code = api_child_of_user(call, name, "linkedIdentities/", bad_format, owner, provider, status);
    if (code)
        return status_prefix(status, "invalid linked identity name: ");
    return api_require_self_or_admin(call, owner->id, status);
}

enum status_code api_user_service_list_linked_identities(struct api_call *call,
                                                         const Memos__Api__V1__ListLinkedIdentitiesRequest *request,
                                                         Memos__Api__V1__ListLinkedIdentitiesResponse **response,
                                                         struct status *status)
{
    struct store_user owner;
    struct store_identity *found;
    size_t count;
    enum status_code code = api_parent_user(call, request->parent, &owner, status);
    if (code)
        return status_prefix(status, "invalid parent: ");
    code = api_require_self_or_admin(call, owner.id, status);
    if (code)
        return code;
    code = store_identity_list(call->services->store, call->arena, owner.id, &found, &count, status);
    if (code)
        return status_prefix(status, "failed to list linked identities: ");
    Memos__Api__V1__ListLinkedIdentitiesResponse *out =
        CODEC_NEW(call->arena, Memos__Api__V1__ListLinkedIdentitiesResponse,
                  memos__api__v1__list_linked_identities_response__descriptor);
    out->n_linked_identities = count;
    out->linked_identities = ARENA_ARRAY(call->arena, Memos__Api__V1__LinkedIdentity *, count);
    for (size_t i = 0; i < count; i++)
        out->linked_identities[i] = identity_view(call->arena, &owner, &found[i]);
    *response = out;
    return STATUS_OK;
}

enum status_code api_user_service_get_linked_identity(struct api_call *call,
                                                      const Memos__Api__V1__GetLinkedIdentityRequest *request,
                                                      Memos__Api__V1__LinkedIdentity **response, struct status *status)
{
    struct store_user owner;
    struct store_identity identity;
    const char *provider;
    enum status_code code = resolve(call, request->name, &owner, &provider, status);
    if (!code)
        code = store_identity_get(call->services->store, call->arena, owner.id, provider, &identity, status);
    if (!code)
        *response = identity_view(call->arena, &owner, &identity);
    return code;
}

enum status_code api_user_service_delete_linked_identity(struct api_call *call,
                                                         const Memos__Api__V1__DeleteLinkedIdentityRequest *request,
                                                         Google__Protobuf__Empty **response, struct status *status)
{
    struct store_user owner;
    const char *provider;
    enum status_code code = resolve(call, request->name, &owner, &provider, status);
    if (!code)
        code = store_identity_delete(call->services->store, owner.id, provider, status);
    *response = CODEC_NEW(call->arena, Google__Protobuf__Empty, google__protobuf__empty__descriptor);
    return code;
}

enum status_code api_user_service_create_linked_identity(struct api_call *call,
                                                         const Memos__Api__V1__CreateLinkedIdentityRequest *request,
                                                         Memos__Api__V1__LinkedIdentity **response,
                                                         struct status *status)
{
    struct store_user owner;
    struct api_sso_account account;
    struct store_identity identity;
    const struct oauth2_grant grant = {
        .code = request->code, .redirect_uri = request->redirect_uri, .code_verifier = request->code_verifier};
    enum status_code code = api_parent_user(call, request->parent, &owner, status);
    if (code)
        return status_prefix(status, "invalid parent: ");
    code = api_require_self(call, owner.id, status);
    if (!code)
        code = api_sso_account(call, request->idp_name, &grant, &account, status);
    if (!code)
        code = store_identity_link(call->services->store, call->arena, owner.id, account.provider,
                                   account.profile.identifier, &identity, status);
    if (!code)
        *response = identity_view(call->arena, &owner, &identity);
    return code;
}
