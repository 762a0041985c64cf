/* What an OAuth2 provider knows of the person who comes back from it with a code (contract platform.md 4.6; RFC 6749,
 * section 4.1, and RFC 7636 for the verifier). The provider is chosen by an administrator, so it may have any address;
 * that of the code is anybody. */
#ifndef MEMORA_AUTH_OAUTH2_H
#define MEMORA_AUTH_OAUTH2_H

#include "base/arena.h"
#include "base/status.h"
#include "memos/store/idp.pb-c.h"

/* As the page got it from the provider; the verifier and the address may be "". */
struct oauth2_grant {
    const char *code, *redirect_uri, *code_verifier;
};

/* The claims that the provider's field mapping names. */
struct oauth2_profile {
    const char *identifier;   /* never "" */
    const char *display_name; /* the identifier if there is none */
    const char *email, *avatar_url;
};

struct oauth2_options {
    const char *ca_file; /* as of outbound_options */
    int64_t deadline_ns; /* clock_mono_ns(); 0 = none. Each request may take 10 seconds anyway */
};

/* Changes the code for a token, and asks with that. Two or three requests, which block; nothing of code, token,
 * verifier and client secret is kept or logged. Errors are STATUS_INTERNAL with the texts of the contract, from "failed
 * to create oauth2 identity provider", "failed to exchange token" and "failed to get user info" on;
 * STATUS_DEADLINE_EXCEEDED; STATUS_UNAVAILABLE while the server stops. Thread-safe. */
enum status_code oauth2_fetch_profile(struct arena *arena, const Memos__Store__OAuth2Config *provider,
                                      const struct oauth2_grant *grant, const struct oauth2_options *options,
                                      struct oauth2_profile *out, struct status *status);

#endif
