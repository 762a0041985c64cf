/* The REST gateway: every rule of platform.md 1.6. */
#include "rpc_fixture.h"

static int set_up(void **state)
{
    fixture_set_up(state);
    with_header("Authorization", "Bearer alice");
    return 0;
}

static void assert_error(int http, const char *body)
{
    assert_string_equal(answer_body(), body);
    assert_int_equal(fx.response.status, http);
    assert_string_equal(answer_header("Content-Type"), "application/json");
    assert_null(answer_header("Cache-Control"));
}

static void assert_seen(const char *method, const char *target, const char *body, const char *seen)
{
    if (send(method, target, body) != 200)
        fail_msg("%s %s: %s", method, target, answer_body());
    assert_string_equal(fx.seen, seen);
}

static void test_success(void **state)
{
    (void)state;
    fx.answer_json = "{\"version\":\"dev\",\"needsSetup\":true}";
    assert_int_equal(send("GET", "/api/v1/instance/profile", ""), 200);
    assert_string_equal(answer_body(), "{\"version\":\"dev\",\"demo\":false,\"instanceUrl\":\"\",\"admin\":null,"
                                       "\"commit\":\"\",\"needsSetup\":true}");
    assert_string_equal(answer_header("Content-Type"), "application/json");
    assert_int_equal(fx.response.header_count, 1);
    fx.answer_json = NULL;
    send("DELETE", "/api/v1/memos/a", "");
    assert_string_equal(answer_body(), "{}");
    fx.answer_json = "{\"content\":\"<a & b>\"}";
    send("GET", "/api/v1/memos/a", "");
    assert_non_null(strstr(answer_body(), "\"content\":\"<a & b>\""));
}

static void test_paths(void **state)
{
    (void)state;
    assert_seen("GET", "/api/v1/memos/abc", "", "{\"name\":\"memos/abc\"}");
    assert_seen("GET", "/api/v1/users/al%C3%AFce%20x", "",
                "{\"name\":\"users/al\xC3\xAF"
                "ce x\"}");
    assert_seen("GET", "/api/v1/users/alice:getStats", "", "{\"name\":\"users/alice\"}");
    assert_seen("GET", "/api/v1/users/a:b:getStats", "", "{\"name\":\"users/a:b\"}");
    assert_seen("GET", "/api/v1/users/a:b", "", "{\"name\":\"users/a:b\"}");
    assert_seen("GET", "/api/v1/users:stats", "", "{}");
    assert_seen("GET", "/api/v1/users/a/settings/GENERAL", "", "{\"name\":\"users/a/settings/GENERAL\"}");
    assert_seen("GET", "/api/v1/users/a/webhooks/b:getSigningSecret", "", "{\"name\":\"users/a/webhooks/b\"}");
    assert_seen("GET", "/api/v1/shares/tok%2Ben/memo", "", "{\"shareToken\":\"tok+en\"}");
    assert_seen("GET", "/api/v1/memos/a+b", "", "{\"name\":\"memos/a+b\"}");
    assert_seen("GET", "/api/v1/memos/-/linkMetadata?url=http%3A%2F%2Fx%2F%3Fa%3Db", "", "{\"url\":\"http://x/?a=b\"}");
    assert_seen("DELETE", "/api/v1/memos/a/reactions/12", "", "{\"name\":\"memos/a/reactions/12\"}");
    static const char *const unknown[] = {"/api/v1/users/al%2Fice",
                                          "/api/v1/memos/",
                                          "/api/v1/nothing",
                                          "/api/v1/memos//",
                                          "/api/v1/memos/a/b",
                                          "/api/v1//memos",
                                          "/file/nothing",
                                          "/api/v1/",
                                          "/api/v1/status",
                                          "/api/v1/users/:getStats",
                                          "/api/v1/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        send("GET", unknown[i], "");
        assert_error(404, "{\"code\":5,\"message\":\"Not Found\",\"details\":[]}");
    }
    static const char *const malformed[] = {"/api/v1/memos/%zz", "/api/v1/memos/a%4", "/api/v1/memos/%00",
                                            "/api/v1/memos/%FF"};
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++)
        assert_int_equal(send("GET", malformed[i], ""), 400);
}

