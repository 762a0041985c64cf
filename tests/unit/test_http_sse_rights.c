/* Streams whose rights change while they are open. */
#include "sse_fixture.h"

#include "store/token.h"

#define PRIVATE_NEWS "data: {\"type\":\"memo.created\",\"name\":\"memos/private\"}\n\n"
#define SHOWN_NEWS "data: {\"type\":\"memo.created\",\"name\":\"memos/shown\"}\n\n"

static int32_t id_of(struct fixture *fixture, const char *username)
{
    struct store_user user;
    struct status *status = &fixture->api->status;
    if (store_user_get_by_username(fixture->api->store, NULL, fixture->api->arena, username, &user, status))
        fail_msg("%s: %s", username, status->message);
    return user.id;
}

static void change_user(struct fixture *fixture, const char *username, struct store_user_change change)
{
    struct store_user user;
    struct status *status = &fixture->api->status;
    if (store_user_update(fixture->api->store, fixture->api->arena, id_of(fixture, username), &change, &user, status))
        fail_msg("%s: %s", username, status->message);
}

static void set_role(struct fixture *fixture, const char *username, enum store_role role)
{
    change_user(fixture, username, (struct store_user_change){.columns = STORE_USER_SET_ROLE, .role = role});
}

/* expires_s: wall clock, 0 = never. */
static const char *add_pat(struct fixture *fixture, const char *username, const char *id, int64_t expires_s)
{
    struct arena *arena = fixture->api->arena;
    char *token = arena_alloc(arena, AUTH_PAT_SIZE), *hash = arena_alloc(arena, HASH_SHA256_HEX_SIZE);
    Google__Protobuf__Timestamp end = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    store_pat pat = MEMOS__STORE__PERSONAL_ACCESS_TOKENS_USER_SETTING__PERSONAL_ACCESS_TOKEN__INIT;
    auth_make_pat(token, hash);
    pat.token_id = (char *)id;
    pat.token_hash = hash;
    end.seconds = expires_s;
    pat.expires_at = expires_s ? &end : NULL;
    assert_int_equal(store_pat_add(fixture->api->store, arena, id_of(fixture, username), &pat, &fixture->api->status),
                     STATUS_OK);
    return token;
}

static void remove_pat(struct fixture *fixture, const char *username, const char *id)
{
    assert_int_equal(
        store_pat_remove(fixture->api->store, fixture->api->arena, id_of(fixture, username), id, &fixture->api->status),
        STATUS_OK);
}

/* Only bob and administrators may hear of the first, everyone of the second. */
static void publish_both(struct fixture *fixture)
{
    publish(fixture, "memos/private", false, id_of(fixture, "bob"));
    publish(fixture, "memos/shown", true, 0);
}

static void goes_on(struct fixture *fixture, struct listener *listener, const char *expected)
{
    publish_both(fixture);
    hear(listener, expected);
    assert_silent(listener);
    stop_listening(listener);
}

static void ends(struct listener *listener)
{
    assert_true(hears_end(listener));
    stop_listening(listener);
}

static void a_role_that_changes_changes_the_stream(void **state)
{
    struct fixture *fixture = *state;
    fixture_user(fixture->api, "dave", STORE_ROLE_ADMIN);
    struct listener *dave = listen_as(fixture, token_of(fixture, "dave"));
    publish_both(fixture);
    hear(dave, PRIVATE_NEWS SHOWN_NEWS);
    set_role(fixture, "dave", STORE_ROLE_USER);
    publish_both(fixture);
    hear(dave, SHOWN_NEWS);
    set_role(fixture, "dave", STORE_ROLE_ADMIN);
    /* From when on is open; at last it hears as before. */
    for (bool both = false; !both;) {
        publish_both(fixture);
        while (dave->length < strlen(SHOWN_NEWS) && (take_chunk(dave) || client_fill(dave->client)))
            ;
        both = strncmp(dave->text, PRIVATE_NEWS, strlen(PRIVATE_NEWS)) == 0;
        hear(dave, both ? PRIVATE_NEWS SHOWN_NEWS : SHOWN_NEWS);
    }
    set_role(fixture, "dave", STORE_ROLE_USER);
    goes_on(fixture, dave, SHOWN_NEWS);
}

