/* Reading the configuration: files, conf.d, variables, flags, and every way to get them wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "config/config.h"
#include "config/keys.h"

struct place {
    char dir[64], file[128];
};

static int set_up(void **state)
{
    struct place *place = memory_zalloc(sizeof *place);
    snprintf(place->dir, sizeof place->dir, "/tmp/memora-config-XXXXXX");
    assert_non_null(mkdtemp(place->dir));
    snprintf(place->file, sizeof place->file, "%s/memora.conf", place->dir);
    *state = place;
    return 0;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *ftw)
{
    (void)info, (void)type, (void)ftw;
    return remove(path);
}

static int tear_down(void **state)
{
    struct place *place = *state;
    int result = nftw(place->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    free(place);
    return result;
}

static void write_bytes(const char *path, const char *bytes, size_t size)
{
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, size, stream), size);
    assert_int_equal(fclose(stream), 0);
}

static void write_file(const char *path, const char *text)
{
    write_bytes(path, text, strlen(text));
}

static void write_conf_d(const struct place *place, const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof path, "%s/conf.d", place->dir);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/conf.d/%s", place->dir, name);
    write_file(path, text);
}

static struct config *load(const struct config_source *source)
{
    struct config *config = NULL;
    struct status status = {.message = ""};
    if (config_load(source, &config, &status) != STATUS_OK)
        fail_msg("%s", status.message);
    return config;
}

/* "@" in expected stands for the directory. */
static void assert_error(const struct place *place, const struct config_source *source, const char *expected)
{
    struct config *config = NULL;
    struct status status = {.code = STATUS_OK};
    char text[1020] = "";
    assert_int_equal(config_load(source, &config, &status), STATUS_INVALID_ARGUMENT);
    assert_int_equal(status.code, STATUS_INVALID_ARGUMENT);
    assert_null(config);
    for (const char *at = expected; *at; at++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%.*s", *at == '@' ? 64 : 1, *at == '@' ? place->dir : at);
    }
    assert_string_equal(status.message, text);
}

static void assert_file_error(const struct place *place, const char *content, const char *expected)
{
    struct config_source source = {.file = place->file};
    write_file(place->file, content);
    assert_error(place, &source, expected);
}

static void test_defaults(void **state)
{
    struct config_source source = {.file = "/dev/null"};
    struct config *config = load(&source);
    (void)state;
    assert_string_equal(config->address, "");
    assert_int_equal(config->port, 8081);
    assert_string_equal(config->unix_socket, "");
    assert_string_equal(config->instance_url, "");
    assert_false(config_is_public(config));
    assert_int_equal(config->log_level, LOG_LEVEL_INFO);
    assert_int_equal(config->max_body_bytes, 268435456);
    assert_int_equal(config->max_header_bytes, 24 * 1024);
    assert_int_equal(config->request_timeout_s, 300);
    assert_string_equal(config->database_plugin, "sqlite");
    assert_string_equal(config->storage_plugin, "fs");
    assert_int_equal(config->database.count, 0);
    assert_string_equal(config->database.name, "database");
    assert_int_equal(config->data_dir[0], '/');
    /* The build tree that the test runs in has its plugins beside the program. */
    assert_string_equal(config->plugin_dir, MEMORA_TEST_PLUGIN_DIR);
    config_destroy(config);
}

/* Each default is of its key's type and within its limits, and no key is there twice. */
static void test_key_table(void **state)
{
    struct arena *arena = arena_create();
    struct config config = {.arena = arena};
    (void)state;
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        struct config_entry entry = {key->name, key->def ? key->def : "/x", "default", 0};
        struct status status;
        assert_int_equal(config_set(&config, key, &entry, &status), STATUS_OK);
        assert_ptr_equal(config_find_key(key->section, key->name), key);
        assert_true(strlen(key->help) > 10 && key->help[strlen(key->help) - 1] == '.');
        if (key->flag)
            assert_ptr_equal(config_find_flag(key->flag), key);
    }
    assert_null(config_find_key("server", "plugin"));
    assert_true(config_is_core_key("database", "plugin"));
    assert_false(config_is_core_key("database", "dsn"));
    arena_destroy(arena);
}