static void test_wrong_method(void **state)
{
    (void)state;
    static const char *const methods[] = {"PUT", "HEAD", "POST", "get"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        send(methods[i], "/api/v1/instance/profile", "");
        assert_error(501, "{\"code\":12,\"message\":\"Method Not Allowed\",\"details\":[]}");
        assert_null(answer_header("Allow"));
    }
}

/* Nobody is told that his credential is bad, or served as a stranger, only because it cannot be looked up. */
static void test_unknown_caller(void **state)
{
    (void)state;
    without_headers();
    with_header("Authorization", "Bearer while-the-database-is-away");
    send("DELETE", "/api/v1/memos/a", "");
    assert_error(503, "{\"code\":14,\"message\":\"the credential cannot be checked now\",\"details\":[]}");
    assert_int_equal(send("GET", "/api/v1/memos/a", ""), 503);
    assert_int_equal(fx.calls, 0);
}

static void test_gate(void **state)
{
    (void)state;
    without_headers();
    send("DELETE", "/api/v1/memos/a", "");
    assert_int_equal(fx.response.status, 401);
    assert_string_equal(answer_body(), "{\"code\": 16, \"message\": \"authentication required\"}\n");
    assert_string_equal(answer_header("Content-Type"), "text/plain; charset=utf-8");
    assert_string_equal(answer_header("X-Content-Type-Options"), "nosniff");
    assert_null(answer_header("Www-Authenticate"));
    assert_int_equal(fx.calls, 0);
    /* routing goes first, the body after the gate */
    assert_int_equal(send("GET", "/api/v1/nothing", ""), 404);
    assert_int_equal(send("POST", "/api/v1/memos", "{bad"), 401);
    assert_int_equal(send("GET", "/api/v1/memos/a", ""), 200);
    fx.options.public_instance = false;
    restart();
    assert_int_equal(send("GET", "/api/v1/memos/a", ""), 401);
}

static void test_whole_body(void **state)
{
    (void)state;
    assert_seen("POST", "/api/v1/auth/signin", "{\"passwordCredentials\":{\"username\":\"a\"},\"unknown\":1}",
                "{\"passwordCredentials\":{\"username\":\"a\"}}");
    assert_seen("POST", "/api/v1/auth/signin", "", "{}");
    assert_seen("POST", "/api/v1/auth/signin", " \n", "{}");
    assert_seen("POST", "/api/v1/auth/signin", "{} trailing {", "{}");
    /* the path wins over the body, and the query isn't looked at */
    assert_seen("PATCH", "/api/v1/memos/a/attachments?attachments.name=q&%zz",
                "{\"name\":\"memos/other\",\"attachments\":[{}]}", "{\"name\":\"memos/a\",\"attachments\":[{}]}");
    send("POST", "/api/v1/auth/signin", "{bad");
    assert_error(400, "{\"code\":3,\"message\":\"invalid character 'b' looking for beginning of object key "
                      "string\",\"details\":[]}");
    send("POST", "/api/v1/auth/signin", "{\"passwordCredentials\":{\"username\":1}}");
    assert_error(400, "{\"code\":3,\"message\":\"proto: (line 1:36): invalid value for string field username: "
                      "1\",\"details\":[]}");
    assert_int_equal(send("POST", "/api/v1/auth/signin", "{\"passwordCredentials\":{},\"ssoCredentials\":{}}"), 400);
    assert_int_equal(send("POST", "/api/v1/auth/signin", "null"), 400);
    assert_int_equal(send("POST", "/api/v1/auth/signin", "[1]"), 400);
    /* a method without a body ignores it */
    assert_seen("POST", "/api/v1/auth/signout", "{bad", "{}");
}

static void test_body_field(void **state)
{
    (void)state;
    assert_seen("POST", "/api/v1/memos?memoId=x&memo.content=no&memo=no", "{\"content\":\"c\",\"foo\":1}",
                "{\"memo\":{\"content\":\"c\"},\"memoId\":\"x\"}");
    assert_seen("POST", "/api/v1/memos", "", "{\"memo\":{}}");
    assert_seen("POST", "/api/v1/users?validateOnly=true&user_id=u", "{\"username\":\"a\"}",
                "{\"user\":{\"username\":\"a\"},\"userId\":\"u\",\"validateOnly\":true}");
    /* curl sends a form type along by default */
    with_header("Content-Type", "application/x-www-form-urlencoded");
    assert_seen("POST", "/api/v1/memos", "{\"content\":\"c\"}", "{\"memo\":{\"content\":\"c\"}}");
}

