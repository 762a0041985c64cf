#include "api_fixture.h"

#include <arpa/inet.h>

#include "api/webhook_check.h"
#include "base/address.h"

typedef Memos__Api__V1__UserWebhook webhook_message;

static enum status_code list(struct api_fixture *f, const char *as, const char *parent,
                             Memos__Api__V1__ListUserWebhooksResponse **response)
{
    Memos__Api__V1__ListUserWebhooksRequest request = MEMOS__API__V1__LIST_USER_WEBHOOKS_REQUEST__INIT;
    request.parent = (char *)parent;
    return api_user_service_list_user_webhooks(fixture_call(f, as), &request, response, &f->status);
}

static enum status_code create(struct api_fixture *f, const char *as, const char *json, webhook_message **response)
{
    return api_user_service_create_user_webhook(
        fixture_call(f, as), fixture_request(f, &memos__api__v1__create_user_webhook_request__descriptor, json),
        response, &f->status);
}

static enum status_code update(struct api_fixture *f, const char *as, const char *json, webhook_message **response)
{
    return api_user_service_update_user_webhook(
        fixture_call(f, as), fixture_request(f, &memos__api__v1__update_user_webhook_request__descriptor, json),
        response, &f->status);
}

static enum status_code delete_webhook(struct api_fixture *f, const char *as, const char *name)
{
    Memos__Api__V1__DeleteUserWebhookRequest request = MEMOS__API__V1__DELETE_USER_WEBHOOK_REQUEST__INIT;
    Google__Protobuf__Empty *response = NULL;
    request.name = (char *)name;
    return api_user_service_delete_user_webhook(fixture_call(f, as), &request, &response, &f->status);
}

static enum status_code read_secret(struct api_fixture *f, const char *as, const char *name, const char **secret)
{
    Memos__Api__V1__GetUserWebhookSigningSecretRequest request =
        MEMOS__API__V1__GET_USER_WEBHOOK_SIGNING_SECRET_REQUEST__INIT;
    Memos__Api__V1__GetUserWebhookSigningSecretResponse *response = NULL;
    request.name = (char *)name;
    enum status_code code =
        api_user_service_get_user_webhook_signing_secret(fixture_call(f, as), &request, &response, &f->status);
    *secret = response ? response->signing_secret : NULL;
    return code;
}

static void lists_as_recorded(void **state)
{
    struct api_fixture *f = *state;
    Memos__Api__V1__ListUserWebhooksResponse *response = NULL;
    assert_works(f, list(f, "alice", "users/alice", &response));
    assert_recorded(f, response, "alice", "GET", "/api/v1/users/alice/webhooks");
    assert_works(f, list(f, "alice", "users/bob", &response));
    assert_recorded(f, response, "alice", "GET", "/api/v1/users/bob/webhooks");
    assert_works(f, list(f, "alice", "users/carol", &response));
    assert_recorded(f, response, "alice", "GET", "/api/v1/users/carol/webhooks");
    assert_fails(f, (int)list(f, "bob", "users/alice", &response), STATUS_PERMISSION_DENIED, "permission denied");
    assert_fails(f, (int)list(f, "bob", "users/none", &response), STATUS_INVALID_ARGUMENT,
                 "invalid parent: user not found: users/none");
}

static void creates_with_a_secret_of_its_own(void **state)
{
    struct api_fixture *f = *state;
    webhook_message *made = NULL;
    const char *secret = NULL;
    assert_works(f, create(f, "bob",
                           "{\"parent\":\"users/bob\",\"webhook\":{\"url\":\" http://localhost:9/x \","
                           "\"displayName\":\"w\"}}",
                           &made));
    assert_string_equal(made->url, "http://localhost:9/x");
    assert_string_equal(made->display_name, "w");
    assert_string_equal(made->signing_secret, "");
    assert_true(made->signing_secret_set);
    const char *id = strrchr(made->name, '/') + 1;
    assert_int_equal(strspn(id, "0123456789abcdef"), 16);
    assert_int_equal(strlen(id), 16);
    assert_works(f, read_secret(f, "bob", made->name, &secret));
    assert_int_equal(strlen(secret), 6 + 44);
    assert_works(f, api_check_signing_secret(f->arena, secret, &f->status));
    assert_fails(f, (int)read_secret(f, NULL, made->name, &secret), STATUS_UNAUTHENTICATED, "user not authenticated");
    Memos__Api__V1__ListUserWebhooksResponse *all = NULL;
    assert_works(f, list(f, "bob", "users/bob", &all));
    assert_int_equal(all->n_webhooks, 2);
    assert_string_equal(all->webhooks[1]->name, made->name);
}

