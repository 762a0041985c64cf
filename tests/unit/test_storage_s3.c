/* storage-s3 against answers that a good server does not give: a thread plays the store. What a good one does with the
 * plugin is tested by tests/s3/. */
#include "s3_fake.h"

static int stat_object(struct memora_storage *storage, struct memora_object *object, struct memora_error *error)
{
    return s3_plugin()->ops.storage.stat(storage, "a b/c", object, error);
}

static void test_retries(void **state)
{
    (void)state;
    struct fake fake = {.answers = {BUSY, "", HEAD_OK}};
    struct memora_object object = {0};
    struct memora_error error = {0};
    struct memora_storage *storage = open_fake(&fake);
    assert_int_equal(stat_object(storage, &object, &error), MEMORA_OK);
    assert_int_equal(object.size, 5);
    assert_string_equal(object.etag, "abc");
    close_fake(&fake, storage);
    assert_int_equal(atomic_load(&fake.requests), 3);
    assert_non_null(strstr(fake.last, "HEAD /base/the-bucket/a%20b/c HTTP/1.1\r\n"));
    assert_non_null(strstr(fake.last, "Credential=AKTEST/"));
    assert_null(strstr(fake.last, "the-secret"));
}

static void test_gives_up(void **state)
{
    (void)state;
    struct fake fake = {.answers = {BUSY}};
    struct memora_object object;
    struct memora_error error = {0};
    struct memora_storage *storage = open_fake(&fake);
    assert_int_equal(stat_object(storage, &object, &error), MEMORA_E_IO);
    assert_int_equal(error.native_code, 503);
    close_fake(&fake, storage);
    assert_int_equal(atomic_load(&fake.requests), 4);
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        int result;
        const char *message;
    } cases[] = {
        {XML_HEAD("403 Forbidden") "Date: Fri, 24 May 2013 00:00:00 GMT\r\n\r\n"
                                   "<Error><Code>RequestTimeTooSkewed</Code><Message>m</Message></Error>",
         MEMORA_E_AUTH, "the clock of this machine is"},
        {XML_HEAD("403 Forbidden") "\r\n<Error><Code>SignatureDoesNotMatch</Code></Error>", MEMORA_E_AUTH,
         "secret_key"},
        {XML_HEAD("404 Not Found") "\r\n<Error><Code>NoSuchBucket</Code></Error>", MEMORA_E_IO,
         "there is no bucket the-bucket"},
        {XML_HEAD("404 Not Found") "\r\n<Error><Code>NoSuchKey</Code></Error>", MEMORA_E_NOT_FOUND, "NoSuchKey"},
        {XML_HEAD("301 Moved") "Location: http://127.0.0.1:1/\r\n\r\n", MEMORA_E_CONFIG, "another region or endpoint"},
        {XML_HEAD(
             "400 Bad") "\r\n<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><Error><Code>&e;</Code></Error>",
         MEMORA_E_IO, "HTTP 400"},
        {XML_HEAD("418 Teapot") "\r\nnot xml at all <<<", MEMORA_E_IO, "HTTP 418"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char body[256];
        struct memora_error error = {0};
        assert_int_equal(get_with(cases[i].answer, body, sizeof body, 0, UINT64_MAX, &error), cases[i].result);
        if (!strstr(error.message, cases[i].message))
            fail_msg("\"%s\" lacks \"%s\"", error.message, cases[i].message);
        assert_null(strstr(error.message, "root:"));
        assert_null(strstr(error.message, "the-secret"));
    }
}

static void test_bodies(void **state)
{
    (void)state;
    char body[256];
    struct memora_error error = {0};
    /* A store that ignores the range sends all of it. */
    assert_int_equal(get_with("HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\n0123456789", body,
                              sizeof body, 3, 4, &error),
                     0);
    assert_string_equal(body, "3456");
    assert_int_equal(get_with("HTTP/1.1 206 Partial\r\nContent-Length: 4\r\nContent-Range: bytes 3-6/10\r\n"
                              "Connection: close\r\n\r\n3456",
                              body, sizeof body, 3, 4, &error),
                     0);
    assert_string_equal(body, "3456");
    /* Cut off in the middle. */
    assert_int_equal(get_with("HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\n0123", body,
                              sizeof body, 0, UINT64_MAX, &error),
                     MEMORA_E_IO);
    /* No size. */
    assert_int_equal(
        get_with("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n0123", body, sizeof body, 0, UINT64_MAX, &error),
        MEMORA_E_IO);
}

