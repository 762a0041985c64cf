#include "api_fixture.h"

typedef Memos__Api__V1__IdentityProvider provider_message;

static enum status_code list(struct api_fixture *f, const char *as,
                             Memos__Api__V1__ListIdentityProvidersResponse **response)
{
    Memos__Api__V1__ListIdentityProvidersRequest request = MEMOS__API__V1__LIST_IDENTITY_PROVIDERS_REQUEST__INIT;
    return api_identity_provider_service_list_identity_providers(fixture_call(f, as), &request, response, &f->status);
}

static enum status_code get(struct api_fixture *f, const char *name, provider_message **response)
{
    Memos__Api__V1__GetIdentityProviderRequest request = MEMOS__API__V1__GET_IDENTITY_PROVIDER_REQUEST__INIT;
    request.name = (char *)name;
    return api_identity_provider_service_get_identity_provider(fixture_call(f, "bob"), &request, response, &f->status);
}

static enum status_code create(struct api_fixture *f, const char *as, const char *json, provider_message **response)
{
    return api_identity_provider_service_create_identity_provider(
        fixture_call(f, as), fixture_request(f, &memos__api__v1__create_identity_provider_request__descriptor, json),
        response, &f->status);
}

static enum status_code update(struct api_fixture *f, const char *as, const char *json, provider_message **response)
{
    return api_identity_provider_service_update_identity_provider(
        fixture_call(f, as), fixture_request(f, &memos__api__v1__update_identity_provider_request__descriptor, json),
        response, &f->status);
}

static enum status_code delete_provider(struct api_fixture *f, const char *as, const char *name)
{
    Memos__Api__V1__DeleteIdentityProviderRequest request = MEMOS__API__V1__DELETE_IDENTITY_PROVIDER_REQUEST__INIT;
    Google__Protobuf__Empty *response = NULL;
    request.name = (char *)name;
    return api_identity_provider_service_delete_identity_provider(fixture_call(f, as), &request, &response, &f->status);
}

#define CONFIG                                                                                                         \
    "\"config\":{\"oauth2Config\":{\"clientId\":\"c\",\"clientSecret\":\"s\",\"authUrl\":\"https://a\",\"tokenUrl\":"  \
    "\"https://t\",\"userInfoUrl\":\"https://u\",\"scopes\":[\"openid\"],\"fieldMapping\":{\"identifier\":\"sub\"}}}"

static void shows_as_recorded(void **state)
{
    struct api_fixture *f = *state;
    Memos__Api__V1__ListIdentityProvidersResponse *all = NULL;
    provider_message *one = NULL;
    assert_works(f, list(f, NULL, &all));
    assert_recorded(f, all, "anonymous", "GET", "/api/v1/identity-providers");
    assert_works(f, list(f, "alice", &all)); /* admins do not see the secret either */
    assert_recorded(f, all, "alice", "GET", "/api/v1/identity-providers");
    assert_works(f, get(f, "identity-providers/local-sso", &one));
    assert_recorded(f, one, "bob", "GET", "/api/v1/identity-providers/local-sso");
    assert_fails(f, (int)get(f, "identity-providers/none", &one), STATUS_NOT_FOUND, "identity provider not found");
    assert_fails(f, (int)get(f, "x", &one), STATUS_INVALID_ARGUMENT,
                 "invalid identity provider name: invalid request \"x\"");
}

