/* The CRC-32C of storage-s3: the examples of RFC 3720 (appendix B.4), and that it is the same with the processor's
 * instruction and without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "../../plugins/storage-s3/crc32c.c"

int s3_nomem(struct memora_error *error)
{
    return memora_fail(error, MEMORA_E_NOMEM, "out of memory");
}

/* By both. */
static void assert_crc(const void *bytes, size_t length, uint32_t wanted)
{
    assert_int_equal(s3_crc32c(0, bytes, length), wanted);
    assert_int_equal(s3_crc32c_portable(0, bytes, length), wanted);
}

static void test_published_examples(void **state)
{
    (void)state;
    static const unsigned char command[48] = {
        0x01, 0xc0, [16] = 0x14, [22] = 0x04, [27] = 0x14, [31] = 0x18, [32] = 0x28, [40] = 0x02};
    unsigned char bytes[32];
    memset(bytes, 0, sizeof bytes);
    assert_crc(bytes, sizeof bytes, 0x8A9136AA);
    memset(bytes, 0xFF, sizeof bytes);
    assert_crc(bytes, sizeof bytes, 0x62A8AB43);
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)i;
    assert_crc(bytes, sizeof bytes, 0x46DD794E);
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(31 - i);
    assert_crc(bytes, sizeof bytes, 0x113FDB5C);
    assert_crc(command, sizeof command, 0xD9963A56);
    assert_crc("123456789", 9, 0xE3069283);
    assert_crc("", 0, 0);
}

/* A generator that is the same everywhere (Numerical Recipes' constants). */
static uint32_t next(uint32_t *seed)
{
    return *seed = *seed * 1664525u + 1013904223u;
}

static void test_both_are_the_same(void **state)
{
    (void)state;
    enum { SIZE = 4096 };
    unsigned char *bytes = malloc(SIZE);
    uint32_t seed = 1;
    assert_non_null(bytes);
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (unsigned char)(next(&seed) >> 24);
    for (int i = 0; i < 2000; i++) {
        size_t at = next(&seed) >> 8 & 63, length = (next(&seed) >> 8) % (i < 1000 ? 40 : SIZE - 64);
        size_t cut = length ? (next(&seed) >> 8) % length : 0;
        uint32_t whole = s3_crc32c(0, bytes + at, length);
        assert_int_equal(s3_crc32c_portable(0, bytes + at, length), whole);
        assert_int_equal(s3_crc32c(s3_crc32c(0, bytes + at, cut), bytes + at + cut, length - cut), whole);
        assert_int_equal(s3_crc32c_portable(s3_crc32c(0, bytes + at, cut), bytes + at + cut, length - cut), whole);
    }
    free(bytes);
}

static void test_text(void **state)
{
    (void)state;
    static const struct {
        uint32_t crc;
        const char *text;
    } cases[] = {{0, "AAAAAA=="}, {0xFFFFFFFF, "/////w=="}, {0xE3069283, "4waSgw=="}, {1, "AAAAAQ=="}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[S3_CRC32C_SIZE];
        s3_crc32c_encode(cases[i].crc, text);
        assert_string_equal(text, cases[i].text);
    }
}

/* Bytes a few at a time, as a source may give them; and one that gives up. */
static int64_t read_at(void *ctx, uint64_t pos, void *buf, size_t cap)
{
    const size_t *end = ctx;
    size_t n = cap < 1000 ? cap : 1000;
    if (pos + n > *end)
        return -1;
    for (size_t i = 0; i < n; i++)
        ((unsigned char *)buf)[i] = (unsigned char)(pos + i);
    return (int64_t)n;
}

static void test_of_a_source(void **state)
{
    (void)state;
    enum { AT = 77, LENGTH = 200001 };
    size_t end = AT + LENGTH;
    const struct memora_put put = {.struct_size = sizeof put, .size = LENGTH, .read_at = read_at, .ctx = &end};
    struct s3_body body = {.source = &put, .at = AT, .length = LENGTH};
    struct memora_error error = {0};
    unsigned char *bytes = malloc(LENGTH);
    assert_non_null(bytes);
    for (size_t i = 0; i < LENGTH; i++)
        bytes[i] = (unsigned char)(AT + i);
    assert_int_equal(s3_body_crc(&body, &error), MEMORA_OK);
    assert_int_equal(body.crc32c, s3_crc32c_portable(0, bytes, LENGTH));
    end--;
    assert_int_equal(s3_body_crc(&body, &error), MEMORA_E_CANCELLED);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_examples),
        cmocka_unit_test(test_both_are_the_same),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_of_a_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
