/* storage-s3 among faults of the store and of the way to it: each ends in bounded time with the right code, nothing is
 * taken for complete that is not, and nothing is left. */
#include "s3_fake.h"

#include "base/clock.h"

static const int64_t second = 1000000000;

#define BODY "hello, world"
#define RIGHT "Ccp+TqpuiunH0mEWcSkYSINkTQffuny/vEyKLgg2DVs=" /* base64 of the SHA-256 of BODY */
#define OTHER "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" /* of nothing */
#define OBJECT(checksum, body) "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n" checksum "Connection: close\r\n\r\n" body

static void test_checksums(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        int result;
    } cases[] = {
        {OBJECT("x-amz-checksum-sha256: " RIGHT "\r\n", BODY), 0},
        {OBJECT("x-amz-checksum-sha256: " OTHER "\r\n", BODY), MEMORA_E_IO},
        {OBJECT("x-amz-checksum-sha256: " RIGHT "\r\n", "hello, World"), MEMORA_E_IO},
        {OBJECT("x-amz-checksum-sha256: " OTHER "-2\r\n", BODY), 0}, /* of parts: not to be compared */
        {OBJECT("", BODY), 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char body[64];
        struct memora_error error = {0};
        int result = get_with(cases[i].answer, body, sizeof body, 0, UINT64_MAX, &error);
        if (result != cases[i].result)
            fail_msg("case %zu: %d %s", i, result, error.message);
        if (result == 0)
            assert_string_equal(body, BODY);
        else
            assert_non_null(strstr(error.message, "checksum"));
    }
}

#define SHA_OF_PARTS "7dVmKqxC+8bsUEVu0iH2lBoWKKx069FVw0hdkuENnY0=" /* of those of "hello, " and "world" */
#define MD5 "e4d7f1b4ed2e42d15898f4b27b019da4"
#define MD5_OF_PARTS "b6633538fad7ce9d4f91da4ad8fd45c3"
/* base64 of the CRC-32C of BODY, and of those of "hello, " and "world". */
#define CRC "aZmkHw=="
#define CRC_OF_PARTS "ZfbdFA=="
#define PARTS_OF(size) "x-amz-meta-memora-part-size: " size "\r\n"

/* Those who ask for it have more compared: parts, MD5. */
static void test_all_is_compared_on_demand(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        int result;
    } cases[] = {
        {OBJECT("x-amz-checksum-sha256: " RIGHT "\r\n", BODY), 0},
        {OBJECT("x-amz-checksum-sha256: " SHA_OF_PARTS "-2\r\n" PARTS_OF("7"), BODY), 0},
        {OBJECT("x-amz-checksum-sha256: " SHA_OF_PARTS "-2\r\n" PARTS_OF("7"), "hello, World"), MEMORA_E_IO},
        {OBJECT("x-amz-checksum-sha256: " SHA_OF_PARTS "-2\r\n" PARTS_OF("6"), BODY), MEMORA_E_IO},
        {OBJECT("x-amz-checksum-sha256: " SHA_OF_PARTS "-3\r\n" PARTS_OF("7"), BODY), MEMORA_E_IO},
        {OBJECT("x-amz-checksum-sha256: " OTHER "-2\r\n", BODY), 0}, /* parts of any size */
        {OBJECT("x-amz-checksum-crc32c: " CRC "\r\n", BODY), 0},
        {OBJECT("x-amz-checksum-crc32c: " CRC "\r\n", "hello, World"), MEMORA_E_IO},
        {OBJECT("x-amz-checksum-crc32c: " CRC_OF_PARTS "-2\r\n" PARTS_OF("7"), BODY), 0},
        {OBJECT("x-amz-checksum-crc32c: " CRC_OF_PARTS "-2\r\n" PARTS_OF("7"), "hello, World"), MEMORA_E_IO},
        {OBJECT("x-amz-checksum-crc32c: " CRC_OF_PARTS "-2\r\n" PARTS_OF("6"), BODY), MEMORA_E_IO},
        {OBJECT("x-amz-checksum-crc32c: " CRC_OF_PARTS "-10000\r\n" PARTS_OF("7"), BODY), MEMORA_E_IO},
        {OBJECT("x-amz-checksum-crc32c: " CRC_OF_PARTS "-2\r\n", "hello, World"), 0}, /* parts of any size */
        {OBJECT("x-amz-checksum-crc32c: none-2\r\n" PARTS_OF("7"), BODY), 0},
        {OBJECT("ETag: \"" MD5 "\"\r\n", BODY), 0},
        {OBJECT("ETag: \"" MD5 "\"\r\n", "hello, World"), MEMORA_E_IO},
        {OBJECT("ETag: \"" MD5 "\"\r\nx-amz-server-side-encryption: aws:kms\r\n", "hello, World"), 0},
        {OBJECT("ETag: \"" MD5 "\"\r\nx-amz-server-side-encryption: AES256\r\n", "hello, World"), MEMORA_E_IO},
        {OBJECT("ETag: \"" MD5_OF_PARTS "-2\"\r\n" PARTS_OF("7"), BODY), 0},
        {OBJECT("ETag: \"" MD5_OF_PARTS "-2\"\r\n" PARTS_OF("7"), "Hello, world"), MEMORA_E_IO},
        {OBJECT("ETag: \"" MD5_OF_PARTS "-2\"\r\n", "Hello, world"), 0},
        {OBJECT("ETag: \"some-other-tag\"\r\n", BODY), 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char body[64];
        struct memora_error error = {0};
        struct fake fake = {.answers = {cases[i].answer}};
        int result = get_from(&fake, "yes", body, sizeof body, 0, UINT64_MAX, &error);
        if (result != cases[i].result)
            fail_msg("case %zu: %d %s", i, result, error.message);
        if (result == 0)
            assert_int_equal(strlen(body), strlen(BODY));
    }
}

