/* Path templates and query parameters by themselves (platform.md 1.6). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/codec.h"
#include "memora/test/codec.pb-c.h"
#include "rpc/path_template.h"
#include "rpc/query_params.h"
#include "rpc/rpc.h"
#include "wire/percent.h"

#include "arena_fixture.h"

/* The message as JSON, or the error. */
static const char *applied(const char *query, const char *bound)
{
    struct status status = {0};
    struct query_filter filter = {0};
    ProtobufCMessage *message = codec_new(arena, &memora__test__kinds__descriptor);
    if (bound)
        filter.fields[filter.count++] = (struct path_text){bound, strlen(bound)};
    if (query_apply(arena, message, query, &filter, &status) != STATUS_OK) {
        assert_int_equal(status.code, STATUS_INVALID_ARGUMENT);
        return arena_strdup(arena, status.message);
    }
    struct buf out = buf_in(arena);
    assert_int_equal(codec_write_json(&out, message, CODEC_JSON_SPARSE, NULL), STATUS_OK);
    return buf_str(&out);
}

static void test_scalars(void **state)
{
    (void)state;
    assert_string_equal(applied("", NULL), "{}");
    assert_string_equal(
        applied("anInt32=-5&a_sint64=%2B7&aUint32=007&aFixed64=18446744073709551615&aFloat=1.5&aDouble=-1e3", NULL),
        "{\"anInt32\":-5,\"aUint32\":7,\"aSint64\":\"7\",\"aFixed64\":\"18446744073709551615\","
        "\"aFloat\":1.5,\"aDouble\":-1000}");
    assert_string_equal(applied("an_int64=-9223372036854775808&aSfixed32=2147483647", NULL),
                        "{\"aSfixed32\":2147483647,\"anInt64\":\"-9223372036854775808\"}");
    assert_string_equal(applied("aString=a+b%2Bc%26&someBytes=_-8&s3Config2x", NULL),
                        "{\"aString\":\"a b+c&\",\"someBytes\":\"/+8=\"}");
    assert_string_equal(applied("aDouble=NaN&aFloat=-Inf", NULL), "{\"aFloat\":\"-Infinity\",\"aDouble\":\"NaN\"}");
}

