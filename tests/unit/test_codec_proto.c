/* The binary form: what protobuf-c writes is read back; what is malformed or too large is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "codec/codec.h"
#include "codec/descriptor.h"
#include "memora/test/codec.pb-c.h"
#include "memos/api/v1/user_service.pb-c.h"

#include "arena_fixture.h"

static Memora__Test__Kinds *read_kinds(const void *data, size_t length)
{
    /* A copy of the exact size, so that a sanitizer sees a read beyond the end. */
    char *copy = malloc(length ? length : 1);
    assert_non_null(copy);
    if (length)
        memcpy(copy, data, length);
    ProtobufCMessage *message = NULL;
    struct status status = {0};
    enum status_code code = codec_read_proto(arena, &memora__test__kinds__descriptor, copy, length, &message, &status);
    free(copy);
    if (code != STATUS_OK)
        assert_int_equal(code, STATUS_INVALID_ARGUMENT);
    return code == STATUS_OK ? (Memora__Test__Kinds *)message : NULL;
}

#define READ(bytes) read_kinds(bytes, sizeof bytes - 1)

static const char *json_of(const ProtobufCMessage *message)
{
    struct buf out = buf_in(arena);
    assert_int_equal(codec_write_json(&out, message, CODEC_JSON_SPARSE, NULL), STATUS_OK);
    return buf_str(&out);
}

static void test_scalars(void **state)
{
    (void)state;
    assert_string_equal(json_of(&READ("")->base), "{}");
    Memora__Test__Kinds *kinds = READ("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01" /* int32 -1 */
                                      "\x10\x03"                                     /* sint32 -2 */
                                      "\x1D\x01\x00\x00\x80"                         /* sfixed32 */
                                      "\x20\xFF\xFF\xFF\xFF\x0F"                     /* uint32 */
                                      "\x38\x01"                                     /* sint64 -1 */
                                      "\x41\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F"         /* sfixed64 */
                                      "\x5D\x00\x00\xC0\x3F"                         /* float 1.5 */
                                      "\x61\x00\x00\x00\x00\x00\x00\x04\xC0"         /* double -2.5 */
                                      "\x68\x80\x02"                                 /* bool from 256 */
                                      "\x70\x63"                                     /* enum 99 */
                                      "\x7A\x02hi");
    assert_non_null(kinds);
    assert_string_equal(json_of(&kinds->base),
                        "{\"anInt32\":-1,\"aSint32\":-2,\"aSfixed32\":-2147483647,\"aUint32\":4294967295,"
                        "\"aSint64\":\"-1\",\"aSfixed64\":\"9223372036854775807\",\"aFloat\":1.5,\"aDouble\":-2.5,"
                        "\"aBool\":true,\"aColor\":99,\"aString\":\"hi\"}");
    /* The last one of a scalar wins. */
    kinds = READ("\x08\x01\x08\x02\x7A\x01x\x7A\x01y");
    assert_int_equal(kinds->an_int32, 2);
    assert_string_equal(kinds->a_string, "y");
}

static void test_repeated(void **state)
{
    (void)state;
    /* packed, unpacked and mixed */
    Memora__Test__Kinds *kinds = READ("\xAA\x01\x03\x01\x02\x03\xA8\x01\x04\xAA\x01\x00");
    assert_int_equal(kinds->n_int32s, 4);
    assert_int_equal(kinds->int32s[3], 4);
    kinds = READ("\xD2\x01\x10\x00\x00\x00\x00\x00\x00\xF0\x3F\x00\x00\x00\x00\x00\x00\x00\x40");
    assert_int_equal(kinds->n_doubles, 2);
    assert_true(kinds->doubles[1] == 2.0);
    kinds = READ("\xB2\x01\x00\xB2\x01\x01q");
    assert_int_equal(kinds->n_strings, 2);
    assert_null(READ("\xAA\x01\x02\x01\x80"));                 /* varint cut off inside */
    assert_null(READ("\xD2\x01\x07\x00\x00\x00\x00\x00\x00")); /* half a double */
}

static void test_messages_merge(void **state)
{
    (void)state;
    Memora__Test__Kinds *kinds = READ("\x8A\x01\x03\x0A\x01x\x8A\x01\x04\x12\x02\x0A\x00\x8A\x01\x05\x12\x03\x0A\x01z");
    assert_string_equal(json_of(&kinds->base), "{\"leaf\":{\"text\":\"x\",\"child\":{\"text\":\"z\"}}}");
}

