/* A plugin's section against its key table, and the services that plugins get. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <memora/version.h>

#include "plugin/plugin.h"

static const struct memora_config_key keys[] = {
    {"file", MEMORA_KEY_PATH, 0, "{data}/x_{mode}.db", "A path.", NULL},
    {"name", MEMORA_KEY_STRING, 0, "joe", "A text.", NULL},
    {"mode", MEMORA_KEY_STRING, 0, "full", "A choice.", "full|normal"},
    {"size", MEMORA_KEY_BYTES, 0, "1M", "A size.", "64K..1G"},
    {"count", MEMORA_KEY_INT, 0, NULL, "A number.", "..9"},
    {"wait", MEMORA_KEY_SECONDS, 0, "5m", "A time.", NULL},
    {"flag", MEMORA_KEY_BOOL, 0, "yes", "A flag.", NULL},
    {"token", MEMORA_KEY_INT, MEMORA_KEY_SECRET, NULL, "A secret.", NULL},
};
static const struct memora_plugin table = {
    .kind = MEMORA_KIND_STORAGE, .name = "test", .config_keys = keys, .config_key_count = 8};
static const struct plugin plugin = {.table = &table};

static enum status_code configure(const struct config_entry *entries, size_t count, const struct memora_config **out,
                                  struct status *status)
{
    struct config_section section = {"storage", entries, count};
    struct config config = {.data_dir = "/srv/data", .demo = false};
    return plugin_configure(&plugin, &section, &config, out, status);
}

static void test_defaults(void **state)
{
    const struct memora_host *host = plugin_host();
    const struct memora_config *config;
    struct status status;
    (void)state;
    assert_int_equal(configure(NULL, 0, &config, &status), STATUS_OK);
    assert_string_equal(host->config_str(config, "file"), "/srv/data/x_prod.db");
    assert_string_equal(host->config_str(config, "name"), "joe");
    assert_int_equal(host->config_int(config, "size"), 1 << 20);
    assert_int_equal(host->config_int(config, "count"), 0);
    assert_int_equal(host->config_int(config, "wait"), 300);
    assert_int_equal(host->config_bool(config, "flag"), 1);
    assert_string_equal(host->config_str(config, "unknown"), "");
    assert_int_equal(host->config_int(config, "unknown"), 0);
    assert_int_equal(host->config_bool(config, "unknown"), 0);

    struct config_section none = {"storage", NULL, 0};
    struct config demo = {.data_dir = "/srv/data", .demo = true};
    assert_int_equal(plugin_configure(&plugin, &none, &demo, &config, &status), STATUS_OK);
    assert_string_equal(host->config_str(config, "file"), "/srv/data/x_demo.db");
}

static void test_values(void **state)
{
    const struct memora_host *host = plugin_host();
    const struct config_entry entries[] = {
        {"file", "sub/y.db", "/etc/memora/memora.conf", 3},
        {"name", "", "f", 4},
        {"mode", "normal", "f", 4},
        {"size", "64k", "f", 5},
        {"count", "-7", "f", 6},
        {"wait", "2h", "f", 7},
        {"flag", "off", "environment X", 0},
    };
    const struct memora_config *config;
    struct status status;
    (void)state;
    assert_int_equal(configure(entries, 7, &config, &status), STATUS_OK);
    assert_string_equal(host->config_str(config, "file"), "/etc/memora/sub/y.db");
    assert_string_equal(host->config_str(config, "name"), "");
    assert_string_equal(host->config_str(config, "mode"), "normal");
    assert_int_equal(host->config_int(config, "size"), 65536);
    assert_string_equal(host->config_str(config, "size"), "64k");
    assert_int_equal(host->config_int(config, "count"), -7);
    assert_int_equal(host->config_int(config, "wait"), 7200);
    assert_int_equal(host->config_bool(config, "flag"), 0);
}

/* Outside of files a relative path starts where the server was started; "" is as good as not set. */
static void test_relative_paths(void **state)
{
    const struct memora_host *host = plugin_host();
    struct config_entry entry = {"file", "y.db", "command line --dsn", 0};
    const struct memora_config *config;
    struct status status;
    char here[4096], expected[5000];
    (void)state;
    assert_non_null(getcwd(here, sizeof here));
    snprintf(expected, sizeof expected, "%s/y.db", here);
    assert_int_equal(configure(&entry, 1, &config, &status), STATUS_OK);
    assert_string_equal(host->config_str(config, "file"), expected);
    entry.value = "";
    assert_int_equal(configure(&entry, 1, &config, &status), STATUS_OK);
    assert_string_equal(host->config_str(config, "file"), "/srv/data/x_prod.db");
}

