#include "api_fixture.h"

#include <pthread.h>

#include "auth/password.h"
#include "base/clock.h"

typedef Memos__Api__V1__User user_message;

static enum status_code create(struct api_fixture *f, struct api_call *call, const char *json, user_message **response)
{
    return api_user_service_create_user(
        call, fixture_request(f, &memos__api__v1__create_user_request__descriptor, json), response, &f->status);
}

static void refuse_creation(struct api_fixture *f, const char *as, const char *json, int code, const char *text)
{
    user_message *response = NULL;
    assert_fails(f, (int)create(f, fixture_call(f, as), json, &response), code, text);
}

static enum status_code update(struct api_fixture *f, const char *as, const char *json, user_message **response)
{
    return api_user_service_update_user(fixture_call(f, as),
                                        fixture_request(f, &memos__api__v1__update_user_request__descriptor, json),
                                        response, &f->status);
}

static user_message *change(struct api_fixture *f, const char *as, const char *json)
{
    user_message *response = NULL;
    assert_works(f, update(f, as, json, &response));
    return response;
}

static void refuse_update(struct api_fixture *f, const char *as, const char *json, int code, const char *text)
{
    user_message *response = NULL;
    assert_fails(f, (int)update(f, as, json, &response), code, text);
}

static enum status_code get(struct api_fixture *f, const char *as, const char *name, user_message **response)
{
    Memos__Api__V1__GetUserRequest request = MEMOS__API__V1__GET_USER_REQUEST__INIT;
    request.name = (char *)name;
    return api_user_service_get_user(fixture_call(f, as), &request, response, &f->status);
}

static void the_first_user_becomes_admin(void **state)
{
    struct api_fixture *f = *state;
    user_message *user = NULL;
    static const char alice[] = "{\"user\":{\"username\":\"alice\",\"password\":\"x\",\"role\":\"USER\",\"email\":\"a@"
                                "x\",\"displayName\":\"Al\","
                                "\"description\":\"ignored\",\"avatarUrl\":\"http://ignored\",\"state\":\"ARCHIVED\"}}";
    fixture_sql(f, "INSERT INTO system_setting (name, value) VALUES ('GENERAL', "
                   "'{\"disallowUserRegistration\":true,\"disallowPasswordAuth\":true}')");
    assert_works(f, create(f, fixture_call(f, NULL), alice, &user));
    assert_int_equal(user->role, MEMOS__API__V1__USER__ROLE__ADMIN);
    assert_string_equal(user->name, "users/alice");
    assert_string_equal(user->email, "a@x"); /* the answer is the self view */
    assert_string_equal(user->display_name, "Al");
    assert_string_equal(user->description, "");
    assert_string_equal(user->avatar_url, "");
    assert_string_equal(user->password, "");
    assert_int_equal(user->state, MEMOS__API__V1__STATE__NORMAL);
    assert_in_range(user->create_time->seconds, clock_wall_s() - 60, clock_wall_s());
    char *hash;
    assert_works(f, store_user_password_hash(f->store, f->arena, 1, &hash, &f->status));
    assert_true(password_matches("x", hash));
    /* ... and with him there, the settings hold */
    refuse_creation(f, NULL, "{\"user\":{\"username\":\"bob\",\"password\":\"x\"}}", STATUS_PERMISSION_DENIED,
                    "user registration is not allowed");
}

static void sign_up_follows_the_settings(void **state)
{
    struct api_fixture *f = *state;
    user_message *user = NULL;
    assert_works(f, create(f, fixture_call(f, NULL),
                           "{\"user\":{\"username\":\"dora\",\"password\":\"x\",\"role\":\"ADMIN\"}}", &user));
    assert_int_equal(user->role, MEMOS__API__V1__USER__ROLE__USER);
    assert_works(f, create(f, fixture_call(f, "alice"),
                           "{\"user\":{\"username\":\"emil\",\"password\":\"x\",\"role\":\"ADMIN\"}}", &user));
    assert_int_equal(user->role, MEMOS__API__V1__USER__ROLE__ADMIN);
    assert_works(f,
                 create(f, fixture_call(f, "alice"), "{\"user\":{\"username\":\"fred\",\"password\":\"x\"}}", &user));
    assert_int_equal(user->role, MEMOS__API__V1__USER__ROLE__USER);
    fixture_sql(f, "UPDATE system_setting SET value = '{\"disallowPasswordAuth\":true}' WHERE name = 'GENERAL'");
    fixture_restart(f);
    refuse_creation(f, "bob", "{\"user\":{\"username\":\"gina\",\"password\":\"x\"}}", STATUS_PERMISSION_DENIED,
                    "password signup is not allowed");
    assert_works(f,
                 create(f, fixture_call(f, "alice"), "{\"user\":{\"username\":\"gina\",\"password\":\"x\"}}", &user));
}

