/* How the core treats a storage plugin that can do little: one call at a time, no descriptors, reading only from the
 * beginning; and one that fails. */
#include "attachment_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

enum { OBJECTS = 8, OBJECT_SIZE = 200000, KEY_SIZE = 200 };

struct object {
    char key[KEY_SIZE];
    unsigned char *bytes;
    size_t size;
};

struct memora_storage {
    struct object objects[OBJECTS];
    unsigned count;
    atomic_int inside; /* calls that run now */
    bool full, broken;
};

struct memora_reader {
    struct memora_storage *storage;
    const struct object *object;
    size_t at;
};

static struct memora_storage memory;
static int opens, open_result;

static void enter(struct memora_storage *storage)
{
    assert_int_equal(atomic_fetch_add(&storage->inside, 1), 0);
}

static void leave(struct memora_storage *storage)
{
    atomic_fetch_sub(&storage->inside, 1);
}

static int memory_open(const struct memora_config *config, struct memora_storage **out, struct memora_error *error)
{
    (void)config;
    if (open_result)
        return memora_fail(error, open_result, "place: no such place");
    opens++;
    *out = &memory;
    return MEMORA_OK;
}

static void memory_close(struct memora_storage *storage)
{
    opens--;
    for (unsigned i = 0; i < storage->count; i++)
        free(storage->objects[i].bytes);
    storage->count = 0;
}

static uint64_t memory_features(struct memora_storage *storage)
{
    (void)storage;
    return 0;
}

static const struct object *find(const struct memora_storage *storage, const char *key)
{
    for (unsigned i = 0; i < storage->count; i++)
        if (strcmp(storage->objects[i].key, key) == 0)
            return &storage->objects[i];
    return NULL;
}

static int memory_put(struct memora_storage *storage, const char *key, const struct memora_put *put,
                      struct memora_object *out, struct memora_error *error)
{
    (void)out;
    if (storage->full)
        return memora_fail(error, MEMORA_E_FULL, "no room in /secret/place");
    if (storage->broken)
        return memora_fail(error, MEMORA_E_IO, "/secret/place is broken");
    enter(storage);
    struct object *object = &storage->objects[storage->count++];
    snprintf(object->key, sizeof object->key, "%s", key);
    object->bytes = calloc(1, (size_t)put->size + 1);
    int64_t n;
    object->size = 0;
    while ((n = put->read(put->ctx, object->bytes + object->size, 1000)) > 0)
        object->size += (size_t)n;
    leave(storage);
    return MEMORA_OK;
}

static int memory_get(struct memora_storage *storage, const char *key, uint64_t off, uint64_t len,
                      struct memora_reader **out, struct memora_object *info, struct memora_error *error)
{
    (void)len;
    const struct object *object = find(storage, key);
    if (!object)
        return memora_fail(error, MEMORA_E_NOT_FOUND, "none");
    assert_int_equal(off, 0); /* without MEMORA_STORAGE_RANGE the core asks for nothing else */
    enter(storage);
    memset(info, 0, sizeof *info);
    info->size = object->size;
    *out = calloc(1, sizeof **out);
    **out = (struct memora_reader){storage, object, 0};
    leave(storage);
    return MEMORA_OK;
}

static int64_t memory_read(struct memora_reader *reader, void *buf, size_t cap, struct memora_error *error)
{
    if (reader->storage->broken)
        return memora_fail(error, MEMORA_E_IO, "gone");
    enter(reader->storage);
    size_t left = reader->object->size - reader->at;
    size_t n = left < cap ? left : cap;
    memcpy(buf, reader->object->bytes + reader->at, n);
    reader->at += n;
    leave(reader->storage);
    return (int64_t)n;
}

static void memory_reader_close(struct memora_reader *reader)
{
    free(reader);
}

static int memory_remove(struct memora_storage *storage, const char *key, struct memora_error *error)
{
    (void)storage, (void)key, (void)error;
    return MEMORA_OK;
}

static int no_fd(struct memora_reader *reader, uint64_t *off)
{
    (void)reader, (void)off;
    fail_msg("%s", "reader_fd was called without MEMORA_STORAGE_FD");
    return -1;
}

static const struct memora_plugin table = {.name = "memory", .threads = MEMORA_THREADS_SERIAL};
static const struct plugin plugin = {.table = &table,
                                     .path = "memory",
                                     .ops.storage = {.open = memory_open,
                                                     .close = memory_close,
                                                     .features = memory_features,
                                                     .put = memory_put,
                                                     .get = memory_get,
                                                     .read = memory_read,
                                                     .reader_fd = no_fd,
                                                     .reader_close = memory_reader_close,
                                                     .remove = memory_remove}};

static const struct config config = {.data_dir = "/data", .storage = {.name = "storage"}};

struct memory_fixture {
    struct blob *blob;
    struct arena *arena;
    unsigned char *bytes;
    struct store_attachment attachment;
};

