#include "api/sso.h"

#include <string.h>
#include <strings.h>

#include "api/access.h"
#include "api/names.h"
#include "auth/password.h"
#include "base/regex.h"
#include "base/uid.h"
#include "config/config.h"
#include "store/identity.h"
#include "store/idp.h"
#include "store/instance_setting.h"

enum { RANDOM_PASSWORD = 20, NAME_ATTEMPTS = 5 };

static enum status_code find_provider(struct api_call *call, const char *name, struct store_idp *out,
                                      struct status *status)
{
    const char *uid;
    if (api_name_parse_one(call->arena, name, "identity-providers/", &uid, status))
        return status_prefix(status, "invalid identity provider name: ");
    enum status_code code = store_idp_get(call->services->store, NULL, call->arena, uid, out, status);
    if (code == STATUS_NOT_FOUND)
        return status_set(status, STATUS_INVALID_ARGUMENT, "identity provider not found");
    if (code)
        return status_prefix(status, "failed to get identity provider, error: ");
    if (!out->is_oauth2)
        return status_set(status, STATUS_FAILED_PRECONDITION, "identity provider is not of type OAUTH2");
    return STATUS_OK;
}

static enum status_code apply_filter(const char *filter, const char *identifier, struct status *status)
{
    struct regex *regex = NULL;
    if (!*filter)
        return STATUS_OK;
    if (regex_compile(filter, strlen(filter), &regex, status))
        return status_set(status, STATUS_INTERNAL,
                          "failed to compile identifier filter regex, error: error parsing regexp: %s",
                          status->message);
    bool allowed = regex_search(regex, identifier, strlen(identifier));
    regex_free(regex);
    if (allowed)
        return STATUS_OK;
    return status_set(status, STATUS_PERMISSION_DENIED, "identifier %s is not allowed", identifier);
}

enum status_code api_sso_account(struct api_call *call, const char *idp_name, const struct oauth2_grant *grant,
                                 struct api_sso_account *out, struct status *status)
{
    struct store_idp idp;
    const struct oauth2_options options = {.ca_file = call->services->config->outbound_ca_file,
                                           .deadline_ns = call->deadline_ns};
    enum status_code code = find_provider(call, idp_name, &idp, status);
    if (!code) {
        code = oauth2_fetch_profile(call->arena, idp.config, grant, &options, &out->profile, status);
        api_wipe(idp.config->client_secret);
    }
    api_wipe(grant->code);
    api_wipe(grant->code_verifier);
    if (code)
        return code;
    out->provider = idp.uid;
    return apply_filter(idp.identifier_filter, out->profile.identifier, status);
}

/* The user whom the account belongs to; STATUS_NOT_FOUND if nobody has linked it. */
static enum status_code linked_user(struct api_call *call, const struct api_sso_account *account,
                                    struct store_user *out, struct status *status)
{
    struct store *store = call->services->store;
    struct store_identity identity;
    enum status_code code =
        store_identity_find(store, call->arena, account->provider, account->profile.identifier, &identity, status);
    if (code == STATUS_NOT_FOUND)
        return code;
    if (!code)
        code = store_user_get(store, NULL, call->arena, identity.user_id, out, status);
    if (code == STATUS_NOT_FOUND)
        code = status_set(status, STATUS_INTERNAL, "%s", status->message);
    return code ? status_prefix(status, "failed to get user, error: ") : STATUS_OK;
}

/* Names that someone who sees them would take for the server's own. */
static bool is_reserved(const char *username)
{
    static const char *const names[] = {"admin", "administrator", "api", "memos", "root", "support", "system"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcasecmp(names[i], username) == 0)
            return true;
    return false;
}

/* A name that is taken gives way to a random one; an account that has just been linked by another request is used. */
static enum status_code create_named(struct api_call *call, const struct api_sso_account *account,
                                     struct store_user_new *fresh, struct store_user *out, struct status *status)
{
    char uuid[UID_UUID_LENGTH + 1];
    const char *wanted = account->profile.identifier;
    bool usable = api_username_valid(wanted) && !is_reserved(wanted);
    enum status_code code = STATUS_ALREADY_EXISTS;
    for (int attempt = usable ? 0 : 1; code == STATUS_ALREADY_EXISTS && attempt <= NAME_ATTEMPTS; attempt++) {
        uid_uuid(uuid);
        fresh->username = attempt == 0 ? wanted : uuid;
        code = store_user_create(call->services->store, call->arena, fresh, out, status);
        struct status problem = {0};
        if (code == STATUS_ALREADY_EXISTS && linked_user(call, account, out, &problem) != STATUS_NOT_FOUND)
            return problem.code ? status_set(status, problem.code, "%s", problem.message) : STATUS_OK;
    }
    if (code)
        return status_set(status, STATUS_INTERNAL, "failed to create user, error: %s", status->message);
    return STATUS_OK;
}

static enum status_code create_user(struct api_call *call, const struct api_sso_account *account,
                                    struct store_user *out, struct status *status)
{
    char password[RANDOM_PASSWORD + 1], hash[PASSWORD_HASH_SIZE];
    Memos__Store__InstanceGeneralSetting *general;
    enum status_code code = store_instance_general_setting(call->services->store, call->arena, &general, status);
    if (code)
        return status_prefix(status, "failed to get instance general setting, error: ");
    if (general->disallow_user_registration)
        return status_set(status, STATUS_PERMISSION_DENIED, "user registration is not allowed");
    uid_alphanumeric(password, RANDOM_PASSWORD);
    code = password_hash(password, hash, status);
    api_wipe(password);
    if (code)
        return code;
    struct store_user_new fresh = {.email = account->profile.email,
                                   .nickname = account->profile.display_name,
                                   .password_hash = hash,
                                   .avatar_url = account->profile.avatar_url,
                                   .role = STORE_ROLE_USER,
                                   .provider = account->provider,
                                   .extern_uid = account->profile.identifier};
    return create_named(call, account, &fresh, out, status);
}

enum status_code api_sso_user(struct api_call *call, const Memos__Api__V1__SignInRequest__SSOCredentials *credentials,
                              struct store_user *out, struct status *status)
{
    const struct oauth2_grant grant = {.code = credentials->code,
                                       .redirect_uri = credentials->redirect_uri,
                                       .code_verifier = credentials->code_verifier};
    struct api_sso_account account;
    enum status_code code = api_sso_account(call, credentials->idp_name, &grant, &account, status);
    if (!code)
        code = linked_user(call, &account, out, status);
    return code == STATUS_NOT_FOUND ? create_user(call, &account, out, status) : code;
}
