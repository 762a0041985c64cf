/* Settings and identity providers from files (platform.md 6.5): which are read, the rules for what is in them, and that
 * they stand before what the database says. */
#include "deploy/deploy.h"

#include <sys/stat.h>

#include "api_fixture.h"
#include "store/idp.h"

#define IDP_REST                                                                                                       \
    "\"config\":{\"oauth2Config\":{\"clientId\":\"c\",\"clientSecret\":\"hush\",\"authUrl\":\"https://a/x\","          \
    "\"tokenUrl\":\"https://a/t\",\"userInfoUrl\":\"http://a/u\",\"scopes\":[\"s\"],"                                  \
    "\"fieldMapping\":{\"identifier\":\"sub\"}}}}"
#define IDP(uid) "{\"uid\":\"" uid "\",\"name\":\"N " uid "\",\"type\":\"OAUTH2\"," IDP_REST

enum { PATH_SIZE = 256 };

static void place(struct api_fixture *f, const char *name, const char *text)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/secrets", f->dir);
    (void)mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/secrets/%s", f->dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void take_away(struct api_fixture *f, const char *name)
{
    assert_int_equal(unlink(arena_printf(f->arena, "%s/secrets/%s", f->dir, name)), 0);
}

static enum status_code load(struct api_fixture *f)
{
    f->status = (struct status){0};
    return deploy_load(arena_printf(f->arena, "%s/secrets", f->dir), f->store, &f->status);
}

/* The only file, with that content, is refused with that rule behind the prefix. */
static void assert_refused(struct api_fixture *f, const char *name, const char *text, const char *message)
{
    place(f, name, text);
    assert_int_equal(load(f), STATUS_INVALID_ARGUMENT);
    assert_string_equal(f->status.message, message);
    take_away(f, name);
}

#define SETTING_BAD(text, rule)                                                                                        \
    assert_refused(f, "memos-instance-setting-a.json", text,                                                           \
                   "invalid instance setting deployment file \"memos-instance-setting-a.json\": " rule)
#define IDP_BAD(text, rule)                                                                                            \
    assert_refused(f, "memos-idp-a.json", text, "invalid identity provider deployment file \"memos-idp-a.json\": " rule)

