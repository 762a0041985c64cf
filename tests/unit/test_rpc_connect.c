/* The Connect transport: every rule of platform.md 1.3 to 1.5. */
#include "rpc_fixture.h"

#include "rpc/gzip.h"

#define GET_MEMO "/memos.api.v1.MemoService/GetMemo"
#define DELETE_MEMO "/memos.api.v1.MemoService/DeleteMemo"

static int set_up(void **state)
{
    fixture_set_up(state);
    with_header("Content-Type", "application/json");
    return 0;
}

static int post(const char *path, const char *body)
{
    return send("POST", path, body);
}

static void set_type(const char *type)
{
    fx.headers[0].value = type;
}

static void assert_error(int http, const char *body)
{
    assert_int_equal(fx.response.status, http);
    assert_string_equal(answer_body(), body);
    assert_string_equal(answer_header("Content-Type"), "application/json");
    assert_string_equal(answer_header("Accept-Encoding"), "gzip");
    assert_null(answer_header("Cache-Control"));
}

static void test_success(void **state)
{
    (void)state;
    fx.answer_json = "{\"name\":\"memos/a\",\"content\":\"x\"}";
    assert_int_equal(post(GET_MEMO, "{\"name\":\"memos/a\"}"), 200);
    assert_string_equal(fx.seen, "{\"name\":\"memos/a\"}");
    assert_string_equal(answer_body(), "{\"name\":\"memos/a\",\"content\":\"x\"}");
    assert_string_equal(answer_header("Content-Type"), "application/json");
    assert_string_equal(answer_header("Accept-Encoding"), "gzip");
    assert_string_equal(answer_header("Cache-Control"), "no-cache, no-store, must-revalidate");
    assert_string_equal(answer_header("Pragma"), "no-cache");
    assert_string_equal(answer_header("Expires"), "0");
    assert_null(answer_header("Content-Encoding"));
    fx.answer_json = NULL;
    post(GET_MEMO, "{}");
    assert_string_equal(answer_body(), "{}");
}

static void test_binary(void **state)
{
    (void)state;
    set_type("application/proto");
    fx.answer_json = "{\"name\":\"m\"}";
    assert_int_equal(send_bytes("POST", GET_MEMO, "\x0A\x02hi", 4), 200);
    assert_string_equal(fx.seen, "{\"name\":\"hi\"}");
    assert_int_equal(fx.response.body.len, 3);
    assert_memory_equal(fx.response.body.data, "\x0A\x01m", 3);
    assert_string_equal(answer_header("Content-Type"), "application/proto");
    /* an empty body is an empty message */
    assert_int_equal(send_bytes("POST", GET_MEMO, "", 0), 200);
    assert_int_equal(send_bytes("POST", GET_MEMO, "\x0A\x05hi", 4), 400);
    assert_error(
        400, "{\"code\":\"invalid_argument\",\"message\":\"unmarshal message: proto: cannot parse invalid wire-format "
             "data\"}");
}

static void test_content_types(void **state)
{
    (void)state;
    static const char *const same[] = {"application/json;charset=UTF-8", "Application/JSON; charset=utf-8",
                                       "application/json; charset=\"utf-8\"", " application/json ; charset=Utf-8 ;"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        set_type(same[i]);
        assert_int_equal(post(GET_MEMO, "{}"), 200);
        assert_string_equal(answer_header("Content-Type"), "application/json; charset=utf-8");
    }
    set_type("APPLICATION/PROTO");
    assert_int_equal(post(GET_MEMO, ""), 200);
    static const char *const refused[] = {"application/json; charset=latin1",
                                          "application/connect+json",
                                          "application/proto; charset=utf-8",
                                          "text/plain",
                                          "application/json; x=y",
                                          "application/grpc-web-text",
                                          "application/x-protobuf",
                                          "",
                                          "application/json; charset=utf-8; x=y"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        set_type(refused[i]);
        assert_int_equal(post(GET_MEMO, "{}"), 415);
        assert_string_equal(answer_body(), "");
        assert_string_equal(answer_header("Accept-Post"),
                            "application/grpc, application/grpc+json, application/grpc+json; charset=utf-8, "
                            "application/grpc+proto, application/grpc-web, application/grpc-web+json, "
                            "application/grpc-web+json; charset=utf-8, application/grpc-web+proto, application/json, "
                            "application/json; charset=utf-8, application/proto");
    }
    without_headers();
    assert_int_equal(post(GET_MEMO, "{}"), 415);
}

