#include "api_fixture.h"

typedef Memos__Api__V1__UserSetting setting_message;

static enum status_code get(struct api_fixture *f, const char *as, const char *name, setting_message **response)
{
    Memos__Api__V1__GetUserSettingRequest request = MEMOS__API__V1__GET_USER_SETTING_REQUEST__INIT;
    request.name = (char *)name;
    return api_user_service_get_user_setting(fixture_call(f, as), &request, response, &f->status);
}

static enum status_code list(struct api_fixture *f, const char *as, const char *parent,
                             Memos__Api__V1__ListUserSettingsResponse **response)
{
    Memos__Api__V1__ListUserSettingsRequest request = MEMOS__API__V1__LIST_USER_SETTINGS_REQUEST__INIT;
    request.parent = (char *)parent;
    return api_user_service_list_user_settings(fixture_call(f, as), &request, response, &f->status);
}

static enum status_code update(struct api_fixture *f, const char *as, const char *json, setting_message **response)
{
    return api_user_service_update_user_setting(
        fixture_call(f, as), fixture_request(f, &memos__api__v1__update_user_setting_request__descriptor, json),
        response, &f->status);
}

static setting_message *save(struct api_fixture *f, const char *as, const char *json)
{
    setting_message *response = NULL;
    assert_works(f, update(f, as, json, &response));
    return response;
}

static void refuse_update(struct api_fixture *f, const char *as, const char *json, int code, const char *text)
{
    setting_message *response = NULL;
    assert_fails(f, (int)update(f, as, json, &response), code, text);
}

static void shows_what_is_stored(void **state)
{
    struct api_fixture *f = *state;
    static const char *const users[] = {"alice", "bob"}, *const keys[] = {"GENERAL", "TAGS", "WEBHOOKS"};
    for (size_t u = 0; u < 2; u++) {
        Memos__Api__V1__ListUserSettingsResponse *all = NULL;
        assert_works(f, list(f, users[u], arena_printf(f->arena, "users/%s", users[u]), &all));
        assert_recorded(f, all, users[u], "GET", arena_printf(f->arena, "/api/v1/users/%s/settings", users[u]));
        for (size_t k = 0; k < 3; k++) {
            setting_message *one = NULL;
            assert_works(f, get(f, users[u], arena_printf(f->arena, "users/%s/settings/%s", users[u], keys[k]), &one));
            assert_recorded(f, one, users[u], "GET",
                            arena_printf(f->arena, "/api/v1/users/%s/settings/%s", users[u], keys[k]));
        }
    }
}

static void shows_defaults(void **state)
{
    struct api_fixture *f = *state;
    Memos__Api__V1__ListUserSettingsResponse *all = NULL;
    setting_message *one = NULL;
    fixture_user(f, "anna", STORE_ROLE_USER);
    assert_works(f, list(f, "anna", "users/anna", &all));
    assert_shows(f, all,
                 "{\"settings\":[{\"name\":\"users/anna/settings/GENERAL\",\"generalSetting\":{\"locale\":\"en\","
                 "\"memoVisibility\":\"PRIVATE\",\"theme\":\"\"}}],\"nextPageToken\":\"\"}");
    assert_works(f, get(f, "anna", "users/anna/settings/GENERAL", &one));
    assert_shows(f, one,
                 "{\"name\":\"users/anna/settings/GENERAL\",\"generalSetting\":{\"locale\":\"en\","
                 "\"memoVisibility\":\"PRIVATE\",\"theme\":\"\"}}");
    assert_works(f, get(f, "anna", "users/anna/settings/WEBHOOKS", &one));
    assert_shows(f, one, "{\"name\":\"users/anna/settings/WEBHOOKS\",\"webhooksSetting\":{\"webhooks\":[]}}");
    assert_works(f, get(f, "anna", "users/anna/settings/TAGS", &one));
    assert_shows(f, one, "{\"name\":\"users/anna/settings/TAGS\",\"tagsSetting\":{\"tags\":{}}}");
}