static void test_patch_masks(void **state)
{
    (void)state;
    assert_seen("PATCH", "/api/v1/memos/a", "{\"content\":\"c\",\"updateTime\":\"2026-11-24T02:17:48Z\"}",
                "{\"memo\":{\"name\":\"memos/a\",\"updateTime\":\"2026-11-24T02:17:48Z\",\"content\":\"c\"},"
                "\"updateMask\":\"content,updateTime\"}");
    assert_seen("PATCH", "/api/v1/memos/a", "{\"name\":\"memos/b\",\"property\":{\"hasLink\":true}}",
                "{\"memo\":{\"name\":\"memos/a\",\"property\":{\"hasLink\":true}},"
                "\"updateMask\":\"name,property.hasLink\"}");
    assert_seen("PATCH", "/api/v1/memos/a?updateMask=pinned,row_status", "{\"content\":\"c\"}",
                "{\"memo\":{\"name\":\"memos/a\",\"content\":\"c\"},\"updateMask\":\"pinned,rowStatus\"}");
    assert_seen("PATCH", "/api/v1/memos/a?update_mask.paths=pinned", "",
                "{\"memo\":{\"name\":\"memos/a\"},\"updateMask\":\"pinned\"}");
    assert_seen("PATCH", "/api/v1/memos/a", "", "{\"memo\":{\"name\":\"memos/a\"},\"updateMask\":\"\"}");
    send("PATCH", "/api/v1/users/a", "{\"foo\":1}");
    assert_error(400, "{\"code\":3,\"message\":\"could not find field \\\"foo\\\" in \\\"memos.api.v1.User\\\"\","
                      "\"details\":[]}");
    /* even when there is a mask */
    assert_int_equal(send("PATCH", "/api/v1/users/a?updateMask=username", "{\"foo\":1}"), 400);
}

static void test_query(void **state)
{
    (void)state;
    assert_seen("GET",
                "/api/v1/memos?pageSize=3&state=ARCHIVED&filter=a+%3D%3D+%22b%22&orderBy=pinned&unknown=1&view=x", "",
                "{\"pageSize\":3,\"state\":\"ARCHIVED\",\"orderBy\":\"pinned\",\"filter\":\"a == \\\"b\\\"\"}");
    assert_seen("GET", "/api/v1/memos?page_size=-1&state=2&show_deleted=t", "",
                "{\"pageSize\":-1,\"state\":\"ARCHIVED\",\"showDeleted\":true}");
    assert_seen("GET", "/api/v1/memos?pageSize=1&page_size=2&&", "", "{\"pageSize\":2}");
    send("GET", "/api/v1/memos?page_size=abc", "");
    assert_error(400,
                 "{\"code\":3,\"message\":\"parsing field \\\"page_size\\\": strconv.ParseInt: parsing \\\"abc\\\": "
                 "invalid syntax\",\"details\":[]}");
    send("GET", "/api/v1/memos?state=archived", "");
    assert_error(400, "{\"code\":3,\"message\":\"parsing field \\\"state\\\": \\\"archived\\\" is not a valid "
                      "value\",\"details\":[]}");
    send("GET", "/api/v1/memos?pageSize=1&pageSize=2", "");
    assert_error(400, "{\"code\":3,\"message\":\"too many values for field \\\"page_size\\\": 1, 2\",\"details\":[]}");
    /* what the path binds, the query can't */
    assert_seen("GET", "/api/v1/memos/a?name=memos/b", "", "{\"name\":\"memos/a\"}");
}

static void test_forms(void **state)
{
    (void)state;
    with_header("Content-Type", "application/x-www-form-urlencoded");
    assert_seen("POST", "/api/v1/memos/a?x=1", "name=b&y=2", "{\"name\":\"memos/a\"}");
    assert_seen("POST", "/api/v1/users/a/notifications?pageToken=q", "pageSize=7&filter=z",
                "{\"parent\":\"users/a\",\"pageSize\":7,\"pageToken\":\"q\",\"filter\":\"z\"}");
    /* not for other bindings than GET */
    send("POST", "/api/v1/memos/a/attachments/b", "");
    assert_int_equal(fx.response.status, 404);
    with_header("X-HTTP-Method-Override", "delete");
    assert_seen("POST", "/api/v1/memos/a", "force=true", "{\"name\":\"memos/a\",\"force\":true}");
    fx.headers[2].value = "TRACE-AND-A-LONG-ONE";
    assert_int_equal(send("POST", "/api/v1/memos/a", ""), 501);
    /* without the form type there is no override */
    fx.headers[1].value = "application/json";
    fx.headers[2].value = "DELETE";
    assert_int_equal(send("POST", "/api/v1/memos/a", ""), 501);
}

