#include "api_fixture.h"

#include <pthread.h>

#include "base/clock.h"
#include "store/token.h"

static enum status_code list(struct api_fixture *f, const char *as, const char *parent,
                             Memos__Api__V1__ListPersonalAccessTokensResponse **response)
{
    Memos__Api__V1__ListPersonalAccessTokensRequest request = MEMOS__API__V1__LIST_PERSONAL_ACCESS_TOKENS_REQUEST__INIT;
    request.parent = (char *)parent;
    return api_user_service_list_personal_access_tokens(fixture_call(f, as), &request, response, &f->status);
}

static enum status_code create(struct api_fixture *f, const char *as, const char *parent, int days,
                               Memos__Api__V1__CreatePersonalAccessTokenResponse **response)
{
    Memos__Api__V1__CreatePersonalAccessTokenRequest request =
        MEMOS__API__V1__CREATE_PERSONAL_ACCESS_TOKEN_REQUEST__INIT;
    request.parent = (char *)parent;
    request.description = arena_strdup(f->arena, "for a script");
    request.expires_in_days = days;
    return api_user_service_create_personal_access_token(fixture_call(f, as), &request, response, &f->status);
}

static enum status_code delete_token(struct api_fixture *f, const char *as, const char *name)
{
    Memos__Api__V1__DeletePersonalAccessTokenRequest request =
        MEMOS__API__V1__DELETE_PERSONAL_ACCESS_TOKEN_REQUEST__INIT;
    Google__Protobuf__Empty *response = NULL;
    request.name = (char *)name;
    return api_user_service_delete_personal_access_token(fixture_call(f, as), &request, &response, &f->status);
}

static int32_t caller_of(struct api_fixture *f, const char *token)
{
    struct api_call *call = fixture_call(f, NULL);
    auth_authenticate(f->auth, call, arena_printf(f->arena, "Bearer %s", token));
    return call->caller.user_id;
}

static void lists_as_recorded(void **state)
{
    struct api_fixture *f = *state;
    Memos__Api__V1__ListPersonalAccessTokensResponse *response = NULL;
    assert_works(f, list(f, "alice", "users/alice", &response));
    assert_recorded(f, response, "alice", "GET", "/api/v1/users/alice/personalAccessTokens");
    assert_works(f, list(f, "alice", "users/bob", &response));
    assert_recorded(f, response, "alice", "GET", "/api/v1/users/bob/personalAccessTokens");
    assert_fails(f, (int)list(f, "bob", "users/alice", &response), STATUS_PERMISSION_DENIED, "permission denied");
    assert_fails(f, (int)list(f, "bob", "users/none", &response), STATUS_INVALID_ARGUMENT,
                 "invalid user name: user not found: users/none");
    assert_fails(f, (int)list(f, NULL, "users/alice", &response), STATUS_UNAUTHENTICATED, "user not authenticated");
}

