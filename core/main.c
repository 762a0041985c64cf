/* The program: reads the command line and the configuration, then serves or does what else was asked for. */
#include <stdio.h>

#include <memora/version.h>

#include "base/arena.h"
#include "base/log.h"
#include "cli.h"
#include "server/server.h"

extern char **environ;

static int complain(const struct status *status, enum cli_exit code)
{
    fprintf(stderr, "memora: %s\n", status->message);
    return (int)code;
}

/* A command that chooses its exit status. */
static int complain_of(int result, const struct status *status)
{
    if (status->code)
        fprintf(stderr, "memora: %s\n", status->message);
    return result;
}

static int serve(const struct config *config)
{
    struct status status;
    enum status_code code = server_run(config, &status);
    if (code == STATUS_OK)
        return CLI_EXIT_OK;
    if (code == STATUS_INVALID_ARGUMENT) /* a key of a plugin's section */
        return complain(&status, CLI_EXIT_CONFIG);
    log_error("%s", status.message);
    return CLI_EXIT_FAILED;
}

static int check(const struct config *config)
{
    struct status status;
    if (cli_check_plugins(config, &status))
        return complain(&status, CLI_EXIT_CONFIG);
    printf("The configuration is good (%s).\n", config->config_file[0] ? config->config_file : "no file");
    return CLI_EXIT_OK;
}

static int run_with_config(const struct cli *cli)
{
    const struct config_source source = {cli->config_file, environ, cli->flags, cli->flag_count};
    struct config *config;
    struct status status = {0};
    int result = CLI_EXIT_OK;
    if (config_load(&source, &config, &status))
        return complain(&status, CLI_EXIT_CONFIG);
    log_set_level(config->log_level);
    if (cli->command == CLI_SERVE)
        result = serve(config);
    else if (cli->command == CLI_CHECK)
        result = check(config);
    else if (cli->command == CLI_PLUGINS)
        result = cli_print_plugins(stdout, config, &status) ? complain(&status, CLI_EXIT_FAILED) : CLI_EXIT_OK;
    else if (cli->command == CLI_BACKUP || cli->command == CLI_RESTORE || cli->command == CLI_VERIFY)
        result = complain_of(cli_move(cli, config, &status), &status);
    else if (cli_describe_plugin(stdout, config, cli->argument, &status))
        result = complain(&status, CLI_EXIT_FAILED);
    config_destroy(config);
    return result;
}

static int run(const struct cli *cli)
{
    struct status status = {0};
    switch (cli->command) {
    case CLI_COPY:
        return complain_of(cli_move(cli, NULL, &status), &status);
    case CLI_VERSION:
        puts("memora " MEMORA_VERSION);
        return CLI_EXIT_OK;
    case CLI_HELP:
        cli_print_usage(stdout);
        return CLI_EXIT_OK;
    case CLI_COMPLETION:
        if (cli_print_completion(stdout, cli->argument))
            return CLI_EXIT_OK;
        fprintf(stderr, "memora: no completion for \"%s\" (bash, zsh, fish)\n", cli->argument);
        return CLI_EXIT_FAILED;
    default:
        return run_with_config(cli);
    }
}

int main(int argc, char **argv)
{
    struct arena *arena = arena_create();
    struct cli cli;
    struct status status;
    int result;
    if (cli_parse(arena, argc, argv, &cli, &status)) {
        result = complain(&status, CLI_EXIT_FAILED);
        cli_print_usage(stderr);
    } else {
        result = run(&cli);
    }
    arena_destroy(arena);
    return result;
}