static void creates(void **state)
{
    struct api_fixture *f = *state;
    provider_message *made = NULL;
    assert_works(f, create(f, "alice",
                           "{\"identityProviderId\":\" corp-1 \",\"identityProvider\":{\"title\":\"Corp\",\"type\":"
                           "\"OAUTH2\",\"identifierFilter\":\"^x\"," CONFIG "}}",
                           &made));
    assert_string_equal(made->name, "identity-providers/corp-1");
    assert_string_equal(made->config->oauth2_config->client_secret, "");
    assert_string_equal(
        fixture_query(f, "SELECT config FROM idp WHERE uid = 'corp-1'"),
        "{\"clientId\":\"c\",\"clientSecret\":\"s\",\"authUrl\":\"https://a\",\"tokenUrl\":\"https://t\","
        "\"userInfoUrl\":\"https://u\",\"scopes\":[\"openid\"],\"fieldMapping\":{\"identifier\":\"sub\"}}");
    assert_works(f, create(f, "alice", "{\"identityProvider\":{\"type\":\"OAUTH2\"," CONFIG "}}", &made));
    assert_int_equal(strlen(made->name), strlen("identity-providers/") + 22);
    assert_works(
        f, create(f, "alice", "{\"identityProviderId\":\"123\",\"identityProvider\":{\"title\":\"odd\"}}", &made));
    assert_int_equal(made->type, MEMOS__API__V1__IDENTITY_PROVIDER__TYPE__TYPE_UNSPECIFIED);
    Memos__Api__V1__ListIdentityProvidersResponse *all = NULL;
    assert_works(f, list(f, NULL, &all));
    assert_int_equal(all->n_identity_providers, 5);
    assert_string_equal(all->identity_providers[2]->name, "identity-providers/corp-1");
}

static void refuses_bad_new_ones(void **state)
{
    struct api_fixture *f = *state;
    provider_message *made = NULL;
    assert_fails(f, (int)create(f, NULL, "{}", &made), STATUS_UNAUTHENTICATED, "user not authenticated");
    assert_fails(f, (int)create(f, "bob", "{}", &made), STATUS_PERMISSION_DENIED, "permission denied");
    assert_fails(f, (int)create(f, "alice", "{}", &made), STATUS_INVALID_ARGUMENT, "identity provider is required");
    assert_fails(f, (int)create(f, "alice", "{\"identityProviderId\":\"a_b\",\"identityProvider\":{}}", &made),
                 STATUS_INVALID_ARGUMENT,
                 "invalid UID: must be 1-36 characters, contain only letters, digits, or hyphens, and start and end "
                 "with a letter or digit");
    static const char *const incomplete[] = {"", ",\"config\":{}", ",\"config\":{\"oauth2Config\":{}}"};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(create(f, "alice",
                                arena_printf(f->arena, "{\"identityProvider\":{\"type\":\"OAUTH2\"%s}}", incomplete[i]),
                                &made),
                         STATUS_INVALID_ARGUMENT);
    assert_int_equal(
        create(f, "alice",
               "{\"identityProviderId\":\"local-sso\",\"identityProvider\":{\"type\":\"OAUTH2\"," CONFIG "}}", &made),
        STATUS_INTERNAL);
    assert_int_equal(strncmp(f->status.message, "failed to create identity provider, error: ", 43), 0);
}

static void updates_what_the_mask_names(void **state)
{
    struct api_fixture *f = *state;
    provider_message *now = NULL;
    assert_works(f, update(f, "alice",
                           "{\"identityProvider\":{\"name\":\"identity-providers/local-sso\",\"title\":\"New\","
                           "\"identifierFilter\":\"(\"},\"updateMask\":\"title\"}",
                           &now));
    assert_string_equal(now->title, "New");
    assert_string_equal(now->identifier_filter, "^ext-.*$");
    assert_works(f, update(f, "alice",
                           "{\"identityProvider\":{\"name\":\"identity-providers/local-sso\",\"type\":\"OAUTH2\","
                           "\"config\":{\"oauth2Config\":{\"clientId\":\"new\",\"fieldMapping\":{}}}},"
                           "\"updateMask\":\"config\"}",
                           &now));
    assert_string_equal(now->config->oauth2_config->client_id, "new");
    assert_string_equal(fixture_query(f, "SELECT config FROM idp WHERE uid = 'local-sso'"),
                        "{\"clientId\":\"new\",\"clientSecret\":\"fixture-client-secret\",\"fieldMapping\":{}}");
    /* A body that does not say OAUTH2 does not touch the configuration; nor does a mask without a known path. */
    assert_works(f,
                 update(f, "alice",
                        "{\"identityProvider\":{\"name\":\"identity-providers/local-sso\"},\"updateMask\":\"config\"}",
                        &now));
    assert_works(
        f, update(f, "alice",
                  "{\"identityProvider\":{\"name\":\"identity-providers/local-sso\"},\"updateMask\":\"other\"}", &now));
    assert_string_equal(now->config->oauth2_config->client_id, "new");
}

