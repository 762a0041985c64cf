/* storage-s3: parts of uploads go with a CRC-32C and unsigned where that is safe and the store knows it, and signed
 * with their SHA-256 where not. */
#include "s3_fake.h"

enum { MIB = 1024 * 1024, SIZE = 9 * MIB };

#define STARTED                                                                                                        \
    XML_HEAD("200 OK")                                                                                                 \
    "\r\n<InitiateMultipartUploadResult><UploadId>up1</UploadId></InitiateMultipartUploadResult>"
#define PART XML_HEAD("200 OK") "ETag: \"p\"\r\n\r\n"
#define CHECKED_PART XML_HEAD("200 OK") SAID_BACK "ETag: \"p\"\r\n\r\n"
#define COMPLETED XML_HEAD("200 OK") "\r\n<CompleteMultipartUploadResult/>"
#define GONE "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
#define OBJECT "HTTP/1.1 200 OK\r\nContent-Length: 9437184\r\nConnection: close\r\n\r\n"
#define ERROR(status, code) XML_HEAD(status) "\r\n<Error><Code>" code "</Code></Error>"
/* What mebibyte n, all of bytes n, of a source has: base64 of the SHA-256 of the parts. */
#define SHA_OF_FIRST "U4Qkeq0gHtd0GDcnPP9w7SOaLHVod0ZIEWAHqTTbrSE="
#define SHA_OF_SECOND "GfbqeqSKCxi3i3RjDNrFWdCOI7rGGu1QGMcq+nHIQr8="

/* What the store says to the two that it may not understand, and what it has got; by one test at a time. */
static struct {
    const char *begin, *part; /* NULL: as it should */
    int begun_crc, begun_sha, unsigned_parts, signed_parts, firsts, seconds, completed, abandoned;
} store;

static bool has(const struct fake *fake, const char *text)
{
    return strcasestr(fake->last, text) != NULL;
}

static const char *on_part(const struct fake *fake)
{
    if (!has(fake, "\r\nx-amz-checksum-crc32c: ")) {
        store.signed_parts += !has(fake, "UNSIGNED-PAYLOAD");
        store.firsts += has(fake, "partNumber=1&") && has(fake, "\r\nx-amz-checksum-sha256: " SHA_OF_FIRST "\r\n");
        store.seconds += has(fake, "partNumber=2&") && has(fake, "\r\nx-amz-checksum-sha256: " SHA_OF_SECOND "\r\n");
        return PART;
    }
    store.unsigned_parts += has(fake, "\r\nx-amz-content-sha256: UNSIGNED-PAYLOAD\r\n");
    return store.part ? store.part : CHECKED_PART;
}

static const char *choose(struct fake *fake)
{
    if (strncmp(fake->last, "PUT ", 4) == 0)
        return on_part(fake);
    if (strncmp(fake->last, "HEAD ", 5) == 0)
        return OBJECT;
    if (strncmp(fake->last, "DELETE ", 7) == 0) {
        store.abandoned++;
        return GONE;
    }
    if (!has(fake, "?uploads= ")) {
        store.completed++;
        return COMPLETED;
    }
    bool crc = has(fake, "\r\nx-amz-checksum-algorithm: CRC32C\r\n");
    store.begun_crc += crc;
    store.begun_sha += has(fake, "\r\nx-amz-checksum-algorithm: SHA256\r\n");
    return crc && store.begin ? store.begin : STARTED;
}

static int64_t read_none(void *ctx, void *buf, size_t cap)
{
    (void)ctx;
    (void)buf;
    (void)cap;
    fail(); /* there is read_at */
    return -1;
}

static int64_t read_at(void *ctx, uint64_t pos, void *buf, size_t cap)
{
    (void)ctx;
    uint64_t left = MIB - pos % MIB;
    size_t n = left < cap ? (size_t)left : cap;
    memset(buf, (int)(pos / MIB), n);
    return (int64_t)n;
}

static int put(struct memora_storage *storage, struct memora_error *error)
{
    const struct memora_put source = {
        .struct_size = sizeof source, .size = SIZE, .content_type = "", .read = read_none, .read_at = read_at};
    struct memora_object object = {0};
    int result = s3_plugin()->ops.storage.put(storage, "key", &source, &object, error);
    if (result == MEMORA_OK)
        assert_int_equal(object.size, SIZE);
    return result;
}

/* times uploads by one instance. */
static int put_times(const char *host, const char *sign, int times, struct memora_error *error)
{
    struct fake fake = {.choose = choose, .host = host, .sign_payload = sign};
    struct memora_storage *storage = open_fake(&fake);
    int result = MEMORA_OK;
    for (int i = 0; i < times; i++)
        result = put(storage, error);
    close_fake(&fake, storage);
    return result;
}

static int clean(void **state)
{
    (void)state;
    memset(&store, 0, sizeof store);
    return 0;
}