static void refuses_bad_settings(void **state)
{
    struct api_fixture *f = *state;
    SETTING_BAD("", "failed to decode protobuf JSON");
    SETTING_BAD("{\"key\":\"GENERAL\",\"generalSetting\":{\"secret\":1}}",
                "failed to decode protobuf JSON: unknown field \"secret\"");
    SETTING_BAD("{\"key\":\"GENERAL\",\"generalSetting\":{\"weekStartDayOffset\":\"hush\"}}",
                "failed to decode protobuf JSON");
    SETTING_BAD("{\"key\":\"GENERALS\",\"generalSetting\":{}}", "failed to decode protobuf JSON");
    SETTING_BAD("{\"key\":\"GENERAL\",\"generalSetting\":{}} {}", "failed to decode protobuf JSON");
    SETTING_BAD("{}", "key INSTANCE_SETTING_KEY_UNSPECIFIED cannot be deployment configured");
    SETTING_BAD("{\"key\":\"BASIC\",\"basicSetting\":{}}", "key BASIC cannot be deployment configured");
    SETTING_BAD("{\"key\":\"TAGS\",\"tagsSetting\":{}}", "key TAGS cannot be deployment configured");
    SETTING_BAD("{\"key\":\"GENERAL\",\"storageSetting\":{}}", "generalSetting must be populated for key GENERAL");
    SETTING_BAD("{\"key\":\"AI\"}", "aiSetting must be populated for key AI");
    SETTING_BAD("{\"key\":\"GENERAL\",\"generalSetting\":{\"weekStartDayOffset\":7}}",
                "generalSetting.weekStartDayOffset must be between -1 and 6");
    SETTING_BAD("{\"key\":\"STORAGE\",\"storageSetting\":{\"uploadSizeLimitMb\":-1}}",
                "storageSetting.uploadSizeLimitMb must not be negative");
    SETTING_BAD("{\"key\":\"STORAGE\",\"storageSetting\":{\"storageType\":\"S3\"}}",
                "storageSetting.s3Config is required");
    SETTING_BAD("{\"key\":\"STORAGE\",\"storageSetting\":{\"storageType\":\"S3\",\"s3Config\":{\"accessKeyId\":\"i\","
                "\"accessKeySecret\":\"hush\",\"endpoint\":\"e\",\"region\":\"r\"}}}",
                "storageSetting.s3Config.bucket is required");
    SETTING_BAD("{\"key\":\"NOTIFICATION\",\"notificationSetting\":{\"email\":{\"enabled\":true,\"smtpHost\":\"h\"}}}",
                "notificationSetting.email.smtpPort must be positive");
    SETTING_BAD("{\"key\":\"NOTIFICATION\",\"notificationSetting\":{\"email\":{\"enabled\":true,\"smtpHost\":\"h\","
                "\"smtpPort\":25,\"fromEmail\":\"a@b\",\"useTls\":true,\"useSsl\":true}}}",
                "notificationSetting.email.useTls and useSsl must not both be set");
    SETTING_BAD("{\"key\":\"AI\",\"aiSetting\":{\"providers\":[{\"title\":\"t\",\"type\":\"OPENAI\"}]}}",
                "aiSetting.providers[0].id is required");
    SETTING_BAD("{\"key\":\"AI\",\"aiSetting\":{\"providers\":[{\"id\":\"a\",\"title\":\"t\",\"type\":\"OPENAI\"}]}}",
                "aiSetting.providers[0].apiKey is required");
    SETTING_BAD("{\"key\":\"AI\",\"aiSetting\":{\"providers\":[{\"id\":\"a\",\"apiKey\":\"k\",\"type\":\"OPENAI\"}]}}",
                "aiSetting: provider title is required");
}

static void refuses_bad_providers(void **state)
{
    struct api_fixture *f = *state;
    IDP_BAD("{\"id\":4,\"uid\":\"a\"}", "id must be omitted");
    IDP_BAD("{\"uid\":\"-a\"}", "uid is invalid");
    IDP_BAD("{\"uid\":\"a\"}", "name is required");
    IDP_BAD("{\"uid\":\"a\",\"name\":\"n\"}", "type must be OAUTH2");
    IDP_BAD("{\"uid\":\"a\",\"name\":\"n\",\"type\":\"OAUTH2\",\"identifierFilter\":\"(\"}",
            "identifierFilter must be a valid regular expression");
    IDP_BAD("{\"uid\":\"a\",\"name\":\"n\",\"type\":\"OAUTH2\",\"config\":{}}", "config.oauth2Config is required");
    IDP_BAD("{\"uid\":\"a\",\"name\":\"n\",\"type\":\"OAUTH2\",\"config\":{\"oauth2Config\":{\"clientId\":\"c\"}}}",
            "config.oauth2Config.clientSecret is required");
    IDP_BAD("{\"uid\":\"a\",\"name\":\"n\",\"type\":\"OAUTH2\",\"config\":{\"oauth2Config\":{\"clientId\":\"c\","
            "\"clientSecret\":\"s\",\"authUrl\":\"a\",\"tokenUrl\":\"b\",\"userInfoUrl\":\"c\"}}}",
            "config.oauth2Config.authUrl must be an absolute HTTP(S) URL");
    IDP_BAD("{\"uid\":\"a\",\"name\":\"n\",\"type\":\"OAUTH2\",\"config\":{\"oauth2Config\":{\"clientId\":\"c\","
            "\"clientSecret\":\"s\",\"authUrl\":\"http://a\",\"tokenUrl\":\"http://a\",\"userInfoUrl\":\"http://a\","
            "\"scopes\":[\"s\",\"\"]}}}",
            "config.oauth2Config.scopes[1] must not be empty");
    IDP_BAD("{\"uid\":\"a\",\"name\":\"n\",\"type\":\"OAUTH2\",\"config\":{\"oauth2Config\":{\"clientId\":\"c\","
            "\"clientSecret\":\"s\",\"authUrl\":\"http://a\",\"tokenUrl\":\"http://a\",\"userInfoUrl\":\"http://a\","
            "\"scopes\":[\"s\"],\"fieldMapping\":{\"email\":\"e\"}}}}",
            "config.oauth2Config.fieldMapping.identifier is required");
}

