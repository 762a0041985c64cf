/* The pages that tell of keys, against the tables that the program reads, in both directions: docs/configuration.md,
 * memora.conf(5), the pages of the plugins, the sample file, and for flags memora(1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "config/keys.h"
#include "plugin/plugin.h"

static struct arena *arena;

static char *read_source(const char *name)
{
    char path[512];
    struct buf buf = buf_in(arena);
    snprintf(path, sizeof path, "%s/%s", MEMORA_TEST_SOURCE_DIR, name);
    FILE *stream = fopen(path, "r");
    if (!stream)
        fail_msg("cannot read %s", path);
    for (int c; (c = getc(stream)) != EOF;)
        buf_add_char(&buf, (char)c);
    fclose(stream);
    buf_str(&buf);
    return buf.data;
}

/* Every line of expected is a line of the page, and every line of the page that starts like one of them is expected. */
static void assert_lines(const char *page, const char *text, const char *start, const char *expected)
{
    char *rest = arena_printf(arena, "\n%s", text);
    char *lines = arena_strdup(arena, expected), *save;
    for (char *line = strtok_r(lines, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *found = strstr(rest, arena_printf(arena, "\n%s\n", line));
        if (!found)
            fail_msg("%s lacks this line (a key was added or changed):\n%s", page, line);
        found[1] = '\b'; /* seen */
    }
    char *extra = strstr(rest, arena_printf(arena, "\n%s", start));
    if (extra)
        fail_msg("%s has a line too many (a key that is none):\n%.*s", page, (int)strcspn(extra + 1, "\n"), extra + 1);
}

static const char *variable(const char *prefix, const char *section, const char *name)
{
    char *text =
        section ? arena_printf(arena, "%s%s_%s", prefix, section, name) : arena_printf(arena, "%s%s", prefix, name);
    for (char *at = text; *at; at++)
        *at = (char)(*at == '-' ? '_' : toupper((unsigned char)*at));
    return text;
}

static const char *cell(const char *def)
{
    return !def ? "see text" : *def ? arena_printf(arena, "`%s`", def) : "empty";
}

/* '|' ends a cell of a table. */
static const char *escaped(const char *text)
{
    struct buf buf = buf_in(arena);
    for (; *text; text++) {
        if (*text == '|')
            buf_add_char(&buf, '\\');
        buf_add_char(&buf, *text);
    }
    return buf_str(&buf);
}

static void test_core_keys(void **state)
{
    struct buf rows = buf_in(arena);
    (void)state;
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        char allowed[200];
        config_describe_allowed(key, allowed, sizeof allowed);
        const char *flag =
            key->flag ? arena_printf(arena, "`--%s`, `%s`", key->flag, variable("MEMOS_", NULL, key->flag)) : "";
        buf_printf(&rows, "| `%s.%s` | %s | %s | %s | %s |\n", key->section, key->name, cell(key->def),
                   escaped(allowed), flag, key->help);
    }
    const char *page = "docs/configuration.md";
    char *text = read_source(page);
    char *plugins = strstr(text, "\n## Keys of the plugins");
    assert_non_null(plugins);
    *plugins = '\0';
    assert_lines(page, text, "| `", buf_str(&rows));
}

/* In the order of the pages. */
static const struct {
    enum memora_kind kind;
    const char *name;
} own_plugins[] = {{MEMORA_KIND_DB, "sqlite"},
                   {MEMORA_KIND_DB, "mysql"},
                   {MEMORA_KIND_DB, "postgres"},
                   {MEMORA_KIND_STORAGE, "fs"},
                   {MEMORA_KIND_STORAGE, "s3"}};
enum { OWN_PLUGINS = sizeof own_plugins / sizeof own_plugins[0] };

static const struct plugin *load(enum memora_kind kind, const char *name)
{
    const struct plugin *plugin = NULL;
    struct status status = {0};
    if (plugin_load(MEMORA_TEST_PLUGIN_DIR, kind, name, &plugin, &status) != STATUS_OK)
        fail_msg("%s", status.message);
    return plugin;
}

static void add_plugin_rows(struct buf *rows, enum memora_kind kind, const char *name)
{
    const struct plugin *plugin = load(kind, name);
    for (uint32_t i = 0; i < plugin->table->config_key_count; i++) {
        const struct memora_config_key *key = &plugin->table->config_keys[i];
        char allowed[200];
        plugin_key_allowed(key, allowed, sizeof allowed);
        buf_printf(rows, "| `%s.%s` | %s | %s | %s | %s |\n", kind == MEMORA_KIND_DB ? "database" : "storage",
                   key->name, name, cell(key->def ? key->def : ""), escaped(allowed), key->help);
    }
}

