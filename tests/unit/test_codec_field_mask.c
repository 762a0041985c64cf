/* Masks that a REST body or a query implies (platform.md 1.6), and durations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/codec.h"
#include "codec/duration.h"
#include "codec/field_mask.h"
#include "memos/api/v1/instance_service.pb-c.h"
#include "memos/api/v1/memo_service.pb-c.h"

#include "arena_fixture.h"

static const char *joined(const Google__Protobuf__FieldMask *mask)
{
    struct buf out = buf_in(arena);
    for (size_t i = 0; i < mask->n_paths; i++)
        buf_printf(&out, "[%s]", mask->paths[i]);
    return buf_str(&out);
}

static const char *derived(const ProtobufCMessageDescriptor *descriptor, const char *body)
{
    Google__Protobuf__FieldMask *mask = NULL;
    struct status status = {0};
    if (codec_field_mask_from_body(arena, descriptor, body, strlen(body), &mask, &status) != STATUS_OK)
        return arena_strdup(arena, status.message);
    return joined(mask);
}

static void test_from_body(void **state)
{
    (void)state;
    const ProtobufCMessageDescriptor *memo = &memos__api__v1__memo__descriptor;
    assert_string_equal(derived(memo, "{\"content\":\"x\"}"), "[content]");
    assert_string_equal(derived(memo, "{\"updateTime\":\"2026-11-24T02:17:48Z\",\"content\":null,\"create_time\":1}"),
                        "[content][create_time][update_time]");
    assert_string_equal(derived(memo, "{\"property\":{\"hasLink\":true,\"title\":\"\"}}"),
                        "[property.has_link][property.title]");
    assert_string_equal(derived(memo, "{\"attachments\":[{\"name\":\"a\"}],\"tags\":[]}"), "[attachments][tags]");
    assert_string_equal(derived(memo, "{\"location\":{},\"property\":null}"), "[location][property]");
    assert_string_equal(derived(memo, "{}"), "[]");
    assert_string_equal(derived(memo, ""), "");
    assert_string_equal(derived(memo, " \n"), "");
    assert_string_equal(derived(&memos__api__v1__instance_setting__descriptor,
                                "{\"tagsSetting\":{\"tags\":{\"a\":{}}},\"name\":\"x\"}"),
                        "[name][tags_setting.tags]");
}

static void test_from_body_refused(void **state)
{
    (void)state;
    const ProtobufCMessageDescriptor *memo = &memos__api__v1__memo__descriptor;
    assert_string_equal(derived(memo, "{\"foo\":1}"), "could not find field \"foo\" in \"memos.api.v1.Memo\"");
    assert_string_equal(derived(memo, "{\"location\":{\"foo\":1}}"),
                        "could not find field \"foo\" in \"memos.api.v1.Location\"");
    assert_string_equal(derived(memo, "{\"content\":{\"foo\":1}}"), "JSON structure did not match request type");
    struct buf deep = buf_in(arena);
    buf_add_str(&deep, "{\"tags\":");
    for (int i = 0; i < 100000; i++)
        buf_add_char(&deep, '[');
    assert_string_equal(derived(memo, buf_str(&deep)), "proto: exceeded max recursion depth");
}

static void test_from_query(void **state)
{
    (void)state;
    Google__Protobuf__FieldMask *mask =
        CODEC_NEW(arena, Google__Protobuf__FieldMask, google__protobuf__field_mask__descriptor);
    assert_int_equal(codec_field_mask_from_query(arena, "display_name,avatarUrl,", 23, mask), FIELD_MASK_OK);
    assert_string_equal(joined(mask), "[display_name][avatarUrl][]");
    char commas[FIELD_MASK_MAX_PATHS + 1];
    memset(commas, ',', sizeof commas);
    assert_int_equal(codec_field_mask_from_query(arena, commas, sizeof commas, mask), FIELD_MASK_TOO_LONG);
}

static void test_from_json(void **state)
{
    (void)state;
    const char *bad = NULL;
    size_t bad_length = 0;
    Google__Protobuf__FieldMask *mask =
        CODEC_NEW(arena, Google__Protobuf__FieldMask, google__protobuf__field_mask__descriptor);
    assert_int_equal(codec_field_mask_from_json(arena, " aBC,d.eF ", 10, mask, &bad, &bad_length), FIELD_MASK_OK);
    assert_string_equal(joined(mask), "[a_b_c][d.e_f]");
    assert_int_equal(codec_field_mask_from_json(arena, "a,b c", 5, mask, &bad, &bad_length), FIELD_MASK_BAD_PATH);
    assert_int_equal(bad_length, 3);
    assert_memory_equal(bad, "b c", 3);
}

static void test_duration(void **state)
{
    (void)state;
    Google__Protobuf__Duration duration = GOOGLE__PROTOBUF__DURATION__INIT;
    assert_true(codec_parse_duration("-3.5s", 5, &duration));
    assert_int_equal(duration.seconds, -3);
    assert_int_equal(duration.nanos, -500000000);
    assert_false(codec_parse_duration("3.5", 3, &duration));
    assert_false(codec_parse_duration("999999999999999999999999s", 25, &duration));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_from_body), cmocka_unit_test(test_from_body_refused), cmocka_unit_test(test_from_query),
        cmocka_unit_test(test_from_json), cmocka_unit_test(test_duration),
    };
    return cmocka_run_group_tests_name("codec_field_mask", tests, set_up, tear_down);
}