static void only_the_user_himself_reads(void **state)
{
    struct api_fixture *f = *state;
    Memos__Api__V1__ListUserSettingsResponse *all = NULL;
    setting_message *one = NULL;
    assert_fails(f, (int)list(f, "alice", "users/bob", &all), STATUS_PERMISSION_DENIED, "permission denied");
    assert_fails(f, (int)list(f, "alice", "users/none", &all), STATUS_INVALID_ARGUMENT,
                 "invalid parent name: user not found: users/none");
    assert_fails(f, (int)list(f, "alice", "x", &all), STATUS_INVALID_ARGUMENT,
                 "invalid parent name: invalid request \"x\"");
    assert_fails(f, (int)list(f, NULL, "users/bob", &all), STATUS_UNAUTHENTICATED, "user not authenticated");
    assert_fails(f, (int)get(f, "alice", "users/bob/settings/nonsense", &one), STATUS_PERMISSION_DENIED,
                 "permission denied");
    assert_fails(f, (int)get(f, NULL, "users/bob/settings/GENERAL", &one), STATUS_UNAUTHENTICATED,
                 "user not authenticated");
    assert_fails(f, (int)get(f, "bob", "users/none/settings/GENERAL", &one), STATUS_INVALID_ARGUMENT,
                 "invalid resource name: user not found: users/none");
    assert_fails(f, (int)get(f, "bob", "users/bob", &one), STATUS_INVALID_ARGUMENT,
                 "invalid resource name: invalid resource name format: users/bob");
    assert_fails(f, (int)get(f, "bob", "users/bob/settings/general", &one), STATUS_INVALID_ARGUMENT,
                 "invalid setting key: unknown setting key: general");
    assert_fails(f, (int)get(f, "bob", "users/bob/settings/REFRESH_TOKENS", &one), STATUS_INVALID_ARGUMENT,
                 "invalid setting key: unknown setting key: REFRESH_TOKENS");
}

static void saves_general(void **state)
{
    struct api_fixture *f = *state;
    setting_message *saved = save(f, "bob",
                                  "{\"setting\":{\"name\":\"users/bob/settings/GENERAL\",\"generalSetting\":"
                                  "{\"theme\":\"midnight\",\"locale\":\"fr\"}},\"updateMask\":\"theme,other\"}");
    assert_string_equal(saved->general_setting->theme, "midnight");
    assert_string_equal(saved->general_setting->locale, "zh-Hans");
    assert_string_equal(fixture_query(f, "SELECT value FROM user_setting WHERE user_id = 2 AND `key` = 'GENERAL'"),
                        "{\"locale\":\"zh-Hans\",\"memoVisibility\":\"PRIVATE\",\"theme\":\"midnight\"}");
    /* The first save begins with nothing, not with the defaults that reading shows. */
    fixture_user(f, "anna", STORE_ROLE_USER);
    saved = save(f, "anna",
                 "{\"setting\":{\"name\":\"users/anna/settings/GENERAL\",\"generalSetting\":{\"theme\":\"paper\"}},"
                 "\"updateMask\":\"theme\"}");
    assert_shows(
        f, saved,
        "{\"name\":\"users/anna/settings/GENERAL\",\"generalSetting\":{\"locale\":\"\",\"memoVisibility\":\"\","
        "\"theme\":\"paper\"}}");
}

static void refuses_bad_saves_in_order(void **state)
{
    struct api_fixture *f = *state;
    refuse_update(f, "bob", "{}", STATUS_INVALID_ARGUMENT, "setting is required");
    refuse_update(f, "bob", "{\"setting\":{\"name\":\"x\"}}", STATUS_INVALID_ARGUMENT,
                  "invalid resource name: invalid resource name format: x");
    refuse_update(f, "alice", "{\"setting\":{\"name\":\"users/bob/settings/GENERAL\"}}", STATUS_PERMISSION_DENIED,
                  "permission denied");
    refuse_update(f, "bob", "{\"setting\":{\"name\":\"users/bob/settings/nonsense\"}}", STATUS_INVALID_ARGUMENT,
                  "update mask is empty");
    refuse_update(f, "bob", "{\"setting\":{\"name\":\"users/bob/settings/nonsense\"},\"updateMask\":\"x\"}",
                  STATUS_INVALID_ARGUMENT, "invalid setting key: unknown setting key: nonsense");
    refuse_update(f, "bob", "{\"setting\":{\"name\":\"users/bob/settings/GENERAL\"},\"updateMask\":\"theme\"}",
                  STATUS_INVALID_ARGUMENT, "general setting is required");
    refuse_update(f, "bob",
                  "{\"setting\":{\"name\":\"users/bob/settings/GENERAL\",\"tagsSetting\":{}},\"updateMask\":\"theme\"}",
                  STATUS_INVALID_ARGUMENT, "general setting is required");
    refuse_update(f, "bob",
                  "{\"setting\":{\"name\":\"users/bob/settings/WEBHOOKS\",\"webhooksSetting\":{}},"
                  "\"updateMask\":\"webhooks\"}",
                  STATUS_INVALID_ARGUMENT, "setting type WEBHOOKS should not be updated via UpdateUserSetting");
    refuse_update(f, "bob", "{\"setting\":{\"name\":\"users/bob/settings/TAGS\"},\"updateMask\":\"tags,x\"}",
                  STATUS_INVALID_ARGUMENT, "unsupported update mask path for tags setting: x");
    refuse_update(f, "bob", "{\"setting\":{\"name\":\"users/bob/settings/TAGS\"},\"updateMask\":\"tags\"}",
                  STATUS_INVALID_ARGUMENT, "tags setting is required");
}

