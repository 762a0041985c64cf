/* What OAuth2 providers answer: tokens in JSON and forms, claims, errors; and forms for them. The exchange itself is
 * tested with a provider in tests/wire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

#include "auth/oauth2_answer.h"
#include "base/clock.h"

#include "arena_fixture.h"

static const char json[] = "application/json; charset=utf-8", form[] = "application/x-www-form-urlencoded";

static void writes_forms(void **state)
{
    (void)state;
    struct buf out = buf_in(arena);
    oauth2_form_add(&out, "a b", "x&y=z/\xC3\xA4~-._");
    oauth2_form_add(&out, "empty", "");
    assert_string_equal(buf_str(&out), "a+b=x%26y%3Dz%2F%C3%A4~-._&empty=");
}

static void reads_tokens(void **state)
{
    (void)state;
    static const struct {
        int http_status;
        const char *type, *body, *token; /* or the error */
    } cases[] = {
        {200, json, "{\"access_token\":\"t\",\"error\":\"\"}", "t"},
        {201, "", " \n{\"access_token\":\"t\"}", "t"},
        {200, "text/plain", "{\"access_token\":\"t\"}", "t"},
        {200, form, "access_token=a%2Bb+c&scope=&refresh_token=r", "a+b c"},
        {200, "TEXT/PLAIN; charset=x", "&&access_token=first&access_token=second", "first"},
        {200, form, "", "oauth2: server response missing access_token"},
        {200, form, "access_token", "oauth2: server response missing access_token"},
        {200, form, "access_token=%zz", "oauth2: cannot parse response: invalid form"},
        {200, form, "access_token=a%00b", "oauth2: cannot parse response: invalid form"},
        {200, form, "access_token=a%0D%0AHost:+x", "oauth2: the access token cannot be sent in a header"},
        {200, "text/html", "access_token=a", "oauth2: cannot parse json: invalid syntax"},
        {200, json, "[]", "oauth2: cannot parse json: not an object"},
        {200, json, "{\"access_token\":\"a\\u0000b\"}", "oauth2: cannot parse json: invalid syntax"},
        {200, json, "{\"access_token\":\"\xFF\"}", "oauth2: cannot parse json: invalid syntax"},
        {200, json, "{\"access_token\":\"t\",\"error\":\"e\"}", "oauth2: \"e\""},
        {400, json,
         "{\"error\":\"invalid_grant\",\"error_description\":\"no \\\"code\\\"\",\"error_uri\":\"http://x\"}",
         "oauth2: \"invalid_grant\" \"no \\\"code\\\"\" \"http://x\""},
        {400, form, "error=bad&error_description=a+b", "oauth2: \"bad\" \"a b\""},
        {400, json, "{\"access_token\":\"t\"}", "oauth2: cannot fetch token: 400"},
        {302, json, "moved", "oauth2: cannot fetch token: 302"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct status status = {0};
        char *token;
        enum status_code code = oauth2_read_token(arena, cases[i].http_status, cases[i].type, cases[i].body,
                                                  strlen(cases[i].body), &token, &status);
        if (strcmp(code ? status.message : token, cases[i].token) != 0)
            fail_msg("%s: %s", cases[i].body, code ? status.message : token);
        assert_true((token == NULL) == (code == STATUS_INTERNAL));
    }
}

static void bounds_tokens(void **state)
{
    (void)state;
    struct buf body = buf_in(arena);
    struct status status = {0};
    char *token;
    buf_add_str(&body, "access_token=");
    for (size_t i = 0; i < OAUTH2_TOKEN_MAX; i++)
        buf_add_char(&body, 'x');
    assert_int_equal(oauth2_read_token(arena, 200, form, body.data, body.len, &token, &status), STATUS_OK);
    buf_add_char(&body, 'x');
    assert_int_equal(oauth2_read_token(arena, 200, form, body.data, body.len, &token, &status), STATUS_INTERNAL);
    assert_null(token);
}

static void maps_claims(void **state)
{
    (void)state;
    Memos__Store__FieldMapping mapping = MEMOS__STORE__FIELD_MAPPING__INIT;
    static const char body[] = "{\"id\":\"i\",\"\":\"none\",\"name\":7,\"mail\":\"m\",\"pictures\":[\"p\"]}";
    struct oauth2_profile profile;
    struct status status = {0};
    mapping.identifier = (char *)"id";
    mapping.display_name = (char *)"name";
    mapping.email = (char *)"mail";
    mapping.avatar_url = (char *)"pictures";
    assert_int_equal(oauth2_read_profile(arena, &mapping, 200, body, sizeof body - 1, &profile, &status), STATUS_OK);
    assert_string_equal(profile.identifier, "i");
    assert_string_equal(profile.display_name, "i");
    assert_string_equal(profile.email, "m");
    assert_string_equal(profile.avatar_url, "");
    mapping.display_name = (char *)"mail";
    mapping.email = (char *)""; /* not the claim of that name */
    assert_int_equal(oauth2_read_profile(arena, &mapping, 299, body, sizeof body - 1, &profile, &status), STATUS_OK);
    assert_string_equal(profile.display_name, "m");
    assert_string_equal(profile.email, "");
    mapping.identifier = (char *)"name";
    assert_int_equal(oauth2_read_profile(arena, &mapping, 200, body, sizeof body - 1, &profile, &status),
                     STATUS_INTERNAL);
    assert_string_equal(status.message, "the field \"name\" is not found in claims or has empty value");
    assert_int_equal(oauth2_read_profile(arena, &mapping, 300, "\x01\xFFx\n", 4, &profile, &status), STATUS_INTERNAL);
    assert_string_equal(status.message, "userinfo request failed with status 300: ??x\n");
}

static Memos__Store__OAuth2Config provider_at(int port)
{
    static Memos__Store__FieldMapping mapping = MEMOS__STORE__FIELD_MAPPING__INIT;
    Memos__Store__OAuth2Config provider = MEMOS__STORE__OAUTH2_CONFIG__INIT;
    mapping.identifier = (char *)"sub";
    provider.client_id = (char *)"id";
    provider.client_secret = (char *)"secret";
    provider.token_url = provider.user_info_url = arena_printf(arena, "http://127.0.0.1:%d/", port);
    provider.field_mapping = &mapping;
    return provider;
}

/* The kernel takes the connections; nobody answers. */
static void ends_with_the_call(void **state)
{
    (void)state;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(listener, 4), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &size), 0);
    const Memos__Store__OAuth2Config provider = provider_at(ntohs(at.sin_port));
    const struct oauth2_grant grant = {.code = "c", .redirect_uri = "", .code_verifier = ""};
    struct oauth2_options options = {.ca_file = "", .deadline_ns = clock_mono_ns() + INT64_C(200000000)};
    struct oauth2_profile profile;
    struct status status = {0};
    assert_int_equal(oauth2_fetch_profile(arena, &provider, &grant, &options, &profile, &status),
                     STATUS_DEADLINE_EXCEEDED);
    options.deadline_ns = 1; /* long over */
    assert_int_equal(oauth2_fetch_profile(arena, &provider, &grant, &options, &profile, &status),
                     STATUS_DEADLINE_EXCEEDED);
    close(listener);
    options.deadline_ns = 0;
    assert_int_equal(oauth2_fetch_profile(arena, &provider, &grant, &options, &profile, &status), STATUS_INTERNAL);
    assert_ptr_equal(strstr(status.message, "failed to exchange token, error: failed to exchange access token: "),
                     status.message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(writes_forms, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_tokens, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bounds_tokens, set_up, tear_down),
        cmocka_unit_test_setup_teardown(maps_claims, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ends_with_the_call, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
