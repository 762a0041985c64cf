#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "auth/jwt_token.h"
#include "base/base64.h"
#include "base/hash.h"

static const int64_t NOW_NS = INT64_C(1795486668) * 1000000000;
static const struct jwt_secret secret = {(const unsigned char *)"65ecd3af-2bf1-4d5e-a907-04cfb87f5995", 36};
static const char header[] = "{\"alg\":\"HS256\",\"kid\":\"v1\",\"typ\":\"JWT\"}";
static const char good[] = "{\"type\":\"access\",\"iss\":\"memos\",\"sub\":\"7\",\"aud\":[\"user.access-token\"],"
                           "\"exp\":1795487568,\"iat\":1795486668}";

static int setup(void **state)
{
    *state = arena_create();
    return 0;
}

static int teardown(void **state)
{
    arena_destroy(*state);
    return 0;
}

/* Signs by hand, so that the tests do not depend on what they test. */
static const char *forge(struct arena *arena, const char *head, const char *claims, const char *key)
{
    struct buf text = buf_in(arena);
    unsigned char mac[HASH_SHA256_SIZE];
    base64_encode_url(&text, head, strlen(head));
    buf_add_char(&text, '.');
    base64_encode_url(&text, claims, strlen(claims));
    hash_hmac_sha256(key, strlen(key), text.data, text.len, mac);
    buf_add_char(&text, '.');
    base64_encode_url(&text, mac, sizeof mac);
    return buf_str(&text);
}

static enum status_code verify(struct arena *arena, const char *token, struct jwt_verified *out, struct status *status)
{
    return jwt_token_verify(arena, &secret, token, "access", "user.access-token", NOW_NS, out, status);
}

static void assert_taken(struct arena *arena, const char *head, const char *claims)
{
    struct jwt_verified out = {0};
    struct status status = {0};
    enum status_code code = verify(arena, forge(arena, head, claims, (const char *)secret.bytes), &out, &status);
    if (code)
        fail_msg("%s: %s", claims, status.message);
    assert_int_equal(out.user_id, 7);
}

static void assert_refused(struct arena *arena, const char *token)
{
    struct jwt_verified out = {0};
    struct status status = {0};
    enum status_code code = verify(arena, token, &out, &status);
    if (code != STATUS_UNAUTHENTICATED && code != STATUS_INVALID_ARGUMENT)
        fail_msg("taken: %s", token);
    assert_true(strlen(status.message) > 0);
}

static void signs_what_it_verifies(void **state)
{
    const struct jwt_claims claims = {.type = "access",
                                      .audience = "user.access-token",
                                      .user_id = 7,
                                      .issued_s = 1795486668,
                                      .expires_s = 1795487568,
                                      .role = "ADMIN",
                                      .row_status = "NORMAL",
                                      .username = "alice"};
    char *token = jwt_token_sign(*state, &secret, &claims);
    assert_non_null(token);
    assert_memory_equal(token, "eyJhbGciOiJIUzI1NiIsImtpZCI6InYxIiwidHlwIjoiSldUIn0.",
                        52); /* the header, to the byte */
    struct jwt_verified out;
    struct status status = {0};
    assert_int_equal(verify(*state, token, &out, &status), STATUS_OK);
    assert_int_equal(out.user_id, 7);
    assert_true(out.expires_s == 1795487568.0);
    assert_string_equal(out.token_id, "");

    struct buf text = buf_in(*state);
    const char *body = strchr(token, '.') + 1;
    assert_true(base64_decode(&text, body, strcspn(body, "."), NULL));
    assert_non_null(strstr(buf_str(&text), "\"aud\":[\"user.access-token\"]"));
    assert_non_null(strstr(buf_str(&text), "\"sub\":\"7\""));
    assert_non_null(strstr(buf_str(&text), "\"role\":\"ADMIN\""));
    assert_non_null(strstr(buf_str(&text), "\"status\":\"NORMAL\""));
    assert_non_null(strstr(buf_str(&text), "\"username\":\"alice\""));
}

