#include "api_fixture.h"

#include "base/base64.h"
#include "base/clock.h"
#include "base/hash.h"
#include "store/token.h"

static void *request_of(struct api_fixture *f, const char *json)
{
    return fixture_request(f, &memos__api__v1__sign_in_request__descriptor, json);
}

static Memos__Api__V1__SignInResponse *sign_in(struct api_fixture *f, struct api_call *call, const char *username,
                                               const char *password)
{
    Memos__Api__V1__SignInResponse *response = NULL;
    const char *json = arena_printf(f->arena, "{\"passwordCredentials\":{\"username\":\"%s\",\"password\":\"%s\"}}",
                                    username, password);
    assert_works(f, api_auth_service_sign_in(call, request_of(f, json), &response, &f->status));
    return response;
}

static void refuse_sign_in(struct api_fixture *f, const char *json, int code, const char *text)
{
    struct api_call *call = fixture_call(f, NULL);
    Memos__Api__V1__SignInResponse *response = NULL;
    assert_fails(f, (int)api_auth_service_sign_in(call, request_of(f, json), &response, &f->status), code, text);
    assert_int_equal(call->cookie_count, 0);
}

static const char *bearer(struct api_fixture *f, const char *token)
{
    return arena_printf(f->arena, "Bearer %s", token);
}

static int32_t caller_of(struct api_fixture *f, const char *authorization)
{
    struct api_call *call = fixture_call(f, NULL);
    auth_authenticate(f->auth, call, authorization);
    return call->caller.user_id;
}

static const char *cookie_token(struct api_fixture *f, const struct api_call *call)
{
    assert_int_equal(call->cookie_count, 1);
    const char *cookie = call->cookies[0];
    return arena_strndup(f->arena, cookie, strcspn(cookie, ";"));
}

static void signs_in_with_password(void **state)
{
    struct api_fixture *f = *state;
    struct api_call *call = fixture_call(f, NULL);
    Memos__Api__V1__SignInResponse *response = sign_in(f, call, "alice", "fixture-Pass1");
    json_t *recorded = fixture_recorded_body("alice", "GET", "/api/v1/auth/me");
    json_t *user = json_loads(fixture_json(f, response->user), 0, NULL);
    assert_json_equal(user, json_object_get(recorded, "user"));
    json_decref(user);
    json_decref(recorded);

    assert_int_equal(caller_of(f, bearer(f, response->access_token)), 1);
    int64_t life = response->access_token_expires_at->seconds - clock_wall_s();
    assert_in_range(life, 895, 900);
    assert_int_equal(strncmp(call->cookies[0], "memos_refresh=ey", 16), 0);
    const char *rest = strchr(call->cookies[0], ';');
    assert_memory_equal(rest, "; Path=/; HttpOnly; Expires=", 28);
    assert_string_equal(rest + strlen(rest) - 18, " GMT; SameSite=Lax");
}

static void a_session_is_on_record(void **state)
{
    struct api_fixture *f = *state;
    fixture_header(f, "user-agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/115.0");
    fixture_header(f, "x-forwarded-for", "203.0.113.9, 10.0.0.1");
    sign_in(f, fixture_call(f, NULL), "bob", "fixture-Pass1");
    char *json = fixture_query(f, "SELECT value FROM user_setting WHERE user_id = 2 AND `key` = 'REFRESH_TOKENS'");
    json_t *list = json_loads(json, 0, NULL);
    json_t *tokens = json_object_get(list, "refreshTokens");
    assert_int_equal(json_array_size(tokens), 2); /* behind the recorded one */
    json_t *info = json_object_get(json_array_get(tokens, 1), "clientInfo");
    assert_string_equal(json_string_value(json_object_get(info, "browser")), "Firefox 115.0");
    assert_string_equal(json_string_value(json_object_get(info, "ipAddress")), "203.0.113.9");
    assert_string_equal(json_string_value(json_object_get(info, "deviceType")), "desktop");
    json_decref(list);
}

