#include "api_fixture.h"

#include "store/instance_setting.h"
#include "store/user_setting.h"

static struct store_user get(struct api_fixture *f, int32_t id)
{
    struct store_user user;
    assert_works(f, store_user_get(f->store, NULL, f->arena, id, &user, &f->status));
    return user;
}

static void reads_all_columns(void **state)
{
    struct api_fixture *f = *state;
    for (int round = 0; round < 2; round++) { /* from the database, then from the cache */
        struct store_user alice = get(f, 1);
        assert_int_equal(alice.id, 1);
        assert_int_equal(alice.created_ts, 1795488089);
        assert_int_equal(alice.updated_ts, 1795488092);
        assert_int_equal(alice.row_status, STORE_NORMAL);
        assert_int_equal(alice.role, STORE_ROLE_ADMIN);
        assert_string_equal(alice.username, "alice");
        assert_string_equal(alice.email, "alice@example.com");
        assert_string_equal(alice.nickname, "Alice Ärlig");
        assert_string_equal(alice.description, "Keeps the instance running.");
        assert_true(alice.avatar_is_data_url);
        assert_string_equal(alice.avatar_url, ""); /* the picture stays out of the cache */
    }
    assert_int_equal(get(f, 3).row_status, STORE_ARCHIVED);
    fixture_sql(f, "UPDATE `user` SET role = 'HOST', avatar_url = 'https://x/y' WHERE id = 2");
    struct store_user bob = get(f, 2);
    assert_int_equal(bob.role, STORE_ROLE_UNKNOWN);
    assert_false(bob.avatar_is_data_url);
    assert_string_equal(bob.avatar_url, "https://x/y");
}

static void ids_come_from_the_cache(void **state)
{
    struct api_fixture *f = *state;
    struct store_user user;
    get(f, 2);
    db_statement_count_reset();
    get(f, 2);
    assert_int_equal(db_statement_count_reset(), 0);
    fixture_sql(f, "UPDATE `user` SET nickname = 'changed behind our back' WHERE id = 2");
    assert_string_equal(get(f, 2).nickname, "Bob 🐻");
    assert_works(f, store_user_get_by_username(f->store, NULL, f->arena, "bob", &user, &f->status));
    assert_string_equal(user.nickname, "changed behind our back"); /* names are asked of the database */
    const struct store_user_change change = {.columns = STORE_USER_SET_EMAIL, .email = "b@x"};
    assert_works(f, store_user_update(f->store, f->arena, 2, &change, &user, &f->status));
    assert_string_equal(get(f, 2).nickname, "changed behind our back");
    assert_string_equal(get(f, 2).email, "b@x");
}

static void an_open_snapshot_does_not_fill_the_cache(void **state)
{
    struct api_fixture *f = *state;
    struct db_conn *conn;
    struct store_user user;
    const struct store_user_change change = {.columns = STORE_USER_SET_NICKNAME, .nickname = "new"};
    assert_works(f, db_read_begin(f->db, &conn, &f->status));
    assert_works(f, store_user_get_by_username(f->store, conn, f->arena, "alice", &user, &f->status));
    assert_works(f, store_user_update(f->store, f->arena, 2, &change, &user, &f->status));
    /* The snapshot may still show the old name; that must not be remembered. */
    assert_works(f, store_user_get(f->store, conn, f->arena, 2, &user, &f->status));
    db_read_end(conn);
    assert_string_equal(get(f, 2).nickname, "new");
}

static void missing_users_are_not_found(void **state)
{
    struct api_fixture *f = *state;
    struct store_user user;
    char *text;
    const struct store_user_change change = {.columns = STORE_USER_SET_EMAIL, .email = "x"};
    static const char missing[] = "user not found";
    assert_fails(f, (int)store_user_get(f->store, NULL, f->arena, 99, &user, &f->status), STATUS_NOT_FOUND, missing);
    assert_fails(f, (int)store_user_get_by_username(f->store, NULL, f->arena, "x", &user, &f->status), STATUS_NOT_FOUND,
                 missing);
    assert_fails(f, (int)store_user_password_hash(f->store, f->arena, 99, &text, &f->status), STATUS_NOT_FOUND,
                 missing);
    assert_fails(f, (int)store_user_avatar(f->store, f->arena, 99, &text, &f->status), STATUS_NOT_FOUND, missing);
    assert_fails(f, (int)store_user_update(f->store, f->arena, 99, &change, &user, &f->status), STATUS_NOT_FOUND,
                 missing);
    assert_fails(f, (int)store_user_delete(f->store, f->arena, 99, &f->status), STATUS_NOT_FOUND, missing);
}

