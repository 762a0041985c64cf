#include "api_fixture.h"

#include <sys/stat.h>

#include "base/clock.h"
#include "store/instance_setting.h"

typedef Memos__Api__V1__InstanceSetting setting_message;

static Memos__Api__V1__InstanceProfile *profile(struct api_fixture *f, const char *as)
{
    Memos__Api__V1__GetInstanceProfileRequest request = MEMOS__API__V1__GET_INSTANCE_PROFILE_REQUEST__INIT;
    Memos__Api__V1__InstanceProfile *response = NULL;
    assert_works(f, api_instance_service_get_instance_profile(fixture_call(f, as), &request, &response, &f->status));
    return response;
}

static enum status_code get(struct api_fixture *f, const char *as, const char *name, setting_message **response)
{
    Memos__Api__V1__GetInstanceSettingRequest request = MEMOS__API__V1__GET_INSTANCE_SETTING_REQUEST__INIT;
    request.name = (char *)name;
    return api_instance_service_get_instance_setting(fixture_call(f, as), &request, response, &f->status);
}

static setting_message *shown(struct api_fixture *f, const char *as, const char *key)
{
    setting_message *response = NULL;
    assert_works(f, get(f, as, arena_printf(f->arena, "instance/settings/%s", key), &response));
    return response;
}

static enum status_code update(struct api_fixture *f, const char *as, const char *json, setting_message **response)
{
    return api_instance_service_update_instance_setting(
        fixture_call(f, as), fixture_request(f, &memos__api__v1__update_instance_setting_request__descriptor, json),
        response, &f->status);
}

/* Saves as alice; value is the JSON of the members beside the name. */
static setting_message *save(struct api_fixture *f, const char *key, const char *value)
{
    setting_message *response = NULL;
    assert_works(f, update(f, "alice",
                           arena_printf(f->arena, "{\"setting\":{\"name\":\"instance/settings/%s\",%s}}", key, value),
                           &response));
    return response;
}

static void refuse(struct api_fixture *f, const char *key, const char *value, int code, const char *text)
{
    setting_message *response = NULL;
    const char *json =
        arena_printf(f->arena, "{\"setting\":{\"name\":\"instance/settings/%s\"%s%s}}", key, *value ? "," : "", value);
    assert_fails(f, (int)update(f, "alice", json, &response), code, text);
}

static const char *stored(struct api_fixture *f, const char *key)
{
    return fixture_query(f, arena_printf(f->arena, "SELECT value FROM system_setting WHERE name = '%s'", key));
}

static void shows_the_profile(void **state)
{
    struct api_fixture *f = *state;
    static const char *const viewers[] = {"anonymous", "alice", "bob"};
    for (size_t i = 0; i < 3; i++) {
        json_t *expected = fixture_recorded_body(viewers[i], "GET", "/api/v1/instance/profile");
        json_t *actual = json_loads(fixture_json(f, profile(f, i ? viewers[i] : NULL)), 0, NULL);
        assert_string_equal(json_string_value(json_object_get(actual, "version")), "0.30.0");
        assert_true(json_string_length(json_object_get(actual, "commit")) > 0);
        json_object_del(actual, "version"); /* build data */
        json_object_del(actual, "commit");
        json_object_del(expected, "version");
        json_object_del(expected, "commit");
        assert_json_equal(actual, expected);
        json_decref(actual);
        json_decref(expected);
    }
}

static void needs_setup_until_there_is_a_user(void **state)
{
    struct api_fixture *f = *state;
    f->config.instance_url = "";
    assert_true(profile(f, NULL)->needs_setup);
    assert_null(profile(f, NULL)->admin);
    fixture_user(f, "anna", STORE_ROLE_USER);
    assert_false(profile(f, NULL)->needs_setup); /* an admin is not needed for that */
    assert_null(profile(f, NULL)->admin);
    fixture_user(f, "zoe", STORE_ROLE_ADMIN);
    fixture_user(f, "bert", STORE_ROLE_ADMIN);
    assert_string_equal(profile(f, NULL)->admin->username, "bert"); /* the newest */
}