static void a_new_token_works_until_deleted(void **state)
{
    struct api_fixture *f = *state;
    Memos__Api__V1__CreatePersonalAccessTokenResponse *made = NULL;
    Memos__Api__V1__ListPersonalAccessTokensResponse *all = NULL;
    assert_works(f, create(f, "bob", "users/bob", 0, &made));
    assert_int_equal(strlen(made->token), 42);
    assert_memory_equal(made->token, "memos_pat_", 10);
    assert_int_equal(strspn(made->token + 10, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"), 32);
    assert_string_equal(made->personal_access_token->description, "for a script");
    assert_null(made->personal_access_token->expires_at);
    assert_int_equal(caller_of(f, made->token), 2);
    fixture_restart(f);
    assert_int_equal(caller_of(f, made->token), 2);
    assert_works(f, list(f, "bob", "users/bob", &all));
    assert_int_equal(all->n_personal_access_tokens, 2);
    assert_string_equal(all->personal_access_tokens[1]->name, made->personal_access_token->name);
    char *stored =
        fixture_query(f, "SELECT value FROM user_setting WHERE user_id = 2 AND `key` = 'PERSONAL_ACCESS_TOKENS'");
    assert_null(strstr(stored, made->token)); /* only its hash */
    assert_works(f, delete_token(f, "bob", made->personal_access_token->name));
    assert_int_equal(caller_of(f, made->token), 0);
    assert_works(f, delete_token(f, "bob", made->personal_access_token->name)); /* gone already: fine */
}

static void tokens_run_out(void **state)
{
    struct api_fixture *f = *state;
    Memos__Api__V1__CreatePersonalAccessTokenResponse *made = NULL;
    assert_works(f, create(f, "bob", "users/bob", 3, &made));
    int64_t life = made->personal_access_token->expires_at->seconds - clock_wall_s();
    assert_in_range(life, 3 * 86400 - 60, 3 * 86400);
    assert_int_equal(caller_of(f, made->token), 2);
    fixture_sql(f, "UPDATE user_setting SET value = replace(value, '\"expiresAt\":\"2', '\"expiresAt\":\"1') "
                   "WHERE user_id = 2 AND `key` = 'PERSONAL_ACCESS_TOKENS'");
    fixture_restart(f);
    assert_int_equal(caller_of(f, made->token), 0);
    assert_works(f, create(f, "bob", "users/bob", -5, &made)); /* never */
    assert_null(made->personal_access_token->expires_at);
    assert_works(f, create(f, "bob", "users/bob", 2000000, &made)); /* in the distant future */
    assert_int_equal(caller_of(f, made->token), 2);
    assert_fails(f, (int)create(f, "bob", "users/bob", INT32_MAX, &made), STATUS_INVALID_ARGUMENT,
                 "expires_in_days is too large");
}

static void only_the_user_himself_makes_and_deletes(void **state)
{
    struct api_fixture *f = *state;
    Memos__Api__V1__CreatePersonalAccessTokenResponse *made = NULL;
    assert_fails(f, (int)create(f, "alice", "users/bob", 0, &made), STATUS_PERMISSION_DENIED, "permission denied");
    assert_fails(f, (int)create(f, "alice", "users/none", 0, &made), STATUS_INVALID_ARGUMENT,
                 "invalid user name: user not found: users/none");
    assert_fails(f, (int)create(f, NULL, "users/bob", 0, &made), STATUS_UNAUTHENTICATED, "user not authenticated");
    assert_fails(f, (int)delete_token(f, "alice", "users/bob/personalAccessTokens/x"), STATUS_PERMISSION_DENIED,
                 "permission denied");
    assert_fails(f, (int)delete_token(f, "alice", "users/none/personalAccessTokens/x"), STATUS_INVALID_ARGUMENT,
                 "invalid user name: user not found: users/none");
    assert_fails(f, (int)delete_token(f, "bob", "users/bob/tokens/x"), STATUS_INVALID_ARGUMENT,
                 "invalid personal access token name");
    assert_fails(f, (int)delete_token(f, "bob", "users/bob/personalAccessTokens/"), STATUS_INVALID_ARGUMENT,
                 "invalid personal access token name");
}

static void unreadable_rows_hurt_nobody_else(void **state)
{
    struct api_fixture *f = *state;
    fixture_sql(f, "UPDATE user_setting SET value = '{' WHERE user_id = 1 AND `key` = 'PERSONAL_ACCESS_TOKENS'");
    log_set_level(LOG_LEVEL_ERROR);
    assert_int_equal(caller_of(f, "memos_pat_pT27zK7Zj4t7pKjGVX1O0taJwbjCitVz"), 2);
}

static void deleting_the_user_ends_his_tokens(void **state)
{
    struct api_fixture *f = *state;
    assert_int_equal(caller_of(f, "memos_pat_pT27zK7Zj4t7pKjGVX1O0taJwbjCitVz"), 2);
    assert_works(f, store_user_delete(f->store, f->arena, 2, &f->status));
    assert_int_equal(caller_of(f, "memos_pat_pT27zK7Zj4t7pKjGVX1O0taJwbjCitVz"), 0);
}

enum { WRITERS = 4, ROUNDS = 8 };

struct writer {
    struct api_fixture *f;
    int32_t user_id;
    int number;
    bool failed;
};

/* Makes and uses tokens side by side with others of the same user. */
static void *make_tokens(void *arg)
{
    struct writer *writer = arg;
    struct arena *arena = arena_create();
    struct status status = {0};
    for (int i = 0; i < ROUNDS; i++) {
        char text[AUTH_PAT_SIZE], hash[HASH_SHA256_HEX_SIZE];
        store_pat token = MEMOS__STORE__PERSONAL_ACCESS_TOKENS_USER_SETTING__PERSONAL_ACCESS_TOKEN__INIT;
        struct api_call call = {.arena = arena, .services = &writer->f->services};
        auth_make_pat(text, hash);
        token.token_id = arena_printf(arena, "%d-%d", writer->number, i);
        token.token_hash = hash;
        writer->failed |= store_pat_add(writer->f->store, arena, writer->user_id, &token, &status) != STATUS_OK;
        auth_authenticate(writer->f->auth, &call, arena_printf(arena, "Bearer %s", text));
        writer->failed |= call.caller.user_id != writer->user_id;
    }
    arena_destroy(arena);
    return NULL;
}

static void no_change_of_the_list_is_lost(void **state)
{
    struct api_fixture *f = *state;
    pthread_t threads[WRITERS];
    struct writer writers[WRITERS];
    int32_t id = fixture_user(f, "anna", STORE_ROLE_USER);
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.f = f, .user_id = id, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, make_tokens, &writers[i]), 0);
    }
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
        assert_false(writers[i].failed);
    }
    fixture_restart(f);
    store_pat **tokens;
    size_t count;
    assert_works(f, store_pat_list(f->store, f->arena, id, &tokens, &count, &f->status));
    assert_int_equal(count, WRITERS * ROUNDS);
    for (size_t i = 0; i < count; i++)
        assert_non_null(tokens[i]->last_used_at);
}

