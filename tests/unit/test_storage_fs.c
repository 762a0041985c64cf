/* storage-fs: what goes in comes out, whole or not at all. */
#include "storage_fs_fixture.h"

#include <signal.h>
#include <sys/mman.h>

static void test_put_and_get(void **state)
{
    struct fixture *fixture = *state;
    struct memora_object object;
    unsigned before = open_files();
    mode_t mask = umask(022);
    umask(mask);
    assert_int_equal(put_bytes(fixture->storage, "a/b/c.bin", 300000, 3, MEMORA_PUT_NO_REPLACE), MEMORA_OK);
    assert_int_equal(get_bytes(fixture->storage, "a/b/c.bin", 0, UINT64_MAX, 3), 300000);
    assert_int_equal(ops->stat(fixture->storage, "a/b/c.bin", &object, NULL), MEMORA_OK);
    assert_int_equal(object.size, 300000);
    assert_true(object.mtime_ns > 1700000000000000000);
    assert_string_not_equal(object.etag, "");
    char path[1400];
    struct stat st;
    path_of(path, fixture->root, "a/b/c.bin");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0644 & ~mask);
    path_of(path, fixture->root, "a/b");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0777 & ~mask);
    assert_int_equal(entries(path), 1);
    assert_int_equal(put_bytes(fixture->storage, "empty", 0, 0, 0), MEMORA_OK);
    assert_int_equal(get_bytes(fixture->storage, "empty", 0, UINT64_MAX, 0), 0);
    assert_int_equal(put_bytes(fixture->storage, "büro 写真 \"'\\?*.png", 10, 1, 0), MEMORA_OK);
    assert_int_equal(get_bytes(fixture->storage, "büro 写真 \"'\\?*.png", 0, 10, 1), 10);
    assert_int_equal(ops->stat(fixture->storage, "a/none", &object, NULL), MEMORA_E_NOT_FOUND);
    assert_int_equal(ops->stat(fixture->storage, "a/b/c.bin/d", &object, NULL), MEMORA_E_NOT_FOUND);
    assert_int_equal(ops->stat(fixture->storage, "a/b", &object, NULL), MEMORA_E_NOT_FOUND);
    assert_int_equal(open_files(), before);
}

static void test_replace_or_not(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(put_bytes(fixture->storage, "k", 10, 1, MEMORA_PUT_NO_REPLACE), MEMORA_OK);
    assert_int_equal(put_bytes(fixture->storage, "k", 20, 2, MEMORA_PUT_NO_REPLACE), MEMORA_E_EXISTS);
    assert_int_equal(get_bytes(fixture->storage, "k", 0, UINT64_MAX, 1), 10);
    assert_int_equal(put_bytes(fixture->storage, "k", 20, 2, 0), MEMORA_OK);
    assert_int_equal(get_bytes(fixture->storage, "k", 0, UINT64_MAX, 2), 20);
    assert_int_equal(put_bytes(fixture->storage, "d/k", 1, 1, 0), MEMORA_OK);
    assert_int_not_equal(put_bytes(fixture->storage, "d", 1, 1, 0), MEMORA_OK);
    assert_int_equal(put_bytes(fixture->storage, "d", 1, 1, MEMORA_PUT_NO_REPLACE), MEMORA_E_EXISTS);
    assert_int_not_equal(put_bytes(fixture->storage, "k/below-a-file", 1, 1, 0), MEMORA_OK);
    assert_int_equal(entries(fixture->root), 2);
}

static int source_fd;
static int source_take(void *ctx)
{
    (void)ctx;
    return source_fd;
}

/* As put_bytes, with a file that has the bytes already. */
static int put_file(struct memora_storage *storage, const char *key, int fd, uint64_t size, unsigned seed,
                    uint32_t flags)
{
    struct source source = {.size = size, .stop_at = UINT64_MAX, .seed = seed};
    struct memora_put put = {.struct_size = sizeof put,
                             .flags = flags,
                             .size = (int64_t)size,
                             .content_type = "",
                             .read = source_read,
                             .ctx = &source,
                             .take_file = source_take};
    struct memora_object object = {0};
    source_fd = fd;
    int result = ops->put(storage, key, &put, &object, NULL);
    if (result == MEMORA_OK)
        assert_int_equal(object.size, size);
    return result;
}