static void test_file(void **state)
{
    struct place *place = *state;
    char expected[200];
    write_file(place->file, "\xEF\xBB\xBF# comment\n"
                            "[server]\n"
                            "  port = 1234 ; comment\n"
                            "address: 127.0.0.1\n"
                            "instance_url = https://a.example/;x\n"
                            "data = data/\n"
                            "demo = YES\n"
                            "log_level = Debug\r\n"
                            "\n"
                            "[limits]\nmax_body = 1m\nidle_timeout=2m\nworker_threads = 3\n"
                            "[database]\nplugin = postgres\ndsn = db\nread_connections = 5\n"
                            "[storage]\nplugin = /opt/storage-x.so\nbucket = b\n"
                            "[plugins]\ndirectory = ../plugins");
    struct config_source source = {.file = place->file};
    struct config *config = load(&source);
    assert_int_equal(config->port, 1234);
    assert_string_equal(config->address, "127.0.0.1");
    assert_string_equal(config->instance_url, "https://a.example/;x");
    assert_true(config_is_public(config));
    snprintf(expected, sizeof expected, "%s/data", place->dir);
    assert_string_equal(config->data_dir, expected);
    assert_true(config->demo);
    assert_int_equal(config->log_level, LOG_LEVEL_DEBUG);
    assert_int_equal(config->max_body_bytes, 1 << 20);
    assert_int_equal(config->idle_timeout_s, 120);
    assert_int_equal(config->worker_threads, 3);
    assert_int_equal(config->read_connections, 5);
    assert_string_equal(config->database_plugin, "postgres");
    assert_int_equal(config->database.count, 1);
    assert_string_equal(config->database.entries[0].key, "dsn");
    assert_string_equal(config->database.entries[0].value, "db");
    assert_string_equal(config->database.entries[0].file, place->file);
    assert_int_equal(config->database.entries[0].line, 16);
    assert_string_equal(config->storage_plugin, "/opt/storage-x.so");
    assert_string_equal(config->storage.entries[0].key, "bucket");
    snprintf(expected, sizeof expected, "%s/../plugins", place->dir);
    assert_string_equal(config->plugin_dir, expected);
    assert_string_equal(config->config_file, place->file);
    config_destroy(config);
}

/* inih's lines end at 199 bytes; ours do not. */
static void test_long_lines(void **state)
{
    struct place *place = *state;
    char text[17000], value[4000];
    struct config_source source = {.file = place->file};
    for (size_t length = 150; length < sizeof value; length += length < 450 ? 1 : 97) {
        for (size_t i = 0; i < length; i++)
            value[i] = "abc de=f:g#h;i[j]\\\"'k\xc3\xa9"[i % 23];
        value[length - length % 23] = '\0'; /* ends after a whole text, and so not within a character */
        snprintf(text, sizeof text, "[server]\nport = 99\n[database]\n    dsn = %s\nx = 1 ; %s\n# %s\n;%s\n", value,
                 value, value, value);
        write_file(place->file, text);
        struct config *config = load(&source);
        assert_int_equal(config->port, 99);
        assert_int_equal(config->database.count, 2);
        assert_string_equal(config->database.entries[0].value, value);
        assert_string_equal(config->database.entries[1].value, "1");
        config_destroy(config);
    }
}