static void test_errors(void **state)
{
    (void)state;
    static const int http[] = {499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401};
    fx.answer_text = "a <b> \"c\"";
    for (int i = 0; i < 16; i++) {
        fx.answer_code = (enum status_code)(i + 1);
        send("GET", "/api/v1/memos/a", "");
        assert_error(http[i],
                     arena_printf(fx.arena, "{\"code\":%d,\"message\":\"a <b> \\\"c\\\"\",\"details\":[]}", i + 1));
    }
    /* the last one was 16, from the method itself */
    assert_string_equal(answer_header("Www-Authenticate"), "a <b> \"c\"");
    prepare("POST", "/api/v1/memos", "", 0);
    fx.request.body_too_large = true;
    rpc_handle(fx.server, &fx.request, &fx.response);
    assert_error(400, "{\"code\":3,\"message\":\"http: request body too large\",\"details\":[]}");
    assert_true(fx.response.close_connection);
}

static void test_metadata(void **state)
{
    (void)state;
    fx.cookie = "memos_refresh=x";
    with_header("Cookie", "memos_refresh=browser");
    with_header("User-Agent", "test");
    fx.metadata_name = "cookie";
    send("GET", "/api/v1/memos/a", "");
    assert_null(fx.seen_metadata);
    assert_string_equal(answer_header("Grpc-Metadata-Set-Cookie"), "memos_refresh=x");
    assert_null(answer_header("Set-Cookie"));
    with_header("Grpc-Metadata-Cookie", "memos_refresh=y");
    send("GET", "/api/v1/memos/a", "");
    assert_string_equal(fx.seen_metadata, "memos_refresh=y");
    fx.metadata_name = "user-agent";
    send("GET", "/api/v1/memos/a", "");
    assert_null(fx.seen_metadata);
    fx.metadata_name = "x-forwarded-for";
    send("GET", "/api/v1/memos/a", "");
    assert_string_equal(fx.seen_metadata, "192.0.2.9");
    with_header("X-Forwarded-For", "198.51.100.1, 10.0.0.1");
    send("GET", "/api/v1/memos/a", "");
    assert_string_equal(fx.seen_metadata, "198.51.100.1, 10.0.0.1, 192.0.2.9");
    fx.metadata_name = "x-forwarded-host";
    send("GET", "/api/v1/memos/a", "");
    assert_string_equal(fx.seen_metadata, "notes.example");
    fx.metadata_name = "a-name-that-is-longer-than-any-header-that-a-client-may-usefully-send";
    send("GET", "/api/v1/memos/a", "");
    assert_null(fx.seen_metadata);
}

/* A request with no header but its type; NULL: without one. */
static void prepare_typed(const char *method, const char *target, const char *type, const char *body)
{
    without_headers();
    if (type)
        with_header("Content-Type", type);
    prepare(method, target, body, strlen(body));
}