static void test_scalar_errors(void **state)
{
    (void)state;
    static const struct {
        const char *query, *text;
    } cases[] = {
        {"anInt32=", "parsing field \"an_int32\": strconv.ParseInt: parsing \"\": invalid syntax"},
        {"anInt32=1.0", "parsing field \"an_int32\": strconv.ParseInt: parsing \"1.0\": invalid syntax"},
        {"anInt32=2147483648",
         "parsing field \"an_int32\": strconv.ParseInt: parsing \"2147483648\": value out of range"},
        {"anInt64=9223372036854775808",
         "parsing field \"an_int64\": strconv.ParseInt: parsing \"9223372036854775808\": value out of range"},
        {"aUint32=-1", "parsing field \"a_uint32\": strconv.ParseUint: parsing \"-1\": invalid syntax"},
        {"aDouble=1,5", "parsing field \"a_double\": strconv.ParseFloat: parsing \"1,5\": invalid syntax"},
        {"aDouble=1e999", "parsing field \"a_double\": strconv.ParseFloat: parsing \"1e999\": value out of range"},
        {"aDouble=0x1p3", "parsing field \"a_double\": strconv.ParseFloat: parsing \"0x1p3\": invalid syntax"},
        {"aBool=yes", "parsing field \"a_bool\": strconv.ParseBool: parsing \"yes\": invalid syntax"},
        {"aColor=red", "parsing field \"a_color\": \"red\" is not a valid value"},
        {"aColor=77", "parsing field \"a_color\": \"77\" is not a valid value"},
        {"colors=RED&colors=x", "parsing list \"colors\": \"x\" is not a valid value"},
        {"someBytes=@", "parsing field \"some_bytes\": illegal base64 data at input byte 0"},
        {"aString=%FF", "parsing field \"a_string\": invalid UTF-8"},
        {"aString=%00", "parsing field \"a_string\": invalid UTF-8"},
        {"aString=%zz", "invalid URL escape \"%zz\""},
        {"aString=%4", "invalid URL escape \"%4\""},
        {"%=1", "invalid URL escape \"%\""},
        {"aString=a;b=c", "invalid semicolon separator in query"},
        {"aString=a&aString=b", "too many values for field \"a_string\": a, b"},
        {"aString[x]=a", "too many values for field \"a_string\": a"},
        {"leaf=x", "parsing field \"leaf\": unsupported message type: \"memora.test.Leaf\""},
        {"aString.x=1", "invalid path: \"aString\" is not a message"},
        {"leaves.text=1", "invalid path: \"leaves\" is not a message"},
        {"choiceInt=1&choiceString=a", "field already set for oneof of \"choice_string\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(applied(cases[i].query, NULL), cases[i].text);
}

static void test_words(void **state)
{
    (void)state;
    static const char *const yes[] = {"1", "t", "T", "true", "True", "TRUE"};
    static const char *const no[] = {"0", "f", "F", "false", "False", "FALSE"};
    for (size_t i = 0; i < 6; i++) {
        assert_string_equal(applied(arena_printf(arena, "aBool=%s", yes[i]), NULL), "{\"aBool\":true}");
        assert_string_equal(applied(arena_printf(arena, "aBool=%s", no[i]), NULL), "{}");
    }
    assert_string_equal(applied("aColor=BLUE&colors=RED&colors=5&colors=-2", NULL),
                        "{\"aColor\":\"BLUE\",\"colors\":[\"RED\",\"BLUE\",\"MINUS\"]}");
}

static void test_messages(void **state)
{
    (void)state;
    assert_string_equal(applied("leaf.text=a&leaf.child.text=b&choice_leaf.text=c", NULL),
                        "{\"leaf\":{\"text\":\"a\",\"child\":{\"text\":\"b\"}},\"choiceLeaf\":{\"text\":\"c\"}}");
    assert_string_equal(
        applied("time=2026-11-24T02:17:48.5%2B01:00&duration=3.5s&mask=display_name,avatarUrl", NULL),
        "{\"time\":\"2026-11-24T01:17:48.500Z\",\"duration\":\"3.500s\",\"mask\":\"displayName,avatarUrl\"}");
    assert_string_equal(applied("mask.paths=a&mask.paths=b_c", NULL), "{\"mask\":\"a,bC\"}");
    assert_string_equal(applied("int64Wrapper=5&boolWrapper=0&stringWrapper=", NULL),
                        "{\"int64Wrapper\":\"5\",\"boolWrapper\":false,\"stringWrapper\":\"\"}");
    assert_non_null(strstr(applied("time=yesterday", NULL), "parsing field \"time\": parsing time \"yesterday\""));
    assert_non_null(strstr(applied("duration=3", NULL), "parsing field \"duration\": time: invalid duration"));
    assert_string_equal(applied("stringMap[a]=1&stringMap[b]=2&leafMap=x&colorMap[true]=RED", NULL),
                        "more than one value provided for key \"x\" in map \"leaf_map\"");
    assert_string_equal(applied("stringMap[a]=1&string_map[a]=3&stringMap[b]=2&colorMap[true]=RED", NULL),
                        "{\"stringMap\":{\"a\":\"3\",\"b\":\"2\"},\"colorMap\":{\"true\":\"RED\"}}");
    assert_string_equal(applied("stringMap[a]=1&stringMap[a]=2", NULL),
                        "more than one value provided for key \"a\" in map \"string_map\"");
}

static void test_ignored(void **state)
{
    (void)state;
    assert_string_equal(applied("unknown=1&leaf.unknown=2&unknown.text=3&=4&a=b=c&[]=x&.=y&]=z&[=q", NULL),
                        "{\"leaf\":{}}");
    assert_string_equal(applied("leaf.text=a&leaf.child.text=b&aString=c", "leaf"), "{\"aString\":\"c\"}");
    assert_string_equal(applied("leaf.text=a&leaf.child.text=b&a_string=c", "leaf.text"),
                        "{\"aString\":\"c\",\"leaf\":{\"child\":{\"text\":\"b\"}}}");
    assert_string_equal(applied("a_string=c&aString=d&choiceString=e", "a_string"), "{\"choiceString\":\"e\"}");
}

static void test_bounds(void **state)
{
    (void)state;
    struct buf query = buf_in(arena);
    for (int i = 0; i <= QUERY_MAX_PARAMETERS; i++)
        buf_add_str(&query, "x=1&");
    assert_string_equal(applied(buf_str(&query), NULL), "too many query parameters");
    query.len = 0;
    buf_add_str(&query, "leaf");
    for (int i = 0; i < 10000; i++)
        buf_add_str(&query, ".child");
    buf_add_str(&query, ".text=a");
    const char *text = applied(buf_str(&query), NULL);
    assert_true(strlen(text) < 2000);
}

static void test_every_template_compiles(void **state)
{
    (void)state;
    for (unsigned i = 0; i < rpc_method_count; i++) {
        struct path_template template;
        if (rpc_methods[i].http_template)
            assert_true(path_template_compile(rpc_methods[i].http_template, &template));
    }
}

static void test_template_syntax(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "a",
                                      "/",
                                      "/a/",
                                      "/{a",
                                      "/{=b}",
                                      "/a{b}",
                                      "/{a}b",
                                      "/a:",
                                      "/**",
                                      "/{a=b/**}",
                                      "//a",
                                      "/a//b",
                                      "/{a=}",
                                      "/{a}{b}",
                                      "/a/{b=/*}",
                                      "/a:b/c/{",
                                      "/{a={b}}",
                                      "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17",
                                      "/{a}/{b}/{c}/{d}/{e}"};
    struct path_template template;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (path_template_compile(bad[i], &template))
            fail_msg("compiled: %s", bad[i]);
    assert_true(path_template_compile("/v1/{a.b=x/*/y}/*/z:verb", &template));
    assert_int_equal(template.segment_count, 6);
    assert_int_equal(template.variables[0].count, 3);
    struct path_parts parts;
    assert_int_equal(path_split(arena, "/v1/x/1%32/y/q/z:verb", &parts), PATH_OK);
    assert_true(path_template_match(&template, &parts));
    assert_string_equal(path_variable_value(arena, &template, 0, &parts), "x/12/y");
    assert_int_equal(path_split(arena, "/v1/x/1/y/q/z", &parts), PATH_OK);
    assert_false(path_template_match(&template, &parts));
    assert_int_equal(path_split(arena, "/v1/x/1/y/q/:verb", &parts), PATH_OK);
    assert_false(path_template_match(&template, &parts));
}

static void test_percent(void **state)
{
    (void)state;
    size_t length;
    const char *bad = NULL;
    assert_string_equal(wire_percent_decode(arena, "a%2fb+%C3%a9", 12, false, &length, NULL), "a/b+\xC3\xA9");
    assert_string_equal(wire_percent_decode(arena, "a+b", 3, true, &length, NULL), "a b");
    static const char cut[] = "ab%4";
    assert_null(wire_percent_decode(arena, cut, 4, true, &length, &bad));
    assert_ptr_equal(bad, cut + 2);
    assert_string_equal(wire_percent_encode_message(arena, "a b%\x7F\n"), "a b%25%7F%0A");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars),         cmocka_unit_test(test_scalar_errors),
        cmocka_unit_test(test_words),           cmocka_unit_test(test_messages),
        cmocka_unit_test(test_ignored),         cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_template_syntax), cmocka_unit_test(test_every_template_compiles),
        cmocka_unit_test(test_percent),
    };
    return cmocka_run_group_tests_name("rpc_query", tests, set_up, tear_down);
}