static void looks_at_regular_files_of_bounded_size(void **state)
{
    struct api_fixture *f = *state;
    const char *dir = arena_printf(f->arena, "%s/secrets", f->dir);
    char *large = arena_alloc(f->arena, DEPLOY_FILE_MAX + 2);
    memset(large, ' ', DEPLOY_FILE_MAX + 1);
    large[DEPLOY_FILE_MAX + 1] = '\0';
    assert_works(f, load(f)); /* there is no directory */
    IDP_BAD(large, "file exceeds 1048576 bytes");
    large[DEPLOY_FILE_MAX] = '\0';
    IDP_BAD(large, "failed to decode protobuf JSON");
    assert_int_equal(mkfifo(arena_printf(f->arena, "%s/memos-idp-a.json", dir), 0600), 0);
    assert_fails(f, load(f), STATUS_INVALID_ARGUMENT,
                 "invalid identity provider deployment file \"memos-idp-a.json\": file must be a regular file");
    take_away(f, "memos-idp-a.json");
    place(f, "real", IDP("linked"));
    place(f, "memos-other.json", "{");
    place(f, "memos-idp-.json", "{");
    place(f, "memos-instance-setting-Upper.json", "{");
    place(f, "unrelated", "{");
    assert_int_equal(symlink("real", arena_printf(f->arena, "%s/memos-idp-Any Label.json", dir)), 0);
    assert_works(f, load(f));
    struct store_idp idp;
    assert_works(f, store_idp_get(f->store, NULL, f->arena, "linked", &idp, &f->status));
    f->status = (struct status){0};
    assert_fails(f, deploy_load(arena_printf(f->arena, "%s/real", dir), f->store, &f->status), STATUS_INVALID_ARGUMENT,
                 arena_printf(f->arena, "failed to read deployment directory \"%s/real\": Not a directory", dir));
}

static void refuses_the_same_twice(void **state)
{
    struct api_fixture *f = *state;
    place(f, "memos-idp-a.json", IDP("x"));
    place(f, "memos-idp-b.json", IDP("x"));
    assert_fails(
        f, load(f), STATUS_INVALID_ARGUMENT,
        "invalid identity provider deployment file \"memos-idp-b.json\": uid \"x\" is in another file already");
    struct store_idp idp;
    assert_int_equal(store_idp_get(f->store, NULL, f->arena, "x", &idp, &f->status), STATUS_NOT_FOUND);
    take_away(f, "memos-idp-b.json");
    place(f, "memos-instance-setting-a.json", "{\"key\":\"GENERAL\",\"generalSetting\":{}}");
    place(f, "memos-instance-setting-b.json", "{\"key\":\"GENERAL\",\"generalSetting\":{}}");
    assert_int_equal(load(f), STATUS_INVALID_ARGUMENT);
}

static const char *shown_setting(struct api_fixture *f, const char *name)
{
    Memos__Api__V1__GetInstanceSettingRequest request = MEMOS__API__V1__GET_INSTANCE_SETTING_REQUEST__INIT;
    Memos__Api__V1__InstanceSetting *setting = NULL;
    request.name = arena_printf(f->arena, "instance/settings/%s", name);
    assert_works(f,
                 api_instance_service_get_instance_setting(fixture_call(f, "alice"), &request, &setting, &f->status));
    return fixture_json(f, setting);
}

