/* gRPC-Web and gRPC framing (platform.md 1.5). */
#include "rpc_fixture.h"

#include "rpc/frame.h"
#include "rpc/gzip.h"

#define GET_MEMO "/memos.api.v1.MemoService/GetMemo"
#define DELETE_MEMO "/memos.api.v1.MemoService/DeleteMemo"

static int set_up(void **state)
{
    fixture_set_up(state);
    with_header("Content-Type", "application/grpc-web+proto");
    return 0;
}

static void post_frame(const char *path, unsigned flags, const void *data, size_t length)
{
    struct buf body = buf_in(fx.arena);
    frame_add(&body, flags, data, length);
    send_bytes("POST", path, body.data, body.len);
    assert_int_equal(fx.response.status, 200);
}

/* Errors come without a body, all in header fields. */
static void assert_error(const char *code, const char *message)
{
    assert_string_equal(answer_header("Grpc-Status"), code);
    assert_string_equal(answer_header("Grpc-Message"), message);
    assert_int_equal(fx.response.body.len, 0);
}

static struct frame next_frame(size_t *at)
{
    struct frame frame = {0};
    assert_int_equal(frame_read(fx.response.body.data, fx.response.body.len, at, &frame), FRAME_READ);
    return frame;
}

static void test_success(void **state)
{
    (void)state;
    fx.answer_json = "{\"name\":\"m\"}";
    fx.trailer = "t";
    post_frame(GET_MEMO, 0, "\x0A\x02hi", 4);
    assert_string_equal(fx.seen, "{\"name\":\"hi\"}");
    assert_string_equal(answer_header("Content-Type"), "application/grpc-web+proto");
    assert_null(answer_header("Grpc-Status"));
    size_t at = 0;
    struct frame data = next_frame(&at), trailer = next_frame(&at);
    assert_int_equal(data.flags, 0);
    assert_int_equal(data.length, 3);
    assert_memory_equal(data.data, "\x0A\x01m", 3);
    assert_int_equal(trailer.flags, FRAME_TRAILER);
    static const char text[] = "grpc-status: 0\r\nx-trail: t\r\n";
    assert_int_equal(trailer.length, sizeof text - 1);
    assert_memory_equal(trailer.data, text, sizeof text - 1);
    assert_int_equal(at, fx.response.body.len);
}

static void test_types(void **state)
{
    (void)state;
    static const char *const binary[] = {"application/grpc-web", "application/grpc-web+proto", "Application/gRPC-Web"};
    for (size_t i = 0; i < sizeof binary / sizeof binary[0]; i++) {
        fx.headers[0].value = binary[i];
        post_frame(GET_MEMO, 0, "\x0A\x01q", 3);
        assert_string_equal(fx.seen, "{\"name\":\"q\"}");
    }
    fx.headers[0].value = "application/grpc-web+json";
    post_frame(GET_MEMO, 0, "{\"name\":\"j\"}", 12);
    assert_string_equal(fx.seen, "{\"name\":\"j\"}");
    size_t at = 0;
    struct frame data = next_frame(&at);
    assert_memory_equal(data.data, "{}", 2);
    /* plain gRPC: the outcome stands in the header, there is no last frame */
    fx.headers[0].value = "application/grpc+json";
    post_frame(GET_MEMO, 0, "{}", 2);
    assert_string_equal(answer_header("Grpc-Status"), "0");
    assert_int_equal(fx.response.body.len, FRAME_HEAD + 2);
}

static void test_errors(void **state)
{
    (void)state;
    post_frame(DELETE_MEMO, 0, "", 0);
    assert_error("16", "authentication required");
    fx.answer_code = STATUS_NOT_FOUND;
    fx.answer_text = "caf\xC3\xA9 100%\n";
    fx.trailer = "t";
    post_frame(GET_MEMO, 0, "", 0);
    assert_error("5", "caf%C3%A9 100%25%0A");
    assert_string_equal(answer_header("X-Trail"), "t");
    assert_null(answer_header("Grpc-Status-Details-Bin"));
    fx.detail = "\x08\x01";
    fx.answer_text = "n";
    post_frame(GET_MEMO, 0, "", 0);
    /* code 5, message "n", one Any of type.googleapis.com/memora.Detail */
    assert_string_equal(answer_header("Grpc-Status-Details-Bin"),
                        "CAUSAW4aJwohdHlwZS5nb29nbGVhcGlzLmNvbS9tZW1vcmEuRGV0YWlsEgIIAQ");
}

