/* What the tests of the plugin storage-fs share: the plugin, loaded as the server loads it but with a host of the
 * test's own, a directory for it, and a runner. Everything runs twice: as the kernel is, and with the newer system
 * calls filtered away, so that the fallbacks are tested as well. Included by one file per program. */
#ifndef TEST_STORAGE_FS_FIXTURE_H
#define TEST_STORAGE_FS_FIXTURE_H

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <memora/storage.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct memora_config {
    const char *root;
    int follow_symlinks;
};

static const char *host_str(const struct memora_config *config, const char *key)
{
    return strcmp(key, "root") == 0 ? config->root : "";
}

static int host_bool(const struct memora_config *config, const char *key)
{
    return strcmp(key, "follow_symlinks") == 0 && config->follow_symlinks;
}

static int host_random(void *out, size_t size)
{
    return getrandom(out, size, 0) == (ssize_t)size ? MEMORA_OK : MEMORA_E_INTERNAL;
}

static const struct memora_host host = {.struct_size = sizeof host,
                                        .core_version = "test",
                                        .random = host_random,
                                        .config_str = host_str,
                                        .config_bool = host_bool};

static const struct memora_storage_ops *ops;

struct fixture {
    char dir[64], root[80], outside[80];
    struct memora_storage *storage;
};

static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void path_of(char out[1400], const char *dir, const char *key)
{
    snprintf(out, 1400, "%s/%s", dir, key);
}

static bool exists(const char *dir, const char *key)
{
    char path[1400];
    struct stat st;
    path_of(path, dir, key);
    return lstat(path, &st) == 0;
}

/* Entries of a directory, hidden ones included. */
static unsigned entries(const char *path)
{
    DIR *dir = opendir(path);
    assert_non_null(dir);
    unsigned count = 0;
    while (readdir(dir))
        count++;
    closedir(dir);
    return count - 2;
}

static unsigned open_files(void)
{
    return entries("/proc/self/fd");
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    snprintf(fixture->dir, sizeof fixture->dir, "/tmp/memora-storage-fs-XXXXXX");
    assert_non_null(mkdtemp(fixture->dir));
    snprintf(fixture->root, sizeof fixture->root, "%s/root", fixture->dir);
    snprintf(fixture->outside, sizeof fixture->outside, "%s/outside", fixture->dir);
    assert_int_equal(mkdir(fixture->root, 0755), 0);
    assert_int_equal(mkdir(fixture->outside, 0755), 0);
    struct memora_config config = {.root = fixture->root};
    assert_int_equal(ops->open(&config, &fixture->storage, NULL), MEMORA_OK);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    char command[128];
    ops->close(fixture->storage);
    snprintf(command, sizeof command, "rm -rf '%s'", fixture->dir);
    assert_int_equal(system(command), 0);
    free(fixture);
    return 0;
}

/* A source of size bytes, byte i being seed + i, that gives up after stop_at bytes. */
struct source {
    uint64_t at, size, stop_at;
    unsigned seed;
};

static int64_t source_read(void *ctx, void *buf, size_t cap)
{
    struct source *source = ctx;
    uint64_t end = source->stop_at < source->size ? source->stop_at : source->size;
    if (source->at == source->stop_at)
        return -1;
    size_t n = end - source->at < cap ? (size_t)(end - source->at) : cap;
    for (size_t i = 0; i < n; i++)
        ((unsigned char *)buf)[i] = (unsigned char)(source->seed + source->at + i);
    source->at += n;
    return (int64_t)n;
}

static int put_bytes(struct memora_storage *storage, const char *key, uint64_t size, unsigned seed, uint32_t flags)
{
    struct source source = {.size = size, .stop_at = UINT64_MAX, .seed = seed};
    struct memora_put put = {.struct_size = sizeof put,
                             .flags = flags,
                             .size = (int64_t)size,
                             .content_type = "",
                             .read = source_read,
                             .ctx = &source};
    struct memora_object object = {0};
    struct memora_error error = {0};
    int result = ops->put(storage, key, &put, &object, &error);
    if (result == MEMORA_OK)
        assert_int_equal(object.size, size);
    else
        assert_string_not_equal(error.message, "");
    return result;
}

/* Reads [off, off + len) and compares with the bytes of a source. Gives the number of bytes read. */
static uint64_t get_bytes(struct memora_storage *storage, const char *key, uint64_t off, uint64_t len, unsigned seed)
{
    struct memora_reader *reader = NULL;
    struct memora_object info;
    unsigned char buffer[1000];
    uint64_t total = 0;
    int64_t n;
    assert_int_equal(ops->get(storage, key, off, len, &reader, &info, NULL), MEMORA_OK);
    while ((n = ops->read(reader, buffer, sizeof buffer, NULL)) > 0) {
        for (int64_t i = 0; i < n; i++)
            assert_int_equal(buffer[i], (unsigned char)(seed + off + total + (uint64_t)i));
        total += (uint64_t)n;
    }
    assert_int_equal(n, 0);
    ops->reader_close(reader);
    return total;
}

/* From here on this process has no openat2, no renameat2 and no unnamed files. */
static bool filter_system_calls(void)
{
    const unsigned unnamed = O_TMPFILE & ~O_DIRECTORY;
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 4, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_renameat2, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 2 * sizeof(uint64_t)),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, unnamed, 2, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static bool filter_works(void)
{
    return openat(AT_FDCWD, "/tmp", O_TMPFILE | O_WRONLY, 0600) < 0 && errno == EOPNOTSUPP &&
           syscall(SYS_openat2, AT_FDCWD, "/tmp", NULL, 0) < 0 && errno == ENOSYS;
}

/* The value for main() to return. */
static int run_twice(const struct CMUnitTest *tests, size_t count)
{
    void *plugin = dlopen(MEMORA_TEST_PLUGIN_DIR "/storage-fs.so", RTLD_NOW | RTLD_LOCAL);
    memora_plugin_entry_fn *entry = NULL;
    if (plugin)
        *(void **)&entry = dlsym(plugin, MEMORA_PLUGIN_ENTRY);
    if (!entry || entry()->load(&host, NULL) != MEMORA_OK) {
        fprintf(stderr, "cannot load the plugin: %s\n", dlerror());
        return 1;
    }
    ops = entry()->ops;
    int failed = _cmocka_run_group_tests("storage-fs", tests, count, NULL, NULL);
    pid_t child = fork();
    if (child == 0)
        exit(filter_system_calls() && filter_works()
                 ? _cmocka_run_group_tests("storage-fs on an older kernel", tests, count, NULL, NULL)
                 : 99);
    int state = 0;
    waitpid(child, &state, 0);
    return failed || !WIFEXITED(state) ? 1 : WEXITSTATUS(state);
}

#endif
