/* storage-s3 against answers that a good server does not give: a thread plays the store. What a good one does with the
 * plugin is tested by tests/s3/. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/plugin.h"

enum { ANSWERS_MAX = 12, REQUEST_MAX = 65536 };

/* One answer per connection; the last one is given again and again. */
struct fake {
    int listener, port;
    pthread_t thread;
    const char *answers[ANSWERS_MAX];
    int count;
    atomic_int requests;
    char last[REQUEST_MAX]; /* read after fake_stop() only */
    char methods[256];
};

/* The head, and as much of the body as there is room for; the rest is read and dropped. */
static bool read_request(struct fake *fake, int fd)
{
    char dropped[16384];
    size_t length = 0, body = 0;
    ssize_t n;
    char *end = NULL;
    while (length < REQUEST_MAX - 1 && !end && (n = read(fd, fake->last + length, REQUEST_MAX - 1 - length)) > 0) {
        length += (size_t)n;
        fake->last[length] = '\0';
        end = strstr(fake->last, "\r\n\r\n");
    }
    const char *size = end ? strcasestr(fake->last, "content-length:") : NULL;
    if (size && size < end)
        body = strtoul(size + 15, NULL, 10);
    size_t got = end ? length - (size_t)(end + 4 - fake->last) : 0;
    while (got < body && (n = read(fd, dropped, sizeof dropped)) > 0)
        got += (size_t)n;
    return end != NULL;
}

static void answer(struct fake *fake, int fd)
{
    if (!read_request(fake, fd))
        return;
    int index = atomic_fetch_add(&fake->requests, 1);
    const char *text = fake->answers[index < fake->count ? index : fake->count - 1];
    size_t used = strlen(fake->methods);
    snprintf(fake->methods + used, sizeof fake->methods - used, "%.*s ", (int)strcspn(fake->last, " "), fake->last);
    if (write(fd, text, strlen(text)) < 0)
        return;
}

static void *serve(void *ctx)
{
    struct fake *fake = ctx;
    int fd;
    while ((fd = accept(fake->listener, NULL, NULL)) >= 0) {
        answer(fake, fd);
        close(fd);
    }
    return NULL;
}

static void fake_start(struct fake *fake)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    while (fake->count < ANSWERS_MAX && fake->answers[fake->count])
        fake->count++;
    fake->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fake->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fake->listener, 16), 0);
    assert_int_equal(getsockname(fake->listener, (struct sockaddr *)&address, &size), 0);
    fake->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&fake->thread, NULL, serve, fake), 0);
}

static void fake_stop(struct fake *fake)
{
    shutdown(fake->listener, SHUT_RDWR);
    pthread_join(fake->thread, NULL);
    close(fake->listener);
}

static const struct plugin *s3_plugin(void)
{
    const struct plugin *plugin = NULL;
    struct status status = {0};
    assert_int_equal(plugin_load(MEMORA_TEST_PLUGIN_DIR, MEMORA_KIND_STORAGE, "s3", &plugin, &status), STATUS_OK);
    return plugin;
}

struct pair {
    const char *key, *value;
};

static int open_with(const struct pair *pairs, size_t count, struct memora_storage **out, struct memora_error *error)
{
    struct config_entry entries[12];
    struct arena *arena = arena_create();
    const struct config config = {.arena = arena, .data_dir = "/tmp"};
    const struct memora_config *made = NULL;
    struct status status = {0};
    for (size_t i = 0; i < count; i++)
        entries[i] = (struct config_entry){.key = pairs[i].key, .value = pairs[i].value, .file = "test"};
    const struct config_section section = {.name = "storage", .entries = entries, .count = count};
    assert_int_equal(plugin_configure(s3_plugin(), &section, &config, &made, &status), STATUS_OK);
    int result = s3_plugin()->ops.storage.open(made, out, error);
    arena_destroy(arena);
    return result;
}

static struct memora_storage *open_fake(struct fake *fake)
{
    char endpoint[64];
    struct memora_storage *storage = NULL;
    struct memora_error error = {0};
    fake_start(fake);
    snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d/base/", fake->port);
    const struct pair pairs[] = {{"endpoint", endpoint},   {"bucket", "the-bucket"},     {"path_style", "yes"},
                                 {"access_key", "AKTEST"}, {"secret_key", "the-secret"}, {"timeout", "1"}};
    assert_int_equal(open_with(pairs, 6, &storage, &error), MEMORA_OK);
    return storage;
}

static void close_fake(struct fake *fake, struct memora_storage *storage)
{
    fake_stop(fake);
    s3_plugin()->ops.storage.close(storage);
}

#define BUSY "HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
#define HEAD_OK "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"abc\"\r\nConnection: close\r\n\r\n"
#define XML_HEAD(status) "HTTP/1.1 " status "\r\nContent-Type: application/xml\r\nConnection: close\r\n"

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

static int get_with(const char *text, char *out, size_t size, uint64_t off, uint64_t len, struct memora_error *error)
{
    const struct memora_storage_ops *ops = &s3_plugin()->ops.storage;
    struct fake fake = {.answers = {text}};
    struct memora_reader *reader = NULL;
    struct memora_object object;
    struct memora_storage *storage = open_fake(&fake);
    int result = ops->get(storage, "key", off, len, &reader, &object, error);
    size_t length = 0;
    int64_t n = 0;
    while (result == MEMORA_OK && (n = ops->read(reader, out + length, size - 1 - length, error)) > 0)
        length += (size_t)n;
    out[length] = '\0';
    if (result == MEMORA_OK)
        ops->reader_close(reader);
    close_fake(&fake, storage);
    return result == MEMORA_OK ? (int)n : result;
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
        {XML_HEAD("404 Not Found") "\r\n<Error><Code>NoSuchBucket</Code></Error>", MEMORA_E_NOT_FOUND,
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

struct zeros {
    int64_t left, give_up_at;
};

static int64_t read_zeros(void *ctx, void *buf, size_t cap)
{
    struct zeros *zeros = ctx;
    if (zeros->left <= zeros->give_up_at)
        return -1;
    size_t n = cap < (size_t)zeros->left ? cap : (size_t)zeros->left;
    memset(buf, 0, n);
    zeros->left -= (int64_t)n;
    return (int64_t)n;
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
    static const char *const endpoints[] = {"ftp://x", "example.org", "https://", "https://a b", "http://x/?y"};
    static const char *const buckets[] = {"a", "../x", "a/b", "x?y", ".abc"};
    for (size_t i = 0; i < 5; i++) {
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