static void names_hostile_to_sql_are_only_text(void **state)
{
    struct api_fixture *f = *state;
    struct store_user user;
    static const char *const names[] = {"' OR '1'='1", "bob'; DROP TABLE user; --", "%", "b_b", "?", "{time_read:x}"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(store_user_get_by_username(f->store, NULL, f->arena, names[i], &user, &f->status),
                         STATUS_NOT_FOUND);
    assert_string_equal(fixture_query(f, "SELECT COUNT(*) FROM `user`"), "3");
}

static void maps_ids_in_one_statement(void **state)
{
    struct api_fixture *f = *state;
    struct store_user_map map;
    static const int32_t ids[] = {3, 1, 99, 1, 2, 3, -1};
    db_statement_count_reset();
    assert_works(f, store_user_map_by_ids(f->store, NULL, f->arena, ids, 7, &map, &f->status));
    assert_in_range(db_statement_count_reset(), 1, 1);
    assert_int_equal(map.count, 3);
    assert_string_equal(store_user_map_find(&map, 3)->username, "carol");
    assert_string_equal(store_user_map_find(&map, 1)->username, "alice");
    assert_null(store_user_map_find(&map, 99));
    static const int32_t known[] = {2, 1};
    assert_works(f, store_user_map_by_ids(f->store, NULL, f->arena, known, 2, &map, &f->status));
    assert_int_equal(db_statement_count_reset(), 0); /* all cached by now */
    assert_int_equal(map.count, 2);
    assert_works(f, store_user_map_by_ids(f->store, NULL, f->arena, NULL, 0, &map, &f->status));
    assert_null(store_user_map_find(&map, 1));
    static const char *const names[] = {"carol", "alice", "nobody"};
    assert_works(f, store_user_map_by_usernames(f->store, NULL, f->arena, names, 3, &map, &f->status));
    assert_int_equal(map.count, 2);
    assert_string_equal(store_user_map_find(&map, 3)->username, "carol");
    assert_works(f, store_user_map_by_usernames(f->store, NULL, f->arena, NULL, 0, &map, &f->status));
    assert_int_equal(map.count, 0);
}

static void maps_more_ids_than_one_statement_takes(void **state)
{
    struct api_fixture *f = *state;
    struct store_user_map map;
    enum { MANY = 2500 };
    int32_t *ids = ARENA_ARRAY(f->arena, int32_t, MANY);
    fixture_sql(f, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) "
                   "INSERT INTO `user` (username, password_hash) SELECT 'u' || i, '' FROM n");
    for (int i = 0; i < MANY; i++)
        ids[i] = MANY - i;
    assert_works(f, store_user_map_by_ids(f->store, NULL, f->arena, ids, MANY, &map, &f->status));
    assert_int_equal(map.count, MANY);
    assert_string_equal(store_user_map_find(&map, 1234)->username, "u1234");
}

static void lists_newest_first(void **state)
{
    struct api_fixture *f = *state;
    struct store_user *users;
    size_t count;
    fixture_sql(f, "UPDATE `user` SET created_ts = 100");
    const struct store_user_find all = {0};
    assert_works(f, store_user_list(f->store, NULL, f->arena, &all, &users, &count, &f->status));
    assert_int_equal(count, 3);
    assert_string_equal(users[0].username, "bob"); /* NORMAL before ARCHIVED, then the higher id */
    assert_string_equal(users[1].username, "alice");
    assert_string_equal(users[2].username, "carol");
    const struct store_user_find some = {.only_normal = true, .limit = 1, .offset = 1};
    assert_works(f, store_user_list(f->store, NULL, f->arena, &some, &users, &count, &f->status));
    assert_int_equal(count, 1);
    assert_string_equal(users[0].username, "alice");
    const struct store_user_find named = {.username = "carol"};
    assert_works(f, store_user_list(f->store, NULL, f->arena, &named, &users, &count, &f->status));
    assert_int_equal(count, 1);
}

