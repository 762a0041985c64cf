/* storage-fs: which names it takes, that none leads out of the root, and listing them. */
#include "storage_fs_fixture.h"

static void refuse_everywhere(struct fixture *fixture, const char *key)
{
    struct memora_object object;
    struct memora_reader *reader = NULL;
    assert_int_equal(put_bytes(fixture->storage, key, 3, 1, 0), MEMORA_E_ARG);
    assert_int_equal(ops->stat(fixture->storage, key, &object, NULL), MEMORA_E_ARG);
    assert_int_equal(ops->get(fixture->storage, key, 0, UINT64_MAX, &reader, &object, NULL), MEMORA_E_ARG);
    assert_null(reader);
    assert_int_equal(ops->remove(fixture->storage, key, NULL), MEMORA_E_ARG);
}

static void test_hostile_keys(void **state)
{
    static const char *const keys[] = {"",
                                       "/",
                                       "/etc/passwd",
                                       "..",
                                       "../outside/x",
                                       "a/../x",
                                       "a/..",
                                       "a/./b",
                                       ".",
                                       "./a",
                                       "a//b",
                                       "a/",
                                       "//",
                                       "a\nb",
                                       "a\x01",
                                       "a\x7f",
                                       "\xff",
                                       "a/\xc0\xaf/b",
                                       "\xed\xa0\x80",
                                       "\xe0\x80\xae",
                                       "\xf4\x90\x80\x80",
                                       "\xe2\x82",
                                       ".memora-put-0",
                                       "a/.memora-put-0/b"};
    struct fixture *fixture = *state;
    char path[1400];
    path_of(path, fixture->outside, "x");
    write_file(path, "secret");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        refuse_everywhere(fixture, keys[i]);
    char lengthy[1400];
    memset(lengthy, 'x', sizeof lengthy);
    lengthy[256] = '\0'; /* one byte more than a file name may have */
    refuse_everywhere(fixture, lengthy);
    memset(lengthy, 'x', sizeof lengthy);
    for (size_t i = 100; i < 1025; i += 100)
        lengthy[i] = '/';
    lengthy[1025] = '\0';
    refuse_everywhere(fixture, lengthy);
    assert_int_equal(entries(fixture->root), 0);
    assert_int_equal(entries(fixture->outside), 1);
    lengthy[1024] = '\0';
    assert_int_equal(put_bytes(fixture->storage, lengthy, 3, 1, 0), MEMORA_OK);
    assert_int_equal(get_bytes(fixture->storage, lengthy, 0, 3, 1), 3);
}

static void test_symlinks_lead_nowhere(void **state)
{
    struct fixture *fixture = *state;
    struct memora_object object;
    struct memora_reader *reader = NULL;
    char path[1400];
    unsigned before = open_files();
    path_of(path, fixture->outside, "secret");
    write_file(path, "secret");
    path_of(path, fixture->root, "folder");
    assert_int_equal(symlink("../outside", path), 0);
    path_of(path, fixture->root, "file");
    assert_int_equal(symlink("../outside/secret", path), 0);
    path_of(path, fixture->root, "inner");
    assert_int_equal(symlink(".", path), 0);
    static const char *const keys[] = {"folder/secret", "file", "inner/file", "inner/folder/secret"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        assert_int_not_equal(ops->stat(fixture->storage, keys[i], &object, NULL), MEMORA_OK);
        assert_int_not_equal(ops->get(fixture->storage, keys[i], 0, 1, &reader, &object, NULL), MEMORA_OK);
    }
    assert_int_not_equal(put_bytes(fixture->storage, "folder/new", 3, 1, 0), MEMORA_OK);
    assert_int_not_equal(put_bytes(fixture->storage, "folder/deeper/new", 3, 1, 0), MEMORA_OK);
    assert_int_equal(put_bytes(fixture->storage, "file", 3, 1, MEMORA_PUT_NO_REPLACE), MEMORA_E_EXISTS);
    ops->remove(fixture->storage, "folder/secret", NULL);
    ops->remove(fixture->storage, "file", NULL);
    assert_int_equal(entries(fixture->outside), 1);
    /* Replacing puts the object where the link was; what it pointed to is as before. */
    assert_int_equal(put_bytes(fixture->storage, "file", 3, 1, 0), MEMORA_OK);
    path_of(path, fixture->outside, "secret");
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 6);
    assert_int_equal(open_files(), before);
}

