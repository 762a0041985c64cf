/* JSON to messages and back: every kind of field, and what must be refused. */
#include "codec_fixture.h"
#include "memos/api/v1/instance_service.pb-c.h"
#include "memos/api/v1/memo_service.pb-c.h"
#include "memos/api/v1/user_service.pb-c.h"

static void test_integers(void **state)
{
    (void)state;
    assert_same("{}");
    assert_same("{\"anInt32\":-2147483648,\"aSint32\":2147483647,\"aSfixed32\":-7,\"aUint32\":4294967295,"
                "\"aFixed32\":9,\"anInt64\":\"-9223372036854775808\",\"aSint64\":\"9223372036854775807\","
                "\"aSfixed64\":\"-1\",\"aUint64\":\"18446744073709551615\",\"aFixed64\":\"3\"}");
    assert_reads("{\"an_int32\": \"5\", \"aUint32\":5.0, \"anInt64\": 12, \"aUint64\":1e2, \"aSint32\": 1.2e1}",
                 "{\"anInt32\":5,\"aSint32\":12,\"aUint32\":5,\"anInt64\":\"12\",\"aUint64\":\"100\"}");
    assert_reads("{\"anInt32\":0,\"aSint64\":-0,\"aUint32\":0e999,\"aFixed32\":\"1000e-3\"}", "{\"aFixed32\":1}");
    static const char *const bad[] = {"2147483648", "-2147483649", "1.5",     "1e10",    "\"x\"",     "\"\"", "\" 1\"",
                                      "true",       "{}",          "[1]",     "\"1 \"",  "01",        "+1",   "0x10",
                                      "1e",         "-",           "1e99999", "\"NaN\"", "1e9999999", "--1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_refused(arena_printf(arena, "{\"anInt32\":%s}", bad[i]));
    assert_refused("{\"aUint32\":-1}");
    assert_refused("{\"aUint32\":4294967296}");
    assert_refused("{\"anInt64\":\"9223372036854775808\"}");
    assert_refused("{\"aUint64\":18446744073709551616}");
}

static void test_reals(void **state)
{
    (void)state;
    assert_same("{\"aFloat\":0.1,\"aDouble\":0.1}");
    assert_same("{\"aFloat\":\"NaN\",\"aDouble\":\"-Infinity\"}");
    assert_same("{\"aFloat\":\"Infinity\",\"aDouble\":\"NaN\"}");
    assert_same("{\"aDouble\":52.52000699999999}");
    assert_same("{\"aDouble\":5e-324}");
    assert_same("{\"aDouble\":1.7976931348623157e+308}");
    /* protobuf-c takes -0.0 for the default, so only JSON keeps it. */
    ProtobufCMessage *negative = read_as(&memora__test__kinds__descriptor, "{\"aDouble\":-0}");
    assert_string_equal(written(negative, CODEC_JSON_SPARSE), "{\"aDouble\":-0}");
    assert_same("{\"aDouble\":0.000001}");
    assert_same("{\"aDouble\":1e-7}");
    assert_same("{\"aDouble\":1.5e-9}");
    assert_same("{\"aDouble\":123456789012345680000}");
    assert_same("{\"aDouble\":1e+21}");
    assert_same("{\"aFloat\":3.4028235e+38}");
    assert_same("{\"aFloat\":1e-45}");
    assert_same("{\"aFloat\":16777216}");
    assert_same("{\"doubles\":[0,-1,2.5]}");
    assert_reads("{\"aDouble\":\"1.50\",\"aFloat\":1E1}", "{\"aFloat\":10,\"aDouble\":1.5}");
    assert_refused("{\"aDouble\":1e400}");
    assert_refused("{\"aFloat\":1e39}");
    assert_refused("{\"aDouble\":\"nan\"}");
    assert_refused("{\"aDouble\":.5}");
    assert_refused("{\"aDouble\":5.}");
    assert_refused("{\"aDouble\":NaN}");
}

