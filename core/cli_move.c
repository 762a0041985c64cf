#include "cli.h"
#include "move/move.h"

/* Each configuration is what its file says: variables such as MEMOS_DSN would make both ends the same. */
static enum status_code load(const char *file, struct config **out, struct status *status)
{
    const struct config_source source = {.file = file};
    return config_load(&source, out, status);
}

static int exit_of(enum status_code code)
{
    return code == STATUS_OK ? CLI_EXIT_OK : code == STATUS_INVALID_ARGUMENT ? CLI_EXIT_CONFIG : CLI_EXIT_FAILED;
}

static enum status_code place_of(const struct cli *cli, enum move_place *out, struct status *status)
{
    *out = MOVE_KEEP;
    if (cli->attachments && !move_place_parse(cli->attachments, out))
        return status_set(status, STATUS_INVALID_ARGUMENT, "--attachments takes keep, storage or database");
    return STATUS_OK;
}

static int copy(const struct cli *cli, struct status *status)
{
    struct config *from = NULL, *to = NULL;
    enum move_place place;
    enum status_code code = place_of(cli, &place, status);
    if (code == STATUS_OK)
        code = load(cli->from, &from, status);
    if (code == STATUS_OK)
        code = load(cli->to, &to, status);
    if (code == STATUS_OK) {
        log_set_level(LOG_LEVEL_ERROR);
        code = move_copy(from, to, place, status);
    }
    config_destroy(from);
    config_destroy(to);
    return exit_of(code);
}

static int verify(const struct cli *cli, const struct config *config, struct status *status)
{
    uint64_t left = 0;
    const struct move_verify_options options = {.repair = cli->repair, .contents = cli->contents};
    enum status_code code =
        cli->argument ? move_verify_archive(cli->argument, status) : move_verify(config, &options, &left, status);
    if (cli->argument && code)
        return code == STATUS_DATA_LOSS || code == STATUS_INVALID_ARGUMENT ? CLI_EXIT_FAULTS : CLI_EXIT_NOT_RUN;
    if (code)
        return code == STATUS_INVALID_ARGUMENT ? CLI_EXIT_CONFIG : CLI_EXIT_NOT_RUN;
    status->code = STATUS_OK;
    return left ? CLI_EXIT_FAULTS : CLI_EXIT_OK;
}

static int run(const struct cli *cli, const struct config *config, struct status *status)
{
    enum move_place place;
    if (cli->command == CLI_COPY)
        return copy(cli, status);
    log_set_level(LOG_LEVEL_ERROR); /* what matters is printed */
    if (cli->command == CLI_VERIFY)
        return verify(cli, config, status);
    if (cli->command == CLI_BACKUP)
        return exit_of(move_backup(config, cli->argument, status));
    enum status_code code = place_of(cli, &place, status);
    return exit_of(code ? code : move_restore(config, cli->argument, place, status));
}

int cli_move(const struct cli *cli, const struct config *config, struct status *status)
{
    int result = run(cli, config, status);
    /* What was overcome on the way is not for the user. */
    if (result == CLI_EXIT_OK)
        status->code = STATUS_OK;
    return result;
}
