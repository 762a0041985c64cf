/* usage: parts DIR   storage-s3 against a real server over the folder DIR (tests/s3/parts.sh): what is damaged on the
 * way is refused, and what is damaged in the store is found. S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY and S3_SECRET_KEY
 * name the server. */
#include "../unit/s3_fake.h"

#include <fcntl.h>

enum { MIB = 1024 * 1024, SIZE = 9 * MIB };

static const char *folder;

/* damaged: what is sent of the first part is not what its checksum was made of. */
struct source {
    bool damaged;
    int begun;
};

static int64_t read_none(void *ctx, void *buf, size_t cap)
{
    (void)ctx;
    (void)buf;
    (void)cap;
    fail(); /* there is read_at */
    return -1;
}

static unsigned char byte_at(uint64_t pos)
{
    return (unsigned char)(pos * 7 + (pos >> 16));
}

static int64_t read_at(void *ctx, uint64_t pos, void *buf, size_t cap)
{
    struct source *source = ctx;
    unsigned char *bytes = buf;
    for (size_t i = 0; i < cap; i++)
        bytes[i] = byte_at(pos + i);
    if (pos == 0 && source->damaged) /* only one thread has the first part */
        bytes[0] ^= (unsigned char)(source->begun++ & 1);
    return (int64_t)cap;
}

static struct memora_storage *open_real(const char *sign)
{
    struct memora_storage *storage = NULL;
    struct memora_error error = {0};
    const struct pair pairs[] = {{"endpoint", getenv("S3_ENDPOINT")},
                                 {"bucket", getenv("S3_BUCKET")},
                                 {"access_key", getenv("S3_ACCESS_KEY")},
                                 {"secret_key", getenv("S3_SECRET_KEY")},
                                 {"path_style", "yes"},
                                 {"compare_all", "yes"},
                                 {"sign_payload", sign}};
    assert_int_equal(open_with(pairs, sizeof pairs / sizeof pairs[0], &storage, &error), MEMORA_OK);
    return storage;
}

static int put(struct memora_storage *storage, const char *key, bool damaged, struct memora_error *error)
{
    struct source source = {.damaged = damaged};
    const struct memora_put put = {.struct_size = sizeof put,
                                   .size = SIZE,
                                   .content_type = "",
                                   .read = read_none,
                                   .ctx = &source,
                                   .read_at = read_at};
    struct memora_object object;
    return s3_plugin()->ops.storage.put(storage, key, &put, &object, error);
}

/* All of it; its bytes are right as far as they come. */
static int64_t get(struct memora_storage *storage, const char *key, uint64_t *length, struct memora_error *error)
{
    const struct memora_storage_ops *ops = &s3_plugin()->ops.storage;
    static unsigned char bytes[MIB];
    struct memora_reader *reader = NULL;
    struct memora_object object;
    int64_t n;
    *length = 0;
    assert_int_equal(ops->get(storage, key, 0, UINT64_MAX, &reader, &object, error), MEMORA_OK);
    while ((n = ops->read(reader, bytes, sizeof bytes, error)) > 0)
        for (int64_t i = 0; i < n; i++, (*length)++)
            if (bytes[i] != byte_at(*length) && *length != 12345)
                fail_msg("byte %llu is another one", (unsigned long long)*length);
    ops->reader_close(reader);
    return n;
}

static const char *const ways[] = {"auto", "yes"};

static void test_damage_on_the_way(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct memora_storage *storage = open_real(ways[i]);
        struct memora_object object;
        struct memora_error error = {0};
        assert_int_equal(put(storage, "on/the/way", true, &error), MEMORA_E_IO);
        if (!strstr(error.message, "HTTP 400"))
            fail_msg("%s", error.message);
        assert_int_equal(s3_plugin()->ops.storage.stat(storage, "on/the/way", &object, &error), MEMORA_E_NOT_FOUND);
        s3_plugin()->ops.storage.close(storage);
    }
}

static void damage(const char *key)
{
    char path[4096];
    unsigned char other = (unsigned char)(byte_at(12345) ^ 1);
    snprintf(path, sizeof path, "%s/objects/%s/%s", folder, getenv("S3_BUCKET"), key);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, &other, 1, 12345), 1);
    close(fd);
}

static void test_damage_in_the_store(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct memora_storage *storage = open_real(ways[i]);
        struct memora_error error = {0};
        uint64_t length;
        assert_int_equal(put(storage, "in/the/store", false, &error), MEMORA_OK);
        assert_int_equal(get(storage, "in/the/store", &length, &error), 0);
        assert_int_equal(length, SIZE);
        damage("in/the/store");
        assert_int_equal(get(storage, "in/the/store", &length, &error), MEMORA_E_IO);
        assert_non_null(strstr(error.message, "checksum"));
        assert_int_equal(s3_plugin()->ops.storage.remove(storage, "in/the/store", &error), MEMORA_OK);
        s3_plugin()->ops.storage.close(storage);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_damage_on_the_way),
        cmocka_unit_test(test_damage_in_the_store),
    };
    if (argc != 2)
        return 2;
    folder = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
