/* Any text is Markdown: facts, snippet and HTML stay within their bounds, and valid text gives valid text. */
#include <string.h>

#include "base/utf8.h"
#include "fuzz.h"
#include "markdown/markdown.h"
#include "markdown/tree.h"

enum { LONGEST_TAG = 100, LONGEST_SNIPPET = 64 + 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    const char *text = (const char *)data;
    bool valid = utf8_valid(text, size);
    struct markdown_facts facts;
    markdown_extract(arena, text, size, &facts);
    for (size_t i = 0; i < facts.tag_count; i++) {
        size_t length = strlen(facts.tags[i]);
        FUZZ_CHECK(length > 0 && utf8_valid(facts.tags[i], length));
        FUZZ_CHECK(utf8_count(facts.tags[i], length) <= LONGEST_TAG);
        for (size_t j = 0; j < i && i < 32; j++)
            FUZZ_CHECK(strcmp(facts.tags[i], facts.tags[j]) != 0);
    }
    FUZZ_CHECK(facts.has_task_list || !facts.has_incomplete_tasks);
    const char *snippet = markdown_snippet(arena, text, size);
    FUZZ_CHECK(utf8_count(snippet, strlen(snippet)) <= LONGEST_SNIPPET);
    FUZZ_CHECK(!valid || utf8_valid(snippet, strlen(snippet)));
    FUZZ_CHECK(strcmp(snippet, markdown_snippet_parsed(arena, text, size)) == 0);
    const char *html = markdown_html(arena, text, size);
    FUZZ_CHECK(!valid || utf8_valid(html, strlen(html)));
    FUZZ_CHECK(!strstr(html, "<script") && !strstr(html, "href=\"javascript:"));
    arena_destroy(arena);
    return 0;
}