static void test_malformed_frames(void **state)
{
    (void)state;
    send("POST", GET_MEMO, "");
    assert_error("12", "unary request has zero messages");
    send_bytes("POST", GET_MEMO, "\0\0\0", 3);
    assert_error("3", "protocol error: incomplete envelope");
    send_bytes("POST", GET_MEMO, "\0\xFF\xFF\xFF\xFFx", 6);
    assert_error("3", "protocol error: incomplete envelope");
    send_bytes("POST", GET_MEMO, "\0\0\0\0\0\0\0\0\0\0", 10);
    assert_error("12", "unary request has multiple messages");
    send_bytes("POST", GET_MEMO, "\0\0\0\0\0x", 6);
    assert_error("12", "unary request has multiple messages");
    post_frame(GET_MEMO, 0x80, "", 0);
    assert_error("3", "protocol error: invalid envelope flags 128");
    post_frame(GET_MEMO, 1, "", 0);
    assert_error("13", "protocol error: sent compressed message without compression support");
    post_frame(GET_MEMO, 0, "\x0A\x05x", 3);
    assert_error("3", "unmarshal message: proto: cannot parse invalid wire-format data");
    prepare("POST", GET_MEMO, "", 0);
    fx.request.body_too_large = true;
    rpc_handle(fx.server, &fx.request, &fx.response);
    assert_string_equal(answer_header("Grpc-Status"), "8");
    assert_true(fx.response.close_connection);
}

static void test_gzip(void **state)
{
    (void)state;
    struct buf packed = buf_in(fx.arena);
    struct spool_sink plain = spool_sink_in(NULL, fx.arena);
    gzip_compress(&packed, "\x0A\x02hi", 4);
    fx.answer_json = "{\"name\":\"m\"}";
    with_header("Grpc-Encoding", "gzip");
    post_frame(GET_MEMO, FRAME_COMPRESSED, packed.data, packed.len);
    assert_string_equal(fx.seen, "{\"name\":\"hi\"}");
    assert_string_equal(answer_header("Grpc-Encoding"), "gzip");
    size_t at = 0;
    struct frame data = next_frame(&at);
    assert_int_equal(data.flags, FRAME_COMPRESSED);
    assert_int_equal(gzip_expand(&plain, data.data, data.length, 100, NULL), GZIP_OK);
    assert_int_equal(plain.memory.len, 3);
    /* the flag says per message whether it is compressed */
    with_header("Grpc-Accept-Encoding", "identity");
    post_frame(GET_MEMO, 0, "\x0A\x02ho", 4);
    assert_string_equal(fx.seen, "{\"name\":\"ho\"}");
    assert_null(answer_header("Grpc-Encoding"));
    post_frame(GET_MEMO, FRAME_COMPRESSED, "nonsense", 8);
    assert_error("3", "decompress: invalid gzip data");
    fx.headers[1].value = "br";
    post_frame(GET_MEMO, 0, "", 0);
    assert_error("12", "unknown compression \"br\": supported encodings are gzip");
    assert_string_equal(answer_header("Grpc-Accept-Encoding"), "gzip");
}

static void test_timeout(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ns;
    } good[] = {{"1S", 1000000000}, {"20m", 20000000}, {"90000000u", 0}, {"99999999H", 0}, {"5000000n", 5000000}};
    with_header("Grpc-Timeout", "");
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        fx.headers[1].value = good[i].text;
        post_frame(GET_MEMO, 0, "", 0);
        if (good[i].ns)
            assert_true(fx.deadline_ns == fx.request.received_ns + good[i].ns);
        else
            assert_true(fx.deadline_ns == fx.request.deadline_ns);
    }
    static const char *const bad[] = {"1", "S", "123456789S", "1s", "-1S", "1SS"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        fx.headers[1].value = bad[i];
        post_frame(GET_MEMO, 0, "", 0);
        assert_string_equal(answer_header("Grpc-Status"), "3");
    }
    fx.headers[1].value = "1n";
    post_frame(GET_MEMO, 0, "", 0);
    assert_error("4", "context deadline exceeded");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_tear_down)
        TEST(test_success),          TEST(test_types), TEST(test_errors),
        TEST(test_malformed_frames), TEST(test_gzip),  TEST(test_timeout),
    };
    return cmocka_run_group_tests_name("rpc_grpc_web", tests, NULL, NULL);
}