static enum status_code grow(struct arena *arena, ProtobufCMessage *setting, void *ctx, bool *changed,
                             struct status *status)
{
    const int *mode = ctx;
    Memos__Store__GeneralUserSetting *general = (Memos__Store__GeneralUserSetting *)setting;
    general->theme = arena_printf(arena, "%sx", general->theme);
    *changed = *mode != 1;
    return *mode == 2 ? status_set(status, STATUS_ABORTED, "no") : STATUS_OK;
}

static const char *theme(struct api_fixture *f, int32_t user_id)
{
    ProtobufCMessage *message;
    assert_works(f, store_user_setting_get(f->store, NULL, f->arena, user_id, MEMOS__STORE__USER_SETTING__KEY__GENERAL,
                                           &message, &f->status));
    return message ? ((Memos__Store__GeneralUserSetting *)message)->theme : NULL;
}

static enum status_code edit(struct api_fixture *f, int32_t user_id, int mode)
{
    return store_user_setting_edit(f->store, f->arena, user_id, MEMOS__STORE__USER_SETTING__KEY__GENERAL, grow, &mode,
                                   &f->status);
}

static void settings_are_edited_whole(void **state)
{
    struct api_fixture *f = *state;
    assert_null(theme(f, 3));
    assert_works(f, edit(f, 3, 1)); /* asks for no change: no row appears */
    assert_null(theme(f, 3));
    assert_works(f, edit(f, 3, 0));
    assert_string_equal(theme(f, 3), "x");
    assert_works(f, edit(f, 3, 0));
    assert_string_equal(theme(f, 3), "xx");
    assert_fails(f, (int)edit(f, 3, 2), STATUS_ABORTED, "no");
    assert_string_equal(theme(f, 3), "xx");
    fixture_restart(f);
    assert_string_equal(theme(f, 3), "xx");
}

static void settings_come_from_the_cache(void **state)
{
    struct api_fixture *f = *state;
    Memos__Store__InstanceGeneralSetting *general;
    assert_string_equal(theme(f, 1), "paper");
    db_statement_count_reset();
    assert_string_equal(theme(f, 1), "paper");
    assert_int_equal(db_statement_count_reset(), 0);
    assert_works(f, store_instance_general_setting(f->store, f->arena, &general, &f->status));
    db_statement_count_reset();
    assert_works(f, store_instance_general_setting(f->store, f->arena, &general, &f->status));
    assert_int_equal(db_statement_count_reset(), 0);
    assert_string_equal(general->custom_profile->title, "Fixture Notes");
}

static void a_setting_wants_its_own_message(void **state)
{
    struct api_fixture *f = *state;
    Memos__Store__TagsUserSetting tags = MEMOS__STORE__TAGS_USER_SETTING__INIT;
    ProtobufCMessage *message;
    assert_int_equal(
        store_user_setting_put(f->store, f->arena, 1, MEMOS__STORE__USER_SETTING__KEY__GENERAL, &tags.base, &f->status),
        STATUS_INTERNAL);
    assert_int_equal(store_user_setting_get(f->store, NULL, f->arena, 1,
                                            MEMOS__STORE__USER_SETTING__KEY__KEY_UNSPECIFIED, &message, &f->status),
                     STATUS_INTERNAL);
    assert_string_equal(theme(f, 1), "paper");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_all_columns, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(ids_come_from_the_cache, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(an_open_snapshot_does_not_fill_the_cache, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(missing_users_are_not_found, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(names_hostile_to_sql_are_only_text, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(maps_ids_in_one_statement, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(maps_more_ids_than_one_statement_takes, fixture_empty, fixture_close),
        cmocka_unit_test_setup_teardown(lists_newest_first, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(settings_are_edited_whole, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(settings_come_from_the_cache, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(a_setting_wants_its_own_message, fixture_recorded, fixture_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