static void refuses_bad_credentials(void **state)
{
    struct api_fixture *f = *state;
    static const char unmatched[] = "unmatched username and password";
    refuse_sign_in(f, "{\"passwordCredentials\":{\"username\":\"alice\",\"password\":\"wrong\"}}",
                   STATUS_INVALID_ARGUMENT, unmatched);
    refuse_sign_in(f, "{\"passwordCredentials\":{\"username\":\"nobody\",\"password\":\"fixture-Pass1\"}}",
                   STATUS_INVALID_ARGUMENT, unmatched);
    refuse_sign_in(f, "{\"passwordCredentials\":{\"username\":\"ALICE\",\"password\":\"fixture-Pass1\"}}",
                   STATUS_INVALID_ARGUMENT, unmatched);
    refuse_sign_in(f, "{\"passwordCredentials\":{}}", STATUS_INVALID_ARGUMENT, unmatched);
    refuse_sign_in(f, "{}", STATUS_INVALID_ARGUMENT, "invalid credentials");
    refuse_sign_in(f, "{\"passwordCredentials\":{\"username\":\"carol\",\"password\":\"fixture-Pass1\"}}",
                   STATUS_PERMISSION_DENIED, "user has been archived with username carol");
    refuse_sign_in(f, "{\"passwordCredentials\":{\"username\":\"carol\",\"password\":\"wrong\"}}",
                   STATUS_INVALID_ARGUMENT, unmatched);
}

static void refuses_unknown_identity_providers(void **state)
{
    struct api_fixture *f = *state;
    refuse_sign_in(f, "{\"ssoCredentials\":{\"idpName\":\"x\"}}", STATUS_INVALID_ARGUMENT,
                   "invalid identity provider name: invalid request \"x\"");
    refuse_sign_in(f, "{\"ssoCredentials\":{\"idpName\":\"identity-providers/none\",\"code\":\"c\"}}",
                   STATUS_INVALID_ARGUMENT, "identity provider not found");
}

static void only_admins_use_passwords_when_they_are_off(void **state)
{
    struct api_fixture *f = *state;
    fixture_sql(f, "UPDATE system_setting SET value = '{\"disallowPasswordAuth\":true}' WHERE name = 'GENERAL'");
    sign_in(f, fixture_call(f, NULL), "alice", "fixture-Pass1");
    refuse_sign_in(f, "{\"passwordCredentials\":{\"username\":\"bob\",\"password\":\"fixture-Pass1\"}}",
                   STATUS_PERMISSION_DENIED, "password signin is not allowed");
}

static void reads_bearer_headers_strictly(void **state)
{
    struct api_fixture *f = *state;
    const char *token = sign_in(f, fixture_call(f, NULL), "bob", "fixture-Pass1")->access_token;
    assert_int_equal(caller_of(f, arena_printf(f->arena, "bearer %s", token)), 2);
    assert_int_equal(caller_of(f, arena_printf(f->arena, "  BEARER \t %s  ", token)), 2);
    assert_int_equal(caller_of(f, arena_printf(f->arena, "Bearer %s x", token)), 0);
    assert_int_equal(caller_of(f, arena_printf(f->arena, "Basic %s", token)), 0);
    assert_int_equal(caller_of(f, arena_printf(f->arena, "Bearer%s", token)), 0);
    assert_int_equal(caller_of(f, token), 0);
    assert_int_equal(caller_of(f, "Bearer"), 0);
    assert_int_equal(caller_of(f, "Bearer "), 0);
    assert_int_equal(caller_of(f, ""), 0);
    assert_int_equal(caller_of(f, NULL), 0);
    struct api_call *call = fixture_call(f, "alice"); /* a caller that was there before must not survive */
    auth_authenticate(f->auth, call, "Bearer nonsense");
    assert_int_equal(call->caller.user_id, 0);
    assert_null(call->caller.username);
}

static void a_known_token_still_depends_on_its_user(void **state)
{
    struct api_fixture *f = *state;
    const char *token = bearer(f, sign_in(f, fixture_call(f, NULL), "bob", "fixture-Pass1")->access_token);
    struct store_user user;
    assert_int_equal(caller_of(f, token), 2);
    struct store_user_change change = {.columns = STORE_USER_SET_ROLE, .role = STORE_ROLE_ADMIN};
    assert_works(f, store_user_update(f->store, f->arena, 2, &change, &user, &f->status));
    struct api_call *call = fixture_call(f, NULL);
    auth_authenticate(f->auth, call, token);
    assert_int_equal(call->caller.role, API_ROLE_ADMIN);
    assert_true(call->caller.by_access_token);
    change = (struct store_user_change){.columns = STORE_USER_SET_ROW_STATUS, .row_status = STORE_ARCHIVED};
    assert_works(f, store_user_update(f->store, f->arena, 2, &change, &user, &f->status));
    assert_int_equal(caller_of(f, token), 0);
    change.row_status = STORE_NORMAL;
    assert_works(f, store_user_update(f->store, f->arena, 2, &change, &user, &f->status));
    assert_int_equal(caller_of(f, token), 2);
    assert_works(f, store_user_delete(f->store, f->arena, 2, &f->status));
    assert_int_equal(caller_of(f, token), 0);
}

