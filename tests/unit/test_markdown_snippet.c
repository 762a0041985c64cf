/* The shortcut for plain memos gives what the parser gives, or nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "markdown/markdown.h"
#include "markdown/tree.h"

enum { ROUNDS = 60000, PARTS_MAX = 40 };

static const char *const parts[] = {
    "word",
    "word ",
    "word ",
    "a ",
    "long-word-with-more-letters",
    "\n",
    "\n",
    "\n\n",
    "# ",
    "## ",
    "- ",
    ". ",
    ", ",
    ": ",
    ":",
    "- b",
    "\n- item",
    "\n# T",
    "1. ",
    "  ",
    "    ",
    "\t",
    "#",
    "@x",
    "a@b.c",
    "www.x.",
    "W",
    "www.",
    "http://a.b/c ",
    "`",
    "*",
    "_",
    "[",
    "](u)",
    "]",
    "|",
    "\n---",
    "\n===",
    "|-|",
    "&amp;",
    "\\",
    "<b>",
    "é",
    "\r\n",
    "!",
    "(",
    ")",
    "\n| - |",
};

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void like_the_parser(void **state)
{
    (void)state;
    uint32_t seed = 1;
    unsigned plain_count = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct arena *arena = arena_create();
        struct buf text = buf_in(arena);
        uint32_t count = next_random(&seed) % PARTS_MAX;
        /* Most rounds keep to the parts that are often plain, so that long memos are among those. */
        uint32_t choice = round % 4 ? 20 : sizeof parts / sizeof parts[0];
        for (uint32_t i = 0; i < count; i++)
            buf_add_str(&text, parts[next_random(&seed) % choice]);
        const char *plain = markdown_snippet_plain(arena, buf_str(&text), text.len);
        if (plain) {
            plain_count++;
            const char *parsed = markdown_snippet_parsed(arena, buf_str(&text), text.len);
            if (strcmp(plain, parsed) != 0)
                fail_msg("memo \"%s\": plain \"%s\", parsed \"%s\"", buf_str(&text), plain, parsed);
        }
        arena_destroy(arena);
    }
    assert_true(plain_count > ROUNDS / 50);
}

static void plain(struct arena *arena, const char *memo, const char *snippet)
{
    const char *found = markdown_snippet_plain(arena, memo, strlen(memo));
    if (!snippet) {
        assert_null(found);
        return;
    }
    assert_non_null(found);
    assert_string_equal(found, snippet);
    assert_string_equal(markdown_snippet_parsed(arena, memo, strlen(memo)), snippet);
}

static void examples(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    plain(arena, "", "");
    plain(arena, "\n\n", "");
    plain(arena, "Buy milk", "Buy milk");
    plain(arena, "# Shopping\n\n- milk\n- bread, butter\nand jam\n", "Shoppingmilk bread, butter and jam");
    plain(arena, "Text that goes on for more than the characters that are shown of it, [link](u) and all",
          "Text that goes on for more than the characters that are shown ...");
    plain(arena, "[link](u)", NULL);
    plain(arena, "#tag", NULL);
    plain(arena, "    code", NULL);
    plain(arena, "see www.example.org", NULL);
    plain(arena, "mail me@example.org", NULL);
    plain(arena, "hard  \nbreak", NULL);
    plain(arena, "caf\xC3\xA9", NULL);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(examples), cmocka_unit_test(like_the_parser)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