/* Parts of an object are not compared, and no checksum is asked for. */
static void test_ranges_have_no_checksum(void **state)
{
    (void)state;
    char body[64];
    struct memora_error error = {0};
    assert_int_equal(get_with("HTTP/1.1 206 Partial\r\nContent-Length: 5\r\nContent-Range: bytes 0-4/12\r\n"
                              "x-amz-checksum-sha256: " OTHER "\r\nConnection: close\r\n\r\nhello",
                              body, sizeof body, 0, 5, &error),
                     0);
    assert_string_equal(body, "hello");
}

static int put_bytes(struct memora_storage *storage, int64_t size, struct memora_error *error)
{
    struct zeros zeros = {.left = size, .give_up_at = -1};
    struct memora_put put = {
        .struct_size = sizeof put, .size = size, .content_type = "", .read = read_zeros, .ctx = &zeros};
    struct memora_object object = {0};
    return s3_plugin()->ops.storage.put(storage, "key", &put, &object, error);
}

/* What is sent carries its checksum, which the store keeps. */
static void test_uploads_carry_a_checksum(void **state)
{
    (void)state;
    struct fake fake = {
        .answers = {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nETag: \"e\"\r\nConnection: close\r\n\r\n"}};
    struct memora_error error = {0};
    struct memora_storage *storage = open_fake(&fake);
    assert_int_equal(put_bytes(storage, 1, &error), MEMORA_OK);
    close_fake(&fake, storage);
    assert_non_null(
        strcasestr(fake.last, "\r\nx-amz-checksum-sha256: bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\r\n"));
    assert_non_null(strstr(fake.last, ";x-amz-checksum-sha256;"));
    assert_null(strcasestr(fake.last, "\r\nexpect:"));
}

static void test_resets_are_tried_again(void **state)
{
    (void)state;
    struct fake fake = {.answers = {RESET, BUSY, RESET, OBJECT("", BODY)}};
    struct memora_error error = {0};
    struct memora_storage *storage = open_fake(&fake);
    struct memora_reader *reader = NULL;
    struct memora_object object;
    char body[64] = "";
    assert_int_equal(s3_plugin()->ops.storage.get(storage, "key", 0, UINT64_MAX, &reader, &object, &error), MEMORA_OK);
    assert_int_equal(s3_plugin()->ops.storage.read(reader, body, sizeof body, &error), 12);
    assert_string_equal(body, BODY);
    s3_plugin()->ops.storage.reader_close(reader);
    close_fake(&fake, storage);
    assert_int_equal(atomic_load(&fake.requests), 4);
}

static void test_resets_without_end(void **state)
{
    (void)state;
    struct fake fake = {.answers = {RESET}};
    struct memora_error error = {0};
    struct memora_storage *storage = open_fake(&fake);
    assert_int_equal(put_bytes(storage, 1000, &error), MEMORA_E_IO);
    close_fake(&fake, storage);
    assert_int_equal(atomic_load(&fake.requests), 4);
    assert_non_null(strstr(error.message, "no answer from 127.0.0.1"));
}

/* A byte now and then keeps a connection alive, but nobody waits for it for ever: neither for the head nor for the
 * body, and what has come of that is not the object. */
static void test_slow_answers_are_given_up(void **state)
{
    (void)state;
    static const char *const answers[] = {
        SLOWLY "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nhello, " SLOWLY
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678"
        "9"};
    for (size_t i = 0; i < 2; i++) {
        char body[256];
        struct memora_error error = {0};
        assert_int_equal(get_with(answers[i], body, sizeof body, 0, UINT64_MAX, &error), MEMORA_E_IO);
        assert_true(strlen(body) < 100);
    }
}

