#include <ctype.h>
#include <string.h>

#include "cli.h"
#include "config/keys.h"

static const struct {
    const char *name, *argument, *help;
} commands[] = {
    {"serve", "", "Serve; what happens without a command, too."},
    {"check", "", "Check the configuration and the plugins it names; exit status 0 or 2."},
    {"plugins", "", "List the plugins that are installed, with version, licence and state."},
    {"describe-plugin", "NAME", "Show what a plugin is and which keys it takes."},
    {"copy", "--from CONFIG --to CONFIG", "Copy everything into another, empty instance."},
    {"backup", "FILE.tar.zst", "Write a snapshot of everything, also while the server runs; - is stdout."},
    {"restore", "FILE.tar.zst", "Put a backup into an empty instance."},
    {"verify", "[FILE.tar.zst]", "Look for faults of the instance, or of a backup."},
    {"version", "", "Print the version."},
    {"help", "", "Print this help."},
    {"completion", "SHELL", "Print a completion script for bash, zsh or fish."},
};
static const size_t command_count = sizeof commands / sizeof commands[0];

/* Flags that are not keys of the core. */
static const struct {
    const char *name, *value, *help;
} others[] = {
    {"dsn", "DSN", "Data source of the database plugin: key dsn of [database]."},
    {"config", "FILE", "Configuration file."},
    {"set", "SECTION.KEY=VALUE", "Set any key of the configuration."},
    {"from", "FILE", "copy: configuration of the instance that is read."},
    {"to", "FILE", "copy: configuration of the instance that is filled."},
    {"attachments", "keep|storage|database", "copy, restore: where files go; keep: as they are kept now."},
    {"repair", "", "verify: mend what can be mended safely."},
    {"contents", "", "verify: read all contents and compare them with what the storage knows of them."},
    {"help", "", "Print this help."},
    {"version", "", "Print the version."},
};
static const size_t other_count = sizeof others / sizeof others[0];

enum { USAGE_LEFT_MAX = 80, USAGE_GAP = 2 };

static const char *value_name(const struct config_key *key)
{
    static const char *const names[] = {
        [CONFIG_TEXT] = "TEXT",   [CONFIG_PATH] = "PATH",    [CONFIG_PLUGIN] = "NAME",
        [CONFIG_INT] = "NUMBER",  [CONFIG_COUNT] = "NUMBER", [CONFIG_SECONDS] = "TIME",
        [CONFIG_BYTES] = "BYTES", [CONFIG_BOOL] = "",        [CONFIG_LEVEL] = "LEVEL",
    };
    return names[key->type];
}

/* One line of the usage; help starts at its column whatever stands before it. */
static int print_line(FILE *stream, int column, const char *dashes, const char *name, const char *value,
                      const char *help)
{
    char left[USAGE_LEFT_MAX];
    int width = snprintf(left, sizeof left, "  %s%s%s%s", dashes, name, *value ? " " : "", value);
    if (stream)
        fprintf(stream, "%-*s%s\n", column, left, help);
    return width;
}

static int widest(int a, int b)
{
    return a > b ? a : b;
}

static int print_commands(FILE *stream, int column)
{
    int width = 0;
    for (size_t i = 0; i < command_count; i++)
        width = widest(width, print_line(stream, column, "", commands[i].name, commands[i].argument, commands[i].help));
    return width;
}

static int print_flags(FILE *stream, int column)
{
    int width = 0;
    for (size_t i = 0; i < config_key_count; i++)
        if (config_keys[i].flag)
            width = widest(width, print_line(stream, column, "--", config_keys[i].flag, value_name(&config_keys[i]),
                                             config_keys[i].help));
    for (size_t i = 0; i < other_count; i++)
        width = widest(width, print_line(stream, column, "--", others[i].name, others[i].value, others[i].help));
    return width;
}

void cli_print_usage(FILE *stream)
{
    /* Nothing is printed without a stream: only how wide it would be. */
    int column = widest(print_commands(NULL, 0), print_flags(NULL, 0)) + USAGE_GAP;
    fputs("Usage: memora [command] [flags]\n\nCommands:\n", stream);
    print_commands(stream, column);
    fputs("\nFlags:\n", stream);
    print_flags(stream, column);
    fprintf(stream,
            "\nFlags win over variables (MEMOS_PORT, MEMORA_SERVER_PORT), these over the configuration file.\n"
            "Default configuration file: %s. See memora(1) and memora.conf(5).\n",
            config_default_file());
}