static void streams_of_the_archived_and_the_deleted_end(void **state)
{
    struct fixture *fixture = *state;
    fixture_user(fixture->api, "carl", STORE_ROLE_USER);
    fixture_user(fixture->api, "dave", STORE_ROLE_USER);
    struct listener *carl = listen_as(fixture, token_of(fixture, "carl"));
    struct listener *pat_of_carl = listen_as(fixture, add_pat(fixture, "carl", "one", 0));
    struct listener *dave = listen_as(fixture, token_of(fixture, "dave"));
    struct listener *bob = listen_as(fixture, token_of(fixture, "bob"));
    change_user(fixture, "carl",
                (struct store_user_change){.columns = STORE_USER_SET_ROW_STATUS, .row_status = STORE_ARCHIVED});
    ends(carl);
    ends(pat_of_carl);
    assert_int_equal(
        store_user_delete(fixture->api->store, fixture->api->arena, id_of(fixture, "dave"), &fixture->api->status),
        STATUS_OK);
    ends(dave);
    goes_on(fixture, bob, PRIVATE_NEWS SHOWN_NEWS);
    wait_until_open(fixture, 0);
}

static void a_removed_token_ends_its_stream_alone(void **state)
{
    struct fixture *fixture = *state;
    struct listener *first = listen_as(fixture, add_pat(fixture, "bob", "first", 0));
    struct listener *second = listen_as(fixture, add_pat(fixture, "bob", "second", 0));
    struct listener *session = listen_as(fixture, token_of(fixture, "bob"));
    remove_pat(fixture, "bob", "none");
    remove_pat(fixture, "bob", "first");
    ends(first);
    goes_on(fixture, second, PRIVATE_NEWS SHOWN_NEWS);
    goes_on(fixture, session, PRIVATE_NEWS SHOWN_NEWS PRIVATE_NEWS SHOWN_NEWS);
}

static void signing_out_ends_what_sessions_opened(void **state)
{
    struct fixture *fixture = *state;
    struct listener *session = listen_as(fixture, token_of(fixture, "bob"));
    struct listener *other = listen_as(fixture, token_of(fixture, "alice"));
    struct listener *pat = listen_as(fixture, add_pat(fixture, "bob", "script", 0));
    struct status *status = &fixture->api->status;
    assert_int_equal(
        store_refresh_token_remove(fixture->api->store, fixture->api->arena, id_of(fixture, "bob"), "whatever", status),
        STATUS_OK);
    ends(session);
    goes_on(fixture, pat, PRIVATE_NEWS SHOWN_NEWS);
    goes_on(fixture, other, PRIVATE_NEWS SHOWN_NEWS PRIVATE_NEWS SHOWN_NEWS);
}

static void a_token_that_runs_out_ends_its_stream(void **state)
{
    struct fixture *fixture = *state;
    struct listener *listener = listen_as(fixture, add_pat(fixture, "bob", "short", clock_wall_s() + 3));
    publish_both(fixture);
    hear(listener, PRIVATE_NEWS SHOWN_NEWS);
    ends(listener);
}

/* When anything may have changed, streams are looked at, and those that may go on do. */
static void news_that_were_missed_end_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct listener *listeners[20];
    const char *token = token_of(fixture, "bob");
    for (int i = 0; i < 20; i++)
        listeners[i] = listen_as(fixture, token);
    for (int i = 0; i < 100; i++) {
        sse_rights_changed(&fixture->sse, 0, false);
        publish(fixture, "memos/shown", true, 0);
        for (int n = 0; n < 20; n++)
            hear(listeners[n], SHOWN_NEWS);
    }
    for (int i = 0; i < 10; i++) /* closed while in doubt */
        stop_listening(listeners[i]);
    sse_rights_changed(&fixture->sse, 0, false);
    wait_until_open(fixture, 10);
    for (int i = 10; i < 20; i++)
        stop_listening(listeners[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_role_that_changes_changes_the_stream, setup, teardown),
        cmocka_unit_test_setup_teardown(streams_of_the_archived_and_the_deleted_end, setup, teardown),
        cmocka_unit_test_setup_teardown(a_removed_token_ends_its_stream_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(signing_out_ends_what_sessions_opened, setup, teardown),
        cmocka_unit_test_setup_teardown(a_token_that_runs_out_ends_its_stream, setup, teardown),
        cmocka_unit_test_setup_teardown(news_that_were_missed_end_nothing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