static void takes_the_forms_of_the_contract(void **state)
{
    assert_taken(*state, header, good);
    assert_taken(*state, "{\"typ\":\"JWT\",\"kid\":\"v1\",\"alg\":\"HS256\"}", good);
    /* audience as text; more than one audience; no end; an end with a fraction; issued in the future */
    assert_taken(
        *state, header,
        "{\"type\":\"access\",\"iss\":\"memos\",\"sub\":\"7\",\"aud\":\"user.access-token\",\"exp\":1795487568}");
    assert_taken(*state, header,
                 "{\"type\":\"access\",\"iss\":\"memos\",\"sub\":\"7\",\"aud\":[\"x\",\"user.access-token\"]}");
    assert_taken(
        *state, header,
        "{\"type\":\"access\",\"iss\":\"memos\",\"sub\":\"+7\",\"aud\":\"user.access-token\",\"exp\":1795486668.5}");
    assert_taken(
        *state, header,
        "{\"type\":\"access\",\"iss\":\"memos\",\"sub\":\"7\",\"aud\":\"user.access-token\",\"iat\":1995486668,"
        "\"exp\":null,\"nbf\":1795486668}");
}

static void refuses_bad_claims(void **state)
{
    static const char *const bad[] = {
        /* run out, to the second and to the fraction; not yet valid */
        "{\"type\":\"access\",\"iss\":\"memos\",\"sub\":\"7\",\"aud\":\"user.access-token\",\"exp\":1795486668}",
        "{\"type\":\"access\",\"iss\":\"memos\",\"sub\":\"7\",\"aud\":\"user.access-token\",\"exp\":1795486667.9}",
        "{\"type\":\"access\",\"iss\":\"memos\",\"sub\":\"7\",\"aud\":\"user.access-token\",\"exp\":0}",
        "{\"type\":\"access\",\"iss\":\"memos\",\"sub\":\"7\",\"aud\":\"user.access-token\",\"exp\":\"1995487568\"}",
        "{\"type\":\"access\",\"iss\":\"memos\",\"sub\":\"7\",\"aud\":\"user.access-token\",\"nbf\":1795486669}",
        "{\"type\":\"access\",\"iss\":\"memos\",\"sub\":\"7\",\"aud\":\"user.access-token\",\"nbf\":\"soon\"}",
        "{\"type\":\"access\",\"iss\":\"memos\",\"sub\":\"7\",\"aud\":\"user.access-token\",\"iat\":[]}",
        /* other issuer, audience, type */
        "{\"type\":\"access\",\"iss\":\"other\",\"sub\":\"7\",\"aud\":\"user.access-token\"}",
        "{\"type\":\"access\",\"sub\":\"7\",\"aud\":\"user.access-token\"}",
        "{\"type\":\"access\",\"iss\":\"memos\",\"sub\":\"7\",\"aud\":\"user.refresh-token\"}",
        "{\"type\":\"access\",\"iss\":\"memos\",\"sub\":\"7\",\"aud\":[]}",
        "{\"type\":\"access\",\"iss\":\"memos\",\"sub\":\"7\",\"aud\":[7,{}]}",
        "{\"type\":\"access\",\"iss\":\"memos\",\"sub\":\"7\",\"aud\":{\"user.access-token\":1}}",
        "{\"type\":\"access\",\"iss\":\"memos\",\"sub\":\"7\"}",
        "{\"type\":\"refresh\",\"iss\":\"memos\",\"sub\":\"7\",\"aud\":\"user.access-token\"}",
        "{\"iss\":\"memos\",\"sub\":\"7\",\"aud\":\"user.access-token\"}",
        /* no user */
        "{\"type\":\"access\",\"iss\":\"memos\",\"aud\":\"user.access-token\"}",
        "{\"type\":\"access\",\"iss\":\"memos\",\"sub\":7,\"aud\":\"user.access-token\"}",
        "{\"type\":\"access\",\"iss\":\"memos\",\"sub\":\"alice\",\"aud\":\"user.access-token\"}",
        "{\"type\":\"access\",\"iss\":\"memos\",\"sub\":\"4294967303\",\"aud\":\"user.access-token\"}",
        "{\"type\":\"access\",\"iss\":\"memos\",\"sub\":\"7 \",\"aud\":\"user.access-token\"}",
        "{}",
        "[]",
        "null",
        "not json",
        "",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_refused(*state, forge(*state, header, bad[i], (const char *)secret.bytes));
}

static void refuses_bad_headers(void **state)
{
    static const char *const bad[] = {
        "{\"alg\":\"none\",\"kid\":\"v1\",\"typ\":\"JWT\"}",
        "{\"alg\":\"NONE\",\"kid\":\"v1\",\"typ\":\"JWT\"}",
        "{\"alg\":\"HS384\",\"kid\":\"v1\",\"typ\":\"JWT\"}",
        "{\"alg\":\"HS512\",\"kid\":\"v1\",\"typ\":\"JWT\"}",
        "{\"alg\":\"RS256\",\"kid\":\"v1\",\"typ\":\"JWT\"}",
        "{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
        "{\"alg\":\"HS256\",\"kid\":\"v2\",\"typ\":\"JWT\"}",
        "{\"alg\":\"HS256\",\"kid\":1,\"typ\":\"JWT\"}",
        "{\"alg\":\"HS256\",\"kid\":[\"v1\"],\"typ\":\"JWT\"}",
        "{\"kid\":\"v1\",\"typ\":\"JWT\"}",
        "{}",
        "[]",
        "x",
        "",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_refused(*state, forge(*state, bad[i], good, (const char *)secret.bytes));
}

static const char *strip_signature(struct arena *arena, const char *token)
{
    return arena_strndup(arena, token, (size_t)(strrchr(token, '.') + 1 - token));
}

static void refuses_unsigned_and_forged(void **state)
{
    struct arena *arena = *state;
    const char *token = forge(arena, header, good, (const char *)secret.bytes);
    assert_refused(arena, forge(arena, header, good, "another secret"));
    assert_refused(arena, forge(arena, header, good, ""));
    assert_refused(arena, strip_signature(arena, token));
    assert_refused(arena, arena_strndup(arena, token, (size_t)(strrchr(token, '.') - token)));
    assert_refused(arena, arena_strndup(arena, token, strlen(token) - 1));
    assert_refused(arena, strip_signature(arena, forge(arena, "{\"alg\":\"none\",\"kid\":\"v1\"}", good, "")));
    char *changed = arena_strdup(arena, token);
    char *claims = strchr(changed, '.') + 1;
    claims[20] = claims[20] == 'A' ? 'B' : 'A';
    assert_refused(arena, changed);
    static const char *const nonsense[] = {"", ".", "..", "...", "a.b.c", "a.b.c.d", "\xff.\xff.\xff", "no-dots"};
    for (size_t i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++)
        assert_refused(arena, nonsense[i]);
}

static void says_why(void **state)
{
    struct jwt_verified out;
    struct status status = {0};
    verify(*state, "abc", &out, &status);
    assert_string_equal(status.message, "token is malformed: token contains an invalid number of segments");
    verify(*state, forge(*state, header, good, "another secret"), &out, &status);
    assert_string_equal(status.message, "token signature is invalid: signature is invalid");
    assert_int_equal(jwt_token_verify(*state, &secret, forge(*state, header, good, (const char *)secret.bytes),
                                      "access", "user.access-token", NOW_NS + INT64_C(1000) * 1000000000, &out,
                                      &status),
                     STATUS_UNAUTHENTICATED);
    assert_string_equal(status.message, "token has invalid claims: token is expired");
}

static void tokens_of_one_kind_do_not_pass_for_the_other(void **state)
{
    const struct jwt_claims claims = {.type = "refresh",
                                      .audience = "user.refresh-token",
                                      .user_id = 7,
                                      .issued_s = 1795486668,
                                      .expires_s = 1795497568,
                                      .token_id = "9a529c51-d059-4813-ac92-78896f586729"};
    char *token = jwt_token_sign(*state, &secret, &claims);
    struct jwt_verified out;
    assert_refused(*state, token);
    assert_int_equal(jwt_token_verify(*state, &secret, token, "refresh", "user.refresh-token", NOW_NS, &out, NULL),
                     STATUS_OK);
    assert_string_equal(out.token_id, claims.token_id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(signs_what_it_verifies, setup, teardown),
        cmocka_unit_test_setup_teardown(takes_the_forms_of_the_contract, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_bad_claims, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_bad_headers, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_unsigned_and_forged, setup, teardown),
        cmocka_unit_test_setup_teardown(says_why, setup, teardown),
        cmocka_unit_test_setup_teardown(tokens_of_one_kind_do_not_pass_for_the_other, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