static enum status_code update(struct api_fixture *f, const char *json)
{
    Memos__Api__V1__InstanceSetting *setting = NULL;
    struct api_call *call = fixture_call(f, "alice");
    const void *request = fixture_request(f, &memos__api__v1__update_instance_setting_request__descriptor, json);
    return api_instance_service_update_instance_setting(call, request, &setting, &f->status);
}

static void a_group_replaces_the_stored_one(void **state)
{
    struct api_fixture *f = *state;
    fixture_user(f, "alice", STORE_ROLE_ADMIN);
    const char *before = shown_setting(f, "STORAGE");
    assert_works(f, update(f, "{\"setting\":{\"name\":\"instance/settings/GENERAL\",\"generalSetting\":"
                              "{\"weekStartDayOffset\":3,\"additionalStyle\":\"stored\"}}}"));
    place(f, "memos-instance-setting-general.json",
          "{\"key\":\"GENERAL\",\"generalSetting\":{\"weekStartDayOffset\":1,\"disallowChangeUsername\":true}}");
    place(f, "memos-instance-setting-mail.json",
          "{\"key\":\"NOTIFICATION\",\"notificationSetting\":{\"email\":{\"smtpHost\":\"h\",\"smtpPassword\":"
          "\"hush\"}}}");
    assert_works(f, load(f));
    const char *shown = shown_setting(f, "GENERAL");
    assert_non_null(strstr(shown, "\"weekStartDayOffset\":1"));
    assert_non_null(strstr(shown, "\"additionalStyle\":\"\""));
    assert_non_null(strstr(shown_setting(f, "NOTIFICATION"), "\"smtpHost\":\"h\""));
    assert_null(strstr(shown_setting(f, "NOTIFICATION"), "hush"));
    assert_non_null(strstr(shown_setting(f, "NOTIFICATION"), "\"smtpHost\":\"h\"")); /* redacted in a copy */
    assert_string_equal(shown_setting(f, "STORAGE"), before);
    assert_fails(f,
                 update(f, "{\"setting\":{\"name\":\"instance/settings/GENERAL\",\"generalSetting\":"
                           "{\"weekStartDayOffset\":5}}}"),
                 STATUS_FAILED_PRECONDITION, "instance setting \"GENERAL\" is configured by the deployment");
    fixture_restart(f); /* without the files */
    shown = shown_setting(f, "GENERAL");
    assert_non_null(strstr(shown, "\"weekStartDayOffset\":3"));
    assert_non_null(strstr(shown, "\"additionalStyle\":\"stored\""));
}

static enum status_code create_idp(struct api_fixture *f, const char *uid)
{
    Memos__Api__V1__IdentityProvider *provider = NULL;
    struct api_call *call = fixture_call(f, "alice");
    const void *request = fixture_request(
        f, &memos__api__v1__create_identity_provider_request__descriptor,
        arena_printf(f->arena,
                     "{\"identityProviderId\":\"%s\",\"identityProvider\":{\"title\":\"stored %s\",\"type\":\"OAUTH2\","
                     "\"config\":{\"oauth2Config\":{\"clientId\":\"c\",\"fieldMapping\":{}}}}}",
                     uid, uid));
    return api_identity_provider_service_create_identity_provider(call, request, &provider, &f->status);
}

static enum status_code delete_idp(struct api_fixture *f, const char *uid)
{
    Memos__Api__V1__DeleteIdentityProviderRequest request = MEMOS__API__V1__DELETE_IDENTITY_PROVIDER_REQUEST__INIT;
    Google__Protobuf__Empty *empty = NULL;
    struct api_call *call = fixture_call(f, "alice");
    request.name = arena_printf(f->arena, "identity-providers/%s", uid);
    return api_identity_provider_service_delete_identity_provider(call, &request, &empty, &f->status);
}