static void shows_settings_as_recorded(void **state)
{
    struct api_fixture *f = *state;
    static const struct {
        const char *viewer, *key;
    } cases[] = {{"anonymous", "BASIC"},
                 {"anonymous", "GENERAL"},
                 {"anonymous", "MEMO_RELATED"},
                 {"anonymous", "TAGS"},
                 {"bob", "GENERAL"},
                 {"bob", "AI"},
                 {"alice", "BASIC"},
                 {"alice", "GENERAL"},
                 {"alice", "STORAGE"},
                 {"alice", "MEMO_RELATED"},
                 {"alice", "TAGS"},
                 {"alice", "NOTIFICATION"},
                 {"alice", "AI"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool anonymous = strcmp(cases[i].viewer, "anonymous") == 0;
        assert_recorded(f, shown(f, anonymous ? NULL : cases[i].viewer, cases[i].key), cases[i].viewer, "GET",
                        arena_printf(f->arena, "/api/v1/instance/settings/%s", cases[i].key));
    }
}

static void keeps_settings_from_those_who_may_not_see_them(void **state)
{
    struct api_fixture *f = *state;
    setting_message *response = NULL;
    static const char *const admin_only[] = {"instance/settings/STORAGE", "instance/settings/NOTIFICATION"};
    for (size_t i = 0; i < 2; i++) {
        assert_fails(f, (int)get(f, NULL, admin_only[i], &response), STATUS_UNAUTHENTICATED, "user not authenticated");
        assert_fails(f, (int)get(f, "bob", admin_only[i], &response), STATUS_PERMISSION_DENIED, "permission denied");
    }
    assert_fails(f, (int)get(f, NULL, "instance/settings/AI", &response), STATUS_UNAUTHENTICATED,
                 "user not authenticated");
}

static void refuses_bad_names(void **state)
{
    struct api_fixture *f = *state;
    setting_message *response = NULL;
    static const char twice[] = "invalid instance setting name: invalid instance setting name: ";
    assert_fails(f, (int)get(f, NULL, "x", &response), STATUS_INVALID_ARGUMENT,
                 arena_printf(f->arena, "%sexpected prefix \"instance/settings/\", got \"x\"", twice));
    assert_fails(f, (int)get(f, NULL, "instance/settings/", &response), STATUS_INVALID_ARGUMENT,
                 arena_printf(f->arena, "%sempty setting key in \"instance/settings/\"", twice));
    assert_fails(f, (int)get(f, NULL, "instance/settings/A/B", &response), STATUS_INVALID_ARGUMENT,
                 arena_printf(f->arena, "%ssetting key cannot contain '/' in \"instance/settings/A/B\"", twice));
    static const char unsupported[] = "unsupported instance setting key: INSTANCE_SETTING_KEY_UNSPECIFIED";
    assert_fails(f, (int)get(f, NULL, "instance/settings/general", &response), STATUS_INVALID_ARGUMENT, unsupported);
    assert_fails(f, (int)get(f, NULL, "instance/settings/INSTANCE_SETTING_KEY_UNSPECIFIED", &response),
                 STATUS_INVALID_ARGUMENT, unsupported);
}

static enum status_code batch(struct api_fixture *f, const char *as, const char *json,
                              Memos__Api__V1__BatchGetInstanceSettingsResponse **response)
{
    return api_instance_service_batch_get_instance_settings(
        fixture_call(f, as), fixture_request(f, &memos__api__v1__batch_get_instance_settings_request__descriptor, json),
        response, &f->status);
}

static void gets_settings_in_batches(void **state)
{
    struct api_fixture *f = *state;
    Memos__Api__V1__BatchGetInstanceSettingsResponse *response = NULL;
    assert_works(
        f, batch(f, NULL, "{\"names\":[\"instance/settings/GENERAL\",\"instance/settings/MEMO_RELATED\"]}", &response));
    assert_recorded(f, response, "anonymous", "POST", "/api/v1/instance/settings:batchGet");
    assert_works(f, batch(f, NULL, "{\"names\":[\"instance/settings/TAGS\",\"instance/settings/TAGS\"]}", &response));
    assert_int_equal(response->n_settings, 2);
    assert_works(f, batch(f, NULL, "{}", &response));
    assert_int_equal(response->n_settings, 0);
    assert_fails(f, (int)batch(f, NULL, "{\"names\":[\"instance/settings/TAGS\",\"instance/settings/AI\"]}", &response),
                 STATUS_UNAUTHENTICATED, "user not authenticated");
    struct buf json = buf_in(f->arena);
    buf_add_str(&json, "{\"names\":[\"x\"");
    for (int i = 0; i < 100; i++)
        buf_add_str(&json, ",\"x\"");
    buf_add_str(&json, "]}");
    assert_fails(f, (int)batch(f, NULL, buf_str(&json), &response), STATUS_INVALID_ARGUMENT,
                 "too many instance setting names (max 100)");
}

static void fills_in_defaults(void **state)
{
    struct api_fixture *f = *state;
    fixture_user(f, "alice", STORE_ROLE_ADMIN);
    assert_shows(f, shown(f, "alice", "STORAGE"),
                 "{\"name\":\"instance/settings/STORAGE\",\"storageSetting\":{\"storageType\":\"LOCAL\","
                 "\"filepathTemplate\":\"assets/{timestamp}_{uuid}_{filename}\",\"uploadSizeLimitMb\":\"30\","
                 "\"s3Config\":null}}");
    assert_shows(
        f, shown(f, NULL, "MEMO_RELATED"),
        "{\"name\":\"instance/settings/MEMO_RELATED\",\"memoRelatedSetting\":{\"contentLengthLimit\":8192,"
        "\"enableDoubleClickEdit\":false,\"reactions\":[\"👍\",\"👎\",\"❤️\",\"🎉\",\"😄\",\"😕\","
        "\"😢\","
        "\"😡\"]"
        "}"
        "}");
    assert_shows(f, shown(f, "alice", "AI"),
                 "{\"name\":\"instance/settings/AI\",\"aiSetting\":{\"providers\":[],\"transcription\":null}}");
    assert_shows(f, shown(f, NULL, "TAGS"), "{\"name\":\"instance/settings/TAGS\",\"tagsSetting\":{\"tags\":{}}}");
    assert_non_null(shown(f, "alice", "NOTIFICATION")->notification_setting->email);
    assert_null(shown(f, NULL, "GENERAL")->general_setting->custom_profile);
    assert_null(stored(f, "STORAGE")); /* reading stores nothing */
    /* Small limits are raised on reading, negative upload limits stay. */
    setting_message *echo = save(f, "MEMO_RELATED", "\"memoRelatedSetting\":{\"contentLengthLimit\":5}");
    assert_int_equal(echo->memo_related_setting->content_length_limit, 5);
    assert_int_equal(echo->memo_related_setting->n_reactions, 0);
    assert_int_equal(shown(f, NULL, "MEMO_RELATED")->memo_related_setting->content_length_limit, 8192);
    echo = save(f, "STORAGE", "\"storageSetting\":{\"uploadSizeLimitMb\":-1}");
    assert_int_equal(shown(f, "alice", "STORAGE")->storage_setting->upload_size_limit_mb, -1);
    assert_int_equal(echo->storage_setting->storage_type,
                     MEMOS__API__V1__INSTANCE_SETTING__STORAGE_SETTING__STORAGE_TYPE__STORAGE_TYPE_UNSPECIFIED);
}

static void replaces_the_whole_group(void **state)
{
    struct api_fixture *f = *state;
    save(f, "GENERAL", "\"generalSetting\":{\"additionalScript\":\"<script>\",\"weekStartDayOffset\":99}");
    assert_string_equal(stored(f, "GENERAL"), "{\"additionalScript\":\"<script>\",\"weekStartDayOffset\":99}");
    setting_message *now = shown(f, NULL, "GENERAL"); /* the cache has the news */
    assert_int_equal(now->general_setting->week_start_day_offset, 99);
    assert_null(now->general_setting->custom_profile);
    save(f, "TAGS", "\"tagsSetting\":{\"tags\":{\"b\":{\"blurContent\":true},\"a\":{}}}");
    assert_string_equal(stored(f, "TAGS"), "{\"tags\":{\"a\":{},\"b\":{\"blurContent\":true}}}");
}

static void refuses_bad_saves_in_order(void **state)
{
    struct api_fixture *f = *state;
    setting_message *response = NULL;
    assert_fails(f, (int)update(f, NULL, "{}", &response), STATUS_UNAUTHENTICATED, "user not authenticated");
    assert_fails(f, (int)update(f, "bob", "{}", &response), STATUS_PERMISSION_DENIED, "permission denied");
    assert_fails(f, (int)update(f, "alice", "{}", &response), STATUS_INVALID_ARGUMENT, "instance setting is required");
    assert_fails(f, (int)update(f, "alice", "{\"setting\":{\"name\":\"x\"}}", &response), STATUS_INVALID_ARGUMENT,
                 "invalid instance setting name: invalid instance setting name: expected prefix "
                 "\"instance/settings/\", got \"x\"");
    refuse(f, "FUTURE", "", STATUS_INTERNAL,
           "failed to upsert instance setting: unsupported instance setting key: INSTANCE_SETTING_KEY_UNSPECIFIED");
    refuse(f, "GENERAL", "", STATUS_INTERNAL,
           "failed to upsert instance setting: GENERAL instance setting is required");
    refuse(f, "GENERAL", "\"tagsSetting\":{}", STATUS_INTERNAL,
           "failed to upsert instance setting: GENERAL instance setting is required");
    refuse(f, "TAGS", "", STATUS_INVALID_ARGUMENT, "invalid instance setting: tags setting is required");
    refuse(f, "TAGS", "\"tagsSetting\":{\"tags\":{\"\":{}}}", STATUS_INVALID_ARGUMENT,
           "invalid instance setting: tag key cannot be empty");
    refuse(f, "AI", "", STATUS_INVALID_ARGUMENT, "invalid AI setting: AI setting is required");
    assert_non_null(strstr(stored(f, "GENERAL"), "Fixture Notes")); /* nothing was written */
}

static void basic_is_answered_but_never_overwritten(void **state)
{
    struct api_fixture *f = *state;
    setting_message *response = NULL;
    const char *before = stored(f, "BASIC");
    assert_works(f, update(f, "alice", "{\"setting\":{\"name\":\"instance/settings/BASIC\"}}", &response));
    assert_shows(f, response, "{\"name\":\"instance/settings/BASIC\"}");
    assert_string_equal(stored(f, "BASIC"), before);
}

static void storage_keeps_its_secret(void **state)
{
    struct api_fixture *f = *state;
    setting_message *echo =
        save(f, "STORAGE", "\"storageSetting\":{\"storageType\":\"S3\",\"s3Config\":{\"accessKeyId\":\"new\"}}");
    assert_string_equal(echo->storage_setting->s3_config->access_key_secret, "");
    assert_non_null(strstr(stored(f, "STORAGE"), "\"accessKeySecret\":\"fixture-s3-secret\""));
    assert_non_null(strstr(stored(f, "STORAGE"), "\"accessKeyId\":\"new\""));
    save(f, "STORAGE", "\"storageSetting\":{\"s3Config\":{\"accessKeySecret\":\"other\"}}");
    assert_non_null(strstr(stored(f, "STORAGE"), "\"accessKeySecret\":\"other\""));
    save(f, "STORAGE", "\"storageSetting\":{\"storageType\":\"DATABASE\"}"); /* without s3_config it is lost */
    assert_string_equal(stored(f, "STORAGE"), "{\"storageType\":\"DATABASE\"}");
}

static void mail_keeps_its_password_for_the_same_account(void **state)
{
    struct api_fixture *f = *state;
    setting_message *echo =
        save(f, "NOTIFICATION",
             "\"notificationSetting\":{\"email\":{\"smtpHost\":\" smtp.example.com \",\"smtpPort\":587,"
             "\"smtpUsername\":\"mailer\",\"useTls\":true,\"enabled\":true}}");
    assert_string_equal(echo->notification_setting->email->smtp_password, "");
    assert_non_null(strstr(stored(f, "NOTIFICATION"), "\"smtpPassword\":\"fixture-smtp-secret\""));
    static const char needed[] =
        "smtp password is required when changing SMTP host, port, username, or encryption settings";
    refuse(f, "NOTIFICATION",
           "\"notificationSetting\":{\"email\":{\"smtpHost\":\"evil.example.com\",\"smtpPort\":587,"
           "\"smtpUsername\":\"mailer\",\"useTls\":true}}",
           STATUS_INVALID_ARGUMENT, needed);
    refuse(f, "NOTIFICATION",
           "\"notificationSetting\":{\"email\":{\"smtpHost\":\"smtp.example.com\",\"smtpPort\":587,"
           "\"smtpUsername\":\"mailer\"}}",
           STATUS_INVALID_ARGUMENT, needed);
    save(f, "NOTIFICATION",
         "\"notificationSetting\":{\"email\":{\"smtpHost\":\"other.example.com\",\"smtpPassword\":\"p\"}}");
    save(f, "NOTIFICATION", "\"notificationSetting\":{}");
    assert_string_equal(stored(f, "NOTIFICATION"), "{}");
    save(f, "NOTIFICATION", "\"notificationSetting\":{\"email\":{\"smtpHost\":\"x\"}}"); /* no password to protect */
}

static void passwords_stay_on_without_a_provider(void **state)
{
    struct api_fixture *f = *state;
    fixture_user(f, "alice", STORE_ROLE_ADMIN);
    static const char needed[] =
        "password authentication for regular users cannot be disabled without an effective identity provider";
    refuse(f, "GENERAL", "\"generalSetting\":{\"disallowPasswordAuth\":true}", STATUS_FAILED_PRECONDITION, needed);
    fixture_sql(f, "INSERT INTO idp (uid, name, type, config) VALUES ('sso', 'SSO', 'OAUTH2', '{}')");
    save(f, "GENERAL", "\"generalSetting\":{\"disallowPasswordAuth\":true}");
    fixture_sql(f, "DELETE FROM idp");
    save(f, "GENERAL",
         "\"generalSetting\":{\"disallowPasswordAuth\":true,\"additionalStyle\":\"x\"}"); /* was so before */
}

static void ai_providers_are_checked(void **state)
{
    struct api_fixture *f = *state;
    static const struct {
        const char *providers, *text;
    } bad[] = {
        {"{\"id\":\"a\",\"title\":\"t\",\"type\":\"OPENAI\",\"apiKey\":\"k\"},{\"id\":\" a \",\"title\":\"t\","
         "\"type\":\"OPENAI\",\"apiKey\":\"k\"}",
         "duplicate provider ID \"a\""},
        {"{\"id\":\"a\",\"title\":\" \",\"type\":\"OPENAI\",\"apiKey\":\"k\"}", "provider title is required"},
        {"{\"id\":\"a\",\"title\":\"t\",\"apiKey\":\"k\"}", "provider \"a\" has unsupported type"},
        {"{\"id\":\"a\",\"title\":\"t\",\"type\":\"GEMINI\"}", "provider \"a\" API key is required"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        refuse(f, "AI",
               arena_printf(f->arena, "\"aiSetting\":{\"transcription\":{},\"providers\":[%s]}", bad[i].providers),
               STATUS_INVALID_ARGUMENT, arena_printf(f->arena, "invalid AI setting: %s", bad[i].text));
    refuse(f, "AI", "\"aiSetting\":{\"transcription\":{\"providerId\":\"gone\"}}", STATUS_INVALID_ARGUMENT,
           "invalid AI setting: transcription provider_id \"gone\" does not reference any configured provider");
    refuse(f, "AI", "\"aiSetting\":{}", STATUS_INVALID_ARGUMENT, /* the kept one would hang in the air */
           "invalid AI setting: transcription provider_id \"openai-main\" does not reference any configured provider");
    char *long_text = arena_alloc(f->arena, 34);
    memset(long_text, 'x', 33);
    long_text[33] = '\0';
    refuse(f, "AI", arena_printf(f->arena, "\"aiSetting\":{\"transcription\":{\"language\":\"%s\"}}", long_text),
           STATUS_INVALID_ARGUMENT,
           "invalid AI setting: transcription language is too long; maximum length is 32 characters");
}

static void ai_keeps_keys_and_fills_endpoints(void **state)
{
    struct api_fixture *f = *state;
    setting_message *echo = save(f, "AI",
                                 "\"aiSetting\":{\"providers\":[{\"id\":\"openai-main\",\"title\":\" Renamed \","
                                 "\"type\":\"OPENAI\"},{\"title\":\"New\",\"type\":\"GEMINI\",\"apiKey\":\"short\"}]}");
    const Memos__Api__V1__InstanceSetting__AISetting *ai = echo->ai_setting;
    assert_string_equal(ai->providers[0]->title, "Renamed");
    assert_string_equal(ai->providers[0]->endpoint, "https://api.openai.com/v1");
    assert_string_equal(ai->providers[0]->api_key, "");
    assert_string_equal(ai->providers[0]->api_key_hint, "fixt...0001");
    assert_int_equal(strlen(ai->providers[1]->id), 22);
    assert_string_equal(ai->providers[1]->endpoint, "https://generativelanguage.googleapis.com/v1beta");
    assert_string_equal(ai->providers[1]->api_key_hint, "...");
    assert_string_equal(ai->transcription->provider_id, "openai-main"); /* absent keeps what is stored */
    assert_non_null(strstr(stored(f, "AI"), "\"apiKey\":\"fixture-ai-key-0001\""));
    assert_non_null(strstr(stored(f, "AI"), "\"apiKey\":\"short\""));
}

static enum status_code stats(struct api_fixture *f, const char *as, Memos__Api__V1__InstanceStats **response)
{
    Memos__Api__V1__GetInstanceStatsRequest request = MEMOS__API__V1__GET_INSTANCE_STATS_REQUEST__INIT;
    return api_instance_service_get_instance_stats(fixture_call(f, as), &request, response, &f->status);
}

static void measures_what_is_stored(void **state)
{
    struct api_fixture *f = *state;
    Memos__Api__V1__InstanceStats *one = NULL, *two = NULL;
    assert_fails(f, (int)stats(f, NULL, &one), STATUS_UNAUTHENTICATED, "user not authenticated");
    assert_fails(f, (int)stats(f, "bob", &one), STATUS_PERMISSION_DENIED, "permission denied");
    assert_works(f, stats(f, "alice", &one));
    assert_string_equal(one->database->driver, "sqlite");
    struct stat info;
    assert_int_equal(stat(f->path, &info), 0);
    assert_true(one->database->size_bytes >= 4096);
    assert_true(one->local_storage_bytes > info.st_size); /* the database, and files beside it */
    assert_in_range(one->generated_time->seconds, clock_wall_s() - 60, clock_wall_s());
    assert_works(f, stats(f, "alice", &two)); /* not measured again within a minute */
    assert_int_equal(one->generated_time->seconds, two->generated_time->seconds);
    assert_int_equal(one->generated_time->nanos, two->generated_time->nanos);
}

static void counts_files_but_follows_no_links(void **state)
{
    struct api_fixture *f = *state;
    Memos__Api__V1__InstanceStats *measured = NULL;
    long long expected = -1;
    fixture_user(f, "alice", STORE_ROLE_ADMIN);
    assert_int_equal(mkdir(arena_printf(f->arena, "%s/assets", f->dir), 0700), 0);
    FILE *file = fopen(arena_printf(f->arena, "%s/assets/extra", f->dir), "w");
    assert_non_null(file);
    fputs("12345", file);
    fclose(file);
    assert_int_equal(symlink("/etc", arena_printf(f->arena, "%s/directory", f->dir)), 0);
    assert_int_equal(symlink("/etc/passwd", arena_printf(f->arena, "%s/file", f->dir)), 0);
    FILE *find = popen(
        arena_printf(f->arena, "find '%s' -type f -printf '%%s\\n' | awk '{ sum += $1 } END { print sum }'", f->dir),
        "r");
    assert_non_null(find);
    assert_int_equal(fscanf(find, "%lld", &expected), 1);
    pclose(find);
    assert_works(f, stats(f, "alice", &measured));
    assert_int_equal(measured->local_storage_bytes, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(shows_the_profile, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(needs_setup_until_there_is_a_user, fixture_empty, fixture_close),
        cmocka_unit_test_setup_teardown(shows_settings_as_recorded, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(keeps_settings_from_those_who_may_not_see_them, fixture_recorded,
                                        fixture_close),
        cmocka_unit_test_setup_teardown(refuses_bad_names, fixture_empty, fixture_close),
        cmocka_unit_test_setup_teardown(gets_settings_in_batches, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(fills_in_defaults, fixture_empty, fixture_close),
        cmocka_unit_test_setup_teardown(replaces_the_whole_group, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(refuses_bad_saves_in_order, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(basic_is_answered_but_never_overwritten, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(storage_keeps_its_secret, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(mail_keeps_its_password_for_the_same_account, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(passwords_stay_on_without_a_provider, fixture_empty, fixture_close),
        cmocka_unit_test_setup_teardown(ai_providers_are_checked, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(ai_keeps_keys_and_fills_endpoints, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(measures_what_is_stored, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(counts_files_but_follows_no_links, fixture_empty, fixture_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