static void test_symlinks_on_request(void **state)
{
    struct fixture *fixture = *state;
    struct memora_storage *following;
    struct memora_config config = {.root = fixture->root, .follow_symlinks = 1};
    char path[1400];
    path_of(path, fixture->root, "folder");
    assert_int_equal(symlink("../outside", path), 0);
    assert_int_equal(ops->open(&config, &following, NULL), MEMORA_OK);
    assert_int_equal(put_bytes(following, "folder/a/b", 3, 1, MEMORA_PUT_NO_REPLACE), MEMORA_OK);
    assert_int_equal(get_bytes(following, "folder/a/b", 0, 3, 1), 3);
    assert_true(exists(fixture->outside, "a/b"));
    assert_int_equal(ops->remove(following, "folder/a/b", NULL), MEMORA_OK);
    assert_false(exists(fixture->outside, "a/b"));
    assert_int_equal(put_bytes(following, "folder/../x", 3, 1, 0), MEMORA_E_ARG);
    ops->close(following);
}

static void test_only_files_are_objects(void **state)
{
    struct fixture *fixture = *state;
    struct memora_object object;
    char path[1400];
    path_of(path, fixture->root, "pipe");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(ops->stat(fixture->storage, "pipe", &object, NULL), MEMORA_E_NOT_FOUND);
    assert_int_equal(ops->remove(fixture->storage, "pipe", NULL), MEMORA_OK);
    assert_true(exists(fixture->root, "pipe"));
}

struct seen {
    unsigned count, stop_after;
    char last[1100];
};

static int see(void *ctx, const char *key, const struct memora_object *object)
{
    struct seen *seen = ctx;
    assert_true(strcmp(key, seen->last) > 0);
    assert_int_equal(object->size, 1);
    snprintf(seen->last, sizeof seen->last, "%s", key);
    return ++seen->count == seen->stop_after;
}

static unsigned list(struct fixture *fixture, const char *prefix, const char *after)
{
    struct seen seen = {0};
    assert_int_equal(ops->list(fixture->storage, prefix, after, see, &seen, NULL), MEMORA_OK);
    return seen.count;
}

static void test_list(void **state)
{
    struct fixture *fixture = *state;
    static const char *const folders[] = {"a", "a-b", "a/sub", "a.b", "z"};
    char path[1400], key[100];
    unsigned before = open_files();
    for (size_t f = 0; f < sizeof folders / sizeof *folders; f++) {
        path_of(path, fixture->root, folders[f]);
        assert_int_equal(mkdir(path, 0755), 0);
        for (int i = 0; i < 2000; i++) {
            snprintf(key, sizeof key, "%s/%d.txt", folders[f], i);
            path_of(path, fixture->root, key);
            write_file(path, "x");
        }
    }
    path_of(path, fixture->root, "link");
    assert_int_equal(symlink("z", path), 0);
    path_of(path, fixture->root, ".memora-put-0000000000000000");
    write_file(path, "unfinished");
    assert_int_equal(list(fixture, "", ""), 10000);
    assert_int_equal(list(fixture, "a", ""), 8000);
    assert_int_equal(list(fixture, "a/", ""), 4000);
    assert_int_equal(list(fixture, "a/sub/199", ""), 11);
    assert_int_equal(list(fixture, "nowhere/", ""), 0);
    assert_int_equal(list(fixture, "../outside/", ""), 0);
    assert_int_equal(list(fixture, "/", ""), 0);
    assert_int_equal(list(fixture, "link/", ""), 0);
    struct seen seen = {.stop_after = 333};
    unsigned total = 0, rounds = 0;
    do {
        seen.count = 0;
        char after[1100];
        memcpy(after, seen.last, sizeof after);
        assert_int_equal(ops->list(fixture->storage, "", after, see, &seen, NULL), MEMORA_OK);
        total += seen.count;
        rounds++;
    } while (seen.count == seen.stop_after);
    assert_int_equal(total, 10000);
    assert_int_equal(rounds, 31);
    assert_int_equal(open_files(), before);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_hostile_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(test_symlinks_lead_nowhere, setup, teardown),
        cmocka_unit_test_setup_teardown(test_symlinks_on_request, setup, teardown),
        cmocka_unit_test_setup_teardown(test_only_files_are_objects, setup, teardown),
        cmocka_unit_test_setup_teardown(test_list, setup, teardown),
    };
    return run_twice(tests, sizeof tests / sizeof *tests);
}