/* A file that size bytes of a source are in; unnamed where this process can have such. */
static int file_of(const char *dir, uint64_t size, unsigned seed)
{
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);
    if (fd < 0) {
        char path[1400];
        path_of(path, dir, "of-the-core");
        fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        unlink(path);
    }
    assert_true(fd >= 0);
    for (uint64_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)(seed + i);
        assert_int_equal(write(fd, &byte, 1), 1);
    }
    return fd;
}

static bool is_same_file(const struct fixture *fixture, const char *key, int fd)
{
    char path[1400];
    struct stat one, other;
    path_of(path, fixture->root, key);
    assert_int_equal(stat(path, &one), 0);
    assert_int_equal(fstat(fd, &other), 0);
    return one.st_ino == other.st_ino && one.st_dev == other.st_dev;
}

/* Whether there are unnamed files that can get a name. */
static bool can_link(const struct fixture *fixture)
{
    int fd = open(fixture->outside, O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);
    close(fd);
    return fd >= 0;
}

static void test_file_is_taken(void **state)
{
    struct fixture *fixture = *state;
    unsigned before = open_files();
    mode_t mask = umask(022);
    umask(mask);
    int fd = file_of(fixture->outside, 5000, 3);
    assert_int_equal(put_file(fixture->storage, "a/b", fd, 5000, 3, MEMORA_PUT_NO_REPLACE), MEMORA_OK);
    assert_int_equal(is_same_file(fixture, "a/b", fd), can_link(fixture));
    assert_int_equal(get_bytes(fixture->storage, "a/b", 0, UINT64_MAX, 3), 5000);
    char path[1400];
    struct stat st;
    path_of(path, fixture->root, "a/b");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0644 & ~mask);
    /* It has a name now: whoever puts it once more gets a copy. */
    assert_int_equal(put_file(fixture->storage, "c", fd, 5000, 3, MEMORA_PUT_NO_REPLACE), MEMORA_OK);
    assert_false(is_same_file(fixture, "c", fd));
    assert_int_equal(get_bytes(fixture->storage, "c", 0, UINT64_MAX, 3), 5000);
    close(fd);
    fd = file_of(fixture->outside, 6000, 4);
    assert_int_equal(put_file(fixture->storage, "c", fd, 6000, 4, MEMORA_PUT_NO_REPLACE), MEMORA_E_EXISTS);
    assert_int_equal(get_bytes(fixture->storage, "c", 0, UINT64_MAX, 3), 5000);
    assert_int_equal(put_file(fixture->storage, "c", fd, 6000, 4, 0), MEMORA_OK);
    assert_int_equal(is_same_file(fixture, "c", fd), can_link(fixture));
    assert_int_equal(get_bytes(fixture->storage, "c", 0, UINT64_MAX, 4), 6000);
    close(fd);
    assert_int_equal(entries(fixture->root), 2);
    assert_int_equal(entries(fixture->outside), 0);
    assert_int_equal(open_files(), before);
}