static void tokens_outlive_a_restart(void **state)
{
    struct api_fixture *f = *state;
    const char *token = bearer(f, sign_in(f, fixture_call(f, NULL), "bob", "fixture-Pass1")->access_token);
    fixture_restart(f);
    assert_int_equal(caller_of(f, token), 2);
}

static Memos__Api__V1__RefreshTokenResponse *renew(struct api_fixture *f, struct api_call *call)
{
    Memos__Api__V1__RefreshTokenRequest request = MEMOS__API__V1__REFRESH_TOKEN_REQUEST__INIT;
    Memos__Api__V1__RefreshTokenResponse *response = NULL;
    assert_works(f, api_auth_service_refresh_token(call, &request, &response, &f->status));
    return response;
}

static void refuse_renewal(struct api_fixture *f, const char *cookie, const char *text)
{
    Memos__Api__V1__RefreshTokenRequest request = MEMOS__API__V1__REFRESH_TOKEN_REQUEST__INIT;
    Memos__Api__V1__RefreshTokenResponse *response = NULL;
    f->header_count = 0;
    if (cookie)
        fixture_header(f, "cookie", cookie);
    struct api_call *call = fixture_call(f, NULL);
    assert_fails(f, (int)api_auth_service_refresh_token(call, &request, &response, &f->status), STATUS_UNAUTHENTICATED,
                 text);
    assert_int_equal(call->cookie_count, 0);
}

static void rotates_refresh_tokens(void **state)
{
    struct api_fixture *f = *state;
    struct api_call *call = fixture_call(f, NULL);
    sign_in(f, call, "bob", "fixture-Pass1");
    const char *first = cookie_token(f, call);
    fixture_header(f, "cookie", arena_printf(f->arena, "theme=dark; %s", first));
    struct api_call *again = fixture_call(f, NULL);
    Memos__Api__V1__RefreshTokenResponse *response = renew(f, again);
    assert_int_equal(caller_of(f, bearer(f, response->access_token)), 2);
    assert_in_range(response->expires_at->seconds - clock_wall_s(), 895, 900);
    const char *second = cookie_token(f, again);
    assert_string_not_equal(first, second);
    refuse_renewal(f, first, "invalid refresh token: refresh token revoked");
    f->header_count = 0;
    fixture_header(f, "cookie", second); /* reuse of the old one has not hurt the new one */
    renew(f, fixture_call(f, NULL));
}

static void refuses_bad_refresh_tokens(void **state)
{
    struct api_fixture *f = *state;
    struct api_call *call = fixture_call(f, NULL);
    const char *access = sign_in(f, call, "bob", "fixture-Pass1")->access_token;
    const char *cookie = cookie_token(f, call);
    refuse_renewal(f, NULL, "refresh token not found");
    refuse_renewal(f, "memos_refresh=", "refresh token not found");
    refuse_renewal(f, "other=1", "refresh token not found");
    refuse_renewal(f, "memos_refresh=abc",
                   "invalid refresh token: invalid refresh token: token is malformed: token contains an invalid number "
                   "of segments");
    refuse_renewal(
        f, arena_printf(f->arena, "memos_refresh=%s", access),
        "invalid refresh token: invalid refresh token: token has invalid claims: token has invalid audience");
    fixture_sql(f, "UPDATE user_setting SET value = replace(value, '\"expiresAt\":\"2', '\"expiresAt\":\"1') "
                   "WHERE user_id = 2 AND `key` = 'REFRESH_TOKENS'");
    fixture_restart(f);
    refuse_renewal(f, cookie, "invalid refresh token: refresh token expired");
}

static void refuses_refresh_tokens_of_lost_users(void **state)
{
    struct api_fixture *f = *state;
    struct api_call *call = fixture_call(f, NULL);
    sign_in(f, call, "bob", "fixture-Pass1");
    const char *cookie = cookie_token(f, call);
    fixture_sql(f, "UPDATE `user` SET row_status = 'ARCHIVED' WHERE id = 2");
    fixture_restart(f);
    refuse_renewal(f, cookie, "invalid refresh token: user is archived");
    fixture_sql(f, "DELETE FROM `user` WHERE id = 2");
    fixture_restart(f);
    refuse_renewal(f, cookie, "invalid refresh token: user not found");
}