static void test_http_methods_and_paths(void **state)
{
    (void)state;
    static const char *const methods[] = {"GET", "PUT", "HEAD", "DELETE", "PATCH"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        assert_int_equal(send(methods[i], GET_MEMO, "{}"), 405);
        assert_string_equal(answer_header("Allow"), "POST");
        assert_string_equal(answer_body(), "");
    }
    static const char *const unknown[] = {"/memos.api.v1.MemoService/Nothing", "/memos.api.v1.Nothing/GetMemo",
                                          "/memos.api.v1.MemoService",         "/memos.api.v1.MemoService/GetMemo/",
                                          "/memos.api.v1.MemoService/getmemo", "/memos.api.v1."};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        assert_true(rpc_owns_path(fx.server, unknown[i]));
        assert_int_equal(post(unknown[i], "{}"), 404);
        assert_string_equal(answer_body(), "404 page not found\n");
        assert_string_equal(answer_header("Content-Type"), "text/plain; charset=utf-8");
        assert_string_equal(answer_header("X-Content-Type-Options"), "nosniff");
    }
    assert_false(rpc_owns_path(fx.server, "/memos.api.v1/Foo"));
    assert_false(rpc_owns_path(fx.server, "/"));
    assert_false(rpc_owns_path(fx.server, "/api"));
    assert_false(rpc_owns_path(fx.server, "/api/v2/x"));
    assert_true(rpc_owns_path(fx.server, "/api/v1/status"));
    assert_true(rpc_owns_path(fx.server, "/file/x"));
}

static void test_protocol_version(void **state)
{
    (void)state;
    with_header("Connect-Protocol-Version", "1");
    assert_int_equal(post(GET_MEMO, "{}"), 200);
    fx.headers[1].value = "2";
    post(GET_MEMO, "{}");
    assert_error(
        400,
        "{\"code\":\"invalid_argument\",\"message\":\"Connect-Protocol-Version must be \\\"1\\\": got \\\"2\\\"\"}");
    assert_int_equal(fx.calls, 0);
}

static void test_timeout(void **state)
{
    (void)state;
    with_header("Connect-Timeout-Ms", "5000");
    assert_int_equal(post(GET_MEMO, "{}"), 200);
    assert_true(fx.deadline_ns == fx.request.received_ns + 5000000000);
    fx.headers[1].value = "9999999999";
    assert_int_equal(post(GET_MEMO, "{}"), 200);
    assert_true(fx.deadline_ns == fx.request.deadline_ns);
    fx.headers[1].value = "12345678901";
    post(GET_MEMO, "{}");
    assert_error(400, "{\"code\":\"invalid_argument\",\"message\":\"parse timeout: \\\"12345678901\\\" has \\u003e10 "
                      "digits\"}");
    static const char *const bad[] = {"abc", "-1", "1.5", "1 ", "0x1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        fx.headers[1].value = bad[i];
        assert_int_equal(post(GET_MEMO, "{}"), 400);
        assert_non_null(strstr(answer_body(), "\"parse timeout: "));
    }
    fx.headers[1].value = "0";
    post(GET_MEMO, "{}");
    assert_error(504, "{\"code\":\"deadline_exceeded\",\"message\":\"context deadline exceeded\"}");
    assert_int_equal(fx.calls, 0);
    fx.headers[1].value = "1";
    fx.sleep_ns = 2000000;
    post(GET_MEMO, "{}");
    assert_error(504, "{\"code\":\"deadline_exceeded\",\"message\":\"context deadline exceeded\"}");
}

static struct buf zipped(const char *text)
{
    struct buf out = buf_in(fx.arena);
    gzip_compress(&out, text, strlen(text));
    return out;
}

static const char *unzipped(void)
{
    struct spool_sink out = spool_sink_in(NULL, fx.arena);
    assert_int_equal(gzip_expand(&out, fx.response.body.data, fx.response.body.len, 1 << 20, NULL), GZIP_OK);
    return buf_str(&out.memory);
}

