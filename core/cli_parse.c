#include <string.h>

#include "base/arena.h"
#include "cli.h"
#include "config/keys.h"

enum takes { NOTHING, TAKES_FILE /* anywhere behind it */, MUST_TAKE /* next */ };

static const struct {
    const char *name;
    enum cli_command command;
    enum takes takes;
} commands[] = {
    {"serve", CLI_SERVE, NOTHING},
    {"check", CLI_CHECK, NOTHING},
    {"plugins", CLI_PLUGINS, NOTHING},
    {"describe-plugin", CLI_DESCRIBE, MUST_TAKE},
    {"copy", CLI_COPY, NOTHING},
    {"backup", CLI_BACKUP, TAKES_FILE},
    {"restore", CLI_RESTORE, TAKES_FILE},
    {"verify", CLI_VERIFY, TAKES_FILE},
    {"version", CLI_VERSION, NOTHING},
    {"help", CLI_HELP, NOTHING},
    {"completion", CLI_COMPLETION, MUST_TAKE},
};

/* Flags of single commands. */
static const struct {
    const char *name;
    enum cli_command command, other;
} own_flags[] = {
    {"from", CLI_COPY, CLI_COPY},       {"to", CLI_COPY, CLI_COPY},           {"attachments", CLI_COPY, CLI_RESTORE},
    {"repair", CLI_VERIFY, CLI_VERIFY}, {"contents", CLI_VERIFY, CLI_VERIFY},
};
enum { OWN_FLAGS = sizeof own_flags / sizeof own_flags[0] };

struct words {
    struct arena *arena;
    char *const *next; /* ends with NULL */
    struct cli *cli;
    bool command_seen;
    enum takes takes; /* of the command */
    bool own_seen[OWN_FLAGS];
};

static enum status_code add_flag(struct cli *cli, const char *flag, const char *section, const char *key,
                                 const char *value, struct status *status)
{
    if (cli->flag_count == CLI_FLAGS_MAX)
        return status_set(status, STATUS_INVALID_ARGUMENT, "more than %d flags", CLI_FLAGS_MAX);
    cli->flags[cli->flag_count++] = (struct config_flag){flag, section, key, value};
    return STATUS_OK;
}

/* section.key=value */
static enum status_code add_set(struct words *words, const char *text, struct status *status)
{
    const char *dot = strchr(text, '.'), *equals = strchr(text, '=');
    if (!dot || !equals || dot > equals || dot == text || dot + 1 == equals)
        return status_set(status, STATUS_INVALID_ARGUMENT, "--set needs section.key=value");
    return add_flag(words->cli, "--set", arena_strndup(words->arena, text, (size_t)(dot - text)),
                    arena_strndup(words->arena, dot + 1, (size_t)(equals - dot - 1)), equals + 1, status);
}

static enum status_code set_command(struct words *words, enum cli_command command, enum takes takes, const char *name,
                                    const char *value, struct status *status)
{
    words->command_seen = true;
    words->cli->command = command;
    words->takes = takes;
    if (takes != MUST_TAKE)
        return STATUS_OK;
    words->cli->argument = value ? value : *words->next ? *words->next++ : NULL;
    if (!words->cli->argument)
        return status_set(status, STATUS_INVALID_ARGUMENT, "%s needs an argument", name);
    return STATUS_OK;
}

static enum status_code take_own_flag(struct words *words, size_t index, const char *value, struct status *status)
{
    struct cli *cli = words->cli;
    const char **texts[OWN_FLAGS] = {&cli->from, &cli->to, &cli->attachments};
    bool *switches[OWN_FLAGS] = {NULL, NULL, NULL, &cli->repair, &cli->contents};
    words->own_seen[index] = true;
    if (!texts[index]) {
        *switches[index] = true;
        return value ? status_set(status, STATUS_INVALID_ARGUMENT, "--%s takes no value", own_flags[index].name)
                     : STATUS_OK;
    }
    if (!value && *words->next)
        value = *words->next++;
    if (!value || !*value)
        return status_set(status, STATUS_INVALID_ARGUMENT, "flag needs an argument: --%s", own_flags[index].name);
    *texts[index] = value;
    return STATUS_OK;
}

