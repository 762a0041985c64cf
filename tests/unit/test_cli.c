/* The command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "cli.h"
#include "config/keys.h"

static struct arena *arena;
static struct cli cli;
static struct status status;

static int set_up(void **state)
{
    (void)state;
    arena = arena_create();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

#define PARSE(...) parse((char *[]){"memora", __VA_ARGS__, NULL})
static enum status_code parse(char **argv)
{
    int argc = 0;
    while (argv[argc])
        argc++;
    return cli_parse(arena, argc, argv, &cli, &status);
}

static void assert_flag(size_t index, const char *flag, const char *section, const char *key, const char *value)
{
    assert_true(index < cli.flag_count);
    assert_string_equal(cli.flags[index].flag, flag);
    assert_string_equal(cli.flags[index].section, section);
    assert_string_equal(cli.flags[index].key, key);
    assert_string_equal(cli.flags[index].value, value);
}

static void test_serves_by_itself(void **state)
{
    char *none[] = {"memora", NULL};
    (void)state;
    assert_int_equal(cli_parse(arena, 1, none, &cli, &status), STATUS_OK);
    assert_int_equal(cli.command, CLI_SERVE);
    assert_int_equal(cli.flag_count, 0);
    assert_null(cli.config_file);
    assert_int_equal(PARSE("--port", "5230", "--data", "/srv"), STATUS_OK);
    assert_int_equal(cli.command, CLI_SERVE);
    assert_flag(0, "--port", "server", "port", "5230");
    assert_flag(1, "--data", "server", "data", "/srv");
    assert_int_equal(PARSE("serve"), STATUS_OK);
    assert_int_equal(cli.command, CLI_SERVE);
}

static void test_memos_flags(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--addr=127.0.0.1", "--unix-sock", "s", "--driver", "mysql", "--dsn=a=b", "--instance-url",
                           "u", "--log-level", "debug", "--demo", "--allow-private-webhooks=false"),
                     STATUS_OK);
    assert_int_equal(cli.flag_count, 8);
    assert_flag(0, "--addr", "server", "address", "127.0.0.1");
    assert_flag(1, "--unix-sock", "server", "unix_socket", "s");
    assert_flag(2, "--driver", "database", "plugin", "mysql");
    assert_flag(3, "--dsn", "database", "dsn", "a=b");
    assert_flag(4, "--instance-url", "server", "instance_url", "u");
    assert_flag(5, "--log-level", "server", "log_level", "debug");
    assert_flag(6, "--demo", "server", "demo", "true");
    assert_flag(7, "--allow-private-webhooks", "server", "allow_private_webhooks", "false");
}

static void test_own_flags(void **state)
{
    (void)state;
    assert_int_equal(PARSE("check", "--config", "a.conf", "--set", "limits.max_body=1M", "--set=database.dsn=x=y"),
                     STATUS_OK);
    assert_int_equal(cli.command, CLI_CHECK);
    assert_string_equal(cli.config_file, "a.conf");
    assert_flag(0, "--set", "limits", "max_body", "1M");
    assert_flag(1, "--set", "database", "dsn", "x=y");
    assert_int_equal(PARSE("--config=b.conf", "plugins"), STATUS_OK);
    assert_int_equal(cli.command, CLI_PLUGINS);
    assert_string_equal(cli.config_file, "b.conf");
}

static void test_commands(void **state)
{
    (void)state;
    assert_int_equal(PARSE("describe-plugin", "sqlite"), STATUS_OK);
    assert_int_equal(cli.command, CLI_DESCRIBE);
    assert_string_equal(cli.argument, "sqlite");
    assert_int_equal(PARSE("--describe-plugin=fs"), STATUS_OK);
    assert_int_equal(cli.command, CLI_DESCRIBE);
    assert_string_equal(cli.argument, "fs");
    assert_int_equal(PARSE("completion", "bash"), STATUS_OK);
    assert_int_equal(cli.command, CLI_COMPLETION);
    assert_int_equal(PARSE("version"), STATUS_OK);
    assert_int_equal(cli.command, CLI_VERSION);
    assert_int_equal(PARSE("--version"), STATUS_OK);
    assert_int_equal(cli.command, CLI_VERSION);
    assert_int_equal(PARSE("--help", "--what"), STATUS_OK);
    assert_int_equal(cli.command, CLI_HELP);
    assert_int_equal(PARSE("serve", "-h"), STATUS_OK);
    assert_int_equal(cli.command, CLI_HELP);
    assert_int_equal(PARSE("--", "check"), STATUS_OK);
    assert_int_equal(cli.command, CLI_CHECK);
}

static void test_mistakes(void **state)
{
    (void)state;
#define WRONG(text, ...)                                                                                               \
    do {                                                                                                               \
        assert_int_equal(PARSE(__VA_ARGS__), STATUS_INVALID_ARGUMENT);                                                 \
        assert_string_equal(status.message, text);                                                                     \
    } while (0)
    WRONG("unknown flag: --foo", "--foo");
    WRONG("unknown flag: --foo", "--foo=secret");
    WRONG("unknown shorthand flag: -p", "-p", "80");
    WRONG("unknown command \"start\"", "start");
    WRONG("unknown command \"\"", "");
    WRONG("unexpected argument \"check\"", "serve", "check");
    WRONG("flag needs an argument: --port", "--port");
    WRONG("flag needs an argument: --config", "--config");
    WRONG("--config needs a file", "--config=");
    WRONG("flag needs an argument: --set", "--set");
    WRONG("--set needs section.key=value", "--set", "port=80");
    WRONG("--set needs section.key=value", "--set", "server.port");
    WRONG("--set needs section.key=value", "--set", ".port=1");
    WRONG("--set needs section.key=value", "--set", "server.=1");
    WRONG("completion needs an argument", "completion");
    WRONG("--describe-plugin needs an argument", "--describe-plugin");
}

static void test_too_many_flags(void **state)
{
    char *argv[CLI_FLAGS_MAX + 3] = {"memora"};
    (void)state;
    for (int i = 1; i <= CLI_FLAGS_MAX + 1; i++)
        argv[i] = "--demo";
    assert_int_equal(cli_parse(arena, CLI_FLAGS_MAX + 2, argv, &cli, &status), STATUS_INVALID_ARGUMENT);
    assert_string_equal(status.message, "more than 200 flags");
}

static char *printed(void (*print)(FILE *))
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    print(stream);
    fclose(stream);
    return text;
}

static void print_bash(FILE *stream)
{
    assert_true(cli_print_completion(stream, "bash"));
}

static void print_zsh(FILE *stream)
{
    assert_true(cli_print_completion(stream, "zsh"));
}

static void print_fish(FILE *stream)
{
    assert_true(cli_print_completion(stream, "fish"));
}

/* The help and every completion know every flag. */
static void test_help(void **state)
{
    void (*const printers[])(FILE *) = {cli_print_usage, print_bash, print_zsh, print_fish};
    (void)state;
    for (size_t printer = 0; printer < 4; printer++) {
        char *text = printed(printers[printer]);
        for (size_t i = 0; i < config_key_count; i++) {
            char flag[40];
            if (!config_keys[i].flag)
                continue;
            snprintf(flag, sizeof flag, "%s%s", printer == 3 ? "-l " : "--", config_keys[i].flag);
            assert_non_null(strstr(text, flag));
        }
        assert_non_null(strstr(text, "describe-plugin"));
        free(text);
    }
    assert_false(cli_print_completion(stdout, "tcsh"));
}