static void refuse_tags(struct api_fixture *f, const char *tags, const char *text)
{
    refuse_update(f, "bob",
                  arena_printf(f->arena,
                               "{\"setting\":{\"name\":\"users/bob/settings/TAGS\",\"tagsSetting\":{\"tags\":%s}},"
                               "\"updateMask\":\"tags\"}",
                               tags),
                  STATUS_INVALID_ARGUMENT, arena_printf(f->arena, "invalid user tags setting: %s", text));
}

static void checks_tag_rules(void **state)
{
    struct api_fixture *f = *state;
    refuse_tags(f, "{\" \":{}}", "tag key cannot be empty");
    refuse_tags(f, "{\"a\":{\"backgroundColor\":{\"red\":\"NaN\"}}}",
                "background_color for \"a\": red must be a finite number");
    refuse_tags(f, "{\"a\":{\"backgroundColor\":{\"green\":\"Infinity\"}}}",
                "background_color for \"a\": green must be a finite number");
    refuse_tags(f, "{\"a\":{\"backgroundColor\":{\"blue\":1.01}}}",
                "background_color for \"a\": blue must be between 0 and 1");
    refuse_tags(f, "{\"a\":{\"backgroundColor\":{\"red\":-0.1}}}",
                "background_color for \"a\": red must be between 0 and 1");
    refuse_tags(f, "{\"a\":{\"backgroundColor\":{\"alpha\":2}}}",
                "background_color for \"a\": alpha must be between 0 and 1");
    setting_message *response = NULL;
    assert_int_equal(update(f, "bob",
                            "{\"setting\":{\"name\":\"users/bob/settings/TAGS\",\"tagsSetting\":{\"tags\":{\"(\":{}}}},"
                            "\"updateMask\":\"tags\"}",
                            &response),
                     STATUS_INVALID_ARGUMENT);
    static const char beginning[] = "invalid user tags setting: tag key \"(\" is not a valid regex pattern: ";
    assert_int_equal(strncmp(f->status.message, beginning, sizeof beginning - 1), 0);
}

static void saves_tags_whole(void **state)
{
    struct api_fixture *f = *state;
    setting_message *saved = save(
        f, "bob",
        "{\"setting\":{\"name\":\"users/bob/settings/TAGS\",\"tagsSetting\":{\"tags\":{\"日記\":{\"backgroundColor\":"
        "{\"red\":1,\"alpha\":0.5}},\"work/.*\":{\"blurContent\":true}}}},\"updateMask\":\"tags\"}");
    assert_int_equal(saved->tags_setting->n_tags, 2); /* the one that was there before is gone */
    assert_string_equal(fixture_query(f, "SELECT value FROM user_setting WHERE user_id = 2 AND `key` = 'TAGS'"),
                        "{\"tags\":{\"work/.*\":{\"blurContent\":true},\"日記\":{\"backgroundColor\":{\"red\":1,"
                        "\"alpha\":0.5}}}}");
}

static void a_damaged_setting_stops_only_itself(void **state)
{
    struct api_fixture *f = *state;
    setting_message *one = NULL;
    Memos__Api__V1__ListUserSettingsResponse *all = NULL;
    fixture_sql(f, "UPDATE user_setting SET value = '[' WHERE user_id = 2 AND `key` = 'TAGS'");
    fixture_sql(f, "INSERT INTO user_setting (user_id, `key`, value) VALUES (2, 'FUTURE', 'not json')");
    assert_int_equal(get(f, "bob", "users/bob/settings/TAGS", &one), STATUS_INTERNAL);
    assert_works(f, get(f, "bob", "users/bob/settings/GENERAL", &one));
    assert_int_equal(list(f, "bob", "users/bob", &all), STATUS_INTERNAL);
    assert_works(f, list(f, "alice", "users/alice", &all));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(shows_what_is_stored, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(shows_defaults, fixture_empty, fixture_close),
        cmocka_unit_test_setup_teardown(only_the_user_himself_reads, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(saves_general, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(refuses_bad_saves_in_order, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(checks_tag_rules, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(saves_tags_whole, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(a_damaged_setting_stops_only_itself, fixture_recorded, fixture_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
