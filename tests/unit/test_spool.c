/* Large bytes in unnamed files: what is written is what is read, within the budget, and nothing is left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/spool.h"
#include "cut_files.h"

enum { BUDGET = 4 * 1024 * 1024, PAGE_MAX = 65536 };

struct fixture {
    char dir[32];
    struct arena *arena;
    struct spool_list list;
    struct status status;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    strcpy(f->dir, "/tmp/memora-spool-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->arena = arena_create();
    f->list.area = spool_area_create(f->dir, BUDGET);
    log_set_level(LOG_LEVEL_ERROR);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    spool_list_close(&f->list);
    spool_area_destroy(f->list.area);
    arena_destroy(f->arena);
    assert_int_equal(rmdir(f->dir), 0); /* fails if a file were left */
    free(f);
    return 0;
}

static const char *pattern(struct fixture *f, size_t length)
{
    char *bytes = arena_alloc(f->arena, length);
    for (size_t i = 0; i < length; i++)
        bytes[i] = (char)(i * 31 + i / 4096);
    return bytes;
}

static struct spool *filled(struct fixture *f, const char *bytes, size_t length)
{
    struct spool *spool = NULL;
    assert_int_equal(spool_create(&f->list, &spool, &f->status), STATUS_OK);
    for (size_t at = 0, step = 1; at < length; at += step, step = step * 7 % 100003 + 1) {
        step = length - at < step ? length - at : step;
        assert_int_equal(spool_write(spool, bytes + at, step, &f->status), STATUS_OK);
    }
    assert_int_equal(spool_size(spool), length);
    return spool;
}

static unsigned files_in(const char *path)
{
    unsigned count = 0;
    DIR *dir = opendir(path);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static void test_read_back(void **state)
{
    struct fixture *f = *state;
    const size_t sizes[] = {0, 1, 4095, 4096, 4097, 1024 * 1024};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t size = sizes[i];
        const char *bytes = pattern(f, size), *mapped = NULL;
        struct spool *spool = filled(f, bytes, size);
        assert_int_equal(files_in(f->dir), 0);
        assert_int_equal(spool_map(spool, &mapped, &f->status), STATUS_OK);
        assert_memory_equal(mapped, bytes, size);
        assert_int_equal(mapped[size], '\0');
        assert_true(spool_holds(&f->list, mapped));
        assert_true(spool_holds(&f->list, mapped + size));
        assert_false(spool_holds(&f->list, bytes));
        assert_false(spool_holds(NULL, mapped));
    }
}

static void test_copy(void **state)
{
    struct fixture *f = *state;
    const char *bytes = pattern(f, 10000), *mapped = NULL;
    char out[10000];
    assert_int_equal(spool_map(filled(f, bytes, 10000), &mapped, &f->status), STATUS_OK);
    const char *const places[] = {mapped, bytes};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(spool_copy(&f->list, places[i] + 100, 500, 0, out, 200), 200);
        assert_memory_equal(out, bytes + 100, 200);
        assert_int_equal(spool_copy(&f->list, places[i] + 100, 500, 400, out, sizeof out), 100);
        assert_memory_equal(out, bytes + 500, 100);
        assert_int_equal(spool_copy(&f->list, places[i] + 100, 500, 500, out, sizeof out), 0);
        assert_int_equal(spool_copy(&f->list, places[i] + 100, 500, UINT64_MAX, out, sizeof out), 0);
    }
    assert_int_equal(spool_copy(NULL, bytes, 3, 1, out, sizeof out), 2);
}

/* A spool of before bytes in memory and the others in its file. */
static const char *mapped_behind(struct fixture *f, const char *bytes, size_t before, size_t length)
{
    struct spool *spool = NULL;
    const char *mapped = NULL;
    assert_int_equal(spool_create(&f->list, &spool, &f->status), STATUS_OK);
    spool_keep(spool);
    assert_int_equal(spool_write_before(spool, bytes, before, &f->status), STATUS_OK);
    assert_int_equal(spool_write(spool, bytes + before, length - before, &f->status), STATUS_OK);
    assert_int_equal(spool_size(spool), length);
    assert_int_equal(spool_map(spool, &mapped, &f->status), STATUS_OK);
    return mapped;
}

/* One piece, however it is read. */
static void assert_same(const struct fixture *f, const char *mapped, const char *bytes, size_t length)
{
    static char out[300000];
    assert_true(spool_holds(&f->list, mapped));
    assert_true(spool_holds(&f->list, mapped + length));
    assert_memory_equal(mapped, bytes, length);
    assert_int_equal(mapped[length], '\0');
    for (size_t at = 0; at < length;) {
        int64_t n = spool_copy(&f->list, mapped, length, at, out, sizeof out);
        assert_true(n > 0);
        assert_memory_equal(out, bytes + at, (size_t)n);
        at += (size_t)n;
    }
}

static void assert_file(int fd, const char *bytes, size_t length)
{
    static char out[300000];
    assert_int_equal(pread(fd, out, sizeof out, 0), length);
    assert_memory_equal(out, bytes, length);
}

