/* Signing in and linking accounts through identity providers: what both have in common (contract platform.md 4.6). */
#ifndef MEMORA_API_SSO_H
#define MEMORA_API_SSO_H

#include "api/call.h"
#include "auth/oauth2.h"
#include "memos/api/v1/auth_service.pb-c.h"
#include "store/user.h"

/* The account of whoever comes back from a provider. */
struct api_sso_account {
    const char *provider; /* uid */
    struct oauth2_profile profile;
};

/* Asks the provider of that name, and whether its filter lets the account in. Errors as the contract has them: an
 * unknown provider, no answer that can be used, STATUS_PERMISSION_DENIED. Blocks; see auth/oauth2.h. Code and verifier
 * are wiped. */
enum status_code api_sso_account(struct api_call *call, const char *idp_name, const struct oauth2_grant *grant,
                                 struct api_sso_account *out, struct status *status);

/* The user of the credentials, who is made if nobody has the account and people may register. */
enum status_code api_sso_user(struct api_call *call, const Memos__Api__V1__SignInRequest__SSOCredentials *credentials,
                              struct store_user *out, struct status *status);

#endif