static void sign_out(struct api_fixture *f, struct api_call *call)
{
    Memos__Api__V1__SignOutRequest request = MEMOS__API__V1__SIGN_OUT_REQUEST__INIT;
    Google__Protobuf__Empty *response = NULL;
    assert_works(f, api_auth_service_sign_out(call, &request, &response, &f->status));
    assert_non_null(response);
    assert_int_equal(call->cookie_count, 1);
    assert_string_equal(call->cookies[0],
                        "memos_refresh=; Path=/; HttpOnly; Expires=Thu, 01 Jan 1970 00:00:00 GMT; SameSite=Lax");
}

static void sign_out_ends_the_session(void **state)
{
    struct api_fixture *f = *state;
    struct api_call *call = fixture_call(f, NULL);
    sign_in(f, call, "bob", "fixture-Pass1");
    const char *cookie = cookie_token(f, call);
    fixture_header(f, "cookie", cookie);
    struct api_call *by_pat = fixture_call(f, "bob");
    by_pat->caller.by_access_token = false;
    sign_out(f, by_pat);                   /* revokes nothing */
    sign_out(f, fixture_call(f, "alice")); /* someone else's cookie */
    f->header_count = 0;
    fixture_header(f, "cookie", cookie);
    sign_out(f, fixture_call(f, "bob"));
    refuse_renewal(f, cookie, "invalid refresh token: refresh token revoked");
    f->header_count = 0;
    sign_out(f, fixture_call(f, "bob")); /* without a cookie */
}

