#include "auth/jwt_token.h"

#include <jansson.h>
#include <jwt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/number.h"

static const char issuer[] = "memos", key_id[] = "v1";

static int add_claims(jwt_t *jwt, struct arena *arena, const struct jwt_claims *claims)
{
    const struct {
        const char *name, *value;
    } texts[] = {{"type", claims->type},
                 {"iss", issuer},
                 {"sub", arena_printf(arena, "%d", claims->user_id)},
                 {"role", claims->role},
                 {"status", claims->row_status},
                 {"username", claims->username},
                 {"tid", claims->token_id}};
    int failed = 0;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].value)
            failed |= jwt_add_grant(jwt, texts[i].name, texts[i].value);
    failed |= jwt_add_grants_json(jwt, arena_printf(arena, "{\"aud\":[\"%s\"]}", claims->audience));
    failed |= jwt_add_grant_int(jwt, "iat", (long)claims->issued_s);
    failed |= jwt_add_grant_int(jwt, "exp", (long)claims->expires_s);
    return failed;
}

char *jwt_token_sign(struct arena *arena, const struct jwt_secret *secret, const struct jwt_claims *claims)
{
    jwt_t *jwt = NULL;
    char *text = NULL, *copy = NULL;
    if (jwt_new(&jwt) == 0 && jwt_set_alg(jwt, JWT_ALG_HS256, secret->bytes, (int)secret->length) == 0 &&
        jwt_add_header(jwt, "kid", key_id) == 0 && add_claims(jwt, arena, claims) == 0)
        text = jwt_encode_str(jwt);
    if (text)
        copy = arena_strdup(arena, text);
    else
        log_error("a token could not be signed");
    free(text);
    if (jwt)
        jwt_free(jwt);
    return copy;
}

static enum status_code refuse(struct status *status, const char *text)
{
    return status_set(status, STATUS_UNAUTHENTICATED, "%s", text);
}

/* Why the library did not take the token. Looks at it without believing it. */
static enum status_code explain_refusal(const char *token, struct status *status)
{
    unsigned dots = 0;
    for (const char *at = token; *at; at++)
        dots += *at == '.';
    if (dots != 2)
        return refuse(status, "token is malformed: token contains an invalid number of segments");
    jwt_t *jwt = NULL;
    if (jwt_decode(&jwt, token, NULL, 0) != 0)
        return refuse(status, "token is malformed: header or claims cannot be read");
    const char *algorithm = jwt_get_header(jwt, "alg");
    bool right_algorithm = algorithm && strcmp(algorithm, "HS256") == 0;
    jwt_free(jwt);
    return refuse(status, right_algorithm ? "token signature is invalid: signature is invalid"
                                          : "token is unverifiable: unexpected signing method");
}

static const char *text_claim(const json_t *claims, const char *name)
{
    return json_string_value(json_object_get(claims, name));
}

static bool names_audience(const json_t *audience, const char *wanted)
{
    if (json_is_string(audience))
        return strcmp(json_string_value(audience), wanted) == 0;
    size_t i;
    const json_t *item;
    json_array_foreach(audience, i, item)
    {
        if (json_is_string(item) && strcmp(json_string_value(item), wanted) == 0)
            return true;
    }
    return false;
}

/* A NumericDate (RFC 7519, section 2), which may have a fraction; absent and null are the same. */
static bool read_date(const json_t *claims, const char *name, double absent, double *out)
{
    const json_t *value = json_object_get(claims, name);
    *out = absent;
    if (!value || json_is_null(value))
        return true;
    *out = json_number_value(value);
    return json_is_number(value);
}

static enum status_code check_claims(struct arena *arena, const json_t *claims, const char *type, const char *audience,
                                     int64_t now_ns, struct jwt_verified *out, struct status *status)
{
    double now = (double)now_ns / 1e9, not_before, issued;
    const char *subject = text_claim(claims, "sub"), *said_type = text_claim(claims, "type"),
               *said_issuer = text_claim(claims, "iss"), *token_id = text_claim(claims, "tid");
    if (!read_date(claims, "exp", INFINITY, &out->expires_s) || !read_date(claims, "nbf", -INFINITY, &not_before) ||
        !read_date(claims, "iat", 0, &issued))
        return refuse(status, "token is malformed: a time is not a number");
    if (now >= out->expires_s)
        return refuse(status, "token has invalid claims: token is expired");
    if (now < not_before)
        return refuse(status, "token has invalid claims: token is not valid yet");
    if (!names_audience(json_object_get(claims, "aud"), audience))
        return refuse(status, "token has invalid claims: token has invalid audience");
    if (!said_issuer || strcmp(said_issuer, issuer) != 0)
        return refuse(status, "token has invalid claims: token has invalid issuer");
    if (!said_type || strcmp(said_type, type) != 0)
        return status_set(status, STATUS_UNAUTHENTICATED, "invalid token type: expected %s token", type);
    if (!subject || !number_parse_int32(subject, &out->user_id))
        return status_set(status, STATUS_INVALID_ARGUMENT, "invalid user ID in token: not a 32-bit number");
    out->token_id = token_id ? arena_strdup(arena, token_id) : "";
    return STATUS_OK;
}

static enum status_code check_token(struct arena *arena, jwt_t *jwt, const char *type, const char *audience,
                                    int64_t now_ns, struct jwt_verified *out, struct status *status)
{
    const char *said_key = jwt_get_header(jwt, "kid");
    if (jwt_get_alg(jwt) != JWT_ALG_HS256)
        return refuse(status, "token is unverifiable: unexpected signing method");
    if (!said_key || strcmp(said_key, key_id) != 0)
        return refuse(status, "token is unverifiable: unexpected key id");
    char *text = jwt_get_grants_json(jwt, NULL);
    json_t *claims = text ? json_loads(text, 0, NULL) : NULL;
    free(text);
    enum status_code code = json_is_object(claims) ? check_claims(arena, claims, type, audience, now_ns, out, status)
                                                   : refuse(status, "token is malformed: claims cannot be read");
    json_decref(claims);
    return code;
}

enum status_code jwt_token_verify(struct arena *arena, const struct jwt_secret *secret, const char *token,
                                  const char *type, const char *audience, int64_t now_ns, struct jwt_verified *out,
                                  struct status *status)
{
    jwt_t *jwt = NULL;
    if (jwt_decode(&jwt, token, secret->bytes, (int)secret->length) != 0)
        return explain_refusal(token, status);
    enum status_code code = check_token(arena, jwt, type, audience, now_ns, out, status);
    jwt_free(jwt);
    return code;
}