static void test_words_and_enums(void **state)
{
    (void)state;
    assert_same("{\"aBool\":true,\"aColor\":\"RED\"}");
    assert_same("{\"aColor\":\"MINUS\",\"colors\":[\"BLUE\",\"COLOR_UNSPECIFIED\",77]}");
    assert_reads("{\"aBool\":false,\"aColor\":0}", "{}");
    assert_reads("{\"aColor\":5}", "{\"aColor\":\"BLUE\"}");
    assert_reads("{\"aColor\":-99}", "{\"aColor\":-99}");
    assert_reads("{\"aColor\":\"PINK\",\"colors\":[\"RED\",\"PINK\",\"BLUE\"]}", "{\"colors\":[\"RED\",\"BLUE\"]}");
    assert_reads("{\"aColor\":\"red\"}", "{}");
    assert_refused("{\"aBool\":\"true\"}");
    assert_refused("{\"aBool\":1}");
    assert_refused("{\"aBool\":truely}");
    assert_refused("{\"aColor\":true}");
    assert_refused("{\"aColor\":1.5}");
    assert_refused("{\"aColor\":2147483648}");
    assert_refused("{\"colors\":[null]}");
    assert_refused("{\"colors\":\"RED\"}");
}

static void test_strings(void **state)
{
    (void)state;
    assert_same("{\"aString\":\"h\xC3\xA9llo \xF0\x9F\x90\xBB \\\"q\\\" \\\\ \\n\\t\\r\\b\\f\\u0001 </a>\"}");
    assert_reads("{\"aString\":\"\\u00e9\\u20AC\\ud83d\\udc3b\\/\"}",
                 "{\"aString\":\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x90\xBB/\"}");
    assert_same("{\"strings\":[\"\",\"a\",\"12345678\\\"12345678\"]}");
    static const char *const bad[] = {"\"\\ud83d\"",
                                      "\"\\udc3b\"",
                                      "\"\\ud83d\\u0041\"",
                                      "\"\\u12\"",
                                      "\"\\x41\"",
                                      "\"a\nb\"",
                                      "\"a",
                                      "\"\xFF\"",
                                      "\"\xC0\x80\"",
                                      "\"\xED\xA0\x80\"",
                                      "\"a\\u0000b\"",
                                      "\"\\ud83d\\u\"",
                                      "\"\xF4\x90\x80\x80\"",
                                      "1",
                                      "{}",
                                      "'a'"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_refused(arena_printf(arena, "{\"aString\":%s}", bad[i]));
    assert_refused("{\"strings\":[null]}");
    assert_refused("{\"strings\":[\"a\",]}");
    assert_refused("{\"strings\":[\"a\" \"b\"]}");
}

/* Whatever a handler puts into a string, the answer stays JSON. */
static void test_strings_that_are_not_utf8(void **state)
{
    (void)state;
    Memora__Test__Kinds *kinds = CODEC_NEW(arena, Memora__Test__Kinds, memora__test__kinds__descriptor);
    kinds->a_string = "a\xFFz\xC3";
    assert_string_equal(written(&kinds->base, CODEC_JSON_SPARSE), "{\"aString\":\"a\xEF\xBF\xBDz\xEF\xBF\xBD\"}");
}

static void test_bytes(void **state)
{
    (void)state;
    assert_same("{\"someBytes\":\"AP/+\",\"byteLists\":[\"\",\"QQ==\",\"QUI=\"]}");
    assert_reads("{\"someBytes\":\"_-8\",\"byteLists\":[\"QQ\",\"-_-_\"]}",
                 "{\"someBytes\":\"/+8=\",\"byteLists\":[\"QQ==\",\"+/+/\"]}");
    assert_refused("{\"someBytes\":\"@@@\"}");
    assert_refused("{\"someBytes\":\"A\"}");
    assert_refused("{\"someBytes\":\"QQ=\"}");
    assert_refused("{\"someBytes\":[65]}");
}

static void test_names(void **state)
{
    (void)state;
    assert_reads("{\"s3_config_2x\":\"a\"}", "{\"s3Config2x\":\"a\"}");
    assert_reads("{\"s3Config2x\":\"a\"}", "{\"s3Config2x\":\"a\"}");
    assert_reads("{\"AString\":\"a\",\"astring\":\"b\",\"a-string\":1,\"\":{\"x\":[1,{}]},\"aString \":null}", "{}");
    assert_reads("{\"\\u0061String\":\"a\"}", "{\"aString\":\"a\"}");
    assert_reads("{\"leaf\":{\"text\":\"x\",\"unknown\":[{\"a\":\"b\\\"\"}]}}", "{\"leaf\":{\"text\":\"x\"}}");
    const char *text = refusal("{\"aString\":\"a\",\"a_string\":\"b\"}");
    assert_string_equal(text, "proto: (line 1:16): duplicate field \"a_string\"");
    assert_refused("{\"aString\":null,\"aString\":\"b\"}");
    static const struct codec_json_options strict = {.reject_unknown = true};
    text = refusal_with("{\"leaf\":{\"foo\":1}}", 18, &strict);
    assert_string_equal(text, "could not find field \"foo\" in \"memora.test.Leaf\"");
}

/* A name that goes on behind a NUL, far beyond the end of the name it begins like. */
static void test_names_with_nul(void **state)
{
    (void)state;
    enum { BEHIND = 64 << 20 };
    static const char *const begins[] = {"{\"aColor\":\"RED\\u0000", "{\"aColor\\u0000"};
    static const char *const ends[] = {"\"}", "\":5}"};
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
        struct buf text = buf_in(arena);
        buf_add_str(&text, begins[i]);
        buf_reserve(&text, BEHIND);
        memset(text.data + text.len, 'x', BEHIND);
        text.len += BEHIND;
        buf_add_str(&text, ends[i]);
        assert_reads(buf_str(&text), "{}");
    }
    assert_reads("{\"aColor\":\"RED\\u0000\",\"aColor\\u0000\":5}", "{}");
}

