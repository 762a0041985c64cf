#include "api_fixture.h"

static enum status_code delete_user(struct api_fixture *f, struct api_call *call, const char *name)
{
    Memos__Api__V1__DeleteUserRequest request = MEMOS__API__V1__DELETE_USER_REQUEST__INIT;
    Google__Protobuf__Empty *response = NULL;
    request.name = (char *)name;
    return api_user_service_delete_user(call, &request, &response, &f->status);
}

static bool has_file(struct api_fixture *f, const char *path)
{
    return access(arena_printf(f->arena, "%s/%s", f->dir, path), F_OK) == 0;
}

static void deletes_a_user_with_everything(void **state)
{
    struct api_fixture *f = *state;
    assert_fails(f, (int)delete_user(f, fixture_call(f, NULL), "alice"), STATUS_INVALID_ARGUMENT,
                 "invalid user name: invalid request \"alice\"");
    assert_fails(f, (int)delete_user(f, fixture_call(f, NULL), "users/none"), STATUS_NOT_FOUND, "user not found");
    assert_fails(f, (int)delete_user(f, fixture_call(f, NULL), "users/alice"), STATUS_UNAUTHENTICATED,
                 "user not authenticated");
    assert_fails(f, (int)delete_user(f, fixture_call(f, "bob"), "users/alice"), STATUS_PERMISSION_DENIED,
                 "permission denied");
    assert_true(has_file(f, "assets/2026/11/blue.png"));
    struct api_call *call = fixture_call(f, "alice");
    assert_works(f, delete_user(f, call, "users/alice"));
    assert_int_equal(call->cookie_count, 1); /* his own session ends */
    static const char *const empty[] = {
        "SELECT COUNT(*) FROM `user` WHERE id = 1",
        "SELECT COUNT(*) FROM user_setting WHERE user_id = 1",
        "SELECT COUNT(*) FROM memo WHERE creator_id = 1",
        "SELECT COUNT(*) FROM reaction WHERE creator_id = 1",
        "SELECT COUNT(*) FROM attachment WHERE creator_id = 1",
        "SELECT COUNT(*) FROM memo_share WHERE creator_id = 1",
        "SELECT COUNT(*) FROM inbox WHERE sender_id = 1 OR receiver_id = 1",
        /* what others had on her memos: comments at any depth, reactions, relations, notifications */
        "SELECT COUNT(*) FROM memo WHERE uid IN ('com-1', 'com-2', 'com-3', 'com-1-1', 'com-prot')",
        "SELECT COUNT(*) FROM reaction WHERE content_id NOT IN (SELECT 'memos/' || uid FROM memo)",
        ("SELECT COUNT(*) FROM memo_relation WHERE memo_id NOT IN (SELECT id FROM memo) "
         "OR related_memo_id NOT IN (SELECT id FROM memo)"),
        "SELECT COUNT(*) FROM memo_share WHERE memo_id NOT IN (SELECT id FROM memo)",
        "SELECT COUNT(*) FROM inbox WHERE json_extract(message, '$.memoComment.memoId') NOT IN (SELECT id FROM memo)",
        "SELECT COUNT(*) FROM attachment WHERE memo_id NOT IN (SELECT id FROM memo)",
    };
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++)
        if (strcmp(fixture_query(f, empty[i]), "0") != 0)
            fail_msg("rows stay: %s", empty[i]);
    /* What is Bob's own stays. */
    assert_string_not_equal(fixture_query(f, "SELECT COUNT(*) FROM memo WHERE creator_id = 2"), "0");
    assert_string_equal(fixture_query(f, "SELECT COUNT(*) FROM user_identity WHERE user_id = 2"), "1");
    assert_string_equal(fixture_query(f, "SELECT COUNT(*) FROM memo WHERE uid IN ('bob-book', 'com-book')"), "2");
    assert_string_equal(fixture_query(f, "SELECT COUNT(*) FROM attachment WHERE uid = 'att-db-bob'"), "1");
    assert_false(has_file(f, "assets/2026/11/blue.png"));
}

static void comments_in_a_circle_do_not_hang(void **state)
{
    struct api_fixture *f = *state;
    fixture_sql(f, "INSERT INTO memo_relation (memo_id, related_memo_id, type) SELECT a.id, b.id, 'COMMENT' "
                   "FROM memo AS a, memo AS b WHERE a.uid = 'welcome' AND b.uid = 'com-1-1'");
    assert_works(f, delete_user(f, fixture_call(f, "alice"), "users/carol"));
    assert_string_equal(fixture_query(f, "SELECT COUNT(*) FROM `user`"), "2");
    struct api_call *call = fixture_call(f, "alice");
    assert_works(f, delete_user(f, call, "users/alice"));
    assert_string_equal(fixture_query(f, "SELECT COUNT(*) FROM `user`"), "1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(deletes_a_user_with_everything, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(comments_in_a_circle_do_not_hang, fixture_recorded, fixture_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