static void refuses_bad_new_ones(void **state)
{
    struct api_fixture *f = *state;
    webhook_message *made = NULL;
    static const char required[] = "webhook URL is required";
    assert_fails(f, (int)create(f, "bob", "{\"parent\":\"users/bob\"}", &made), STATUS_INVALID_ARGUMENT, required);
    assert_fails(f, (int)create(f, "bob", "{\"parent\":\"users/bob\",\"webhook\":{\"url\":\" \"}}", &made),
                 STATUS_INVALID_ARGUMENT, required);
    assert_fails(f, (int)create(f, "bob", "{\"parent\":\"users/alice\",\"webhook\":{}}", &made),
                 STATUS_PERMISSION_DENIED, "permission denied");
    assert_fails(f, (int)create(f, "bob", "{\"parent\":\"users/bob\",\"webhook\":{\"url\":\"abc\"}}", &made),
                 STATUS_INVALID_ARGUMENT, "invalid webhook URL: parse \"abc\": invalid URI for request");
    assert_fails(f, (int)create(f, "bob", "{\"parent\":\"users/bob\",\"webhook\":{\"url\":\"ftp://x/\"}}", &made),
                 STATUS_INVALID_ARGUMENT, "webhook URL must use http or https scheme, got \"ftp\"");
    assert_fails(f,
                 (int)create(f, "bob",
                             "{\"parent\":\"users/bob\",\"webhook\":{\"url\":\"http://localhost/\","
                             "\"signingSecret\":\"whsec_?\"}}",
                             &made),
                 STATUS_INVALID_ARGUMENT,
                 "signing secret has whsec_ prefix but is not valid base64: illegal base64 data at input byte 0");
    assert_fails(f,
                 (int)create(f, "bob",
                             "{\"parent\":\"users/bob\",\"webhook\":{\"url\":\"http://localhost/\","
                             "\"signingSecret\":\"schlüssel\"}}",
                             &made),
                 STATUS_INVALID_ARGUMENT, "signing secret contains invalid character");
    f->config.allow_private_webhooks = false;
    assert_fails(f,
                 (int)create(f, "bob", "{\"parent\":\"users/bob\",\"webhook\":{\"url\":\"http://127.0.0.1/\"}}", &made),
                 STATUS_INVALID_ARGUMENT, "webhook URL must not resolve to a reserved or private IP address");
}

#define BOBS "users/bob/webhooks/39a4031a06a31253"

static void updates_what_the_mask_names(void **state)
{
    struct api_fixture *f = *state;
    webhook_message *shown = NULL;
    const char *secret = NULL;
    assert_works(f,
                 update(f, "bob",
                        "{\"webhook\":{\"name\":\"" BOBS "\",\"displayName\":\"new\",\"url\":\"http://localhost/n\"},"
                        "\"updateMask\":\"displayName,other\"}",
                        &shown));
    assert_string_equal(shown->display_name, "new");
    assert_string_equal(shown->url, "http://localhost:9000/bob");
    assert_works(
        f, update(f, "alice", "{\"webhook\":{\"name\":\"" BOBS "\",\"url\":\"\"},\"updateMask\":\"url\"}", &shown));
    assert_string_equal(shown->url, "http://localhost:9000/bob");                       /* empty never replaces */
    assert_works(f, update(f, "bob", "{\"webhook\":{\"name\":\"" BOBS "\"}}", &shown)); /* no mask: the name goes */
    assert_string_equal(shown->display_name, "");
    assert_true(shown->signing_secret_set);
    assert_works(f, update(f, "bob", "{\"webhook\":{\"name\":\"" BOBS "\",\"signingSecret\":\" plain \"}}", &shown));
    assert_works(f, read_secret(f, "bob", BOBS, &secret));
    assert_string_equal(secret, "plain");
    assert_works(f, update(f, "bob", "{\"webhook\":{\"name\":\"" BOBS "\"},\"updateMask\":\"signingSecret\"}", &shown));
    assert_false(shown->signing_secret_set); /* named and empty: signing is off */
    assert_works(f, read_secret(f, "bob", BOBS, &secret));
    assert_string_equal(secret, "");
}

static void refuses_bad_updates(void **state)
{
    struct api_fixture *f = *state;
    webhook_message *shown = NULL;
    assert_fails(f, (int)update(f, "bob", "{}", &shown), STATUS_INVALID_ARGUMENT, "webhook is required");
    assert_fails(f, (int)update(f, "bob", "{\"webhook\":{\"name\":\"users/bob\"}}", &shown), STATUS_INVALID_ARGUMENT,
                 "invalid webhook name: invalid webhook name format");
    assert_fails(f, (int)update(f, "bob", "{\"webhook\":{\"name\":\"users/none/webhooks/x\"}}", &shown),
                 STATUS_INVALID_ARGUMENT, "invalid webhook name: user not found: users/none");
    assert_fails(f, (int)update(f, "bob", "{\"webhook\":{\"name\":\"users/alice/webhooks/x\"}}", &shown),
                 STATUS_PERMISSION_DENIED, "permission denied");
    assert_fails(f, (int)update(f, "bob", "{\"webhook\":{\"name\":\"users/bob/webhooks/x\",\"url\":\"abc\"}}", &shown),
                 STATUS_NOT_FOUND, "webhook not found");
    assert_fails(f, (int)update(f, "bob", "{\"webhook\":{\"name\":\"" BOBS "\",\"url\":\"abc\"}}", &shown),
                 STATUS_INVALID_ARGUMENT, "invalid webhook URL: parse \"abc\": invalid URI for request");
}

