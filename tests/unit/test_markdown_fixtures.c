/* Every memo of the recorded answers: tags, property and snippet, and its HTML in the recorded feeds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "base/arena.h"
#include "markdown/markdown.h"

enum { MOST_DEPTH = 32 };

static json_t *load_answers(void)
{
    const char *shared = getenv("MEMORA_SHARED");
    char path[4096];
    if (shared && *shared)
        snprintf(path, sizeof path, "%s/fixtures/existing-db/expected.json", shared);
    else
        snprintf(path, sizeof path, "%s/../shared/fixtures/existing-db/expected.json", MEMORA_TEST_SOURCE_DIR);
    json_error_t error;
    json_t *answers = json_load_file(path, 0, &error);
    if (!answers)
        fail_msg("%s: %s", path, error.text);
    return answers;
}

static bool is_memo(json_t *value)
{
    return json_is_string(json_object_get(value, "content")) && json_is_string(json_object_get(value, "snippet")) &&
           json_is_object(json_object_get(value, "property"));
}

static void check_memo(json_t *memo)
{
    struct arena *arena = arena_create();
    json_t *content = json_object_get(memo, "content"), *property = json_object_get(memo, "property");
    json_t *tags = json_object_get(memo, "tags");
    const char *text = json_string_value(content);
    size_t length = json_string_length(content);
    struct markdown_facts facts;
    markdown_extract(arena, text, length, &facts);
    assert_int_equal(facts.tag_count, json_array_size(tags));
    for (size_t i = 0; i < facts.tag_count; i++)
        assert_string_equal(facts.tags[i], json_string_value(json_array_get(tags, i)));
    assert_int_equal(facts.has_link, json_is_true(json_object_get(property, "hasLink")));
    assert_int_equal(facts.has_task_list, json_is_true(json_object_get(property, "hasTaskList")));
    assert_int_equal(facts.has_code, json_is_true(json_object_get(property, "hasCode")));
    assert_int_equal(facts.has_incomplete_tasks, json_is_true(json_object_get(property, "hasIncompleteTasks")));
    json_t *title = json_object_get(property, "title");
    assert_string_equal(facts.title, title ? json_string_value(title) : "");
    assert_string_equal(markdown_snippet(arena, text, length), json_string_value(json_object_get(memo, "snippet")));
    arena_destroy(arena);
}

static size_t check_memos_in(json_t *value, int depth)
{
    size_t count = 0, index;
    const char *key;
    json_t *part;
    assert_true(depth < MOST_DEPTH);
    if (is_memo(value)) {
        check_memo(value);
        count++;
    }
    if (json_is_object(value))
        json_object_foreach(value, key, part) count += check_memos_in(part, depth + 1);
    json_array_foreach(value, index, part) count += check_memos_in(part, depth + 1);
    return count;
}

static void memos(void **state)
{
    (void)state;
    json_t *answers = load_answers();
    assert_true(check_memos_in(json_object_get(answers, "responses"), 0) > 100);
    json_decref(answers);
}

/* The content of the memo with this name, from any answer that holds it. */
static const char *content_of(json_t *value, const char *name, int depth)
{
    const char *key, *found = NULL;
    size_t index;
    json_t *part;
    if (is_memo(value) && strcmp(json_string_value(json_object_get(value, "name")), name) == 0)
        return json_string_value(json_object_get(value, "content"));
    if (json_is_object(value))
        json_object_foreach(value, key, part) if (!found && depth < MOST_DEPTH) found =
            content_of(part, name, depth + 1);
    json_array_foreach(value, index, part) if (!found && depth < MOST_DEPTH) found = content_of(part, name, depth + 1);
    return found;
}

static const char *between(struct arena *arena, const char *text, const char *start, const char *end, const char **rest)
{
    const char *from = strstr(text, start);
    if (!from)
        return NULL;
    from += strlen(start);
    const char *to = strstr(from, end);
    assert_non_null(to);
    *rest = to;
    return arena_strndup(arena, from, (size_t)(to - from));
}

static size_t check_feed(json_t *responses, const char *feed)
{
    size_t count = 0;
    struct arena *arena = arena_create();
    const char *html;
    while ((html = between(arena, feed, "<content:encoded><![CDATA[", "]]></content:encoded>", &feed)) != NULL) {
        const char *uid = between(arena, feed, "/memos/", "</guid>", &feed);
        assert_non_null(uid);
        const char *content = content_of(responses, arena_printf(arena, "memos/%s", uid), 0);
        assert_non_null(content);
        assert_string_equal(markdown_html(arena, content, strlen(content)), html);
        count++;
    }
    arena_destroy(arena);
    return count;
}

static void feeds(void **state)
{
    (void)state;
    json_t *answers = load_answers(), *responses = json_object_get(answers, "responses"), *response;
    size_t index, count = 0;
    json_array_foreach(responses, index, response)
    {
        const char *type = json_string_value(json_object_get(response, "contentType"));
        if (type && strncmp(type, "application/rss+xml", 19) == 0)
            count += check_feed(responses, json_string_value(json_object_get(response, "text")));
    }
    assert_true(count > 40);
    json_decref(answers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(memos), cmocka_unit_test(feeds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