static void test_bad_values(void **state)
{
    static const struct {
        struct config_entry entry;
        const char *message;
    } cases[] = {
        {{"nmae", "x", "f.conf", 7},
         "f.conf:7: unknown key \"nmae\" in [storage] (plugin test knows: file, name, mode, size, count, wait, flag, "
         "token)"},
        {{"mode", "quick", "f.conf", 8}, "f.conf:8: storage.mode = \"quick\" is not valid (allowed: full|normal)"},
        {{"mode", "", "f.conf", 8}, "f.conf:8: storage.mode = \"\" is not valid (allowed: full|normal)"},
        {{"mode", "ful", "f.conf", 8}, "f.conf:8: storage.mode = \"ful\" is not valid (allowed: full|normal)"},
        {{"size", "63K", "f.conf", 9},
         "f.conf:9: storage.size = \"63K\" is not valid (allowed: bytes such as 65536, "
         "64K, 16M or 1G; within 64K..1G)"},
        {{"size", "2G", "f.conf", 9},
         "f.conf:9: storage.size = \"2G\" is not valid (allowed: bytes such as 65536, "
         "64K, 16M or 1G; within 64K..1G)"},
        {{"count", "10", "environment MEMORA_STORAGE_COUNT", 0},
         "environment MEMORA_STORAGE_COUNT: storage.count = \"10\" is not valid (allowed: a whole number; within ..9)"},
        {{"wait", "5 m", "f", 1},
         "f:1: storage.wait = \"5 m\" is not valid (allowed: seconds, or a time such as 30s, "
         "5m, 2h or 7d)"},
        {{"flag", "2", "f", 1}, "f:1: storage.flag = \"2\" is not valid (allowed: true or false)"},
        {{"token", "hunter2", "f", 1}, "f:1: storage.token has a bad value (allowed: a whole number)"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct memora_config *config = NULL;
        struct status status;
        assert_int_equal(configure(&cases[i].entry, 1, &config, &status), STATUS_INVALID_ARGUMENT);
        assert_string_equal(status.message, cases[i].message);
        assert_null(config);
    }
}

static void test_required(void **state)
{
    static const struct memora_config_key required[] = {
        {"dsn", MEMORA_KEY_STRING, MEMORA_KEY_REQUIRED | MEMORA_KEY_SECRET, NULL, "Where the database is.", NULL}};
    static const struct memora_plugin needs = {
        .kind = MEMORA_KIND_DB, .name = "pg", .config_keys = required, .config_key_count = 1};
    const struct plugin loaded = {.table = &needs};
    struct config_entry entry = {"dsn", "", "f", 1};
    struct config_section section = {"database", &entry, 0};
    struct config config = {.data_dir = "/"};
    const struct memora_config *made;
    struct status status;
    (void)state;
    for (section.count = 0; section.count < 2; section.count++) {
        assert_int_equal(plugin_configure(&loaded, &section, &config, &made, &status), STATUS_INVALID_ARGUMENT);
        assert_string_equal(status.message, "[database] needs the key \"dsn\" with plugin pg (Where the database is.)");
    }
    entry.value = "host=x";
    section.count = 1;
    assert_int_equal(plugin_configure(&loaded, &section, &config, &made, &status), STATUS_OK);
    assert_string_equal(plugin_host()->config_str(made, "dsn"), "host=x");
}

static void test_host_basics(void **state)
{
    const struct memora_host *host = plugin_host();
    unsigned char bytes[32] = {0}, zero[32] = {0};
    (void)state;
    assert_int_equal(host->struct_size, sizeof *host);
    assert_int_equal(host->abi_minor, MEMORA_ABI_MINOR);
    assert_string_equal(host->core_version, MEMORA_VERSION);
    assert_int_equal(host->random(bytes, sizeof bytes), MEMORA_OK);
    assert_memory_not_equal(bytes, zero, sizeof bytes);
    host->wipe(bytes, sizeof bytes);
    assert_memory_equal(bytes, zero, sizeof bytes);
    int64_t mono = host->mono_ns();
    assert_true(host->mono_ns() >= mono);
    assert_true(host->wall_ns() > INT64_C(1700000000) * 1000000000);
    void *memory = host->alloc(0);
    assert_non_null(memory);
    host->free(memory);
    host->free(NULL);
    assert_true(host->log_enabled(MEMORA_LOG_ERROR));
    assert_false(host->log_enabled(MEMORA_LOG_DEBUG));
    assert_false(host->log_enabled(77));
    char dir[] = "/srv/x";
    plugin_host_set_data_dir(dir);
    dir[1] = '?';
    assert_string_equal(host->data_dir(), "/srv/x");
}

static void test_stopping(void **state)
{
    (void)state;
    assert_int_equal(plugin_host()->stopping(), 0);
    plugin_host_set_stopping();
    assert_int_equal(plugin_host()->stopping(), 1);
}

/* What the inline helpers of the header and host->log make of a message, seen on stderr. */
static void test_log(void **state)
{
    const struct memora_host *host = plugin_host();
    char long_text[2000], out[5000];
    int saved = dup(STDERR_FILENO), pipes[2];
    (void)state;
    memset(long_text, 'x', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    assert_int_equal(pipe(pipes), 0);
    dup2(pipes[1], STDERR_FILENO);
    memora_log(host, MEMORA_LOG_WARN, "%s is %d", "a \"thing\"\n", 7);
    memora_log(host, MEMORA_LOG_DEBUG, "never %d", 1);
    memora_log(host, MEMORA_LOG_ERROR, "%s", long_text);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(pipes[1]);
    ssize_t got = read(pipes[0], out, sizeof out - 1);
    close(pipes[0]);
    assert_true(got > 0);
    out[got] = '\0';
    assert_non_null(strstr(out, "level=WARN msg=\"a \\\"thing\\\"\\x0a is 7\"\n"));
    assert_null(strstr(out, "never"));
    assert_int_equal(strspn(strstr(out, "xxx"), "x"), MEMORA_LOG_LINE_MAX - 1);
}

static void test_fail_helper(void **state)
{
    struct memora_error error = {0};
    char long_text[600];
    (void)state;
    assert_int_equal(memora_fail(&error, MEMORA_E_IO, "a\nb\tc %d", 5), MEMORA_E_IO);
    assert_string_equal(error.message, "a b c 5");
    assert_int_equal(memora_fail(NULL, MEMORA_E_FULL, "x"), MEMORA_E_FULL);
    memset(long_text, 'y', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    memora_fail(&error, MEMORA_E_IO, "%s", long_text);
    assert_int_equal(strlen(error.message), sizeof error.message - 1);
}

static void test_fold(void **state)
{
    const struct memora_host *host = plugin_host();
    char out[16];
    size_t need = 99;
    (void)state;
    assert_int_equal(host->utf8_fold("STRASSE", 7, out, sizeof out, &need), MEMORA_OK);
    assert_int_equal(need, 7);
    assert_memory_equal(out, "strasse", 7);
    assert_int_equal(host->utf8_fold("Stra\xc3\x9f"
                                     "e",
                                     7, out, sizeof out, &need),
                     MEMORA_OK);
    assert_memory_equal(out, "strasse", 7);
    assert_int_equal(host->utf8_fold("ABC", 3, out, 2, &need), MEMORA_E_RANGE);
    assert_int_equal(need, 3);
    assert_int_equal(host->utf8_fold("", 0, out, 0, &need), MEMORA_OK);
    assert_int_equal(need, 0);
}

static void *match_in_thread(void *result)
{
    const struct memora_host *host = plugin_host();
    int matched = 0;
    for (int i = 0; i < 100; i++)
        matched += host->regex_match(i % 2 ? "^a+$" : "b", i % 2 ? 4 : 1, "aaa", 3);
    *(int *)result = matched;
    return NULL;
}

static void test_regex(void **state)
{
    const struct memora_host *host = plugin_host();
    (void)state;
    assert_int_equal(host->regex_match("b+", 2, "abbc", 4), 1);
    assert_int_equal(host->regex_match("b+", 2, "ac", 2), 0);
    assert_int_equal(host->regex_match("b+c", 3, "ac", 2), 0);
    assert_int_equal(host->regex_match("(", 1, "x", 1), MEMORA_E_SYNTAX);
    assert_int_equal(host->regex_match("(", 1, "x", 1), MEMORA_E_SYNTAX);
    assert_int_equal(host->regex_match("", 0, "", 0), 1);
    pthread_t threads[4];
    int results[4] = {0};
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, match_in_thread, &results[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(results[i], 50);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),   cmocka_unit_test(test_values),      cmocka_unit_test(test_relative_paths),
        cmocka_unit_test(test_bad_values), cmocka_unit_test(test_required),    cmocka_unit_test(test_host_basics),
        cmocka_unit_test(test_log),        cmocka_unit_test(test_fail_helper), cmocka_unit_test(test_fold),
        cmocka_unit_test(test_regex),      cmocka_unit_test(test_stopping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
