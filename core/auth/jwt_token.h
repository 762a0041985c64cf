/* JSON Web Tokens as this server signs and reads them: HS256, header {"alg":"HS256","kid":"v1","typ":"JWT"} (RFC 7519;
 * contract platform.md 2.3, 2.4). */
#ifndef MEMORA_AUTH_JWT_TOKEN_H
#define MEMORA_AUTH_JWT_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"

struct jwt_secret {
    const unsigned char *bytes;
    size_t length;
};

struct jwt_claims {
    const char *type, *audience; /* "access" and "user.access-token", or the refresh pair */
    int32_t user_id;             /* sub */
    int64_t issued_s, expires_s; /* Unix seconds */
    /* Of access tokens; informative. NULL in others. */
    const char *role, *row_status, *username;
    const char *token_id; /* tid of refresh tokens; NULL in others */
};

/* NULL only if the library fails, which is logged. */
char *jwt_token_sign(struct arena *arena, const struct jwt_secret *secret, const struct jwt_claims *claims);

/* What a verified token says. */
struct jwt_verified {
    int32_t user_id;
    double expires_s; /* INFINITY when the token never ends */
    const char *token_id;
};

/* Checks signature, algorithm, kid, iss, exp, nbf, type, audience and sub. Errors: STATUS_INVALID_ARGUMENT if all is
 * well but sub, else STATUS_UNAUTHENTICATED; the text is for people and has nothing of the token in it. now_ns is the
 * wall clock. */
enum status_code jwt_token_verify(struct arena *arena, const struct jwt_secret *secret, const char *token,
                                  const char *type, const char *audience, int64_t now_ns, struct jwt_verified *out,
                                  struct status *status);

#endif
