/* The messages with a JSON form of their own: times, masks, wrappers, structs, Any. */
#include "codec_fixture.h"

static void test_times(void **state)
{
    (void)state;
    assert_same("{\"time\":\"2026-11-24T02:17:48Z\",\"times\":[\"1969-12-31T23:59:59.500Z\","
                "\"0001-01-01T00:00:00Z\",\"9999-12-31T23:59:59.999999999Z\",\"1970-01-01T00:00:00Z\"]}");
    assert_reads("{\"time\":\"2026-11-24T02:17:48.1200+01:30\"}", "{\"time\":\"2026-11-24T00:47:48.120Z\"}");
    static const char *const bad[] = {
        "\"2026-11-24\"",  "\"2026-13-24T00:00:00Z\"",  "\"2026-11-24T00:00:00\"",       "\"\"", "1795487560",
        "{\"seconds\":1}", "\"10000-01-01T00:00:00Z\"", "\"0001-01-01T00:00:00+01:00\"", "true"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_refused(arena_printf(arena, "{\"time\":%s}", bad[i]));
    Memora__Test__Kinds *kinds = CODEC_NEW(arena, Memora__Test__Kinds, memora__test__kinds__descriptor);
    kinds->time = CODEC_NEW(arena, Google__Protobuf__Timestamp, google__protobuf__timestamp__descriptor);
    kinds->time->seconds = INT64_MAX;
    struct buf out = buf_in(arena);
    assert_int_equal(codec_write_json(&out, &kinds->base, CODEC_JSON_SPARSE, NULL), STATUS_INTERNAL);
}

static void test_durations(void **state)
{
    (void)state;
    static const char *const same[] = {"0s", "1s", "-1.500s", "3.000001s", "-0.000000001s", "315576000000s"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        assert_same(arena_printf(arena, "{\"duration\":\"%s\"}", same[i]));
    assert_reads("{\"duration\":\"+3.5s\"}", "{\"duration\":\"3.500s\"}");
    assert_reads("{\"duration\":\".5s\"}", "{\"duration\":\"0.500s\"}");
    static const char *const bad[] = {"3", "s", "", "1.0000000001s", "1m", "--1s", "315576000001s", "1 s", "."};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_refused(arena_printf(arena, "{\"duration\":\"%s\"}", bad[i]));
}

static void test_masks(void **state)
{
    (void)state;
    assert_same("{\"mask\":\"displayName,avatarUrl,customProfile.logoUrl\"}");
    assert_same("{\"mask\":\"\"}");
    Memora__Test__Kinds *kinds =
        (Memora__Test__Kinds *)read_as(&memora__test__kinds__descriptor, "{\"mask\":\"displayName,a.bC2\"}");
    assert_int_equal(kinds->mask->n_paths, 2);
    assert_string_equal(kinds->mask->paths[0], "display_name");
    assert_string_equal(kinds->mask->paths[1], "a.b_c2");
    assert_string_equal(refusal("{\"mask\":\"display_name\"}"),
                        "proto: (line 1:9): google.protobuf.FieldMask.paths contains invalid path: \"display_name\"");
    assert_refused("{\"mask\":{\"paths\":[\"a\"]}}");
    assert_refused("{\"mask\":\"a,\"}");
    assert_refused("{\"mask\":\"a..b\"}");
    assert_refused("{\"mask\":\"*\"}");
    assert_refused("{\"mask\":\"1a\"}");
    struct buf many = buf_in(arena);
    buf_add_str(&many, "{\"mask\":\"a");
    for (int i = 0; i < 2000; i++)
        buf_add_str(&many, ",a");
    buf_add_str(&many, "\"}");
    assert_refused(buf_str(&many));
}

static void test_wrappers(void **state)
{
    (void)state;
    assert_same("{\"doubleWrapper\":0,\"floatWrapper\":1.5,\"int64Wrapper\":\"-1\",\"uint64Wrapper\":\"0\","
                "\"int32Wrapper\":3,\"uint32Wrapper\":4,\"boolWrapper\":false,\"stringWrapper\":\"\","
                "\"bytesWrapper\":\"QQ==\"}");
    assert_refused("{\"int64Wrapper\":{\"value\":1}}");
    assert_refused("{\"boolWrapper\":\"true\"}");
}

static void test_structs(void **state)
{
    (void)state;
    assert_same("{\"empty\":{},\"structValue\":{\"a\":null,\"b\":[1,\"x\",true,{\"c\":-2.5}],\"d\":{}},"
                "\"value\":[null,[]],\"listValue\":[{},false]}");
    assert_same("{\"value\":\"text\"}");
    assert_same("{\"value\":0}");
    assert_refused("{\"structValue\":[]}");
    assert_refused("{\"listValue\":{}}");
    assert_refused("{\"structValue\":{\"a\":1,\"a\":2}}");
    assert_refused("{\"value\":x}");
    assert_refused("{\"value\":1e999}");
    assert_refused("{\"empty\":1}");
}

static void test_any(void **state)
{
    (void)state;
    assert_same("{\"any\":{\"@type\":\"type.googleapis.com/memora.test.Leaf\",\"text\":\"x\",\"child\":{}}}");
    assert_same(
        "{\"any\":{\"@type\":\"type.googleapis.com/google.protobuf.Duration\",\"value\":\"1.500s\"},\"anys\":[{}]}");
    assert_same("{\"any\":{\"@type\":\"t/google.protobuf.Value\",\"value\":{\"a\":[1]}}}");
    assert_reads("{\"any\":{\"text\":\"x\",\"@type\":\"t/memora.test.Leaf\"}}",
                 "{\"any\":{\"@type\":\"t/memora.test.Leaf\",\"text\":\"x\"}}");
    assert_refused("{\"any\":{\"@type\":\"t/unknown.Type\"}}");
    assert_refused("{\"any\":{\"@type\":1}}");
    assert_refused("{\"any\":{\"@type\":\"t/google.protobuf.Duration\"}}");
    assert_refused("{\"any\":[]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),    cmocka_unit_test(test_durations), cmocka_unit_test(test_masks),
        cmocka_unit_test(test_wrappers), cmocka_unit_test(test_structs),   cmocka_unit_test(test_any),
    };
    return cmocka_run_group_tests_name("codec_json_known", tests, set_up, tear_down);
}
