/* memora-plugin-check: runs the behavioural test of the interface against one plugin. See memora-plugin-check(1). */
#include "check.h"

#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <memora/version.h>

#include "base/log.h"

enum { TIMEOUT_S = 120, REMOVE_DESCRIPTORS = 16 };

static const struct group {
    const char *name;
    int kind; /* enum memora_kind, 0 = both */
    void (*run)(struct check *);
} groups[] = {
    {"abi", 0, check_abi},
    {"lifecycle", 0, check_lifecycle},
    {"db values", MEMORA_KIND_DB, check_db_values},
    {"db injection", MEMORA_KIND_DB, check_db_injection},
    {"db transactions", MEMORA_KIND_DB, check_db_tx},
    {"db concurrency", MEMORA_KIND_DB, check_db_concurrency},
    {"db errors", MEMORA_KIND_DB, check_db_errors},
    {"db dialect", MEMORA_KIND_DB, check_db_dialect},
    {"db features", MEMORA_KIND_DB, check_db_features},
    {"db store", MEMORA_KIND_DB, check_db_store},
    {"storage put", MEMORA_KIND_STORAGE, check_storage_put},
    {"storage keys", MEMORA_KIND_STORAGE, check_storage_keys},
    {"storage range", MEMORA_KIND_STORAGE, check_storage_range},
    {"storage list", MEMORA_KIND_STORAGE, check_storage_list},
    {"threads", 0, check_threads},
};
enum { GROUP_COUNT = sizeof groups / sizeof groups[0] };

static const char usage[] =
    "usage: memora-plugin-check [options] PLUGIN.so [key=value ...]\n"
    "\n"
    "Checks a plugin of Memora: loads it as the server would, opens it with the given keys, and tells in TAP what\n"
    "keeps the promises of the interface and what does not. Give it an empty database or bucket of its own: it makes\n"
    "and removes tables called memora_check_*, those of a server, and objects below memora-check/.\n"
    "\n"
    "  --only GROUP   run this group; may be given several times (--list names them)\n"
    "  --list         print the groups\n"
    "  --quick        fewer rounds and fewer objects\n"
    "  --large        also write an object of more than 4 GiB\n"
    "  --timeout S    seconds that one check may take (120)\n"
    "  --help, --version\n"
    "\n"
    "Exit code: 0 everything passed, 1 something failed, 2 the plugin cannot be checked, crashed or hangs.\n";

struct arguments {
    const char *only[GROUP_COUNT];
    unsigned only_count;
    bool try_lock; /* for our own second process */
};

_Noreturn static void refuse(const char *what, const char *argument)
{
    fprintf(stderr, "memora-plugin-check: %s%s\nTry memora-plugin-check --help.\n", what, argument ? argument : "");
    exit(2);
}

static void add_only(struct arguments *arguments, const char *name)
{
    bool known = false;
    for (size_t i = 0; name && i < GROUP_COUNT; i++)
        known |= strcmp(groups[i].name, name) == 0;
    if (!known)
        refuse("no such group: ", name ? name : "");
    if (arguments->only_count < GROUP_COUNT)
        arguments->only[arguments->only_count++] = name;
}

static unsigned parse_timeout(const char *text)
{
    char *end = NULL;
    unsigned long seconds = text ? strtoul(text, &end, 10) : 0;
    if (!text || end == text || *end || seconds < 1 || seconds > 86400)
        refuse("--timeout takes a number of seconds, 1 to 86400", NULL);
    return (unsigned)seconds;
}

/* An option without which nothing is checked ends the program. Gives how many arguments it took. */
static int parse_option(char **at, struct check *check, struct arguments *arguments)
{
    if (strcmp(at[0], "--help") == 0) {
        fputs(usage, stdout);
        exit(0);
    }
    if (strcmp(at[0], "--version") == 0) {
        printf("memora-plugin-check " MEMORA_VERSION " (interface %u.%u)\n", MEMORA_ABI_MAJOR, MEMORA_ABI_MINOR);
        exit(0);
    }
    if (strcmp(at[0], "--list") == 0) {
        for (size_t i = 0; i < GROUP_COUNT; i++)
            puts(groups[i].name);
        exit(0);
    }
    if (strcmp(at[0], "--quick") == 0)
        check->quick = true;
    else if (strcmp(at[0], "--large") == 0)
        check->large = true;
    else if (strcmp(at[0], "--try-lock") == 0)
        arguments->try_lock = true;
    else if (strcmp(at[0], "--only") == 0)
        return add_only(arguments, at[1]), 2;
    else if (strcmp(at[0], "--timeout") == 0)
        return check->timeout_s = parse_timeout(at[1]), 2;
    else
        refuse("unknown option: ", at[0]);
    return 1;
}