static void test_conf_d(void **state)
{
    struct place *place = *state;
    write_file(place->file, "[server]\nport = 1\naddress = a\n[database]\ndsn = first\nother = x\n");
    write_conf_d(place, "20-b.conf", "[server]\nport = 20\n[database]\ndsn = third\n");
    write_conf_d(place, "10-a.conf", "[server]\nport = 10\naddress = b\n[database]\ndsn = second\n");
    write_conf_d(place, "30-c.conf.bak", "[server]\nport = 30\n");
    write_conf_d(place, ".hidden.conf", "[server]\nport = 40\n");
    struct config_source source = {.file = place->file};
    struct config *config = load(&source);
    assert_int_equal(config->port, 20);
    assert_string_equal(config->address, "b");
    assert_int_equal(config->database.count, 2);
    assert_string_equal(config->database.entries[0].value, "third");
    config_destroy(config);
    write_conf_d(place, "40.conf", "[server]\nprot = 1\n");
    assert_error(place, &source,
                 "@/conf.d/40.conf:2: unknown key \"prot\" in [server] (allowed: address, port, unix_socket, data, "
                 "instance_url, ui_dir, deployment_dir, demo, allow_private_webhooks, log_level)");
}

static void test_order_of_strength(void **state)
{
    struct place *place = *state;
    write_file(place->file, "[server]\nport = 1\naddress = file\n[database]\ndsn = file\n");
    char *environment[] = {"MEMOS_PORT=2", "MEMOS_ADDR=memos", "MEMORA_SERVER_PORT=3",
                           "MEMOS_DSN=/a", "MEMOS_DATA=",      "MEMORA_SHARED=/x",
                           "PATH=/bin",    "MEMOS_UID=10001",  NULL};
    struct config_flag flags[] = {{"--port", "server", "port", "4"}, {"--set", "server", "port", "5"}};
    struct config_source source = {.file = place->file};
    struct config *config = load(&source);
    assert_int_equal(config->port, 1);
    config_destroy(config);
    source.environment = environment;
    config = load(&source);
    assert_int_equal(config->port, 3);
    assert_string_equal(config->address, "memos");
    assert_string_equal(config->database.entries[0].value, "/a");
    assert_string_equal(config->database.entries[0].file, "environment MEMOS_DSN");
    assert_int_equal(config->database.entries[0].line, 0);
    config_destroy(config);
    source.flags = flags;
    source.flag_count = 2;
    config = load(&source);
    assert_int_equal(config->port, 5);
    config_destroy(config);
}

static void test_memos_variables(void **state)
{
    char *environment[] = {"MEMOS_ADDR=127.0.0.1",
                           "MEMOS_PORT=5230",
                           "MEMOS_UNIX_SOCK=/run/m.sock",
                           "MEMOS_DATA=/srv/memos/",
                           "MEMOS_DRIVER=mysql",
                           "MEMOS_INSTANCE_URL=https://m.example",
                           "MEMOS_DEMO=true",
                           "MEMOS_ALLOW_PRIVATE_WEBHOOKS=1",
                           "MEMOS_LOG_LEVEL=WARN",
                           NULL};
    struct config_source source = {.file = "/dev/null", .environment = environment};
    struct config *config = load(&source);
    (void)state;
    assert_string_equal(config->address, "127.0.0.1");
    assert_int_equal(config->port, 5230);
    assert_string_equal(config->unix_socket, "/run/m.sock");
    assert_string_equal(config->data_dir, "/srv/memos");
    assert_string_equal(config->database_plugin, "mysql");
    assert_string_equal(config->instance_url, "https://m.example");
    assert_true(config->demo);
    assert_true(config->allow_private_webhooks);
    assert_int_equal(config->log_level, LOG_LEVEL_WARN);
    config_destroy(config);
}