static void refuses_bad_new_users(void **state)
{
    struct api_fixture *f = *state;
    refuse_creation(f, NULL, "{}", STATUS_INVALID_ARGUMENT, "user is required");
    refuse_creation(f, NULL, "{\"userId\":\"x\",\"user\":{\"username\":\"y\"}}", STATUS_INVALID_ARGUMENT,
                    "user_id must match user.username");
    refuse_creation(f, NULL, "{\"user\":{}}", STATUS_INVALID_ARGUMENT, "invalid username \"\"");
    refuse_creation(f, NULL, "{\"user\":{\"username\":\"123\",\"password\":\"x\"}}", STATUS_INVALID_ARGUMENT,
                    "invalid username \"123\"");
    refuse_creation(f, NULL, "{\"user\":{\"username\":\"a\\\"b\",\"password\":\"x\"}}", STATUS_INVALID_ARGUMENT,
                    "invalid username \"a\\\"b\"");
    refuse_creation(f, NULL, "{\"user\":{\"username\":\"dora\"}}", STATUS_INVALID_ARGUMENT,
                    "password must not be empty");
    struct buf json = buf_in(f->arena);
    buf_add_str(&json, "{\"user\":{\"username\":\"dora\",\"password\":\"");
    for (int i = 0; i < 73; i++)
        buf_add_char(&json, 'p');
    buf_add_str(&json, "\"}}");
    refuse_creation(f, NULL, buf_str(&json), STATUS_INTERNAL,
                    "failed to generate password hash: bcrypt: password length exceeds 72 bytes");
    user_message *response = NULL;
    assert_int_equal(
        create(f, fixture_call(f, NULL), "{\"user\":{\"username\":\"bob\",\"password\":\"x\"}}", &response),
        STATUS_INTERNAL);
    assert_int_equal(strncmp(f->status.message, "failed to create user: ", 23), 0);
    assert_non_null(strstr(f->status.message, "user.username"));
}

static void a_trial_creates_nothing(void **state)
{
    struct api_fixture *f = *state;
    user_message *user = NULL;
    assert_works(f, create(f, fixture_call(f, NULL),
                           "{\"validateOnly\":true,\"user\":{\"username\":\"alice\",\"password\":\"x\"}}", &user));
    assert_shows(f, user,
                 "{\"name\":\"\",\"role\":\"ADMIN\",\"username\":\"alice\",\"email\":\"\",\"displayName\":\"\","
                 "\"avatarUrl\":\"\",\"description\":\"\",\"password\":\"\",\"state\":\"STATE_UNSPECIFIED\","
                 "\"createTime\":null,\"updateTime\":null}");
    assert_string_equal(fixture_query(f, "SELECT COUNT(*) FROM `user`"), "0");
}

enum { RACERS = 6 };

struct racer {
    struct api_fixture *f;
    int number;
    enum status_code code;
    bool admin;
};

static void *race(void *arg)
{
    struct racer *racer = arg;
    struct arena *arena = arena_create();
    struct status status = {0};
    struct api_call call = {
        .arena = arena, .services = &racer->f->services, .metadata = fixture_metadata, .metadata_ctx = racer->f};
    Memos__Api__V1__CreateUserRequest request = MEMOS__API__V1__CREATE_USER_REQUEST__INIT;
    user_message user = MEMOS__API__V1__USER__INIT, *response = NULL;
    user.username = arena_printf(arena, "user%d", racer->number);
    user.password = arena_strdup(arena, "x");
    request.user = &user;
    racer->code = api_user_service_create_user(&call, &request, &response, &status);
    racer->admin = !racer->code && response->role == MEMOS__API__V1__USER__ROLE__ADMIN;
    arena_destroy(arena);
    return NULL;
}