static void parse(int argc, char **argv, struct check *check, struct arguments *arguments)
{
    struct check_setting *settings = ARENA_ARRAY(check->arena, struct check_setting, CHECK_SETTINGS_MAX);
    check->settings = settings;
    for (int i = 1; i < argc;) {
        char *equals = strchr(argv[i], '=');
        if (strncmp(argv[i], "--", 2) == 0) {
            i += parse_option(argv + i, check, arguments);
            continue;
        }
        if (!check->path) {
            char real[PATH_MAX];
            if (!realpath(argv[i], real))
                refuse("no such file: ", argv[i]);
            check->path = arena_strdup(check->arena, real);
        } else if (!equals || equals == argv[i]) {
            refuse("expected key=value: ", argv[i]);
        } else if (check->setting_count == CHECK_SETTINGS_MAX) {
            refuse("too many keys", NULL);
        } else {
            settings[check->setting_count++] = (struct check_setting){
                .key = arena_strndup(check->arena, argv[i], (size_t)(equals - argv[i])), .value = equals + 1};
        }
        i++;
    }
    if (!check->path)
        refuse("which plugin?", NULL);
}

/* By the file's name, as the server takes it: db-NAME.so or storage-NAME.so. */
static void load(struct check *check)
{
    struct status status = {0};
    const char *name = strrchr(check->path, '/') + 1;
    enum memora_kind kind = strncmp(name, "db-", 3) == 0 ? MEMORA_KIND_DB : MEMORA_KIND_STORAGE;
    if (plugin_load("/", kind, check->path, &check->plugin, &status))
        check_bail_out(check, "the server would refuse it: %s", status.message);
    check->config = check_configure(check, NULL, NULL, &status);
    if (!check->config)
        check_bail_out(check, "%s", status.message);
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info, (void)type, (void)walk;
    return remove(path);
}

static bool wanted(const struct arguments *arguments, const struct group *group, const struct check *check)
{
    if (group->kind && group->kind != (int)check->plugin->table->kind)
        return false;
    bool chosen = arguments->only_count == 0;
    for (unsigned i = 0; i < arguments->only_count; i++)
        chosen |= strcmp(arguments->only[i], group->name) == 0;
    return chosen;
}

static const char *make_work_dir(struct check *check)
{
    const char *base = getenv("TMPDIR");
    char *path = arena_printf(check->arena, "%s/memora-check-XXXXXX", base && base[0] == '/' ? base : "/tmp");
    if (!mkdtemp(path))
        check_bail_out(check, "no temporary directory %s", path);
    return path;
}

int main(int argc, char **argv)
{
    struct check check = {.out = stdout, .group = "start", .program = "/proc/self/exe", .timeout_s = TIMEOUT_S};
    struct arguments arguments = {0};
    check.arena = arena_create();
    log_set_level(LOG_LEVEL_ERROR); /* the loader's warnings are checks of their own here */
    parse(argc, argv, &check, &arguments);
    check.work_dir = make_work_dir(&check);
    plugin_host_set_data_dir(check.work_dir);
    check_guard(&check);
    int code;
    if (arguments.try_lock) {
        load(&check);
        code = check_try_lock(&check);
    } else {
        puts("TAP version 13");
        load(&check);
        printf("# %s plugin %s %s, interface %u.%u\n",
               check.plugin->table->kind == MEMORA_KIND_DB ? "database" : "storage", check.plugin->table->name,
               check.plugin->table->version, check.plugin->table->abi_major, check.plugin->table->abi_minor);
        for (size_t i = 0; i < GROUP_COUNT; i++)
            if (wanted(&arguments, &groups[i], &check)) {
                check_group(&check, groups[i].name);
                groups[i].run(&check);
            }
        code = check_finish(&check);
    }
    nftw(check.work_dir, remove_entry, REMOVE_DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
    arena_destroy(check.arena);
    return code;
}