static void test_taken(void **state)
{
    struct fixture *f = *state;
    static const size_t befores[] = {0, 1, 4095, 4096, 4097, SPOOL_AROUND_MAX};
    static const size_t contents[] = {1, 4096, 8191, 100000}, behinds[] = {0, 1, 4096, SPOOL_AROUND_MAX};
    char path[64], link[64];
    snprintf(path, sizeof path, "%s/taken", f->dir);
    spool_area_keep(f->list.area);
    for (size_t i = 0; i < 6 * 4 * 4; i++) {
        size_t before = befores[i / 16], content = contents[i / 4 % 4], length = before + content + behinds[i % 4];
        const char *bytes = pattern(f, length), *mapped = mapped_behind(f, bytes, before, length);
        assert_same(f, mapped, bytes, length);
        assert_int_equal(spool_take(&f->list, mapped + before + 1, content - 1), -1);
        int fd = spool_take(&f->list, mapped + before, content);
        assert_true(fd >= 0);
        assert_file(fd, bytes + before, content);
        assert_same(f, mapped, bytes, length);
        spool_forget(&f->list, mapped, mapped + length);
        assert_same(f, mapped, bytes, length);
        assert_int_equal(spool_take(&f->list, mapped + before, content), fd);
        assert_int_equal(spool_take(&f->list, mapped + before, content - 1), -1);
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        assert_int_equal(linkat(AT_FDCWD, link, AT_FDCWD, path, AT_SYMLINK_FOLLOW), 0);
        spool_list_close(&f->list);
        fd = open(path, O_RDONLY);
        assert_file(fd, bytes + before, content);
        close(fd);
        assert_int_equal(unlink(path), 0);
        arena_reset(f->arena);
    }
}

static void test_not_taken(void **state)
{
    struct fixture *f = *state;
    const char *bytes = pattern(f, 300000), *mapped = mapped_behind(f, bytes, 10, 300000);
    assert_int_equal(spool_take(&f->list, mapped, 299000), -1);    /* what comes before is in memory */
    assert_int_equal(spool_take(&f->list, mapped + 10, 1000), -1); /* too much behind */
    assert_int_equal(spool_take(&f->list, bytes, 300000), -1);     /* no spool's */
    assert_int_equal(spool_take(NULL, mapped + 10, 299990), -1);
    assert_same(f, mapped, bytes, 300000);
    cut_open_file(f->dir, 299000);
    assert_int_equal(spool_take(&f->list, mapped + 10, 299990), -1); /* or it would end with zeros */
}

/* Bytes of the mapping that are in memory now. */
static size_t resident(const char *mapped)
{
    char line[256], start[32];
    unsigned long kib = 0;
    bool here = false;
    FILE *maps = fopen("/proc/self/smaps", "r");
    assert_non_null(maps);
    snprintf(start, sizeof start, "%lx-", (unsigned long)(uintptr_t)mapped);
    while (fgets(line, sizeof line, maps)) {
        here = here || strncmp(line, start, strlen(start)) == 0;
        if (here && sscanf(line, "Rss: %lu kB", &kib) == 1)
            break;
    }
    fclose(maps);
    assert_true(here);
    return kib * 1024;
}

static void test_forgotten_pages_take_no_memory(void **state)
{
    struct fixture *f = *state;
    enum { SIZE = 2 * 1024 * 1024 };
    const char *bytes = pattern(f, SIZE), *mapped = NULL;
    unsigned sum = 0;
    assert_int_equal(spool_map(filled(f, bytes, SIZE), &mapped, &f->status), STATUS_OK);
    for (size_t i = 0; i < SIZE; i += 64)
        sum += (unsigned char)mapped[i];
    assert_true(sum > 0);
    assert_true(resident(mapped) >= SIZE / 2);
    spool_forget(&f->list, mapped, mapped + SIZE);
    assert_true(resident(mapped) <= PAGE_MAX);
    assert_memory_equal(mapped, bytes, SIZE);    /* and are there again when they are wanted */
    spool_forget(&f->list, bytes, bytes + SIZE); /* what is no spool's is left alone */
    assert_int_equal(bytes[1], 31);
    spool_forget(NULL, mapped, mapped + SIZE);
}