static void print_bash(FILE *stream)
{
    fputs(
        "_memora()\n{\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
        "    case $before in\n"
        "        --config|--from|--to|--data|--unix-sock|backup|restore|verify) mapfile -t COMPREPLY < <(compgen -f -- "
        "\"$word\"); return ;;\n"
        "        --driver) mapfile -t COMPREPLY < <(compgen -W 'sqlite mysql postgres' -- \"$word\"); return ;;\n"
        "        --log-level) mapfile -t COMPREPLY < <(compgen -W 'error warn info debug' -- \"$word\"); return ;;\n"
        "        --attachments) mapfile -t COMPREPLY < <(compgen -W 'keep storage database' -- \"$word\"); return ;;\n"
        "        completion) mapfile -t COMPREPLY < <(compgen -W 'bash zsh fish' -- \"$word\"); return ;;\n"
        "    esac\n"
        "    mapfile -t COMPREPLY < <(compgen -W '",
        stream);
    for (size_t i = 0; i < command_count; i++)
        fprintf(stream, "%s ", commands[i].name);
    for (size_t i = 0; i < config_key_count; i++)
        if (config_keys[i].flag)
            fprintf(stream, "--%s ", config_keys[i].flag);
    for (size_t i = 0; i < other_count; i++)
        fprintf(stream, "--%s ", others[i].name);
    fputs("' -- \"$word\")\n}\ncomplete -F _memora memora\n", stream);
}

static void print_zsh_flag(FILE *stream, const char *name, const char *value, const char *help)
{
    fprintf(stream, "    '--%s%s[", name, *value ? "=" : "");
    for (; *help; help++) /* '[', ']' and ':' have a meaning there, "'" ends the word */
        if (*help == '\'')
            fputs("'\\''", stream);
        else
            fprintf(stream, "%s%c", strchr("[]:", *help) ? "\\" : "", *help);
    if (*value)
        fprintf(stream, "]:%s:%s' \\\n", value, strcmp(value, "PATH") && strcmp(value, "FILE") ? "" : "_files");
    else
        fputs("]' \\\n", stream);
}

static void print_zsh(FILE *stream)
{
    fputs("#compdef memora\n_arguments \\\n", stream);
    for (size_t i = 0; i < config_key_count; i++)
        if (config_keys[i].flag)
            print_zsh_flag(stream, config_keys[i].flag, value_name(&config_keys[i]), config_keys[i].help);
    for (size_t i = 0; i < other_count; i++)
        print_zsh_flag(stream, others[i].name, others[i].value, others[i].help);
    fputs("    '1:command:(", stream);
    for (size_t i = 0; i < command_count; i++)
        fprintf(stream, "%s%s", i ? " " : "", commands[i].name);
    fputs(")' \\\n    '2:argument:_files'\n", stream);
}

static void print_fish_text(FILE *stream, const char *text)
{
    fputs(" -d '", stream);
    for (; *text; text++)
        fprintf(stream, "%s%c", *text == '\'' || *text == '\\' ? "\\" : "", *text);
    fputs("'\n", stream);
}

static void print_fish(FILE *stream)
{
    fputs("complete -c memora -f\n", stream);
    for (size_t i = 0; i < command_count; i++) {
        fprintf(stream, "complete -c memora -n __fish_use_subcommand -a %s", commands[i].name);
        print_fish_text(stream, commands[i].help);
    }
    fputs("complete -c memora -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n", stream);
    for (size_t i = 0; i < config_key_count; i++) {
        if (!config_keys[i].flag)
            continue;
        const char *needs = config_keys[i].type == CONFIG_BOOL   ? ""
                            : config_keys[i].type == CONFIG_PATH ? " -r -F"
                                                                 : " -x";
        fprintf(stream, "complete -c memora -l %s%s", config_keys[i].flag, needs);
        print_fish_text(stream, config_keys[i].help);
    }
    for (size_t i = 0; i < other_count; i++) {
        const char *needs = *others[i].value ? strcmp(others[i].value, "FILE") == 0 ? " -r -F" : " -x" : "";
        fprintf(stream, "complete -c memora -l %s%s", others[i].name, needs);
        print_fish_text(stream, others[i].help);
    }
}

bool cli_print_completion(FILE *stream, const char *shell)
{
    static const struct {
        const char *name;
        void (*print)(FILE *stream);
    } shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        if (strcmp(shell, shells[i].name) == 0) {
            shells[i].print(stream);
            return true;
        }
    }
    return false;
}