static void test_oneof(void **state)
{
    (void)state;
    assert_string_equal(json_of(&READ("\xCA\x02\x01q\xD0\x02\x05")->base), "{\"choiceInt\":\"5\"}");
    /* A number is not taken for the address of a message. */
    assert_string_equal(json_of(&READ("\xD0\x02\xFF\xFF\xFF\xFF\x0F\xDA\x02\x03\x0A\x01w")->base),
                        "{\"choiceLeaf\":{\"text\":\"w\"}}");
    assert_string_equal(json_of(&READ("\xDA\x02\x00\xCA\x02\x00")->base), "{\"choiceString\":\"\"}");
    assert_string_equal(json_of(&READ("\x98\x03\x00")->base), "{\"maybe\":0}");
}

static void test_maps(void **state)
{
    (void)state;
    Memora__Test__Kinds *kinds = READ("\xFA\x01\x06\x0A\x01k\x12\x01v\xFA\x01\x06\x0A\x01k\x12\x01w\xFA\x01\x00"
                                      "\x82\x02\x02\x08\x07");
    assert_string_equal(json_of(&kinds->base), "{\"stringMap\":{\"k\":\"w\",\"\":\"\"},\"leafMap\":{\"7\":{}}}");
    assert_non_null(kinds->leaf_map[0]->value);
}

static void test_unknown_fields(void **state)
{
    (void)state;
    Memora__Test__Kinds *kinds = READ("\xA0\x7D\x01\xA1\x7D\x01\x02\x03\x04\x05\x06\x07\x08\xA2\x7D\x02xx"
                                      "\xA5\x7D\x01\x02\x03\x04\xA3\x7D\x08\x01\xA3\x7D\xA4\x7D\xA4\x7D\x08\x09");
    assert_non_null(kinds);
    assert_int_equal(kinds->an_int32, 9);
    assert_int_equal(kinds->base.n_unknown_fields, 0);
    /* a known number with another wire type is unknown too */
    kinds = READ("\x0A\x01x\x78\x05\x08\x07");
    assert_int_equal(kinds->an_int32, 7);
    assert_string_equal(kinds->a_string, "");
}

static void test_malformed(void **state)
{
    (void)state;
    assert_null(READ("\x08"));
    assert_null(READ("\x80"));
    assert_null(READ("\x00\x01"));                                         /* field number 0 */
    assert_null(READ("\x7A\x05hi"));                                       /* longer than what is there */
    assert_null(READ("\x7A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"));     /* length 2^64-1 */
    assert_null(READ("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02"));     /* more than 64 bits */
    assert_null(READ("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01")); /* 11 bytes */
    assert_null(READ("\x0F\x01"));                                         /* wire type 7 */
    assert_null(READ("\x1D\x01\x00"));
    assert_null(READ("\x61\x01\x00\x00\x00"));
    assert_null(READ("\x8A\x01\x02\x0A\x05"));
    assert_null(READ("\x0B\x08\x01"));     /* group without an end */
    assert_null(READ("\x0B\x08\x01\x14")); /* group ended by another */
    assert_null(READ("\x0C"));             /* end without a start */
    assert_null(READ("\xFF\xFF\xFF\xFF\xFF\x01\x01"));
}

static void test_strings(void **state)
{
    (void)state;
    assert_null(READ("\x7A\x01\xFF"));
    assert_null(READ("\x7A\x02\xC0\x80"));
    assert_null(READ("\x7A\x03\xED\xA0\x80"));
    assert_null(READ("\x7A\x03"
                     "a\0b"));
    assert_null(READ("\xB2\x01\x01\x80"));
    assert_non_null(READ("\x7A\x04\xF0\x9F\x90\xBB"));
    Memora__Test__Kinds *kinds = READ("\x82\x01\x03\x00\xFF\x00");
    assert_int_equal(kinds->some_bytes.len, 3);
}

/* levels messages Leaf, each in the member child of the one before */
static struct buf nested(unsigned levels)
{
    struct buf inner = buf_in(arena);
    for (unsigned i = 0; i < levels; i++) {
        struct buf outer = buf_in(arena);
        buf_add_char(&outer, '\x12');
        for (size_t length = inner.len;; length >>= 7) {
            buf_add_char(&outer, (char)(length > 127 ? (length & 127) | 128 : length));
            if (length <= 127)
                break;
        }
        buf_add(&outer, inner.data, inner.len);
        inner = outer;
    }
    return inner;
}

