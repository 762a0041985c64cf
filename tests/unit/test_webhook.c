/* What webhooks are sent: bodies, signatures, rows of the outbox. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "codec/codec.h"
#include "event/webhook.h"
#include "memos/api/v1/memo_service.pb-c.h"

#include "arena_fixture.h"

static void signs_as_published(void **state)
{
    (void)state;
    static const struct {
        const char *secret, *id, *body, *signature;
        int64_t timestamp;
    } vectors[] = {
        /* The examples of standardwebhooks.com and of docs.svix.com. */
        {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "{\"test\": 2432232314}",
         "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", 1614265330},
        {"whsec_plJ3nmyCDGBKInavdOK15jsl", "msg_loFOjxBNrRLzqYUf",
         "{\"event_type\":\"ping\",\"data\":{\"success\":true}}",
         "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=", 1731705121},
    };
    char out[WEBHOOK_SIGNATURE_SIZE], again[WEBHOOK_SIGNATURE_SIZE];
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        assert_true(webhook_sign(arena, vectors[i].secret, vectors[i].id, vectors[i].timestamp, vectors[i].body,
                                 strlen(vectors[i].body), out));
        assert_string_equal(out, vectors[i].signature);
    }
    /* The key is what the base64 stands for, or the text itself. */
    assert_true(webhook_sign(arena, "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz", "msg_1", 1, "{}", 2, out));
    assert_true(webhook_sign(arena, "012345678901234567890123", "msg_1", 1, "{}", 2, again));
    assert_string_equal(out, again);
    assert_true(webhook_sign(arena, "whsec_", "msg_1", 1, "{}", 2, out));
    assert_false(webhook_sign(arena, "whsec_*", "msg_1", 1, "{}", 2, out));
}

static const char *plain(const ProtobufCMessage *message)
{
    struct buf out = buf_in(arena);
    codec_write_json_plain(&out, message);
    return buf_str(&out);
}

static void writes_memos_as_recorded(void **state)
{
    (void)state;
    static const char given[] =
        "{\"name\":\"memos/s1\",\"state\":\"NORMAL\",\"creator\":\"users/carol\",\"createTime\":"
        "\"2026-11-24T02:55:58Z\",\"updateTime\":\"2026-11-24T02:55:58Z\",\"content\":\"- [ ] task #tg "
        "[l](http://a/?a=1&b=<2>) `c` @bob\",\"visibility\":\"PRIVATE\",\"tags\":[\"tg\"],\"pinned\":false,"
        "\"property\":{\"hasLink\":true,\"hasTaskList\":true,\"hasCode\":true,\"hasIncompleteTasks\":true},"
        "\"snippet\":\"task #tg l c\",\"location\":{\"placeholder\":\"p\",\"latitude\":1.5}}";
    static const char recorded[] =
        "{\"name\":\"memos/s1\",\"state\":1,\"creator\":\"users/carol\",\"create_time\":{\"seconds\":1795488958},"
        "\"update_time\":{\"seconds\":1795488958},\"content\":\"- [ ] task #tg "
        "[l](http://a/?a=1\\u0026b=\\u003c2\\u003e)"
        " `c` @bob\",\"visibility\":1,\"tags\":[\"tg\"],\"property\":{\"has_link\":true,\"has_task_list\":true,"
        "\"has_code\":true,\"has_incomplete_tasks\":true},\"snippet\":\"task #tg l c\",\"location\":{\"placeholder\":"
        "\"p\",\"latitude\":1.5}}";
    ProtobufCMessage *memo;
    assert_int_equal(codec_read_json(arena, &memos__api__v1__memo__descriptor, given, strlen(given), NULL, &memo, NULL),
                     STATUS_OK);
    assert_string_equal(plain(memo), recorded);
}