static void test_gzip(void **state)
{
    (void)state;
    fx.answer_json = "{\"name\":\"memos/a\"}";
    with_header("Accept-Encoding", "br, gzip, deflate");
    assert_int_equal(post(GET_MEMO, "{}"), 200);
    assert_string_equal(answer_header("Content-Encoding"), "gzip");
    assert_string_equal(unzipped(), fx.answer_json);
    fx.headers[1].value = "gzip;q=0";
    post(GET_MEMO, "{}");
    assert_null(answer_header("Content-Encoding"));
    fx.headers[1].value = "identity";
    post(GET_MEMO, "{}");
    assert_null(answer_header("Content-Encoding"));
    /* a compressed request without Accept-Encoding */
    fx.headers[1] = (struct wire_header){"Content-Encoding", "gzip"};
    struct buf body = zipped("{\"name\":\"memos/b\"}");
    assert_int_equal(send_bytes("POST", GET_MEMO, body.data, body.len), 200);
    assert_string_equal(fx.seen, "{\"name\":\"memos/b\"}");
    assert_string_equal(unzipped(), fx.answer_json);
    with_header("Accept-Encoding", "identity");
    assert_int_equal(send_bytes("POST", GET_MEMO, body.data, body.len), 200);
    assert_string_equal(answer_body(), fx.answer_json);
    /* cut off, trailing bytes, not gzip at all */
    assert_int_equal(send_bytes("POST", GET_MEMO, body.data, body.len - 1), 400);
    buf_add_char(&body, 'x');
    assert_int_equal(send_bytes("POST", GET_MEMO, body.data, body.len), 400);
    assert_int_equal(post(GET_MEMO, "{}"), 400);
    assert_non_null(strstr(answer_body(), "\"invalid_argument\""));
    fx.headers[1].value = "identity";
    assert_int_equal(post(GET_MEMO, "{}"), 200);
    fx.headers[1].value = "br";
    post(GET_MEMO, "{}");
    assert_error(501,
                 "{\"code\":\"unimplemented\",\"message\":\"unknown compression \\\"br\\\": supported encodings are "
                 "gzip\"}");
}

/* A small body that grows: refused early for a stranger, at the limit for a user. */
static void test_gzip_bomb(void **state)
{
    (void)state;
    size_t size = 20 * 1024 * 1024;
    char *zeros = calloc(1, size);
    assert_non_null(zeros);
    struct buf body = buf_in(fx.arena);
    gzip_compress(&body, zeros, size);
    free(zeros);
    assert_true(body.len < 200 * 1024);
    with_header("Content-Encoding", "gzip");
    assert_int_equal(send_bytes("POST", GET_MEMO, body.data, body.len), 429);
    with_header("Authorization", "Bearer alice");
    assert_int_equal(send_bytes("POST", GET_MEMO, body.data, body.len), 400); /* read, but no JSON */
    fx.options.max_message_bytes = size - 1;
    restart();
    assert_int_equal(send_bytes("POST", GET_MEMO, body.data, body.len), 429);
}

static void test_too_large(void **state)
{
    (void)state;
    prepare("POST", GET_MEMO, "", 0);
    fx.request.body_too_large = true;
    rpc_handle(fx.server, &fx.request, &fx.response);
    assert_error(429, "{\"code\":\"resource_exhausted\",\"message\":\"read first 268435456 bytes of message: exceeded "
                      "268435456 byte http.MaxBytesReader limit\"}");
    assert_true(fx.response.close_connection);
}

static void test_gate(void **state)
{
    (void)state;
    post(DELETE_MEMO, "{}");
    assert_error(401, "{\"code\":\"unauthenticated\",\"message\":\"authentication required\"}");
    assert_int_equal(fx.calls, 0);
    assert_int_equal(post(GET_MEMO, "{}"), 200);
    assert_int_equal(fx.caller.user_id, 0);
    with_header("Authorization", "Bearer alice");
    assert_int_equal(post(DELETE_MEMO, "{}"), 200);
    assert_int_equal(fx.caller.user_id, 7);
    fx.headers[1].value = "Bearer while-the-database-is-away"; /* neither refused for good nor served as a stranger */
    post(GET_MEMO, "{}");
    assert_error(503, "{\"code\":\"unavailable\",\"message\":\"the credential cannot be checked now\"}");
    /* a bad credential on a public method is an anonymous call */
    fx.headers[1].value = "Bearer stale";
    assert_int_equal(post(GET_MEMO, "{}"), 200);
    assert_int_equal(fx.caller.user_id, 0);
    fx.options.public_instance = false;
    restart();
    assert_int_equal(post(GET_MEMO, "{}"), 401);
    assert_int_equal(post("/memos.api.v1.AuthService/SignIn", "{}"), 200);
}

static void test_bad_json(void **state)
{
    (void)state;
    post(GET_MEMO, "");
    assert_error(400,
                 "{\"code\":\"invalid_argument\",\"message\":\"unmarshal message: zero-length payload is not a valid "
                 "JSON object\"}");
    static const char *const bad[] = {"{", "[]", "{\"name\":1}", "{} {}", "null", "\xFF"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(post(GET_MEMO, bad[i]), 400);
        assert_non_null(strstr(answer_body(), "{\"code\":\"invalid_argument\",\"message\":\"unmarshal message: "));
    }
    assert_int_equal(post(GET_MEMO, "{\"name\":\"x\",\"unknown\":[1,{}]}"), 200);
    with_header("Authorization", "Bearer alice");
    assert_int_equal(post("/memos.api.v1.MemoService/UpdateMemo", "{\"updateMask\":\"content,pinned\"}"), 200);
    assert_string_equal(fx.seen, "{\"updateMask\":\"content,pinned\"}");
    assert_int_equal(post("/memos.api.v1.UserService/UpdateUser", "{\"updateMask\":\"display_name\"}"), 400);
    assert_non_null(
        strstr(answer_body(), "google.protobuf.FieldMask.paths contains invalid path: \\\"display_name\\\""));
}

