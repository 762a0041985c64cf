/* Messages that lie in a spool are read as those in memory are: the same values, the same refusals. */
#include <stdio.h>
#include <unistd.h>

#include "base/base64.h"
#include "codec_fixture.h"

enum { ROUNDS = 400, LONGEST = 5 * SPOOL_STEP };

static struct spool_list spools;
static uint64_t seed = 20;

static uint32_t chance(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % below;
}

static int with_spools(void **state)
{
    spools = (struct spool_list){.area = spool_area_create("/tmp", UINT64_C(1) << 30)};
    return set_up(state);
}

static int without_spools(void **state)
{
    spool_list_close(&spools);
    spool_area_destroy(spools.area);
    return tear_down(state);
}

static const char *spooled(const struct buf *body)
{
    struct spool *spool = NULL;
    const char *mapped = NULL;
    struct status status = {0};
    if (spool_create(&spools, &spool, &status) || spool_write(spool, body->data, body->len, &status) ||
        spool_map(spool, &mapped, &status))
        fail_msg("%s", status.message);
    return mapped;
}

/* Both ways; the answer of the one in memory. */
static enum status_code compare_json(const struct buf *body, bool rest)
{
    const struct codec_json_options plain = {.rest_messages = rest, .ignore_trailing = rest},
                                    large = {.rest_messages = rest, .ignore_trailing = rest, .spools = &spools};
    ProtobufCMessage *first = NULL, *second = NULL;
    struct status one = {0}, two = {0};
    enum status_code code =
        codec_read_json(arena, &memora__test__kinds__descriptor, body->data, body->len, &plain, &first, &one);
    enum status_code other =
        codec_read_json(arena, &memora__test__kinds__descriptor, spooled(body), body->len, &large, &second, &two);
    assert_string_equal(two.message, one.message);
    assert_int_equal(other, code);
    if (code == STATUS_OK) {
        struct buf a = buf_in(arena), b = buf_in(arena);
        codec_write_proto(&a, first);
        codec_write_proto(&b, second);
        assert_int_equal(b.len, a.len);
        assert_memory_equal(b.data, a.data, a.len);
    }
    spool_list_close(&spools);
    return code;
}

static void pad(struct buf *body)
{
    buf_reserve(body, SPOOL_MEMORY + 1);
    memset(body->data + body->len, ' ', SPOOL_MEMORY + 1);
    body->len += SPOOL_MEMORY + 1;
}

static void test_edges(void **state)
{
    static const char *const bodies[] = {
        "{\"someBytes\":\"aGVsbG8=\"}",
        "{\"someBytes\":\"aGVsbG8\"}",
        "{\"someBytes\":\"-_-_\"}",
        "{\"someBytes\":\"\"}",
        "{\"someBytes\":null}",
        "{\"someBytes\":5}",
        "{\"someBytes\":{\"a\":[]}}",
        "{\"someBytes\":\"a\"}",
        "{\"someBytes\":\"aGk=aGk=\"}",
        "{\"someBytes\":\"aGk=\",\"someBytes\":\"aGk=\"}",
        "{\"someBytes\":\"aGk=\",\"some_bytes\":\"aGk=\"}",
        "{\"someBytes\":\"aG\\u006b=\"}",
        "{\"someBytes\":\"\\/\\/\\/\\/\"}",
        "{\"someBytes\":\"aGk\\q\"}",
        "{\"someBytes\":\"!!!\\q\"}",
        "{\"someBytes\":\"aGk\n\"}",
        "{\"someBytes\":\"aGk\\n=\"}",
        "{\"someBytes\":\"\\ud83d\\ude00\"}",
        "{\"someBytes\":\"\\ud83d\"}",
        "{\"someBytes\":\"aGk\xFF\"}",
        "{\"someBytes\":\"aGk\xC3\\u00a9\"}",
        "{\"someBytes\":\"aGk\xC3\xA9\"}",
        "{\"someBytes\":\"aGk",
        "{\"someBytes\":\"aGk=\"",
        "{\"someBytes\":\"aGk=\"} x",
        "{\n\n\"someBytes\":\"aGk=\",\n  \"byteLists\":[\"aGk\",\"aGk\"],\"nothing\":\"\xC3\xA9\",\n \"someInt\":}",
        "{\"choiceBytes\":\"aGk\",\"choiceString\":\"a\"}",
        "{\"bytesWrapper\":\"aGk\"}",
        "{\"nothing\":\"aGk\\uD\"}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        for (int rest = 0; rest < 2; rest++) {
            struct buf body = buf_in(arena);
            buf_add_str(&body, bodies[i]);
            pad(&body);
            compare_json(&body, rest);
        }
}