/* Patience grows between the tries, and not for all alike. */
static void test_pauses_differ(void **state)
{
    (void)state;
    int64_t took[4];
    for (int i = 0; i < 4; i++) {
        struct fake fake = {.answers = {BUSY, BUSY, HEAD_OK}};
        struct memora_object object = {0};
        struct memora_error error = {0};
        struct memora_storage *storage = open_fake(&fake);
        int64_t before = clock_mono_ns();
        assert_int_equal(s3_plugin()->ops.storage.stat(storage, "key", &object, &error), MEMORA_OK);
        took[i] = clock_mono_ns() - before;
        close_fake(&fake, storage);
        assert_true(took[i] < 60 * second);
    }
    bool alike = true;
    for (int i = 1; i < 4; i++)
        alike &= took[i] - took[0] < second / 1000 && took[0] - took[i] < second / 1000;
    assert_false(alike);
}

#define STARTED                                                                                                        \
    XML_HEAD("200 OK")                                                                                                 \
    "\r\n<InitiateMultipartUploadResult><UploadId>up1</UploadId></InitiateMultipartUploadResult>"
#define PART XML_HEAD("200 OK") "ETag: \"p\"\r\n\r\n"
#define NO_BUCKET XML_HEAD("404 Not Found") "\r\n<Error><Code>NoSuchBucket</Code></Error>"

static void test_bucket_goes_in_the_middle(void **state)
{
    (void)state;
    struct fake fake = {.answers = {STARTED, PART, NO_BUCKET}};
    struct memora_error error = {0};
    struct memora_storage *storage = open_fake(&fake);
    assert_int_equal(put_bytes(storage, 9 * 1024 * 1024, &error), MEMORA_E_IO);
    assert_non_null(strstr(error.message, "there is no bucket the-bucket"));
    close_fake(&fake, storage);
    assert_string_equal(fake.methods, "POST PUT PUT DELETE ");
}

/* The store forgets the upload: not an object that is missing, but an upload that failed. */
static void test_upload_goes_in_the_middle(void **state)
{
    (void)state;
    struct fake fake = {.answers = {STARTED, XML_HEAD("404 Not Found") "\r\n<Error><Code>NoSuchUpload</Code></Error>"}};
    struct memora_error error = {0};
    struct memora_storage *storage = open_fake(&fake);
    assert_int_equal(put_bytes(storage, 9 * 1024 * 1024, &error), MEMORA_E_IO);
    assert_non_null(strstr(error.message, "NoSuchUpload"));
    close_fake(&fake, storage);
    assert_string_equal(fake.methods, "POST PUT DELETE ");
}

/* A bucket that is gone does not make every attachment look removed; only check() says what it is. */
static void test_no_bucket(void **state)
{
    (void)state;
    const struct memora_storage_ops *ops = &s3_plugin()->ops.storage;
    struct fake fake = {.answers = {NO_BUCKET}};
    struct memora_error error = {0};
    struct memora_reader *reader = NULL;
    struct memora_object object;
    struct memora_storage *storage = open_fake(&fake);
    assert_int_equal(ops->get(storage, "key", 0, UINT64_MAX, &reader, &object, &error), MEMORA_E_IO);
    assert_int_equal(put_bytes(storage, 10, &error), MEMORA_E_IO);
    assert_int_equal(ops->remove(storage, "key", &error), MEMORA_E_IO);
    assert_int_equal(ops->check(storage, &error), MEMORA_E_NOT_FOUND);
    assert_non_null(strstr(error.message, "there is no bucket the-bucket"));
    close_fake(&fake, storage);
}

static void test_full_store(void **state)
{
    (void)state;
    static const char *const answers[] = {XML_HEAD("403 Forbidden") "\r\n<Error><Code>QuotaExceeded</Code></Error>",
                                          XML_HEAD("400 Bad") "\r\n<Error><Code>EntityTooLarge</Code></Error>"};
    for (size_t i = 0; i < 2; i++) {
        struct fake fake = {.answers = {answers[i]}};
        struct memora_error error = {0};
        struct memora_storage *storage = open_fake(&fake);
        assert_int_equal(put_bytes(storage, 10, &error), MEMORA_E_FULL);
        close_fake(&fake, storage);
        assert_int_equal(atomic_load(&fake.requests), 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checksums),
        cmocka_unit_test(test_all_is_compared_on_demand),
        cmocka_unit_test(test_ranges_have_no_checksum),
        cmocka_unit_test(test_uploads_carry_a_checksum),
        cmocka_unit_test(test_resets_are_tried_again),
        cmocka_unit_test(test_resets_without_end),
        cmocka_unit_test(test_slow_answers_are_given_up),
        cmocka_unit_test(test_pauses_differ),
        cmocka_unit_test(test_bucket_goes_in_the_middle),
        cmocka_unit_test(test_upload_goes_in_the_middle),
        cmocka_unit_test(test_no_bucket),
        cmocka_unit_test(test_full_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