static void deletes(void **state)
{
    struct api_fixture *f = *state;
    const char *secret;
    assert_fails(f, (int)delete_webhook(f, NULL, BOBS), STATUS_UNAUTHENTICATED, "user not authenticated");
    assert_works(f, delete_webhook(f, "bob", BOBS));
    assert_fails(f, (int)delete_webhook(f, "bob", BOBS), STATUS_NOT_FOUND, "webhook not found");
    assert_fails(f, (int)read_secret(f, "bob", BOBS, &secret), STATUS_NOT_FOUND, "webhook not found");
    assert_string_equal(fixture_query(f, "SELECT value FROM user_setting WHERE user_id = 2 AND `key` = 'WEBHOOKS'"),
                        "{}");
}

static void knows_reserved_addresses(void **state)
{
    (void)state;
    static const char *const reserved4[] = {"127.0.0.1",      "127.255.255.255", "10.0.0.1",    "172.16.0.1",
                                            "172.31.255.255", "192.168.1.1",     "169.254.1.1", "0.0.0.0"};
    static const char *const public4[] = {"1.1.1.1",     "172.15.0.1", "172.32.0.1",
                                          "192.169.0.1", "11.0.0.1",   "128.0.0.1"};
    static const char *const reserved6[] = {"::1",          "::",      "fc00::1",          "fdff::1",
                                            "fe80::1",      "febf::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1",
                                            "2002:a00:1::1"};
    static const char *const public6[] = {"2606:4700::1",   "fec0::1",          "::2",
                                          "::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::1"};
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    for (size_t i = 0; i < sizeof reserved4 / sizeof reserved4[0]; i++) {
        assert_int_equal(inet_pton(AF_INET, reserved4[i], &in.sin_addr), 1);
        assert_true(address_is_reserved((struct sockaddr *)&in));
    }
    for (size_t i = 0; i < sizeof public4 / sizeof public4[0]; i++) {
        assert_int_equal(inet_pton(AF_INET, public4[i], &in.sin_addr), 1);
        assert_false(address_is_reserved((struct sockaddr *)&in));
    }
    for (size_t i = 0; i < sizeof reserved6 / sizeof reserved6[0]; i++) {
        assert_int_equal(inet_pton(AF_INET6, reserved6[i], &in6.sin6_addr), 1);
        assert_true(address_is_reserved((struct sockaddr *)&in6));
    }
    for (size_t i = 0; i < sizeof public6 / sizeof public6[0]; i++) {
        assert_int_equal(inet_pton(AF_INET6, public6[i], &in6.sin6_addr), 1);
        assert_false(address_is_reserved((struct sockaddr *)&in6));
    }
    assert_true(address_is_reserved(&(struct sockaddr){.sa_family = AF_UNIX}));
}

static void takes_urls_apart(void **state)
{
    struct api_fixture *f = *state;
    static const char *const good[] = {"http://1.1.1.1", "HTTPS://1.1.1.1:8443/p?q=1#f", "http://user:pw@1.1.1.1/",
                                       "http://[2606:4700::1111]:80/x", "http://1.1.1.1?x=a b"};
    static const char *const reserved[] = {"http://127.0.0.1:80/",      "http://[::1]/",
                                           "http://1.1.1.1@127.0.0.1/", "http://[::ffff:10.0.0.1]/x",
                                           "http://0x7f000001/",        "http://127.1/"};
    static const char *const bad[] = {"",
                                      ":",
                                      "abc",
                                      "://x",
                                      "http:",
                                      "http://",
                                      "http:///x",
                                      "/only/a/path",
                                      "http://[::1",
                                      "http://1.1.1.1:port/",
                                      "http://a b/",
                                      "http://1.1.1.1\n/",
                                      "javascript:alert(1)",
                                      "file:///etc/passwd"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_works(f, api_check_webhook_url(f->arena, good[i], false, &f->status));
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        assert_fails(f, (int)api_check_webhook_url(f->arena, reserved[i], false, &f->status), STATUS_INVALID_ARGUMENT,
                     "webhook URL must not resolve to a reserved or private IP address");
        assert_works(f, api_check_webhook_url(f->arena, reserved[i], true, &f->status));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(api_check_webhook_url(f->arena, bad[i], false, &f->status), STATUS_INVALID_ARGUMENT);
        assert_int_equal(api_check_webhook_url(f->arena, bad[i], true, &f->status), STATUS_INVALID_ARGUMENT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lists_as_recorded, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(creates_with_a_secret_of_its_own, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(refuses_bad_new_ones, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(updates_what_the_mask_names, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(refuses_bad_updates, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(deletes, fixture_recorded, fixture_close),
        cmocka_unit_test(knows_reserved_addresses),
        cmocka_unit_test_setup_teardown(takes_urls_apart, fixture_empty, fixture_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
