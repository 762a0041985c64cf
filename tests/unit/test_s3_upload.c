/* storage-s3: uploads that are read at any place and sent in parts, what a killed process has left of one, and where
 * the key pair comes from. */
#include "s3_fake.h"

enum { MIB = 1024 * 1024 };

#define STARTED                                                                                                        \
    XML_HEAD("200 OK")                                                                                                 \
    "\r\n<InitiateMultipartUploadResult><UploadId>up1</UploadId></InitiateMultipartUploadResult>"
#define PART XML_HEAD("200 OK") "ETag: \"p\"\r\n\r\n"
#define COMPLETED XML_HEAD("200 OK") "\r\n<CompleteMultipartUploadResult/>"
#define GONE "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
#define NOTHING XML_HEAD("200 OK") "\r\n<ListMultipartUploadsResult/>"

struct pattern {
    uint64_t size, gives_up_at; /* UINT64_MAX = never */
    atomic_int reads;           /* by any thread */
};

static int64_t pattern_read(void *ctx, void *buf, size_t cap)
{
    (void)ctx;
    (void)buf;
    (void)cap;
    fail(); /* there is read_at */
    return -1;
}

static int64_t pattern_read_at(void *ctx, uint64_t pos, void *buf, size_t cap)
{
    struct pattern *pattern = ctx;
    atomic_fetch_add(&pattern->reads, 1);
    if (pos + cap > pattern->gives_up_at)
        return -1;
    uint64_t left = pattern->size - pos;
    size_t n = left < cap ? (size_t)left : cap;
    memset(buf, (int)(pos >> 20), n);
    return (int64_t)n;
}

static int put_pattern(struct memora_storage *storage, struct pattern *pattern, struct memora_object *object,
                       struct memora_error *error)
{
    const struct memora_put put = {.struct_size = sizeof put,
                                   .size = (int64_t)pattern->size,
                                   .content_type = "",
                                   .read = pattern_read,
                                   .ctx = pattern,
                                   .read_at = pattern_read_at};
    return s3_plugin()->ops.storage.put(storage, "key", &put, object, error);
}

static void test_parts_are_read_where_they_lie(void **state)
{
    (void)state;
    struct fake fake = {.answers = {STARTED, PART, PART, PART, COMPLETED,
                                    "HTTP/1.1 200 OK\r\nContent-Length: 20971520\r\nConnection: close\r\n\r\n"}};
    struct pattern pattern = {.size = 20 * MIB, .gives_up_at = UINT64_MAX};
    struct memora_object object = {0};
    struct memora_error error = {0};
    struct memora_storage *storage = open_fake(&fake);
    assert_int_equal(put_pattern(storage, &pattern, &object, &error), MEMORA_OK);
    assert_int_equal(object.size, 20 * MIB);
    close_fake(&fake, storage);
    assert_string_equal(fake.methods, "POST PUT PUT PUT POST HEAD ");
}

/* Each part again, not the whole. */
static void test_a_part_is_tried_again(void **state)
{
    (void)state;
    struct fake fake = {.answers = {STARTED, BUSY, RESET, PART, PART, COMPLETED, HEAD_OK}};
    struct pattern pattern = {.size = 9 * MIB, .gives_up_at = UINT64_MAX};
    struct memora_object object = {0};
    struct memora_error error = {0};
    struct memora_storage *storage = open_fake(&fake);
    assert_int_equal(put_pattern(storage, &pattern, &object, &error), MEMORA_OK);
    close_fake(&fake, storage);
    assert_string_equal(fake.methods, "POST PUT PUT PUT PUT POST HEAD ");
}

static void test_an_upload_that_fails_is_abandoned(void **state)
{
    (void)state;
    struct fake fake = {.answers = {STARTED, XML_HEAD("403 Forbidden") "\r\n<Error><Code>AccessDenied</Code></Error>"}};
    struct pattern pattern = {.size = 200 * MIB, .gives_up_at = UINT64_MAX};
    struct memora_object object = {0};
    struct memora_error error = {0};
    struct memora_storage *storage = open_fake(&fake);
    assert_int_equal(put_pattern(storage, &pattern, &object, &error), MEMORA_E_AUTH);
    assert_non_null(strstr(error.message, "AccessDenied"));
    close_fake(&fake, storage);
    assert_non_null(strstr(fake.last, "DELETE /base/the-bucket/key?uploadId=up1 "));
    assert_true(atomic_load(&fake.requests) <= 6); /* the parts that were under way, and no more */
}