static void test_quick(void **state)
{
    (void)state;
    static const struct {
        const char *method, *target, *type, *body;
        bool quick;
    } cases[] = {
        {"GET", "/api/v1/memos/a", NULL, "", true},
        {"GET", "/api/v1/memos", NULL, "", true},
        {"GET", "/api/v1/memos?pageSize=100", NULL, "", true},
        {"GET", "/api/v1/memos?pageSize=101", NULL, "", false},
        {"GET", "/api/v1/memos?filter=x", NULL, "", false},
        {"GET", "/api/v1/memos?filter=", NULL, "", true},
        {"GET", "/api/v1/memos?page_token=CAEQAQ==", NULL, "", false},
        {"GET", "/api/v1/memos?pageSize=x", NULL, "", true},
        {"GET", "/api/v1/users", NULL, "", false},
        {"POST", "/api/v1/auth/signin", NULL, "{}", false},
        {"GET", "/api/v1/nothing", NULL, "", true},
        {"POST", "/memos.api.v1.MemoService/GetMemo", "application/json", "{}", true},
        {"POST", "/memos.api.v1.MemoService/ListMemos", "application/json", "{\"pageSize\":20}", true},
        {"POST", "/memos.api.v1.MemoService/ListMemos", "application/json", "{\"filter\":\"a\"}", false},
        {"POST", "/memos.api.v1.MemoService/ListMemos", "application/proto", "\x08\x14", true},
        {"POST", "/memos.api.v1.MemoService/ListMemos", "application/proto", "\x08\xC8\x01", false},
        {"POST", "/memos.api.v1.MemoService/ListMemos", "application/grpc-web", "", false},
        {"POST", "/memos.api.v1.MemoService/ListMemos", "text/plain", "", true},
        {"POST", "/memos.api.v1.MemoService/Nothing", "application/json", "", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        prepare_typed(cases[i].method, cases[i].target, cases[i].type, cases[i].body);
        if (rpc_is_quick(fx.server, &fx.request) != cases[i].quick)
            fail_msg("%s %s", cases[i].target, cases[i].body);
        assert_int_equal(fx.calls, 0);
    }
    char large[1024];
    memset(large, ' ', sizeof large);
    prepare("POST", "/memos.api.v1.MemoService/GetMemo", large, sizeof large);
    assert_false(rpc_is_quick(fx.server, &fx.request));
}

/* A sign-in with a password waits for nobody, and is told from others whatever the transport. */
static void test_calls_out(void **state)
{
    (void)state;
    static const char password[] = "{\"passwordCredentials\":{\"username\":\"a\",\"password\":\"b\"}}";
    static const char sso[] = "{\"sso\\u0043redentials\":{\"code\":\"c\"}}";
    static const char procedure[] = "/memos.api.v1.AuthService/SignIn";
    const struct {
        const char *method, *target, *type, *body;
        enum rpc_calls calls;
    } cases[] = {
        {"POST", "/api/v1/auth/signin", NULL, password, RPC_CALLS_NOBODY},
        {"POST", "/api/v1/auth/signin", NULL, sso, RPC_CALLS_OTHERS},
        {"POST", "/api/v1/auth/signin", NULL, "{", RPC_CALLS_OTHERS},
        {"POST", procedure, "application/json", password, RPC_CALLS_NOBODY},
        {"POST", procedure, "application/json", sso, RPC_CALLS_OTHERS},
        {"POST", procedure, "application/proto",
         "\x0A\x03\x0A\x01"
         "a",
         RPC_CALLS_NOBODY},
        {"POST", procedure, "application/proto",
         "\x12\x03\x12\x01"
         "c",
         RPC_CALLS_OTHERS},
        {"POST", procedure, "application/grpc-web", "", RPC_CALLS_OTHERS},
        {"POST", procedure, "text/plain", password, RPC_CALLS_OTHERS},
        {"GET", "/api/v1/memos/-/linkMetadata?url=x", NULL, "", RPC_CALLS_ANYBODY},
        {"GET", "/api/v1/memos", NULL, "", RPC_CALLS_NOBODY},
        {"GET", "/api/v1/nothing", NULL, "", RPC_CALLS_NOBODY},
        {"POST", "/memos.api.v1.MemoService/ListMemos", "application/json", "{}", RPC_CALLS_NOBODY},
        {"POST", "/memos.api.v1.MemoService/Nothing", "application/json", "{}", RPC_CALLS_NOBODY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        prepare_typed(cases[i].method, cases[i].target, cases[i].type, cases[i].body);
        if (rpc_calls_out(fx.server, &fx.request) != cases[i].calls)
            fail_msg("%s %s", cases[i].target, cases[i].body);
        assert_int_equal(fx.calls, 0);
    }
    char large[16384];
    memset(large, ' ', sizeof large);
    memcpy(large, password, sizeof password - 1);
    prepare("POST", procedure, large, sizeof large);
    assert_int_equal(rpc_calls_out(fx.server, &fx.request), RPC_CALLS_OTHERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_tear_down)
        TEST(test_success),        TEST(test_paths),      TEST(test_wrong_method), TEST(test_gate),
        TEST(test_whole_body),     TEST(test_body_field), TEST(test_patch_masks),  TEST(test_query),
        TEST(test_unknown_caller), TEST(test_forms),      TEST(test_errors),       TEST(test_metadata),
        TEST(test_quick),          TEST(test_calls_out),
    };
    return cmocka_run_group_tests_name("rpc_rest", tests, NULL, NULL);
}
