/* Every way in which a plugin can be wrong, and the words with which it is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memora/version.h>

#include "base/log.h"
#include "plugin/plugin.h"

/* "%s" in a message stands for the path of the file. */
static void assert_refused(enum memora_kind kind, const char *name, enum status_code code, const char *message)
{
    struct status status = {.code = STATUS_OK};
    const struct plugin *plugin = NULL;
    char path[512], expected[1020];
    const char *hole = strstr(message, "%s");
    if (name[0] == '/')
        snprintf(path, sizeof path, "%s", name);
    else
        snprintf(path, sizeof path, BAD_DIR "/%s-%s.so", kind == MEMORA_KIND_DB ? "db" : "storage", name);
    assert_non_null(hole);
    snprintf(expected, sizeof expected, "%.*s%s%s", (int)(hole - message), message, path, hole + 2);
    assert_int_equal(plugin_load(BAD_DIR, kind, name, &plugin, &status), code);
    assert_string_equal(status.message, expected);
    assert_int_equal(status.code, code);
    assert_null(plugin);
}

static void test_tables(void **state)
{
    static const struct {
        const char *name, *message;
    } cases[] = {
        {"noentry", "plugin %s: no symbol memora_plugin_v1, expected a plugin for ABI 1"},
        {"nullentry", "plugin %s: memora_plugin_v1() gives NULL, expected a table"},
        {"magic", "plugin %s: magic is 0x12345678, expected 0x4d454d31"},
        {"major", "plugin %s: built for ABI 2.3, expected 1.x (memora " MEMORA_VERSION ")"},
        {"minor", "plugin %s: needs ABI 1.7 or newer, but this is 1.3 (memora " MEMORA_VERSION ")"},
        {"kind", "plugin %s: kind is 1 (db), expected 2 (storage)"},
        {"kindless", "plugin %s: kind is 9 (unknown), expected 2 (storage)"},
        {"short", "plugin %s: struct memora_plugin has 48 bytes, expected at least 96"},
        {"renamed", "plugin %s: calls itself \"other\", expected \"renamed\" as in the file name"},
        {"nameless", "plugin %s: required member name is missing"},
        {"noversion", "plugin %s: required member version is missing"},
        {"nolicence", "plugin %s: required member licence is missing"},
        {"threads", "plugin %s: threads is 3, expected 0, 1 or 2"},
        {"noops", "plugin %s: required member ops is missing"},
        {"shortops", "plugin %s: struct memora_storage_ops has 16 bytes, expected at least 112"},
        {"noremove", "plugin %s: required member remove of struct memora_storage_ops is missing"},
        {"keyname", "plugin %s: config key 0 has no valid name, expected [a-z][a-z0-9_]{0,31}"},
        {"keytwice", "plugin %s: config key a is declared twice"},
        {"keytaken", "plugin %s: config key plugin belongs to memora itself"},
        {"keytype", "plugin %s: config key a has type 17, expected 0 to 5"},
        {"keyflags", "plugin %s: config key a has unknown flags 0x40"},
        {"keydefault", "plugin %s: config key size has the default \"lots\", which is not allowed"},
        {"keyallowed", "plugin %s: config key size allows \"64K to 2M\", which is not a limit of its type"},
        {"keyoutside", "plugin %s: config key mode has the default \"quick\", which is not allowed"},
        {"keyrequired", "plugin %s: config key a is required and has a default"},
        {"keyhelp", "plugin %s: config key a has no help text"},
        {"load", "plugin %s: load() failed with -4: needs a moon of another colour"},
        {"unresolved", "plugin %s: cannot be loaded: undefined symbol: memora_test_function_that_is_nowhere"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_refused(MEMORA_KIND_STORAGE, cases[i].name, STATUS_FAILED_PRECONDITION, cases[i].message);
    assert_refused(MEMORA_KIND_DB, "nocommit", STATUS_FAILED_PRECONDITION,
                   "plugin %s: required member commit of struct memora_db_ops is missing");
    static const char *const serial[] = {"serial", "lowered"};
    for (size_t i = 0; i < sizeof serial / sizeof serial[0]; i++)
        assert_refused(MEMORA_KIND_DB, serial[i], STATUS_FAILED_PRECONDITION,
                       "plugin %s: threads is 0, expected 1 or 2: a database works on several connections at a time");
}

static void test_missing_file(void **state)
{
    (void)state;
    assert_refused(MEMORA_KIND_STORAGE, "nowhere", STATUS_NOT_FOUND,
                   "plugin %s: cannot be opened: No such file or directory");
    assert_refused(MEMORA_KIND_DB, "/nonexistent/db-x.so", STATUS_NOT_FOUND,
                   "plugin %s: cannot be opened: No such file or directory");
}

static void test_names(void **state)
{
    static const char *const bad[] = {"", "-x", "../db-x", "Good", "a b", "x.so", "abcdefghijklmnopqrstuvwxyz0123456"};
    const struct plugin *plugin = NULL;
    struct status status;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char expected[200];
        snprintf(expected, sizeof expected,
                 "plugin \"%s\": not a plugin name ([a-z0-9][a-z0-9-]{0,31}) and not an absolute path", bad[i]);
        assert_int_equal(plugin_load(BAD_DIR, MEMORA_KIND_DB, bad[i], &plugin, &status), STATUS_INVALID_ARGUMENT);
        assert_string_equal(status.message, expected);
    }
    assert_refused(MEMORA_KIND_DB, "/usr/lib/storage-x.so", STATUS_FAILED_PRECONDITION,
                   "plugin %s: the file is called \"storage-x.so\", expected \"db-NAME.so\"");
    assert_refused(MEMORA_KIND_DB, "/usr/lib/db-.so", STATUS_FAILED_PRECONDITION,
                   "plugin %s: the file is called \"db-.so\", expected \"db-NAME.so\"");
    assert_refused(MEMORA_KIND_DB, "/usr/lib/db-x", STATUS_FAILED_PRECONDITION,
                   "plugin %s: the file is called \"db-x\", expected \"db-NAME.so\"");
}

/* A directory with a copy of the good plugin. */
static int make_copy(void **state)
{
    char *dir = strdup("/tmp/memora-gallery-XXXXXX"), path[100], bytes[65536];
    assert_non_null(mkdtemp(dir));
    assert_int_equal(chmod(dir, 0755), 0);
    snprintf(path, sizeof path, "%s/storage-good.so", dir);
    int in = open(BAD_DIR "/storage-good.so", O_RDONLY), out = open(path, O_WRONLY | O_CREAT | O_EXCL, 0755);
    assert_true(in >= 0 && out >= 0);
    for (ssize_t got; (got = read(in, bytes, sizeof bytes)) > 0;)
        assert_int_equal(write(out, bytes, (size_t)got), got);
    assert_int_equal(fchmod(out, 0755), 0);
    close(in);
    close(out);
    *state = dir;
    return 0;
}

static int remove_copy(void **state)
{
    char path[100];
    snprintf(path, sizeof path, "%s/storage-good.so", (char *)*state);
    remove(path);
    int result = rmdir(*state);
    free(*state);
    return result;
}

static void test_modes(void **state)
{
    char path[100], message[300];
    snprintf(path, sizeof path, "%s/storage-good.so", (char *)*state);
    static const mode_t modes[] = {0777, 0775, 0757};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        snprintf(message, sizeof message,
                 "plugin %%s: the file has mode 0%o, expected one that only its owner can write (chmod go-w)",
                 (unsigned)modes[i]);
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_refused(MEMORA_KIND_STORAGE, path, STATUS_FAILED_PRECONDITION, message);
    }
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(chmod(*state, 0777), 0);
    assert_refused(MEMORA_KIND_STORAGE, path, STATUS_FAILED_PRECONDITION,
                   "plugin %s: the directory has mode 0777, expected one that only its owner can write (chmod go-w)");
    assert_int_equal(chmod(*state, 0755), 0);
}