static void test_depth(void **state)
{
    (void)state;
    ProtobufCMessage *message;
    struct buf data = nested(CODEC_MAX_DEPTH - 1);
    assert_int_equal(codec_read_proto(arena, &memora__test__leaf__descriptor, data.data, data.len, &message, NULL),
                     STATUS_OK);
    data = nested(CODEC_MAX_DEPTH);
    assert_int_equal(codec_read_proto(arena, &memora__test__leaf__descriptor, data.data, data.len, &message, NULL),
                     STATUS_INVALID_ARGUMENT);
    struct buf groups = buf_in(arena);
    for (int i = 0; i < 100000; i++)
        buf_add_char(&groups, '\x0B');
    assert_null(read_kinds(groups.data, groups.len));
}

static void test_too_many_values(void **state)
{
    (void)state;
    struct buf data = buf_in(arena);
    for (int i = 0; i <= CODEC_MAX_NODES / 2; i++)
        buf_add(&data, "\xC2\x01\x00", 3); /* repeated Leaf: an element and a message each */
    assert_null(read_kinds(data.data, data.len));
    data.len = 0;
    buf_add(&data, "\xAA\x01\x81\x80\x10", 5); /* 2^18 + 1 packed numbers */
    for (int i = 0; i <= CODEC_MAX_NODES; i++)
        buf_add_char(&data, '\x01');
    assert_null(read_kinds(data.data, data.len));
}

/* A message in many pieces: what it costs must not grow with pieces times entries. */
static void test_map_in_pieces(void **state)
{
    (void)state;
    enum { ENTRIES = 10000, PIECES = 100000 };
    struct buf entries = buf_in(arena), data = buf_in(arena);
    for (unsigned i = 0; i < ENTRIES; i++) {
        const char key[] = {(char)('a' + i % 26), (char)('a' + i / 26 % 26), (char)('a' + i / 676)};
        buf_add(&entries, "\x0A\x05\x0A\x03", 4); /* an entry of Struct.fields with its key */
        buf_add(&entries, key, sizeof key);
    }
    const size_t length = entries.len; /* 70,000: three bytes of a varint */
    const char head[] = {(char)0x8A, 0x04, (char)(length | 0x80), (char)(length >> 7 | 0x80), (char)(length >> 14)};
    buf_add(&data, head, sizeof head);
    buf_add(&data, entries.data, entries.len);
    for (unsigned i = 0; i < PIECES; i++)
        buf_add(&data, "\x8A\x04\x00", 3);
    buf_add(&data, "\x8A\x04\x0B\x0A\x09\x0A\x03", 7); /* the first key again, with the value true */
    buf_add(&data, "aaa\x12\x02\x20\x01", 7);
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    Memora__Test__Kinds *kinds = read_kinds(data.data, data.len);
    getrusage(RUSAGE_SELF, &after);
    assert_non_null(kinds);
    assert_int_equal(kinds->struct_value->n_fields, ENTRIES);
    const Google__Protobuf__Struct__FieldsEntry *last = kinds->struct_value->fields[ENTRIES - 1];
    assert_string_equal(last->key, "aaa");
    assert_true(last->value->bool_value);
    assert_in_range(after.ru_maxrss - before.ru_maxrss, 0, 512 * 1024); /* KiB */
}

static void test_written_and_read_by_protobuf_c(void **state)
{
    (void)state;
    static const char text[] = "{\"name\":\"users/a/settings/TAGS\",\"tagsSetting\":{\"tags\":{\"work\":{}}}}";
    ProtobufCMessage *message = NULL, *again = NULL;
    assert_int_equal(
        codec_read_json(arena, &memos__api__v1__user_setting__descriptor, text, sizeof text - 1, NULL, &message, NULL),
        STATUS_OK);
    struct buf packed = buf_in(arena);
    codec_write_proto(&packed, message);
    ProtobufCAllocator allocator = codec_arena_allocator(arena);
    assert_non_null(protobuf_c_message_unpack(&memos__api__v1__user_setting__descriptor, &allocator, packed.len,
                                              (const uint8_t *)packed.data));
    assert_int_equal(
        codec_read_proto(arena, &memos__api__v1__user_setting__descriptor, packed.data, packed.len, &again, NULL),
        STATUS_OK);
    assert_string_equal(json_of(again), text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars),        cmocka_unit_test(test_repeated),
        cmocka_unit_test(test_messages_merge), cmocka_unit_test(test_oneof),
        cmocka_unit_test(test_maps),           cmocka_unit_test(test_unknown_fields),
        cmocka_unit_test(test_malformed),      cmocka_unit_test(test_strings),
        cmocka_unit_test(test_depth),          cmocka_unit_test(test_too_many_values),
        cmocka_unit_test(test_map_in_pieces),  cmocka_unit_test(test_written_and_read_by_protobuf_c),
    };
    return cmocka_run_group_tests_name("codec_proto", tests, set_up, tear_down);
}