/* In the usage what a command or flag does begins at one column, whatever stands before it. */
static void test_help_columns(void **state)
{
    (void)state;
    static const char *const helps[] = {"Serve; what", "Copy everything",      "Look for faults",
                                        "TCP port",    "copy, restore: where", "verify: mend"};
    char *text = printed(cli_print_usage);
    long column = -1;
    for (size_t i = 0; i < sizeof helps / sizeof helps[0]; i++) {
        const char *help = strstr(text, helps[i]);
        assert_non_null(help);
        const char *start = help;
        while (start > text && start[-1] != '\n')
            start--;
        assert_true(help - start > 2 && help[-1] == ' ' && help[-2] == ' ');
        assert_true(column < 0 || help - start == column);
        column = help - start;
    }
    free(text);
}

static void test_moves(void **state)
{
    (void)state;
    assert_int_equal(PARSE("copy", "--from", "a.conf", "--to=b.conf", "--attachments", "storage"), STATUS_OK);
    assert_int_equal(cli.command, CLI_COPY);
    assert_string_equal(cli.from, "a.conf");
    assert_string_equal(cli.to, "b.conf");
    assert_string_equal(cli.attachments, "storage");
    assert_int_equal(PARSE("backup", "--data", "/srv", "x.tar.zst"), STATUS_OK);
    assert_int_equal(cli.command, CLI_BACKUP);
    assert_string_equal(cli.argument, "x.tar.zst");
    assert_int_equal(PARSE("backup", "-"), STATUS_OK);
    assert_string_equal(cli.argument, "-");
    assert_int_equal(PARSE("restore", "x.tar.zst", "--attachments", "database"), STATUS_OK);
    assert_int_equal(PARSE("verify", "--contents"), STATUS_OK);
    assert_true(cli.contents);
    assert_false(cli.repair);
    assert_int_equal(PARSE("verify", "--repair"), STATUS_OK);
    assert_true(cli.repair);
    assert_null(cli.argument);
    assert_int_equal(PARSE("verify", "x.tar.zst"), STATUS_OK);
    assert_string_equal(cli.argument, "x.tar.zst");
    assert_int_equal(PARSE("copy", "--from", "a.conf"), STATUS_INVALID_ARGUMENT);
    assert_string_equal(status.message, "copy needs --from CONFIG and --to CONFIG");
    assert_int_equal(PARSE("copy", "--from", "a", "--to", "b", "--dsn", "x"), STATUS_INVALID_ARGUMENT);
    assert_int_equal(PARSE("copy", "--from"), STATUS_INVALID_ARGUMENT);
    assert_int_equal(PARSE("backup"), STATUS_INVALID_ARGUMENT);
    assert_string_equal(status.message, "backup needs a file");
    assert_int_equal(PARSE("backup", "a", "b"), STATUS_INVALID_ARGUMENT);
    assert_int_equal(PARSE("verify", "--repair", "x.tar.zst"), STATUS_INVALID_ARGUMENT);
    assert_string_equal(status.message, "an archive cannot be repaired");
    assert_int_equal(PARSE("verify", "--repair=yes"), STATUS_INVALID_ARGUMENT);
    assert_int_equal(PARSE("serve", "--repair"), STATUS_INVALID_ARGUMENT);
    assert_string_equal(status.message, "--repair does not go with this command");
}

int main(void)
{
#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_serves_by_itself), WITH_ARENA(test_moves),    WITH_ARENA(test_memos_flags),
        WITH_ARENA(test_own_flags),        WITH_ARENA(test_commands), WITH_ARENA(test_mistakes),
        WITH_ARENA(test_too_many_flags),   WITH_ARENA(test_help),     WITH_ARENA(test_help_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