/* Memos warns and goes on with info; our own ways of setting it are strict. */
static void test_log_level(void **state)
{
    struct place *place = *state;
    char *environment[] = {"MEMOS_LOG_LEVEL=loud", NULL};
    struct config_source source = {.file = "/dev/null", .environment = environment};
    struct config *config = load(&source);
    assert_int_equal(config->log_level, LOG_LEVEL_INFO);
    config_destroy(config);
    struct config_flag flag = {"--log-level", "server", "log_level", "louder"};
    source = (struct config_source){.file = "/dev/null", .flags = &flag, .flag_count = 1};
    config = load(&source);
    assert_int_equal(config->log_level, LOG_LEVEL_INFO);
    config_destroy(config);
    flag.flag = "--set";
    assert_error(
        place, &source,
        "command line --set: server.log_level = \"louder\" is not valid (allowed: error, warn, info or debug)");
}

static void test_dsn_file(void **state)
{
    struct place *place = *state;
    char variable[200];
    snprintf(variable, sizeof variable, "MEMOS_DSN_FILE=%s", place->file);
    char *environment[] = {variable, "A=b", NULL};
    struct config_source source = {.file = "/dev/null", .environment = environment};
    write_file(place->file, "user:secret@tcp(db)/memos\r\n\n");
    struct config *config = load(&source);
    assert_string_equal(config->database.entries[0].value, "user:secret@tcp(db)/memos");
    assert_string_equal(config->database.entries[0].file, "environment MEMOS_DSN_FILE");
    config_destroy(config);
    environment[1] = "MEMOS_DSN=x";
    assert_error(place, &source, "environment MEMOS_DSN_FILE: MEMOS_DSN is set as well; only one can be");
    environment[1] = "A=b";
    assert_int_equal(remove(place->file), 0);
    assert_error(place, &source, "environment MEMOS_DSN_FILE: @/memora.conf cannot be read: No such file or directory");
}

