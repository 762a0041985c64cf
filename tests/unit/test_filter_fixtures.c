/* Every recorded list of memos with a filter (fixtures/existing-db), by our condition over a copy of that database. */
#include "filter_fixture.h"

#include <jansson.h>

struct recorded {
    struct fixture db;
    json_t *answers;
};

static void shared_path(char *out, size_t size, const char *file)
{
    const char *shared = getenv("MEMORA_SHARED");
    if (shared && *shared)
        snprintf(out, size, "%s/fixtures/existing-db/%s", shared, file);
    else
        snprintf(out, size, "%s/../shared/fixtures/existing-db/%s", MEMORA_TEST_SOURCE_DIR, file);
}

static int setup_recorded(void **state)
{
    static struct recorded recorded;
    char path[4096], command[8192];
    make_dir(&recorded.db);
    shared_path(path, sizeof path, "sqlite/memos_prod.db");
    snprintf(command, sizeof command, "cp '%s' '%s' && chmod u+w '%s'", path, recorded.db.path, recorded.db.path);
    if (system(command) != 0)
        return -1;
    open_with(&recorded.db, &default_options);
    shared_path(path, sizeof path, "expected.json");
    recorded.answers = json_load_file(path, 0, NULL);
    *state = &recorded;
    return recorded.answers ? 0 : -1;
}

static int teardown_recorded(void **state)
{
    struct recorded *recorded = *state;
    json_decref(recorded->answers);
    db_close(recorded->db.db);
    remove_dir(&recorded->db);
    return 0;
}

/* The value of "filter=" in a percent-encoded path; NULL if there is none. */
static const char *filter_of(struct arena *arena, const char *path)
{
    const char *at = strstr(path, "filter=");
    struct buf out = buf_in(arena);
    if (!at)
        return NULL;
    for (at += strlen("filter="); *at && *at != '&'; at++) {
        unsigned byte = (unsigned char)*at;
        if (*at == '%' && sscanf(at + 1, "%2x", &byte) == 1)
            at += 2;
        buf_add_char(&out, (char)byte);
    }
    return buf_str(&out);
}

static const char *names(struct arena *arena, const json_t *array)
{
    struct buf out = buf_in(arena);
    for (size_t i = 0; i < json_array_size(array); i++)
        buf_printf(&out, "%s%s", i ? " " : "", json_string_value(json_array_get(array, i)) + strlen("memos/"));
    return buf_str(&out);
}

/* The memos that the caller may see, without the comments. */
static const char *visible_to(struct arena *arena, const char *username)
{
    bool anonymous = strcmp(username, "anonymous") == 0;
    const char *sight =
        anonymous
            ? "memo.visibility = 'PUBLIC'"
            : arena_printf(arena, "(`user`.username = '%s' OR memo.visibility IN ('PUBLIC', 'PROTECTED'))", username);
    return arena_printf(
        arena,
        "SELECT memo.uid FROM memo JOIN `user` ON `user`.id = memo.creator_id WHERE memo.row_status = "
        "'NORMAL' AND NOT EXISTS (SELECT 1 FROM memo_relation WHERE memo_relation.memo_id = memo.id AND "
        "memo_relation.type = 'COMMENT') AND %s",
        sight);
}

static void lists(void **state)
{
    struct recorded *recorded = *state;
    json_t *response;
    size_t index, count = 0;
    json_array_foreach(json_object_get(recorded->answers, "responses"), index, response)
    {
        struct arena *arena = arena_create();
        json_t *memo_names = json_object_get(response, "memoNames");
        const char *as = json_string_value(json_object_get(response, "as"));
        const char *path = json_string_value(json_object_get(response, "path"));
        const char *filter = memo_names && strncmp(path, "/api/v1/memos?", 14) == 0 ? filter_of(arena, path) : NULL;
        if (filter && !strchr(as, ':') && !strstr(path, "state=") && strstr(path, "pageSize=100")) {
            struct filter_sql sql = compiled(arena, recorded->db.db, FILTER_MEMO, filter);
            print_message("%s: %s\n", as, filter);
            assert_string_equal(selected(arena, recorded->db.db, visible_to(arena, as), &sql,
                                         "ORDER BY memo.created_ts DESC, memo.id DESC"),
                                names(arena, memo_names));
            count++;
        }
        arena_destroy(arena);
    }
    assert_true(count > 80);
}

/* And those which were refused, with their texts. */
static void refusals(void **state)
{
    struct recorded *recorded = *state;
    json_t *response;
    size_t index, count = 0;
    json_array_foreach(json_object_get(recorded->answers, "responses"), index, response)
    {
        struct arena *arena = arena_create();
        const char *path = json_string_value(json_object_get(response, "path")), *filter = filter_of(arena, path);
        json_t *body = json_object_get(response, "body");
        const char *message = json_string_value(json_object_get(body, "message"));
        if (filter && json_integer_value(json_object_get(response, "status")) == 400) {
            struct filter_sql sql;
            struct status status = {0};
            enum filter_schema schema = strstr(path, "/attachments") ? FILTER_ATTACHMENT : FILTER_MEMO;
            assert_int_equal(filter_compile(arena, schema, filter, NOW, NULL, &sql, &status), STATUS_INVALID_ARGUMENT);
            assert_string_equal(arena_printf(arena, "invalid filter: %s", status.message), message);
            count++;
        }
        arena_destroy(arena);
    }
    assert_true(count > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lists), cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, setup_recorded, teardown_recorded);
}