static void last_use_never_moves_back(void **state)
{
    struct api_fixture *f = *state;
    struct store_pat_owner owner = {.user_id = 1, .token_id = "3f614a53-099a-40f9-bcd3-a2d53b1c5d0a"};
    struct store_pat_owner gone = {.user_id = 1, .token_id = "no such token"}, nobody = {99, "x", false, 0};
    store_pat **tokens;
    size_t count;
    store_pat_touch(f->store, &owner, 1000);
    store_pat_touch(f->store, &gone, clock_wall_ns());
    store_pat_touch(f->store, &nobody, clock_wall_ns());
    fixture_restart(f);
    assert_works(f, store_pat_list(f->store, f->arena, 1, &tokens, &count, &f->status));
    assert_int_equal(count, 2);
    assert_int_equal(tokens[0]->last_used_at->seconds, 1795488124); /* as recorded */
    assert_string_equal(fixture_query(f, "SELECT COUNT(*) FROM user_setting WHERE user_id = 99"), "0");
}

static void sessions_that_ran_out_are_dropped(void **state)
{
    struct api_fixture *f = *state;
    store_refresh_token session = MEMOS__STORE__REFRESH_TOKENS_USER_SETTING__REFRESH_TOKEN__INIT, *found;
    session.token_id = arena_strdup(f->arena, "old");
    session.expires_at = api_timestamp(f->arena, clock_wall_s() - 10);
    assert_works(f, store_refresh_token_add(f->store, f->arena, 2, &session, &f->status));
    assert_works(f, store_refresh_token_find(f->store, f->arena, 2, "old", &found, &f->status));
    session.token_id = arena_strdup(f->arena, "new");
    session.expires_at = api_timestamp(f->arena, clock_wall_s() + 1000);
    assert_works(f, store_refresh_token_add(f->store, f->arena, 2, &session, &f->status));
    assert_int_equal(store_refresh_token_find(f->store, f->arena, 2, "old", &found, &f->status), STATUS_NOT_FOUND);
    assert_works(f, store_refresh_token_find(f->store, f->arena, 2, "new", &found, &f->status));
    assert_works(f, store_refresh_token_find(f->store, f->arena, 2, "9a529c51-d059-4813-ac92-78896f586729", &found,
                                             &f->status)); /* the recorded one */
}

static void a_session_is_rotated_once(void **state)
{
    struct api_fixture *f = *state;
    store_refresh_token fresh = MEMOS__STORE__REFRESH_TOKENS_USER_SETTING__REFRESH_TOKEN__INIT, *found;
    fresh.token_id = arena_strdup(f->arena, "fresh");
    static const char old[] = "9a529c51-d059-4813-ac92-78896f586729";
    assert_works(f, store_refresh_token_rotate(f->store, f->arena, 2, old, &fresh, &f->status));
    assert_int_equal(store_refresh_token_rotate(f->store, f->arena, 2, old, &fresh, &f->status), STATUS_NOT_FOUND);
    assert_works(f, store_refresh_token_find(f->store, f->arena, 2, "fresh", &found, &f->status));
    assert_works(f, store_refresh_token_remove(f->store, f->arena, 2, "fresh", &f->status));
    assert_works(f, store_refresh_token_remove(f->store, f->arena, 2, "fresh", &f->status));
    assert_string_equal(
        fixture_query(f, "SELECT value FROM user_setting WHERE user_id = 2 AND `key` = 'REFRESH_TOKENS'"), "{}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lists_as_recorded, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(a_new_token_works_until_deleted, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(tokens_run_out, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(only_the_user_himself_makes_and_deletes, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(unreadable_rows_hurt_nobody_else, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(deleting_the_user_ends_his_tokens, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(no_change_of_the_list_is_lost, fixture_empty, fixture_close),
        cmocka_unit_test_setup_teardown(last_use_never_moves_back, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(sessions_that_ran_out_are_dropped, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(a_session_is_rotated_once, fixture_recorded, fixture_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