/* Of another file system, of another size, or of what new files there do not look like: then its bytes are read. */
static void test_file_is_copied(void **state)
{
    struct fixture *fixture = *state;
    char path[1400];
    int elsewhere = memfd_create("elsewhere", MFD_CLOEXEC), longer = file_of(fixture->outside, 101, 1),
        group = file_of(fixture->outside, 100, 1), pipes[2];
    assert_true(elsewhere >= 0);
    assert_int_equal(ftruncate(elsewhere, 100), 0);
    assert_int_equal(pipe(pipes), 0);
    const int fds[] = {elsewhere, longer, pipes[0], -1};
    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "copy-%d", i);
        assert_int_equal(put_file(fixture->storage, path, fds[i], 100, 1, 0), MEMORA_OK);
        assert_int_equal(get_bytes(fixture->storage, path, 0, UINT64_MAX, 1), 100);
        if (fds[i] >= 0)
            assert_false(is_same_file(fixture, path, fds[i]));
    }
    if (geteuid() == 0) { /* else there is but one group */
        path_of(path, fixture->root, "shared");
        assert_int_equal(mkdir(path, 0755), 0);
        assert_int_equal(chown(path, (uid_t)-1, 4242), 0);
        assert_int_equal(chmod(path, 02755), 0);
        assert_int_equal(put_file(fixture->storage, "shared/a", group, 100, 1, 0), MEMORA_OK);
        struct stat st;
        path_of(path, fixture->root, "shared/a");
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_gid, 4242);
    }
    close(elsewhere);
    close(longer);
    close(group);
    close(pipes[0]);
    close(pipes[1]);
}

static void test_abort_leaves_nothing(void **state)
{
    static const uint64_t stops[] = {0, 1, 131072, 131073, 300000};
    struct fixture *fixture = *state;
    struct memora_object object;
    unsigned before = open_files();
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
        struct source source = {.size = 400000, .stop_at = stops[i]};
        struct memora_put put = {
            .struct_size = sizeof put, .size = -1, .content_type = "", .read = source_read, .ctx = &source};
        assert_int_equal(ops->put(fixture->storage, "k", &put, &object, NULL), MEMORA_E_CANCELLED);
        assert_int_equal(entries(fixture->root), 0);
    }
    for (int64_t announced = 9; announced <= 11; announced += 2) {
        struct source source = {.size = 10, .stop_at = UINT64_MAX};
        struct memora_put put = {
            .struct_size = sizeof put, .size = announced, .content_type = "", .read = source_read, .ctx = &source};
        assert_int_equal(ops->put(fixture->storage, "k", &put, &object, NULL), MEMORA_E_ARG);
        assert_int_equal(entries(fixture->root), 0);
    }
    assert_int_equal(put_bytes(fixture->storage, "k", 10, 1, 0), MEMORA_OK);
    struct source source = {.size = 10, .stop_at = 5};
    struct memora_put put = {
        .struct_size = sizeof put, .size = -1, .content_type = "", .read = source_read, .ctx = &source};
    assert_int_equal(ops->put(fixture->storage, "k", &put, &object, NULL), MEMORA_E_CANCELLED);
    assert_int_equal(get_bytes(fixture->storage, "k", 0, UINT64_MAX, 1), 10);
    assert_int_equal(entries(fixture->root), 1);
    assert_int_equal(open_files(), before);
}

static int64_t deadly_read(void *ctx, void *buf, size_t cap)
{
    int *calls = ctx;
    if (++*calls == 3)
        raise(SIGKILL);
    memset(buf, 'x', cap);
    return (int64_t)cap;
}