static void writes_every_kind_of_value(void **state)
{
    (void)state;
    static const struct {
        const char *given, *written;
    } cases[] = {
        {"{}", "{}"},
        {"{\"property\":{},\"location\":{}}", "{\"property\":{},\"location\":{}}"},
        {"{\"parent\":\"\",\"pinned\":true}", "{\"pinned\":true,\"parent\":\"\"}"},
        {"{\"createTime\":\"2026-11-24T02:55:58.5Z\",\"updateTime\":\"1969-12-31T23:59:59Z\"}",
         "{\"create_time\":{\"seconds\":1795488958,\"nanos\":500000000},\"update_time\":{\"seconds\":-1}}"},
        {"{\"attachments\":[{\"size\":\"9007199254740993\",\"memo\":\"memos/a\"},{}]}",
         "{\"attachments\":[{\"size\":9007199254740993,\"memo\":\"memos/a\"},{}]}"},
        {"{\"attachments\":[{\"content\":\"/+8=\"}]}", "{\"attachments\":[{\"content\":\"/+8=\"}]}"},
        {"{\"content\":\"\\u2028a\\u2029\\u2027\\n\\u0001\\\"\\u00e9\"}",
         "{\"content\":\"\\u2028a\\u2029\xE2\x80\xA7\\n\\u0001\\\"\xC3\xA9\"}"},
        {"{\"content\":\"\\u2028<\\u2028\\u2029&\\u2128\"}",
         "{\"content\":\"\\u2028\\u003c\\u2028\\u2029\\u0026\xE2\x84\xA8\"}"},
        {"{\"location\":{\"latitude\":-91.25,\"longitude\":1e-7}}",
         "{\"location\":{\"latitude\":-91.25,\"longitude\":1e-7}}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ProtobufCMessage *memo;
        struct status status = {0};
        if (codec_read_json(arena, &memos__api__v1__memo__descriptor, cases[i].given, strlen(cases[i].given), NULL,
                            &memo, &status))
            fail_msg("%s: %s", cases[i].given, status.message);
        assert_string_equal(plain(memo), cases[i].written);
    }
}

static void rows_hold_what_is_sent(void **state)
{
    (void)state;
    char id[WEBHOOK_ID_SIZE], other[WEBHOOK_ID_SIZE];
    size_t length;
    struct webhook_event out;
    webhook_id(id);
    webhook_id(other);
    assert_string_not_equal(id, other);
    assert_int_equal(strlen(id), WEBHOOK_ID_SIZE - 1);
    const struct webhook_event event = {.hook_id = "0123456789abcdef",
                                        .user_id = 7,
                                        .id = id,
                                        .type = "memos.memo.created",
                                        .creator = "users/\xC3\xA9\"",
                                        .memo = "{\"content\":\"\\u003c\",\"latitude\":1e-7}"};
    const char *payload = webhook_write(arena, &event);
    assert_memory_equal(payload, "{\"hook\":\"0123456789abcdef\",", 27);
    assert_int_equal(webhook_read(arena, payload, &out, NULL), STATUS_OK);
    assert_string_equal(out.hook_id, event.hook_id);
    assert_int_equal(out.user_id, 7);
    assert_string_equal(out.id, id);
    assert_string_equal(out.type, event.type);
    assert_string_equal(out.creator, event.creator);
    assert_string_equal(out.memo, event.memo);
    const char *body = webhook_body(arena, &out, "http://h/?a=1&b=2", &length);
    assert_string_equal(body,
                        "{\"url\":\"http://h/?a=1\\u0026b=2\",\"activityType\":\"memos.memo.created\",\"creator\":"
                        "\"users/\xC3\xA9\\\"\",\"memo\":{\"content\":\"\\u003c\",\"latitude\":1e-7}}");
    assert_int_equal(length, strlen(body));
    static const char *const damaged[] = {"", "{}", "{}\n{}", "{\"hook\":\"a\"}\n{}", "nonsense\n{}"};
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++)
        assert_int_equal(webhook_read(arena, damaged[i], &out, NULL), STATUS_DATA_LOSS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(signs_as_published, set_up, tear_down),
        cmocka_unit_test_setup_teardown(writes_memos_as_recorded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(writes_every_kind_of_value, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows_hold_what_is_sent, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