static void test_bad_variables(void **state)
{
    static const struct {
        char *variable;
        const char *message;
    } cases[] = {
        {"MEMOS_PORT=http",
         "environment MEMOS_PORT: server.port = \"http\" is not valid (allowed: a whole number; from "
         "0 to 65535)"},
        {"MEMOS_DRIVER=oracle",
         "environment MEMOS_DRIVER: unknown db driver \"oracle\" (allowed: sqlite, mysql, postgres)"},
        {"MEMORA_SERVER_PROT=1",
         "environment MEMORA_SERVER_PROT: unknown key \"prot\" in [server] (allowed: address, "
         "port, unix_socket, data, instance_url, ui_dir, deployment_dir, demo, allow_private_webhooks, "
         "log_level)"},
        {"MEMORA_PLUGINS_DIRECTORY=/tmp",
         "environment MEMORA_PLUGINS_DIRECTORY: plugins.directory can be set in a file or with --set only"},
        {"MEMORA_STORAGE_PLUGIN=/tmp/storage-x.so", "environment MEMORA_STORAGE_PLUGIN: storage.plugin can be a name "
                                                    "here; a path only in a file or with --set"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *environment[] = {cases[i].variable, NULL};
        struct config_source source = {.file = "/dev/null", .environment = environment};
        assert_error(*state, &source, cases[i].message);
    }
}

static void test_bad_files(void **state)
{
    static const struct {
        const char *content, *message;
    } cases[] = {
        {"port = 1\n", "@/memora.conf:1: key \"port\" stands before the first [section]"},
        {"\n[sever]\nport = 1\n",
         "@/memora.conf:3: unknown section [sever] (allowed: server, limits, database, storage, outbound, media, "
         "plugins)"},
        {"[server]\nport 80\n", "@/memora.conf:2: expected \"[section]\" or \"key = value\""},
        {"[server\nport = 80\n", "@/memora.conf:1: expected \"[section]\" or \"key = value\""},
        {"[server]\n\n\nport = 70000\n",
         "@/memora.conf:4: server.port = \"70000\" is not valid (allowed: a whole number; from 0 to 65535)"},
        {"[server]\nport = -1\n",
         "@/memora.conf:2: server.port = \"-1\" is not valid (allowed: a whole number; from 0 to 65535)"},
        {"[server]\nport =\n",
         "@/memora.conf:2: server.port = \"\" is not valid (allowed: a whole number; from 0 to 65535)"},
        {"[server]\nport = 99999999999999999999\n", "@/memora.conf:2: server.port = \"99999999999999999999\" is not "
                                                    "valid (allowed: a whole number; from 0 to 65535)"},
        {"[server]\nport = 1\n# x\nport = 2\n", "@/memora.conf:4: server.port is set twice, first at @/memora.conf:2"},
        {"[database]\ndsn = a\n[server]\n[database]\ndsn = b\n",
         "@/memora.conf:5: database.dsn is set twice, first at @/memora.conf:2"},
        {"[server]\ndemo = maybe\n", "@/memora.conf:2: server.demo = \"maybe\" is not valid (allowed: true or false)"},
        {"[limits]\nmax_body = 5T\n", "@/memora.conf:2: limits.max_body = \"5T\" is not valid (allowed: bytes such as "
                                      "65536, 64K, 16M or 1G; from 1024 to 1099511627776)"},
        {"[limits]\nidle_timeout = 0\n",
         "@/memora.conf:2: limits.idle_timeout = \"0\" is not valid (allowed: seconds, or "
         "a time such as 30s, 5m, 2h or 7d; from 1 to 86400)"},
        {"[database]\nplugin = ../evil\n", "@/memora.conf:2: database.plugin = \"../evil\" is not valid (allowed: a "
                                           "plugin name such as \"sqlite\", or an absolute path)"},
        {"[server]\naddress = \xff\n", "@/memora.conf:2: server.address is not valid UTF-8"},
        {"[server]\nabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz = 1\n",
         "@/memora.conf:2: the name is too long"},
        {"[server] # here\n[storage]root = /a\n", "@/memora.conf:2: expected nothing behind \"[section]\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_file_error(*state, cases[i].content, cases[i].message);
}

static void test_unreadable_files(void **state)
{
    struct place *place = *state;
    struct config_source source = {.file = place->file};
    assert_error(place, &source, "@/memora.conf: cannot be read: No such file or directory");
    source.file = place->dir;
    assert_error(place, &source, "@: cannot be read: Is a directory");
    source.file = place->file;
    write_bytes(place->file, "[server]\nport = 1\0 2\n", 21);
    assert_error(place, &source, "@/memora.conf:2: the line has a NUL byte");
    char *text = memory_alloc(20001);
    memset(text, 'x', 20000);
    memcpy(text, "[server]\naddress=", 17);
    text[20000] = '\0';
    write_file(place->file, text);
    assert_error(place, &source, "@/memora.conf:2: the line is too long");
    /* So many blanks in a row that they cannot be cut. */
    memset(text + 17, ' ', 400);
    memcpy(text + 17 + 400, "x", 2);
    write_file(place->file, text);
    assert_error(place, &source, "@/memora.conf:2: the line is too long");
    free(text);
}

/* What a plugin's key holds may be a password: no message repeats it. */
static void test_no_secret_in_messages(void **state)
{
    struct place *place = *state;
    assert_file_error(place, "[database]\ndsn = hunter2\ndsn = hunter2\n",
                      "@/memora.conf:3: database.dsn is set twice, first at @/memora.conf:2");
    assert_file_error(place, "[database]\ndsn = hunter2\xff\n", "@/memora.conf:2: database.dsn is not valid UTF-8");
}

int main(void)
{
#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_key_table),
        WITH_PLACE(test_file),
        WITH_PLACE(test_long_lines),
        WITH_PLACE(test_conf_d),
        WITH_PLACE(test_order_of_strength),
        cmocka_unit_test(test_memos_variables),
        WITH_PLACE(test_log_level),
        WITH_PLACE(test_dsn_file),
        WITH_PLACE(test_bad_variables),
        WITH_PLACE(test_bad_files),
        WITH_PLACE(test_unreadable_files),
        WITH_PLACE(test_no_secret_in_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