static void test_plugin_keys(void **state)
{
    struct buf rows = buf_in(arena);
    const char *page = "docs/configuration.md";
    (void)state;
    for (size_t i = 0; i < OWN_PLUGINS; i++)
        add_plugin_rows(&rows, own_plugins[i].kind, own_plugins[i].name);
    assert_lines(page, strstr(read_source(page), "\n## Keys of the plugins"), "| `", buf_str(&rows));
}

static void test_manual_page(void **state)
{
    struct buf items = buf_in(arena);
    const char *page = "man/memora.conf.5";
    (void)state;
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        buf_printf(&items, ".It Ic %s.%s%s%s\n", key->section, key->name, key->def && *key->def ? " Li = " : "",
                   key->def ? key->def : "");
    }
    assert_lines(page, read_source(page), ".It Ic ", buf_str(&items));
}

/* The items of the plugin's keys, each with what it allows. */
static void assert_plugin_page(enum memora_kind kind, const char *name)
{
    struct buf items = buf_in(arena);
    const struct plugin *plugin = load(kind, name);
    const char *section = kind == MEMORA_KIND_DB ? "database" : "storage";
    const char *page = arena_printf(arena, "man/%s-%s.7", kind == MEMORA_KIND_DB ? "db" : "storage", name);
    const char *text = read_source(page);
    for (uint32_t i = 0; i < plugin->table->config_key_count; i++) {
        const struct memora_config_key *key = &plugin->table->config_keys[i];
        const char *def = key->def ? key->def : "";
        const char *item = arena_printf(arena, ".It Ic %s.%s%s%s\n", section, key->name, *def ? " Li = " : "", def);
        char allowed[200];
        plugin_key_allowed(key, allowed, sizeof allowed);
        buf_add_str(&items, item);
        const char *found = strstr(text, item);
        const char *line = found ? strstr(found, "\nAllowed:\n") : NULL, *next = found ? strstr(found, "\n.It ") : NULL;
        const char *want = arena_printf(arena, "\nAllowed:\n%s.\n", allowed);
        if (found && (!line || (next && line > next) || strncmp(line, want, strlen(want)) != 0))
            fail_msg("%s: %s.%s lacks what it allows: %s", page, section, key->name, want);
    }
    assert_lines(page, text, ".It Ic ", buf_str(&items));
}

static void test_plugin_pages(void **state)
{
    (void)state;
    for (size_t i = 0; i < OWN_PLUGINS; i++)
        assert_plugin_page(own_plugins[i].kind, own_plugins[i].name);
}

static void test_manual_flags(void **state)
{
    struct buf items = buf_in(arena);
    const char *page = "man/memora.1";
    char *text = read_source(page), *start = strstr(text, "\n.Sh OPTIONS"), *end;
    (void)state;
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        if (key->flag)
            buf_printf(&items, ".It Fl \\-%s%s\n", key->flag, key->type == CONFIG_BOOL ? "" : " Ar value");
    }
    buf_add_str(&items, ".It Fl \\-dsn Ar value\n.It Fl \\-config Ar file\n.It Fl \\-set Ar section.key=value\n");
    assert_non_null(start);
    end = strstr(start + 1, "\n.Sh ");
    assert_non_null(end);
    *end = '\0';
    assert_lines(page, start, ".It Fl ", buf_str(&items));
}

static void test_sample_file(void **state)
{
    struct buf lines = buf_in(arena);
    const char *page = "packaging/memora.conf";
    (void)state;
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        if (i == 0 || strcmp(config_keys[i - 1].section, key->section) != 0)
            buf_printf(&lines, "[%s]\n", key->section);
        buf_printf(&lines, "#%s =%s%s\n", key->name, key->def && *key->def ? " " : "", key->def ? key->def : "");
    }
    char *text = read_source(page);
    assert_lines(page, text, "[", buf_str(&lines));
    /* A commented key is "#name", a sentence is "# text". */
    for (char letter = 'a'; letter <= 'z'; letter++)
        assert_lines(page, text, (char[]){'#', letter, '\0'}, buf_str(&lines));
}

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_core_keys),    cmocka_unit_test(test_plugin_keys), cmocka_unit_test(test_manual_page),
        cmocka_unit_test(test_manual_flags), cmocka_unit_test(test_sample_file), cmocka_unit_test(test_plugin_pages),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