static void test_null(void **state)
{
    (void)state;
    assert_reads("{\"aString\":null,\"leaf\":null,\"strings\":null,\"stringMap\":null,\"time\":null,\"maybe\":null,"
                 "\"choiceInt\":null,\"choiceString\":\"s\",\"int64Wrapper\":null,\"any\":null}",
                 "{\"choiceString\":\"s\"}");
    assert_reads("{\"value\":null,\"nullValue\":null}", "{\"value\":null}");
    assert_refused("{\"leaves\":[null]}");
    assert_refused("{\"stringMap\":{\"a\":null}}");
    assert_refused("null");
}

static void test_oneof(void **state)
{
    (void)state;
    assert_same("{\"choiceString\":\"\"}");
    assert_same("{\"choiceInt\":\"0\"}");
    assert_same("{\"choiceLeaf\":{}}");
    assert_same("{\"choiceBytes\":\"\"}");
    assert_same("{\"choiceColor\":\"COLOR_UNSPECIFIED\"}");
    assert_same("{\"choiceBool\":false,\"maybe\":0}");
    assert_reads("{\"choiceColor\":\"PINK\",\"choiceBool\":true}", "{\"choiceBool\":true}");
    const char *text = refusal("{\"choiceString\":\"a\",\"choice_int\":1}");
    assert_string_equal(text, "proto: (line 1:21): error parsing \"choice_int\", oneof is already set");
}

static void test_maps(void **state)
{
    (void)state;
    assert_same("{\"stringMap\":{\"b\":\"1\",\"a\":\"2\",\"\":\"\"}}");
    assert_same("{\"leafMap\":{\"-5\":{\"text\":\"x\"},\"7\":{}},\"colorMap\":{\"true\":\"RED\",\"false\":9},"
                "\"doubleMap\":{\"4294967295\":1.5}}");
    assert_reads("{\"colorMap\":{\"true\":\"PINK\"}}", "{}");
    assert_same("{\"notAMap\":[{\"key\":\"k\",\"value\":\"v\"}]}");
    assert_refused("{\"stringMap\":{\"a\":\"1\",\"a\":\"2\"}}");
    assert_refused("{\"leafMap\":{\"1\":{},\"01\":{}}}");
    assert_refused("{\"leafMap\":{\"1\":{},\"1.0\":{}}}");
    assert_refused("{\"leafMap\":{\"x\":{}}}");
    assert_refused("{\"leafMap\":{\"9223372036854775808\":{}}}");
    assert_refused("{\"colorMap\":{\"True\":\"RED\"}}");
    assert_refused("{\"colorMap\":{\"true\":\"RED\",\"true\":\"RED\"}}");
    assert_refused("{\"stringMap\":[]}");
    assert_refused("{\"stringMap\":{\"a\\u0000\":\"1\"}}");
}