static void test_a_source_that_gives_up(void **state)
{
    (void)state;
    static const uint64_t places[] = {1, 8 * MIB + 1};
    for (size_t i = 0; i < 2; i++) {
        struct fake fake = {.answers = {STARTED, PART}};
        struct pattern pattern = {.size = i ? 9 * MIB : 100, .gives_up_at = places[i]};
        struct memora_object object = {0};
        struct memora_error error = {0};
        struct memora_storage *storage = open_fake(&fake);
        assert_int_equal(put_pattern(storage, &pattern, &object, &error), MEMORA_E_CANCELLED);
        close_fake(&fake, storage);
        if (i == 0)
            assert_int_equal(atomic_load(&fake.requests), 0);
        else
            assert_non_null(strstr(fake.last, "DELETE /base/the-bucket/key?uploadId=up1 "));
    }
}

static void test_small_objects_need_no_memory(void **state)
{
    (void)state;
    struct fake fake = {
        .answers = {BUSY, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nETag: \"e\"\r\nConnection: close\r\n\r\n"}};
    struct pattern pattern = {.size = 8 * MIB, .gives_up_at = UINT64_MAX};
    struct memora_object object = {0};
    struct memora_error error = {0};
    struct memora_storage *storage = open_fake(&fake);
    assert_int_equal(put_pattern(storage, &pattern, &object, &error), MEMORA_OK);
    assert_string_equal(object.etag, "e");
    close_fake(&fake, storage);
    assert_string_equal(fake.methods, "PUT PUT ");
    assert_non_null(strcasestr(fake.last, "\r\nx-amz-checksum-sha256: "));
}

static void test_removing_ends_unfinished_uploads(void **state)
{
    (void)state;
    struct fake fake = {.answers = {GONE,
                                    XML_HEAD("200 OK") "\r\n<ListMultipartUploadsResult>"
                                                       "<Upload><Key>keys</Key><UploadId>other</UploadId></Upload>"
                                                       "<Upload><Key>key</Key><UploadId>left</UploadId></Upload>"
                                                       "</ListMultipartUploadsResult>",
                                    GONE}};
    struct memora_error error = {0};
    struct memora_storage *storage = open_fake(&fake);
    assert_int_equal(s3_plugin()->ops.storage.remove(storage, "key", &error), MEMORA_OK);
    close_fake(&fake, storage);
    assert_string_equal(fake.methods, "DELETE GET DELETE ");
    assert_non_null(strstr(fake.last, "DELETE /base/the-bucket/key?uploadId=left "));
}

/* A store that cannot list them, or does not let us: the object is gone all the same. */
static void test_removing_without_a_list_of_uploads(void **state)
{
    (void)state;
    static const char *const answers[] = {
        XML_HEAD("501 Not Implemented") "\r\n<Error><Code>NotImplemented</Code></Error>",
        XML_HEAD("403 Forbidden") "\r\n<Error><Code>AccessDenied</Code></Error>", XML_HEAD("200 OK") "\r\n<html>",
        NOTHING};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct fake fake = {.answers = {GONE, answers[i]}};
        struct memora_error error = {0};
        struct memora_storage *storage = open_fake(&fake);
        assert_int_equal(s3_plugin()->ops.storage.remove(storage, "key", &error), MEMORA_OK);
        close_fake(&fake, storage);
        assert_string_equal(fake.methods, "DELETE GET ");
    }
}

static void presigned_with(const struct pair *pairs, size_t count, char *url, size_t size)
{
    struct memora_storage *storage = NULL;
    struct memora_error error = {0};
    assert_int_equal(open_with(pairs, count, &storage, &error), MEMORA_OK);
    assert_int_equal(s3_plugin()->ops.storage.presign(storage, "a", 60, url, size, &error), MEMORA_OK);
    s3_plugin()->ops.storage.close(storage);
}