/* Base64 of some length, now and then spoiled or written with escapes. */
static void add_value(struct buf *body, size_t length)
{
    static const char *const spoils[] = {"\\/",  "\\u0041",  "\\n",     "\n", "=",  "!",
                                         "\xC3", "\xC3\xA9", "\\ud800", "\\", "\"", "\\q"};
    char *bytes = arena_alloc(arena, length + 1);
    struct buf text = buf_in(arena);
    for (size_t i = 0; i < length; i++)
        bytes[i] = (char)chance(256);
    if (chance(2))
        base64_encode(&text, bytes, length);
    else
        base64_encode_url(&text, bytes, length);
    size_t at = 0;
    for (unsigned spoil = chance(4); text.len && spoil > 0; spoil--) {
        size_t next = at + chance((uint32_t)(text.len - at));
        buf_add(body, text.data + at, next - at);
        buf_add_str(body, spoils[chance(chance(2) ? 3 : sizeof spoils / sizeof *spoils)]);
        at = next;
    }
    buf_add(body, text.data + at, text.len - at);
}

static void test_random_json(void **state)
{
    unsigned accepted = 0;
    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct buf body = buf_in(arena);
        buf_add_str(&body, chance(2) ? "{\"aString\":\"\xC3\xA9\",\n\"someBytes\":\"" : "{\"someBytes\":\"");
        add_value(&body, round % 8 == 0 ? chance(LONGEST) : chance(300));
        buf_add_str(&body, chance(2) ? "\",\"anInt32\":5}" : "\"}");
        if (chance(8) == 0)
            body.len = chance((uint32_t)body.len) + 1;
        pad(&body);
        accepted += compare_json(&body, round % 2) == STATUS_OK;
        arena_reset(arena);
    }
    assert_in_range(accepted, ROUNDS / 8, ROUNDS * 7 / 8);
}

static void test_long_value_is_in_a_spool(void **state)
{
    struct buf body = buf_in(arena);
    const struct codec_json_options options = {.spools = &spools};
    ProtobufCMessage *message = NULL;
    struct status status = {0};
    (void)state;
    buf_add_str(&body, "{\"someBytes\":\"");
    for (int i = 0; i < 4 * SPOOL_MEMORY; i++)
        buf_add_str(&body, "QUJD");
    buf_add_str(&body, "\"}");
    const char *text = spooled(&body);
    size_t before = arena_used(arena);
    if (codec_read_json(arena, &memora__test__kinds__descriptor, text, body.len, &options, &message, &status))
        fail_msg("%s", status.message);
    const Memora__Test__Kinds *kinds = (const Memora__Test__Kinds *)message;
    assert_int_equal(kinds->some_bytes.len, 12 * SPOOL_MEMORY);
    assert_true(spool_holds(&spools, kinds->some_bytes.data));
    for (size_t i = 0; i < kinds->some_bytes.len; i++)
        assert_int_equal(kinds->some_bytes.data[i], 'A' + i % 3);
    assert_in_range(arena_used(arena) - before, 1, 2 * SPOOL_MEMORY + 4 * SPOOL_STEP); /* whatever its length */

    struct spool_area *area = spools.area;
    spools.area = spool_area_create("/tmp", 100);
    assert_int_equal(
        codec_read_json(arena, &memora__test__kinds__descriptor, text, body.len, &options, &message, &status),
        STATUS_RESOURCE_EXHAUSTED);
    spool_list_close(&spools);
    spool_area_destroy(spools.area);
    spools.area = area;
}