static enum status_code update_idp(struct api_fixture *f, const char *uid)
{
    Memos__Api__V1__IdentityProvider *provider = NULL;
    struct api_call *call = fixture_call(f, "alice");
    const void *request =
        fixture_request(f, &memos__api__v1__update_identity_provider_request__descriptor,
                        arena_printf(f->arena,
                                     "{\"identityProvider\":{\"name\":\"identity-providers/%s\",\"title\":\"changed\"},"
                                     "\"updateMask\":\"title\"}",
                                     uid));
    return api_identity_provider_service_update_identity_provider(call, request, &provider, &f->status);
}

static void assert_titles(struct api_fixture *f, const char *expected)
{
    Memos__Api__V1__ListIdentityProvidersRequest request = MEMOS__API__V1__LIST_IDENTITY_PROVIDERS_REQUEST__INIT;
    Memos__Api__V1__ListIdentityProvidersResponse *list = NULL;
    struct buf titles = buf_in(f->arena);
    struct api_call *call = fixture_call(f, NULL);
    assert_works(f, api_identity_provider_service_list_identity_providers(call, &request, &list, &f->status));
    for (size_t i = 0; i < list->n_identity_providers; i++) {
        buf_printf(&titles, "%s%s", i ? ", " : "", list->identity_providers[i]->title);
        assert_string_equal(list->identity_providers[i]->config->oauth2_config->client_secret, "");
    }
    assert_string_equal(buf_str(&titles), expected);
}

static void providers_stand_among_the_stored_ones(void **state)
{
    struct api_fixture *f = *state;
    fixture_user(f, "alice", STORE_ROLE_ADMIN);
    assert_works(f, create_idp(f, "one"));
    assert_works(f, create_idp(f, "two"));
    place(f, "memos-idp-1.json", IDP("z"));
    place(f, "memos-idp-2.json", IDP("one"));
    place(f, "memos-idp-3.json", IDP("b"));
    assert_works(f, load(f));
    assert_titles(f, "N one, stored two, N b, N z");
    static const char refusal[] = "identity provider \"one\" is configured by the deployment";
    assert_fails(f, create_idp(f, "one"), STATUS_FAILED_PRECONDITION, refusal);
    assert_fails(f, update_idp(f, "one"), STATUS_FAILED_PRECONDITION, refusal);
    assert_fails(f, delete_idp(f, "one"), STATUS_FAILED_PRECONDITION, refusal);
    assert_works(f, update_idp(f, "two"));
    /* Those of files count: the last stored one may go though passwords are off. */
    assert_works(f, update(f, "{\"setting\":{\"name\":\"instance/settings/GENERAL\",\"generalSetting\":"
                              "{\"disallowPasswordAuth\":true}}}"));
    assert_works(f, delete_idp(f, "two"));
    fixture_restart(f);
    assert_titles(f, "stored one");
    assert_fails(f, delete_idp(f, "one"), STATUS_FAILED_PRECONDITION,
                 "password authentication for regular users cannot be disabled without an effective identity provider");
}

static void users_need_some_way_in(void **state)
{
    struct api_fixture *f = *state;
    place(f, "memos-instance-setting-a.json",
          "{\"key\":\"GENERAL\",\"generalSetting\":{\"disallowPasswordAuth\":true}}");
    assert_fails(f, load(f), STATUS_INVALID_ARGUMENT,
                 "deployment configuration disables password authentication for regular users but has no effective "
                 "identity provider");
    fixture_restart(f);
    place(f, "memos-idp-a.json", IDP("x"));
    assert_works(f, load(f));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_empty, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(refuses_bad_settings),
        TEST(refuses_bad_providers),
        TEST(looks_at_regular_files_of_bounded_size),
        TEST(refuses_the_same_twice),
        TEST(a_group_replaces_the_stored_one),
        TEST(providers_stand_among_the_stored_ones),
        TEST(users_need_some_way_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