static void refuses_bad_updates(void **state)
{
    struct api_fixture *f = *state;
    provider_message *now = NULL;
    assert_fails(f, (int)update(f, "bob", "{}", &now), STATUS_PERMISSION_DENIED, "permission denied");
    assert_fails(f, (int)update(f, "alice", "{}", &now), STATUS_INVALID_ARGUMENT, "update_mask is required");
    assert_fails(f, (int)update(f, "alice", "{\"updateMask\":\"title\"}", &now), STATUS_INVALID_ARGUMENT,
                 "identity provider is required");
    assert_fails(f, (int)update(f, "alice", "{\"identityProvider\":{\"name\":\"x\"},\"updateMask\":\"title\"}", &now),
                 STATUS_INVALID_ARGUMENT, "invalid identity provider name: invalid request \"x\"");
    assert_fails(f,
                 (int)update(f, "alice",
                             "{\"identityProvider\":{\"name\":\"identity-providers/none\"},\"updateMask\":\"title\"}",
                             &now),
                 STATUS_NOT_FOUND, "identity provider not found");
    assert_int_equal(update(f, "alice",
                            "{\"identityProvider\":{\"name\":\"identity-providers/local-sso\",\"type\":\"OAUTH2\"},"
                            "\"updateMask\":\"config\"}",
                            &now),
                     STATUS_INVALID_ARGUMENT);
}

static void deletes_all_but_the_last_needed_one(void **state)
{
    struct api_fixture *f = *state;
    assert_fails(f, (int)delete_provider(f, "bob", "identity-providers/local-sso"), STATUS_PERMISSION_DENIED,
                 "permission denied");
    assert_fails(f, (int)delete_provider(f, "alice", "identity-providers/none"), STATUS_NOT_FOUND,
                 "identity provider not found");
    fixture_sql(f, "UPDATE system_setting SET value = '{\"disallowPasswordAuth\":true}' WHERE name = 'GENERAL'");
    assert_works(f, delete_provider(f, "alice", "identity-providers/local-sso"));
    assert_fails(f, (int)delete_provider(f, "alice", "identity-providers/example-sso"), STATUS_FAILED_PRECONDITION,
                 "password authentication for regular users cannot be disabled without an effective identity provider");
    assert_string_equal(fixture_query(f, "SELECT COUNT(*) FROM user_identity"), "1"); /* links stay */
    fixture_sql(f, "UPDATE system_setting SET value = '{}' WHERE name = 'GENERAL'");
    assert_works(f, delete_provider(f, "alice", "identity-providers/example-sso"));
    assert_string_equal(fixture_query(f, "SELECT COUNT(*) FROM idp"), "0");
}

static void a_damaged_row_is_an_internal_error(void **state)
{
    struct api_fixture *f = *state;
    Memos__Api__V1__ListIdentityProvidersResponse *all = NULL;
    fixture_sql(f, "UPDATE idp SET config = '' WHERE uid = 'local-sso'");
    assert_int_equal(list(f, NULL, &all), STATUS_INTERNAL);
}

/* Linked identities. */

static enum status_code linked(struct api_fixture *f, const char *as, const char *name,
                               Memos__Api__V1__LinkedIdentity **response)
{
    Memos__Api__V1__GetLinkedIdentityRequest request = MEMOS__API__V1__GET_LINKED_IDENTITY_REQUEST__INIT;
    request.name = (char *)name;
    return api_user_service_get_linked_identity(fixture_call(f, as), &request, response, &f->status);
}

static enum status_code unlink_identity(struct api_fixture *f, const char *as, const char *name)
{
    Memos__Api__V1__DeleteLinkedIdentityRequest request = MEMOS__API__V1__DELETE_LINKED_IDENTITY_REQUEST__INIT;
    Google__Protobuf__Empty *response = NULL;
    request.name = (char *)name;
    return api_user_service_delete_linked_identity(fixture_call(f, as), &request, &response, &f->status);
}

