/* Facts computed from a memo's Markdown (contract memos.md 3). Pure functions over UTF-8 text; bounded work: linear in
 * the input. */
#ifndef MEMORA_MARKDOWN_MARKDOWN_H
#define MEMORA_MARKDOWN_MARKDOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct markdown_facts {
    size_t tag_count;
    const char **tags; /* first appearance order, without '#', no duplicates */
    size_t mention_count;
    const char **mentions; /* lower-case, no duplicates */
    bool has_link, has_task_list, has_code, has_incomplete_tasks;
    const char *title; /* "" if none */
};

void markdown_extract(struct arena *arena, const char *text, size_t length, struct markdown_facts *out);

/* The 64-character plain text of memos.md 3.3, NUL-terminated. */
const char *markdown_snippet(struct arena *arena, const char *text, size_t length);
/* The same where it can be told without parsing, at the cost of reading its characters; NULL elsewhere. */
const char *markdown_snippet_plain(struct arena *arena, const char *text, size_t length);

/* HTML for feeds (memos.md 6), raw HTML left out. */
const char *markdown_html(struct arena *arena, const char *text, size_t length);

#endif