static const char *nested(const char *open, const char *close, const char *middle, unsigned levels)
{
    struct buf text = buf_in(arena);
    for (unsigned i = 0; i < levels; i++)
        buf_add_str(&text, open);
    buf_add_str(&text, middle);
    for (unsigned i = 0; i < levels; i++)
        buf_add_str(&text, close);
    return buf_str(&text);
}

static void test_depth(void **state)
{
    (void)state;
    const char *open = "{\"child\":", *close = "}";
    read_as(&memora__test__leaf__descriptor, nested(open, close, "{}", CODEC_MAX_DEPTH - 1));
    assert_refused(arena_printf(arena, "{\"leaf\":%s}", nested(open, close, "{}", CODEC_MAX_DEPTH)));
    assert_refused(arena_printf(arena, "{\"value\":%s}", nested("[", "]", "", 100000)));
    assert_refused(arena_printf(arena, "{\"value\":%s}", nested("{\"a\":", "}", "1", 100000)));
    assert_refused(arena_printf(arena, "{\"unknown\":%s}", nested("[", "]", "", 100000)));
    assert_refused(nested("{\"any\":", "}", "{}", 100000));
    assert_refused(nested("{", "}", "", 100000));
}

static void test_too_many_values(void **state)
{
    (void)state;
    struct buf text = buf_in(arena);
    buf_add_str(&text, "{\"strings\":[\"\"");
    for (int i = 0; i < CODEC_MAX_NODES; i++)
        buf_add_str(&text, ",\"\"");
    buf_add_str(&text, "]}");
    assert_string_equal(refusal_with(text.data, text.len, NULL), "message has too many values");
}