/* Root can give the file away; anybody else meets the same refusal by looking at it with another uid, which only root
 * can do. So without root the file is judged as what it is: good. */
static void test_owner(void **state)
{
    char path[100];
    const struct plugin *plugin = NULL;
    snprintf(path, sizeof path, "%s/storage-good.so", (char *)*state);
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 12345, 0), 0);
        assert_refused(MEMORA_KIND_STORAGE, path, STATUS_FAILED_PRECONDITION,
                       "plugin %s: the file belongs to uid 12345, expected root or uid 0");
        assert_int_equal(chown(path, 0, 0), 0);
    }
    assert_int_equal(plugin_load(BAD_DIR, MEMORA_KIND_STORAGE, path, &plugin, NULL), STATUS_OK);
}

static void test_not_a_plugin_file(void **state)
{
    char path[100];
    snprintf(path, sizeof path, "%s/storage-good.so", (char *)*state);
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    fputs("This is a text that is long enough to hold the header of a shared object but is none at all.\n", stream);
    fclose(stream);
    assert_refused(MEMORA_KIND_STORAGE, path, STATUS_FAILED_PRECONDITION,
                   "plugin %s: cannot be loaded: invalid ELF header");
    assert_int_equal(remove(path), 0);
    assert_int_equal(mkdir(path, 0755), 0);
    assert_refused(MEMORA_KIND_STORAGE, path, STATUS_FAILED_PRECONDITION, "plugin %s: not a regular file");
}