static void only_one_of_many_is_first(void **state)
{
    struct api_fixture *f = *state;
    pthread_t threads[RACERS];
    struct racer racers[RACERS];
    int admins = 0;
    for (int i = 0; i < RACERS; i++) {
        racers[i] = (struct racer){.f = f, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < RACERS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(racers[i].code, STATUS_OK);
        admins += racers[i].admin;
    }
    assert_int_equal(admins, 1);
    assert_string_equal(fixture_query(f, "SELECT COUNT(*) FROM `user` WHERE role = 'ADMIN'"), "1");
}

static void shows_users_as_recorded(void **state)
{
    struct api_fixture *f = *state;
    static const char *const viewers[] = {"anonymous", "alice", "bob"};
    static const char *const names[] = {"alice", "bob", "carol"};
    for (size_t v = 0; v < 3; v++) {
        for (size_t n = 0; n < 3; n++) {
            user_message *user = NULL;
            const char *name = arena_printf(f->arena, "users/%s", names[n]);
            const char *path = arena_printf(f->arena, "/api/v1/users/%s", names[n]);
            assert_works(f, get(f, v ? viewers[v] : NULL, name, &user));
            assert_recorded(f, user, viewers[v], "GET", path);
        }
    }
    user_message *user = NULL;
    assert_fails(f, (int)get(f, NULL, "users/nobody", &user), STATUS_NOT_FOUND, "user not found");
    assert_fails(f, (int)get(f, NULL, "users/1", &user), STATUS_NOT_FOUND, "user not found");
    assert_fails(f, (int)get(f, NULL, "users/ALICE", &user), STATUS_NOT_FOUND, "user not found");
    assert_fails(f, (int)get(f, NULL, "users/", &user), STATUS_INVALID_ARGUMENT, "invalid user name: users/");
    assert_fails(f, (int)get(f, NULL, "alice", &user), STATUS_INVALID_ARGUMENT, "invalid user name: alice");
}

static Memos__Api__V1__BatchGetUsersResponse *batch(struct api_fixture *f, const char *as, const char *json)
{
    Memos__Api__V1__BatchGetUsersResponse *response = NULL;
    assert_works(f, api_user_service_batch_get_users(
                        fixture_call(f, as),
                        fixture_request(f, &memos__api__v1__batch_get_users_request__descriptor, json), &response,
                        &f->status));
    return response;
}

static void gets_users_in_batches(void **state)
{
    struct api_fixture *f = *state;
    static const char asked[] = "{\"usernames\":[\"bob\",\"alice\",\"nobody\"]}";
    assert_recorded(f, batch(f, NULL, asked), "anonymous", "POST", "/api/v1/users:batchGet");
    assert_recorded(f, batch(f, "bob", asked), "bob", "POST", "/api/v1/users:batchGet");
    assert_int_equal(batch(f, NULL, "{}")->n_users, 0);
    assert_int_equal(batch(f, NULL, "{\"usernames\":[\" \",\"\"]}")->n_users, 0);
    assert_int_equal(batch(f, NULL, "{\"usernames\":[\" bob \",\"bob\",\"carol\"]}")->n_users, 1);
    struct buf json = buf_in(f->arena);
    buf_add_str(&json, "{\"usernames\":[\"\"");
    for (int i = 0; i < 101; i++)
        buf_add_str(&json, ",\"bob\"");
    buf_add_str(&json, "]}");
    Memos__Api__V1__BatchGetUsersResponse *response = NULL;
    assert_fails(f,
                 (int)api_user_service_batch_get_users(
                     fixture_call(f, NULL),
                     fixture_request(f, &memos__api__v1__batch_get_users_request__descriptor, buf_str(&json)),
                     &response, &f->status),
                 STATUS_INVALID_ARGUMENT, "too many usernames (max 100)");
}

static enum status_code list(struct api_fixture *f, const char *as, const char *json,
                             Memos__Api__V1__ListUsersResponse **response)
{
    return api_user_service_list_users(fixture_call(f, as),
                                       fixture_request(f, &memos__api__v1__list_users_request__descriptor, json),
                                       response, &f->status);
}

static void lists_users_for_admins(void **state)
{
    struct api_fixture *f = *state;
    Memos__Api__V1__ListUsersResponse *response = NULL;
    assert_works(f, list(f, "alice", "{}", &response));
    assert_recorded(f, response, "alice", "GET", "/api/v1/users");
    assert_fails(f, (int)list(f, "bob", "{}", &response), STATUS_PERMISSION_DENIED, "permission denied");
    assert_fails(f, (int)list(f, NULL, "{}", &response), STATUS_UNAUTHENTICATED, "user not authenticated");
    assert_works(f, list(f, "alice", "{\"pageSize\":1,\"showDeleted\":true}", &response));
    assert_int_equal(response->n_users, 1);
    assert_string_equal(response->next_page_token, "CAEQAQ==");
    assert_works(f, list(f, "alice", "{\"pageSize\":50,\"pageToken\":\"CAEQAQ==\"}", &response));
    assert_string_equal(response->users[0]->username, "bob");
    assert_string_equal(response->next_page_token, "CAEQAg==");
    assert_works(f, list(f, "alice", "{\"pageToken\":\"CAEQAg==\"}", &response));
    assert_string_equal(response->users[0]->username, "alice");
    assert_string_equal(response->next_page_token, "");
    assert_works(f, list(f, "alice", "{\"pageToken\":\"CAEQCQ==\"}", &response));
    assert_int_equal(response->n_users, 0);
    assert_works(f, list(f, "alice", "{\"pageSize\":-1,\"filter\":\"  \"}", &response));
    assert_int_equal(response->n_users, 3);
    assert_fails(f, (int)list(f, "alice", "{\"pageToken\":\"!\"}", &response), STATUS_INVALID_ARGUMENT,
                 "invalid page token: failed to decode page token: illegal base64 data at input byte 0");
    assert_int_equal(list(f, "alice", "{\"pageToken\":\"/w==\"}", &response), STATUS_INVALID_ARGUMENT);
    assert_int_equal(strncmp(f->status.message, "invalid page token: failed to unmarshal page token: ", 52), 0);
}

static void lists_users_by_filter(void **state)
{
    struct api_fixture *f = *state;
    Memos__Api__V1__ListUsersResponse *response = NULL;
    static const char *const matching[] = {"username == \\\"bob\\\"", "'bob' == username"};
    for (size_t i = 0; i < 2; i++) {
        assert_works(f, list(f, "alice", arena_printf(f->arena, "{\"filter\":\"%s\"}", matching[i]), &response));
        assert_int_equal(response->n_users, 1);
        assert_string_equal(response->users[0]->username, "bob");
    }
    assert_works(f, list(f, "alice", "{\"filter\":\"username == 'nobody'\"}", &response));
    assert_int_equal(response->n_users, 0);
    assert_fails(f, (int)list(f, "alice", "{\"filter\":\"username != 'bob'\"}", &response), STATUS_INVALID_ARGUMENT,
                 "invalid filter: unsupported operator: _!=_ (only '==' is supported)");
    assert_fails(f, (int)list(f, "bob", "{\"filter\":\"nonsense(\"}", &response), STATUS_PERMISSION_DENIED,
                 "permission denied");
    assert_int_equal(list(f, "alice", "{\"filter\":\"nonsense(\"}", &response), STATUS_INVALID_ARGUMENT);
}

static void updates_a_profile(void **state)
{
    struct api_fixture *f = *state;
    fixture_sql(f, "UPDATE `user` SET updated_ts = 1 WHERE id = 2");
    user_message *user = change(f, "bob",
                                "{\"user\":{\"name\":\"users/bob\",\"displayName\":\"B\",\"email\":\"b@x\","
                                "\"description\":\"d\"},\"updateMask\":\"displayName,email,description\"}");
    assert_string_equal(user->display_name, "B");
    assert_string_equal(user->email, "b@x");
    assert_string_equal(user->description, "d");
    assert_in_range(user->update_time->seconds, clock_wall_s() - 60, clock_wall_s());
    user_message *again = NULL;
    assert_works(f, get(f, "bob", "users/bob", &again)); /* the cache has the news */
    assert_shows(f, again, fixture_json(f, user));
    /* Fields that the mask does not name stay. */
    user = change(f, "alice", "{\"user\":{\"name\":\"users/bob\"},\"updateMask\":\"description\"}");
    assert_string_equal(user->description, "");
    assert_string_equal(user->display_name, "B");
}

static void renames(void **state)
{
    struct api_fixture *f = *state;
    refuse_update(f, "bob", "{\"user\":{\"name\":\"users/bob\",\"username\":\"rob\"},\"updateMask\":\"username\"}",
                  STATUS_PERMISSION_DENIED, "permission denied: disallow change username");
    fixture_sql(f, "UPDATE system_setting SET value = '{\"disallowChangeNickname\":true}' WHERE name = 'GENERAL'");
    fixture_restart(f);
    refuse_update(f, "alice", "{\"user\":{\"name\":\"users/bob\"},\"updateMask\":\"displayName\"}",
                  STATUS_PERMISSION_DENIED, "permission denied: disallow change nickname");
    refuse_update(f, "bob", "{\"user\":{\"name\":\"users/bob\",\"username\":\"1\"},\"updateMask\":\"username\"}",
                  STATUS_INVALID_ARGUMENT, "invalid username \"1\"");
    user_message *user =
        change(f, "bob", "{\"user\":{\"name\":\"users/bob\",\"username\":\"rob\"},\"updateMask\":\"username\"}");
    assert_string_equal(user->name, "users/rob");
    assert_fails(f, (int)get(f, NULL, "users/bob", &user), STATUS_NOT_FOUND, "user not found");
    assert_int_equal(update(f, "rob",
                            "{\"user\":{\"name\":\"users/rob\",\"username\":\"alice\"},\"updateMask\":\"username\"}",
                            &user),
                     STATUS_INTERNAL);
    assert_int_equal(strncmp(f->status.message, "failed to update user: ", 23), 0);
}

static void refuses_bad_updates_in_order(void **state)
{
    struct api_fixture *f = *state;
    refuse_update(f, "bob", "{}", STATUS_INVALID_ARGUMENT, "user is required");
    refuse_update(f, "bob", "{\"user\":{\"name\":\"x\"}}", STATUS_INVALID_ARGUMENT, "update mask is empty");
    refuse_update(f, "bob", "{\"user\":{\"name\":\"x\"},\"updateMask\":\"email\"}", STATUS_INVALID_ARGUMENT,
                  "invalid user name: invalid request \"x\"");
    refuse_update(f, NULL, "{\"user\":{\"name\":\"users/none\"},\"updateMask\":\"email\",\"allowMissing\":true}",
                  STATUS_NOT_FOUND, "user not found");
    refuse_update(f, NULL, "{\"user\":{\"name\":\"users/bob\"},\"updateMask\":\"nonsense\"}", STATUS_UNAUTHENTICATED,
                  "user not authenticated");
    refuse_update(f, "bob", "{\"user\":{\"name\":\"users/alice\"},\"updateMask\":\"nonsense\"}",
                  STATUS_PERMISSION_DENIED, "permission denied");
    refuse_update(f, "bob", "{\"user\":{\"name\":\"users/bob\"},\"updateMask\":\"nonsense\"}", STATUS_INVALID_ARGUMENT,
                  "invalid update path: nonsense");
    refuse_update(f, "bob", "{\"user\":{\"name\":\"users/bob\",\"role\":\"ADMIN\"},\"updateMask\":\"role\"}",
                  STATUS_PERMISSION_DENIED, "permission denied");
    refuse_update(f, "bob", "{\"user\":{\"name\":\"users/bob\",\"state\":\"NORMAL\"},\"updateMask\":\"state\"}",
                  STATUS_PERMISSION_DENIED, "permission denied");
    refuse_update(f, "bob", "{\"user\":{\"name\":\"users/bob\"},\"updateMask\":\"password\"}", STATUS_INVALID_ARGUMENT,
                  "password must not be empty");
    /* One bad path and nothing is written. */
    refuse_update(f, "bob", "{\"user\":{\"name\":\"users/bob\",\"email\":\"new\"},\"updateMask\":\"email,name\"}",
                  STATUS_INVALID_ARGUMENT, "invalid update path: name");
    assert_string_equal(fixture_query(f, "SELECT email FROM `user` WHERE id = 2"), "bob@example.com");
}

static void admins_change_role_and_state(void **state)
{
    struct api_fixture *f = *state;
    user_message *user = change(f, "alice",
                                "{\"user\":{\"name\":\"users/carol\",\"state\":\"NORMAL\",\"role\":\"ADMIN\"},"
                                "\"updateMask\":\"state,role\"}");
    assert_int_equal(user->state, MEMOS__API__V1__STATE__NORMAL);
    assert_int_equal(user->role, MEMOS__API__V1__USER__ROLE__ADMIN);
    user = change(f, "alice",
                  "{\"user\":{\"name\":\"users/alice\",\"state\":\"ARCHIVED\",\"role\":\"ROLE_UNSPECIFIED\"},"
                  "\"updateMask\":\"state,role\"}"); /* also himself, and without a last-admin guard */
    assert_int_equal(user->state, MEMOS__API__V1__STATE__ARCHIVED);
    assert_int_equal(user->role, MEMOS__API__V1__USER__ROLE__USER);
}

static void changes_passwords(void **state)
{
    struct api_fixture *f = *state;
    char *hash;
    change(f, "bob",
           "{\"user\":{\"name\":\"users/bob\",\"password\":\"fresh\"},\"updateMask\":\"password,password,password\"}");
    assert_works(f, store_user_password_hash(f->store, f->arena, 2, &hash, &f->status));
    assert_true(password_matches("fresh", hash));
    assert_false(password_matches("fixture-Pass1", hash));
}

static void checks_avatars(void **state)
{
    struct api_fixture *f = *state;
    static const char mask[] = "\"},\"updateMask\":\"avatarUrl\"}";
    static const char *const malformed[] = {"http://x/y.png", "data:image/png,abc", "data:;base64,abc",
                                            "data:image/png;base64,", "x"};
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++)
        refuse_update(
            f, "bob",
            arena_printf(f->arena, "{\"user\":{\"name\":\"users/bob\",\"avatarUrl\":\"%s%s", malformed[i], mask),
            STATUS_INVALID_ARGUMENT, "invalid avatar format: invalid data URI format");
    refuse_update(f, "bob",
                  arena_printf(f->arena, "{\"user\":{\"name\":\"users/bob\",\"avatarUrl\":\"%s%s",
                               "data:image/svg+xml;base64,abc", mask),
                  STATUS_INVALID_ARGUMENT,
                  "invalid avatar image type: image/svg+xml. Only PNG, JPEG, GIF, and WebP are allowed");
    user_message *user = change(f, "bob",
                                arena_printf(f->arena, "{\"user\":{\"name\":\"users/bob\",\"avatarUrl\":\"%s%s",
                                             "data:image/webp;base64,!not checked!", mask));
    assert_string_equal(user->avatar_url, "/file/users/bob/avatar");
    char *stored;
    assert_works(f, store_user_avatar(f->store, f->arena, 2, &stored, &f->status));
    assert_string_equal(stored, "data:image/webp;base64,!not checked!");
    user = change(f, "bob", arena_printf(f->arena, "{\"user\":{\"name\":\"users/bob\",\"avatarUrl\":\"%s", mask));
    assert_string_equal(user->avatar_url, "");
    fixture_sql(f, "UPDATE `user` SET avatar_url = 'https://sso.example/b.png' WHERE id = 2");
    fixture_restart(f);
    assert_works(f, get(f, NULL, "users/bob", &user));
    assert_string_equal(user->avatar_url, "https://sso.example/b.png");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_user_becomes_admin, fixture_empty, fixture_close),
        cmocka_unit_test_setup_teardown(sign_up_follows_the_settings, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(refuses_bad_new_users, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(a_trial_creates_nothing, fixture_empty, fixture_close),
        cmocka_unit_test_setup_teardown(only_one_of_many_is_first, fixture_empty, fixture_close),
        cmocka_unit_test_setup_teardown(shows_users_as_recorded, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(gets_users_in_batches, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(lists_users_for_admins, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(lists_users_by_filter, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(updates_a_profile, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(renames, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(refuses_bad_updates_in_order, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(admins_change_role_and_state, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(changes_passwords, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(checks_avatars, fixture_recorded, fixture_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