static void test_syntax(void **state)
{
    (void)state;
    static const char *const bad[] = {"{",
                                      "[]",
                                      "\"a\"",
                                      "1",
                                      "",
                                      " ",
                                      "{]",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":1,}",
                                      "{,}",
                                      "{\"a\":1 \"b\":2}",
                                      "{} x",
                                      "{}{}",
                                      "{\"a\":tru}",
                                      "{\"a\":nul}",
                                      "{a:1}",
                                      "{\"a\":[1,2}",
                                      "{\"a\":01}",
                                      "{\"a\":1.}",
                                      "\xEF\xBB\xBF{}",
                                      "{\"aString\":\"x\"",
                                      "{\"a\":\"\\q\"}",
                                      "//{}",
                                      "{\"a\":/*c*/1}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_refused(bad[i]);
    assert_string_equal(refusal(""), "zero-length payload is not a valid JSON object");
    assert_string_equal(
        refusal("\n {bad"),
        "proto: syntax error (line 2:3): invalid character 'b' looking for beginning of object key string");
    assert_reads(" \t\r\n{ \"aString\" : \"x\" } \n", "{\"aString\":\"x\"}");
    /* A NUL inside the text is a byte like others. */
    assert_true(*refusal_with("{}\0", 3, NULL));
    assert_true(*refusal_with("{\"a\":\0}", 7, NULL));
}

/* The texts of the gateway (platform.md 1.6). */
static void test_rest_texts(void **state)
{
    (void)state;
    assert_string_equal(rest_refusal("{bad"), "invalid character 'b' looking for beginning of object key string");
    assert_string_equal(rest_refusal("{\"aString\":"), "unexpected EOF");
    assert_string_equal(rest_refusal("{\"aString\":1}"),
                        "proto: (line 1:12): invalid value for string field aString: 1");
    assert_string_equal(rest_refusal("  {\"leaf\":{\"text\":1}}"),
                        "proto: (line 1:17): invalid value for string field text: 1");
    /* Syntax goes before meaning. */
    assert_string_equal(rest_refusal("{\"aString\":1,}"),
                        "invalid character '}' looking for beginning of object key string");
    assert_string_equal(rest_refusal("{\"a\":tru}"), "invalid character '}' in literal true (expecting 'e')");
    assert_string_equal(rest_refusal("{\"a\" 1}"), "invalid character '1' after object key");
    assert_string_equal(rest_refusal("{\"a\":1 2}"), "invalid character '2' after object key:value pair");
    assert_string_equal(rest_refusal("{\"a\":[1 2]}"), "invalid character '2' after array element");
    assert_string_equal(rest_refusal("{\"a\":\"\n\"}"), "invalid character '\\n' in string literal");
    assert_string_equal(rest_refusal("{\"a\":\"\\q\"}"), "invalid character 'q' in string escape code");
    assert_string_equal(rest_refusal("\x01"), "invalid character '\\x01' looking for beginning of value");
    assert_string_equal(rest_refusal("[]"), "proto: syntax error (line 1:1): unexpected token [");
    static const struct codec_json_options options = {.rest_messages = true, .ignore_trailing = true};
    ProtobufCMessage *message;
    const char *text = "{\"aString\":\"x\"} trailing {";
    assert_int_equal(
        codec_read_json(arena, &memora__test__kinds__descriptor, text, strlen(text), &options, &message, NULL),
        STATUS_OK);
}

/* REST writes every field; unset messages are null; unset members of a oneof stay away. */
static void test_full_style(void **state)
{
    (void)state;
    ProtobufCMessage *memo =
        read_as(&memos__api__v1__memo__descriptor, "{\"name\":\"memos/a\",\"content\":\"x\",\"visibility\":\"PRIVATE\","
                                                   "\"property\":{},\"createTime\":\"2026-11-24T02:59:29Z\"}");
    assert_string_equal(
        written(memo, CODEC_JSON_FULL),
        "{\"name\":\"memos/a\",\"state\":\"STATE_UNSPECIFIED\",\"creator\":\"\","
        "\"createTime\":\"2026-11-24T02:59:29Z\",\"updateTime\":null,\"content\":\"x\",\"visibility\":\"PRIVATE\","
        "\"tags\":[],\"pinned\":false,\"attachments\":[],\"relations\":[],\"reactions\":[],"
        "\"property\":{\"hasLink\":false,\"hasTaskList\":false,\"hasCode\":false,\"hasIncompleteTasks\":false,"
        "\"title\":\"\"},\"snippet\":\"\"}");
    ProtobufCMessage *stats = read_as(&memos__api__v1__user_stats__descriptor, "{\"tagCount\":{\"work\":2}}");
    const char *text = written(stats, CODEC_JSON_FULL);
    assert_non_null(strstr(text, "\"tagCount\":{\"work\":2}"));
    stats = read_as(&memos__api__v1__user_stats__descriptor, "{}");
    assert_non_null(strstr(written(stats, CODEC_JSON_FULL), "\"tagCount\":{}"));
    ProtobufCMessage *setting = read_as(&memos__api__v1__instance_setting__descriptor,
                                        "{\"name\":\"instance/settings/STORAGE\",\"storageSetting\":{"
                                        "\"storageType\":\"LOCAL\",\"uploadSizeLimitMb\":\"30\"}}");
    assert_string_equal(written(setting, CODEC_JSON_FULL),
                        "{\"name\":\"instance/settings/STORAGE\",\"storageSetting\":{\"storageType\":\"LOCAL\","
                        "\"filepathTemplate\":\"\",\"uploadSizeLimitMb\":\"30\",\"s3Config\":null}}");
}

static void test_full_style_of_every_kind(void **state)
{
    (void)state;
    ProtobufCMessage *kinds = read_as(&memora__test__kinds__descriptor, "{}");
    const char *text = written(kinds, CODEC_JSON_FULL);
    static const char *const parts[] = {"\"anInt32\":0,",
                                        "\"anInt64\":\"0\"",
                                        "\"aFloat\":0,",
                                        "\"someBytes\":\"\"",
                                        "\"leaf\":null",
                                        "\"stringMap\":{}",
                                        "\"strings\":[]",
                                        "\"time\":null",
                                        "\"value\":null",
                                        "\"nullValue\":null",
                                        "\"aColor\":\"COLOR_UNSPECIFIED\""};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (!strstr(text, parts[i]))
            fail_msg("%s lacks %s", text, parts[i]);
    assert_null(strstr(text, "choice"));
    assert_null(strstr(text, "maybe"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_reals),
        cmocka_unit_test(test_words_and_enums),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_strings_that_are_not_utf8),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_names_with_nul),
        cmocka_unit_test(test_null),
        cmocka_unit_test(test_oneof),
        cmocka_unit_test(test_maps),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_too_many_values),
        cmocka_unit_test(test_syntax),
        cmocka_unit_test(test_rest_texts),
        cmocka_unit_test(test_full_style),
        cmocka_unit_test(test_full_style_of_every_kind),
    };
    return cmocka_run_group_tests_name("codec_json", tests, set_up, tear_down);
}
