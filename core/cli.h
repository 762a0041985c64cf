/* The command line: what was asked for, and the commands that are not "serve". */
#ifndef MEMORA_CLI_H
#define MEMORA_CLI_H

#include <stdbool.h>
#include <stdio.h>

#include "base/status.h"
#include "config/config.h"

enum cli_command {
    CLI_SERVE,
    CLI_CHECK,
    CLI_PLUGINS,
    CLI_DESCRIBE,
    CLI_COPY,
    CLI_BACKUP,
    CLI_RESTORE,
    CLI_VERIFY,
    CLI_VERSION,
    CLI_HELP,
    CLI_COMPLETION
};

/* How the process ends. */
enum cli_exit {
    CLI_EXIT_OK = 0,
    CLI_EXIT_FAILED = 1, /* the server cannot start, or the command line is wrong (Memos' value) */
    CLI_EXIT_CONFIG = 2, /* the configuration is wrong */
    CLI_EXIT_FAULTS = 1, /* of verify: it has found faults */
    CLI_EXIT_NOT_RUN = 3 /* of verify: it could not look */
};

enum { CLI_FLAGS_MAX = 200 };

/* Points into argv and into arena. */
struct cli {
    enum cli_command command;
    const char *argument; /* of describe-plugin (a plugin), completion (a shell), backup, restore, verify (a file) */
    const char *from, *to, *attachments; /* of copy (configuration files) and restore, NULL if not given */
    bool repair, contents;               /* of verify */
    const char *config_file;             /* NULL: the default one */
    struct config_flag flags[CLI_FLAGS_MAX];
    size_t flag_count;
};

/* STATUS_INVALID_ARGUMENT with one line for the user if the command line is wrong. */
enum status_code cli_parse(struct arena *arena, int argc, char *const *argv, struct cli *out, struct status *status);

void cli_print_usage(FILE *stream);
/* A completion script; false if the shell is none of bash, zsh and fish. */
bool cli_print_completion(FILE *stream, const char *shell);

/* copy, backup, restore and verify; cli_move.c. config is NULL for copy. The result is the exit status. */
int cli_move(const struct cli *cli, const struct config *config, struct status *status);

/* Loads and configures both plugins of the configuration, without opening anything. */
enum status_code cli_check_plugins(const struct config *config, struct status *status);
enum status_code cli_print_plugins(FILE *stream, const struct config *config, struct status *status);
/* name is "sqlite", "db-sqlite" or an absolute path. */
enum status_code cli_describe_plugin(FILE *stream, const struct config *config, const char *name,
                                     struct status *status);

#endif
