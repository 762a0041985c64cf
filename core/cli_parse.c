#include <string.h>

#include "base/arena.h"
#include "cli.h"
#include "config/keys.h"

static const struct {
    const char *name;
    enum cli_command command;
    bool takes_argument;
} commands[] = {
    {"serve", CLI_SERVE, false},          {"check", CLI_CHECK, false}, {"plugins", CLI_PLUGINS, false},
    {"version", CLI_VERSION, false},      {"help", CLI_HELP, false},   {"describe-plugin", CLI_DESCRIBE, true},
    {"completion", CLI_COMPLETION, true},
};

struct words {
    struct arena *arena;
    char *const *next; /* ends with NULL */
    struct cli *cli;
    bool command_seen;
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

static enum status_code set_command(struct words *words, enum cli_command command, bool takes_argument,
                                    const char *name, const char *value, struct status *status)
{
    words->command_seen = true;
    words->cli->command = command;
    if (!takes_argument)
        return STATUS_OK;
    words->cli->argument = value ? value : *words->next ? *words->next++ : NULL;
    if (!words->cli->argument)
        return status_set(status, STATUS_INVALID_ARGUMENT, "%s needs an argument", name);
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
                   ? set_command(words, CLI_HELP, false, word, NULL, status)
                   : status_set(status, STATUS_INVALID_ARGUMENT, "unknown shorthand flag: %s", word);
    const char *name = arena_strndup(words->arena, word + 2, strcspn(word + 2, "="));
    if (strcmp(name, "help") == 0)
        return set_command(words, CLI_HELP, false, word, NULL, status);
    if (strcmp(name, "version") == 0)
        return set_command(words, CLI_VERSION, false, word, NULL, status);
    if (strcmp(name, "describe-plugin") == 0)
        return set_command(words, CLI_DESCRIBE, true, "--describe-plugin", value, status);
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
    if (words->command_seen)
        return status_set(status, STATUS_INVALID_ARGUMENT, "unexpected argument \"%s\"", word);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(word, commands[i].name) == 0)
            return set_command(words, commands[i].command, commands[i].takes_argument, word, NULL, status);
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
    return STATUS_OK;
}