static void test_budget(void **state)
{
    struct fixture *f = *state;
    struct spool_list other = {.area = f->list.area};
    const char *bytes = pattern(f, BUDGET);
    struct spool *spool = NULL;
    filled(f, bytes, BUDGET - 10);
    assert_int_equal(spool_create(&other, &spool, &f->status), STATUS_OK);
    assert_int_equal(spool_write(spool, bytes, 10, &f->status), STATUS_OK);
    assert_int_equal(spool_write(spool, bytes, 1, &f->status), STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(f->status.message, "too many uploads at a time");
    spool_list_close(&other);
    assert_int_equal(spool_create(&other, &spool, &f->status), STATUS_OK);
    assert_int_equal(spool_write(spool, bytes, 10, &f->status), STATUS_OK);
    spool_list_close(&f->list);
    assert_int_equal(spool_write(spool, bytes, BUDGET - 10, &f->status), STATUS_OK);
    spool_list_close(&other);
}

static void test_no_room(void **state)
{
    struct fixture *f = *state;
    struct rlimit before, small;
    const char *bytes = pattern(f, 8192);
    struct spool *spool = NULL;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){.rlim_cur = 4096, .rlim_max = before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(spool_create(&f->list, &spool, &f->status), STATUS_OK);
    log_set_level((enum log_level) - 1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum status_code code = spool_write(spool, bytes, 8192, &f->status);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(code, STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(f->status.message, "no room for the upload");

    struct spool_list nowhere = {.area = spool_area_create("/nonexistent", BUDGET)};
    assert_int_equal(spool_create(&nowhere, &spool, &f->status), STATUS_INTERNAL);
    assert_null(strstr(f->status.message, "nonexistent"));
    spool_area_destroy(nowhere.area);
}

static void test_sink(void **state)
{
    struct fixture *f = *state;
    const char *bytes = pattern(f, 2 * SPOOL_MEMORY), *out;
    size_t length;
    struct spool_sink small = spool_sink_in(&f->list, f->arena), large = small, memory = spool_sink_in(NULL, f->arena);
    assert_int_equal(spool_sink_finish(&small, &out, &length, &f->status), STATUS_OK);
    assert_int_equal(length, 0);
    assert_int_equal(spool_sink_add(&small, bytes, SPOOL_MEMORY, &f->status), STATUS_OK);
    assert_int_equal(spool_sink_finish(&small, &out, &length, &f->status), STATUS_OK);
    assert_int_equal(length, SPOOL_MEMORY);
    assert_false(spool_holds(&f->list, out));
    for (size_t at = 0; at < 2 * SPOOL_MEMORY; at += 1024) {
        assert_int_equal(spool_sink_length(&large), at);
        assert_int_equal(spool_sink_add(&large, bytes + at, 1024, &f->status), STATUS_OK);
        assert_int_equal(spool_sink_add(&memory, bytes + at, 1024, &f->status), STATUS_OK);
    }
    assert_int_equal(spool_sink_finish(&large, &out, &length, &f->status), STATUS_OK);
    assert_true(spool_holds(&f->list, out));
    assert_int_equal(length, 2 * SPOOL_MEMORY);
    assert_memory_equal(out, bytes, length);
    assert_int_equal(spool_sink_finish(&memory, &out, &length, &f->status), STATUS_OK);
    assert_false(spool_holds(&f->list, out));
    assert_memory_equal(out, bytes, length);
}

/* The kernel answers with SIGBUS where the file ends too early: that is a failed request, and no more. */
static void test_file_that_is_cut(void **state)
{
    struct fixture *f = *state;
    enum { LENGTH = 16 * PAGE_MAX, KEPT = 4 * PAGE_MAX };
    const char *bytes = pattern(f, LENGTH), *mapped;
    struct spool *spool = filled(f, bytes, LENGTH);
    assert_int_equal(spool_map(spool, &mapped, &f->status), STATUS_OK);
    assert_false(spool_damaged(&f->list));
    assert_false(spool_damaged(NULL));
    cut_open_file(f->dir, KEPT);
    assert_memory_equal(mapped, bytes, KEPT);
    assert_false(spool_damaged(&f->list));
    log_set_level((enum log_level) - 1);
    for (size_t i = KEPT; i < LENGTH; i++)
        if (mapped[i] != 0)
            fail_msg("byte %zu is there", i);
    assert_true(spool_damaged(&f->list));
    char byte;
    assert_int_equal(spool_copy(&f->list, mapped, LENGTH, KEPT, &byte, 1), -1);
    /* The next one in its place is whole. */
    spool_list_close(&f->list);
    spool = filled(f, bytes, LENGTH);
    assert_int_equal(spool_map(spool, &mapped, &f->status), STATUS_OK);
    assert_memory_equal(mapped, bytes, LENGTH);
    assert_false(spool_damaged(&f->list));
}

/* Elsewhere the signal means what it always did. */
static void test_other_mappings_are_not_guarded(void **state)
{
    struct fixture *f = *state;
    const char *mapped;
    struct spool *spool = filled(f, pattern(f, PAGE_MAX), PAGE_MAX);
    pid_t child = fork();
    if (child == 0) {
        FILE *file = tmpfile();
        const struct rlimit no_core = {0};
        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGBUS, SIG_DFL);
        if (!file || spool_map(spool, &mapped, &f->status))
            _exit(1);
        const volatile char *other = mmap(NULL, PAGE_MAX, PROT_READ, MAP_SHARED, fileno(file), 0);
        _exit(other == MAP_FAILED || other[0]);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGBUS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_read_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_copy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_taken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_taken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_forgotten_pages_take_no_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_budget, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_room, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sink, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_file_that_is_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_mappings_are_not_guarded, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