/* Completing may fail in the body of a 200; then nothing may be left. */
static void test_multipart_fails(void **state)
{
    (void)state;
    struct fake fake = {
        .answers = {XML_HEAD("200 OK") "\r\n<InitiateMultipartUploadResult><UploadId>up1</UploadId>"
                                       "</InitiateMultipartUploadResult>",
                    XML_HEAD("200 OK") "ETag: \"p1\"\r\n\r\n", XML_HEAD("200 OK") "ETag: \"p2\"\r\n\r\n",
                    XML_HEAD("200 OK") "\r\n<Error><Code>InternalError</Code><Message>sorry</Message></Error>",
                    "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"}};
    struct zeros zeros = {.left = 9 * 1024 * 1024, .give_up_at = -1};
    struct memora_put put = {
        .struct_size = sizeof put, .size = 9 * 1024 * 1024, .content_type = "", .read = read_zeros, .ctx = &zeros};
    struct memora_object object = {0};
    struct memora_error error = {0};
    struct memora_storage *storage = open_fake(&fake);
    assert_int_equal(s3_plugin()->ops.storage.put(storage, "key", &put, &object, &error), MEMORA_E_IO);
    assert_non_null(strstr(error.message, "InternalError"));
    close_fake(&fake, storage);
    assert_string_equal(fake.methods, "POST PUT PUT POST DELETE ");
    assert_non_null(strstr(fake.last, "uploadId=up1"));
}

static void test_listing(void **state)
{
    (void)state;
    struct fake fake = {.answers = {XML_HEAD("200 OK") "\r\n<html>a proxy's page</html>"}};
    struct memora_error error = {0};
    struct memora_storage *storage = open_fake(&fake);
    assert_int_equal(s3_plugin()->ops.storage.list(storage, "", "", NULL, NULL, &error), MEMORA_E_IO);
    assert_non_null(strstr(error.message, "no listing"));
    close_fake(&fake, storage);
}

static void refuse(const struct pair *pairs, size_t count, const char *key)
{
    struct memora_storage *storage = NULL;
    struct memora_error error = {0};
    assert_int_equal(open_with(pairs, count, &storage, &error), MEMORA_E_CONFIG);
    if (!strstr(error.message, key))
        fail_msg("\"%s\" does not name %s", error.message, key);
    assert_null(strstr(error.message, "the-secret"));
}

static void test_settings(void **state)
{
    (void)state;
    struct pair pairs[] = {
        {"bucket", "the-bucket"}, {"access_key", "a"}, {"secret_key", "the-secret"}, {"endpoint", ""}};
    static const char *const endpoints[] = {"ftp://x",     "example.org",          "https://",    "https://a b",
                                            "http://x/?y", "http://x/\r\nHost: y", "http://x/a b"};
    static const char *const buckets[] = {"a", "../x", "a/b", "x?y", ".abc"};
    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++) {
        pairs[3].value = endpoints[i];
        refuse(pairs, 4, "endpoint");
    }
    pairs[3].value = "";
    for (size_t i = 0; i < 5; i++) {
        pairs[0].value = buckets[i];
        refuse(pairs, 4, "bucket");
    }
    pairs[0].value = "the-bucket";
    refuse(pairs, 2, "secret_key");
    unsetenv("AWS_ACCESS_KEY_ID");
    refuse(pairs, 1, "access_key");
}

static void test_credentials_file(void **state)
{
    (void)state;
    char path[] = "/tmp/memora-s3-XXXXXX", url[2048];
    struct memora_storage *storage = NULL;
    struct memora_error error = {0};
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_true(dprintf(fd, "[default]\naws_access_key_id = FILEKEY\naws_secret_access_key=the-secret \n") > 0);
    const struct pair pairs[] = {
        {"bucket", "the-bucket"}, {"credentials_file", path}, {"endpoint", "https://s3.test:443"}};
    assert_int_equal(fchmod(fd, 0640), 0);
    refuse(pairs, 3, "credentials_file");
    assert_int_equal(fchmod(fd, 0600), 0);
    assert_int_equal(open_with(pairs, 3, &storage, &error), MEMORA_OK);
    assert_int_equal(s3_plugin()->ops.storage.presign(storage, "a+b.txt", 60, url, sizeof url, &error), MEMORA_OK);
    assert_non_null(strstr(url, "https://the-bucket.s3.test/a%2Bb.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&"));
    assert_non_null(strstr(url, "X-Amz-Credential=FILEKEY%2F"));
    assert_int_equal(s3_plugin()->ops.storage.presign(storage, "a", 8 * 86400, url, sizeof url, &error),
                     MEMORA_E_UNSUPPORTED);
    s3_plugin()->ops.storage.close(storage);
    assert_int_equal(ftruncate(fd, 0), 0);
    refuse(pairs, 3, "credentials_file");
    close(fd);
    unlink(path);
}

static void test_keys_are_documented(void **state)
{
    (void)state;
    char page[16384] = "", name[64];
    FILE *file = fopen(MEMORA_TEST_SOURCE_DIR "/docs/storage-s3.md", "r");
    assert_non_null(file);
    assert_true(fread(page, 1, sizeof page - 1, file) > 0);
    fclose(file);
    for (uint32_t i = 0; i < s3_plugin()->table->config_key_count; i++) {
        snprintf(name, sizeof name, "`%s`", s3_plugin()->table->config_keys[i].name);
        if (!strstr(page, name))
            fail_msg("docs/storage-s3.md lacks %s", name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_retries),
        cmocka_unit_test(test_gives_up),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_listing),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_multipart_fails),
        cmocka_unit_test(test_credentials_file),
        cmocka_unit_test(test_keys_are_documented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