static void test_error_codes(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int http;
    } codes[] = {{"canceled", 499},
                 {"unknown", 500},
                 {"invalid_argument", 400},
                 {"deadline_exceeded", 504},
                 {"not_found", 404},
                 {"already_exists", 409},
                 {"permission_denied", 403},
                 {"resource_exhausted", 429},
                 {"failed_precondition", 400},
                 {"aborted", 409},
                 {"out_of_range", 400},
                 {"unimplemented", 501},
                 {"internal", 500},
                 {"unavailable", 503},
                 {"data_loss", 500},
                 {"unauthenticated", 401}};
    for (int i = 0; i < 16; i++) {
        fx.answer_code = (enum status_code)(i + 1);
        fx.answer_text = "a <b> & \"c\"";
        post(GET_MEMO, "{}");
        assert_error(codes[i].http,
                     arena_printf(fx.arena, "{\"code\":\"%s\",\"message\":\"a \\u003cb\\u003e \\u0026 \\\"c\\\"\"}",
                                  codes[i].name));
    }
    fx.answer_text = NULL;
    post(GET_MEMO, "{}");
    assert_error(401, "{\"code\":\"unauthenticated\"}");
    fx.answer_code = (enum status_code)99;
    post(GET_MEMO, "{}");
    assert_int_equal(fx.response.status, 500);
}

static enum status_code answer_nothing(struct api_call *call, const ProtobufCMessage *request,
                                       ProtobufCMessage **response, struct status *status)
{
    (void)call, (void)request, (void)response, (void)status;
    return STATUS_OK;
}

static void test_methods_without_handler_or_answer(void **state)
{
    (void)state;
    for (unsigned i = 0; i < fx.options.method_count; i++)
        fx.methods[i].invoke = NULL;
    post(GET_MEMO, "{}");
    assert_error(501,
                 "{\"code\":\"unimplemented\",\"message\":\"memos.api.v1.MemoService/GetMemo is not implemented\"}");
    for (unsigned i = 0; i < fx.options.method_count; i++)
        fx.methods[i].invoke = answer_nothing;
    post(GET_MEMO, "{}");
    assert_error(500, "{\"code\":\"internal\",\"message\":\"internal server error\"}");
}

static void test_metadata(void **state)
{
    (void)state;
    static const char *const visible[] = {"user-agent", "origin",    "x-forwarded-for", "x-forwarded-proto",
                                          "x-real-ip",  "forwarded", "cookie"};
    for (size_t i = 0; i < sizeof visible / sizeof visible[0]; i++) {
        fx.header_count = 1;
        with_header(visible[i], "value");
        fx.metadata_name = visible[i];
        post(GET_MEMO, "{}");
        assert_string_equal(fx.seen_metadata, "value");
    }
    with_header("X-Other", "value");
    fx.metadata_name = "x-other";
    post(GET_MEMO, "{}");
    assert_null(fx.seen_metadata);
}

static void test_answer_metadata(void **state)
{
    (void)state;
    fx.cookie = "memos_refresh=x; Path=/";
    fx.header = "h";
    fx.trailer = "t";
    fx.detail = "\x01\x02";
    post(GET_MEMO, "{}");
    assert_string_equal(answer_header("Set-Cookie"), "memos_refresh=x; Path=/");
    assert_string_equal(answer_header("X-Test"), "h");
    assert_string_equal(answer_header("Trailer-x-trail"), "t");
    fx.answer_code = STATUS_NOT_FOUND;
    fx.answer_text = "no";
    post(GET_MEMO, "{}");
    assert_string_equal(answer_body(),
                        "{\"code\":\"not_found\",\"message\":\"no\",\"details\":[{\"type\":\"memora.Detail\","
                        "\"value\":\"AQI\"}]}");
    assert_string_equal(answer_header("Set-Cookie"), "memos_refresh=x; Path=/");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_tear_down)
        TEST(test_success),
        TEST(test_binary),
        TEST(test_content_types),
        TEST(test_http_methods_and_paths),
        TEST(test_protocol_version),
        TEST(test_timeout),
        TEST(test_gzip),
        TEST(test_gzip_bomb),
        TEST(test_too_large),
        TEST(test_gate),
        TEST(test_bad_json),
        TEST(test_error_codes),
        TEST(test_methods_without_handler_or_answer),
        TEST(test_metadata),
        TEST(test_answer_metadata),
    };
    return cmocka_run_group_tests_name("rpc_connect", tests, NULL, NULL);
}