static void test_proto_is_borrowed(void **state)
{
    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct buf body = buf_in(arena);
        unsigned fields = chance(6);
        for (unsigned i = 0; i < fields; i++) {
            size_t length = chance(300);
            buf_add(&body, chance(2) ? "\x82\x01" : "\xBA\x01", 2); /* some_bytes, byte_lists */
            buf_add_char(&body, (char)((length & 127) | 128));
            buf_add_char(&body, (char)(length >> 7));
            for (size_t k = 0; k < length; k++)
                buf_add_char(&body, (char)chance(256));
        }
        if (body.len && chance(4) == 0)
            body.len = chance((uint32_t)body.len) + 1;
        const char *mapped = spooled(&body);
        ProtobufCMessage *first = NULL, *second = NULL;
        struct status one = {0}, two = {0};
        enum status_code code =
            codec_read_proto(arena, &memora__test__kinds__descriptor, body.data, body.len, &first, &one);
        assert_int_equal(
            codec_read_proto_in(arena, &spools, &memora__test__kinds__descriptor, mapped, body.len, &second, &two),
            code);
        assert_string_equal(two.message, one.message);
        if (code == STATUS_OK) {
            assert_string_equal(written(second, CODEC_JSON_SPARSE), written(first, CODEC_JSON_SPARSE));
            const Memora__Test__Kinds *kinds = (const Memora__Test__Kinds *)second;
            if (kinds->some_bytes.len)
                assert_true(spool_holds(&spools, kinds->some_bytes.data));
        }
        spool_list_close(&spools);
        arena_reset(arena);
    }
}

/* Wherever a message is cut off, only within the bytes of a field something is found, and that is where they begin. */
static void test_unfinished(void **state)
{
    (void)state;
    /* an_int32, some_bytes, a_string, a_fixed64, then choice of a message with bytes of its own: the value of Any */
    struct buf body = buf_in(arena);
    const size_t first = 5, second = first + 3 + 9 + 2;
    buf_add(&body,
            "\x08\x05\x82\x01\x03"
            "abc",
            8);
    buf_add(&body,
            "\x51"
            "12345678",
            9);
    size_t any = body.len;
    Memora__Test__Kinds kinds = MEMORA__TEST__KINDS__INIT;
    Google__Protobuf__Any value = GOOGLE__PROTOBUF__ANY__INIT;
    uint8_t bytes[400] = {1};
    value.type_url = arena_strdup(arena, "x/y");
    value.value = (ProtobufCBinaryData){sizeof bytes, bytes};
    kinds.any = &value;
    codec_write_proto(&body, &kinds.base);
    size_t inner = body.len - sizeof bytes;
    assert_true(any > first && inner > second);
    for (size_t length = 0; length <= body.len; length++) {
        size_t expected = length > first && length < first + 3  ? first
                          : length > inner && length < body.len ? inner
                                                                : 0;
        size_t at = codec_proto_unfinished(&memora__test__kinds__descriptor, body.data, length);
        if (length == first || length == inner) /* none of them has come */
            assert_true(at == 0 || at == length);
        else
            assert_int_equal(at, expected);
    }
    assert_int_equal(codec_proto_unfinished(&memora__test__kinds__descriptor, "\xFF\xFF", 2), 0);
    assert_int_equal(codec_proto_unfinished(&memora__test__kinds__descriptor, "\x07\x82\x01\x7F", 4), 0);
    assert_int_equal(codec_proto_unfinished(&memora__test__kinds__descriptor, "\x7A\x7Fxy", 4), 0);     /* a string */
    assert_int_equal(codec_proto_unfinished(&memora__test__kinds__descriptor, "\xBA\x3F\x7Fxy", 5), 0); /* unknown */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_edges, with_spools, without_spools),
        cmocka_unit_test_setup_teardown(test_random_json, with_spools, without_spools),
        cmocka_unit_test_setup_teardown(test_long_value_is_in_a_spool, with_spools, without_spools),
        cmocka_unit_test_setup_teardown(test_proto_is_borrowed, with_spools, without_spools),
        cmocka_unit_test_setup_teardown(test_unfinished, with_spools, without_spools),
    };
    return cmocka_run_group_tests_name("codec_large", tests, NULL, NULL);
}