static void links_are_shown_and_cut(void **state)
{
    struct api_fixture *f = *state;
    static const char name[] = "users/bob/linkedIdentities/local-sso";
    Memos__Api__V1__ListLinkedIdentitiesRequest request = MEMOS__API__V1__LIST_LINKED_IDENTITIES_REQUEST__INIT;
    Memos__Api__V1__ListLinkedIdentitiesResponse *all = NULL;
    Memos__Api__V1__LinkedIdentity *one = NULL;
    request.parent = arena_strdup(f->arena, "users/bob");
    assert_works(f, api_user_service_list_linked_identities(fixture_call(f, "bob"), &request, &all, &f->status));
    assert_recorded(f, all, "bob", "GET", "/api/v1/users/bob/linkedIdentities");
    request.parent = arena_strdup(f->arena, "users/carol");
    assert_works(f, api_user_service_list_linked_identities(fixture_call(f, "alice"), &request, &all, &f->status));
    assert_int_equal(all->n_linked_identities, 0);
    assert_fails(f, (int)api_user_service_list_linked_identities(fixture_call(f, "bob"), &request, &all, &f->status),
                 STATUS_PERMISSION_DENIED, "permission denied");
    request.parent = arena_strdup(f->arena, "users/none");
    assert_fails(f, (int)api_user_service_list_linked_identities(fixture_call(f, "bob"), &request, &all, &f->status),
                 STATUS_INVALID_ARGUMENT, "invalid parent: user not found: users/none");
    assert_works(f, linked(f, "alice", name, &one));
    assert_string_equal(one->extern_uid, "ext-bob-42");
    assert_string_equal(one->name, name);
    assert_fails(f, (int)linked(f, "bob", "users/alice/linkedIdentities/local-sso", &one), STATUS_PERMISSION_DENIED,
                 "permission denied");
    assert_fails(f, (int)linked(f, "bob", "users/bob/linkedIdentities/none", &one), STATUS_NOT_FOUND,
                 "linked identity not found");
    assert_fails(f, (int)linked(f, "bob", "users/bob", &one), STATUS_INVALID_ARGUMENT,
                 "invalid linked identity name: invalid linked identity name format: users/bob");
    assert_works(f, unlink_identity(f, "bob", name));
    assert_fails(f, (int)unlink_identity(f, "bob", name), STATUS_NOT_FOUND, "linked identity not found");
}

static void new_links_need_a_provider(void **state)
{
    struct api_fixture *f = *state;
    static const struct {
        const char *as, *json;
        int code;
        const char *text;
    } cases[] = {
        {"bob", "{\"parent\":\"users/none\"}", STATUS_INVALID_ARGUMENT, "invalid parent: user not found: users/none"},
        {"alice", "{\"parent\":\"users/bob\"}", STATUS_PERMISSION_DENIED, "permission denied"},
        {"bob", "{\"parent\":\"users/bob\",\"idpName\":\"x\"}", STATUS_INVALID_ARGUMENT,
         "invalid identity provider name: invalid request \"x\""},
        {"bob", "{\"parent\":\"users/bob\",\"idpName\":\"identity-providers/none\"}", STATUS_INVALID_ARGUMENT,
         "identity provider not found"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Memos__Api__V1__LinkedIdentity *one = NULL;
        assert_fails(f,
                     (int)api_user_service_create_linked_identity(
                         fixture_call(f, cases[i].as),
                         fixture_request(f, &memos__api__v1__create_linked_identity_request__descriptor, cases[i].json),
                         &one, &f->status),
                     cases[i].code, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(shows_as_recorded, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(creates, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(refuses_bad_new_ones, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(updates_what_the_mask_names, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(refuses_bad_updates, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(deletes_all_but_the_last_needed_one, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(a_damaged_row_is_an_internal_error, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(links_are_shown_and_cut, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(new_links_need_a_provider, fixture_recorded, fixture_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