static int setup_memory(void **state)
{
    struct memory_fixture *f = calloc(1, sizeof *f);
    struct status status = {0};
    memory.full = memory.broken = false;
    f->arena = arena_create();
    f->bytes = malloc(OBJECT_SIZE);
    for (size_t i = 0; i < OBJECT_SIZE; i++)
        f->bytes[i] = (unsigned char)(i * 7 + i / 256);
    f->attachment = (struct store_attachment){
        .uid = "u", .filename = "n.bin", .type = "a/b", .bytes = f->bytes, .bytes_length = OBJECT_SIZE};
    if (blob_open(&plugin, &config, &f->blob, &status))
        fail_msg("%s", status.message);
    assert_int_equal(opens, 1); /* not a second time for files outside: the plugin has no key root */
    *state = f;
    return 0;
}

static int teardown_memory(void **state)
{
    struct memory_fixture *f = *state;
    blob_close(f->blob);
    assert_int_equal(opens, 0);
    arena_destroy(f->arena);
    free(f->bytes);
    free(f);
    return 0;
}

static enum status_code put(struct memory_fixture *f, struct status *status)
{
    Memos__Store__InstanceStorageSetting setting = MEMOS__STORE__INSTANCE_STORAGE_SETTING__INIT;
    setting.filepath_template = "a/{filename}";
    return blob_put(f->blob, f->arena, &setting, &f->attachment, status);
}

static void expect_bytes(struct memory_fixture *f, struct blob_content *content, uint64_t pos, size_t count)
{
    unsigned char *buffer = malloc(count);
    size_t got = 0;
    while (got < count) {
        int64_t n = blob_content_read(content, pos + got, buffer + got, count - got);
        assert_true(n > 0);
        got += (size_t)n;
    }
    assert_memory_equal(buffer, f->bytes + pos, count);
    free(buffer);
}

static void test_reading_anywhere(void **state)
{
    struct memory_fixture *f = *state;
    struct status status = {0};
    struct blob_content *content;
    uint64_t base;
    char byte;
    assert_int_equal(put(f, &status), STATUS_OK);
    assert_string_equal(f->attachment.reference, "/data/a/n.bin");
    assert_int_equal(blob_content_open(f->blob, NULL, f->arena, &f->attachment, &content, &status), STATUS_OK);
    assert_int_equal(blob_content_size(content), OBJECT_SIZE);
    assert_int_equal(blob_content_fd(content, &base), -1);
    assert_int_equal(blob_content_modified(content), 0);
    expect_bytes(f, content, 0, 1000);
    expect_bytes(f, content, 1000, 1000);
    expect_bytes(f, content, 150000, 50000); /* forward: skips */
    expect_bytes(f, content, 10, 30);        /* backward: opens anew */
    assert_int_equal(blob_content_read(content, OBJECT_SIZE, &byte, 1), 0);
    memory.broken = true;
    assert_int_equal(blob_content_read(content, 5, &byte, 1), -1);
    blob_content_close(content);
    blob_content_close(content);
}

static void test_failures_have_no_paths(void **state)
{
    struct memory_fixture *f = *state;
    struct status status = {0};
    memory.full = true;
    assert_int_equal(put(f, &status), STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(status.message, "no space left in the storage");
    memory.full = false;
    memory.broken = true;
    assert_int_equal(put(f, &status), STATUS_INTERNAL);
    assert_null(strstr(status.message, "secret"));
}

static void test_failed_open(void **state)
{
    (void)state;
    struct blob *blob = NULL;
    struct status status = {0};
    open_result = MEMORA_E_CONFIG;
    assert_int_equal(blob_open(&plugin, &config, &blob, &status), STATUS_FAILED_PRECONDITION);
    assert_string_equal(status.message, "storage plugin memory: place: no such place");
    assert_null(blob);
    open_result = MEMORA_OK;
}

static void *read_all(void *ctx)
{
    struct memory_fixture *f = ctx;
    struct arena *arena = arena_create();
    struct blob_content *content;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(blob_content_open(f->blob, NULL, arena, &f->attachment, &content, NULL), STATUS_OK);
        expect_bytes(f, content, 0, OBJECT_SIZE);
        blob_content_close(content);
    }
    arena_destroy(arena);
    return NULL;
}

/* The plugin above notices if two calls ever run at once. */
static void test_serial_plugin(void **state)
{
    struct memory_fixture *f = *state;
    struct status status = {0};
    pthread_t threads[3];
    assert_int_equal(put(f, &status), STATUS_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_all, f), 0);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reading_anywhere, setup_memory, teardown_memory),
        cmocka_unit_test_setup_teardown(test_failures_have_no_paths, setup_memory, teardown_memory),
        cmocka_unit_test(test_failed_open),
        cmocka_unit_test_setup_teardown(test_serial_plugin, setup_memory, teardown_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
