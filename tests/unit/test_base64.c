/* Base64 in the forms that clients send it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/base64.h"

#include "arena_fixture.h"

typedef bool decode_fn(struct buf *out, const char *text, size_t length, size_t *bad_at);

static void assert_decodes(decode_fn *decode, const char *text, const char *expected)
{
    struct buf out = buf_in(arena);
    size_t bad_at = 0;
    if (!decode(&out, text, strlen(text), &bad_at))
        fail_msg("%s is refused at %zu", text, bad_at);
    assert_string_equal(buf_str(&out), expected);
}

static void assert_refuses(decode_fn *decode, const char *text, size_t at)
{
    struct buf out = buf_in(arena);
    size_t bad_at = 999;
    if (decode(&out, text, strlen(text), &bad_at))
        fail_msg("accepted: %s", text);
    assert_int_equal(bad_at, at);
    assert_false(decode(&out, text, strlen(text), NULL));
}

static void test_round_trip(void **state)
{
    (void)state;
    unsigned char data[300];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i * 73 + i / 7);
    for (size_t length = 0; length <= sizeof data; length++) {
        struct buf text = buf_in(arena), url = buf_in(arena), out = buf_in(arena);
        base64_encode(&text, data, length);
        base64_encode_url(&url, data, length);
        assert_int_equal(text.len, (length + 2) / 3 * 4);
        assert_true(base64_decode(&out, text.data, text.len, NULL));
        assert_true(base64_decode_strict(&out, text.data, text.len, NULL));
        assert_true(base64_decode(&out, url.data, url.len, NULL));
        assert_int_equal(out.len, 3 * length);
        for (int i = 0; i < 3; i++)
            assert_memory_equal(out.data + (size_t)i * length, data, length);
    }
}

static void test_forms(void **state)
{
    (void)state;
    assert_decodes(base64_decode, "", "");
    assert_decodes(base64_decode, "aGk", "hi");
    assert_decodes(base64_decode, "aGk=", "hi");
    assert_decodes(base64_decode, "fn5-fn5_", "~~~~~\x7F");
    assert_decodes(base64_decode, "fn5+fn5/", "~~~~~\x7F");
    assert_decodes(base64_decode, "aGVs\nbG8g\r\nd29y\nbGQ=\n", "hello world");
    assert_decodes(base64_decode, "a\nG\nk\n=\n", "hi");
    assert_decodes(base64_decode_strict, "aGVs\nbG8g\r\nd29ybGQ=", "hello world");
}

static void test_refused(void **state)
{
    (void)state;
    assert_refuses(base64_decode, "@@@", 0);
    assert_refuses(base64_decode, "aGVsbG8 d29y", 7);
    assert_refuses(base64_decode, "aGVsA", 4);
    assert_refuses(base64_decode, "aGVs=", 4);
    assert_refuses(base64_decode, "aG=", 3);
    assert_refuses(base64_decode, "aGk==", 4);
    assert_refuses(base64_decode, "aGk=x", 4);
    assert_refuses(base64_decode, "aG===", 4);
    assert_refuses(base64_decode, "aG==aGVs", 4);
    assert_refuses(base64_decode, "=", 0);
    assert_refuses(base64_decode, "aGk\xFF", 3);
    assert_refuses(base64_decode_strict, "aGk", 0);
    assert_refuses(base64_decode_strict, "fn5-", 3);
    assert_refuses(base64_decode_strict, "offset=5", 6);
}

/* Pieces, cut anywhere, give what the whole gives, and the same bad byte. */
static void assert_pieces(const char *text, size_t length, bool strict)
{
    struct buf whole = buf_in(arena);
    size_t bad = 0;
    bool valid = (strict ? base64_decode_strict : base64_decode)(&whole, text, length, &bad);
    for (size_t first = 0; first <= length; first++)
        for (size_t second = first; second <= length; second++) {
            struct base64_stream stream = {.strict = strict};
            struct buf out = buf_in(arena);
            size_t at = 0;
            bool taken = base64_stream_add(&stream, &out, text, first, &at) &&
                         base64_stream_add(&stream, &out, text + first, second - first, &at) &&
                         base64_stream_add(&stream, &out, text + second, length - second, &at) &&
                         base64_stream_end(&stream, &out, &at);
            assert_int_equal(taken, valid);
            if (!valid) {
                assert_int_equal(at, bad);
                continue;
            }
            assert_int_equal(out.len, whole.len);
            if (whole.len)
                assert_memory_equal(out.data, whole.data, whole.len);
        }
}

static void test_pieces(void **state)
{
    static const char *const texts[] = {
        "",      "aGk", "aGk=",  "fn5-fn5_", "aGVs\nbG8g\r\nd29y\nbGQ=\n", "a\nG\nk\n=\n", "@@@", "aGVsA",
        "aGVs=", "aG=", "aGk==", "aG==aGVs", "aGVsbG8gd29ybGQhISEhISEhIQ"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_pieces(texts[i], strlen(texts[i]), false);
        assert_pieces(texts[i], strlen(texts[i]), true);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_pieces),
    };
    return cmocka_run_group_tests_name("base64", tests, set_up, tear_down);
}