static void the_cookie_is_secure_behind_https(void **state)
{
    struct api_fixture *f = *state;
    static const struct {
        const char *name, *value;
        bool secure;
    } cases[] = {{"x-forwarded-proto", "http, HTTPS ", true}, {"x-forwarded-proto", "http", false},
                 {"x-forwarded-proto", "httpsx", false},      {"forwarded", "for=1.2.3.4; Proto=HTTPS", true},
                 {"forwarded", "for=1.2.3.4", false},         {"origin", "https://notes.example", true},
                 {"origin", "http://notes.example", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct api_call *call = fixture_call(f, NULL);
        f->header_count = 0;
        fixture_header(f, cases[i].name, cases[i].value);
        auth_clear_cookie(call);
        const char *end = call->cookies[0] + strlen(call->cookies[0]) - 8;
        assert_int_equal(strcmp(end, "; Secure") == 0, cases[i].secure);
    }
}

static void shows_the_current_user(void **state)
{
    struct api_fixture *f = *state;
    Memos__Api__V1__GetCurrentUserRequest request = MEMOS__API__V1__GET_CURRENT_USER_REQUEST__INIT;
    Memos__Api__V1__GetCurrentUserResponse *response = NULL;
    assert_works(f, api_auth_service_get_current_user(fixture_call(f, "bob"), &request, &response, &f->status));
    assert_recorded(f, response, "bob", "GET", "/api/v1/auth/me");
    assert_fails(f, (int)api_auth_service_get_current_user(fixture_call(f, NULL), &request, &response, &f->status),
                 STATUS_UNAUTHENTICATED, "user not authenticated");
    struct api_call *gone = fixture_call(f, NULL);
    gone->caller = (struct api_caller){.user_id = 99, .username = "ghost"};
    assert_fails(f, (int)api_auth_service_get_current_user(gone, &request, &response, &f->status),
                 STATUS_UNAUTHENTICATED, "failed to get current user: user 99 not found");
    assert_fails(f, (int)api_auth_service_get_current_user(fixture_call(f, "carol"), &request, &response, &f->status),
                 STATUS_UNAUTHENTICATED, "user not found");
}

static void takes_personal_access_tokens(void **state)
{
    struct api_fixture *f = *state;
    static const char pat[] = "Bearer memos_pat_pT27zK7Zj4t7pKjGVX1O0taJwbjCitVz"; /* from the recorded secrets */
    struct api_call *call = fixture_call(f, NULL);
    auth_authenticate(f->auth, call, pat);
    assert_int_equal(call->caller.user_id, 2);
    assert_string_equal(call->caller.username, "bob");
    assert_false(call->caller.by_access_token);
    assert_int_equal(caller_of(f, "Bearer memos_pat_pT27zK7Zj4t7pKjGVX1O0taJwbjCitVy"), 0);
    assert_int_equal(caller_of(f, "Bearer memos_pat_"), 0);
    /* carol is archived */
    assert_int_equal(caller_of(f, "Bearer memos_pat_JDw98MPuOFyyvOaIEBuAnacokWEFYj30"), 0);
}

static void notes_when_a_token_was_used(void **state)
{
    struct api_fixture *f = *state;
    static const char pat[] = "Bearer memos_pat_pT27zK7Zj4t7pKjGVX1O0taJwbjCitVz";
    for (int i = 0; i < 100; i++)
        assert_int_equal(caller_of(f, pat), 2);
    fixture_restart(f); /* what is pending is written on the way */
    store_pat **tokens;
    size_t count;
    assert_works(f, store_pat_list(f->store, f->arena, 2, &tokens, &count, &f->status));
    assert_int_equal(count, 1);
    assert_non_null(tokens[0]->last_used_at);
    assert_in_range(clock_wall_s() - tokens[0]->last_used_at->seconds, 0, 60);
}

static void files_may_be_read_with_the_refresh_cookie(void **state)
{
    struct api_fixture *f = *state;
    struct api_call *call = fixture_call(f, NULL);
    const char *access = sign_in(f, call, "bob", "fixture-Pass1")->access_token;
    const char *cookie = cookie_token(f, call);
    struct api_call *file = fixture_call(f, NULL);
    auth_authenticate_file(f->auth, file, NULL, cookie);
    assert_int_equal(file->caller.user_id, 2);
    auth_authenticate_file(f->auth, file, "Bearer nonsense", cookie);
    assert_int_equal(file->caller.user_id, 2);
    auth_authenticate_file(f->auth, file, NULL, arena_printf(f->arena, "memos_refresh=%s", access));
    assert_int_equal(file->caller.user_id, 0);
    auth_authenticate_file(f->auth, file, bearer(f, access), NULL);
    assert_int_equal(file->caller.user_id, 2);
    auth_authenticate_file(f->auth, file, NULL, NULL);
    assert_int_equal(file->caller.user_id, 0);
}

static void makes_and_keeps_a_secret(void **state)
{
    struct api_fixture *f = *state;
    static const char sql[] = "SELECT value FROM system_setting WHERE name = 'BASIC'";
    char *before = fixture_query(f, sql);
    assert_non_null(strstr(before, "\"secretKey\":\""));
    assert_non_null(strstr(before, "\"schemaVersion\":\"0.30.1\""));
    fixture_restart(f);
    assert_string_equal(fixture_query(f, sql), before);
}

static void demo_mode_has_a_known_secret(void **state)
{
    struct api_fixture *f = *state;
    f->config.demo = true;
    fixture_restart(f);
    fixture_user(f, "anna", STORE_ROLE_USER);
    /* {"type":"access","iss":"memos","sub":"1","aud":"user.access-token"} signed with "usememos" */
    static const char head[] = "eyJhbGciOiJIUzI1NiIsImtpZCI6InYxIiwidHlwIjoiSldUIn0";
    static const char claims[] = "{\"type\":\"access\",\"iss\":\"memos\",\"sub\":\"1\",\"aud\":\"user.access-token\"}";
    struct buf token = buf_in(f->arena);
    unsigned char mac[HASH_SHA256_SIZE];
    buf_add_str(&token, head);
    buf_add_char(&token, '.');
    base64_encode_url(&token, claims, sizeof claims - 1);
    hash_hmac_sha256("usememos", 8, token.data, token.len, mac);
    buf_add_char(&token, '.');
    base64_encode_url(&token, mac, sizeof mac);
    assert_int_equal(caller_of(f, bearer(f, buf_str(&token))), 1);
    f->config.demo = false;
    fixture_restart(f);
    assert_int_equal(caller_of(f, bearer(f, buf_str(&token))), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(signs_in_with_password, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(a_session_is_on_record, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(refuses_bad_credentials, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(refuses_unknown_identity_providers, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(only_admins_use_passwords_when_they_are_off, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(reads_bearer_headers_strictly, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(a_known_token_still_depends_on_its_user, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(tokens_outlive_a_restart, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(rotates_refresh_tokens, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(refuses_bad_refresh_tokens, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(refuses_refresh_tokens_of_lost_users, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(sign_out_ends_the_session, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(the_cookie_is_secure_behind_https, fixture_empty, fixture_close),
        cmocka_unit_test_setup_teardown(shows_the_current_user, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(takes_personal_access_tokens, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(notes_when_a_token_was_used, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(files_may_be_read_with_the_refresh_cookie, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(makes_and_keeps_a_secret, fixture_empty, fixture_close),
        cmocka_unit_test_setup_teardown(demo_mode_has_a_known_secret, fixture_empty, fixture_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