static void test_good(void **state)
{
    const struct plugin *plugin, *again;
    struct status status;
    struct memora_error error = {0};
    struct memora_storage *storage = NULL;
    char url[10];
    (void)state;
    assert_int_equal(plugin_load(BAD_DIR, MEMORA_KIND_STORAGE, "good", &plugin, &status), STATUS_OK);
    assert_string_equal(plugin->path, BAD_DIR "/storage-good.so");
    assert_string_equal(plugin->table->name, "good");
    assert_string_equal(plugin->table->licence, "MIT");
    assert_int_equal(plugin_load(BAD_DIR, MEMORA_KIND_STORAGE, BAD_DIR "/storage-good.so", &again, &status), STATUS_OK);
    assert_ptr_equal(plugin, again);
    /* open() fails: the code and the text reach the caller as they are. */
    assert_int_equal(plugin->ops.storage.open(NULL, &storage, &error), MEMORA_E_IO);
    assert_string_equal(error.message, "the disk is on holiday");
    /* What the plugin leaves out is filled in. */
    assert_int_equal(plugin->ops.storage.reader_fd(NULL, NULL), -1);
    assert_int_equal(plugin->ops.storage.presign(NULL, "k", 1, url, sizeof url, &error), MEMORA_E_UNSUPPORTED);
    assert_int_equal(plugin->ops.storage.list(NULL, "", "", NULL, NULL, &error), MEMORA_E_UNSUPPORTED);
}

static void test_newer_plugin(void **state)
{
    const struct plugin *plugin;
    struct status status;
    (void)state;
    assert_int_equal(plugin_load(BAD_DIR, MEMORA_KIND_STORAGE, "newer", &plugin, &status), STATUS_OK);
    assert_int_equal(plugin->table->abi_minor, 42);
    assert_string_equal(plugin->table->name, "newer");
    assert_non_null(plugin->ops.storage.remove);
    assert_int_equal(plugin->ops.storage.reader_fd(NULL, NULL), -1);
}

static void test_older_plugin(void **state)
{
    const struct plugin *plugin;
    struct status status;
    (void)state;
    assert_int_equal(plugin_load(BAD_DIR, MEMORA_KIND_DB, "older", &plugin, &status), STATUS_OK);
    assert_non_null(plugin->ops.db.migrate_unlock);
    assert_null(plugin->ops.db.execute_all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_missing_file),
        cmocka_unit_test(test_names),
        cmocka_unit_test_setup_teardown(test_modes, make_copy, remove_copy),
        cmocka_unit_test_setup_teardown(test_owner, make_copy, remove_copy),
        cmocka_unit_test_setup_teardown(test_not_a_plugin_file, make_copy, remove_copy),
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_newer_plugin),
        cmocka_unit_test(test_older_plugin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