/* A server that is killed in the middle of an upload leaves no object, and nothing that is in the way of the next. */
static void test_kill_leaves_no_object(void **state)
{
    struct fixture *fixture = *state;
    struct memora_object object;
    pid_t child = fork();
    if (child == 0) {
        int calls = 0;
        struct memora_put put = {
            .struct_size = sizeof put, .size = -1, .content_type = "", .read = deadly_read, .ctx = &calls};
        ops->put(fixture->storage, "k", &put, &object, NULL);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_int_equal(ops->stat(fixture->storage, "k", &object, NULL), MEMORA_E_NOT_FOUND);
    assert_int_equal(put_bytes(fixture->storage, "k", 10, 1, MEMORA_PUT_NO_REPLACE), MEMORA_OK);
    assert_int_equal(get_bytes(fixture->storage, "k", 0, UINT64_MAX, 1), 10);
}

static void test_ranges(void **state)
{
    struct fixture *fixture = *state;
    struct memora_reader *reader = NULL;
    struct memora_object info;
    assert_int_equal(put_bytes(fixture->storage, "k", 5000, 7, 0), MEMORA_OK);
    assert_int_equal(get_bytes(fixture->storage, "k", 0, 1, 7), 1);
    assert_int_equal(get_bytes(fixture->storage, "k", 4999, 1, 7), 1);
    assert_int_equal(get_bytes(fixture->storage, "k", 4999, UINT64_MAX, 7), 1);
    assert_int_equal(get_bytes(fixture->storage, "k", 1, UINT64_MAX - 1, 7), 4999);
    assert_int_equal(get_bytes(fixture->storage, "k", 100, 0, 7), 0);
    assert_int_equal(get_bytes(fixture->storage, "k", 5000, UINT64_MAX, 7), 0);
    assert_int_equal(get_bytes(fixture->storage, "k", 5000, 0, 7), 0);
    memset(&info, 0, sizeof info);
    assert_int_equal(ops->get(fixture->storage, "k", 5001, 1, &reader, &info, NULL), MEMORA_E_RANGE);
    assert_int_equal(info.size, 5000);
    assert_int_equal(ops->get(fixture->storage, "k", UINT64_MAX, UINT64_MAX, &reader, &info, NULL), MEMORA_E_RANGE);
    assert_null(reader);
}

static void test_beyond_four_gigabytes(void **state)
{
    struct fixture *fixture = *state;
    const uint64_t size = (5ull << 30) + 3;
    char path[1400], buffer[8];
    path_of(path, fixture->root, "large");
    write_file(path, "");
    assert_int_equal(truncate(path, (off_t)size), 0);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "end", 3, (off_t)size - 3), 3);
    close(fd);
    struct memora_object object;
    struct memora_reader *reader;
    assert_int_equal(ops->stat(fixture->storage, "large", &object, NULL), MEMORA_OK);
    assert_int_equal(object.size, size);
    assert_int_equal(ops->get(fixture->storage, "large", size - 3, 100, &reader, &object, NULL), MEMORA_OK);
    assert_int_equal(ops->read(reader, buffer, sizeof buffer, NULL), 3);
    assert_memory_equal(buffer, "end", 3);
    assert_int_equal(ops->read(reader, buffer, sizeof buffer, NULL), 0);
    ops->reader_close(reader);
}

static void test_reader_survives_removal(void **state)
{
    struct fixture *fixture = *state;
    struct memora_reader *reader;
    struct memora_object info;
    char buffer[8192];
    assert_int_equal(put_bytes(fixture->storage, "d/k", 5000, 7, 0), MEMORA_OK);
    assert_int_equal(ops->get(fixture->storage, "d/k", 0, UINT64_MAX, &reader, &info, NULL), MEMORA_OK);
    assert_int_equal(ops->remove(fixture->storage, "d/k", NULL), MEMORA_OK);
    assert_int_equal(ops->remove(fixture->storage, "d/k", NULL), MEMORA_OK);
    assert_int_equal(ops->remove(fixture->storage, "never/was", NULL), MEMORA_OK);
    assert_int_equal(ops->remove(fixture->storage, "d", NULL), MEMORA_OK);
    assert_true(exists(fixture->root, "d"));
    assert_int_equal(ops->stat(fixture->storage, "d/k", &info, NULL), MEMORA_E_NOT_FOUND);
    assert_int_equal(ops->read(reader, buffer, sizeof buffer, NULL), 5000);
    ops->reader_close(reader);
}

static void test_reader_descriptor(void **state)
{
    struct fixture *fixture = *state;
    struct memora_reader *reader;
    struct memora_object info;
    uint64_t off = 0;
    unsigned char byte;
    assert_true((ops->features(fixture->storage) & MEMORA_STORAGE_FD) != 0);
    assert_int_equal(put_bytes(fixture->storage, "k", 5000, 7, 0), MEMORA_OK);
    assert_int_equal(ops->get(fixture->storage, "k", 300, 10, &reader, &info, NULL), MEMORA_OK);
    int fd = ops->reader_fd(reader, &off);
    assert_true(fd >= 0);
    assert_int_equal(off, 300);
    assert_int_equal(pread(fd, &byte, 1, (off_t)off), 1);
    assert_int_equal(byte, (unsigned char)(7 + 300));
    ops->reader_close(reader);
}