static void test_unsigned_where_it_is_safe(void **state)
{
    (void)state;
    static const struct {
        const char *host, *sign;
        int unsigned_parts, signed_parts;
    } cases[] = {
        {"127.0.0.1", "auto", 2, 0}, {"127.0.0.1", "no", 2, 0},
        {"127.0.0.1", "yes", 0, 2},  {"127.0.0.2", "auto", 0, 2}, /* not known to be this machine */
        {"127.0.0.2", "no", 2, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct memora_error error = {0};
        clean(NULL);
        assert_int_equal(put_times(cases[i].host, cases[i].sign, 1, &error), MEMORA_OK);
        assert_int_equal(store.unsigned_parts, cases[i].unsigned_parts);
        assert_int_equal(store.signed_parts, cases[i].signed_parts);
        assert_int_equal(store.begun_crc, cases[i].unsigned_parts / 2);
        assert_int_equal(store.begun_sha, cases[i].signed_parts / 2);
        assert_int_equal(store.completed, 1);
        assert_int_equal(store.abandoned, 0);
    }
}

/* Then nothing says that the bytes arrived: all is sent again, signed, and so is the next upload from the start. */
static void test_a_store_that_does_not_say_it_back(void **state)
{
    (void)state;
    static const char *const answers[] = {PART,
                                          XML_HEAD("200 OK") "x-amz-checksum-crc32c: AAAAAA==\r\nETag: \"p\"\r\n\r\n",
                                          XML_HEAD("200 OK") "x-amz-checksum-crc32c: \r\nETag: \"p\"\r\n\r\n"};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct memora_error error = {0};
        clean(NULL);
        store.part = answers[i];
        assert_int_equal(put_times(NULL, "auto", 2, &error), MEMORA_OK);
        assert_int_equal(store.begun_crc, 1);
        assert_in_range(store.unsigned_parts, 1, 2);
        assert_int_equal(store.abandoned, 1);
        assert_int_equal(store.begun_sha, 2);
        assert_int_equal(store.signed_parts, 4);
        assert_int_equal(store.firsts, 2);
        assert_int_equal(store.seconds, 2);
        assert_int_equal(store.completed, 2);
    }
}

static const char *const unknown[] = {
    ERROR("400 Bad Request", "InvalidArgument"), ERROR("400 Bad Request", "InvalidRequest"),
    ERROR("501 Not Implemented", "NotImplemented"), XML_HEAD("400 Bad Request") "\r\n",
    ERROR("400 Bad Request", "XAmzContentSHA256Mismatch")};

static void test_a_store_that_does_not_know_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * sizeof unknown / sizeof unknown[0]; i++) {
        struct memora_error error = {0};
        clean(NULL);
        *(i % 2 ? &store.begin : &store.part) = unknown[i / 2];
        assert_int_equal(put_times(NULL, "auto", 2, &error), MEMORA_OK);
        assert_int_equal(error.message[0], '\0');
        assert_int_equal(store.begun_crc, 1);
        assert_int_equal(store.unsigned_parts == 0, i % 2);
        assert_int_equal(store.abandoned, i % 2 ? 0 : 1);
        assert_int_equal(store.begun_sha, 2);
        assert_int_equal(store.firsts, 2);
        assert_int_equal(store.seconds, 2);
        assert_int_equal(store.completed, 2);
    }
}

/* What another try would not mend is told at once, and what it was. */
static void test_other_errors_are_errors(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        int result;
        const char *message;
    } cases[] = {
        {ERROR("403 Forbidden", "AccessDenied"), MEMORA_E_AUTH, "AccessDenied"},
        {ERROR("404 Not Found", "NoSuchBucket"), MEMORA_E_IO, "there is no bucket"},
        {ERROR("403 Forbidden", "QuotaExceeded"), MEMORA_E_FULL, "QuotaExceeded"},
        {ERROR("400 Bad Request", "EntityTooLarge"), MEMORA_E_FULL, "EntityTooLarge"},
        {ERROR("400 Bad Request", "KeyTooLongError"), MEMORA_E_ARG, "KeyTooLongError"},
        {ERROR("400 Bad Request", "ExpiredToken"), MEMORA_E_AUTH, "ExpiredToken"},
        {ERROR("400 Bad Request", "BadDigest"), MEMORA_E_IO, "BadDigest"},
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        struct memora_error error = {0};
        clean(NULL);
        *(i % 2 ? &store.begin : &store.part) = cases[i / 2].answer;
        assert_int_equal(put_times(NULL, "auto", 1, &error), cases[i / 2].result);
        if (!strstr(error.message, cases[i / 2].message))
            fail_msg("case %zu: %s", i, error.message);
        assert_int_equal(store.begun_crc, 1);
        assert_int_equal(store.begun_sha, 0);
        assert_int_equal(store.abandoned, i % 2 ? 0 : 1);
        assert_int_equal(store.completed, 0);
    }
}

/* One that refuses everything does not make later uploads signed, and its own words are what is told. */
static void test_a_store_that_refuses_both(void **state)
{
    (void)state;
    struct fake fake = {.answers = {ERROR("400 Bad Request", "InvalidArgument")}, .sign_payload = "auto"};
    struct memora_error error = {0};
    struct memora_storage *storage = open_fake(&fake);
    assert_int_equal(put(storage, &error), MEMORA_E_IO);
    assert_non_null(strstr(error.message, "InvalidArgument"));
    assert_int_equal(put(storage, &error), MEMORA_E_IO);
    close_fake(&fake, storage);
    assert_string_equal(fake.methods, "POST POST POST POST ");
}

static void test_the_setting(void **state)
{
    (void)state;
    struct config_entry entries[] = {{.key = "bucket", .value = "the-bucket", .file = "test"},
                                     {.key = "sign_payload", .value = "perhaps", .file = "test"}};
    const struct config_section section = {.name = "storage", .entries = entries, .count = 2};
    struct arena *arena = arena_create();
    const struct config config = {.arena = arena, .data_dir = "/tmp"};
    const struct memora_config *made = NULL;
    struct status status = {0};
    assert_int_not_equal(plugin_configure(s3_plugin(), &section, &config, &made, &status), STATUS_OK);
    assert_non_null(strstr(status.message, "sign_payload"));
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unsigned_where_it_is_safe),
        cmocka_unit_test(test_a_store_that_does_not_say_it_back),
        cmocka_unit_test(test_a_store_that_does_not_know_it),
        cmocka_unit_test(test_other_errors_are_errors),
        cmocka_unit_test_setup(test_a_store_that_refuses_both, clean),
        cmocka_unit_test(test_the_setting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