static void test_keys_of_the_environment(void **state)
{
    (void)state;
    char url[2048];
    const struct pair pairs[] = {{"bucket", "the-bucket"}, {"access_key", "CONFIGURED"}, {"secret_key", "s"}};
    setenv("AWS_ACCESS_KEY_ID", "ENVKEY", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "env-secret", 1);
    setenv("AWS_SESSION_TOKEN", "env/token", 1);
    presigned_with(pairs, 1, url, sizeof url);
    assert_non_null(strstr(url, "X-Amz-Credential=ENVKEY%2F"));
    assert_non_null(strstr(url, "X-Amz-Security-Token=env%2Ftoken"));
    presigned_with(pairs, 3, url, sizeof url); /* the token belongs to another key */
    assert_non_null(strstr(url, "X-Amz-Credential=CONFIGURED%2F"));
    assert_null(strstr(url, "Token"));
    unsetenv("AWS_SECRET_ACCESS_KEY");
    struct memora_storage *storage = NULL;
    struct memora_error error = {0};
    assert_int_equal(open_with(pairs, 1, &storage, &error), MEMORA_E_CONFIG);
    unsetenv("AWS_ACCESS_KEY_ID");
    unsetenv("AWS_SESSION_TOKEN");
}

static void test_sections_of_the_file(void **state)
{
    (void)state;
    static const struct {
        const char *text, *key, *token; /* NULL: none */
    } cases[] = {
        {"[default]\naws_access_key_id=ONE\naws_secret_access_key=s\n[other]\naws_session_token=its\n", "ONE", NULL},
        {"[empty]\nregion=x\n[b]\naws_session_token=t\naws_secret_access_key=s\naws_access_key_id=TWO\n", "TWO", "t"},
        {"[a]\naws_session_token=old\n[b]\naws_access_key_id=THREE\naws_secret_access_key=s\n", "THREE", NULL},
        {"aws_access_key_id = FOUR \r\naws_secret_access_key = s\r\naws_session_token = t \r\n", "FOUR", "t"},
        {"[a]\naws_access_key_id=FIVE\n[b]\naws_secret_access_key=s\n", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[] = "/tmp/memora-s3-XXXXXX", url[2048], wanted[64];
        int fd = mkstemp(path);
        assert_true(fd >= 0 && dprintf(fd, "%s", cases[i].text) > 0);
        const struct pair pairs[] = {{"bucket", "the-bucket"}, {"credentials_file", path}};
        struct memora_storage *storage = NULL;
        struct memora_error error = {0};
        if (cases[i].key) {
            presigned_with(pairs, 2, url, sizeof url);
            snprintf(wanted, sizeof wanted, "X-Amz-Credential=%s%%2F", cases[i].key);
            assert_non_null(strstr(url, wanted));
            snprintf(wanted, sizeof wanted, "X-Amz-Security-Token=%s", cases[i].token ? cases[i].token : "");
            assert_true((strstr(url, wanted) != NULL) == (cases[i].token != NULL));
        } else {
            assert_int_equal(open_with(pairs, 2, &storage, &error), MEMORA_E_CONFIG);
        }
        close(fd);
        unlink(path);
    }
}

/* Only the owner may have anything to do with it. */
static void test_modes_of_the_file(void **state)
{
    (void)state;
    static const mode_t refused[] = {0604, 0640, 0620, 0602, 0610, 0644};
    char path[] = "/tmp/memora-s3-XXXXXX", url[2048];
    int fd = mkstemp(path);
    assert_true(fd >= 0 && dprintf(fd, "aws_access_key_id=A\naws_secret_access_key=the-secret\n") > 0);
    const struct pair pairs[] = {{"bucket", "the-bucket"}, {"credentials_file", path}};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct memora_storage *storage = NULL;
        struct memora_error error = {0};
        assert_int_equal(fchmod(fd, refused[i]), 0);
        assert_int_equal(open_with(pairs, 2, &storage, &error), MEMORA_E_CONFIG);
        assert_non_null(strstr(error.message, "chmod 600"));
        assert_null(strstr(error.message, "the-secret"));
    }
    assert_int_equal(fchmod(fd, 0400), 0);
    presigned_with(pairs, 2, url, sizeof url);
    close(fd);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_are_read_where_they_lie),
        cmocka_unit_test(test_a_part_is_tried_again),
        cmocka_unit_test(test_an_upload_that_fails_is_abandoned),
        cmocka_unit_test(test_a_source_that_gives_up),
        cmocka_unit_test(test_small_objects_need_no_memory),
        cmocka_unit_test(test_removing_ends_unfinished_uploads),
        cmocka_unit_test(test_removing_without_a_list_of_uploads),
        cmocka_unit_test(test_keys_of_the_environment),
        cmocka_unit_test(test_sections_of_the_file),
        cmocka_unit_test(test_modes_of_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