struct writer {
    struct memora_storage *storage;
    unsigned seed;
    uint32_t flags;
    int result;
};

static void *write_same_key(void *ctx)
{
    struct writer *writer = ctx;
    writer->result = put_bytes(writer->storage, "deep/er/k", 200000, writer->seed, writer->flags);
    return NULL;
}

static void run_writers(struct fixture *fixture, uint32_t flags, struct writer writers[4])
{
    pthread_t threads[4];
    for (unsigned i = 0; i < 4; i++) {
        writers[i] = (struct writer){.storage = fixture->storage, .seed = i, .flags = flags};
        assert_int_equal(pthread_create(&threads[i], NULL, write_same_key, &writers[i]), 0);
    }
    for (unsigned i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

static void test_two_writers_on_one_key(void **state)
{
    struct fixture *fixture = *state;
    struct writer writers[4];
    char path[1400];
    for (int round = 0; round < 5; round++) {
        run_writers(fixture, MEMORA_PUT_NO_REPLACE, writers);
        unsigned won = 0;
        for (unsigned i = 0; i < 4; i++) {
            assert_true(writers[i].result == MEMORA_OK || writers[i].result == MEMORA_E_EXISTS);
            if (writers[i].result != MEMORA_OK)
                continue;
            won++;
            assert_int_equal(get_bytes(fixture->storage, "deep/er/k", 0, UINT64_MAX, writers[i].seed), 200000);
        }
        assert_int_equal(won, 1);
        assert_int_equal(ops->remove(fixture->storage, "deep/er/k", NULL), MEMORA_OK);
    }
    run_writers(fixture, 0, writers);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(writers[i].result, MEMORA_OK);
    unsigned char first;
    path_of(path, fixture->root, "deep/er/k");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, &first, 1), 1);
    close(fd);
    assert_int_equal(get_bytes(fixture->storage, "deep/er/k", 0, UINT64_MAX, first), 200000);
    path_of(path, fixture->root, "deep/er");
    assert_int_equal(entries(path), 1);
}

static void test_check_and_open(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(ops->check(fixture->storage, NULL), MEMORA_OK);
    assert_int_equal(entries(fixture->root), 0);
    struct memora_storage *other = NULL;
    struct memora_error error = {0};
    char missing[100];
    snprintf(missing, sizeof missing, "%s/missing", fixture->dir);
    struct memora_config config = {.root = missing};
    assert_int_equal(ops->open(&config, &other, &error), MEMORA_E_CONFIG);
    assert_non_null(strstr(error.message, "root: "));
    assert_non_null(strstr(error.message, missing));
    assert_int_equal(mkdir(missing, 0755), 0);
    assert_int_equal(ops->open(&config, &other, &error), MEMORA_OK);
    assert_int_equal(rmdir(missing), 0);
    assert_int_equal(ops->check(other, &error), MEMORA_E_NOT_FOUND);
    ops->close(other);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_put_and_get, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replace_or_not, setup, teardown),
        cmocka_unit_test_setup_teardown(test_file_is_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(test_file_is_copied, setup, teardown),
        cmocka_unit_test_setup_teardown(test_abort_leaves_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_kill_leaves_no_object, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ranges, setup, teardown),
        cmocka_unit_test_setup_teardown(test_beyond_four_gigabytes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reader_survives_removal, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reader_descriptor, setup, teardown),
        cmocka_unit_test_setup_teardown(test_two_writers_on_one_key, setup, teardown),
        cmocka_unit_test_setup_teardown(test_check_and_open, setup, teardown),
    };
    return run_twice(tests, sizeof tests / sizeof *tests);
}