/* What a command needs, and what it has no use for. */
static enum status_code check_command(const struct words *words, struct status *status)
{
    const struct cli *cli = words->cli;
    for (size_t i = 0; i < OWN_FLAGS; i++)
        if (words->own_seen[i] && cli->command != own_flags[i].command && cli->command != own_flags[i].other)
            return status_set(status, STATUS_INVALID_ARGUMENT, "--%s does not go with this command", own_flags[i].name);
    if (cli->command == CLI_COPY && (!cli->from || !cli->to))
        return status_set(status, STATUS_INVALID_ARGUMENT, "copy needs --from CONFIG and --to CONFIG");
    if (cli->command == CLI_COPY && (cli->flag_count || cli->config_file))
        return status_set(status, STATUS_INVALID_ARGUMENT,
                          "copy takes no flags of the configuration: two files say what is what");
    if ((cli->command == CLI_BACKUP || cli->command == CLI_RESTORE) && !cli->argument)
        return status_set(status, STATUS_INVALID_ARGUMENT, "%s needs a file",
                          cli->command == CLI_BACKUP ? "backup" : "restore");
    if (cli->command == CLI_VERIFY && cli->repair && cli->argument)
        return status_set(status, STATUS_INVALID_ARGUMENT, "an archive cannot be repaired");
    return STATUS_OK;
}

/* A flag that is a key of the configuration. */
static enum status_code take_key_flag(struct words *words, const char *word, const char *name, const char *value,
                                      struct status *status)
{
    const struct config_key *key = config_find_flag(name);
    bool is_dsn = strcmp(name, "dsn") == 0;
    if (!key && !is_dsn)
        return status_set(status, STATUS_INVALID_ARGUMENT, "unknown flag: --%s", name);
    if (!value && key && key->type == CONFIG_BOOL)
        value = "true";
    else if (!value && *words->next)
        value = *words->next++;
    if (!value)
        return status_set(status, STATUS_INVALID_ARGUMENT, "flag needs an argument: --%s", name);
    /* Without "=value", for messages: the value may be secret. */
    const char *flag = arena_strndup(words->arena, word, strcspn(word, "="));
    return add_flag(words->cli, flag, is_dsn ? "database" : key->section, is_dsn ? "dsn" : key->name, value, status);
}

static enum status_code take_flag(struct words *words, const char *word, struct status *status)
{
    const char *equals = strchr(word, '='), *value = equals ? equals + 1 : NULL;
    if (strncmp(word, "--", 2) != 0)
        return strcmp(word, "-h") == 0
                   ? set_command(words, CLI_HELP, NOTHING, word, NULL, status)
                   : status_set(status, STATUS_INVALID_ARGUMENT, "unknown shorthand flag: %s", word);
    const char *name = arena_strndup(words->arena, word + 2, strcspn(word + 2, "="));
    if (strcmp(name, "help") == 0)
        return set_command(words, CLI_HELP, NOTHING, word, NULL, status);
    if (strcmp(name, "version") == 0)
        return set_command(words, CLI_VERSION, NOTHING, word, NULL, status);
    if (strcmp(name, "describe-plugin") == 0)
        return set_command(words, CLI_DESCRIBE, MUST_TAKE, "--describe-plugin", value, status);
    for (size_t i = 0; i < OWN_FLAGS; i++)
        if (strcmp(name, own_flags[i].name) == 0)
            return take_own_flag(words, i, value, status);
    bool is_config = strcmp(name, "config") == 0;
    if (!is_config && strcmp(name, "set") != 0)
        return take_key_flag(words, word, name, value, status);
    if (!value && *words->next)
        value = *words->next++;
    if (!value)
        return status_set(status, STATUS_INVALID_ARGUMENT, "flag needs an argument: --%s", name);
    if (is_config && *value == '\0')
        return status_set(status, STATUS_INVALID_ARGUMENT, "--config needs a file");
    if (!is_config)
        return add_set(words, value, status);
    words->cli->config_file = value;
    return STATUS_OK;
}

static enum status_code take_word(struct words *words, const char *word, struct status *status)
{
    if (words->takes == TAKES_FILE && !words->cli->argument) {
        words->cli->argument = word;
        return STATUS_OK;
    }
    if (words->command_seen)
        return status_set(status, STATUS_INVALID_ARGUMENT, "unexpected argument \"%s\"", word);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(word, commands[i].name) == 0)
            return set_command(words, commands[i].command, commands[i].takes, word, NULL, status);
    return status_set(status, STATUS_INVALID_ARGUMENT, "unknown command \"%s\"", word);
}

enum status_code cli_parse(struct arena *arena, int argc, char *const *argv, struct cli *out, struct status *status)
{
    struct words words = {.arena = arena, .next = argv + (argc > 0), .cli = out};
    bool only_words = false;
    memset(out, 0, sizeof *out);
    while (*words.next) {
        const char *word = *words.next++;
        enum status_code code = STATUS_OK;
        if (!only_words && strcmp(word, "--") == 0)
            only_words = true;
        else if (!only_words && word[0] == '-' && word[1] != '\0')
            code = take_flag(&words, word, status);
        else
            code = take_word(&words, word, status);
        if (code || out->command == CLI_HELP)
            return code;
    }
    return check_command(&words, status);
}
