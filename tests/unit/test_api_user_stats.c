#include "api_fixture.h"

static enum status_code get(struct api_fixture *f, const char *as, const char *name,
                            Memos__Api__V1__UserStats **response)
{
    Memos__Api__V1__GetUserStatsRequest request = MEMOS__API__V1__GET_USER_STATS_REQUEST__INIT;
    request.name = (char *)name;
    return api_user_service_get_user_stats(fixture_call(f, as), &request, response, &f->status);
}

static enum status_code list(struct api_fixture *f, const char *as, const char *json,
                             Memos__Api__V1__ListAllUserStatsResponse **response)
{
    return api_user_service_list_all_user_stats(
        fixture_call(f, as), fixture_request(f, &memos__api__v1__list_all_user_stats_request__descriptor, json),
        response, &f->status);
}

static void counts_as_recorded(void **state)
{
    struct api_fixture *f = *state;
    static const char *const viewers[] = {"anonymous", "alice", "bob"}, *const users[] = {"alice", "bob", "carol"};
    for (size_t v = 0; v < 3; v++) {
        for (size_t u = 0; u < 3; u++) {
            Memos__Api__V1__UserStats *stats = NULL;
            assert_works(f, get(f, v ? viewers[v] : NULL, arena_printf(f->arena, "users/%s", users[u]), &stats));
            assert_recorded(f, stats, viewers[v], "GET", arena_printf(f->arena, "/api/v1/users/%s:getStats", users[u]));
        }
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(json_string_value(json_object_get(*(json_t *const *)a, "name")),
                  json_string_value(json_object_get(*(json_t *const *)b, "name")));
}

/* The list has no order. */
static json_t *sorted(json_t *body)
{
    json_t *list_of = json_object_get(body, "stats"), *items[8], *out = json_array();
    size_t count = json_array_size(list_of);
    assert_true(count <= 8);
    for (size_t i = 0; i < count; i++)
        items[i] = json_array_get(list_of, i);
    qsort(items, count, sizeof items[0], by_name);
    for (size_t i = 0; i < count; i++)
        json_array_append(out, items[i]);
    return out;
}

static void lists_as_recorded(void **state)
{
    struct api_fixture *f = *state;
    static const char *const viewers[] = {"anonymous", "alice", "bob"};
    for (size_t v = 0; v < 3; v++) {
        Memos__Api__V1__ListAllUserStatsResponse *response = NULL;
        assert_works(f, list(f, v ? viewers[v] : NULL, "{}", &response));
        json_t *actual = json_loads(fixture_json(f, response), 0, NULL);
        json_t *expected = fixture_recorded_body(viewers[v], "GET", "/api/v1/users:stats");
        json_t *a = sorted(actual), *b = sorted(expected);
        assert_json_equal(a, b);
        json_decref(a);
        json_decref(b);
        json_decref(actual);
        json_decref(expected);
    }
}

static void archived_ones_are_the_callers_own(void **state)
{
    struct api_fixture *f = *state;
    Memos__Api__V1__ListAllUserStatsResponse *response = NULL;
    assert_works(f, list(f, NULL, "{\"state\":\"ARCHIVED\"}", &response));
    assert_int_equal(response->n_stats, 0);
    assert_works(f, list(f, "alice", "{\"state\":\"ARCHIVED\"}", &response));
    assert_int_equal(response->n_stats, 1);
    assert_string_equal(response->stats[0]->name, "users/alice/stats");
    assert_int_equal(response->stats[0]->total_memo_count, 2);
}

static void a_user_without_memos_has_zeros(void **state)
{
    struct api_fixture *f = *state;
    Memos__Api__V1__UserStats *stats = NULL;
    fixture_user(f, "anna", STORE_ROLE_USER);
    assert_works(f, get(f, NULL, "users/anna", &stats));
    assert_shows(f, stats,
                 "{\"name\":\"users/anna/stats\",\"memoTypeStats\":{\"linkCount\":0,\"codeCount\":0,\"todoCount\":0,"
                 "\"undoCount\":0},\"tagCount\":{},\"memoCreatedTimestamps\":[],\"memoUpdatedTimestamps\":[],"
                 "\"pinnedMemos\":[],\"totalMemoCount\":0}");
    assert_fails(f, (int)get(f, NULL, "users/none", &stats), STATUS_NOT_FOUND, "user not found");
    assert_fails(f, (int)get(f, NULL, "anna", &stats), STATUS_INVALID_ARGUMENT,
                 "invalid user name: invalid request \"anna\"");
}

static void many_tags_are_counted_per_user(void **state)
{
    struct api_fixture *f = *state;
    Memos__Api__V1__UserStats *stats = NULL;
    fixture_user(f, "anna", STORE_ROLE_USER);
    fixture_user(f, "bert", STORE_ROLE_USER);
    /* 3,000 memos of two users over 600 tags that both use. */
    fixture_sql(f, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
                   "INSERT INTO memo (uid, creator_id, visibility, content, payload) SELECT 'm' || i, 1 + i % 2, "
                   "'PUBLIC', '', '{\"tags\":[\"t' || (i / 2 % 600) || '\",\"all\"]}' FROM n");
    db_statement_count_reset();
    assert_works(f, get(f, NULL, "users/anna", &stats));
    assert_in_range(db_statement_count_reset(), 1, 4);
    assert_int_equal(stats->total_memo_count, 1500);
    assert_int_equal(stats->n_tag_count, 601);
    int sum = 0;
    for (size_t i = 0; i < stats->n_tag_count; i++)
        sum += stats->tag_count[i]->value;
    assert_int_equal(sum, 3000);
    assert_string_equal(stats->tag_count[0]->key, "all");
    assert_int_equal(stats->tag_count[0]->value, 1500);
    Memos__Api__V1__ListAllUserStatsResponse *all = NULL;
    assert_works(f, list(f, NULL, "{}", &all));
    assert_int_equal(all->n_stats, 2);
    assert_int_equal(all->stats[0]->total_memo_count + all->stats[1]->total_memo_count, 3000);
    fixture_sql(f, "DELETE FROM `user` WHERE username = 'bert'");
    fixture_restart(f);
    assert_works(f, list(f, NULL, "{}", &all));
    assert_int_equal(all->n_stats, 1); /* nobody to name */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(counts_as_recorded, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(lists_as_recorded, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(archived_ones_are_the_callers_own, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(a_user_without_memos_has_zeros, fixture_empty, fixture_close),
        cmocka_unit_test_setup_teardown(many_tags_are_counted_per_user, fixture_empty, fixture_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
