/* Markdown made to hurt: the work must stay linear in the length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "base/arena.h"
#include "markdown/markdown.h"

enum { SMALL = 10 * 1000, LARGE = 10 * SMALL };

static double seconds_for(const char *part, size_t size)
{
    struct arena *arena = arena_create();
    size_t length = strlen(part), count = size / length;
    char *text = arena_alloc(arena, size);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * length, part, length);
    clock_t start = clock();
    struct markdown_facts facts;
    markdown_extract(arena, text, count * length, &facts);
    assert_true(strlen(markdown_snippet(arena, text, count * length)) <= 64 * 4 + 4);
    markdown_html(arena, text, count * length);
    arena_destroy(arena);
    return (double)(clock() - start) / CLOCKS_PER_SEC;
}

/* Ten times the text may take some 10 times as long, not 100 times. */
static void repeated_marks(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "[",
        "]",
        "*",
        "_",
        "~",
        "`",
        "<",
        "#a",
        "@a ",
        "![",
        "](",
        "[a](",
        "[a](b \"",
        "[a](<b",
        "a*",
        "*a ",
        "*a _b ",
        "**a *b",
        "<!--",
        "<?",
        "<a b='",
        "<a ",
        "&",
        "\\",
        "> ",
        "- ",
        "1. ",
        "\t",
        "| ",
        "|a",
        "a|b\n-|-\n",
        "|-\n",
        "[a]: b\n",
        "[a]\n",
        "http://",
        "www.a.b/",
        "http://a.b/(",
        "a_a@b",
        "_a",
        "*_`[",
        "``a`",
        "[[a](b)",
        "![a](b)[",
        "]: ",
        "~~~\n",
        "# a\n",
        "===\n",
        "a\n",
        "<div>\n",
        "* a\n  ",
        "a*b_",
        "[a][",
        "[\\",
        "字",
        "#字",
        "- [x] a\n",
        "![![a](b)",
        "a***b ",
        "\r",
        "``` ` ",
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        double small = seconds_for(parts[i], SMALL), large = seconds_for(parts[i], LARGE);
        if (large > 0.5 && large > 40 * small)
            fail_msg("%s: %.3f s for %d bytes, %.3f s for %d", parts[i], small, SMALL, large, LARGE);
        if (large > 20)
            fail_msg("%s: %.3f s", parts[i], large);
    }
}

static void odd_bytes(void **state)
{
    (void)state;
    static const char *const texts[] = {"\xFF\xFE#\xFF",  "#a\xC3",       "@\xE2\x82",
                                        "**\xF0\x9F**",   "[\x80](\x80)", "`\xC0`",
                                        "| \xFF |\n|--|", "# \xFF",       "http://a.b/\xFF"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct arena *arena = arena_create();
        struct markdown_facts facts;
        markdown_extract(arena, texts[i], strlen(texts[i]), &facts);
        markdown_snippet(arena, texts[i], strlen(texts[i]));
        markdown_html(arena, texts[i], strlen(texts[i]));
        arena_destroy(arena);
    }
    struct arena *arena = arena_create();
    assert_string_equal(markdown_html(arena, "a\0b", 3), "<p>a");
    assert_string_equal(markdown_snippet(arena, "", 0), "");
    arena_destroy(arena);
}

/* A small memo must not make an answer of any size. */
static void bounded_growth(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    size_t length = 0;
    char *text = arena_alloc(arena, 400000);
    length += (size_t)sprintf(text, "[a]: /");
    memset(text + length, 'x', 100000);
    length += 100000;
    text[length++] = '\n';
    text[length++] = '\n';
    for (int i = 0; i < 50000; i++)
        length += (size_t)sprintf(text + length, "[a] ");
    assert_true(strlen(markdown_html(arena, text, length)) < 1000000);
    /* A table as wide as it is long would have a quarter of a billion cells. */
    length = 0;
    for (int i = 0; i < 30000; i++)
        length += (size_t)sprintf(text + length, "|a");
    text[length++] = '\n';
    for (int i = 0; i < 30000; i++)
        length += (size_t)sprintf(text + length, "|-");
    for (int i = 0; i < 30000; i++)
        length += (size_t)sprintf(text + length, "\n|b");
    assert_true(strlen(markdown_html(arena, text, length)) < 10000000);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repeated_marks),
        cmocka_unit_test(odd_bytes),
        cmocka_unit_test(bounded_growth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
