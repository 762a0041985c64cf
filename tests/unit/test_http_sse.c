/* The live event stream over real sockets: what is sent, and to whom. */
#include "sse_fixture.h"

static void begins_at_once_and_tells_of_events(void **state)
{
    struct fixture *fixture = *state;
    struct listener *listener = ask_to_listen(fixture, token_of(fixture, "bob"));
    struct answer answer = client_read(listener->client);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer_header(&answer, "Content-Type"), "text/event-stream");
    assert_string_equal(answer_header(&answer, "Cache-Control"), "no-cache");
    assert_string_equal(answer_header(&answer, "X-Accel-Buffering"), "no");
    assert_string_equal(answer_header(&answer, "Transfer-Encoding"), "chunked");
    assert_string_equal(answer_header(&answer, "Access-Control-Allow-Origin"), "http://o");
    assert_string_equal(answer_header(&answer, "Vary"), "Origin");
    assert_null(answer_header(&answer, "Content-Length"));
    answer_free(&answer);
    hear(listener, ": connected\n\n");
    assert_silent(listener);
    int64_t before = clock_mono_ns();
    publish(fixture, "memos/s2", true, 1);
    hear(listener, "data: {\"type\":\"memo.created\",\"name\":\"memos/s2\"}\n\n");
    assert_true(clock_mono_ns() - before < fixture->sse.heartbeat_ns / 2); /* it did not come with the next beat */
    event_bus_publish(
        fixture->api->services.events,
        &(struct event){.type = "memo.updated", .name = "memos/s2c", .parent = "memos/s2", .for_everyone = true});
    hear(listener, "data: {\"type\":\"memo.updated\",\"name\":\"memos/s2c\",\"parent\":\"memos/s2\"}\n\n");
    assert_silent(listener);
    stop_listening(listener);
}

/* alice is an administrator, bob the owner, dave neither. */
static void private_events_reach_owner_and_administrators(void **state)
{
    struct fixture *fixture = *state;
    static const char *const names[] = {"alice", "bob", "dave"};
    struct listener *listeners[3];
    struct store_user bob;
    fixture_user(fixture->api, "dave", STORE_ROLE_USER);
    for (int i = 0; i < 3; i++)
        listeners[i] = listen_as(fixture, token_of(fixture, names[i]));
    assert_int_equal(
        store_user_get_by_username(fixture->api->store, NULL, fixture->api->arena, "bob", &bob, &fixture->api->status),
        STATUS_OK);
    publish(fixture, "memos/private", false, bob.id);
    publish(fixture, "memos/shown", true, bob.id);
    for (int i = 0; i < 3; i++) {
        if (i < 2)
            hear(listeners[i], "data: {\"type\":\"memo.created\",\"name\":\"memos/private\"}\n\n");
        hear(listeners[i], "data: {\"type\":\"memo.created\",\"name\":\"memos/shown\"}\n\n");
        assert_silent(listeners[i]);
        stop_listening(listeners[i]);
    }
}

static void refuse(struct fixture *fixture, const char *head)
{
    struct answer answer =
        ask(fixture->port, arena_printf(fixture->api->arena, "GET /api/v1/sse%s\r\nHost: h\r\n\r\n", head));
    assert_int_equal(answer.status, 401);
    assert_string_equal(answer.body, "{\"error\":\"authentication required\"}\n");
    assert_string_equal(answer_header(&answer, "Content-Type"), "application/json");
    answer_free(&answer);
}

static void only_a_bearer_token_opens_it(void **state)
{
    struct fixture *fixture = *state;
    struct arena *arena = fixture->api->arena;
    struct api_call *call = fixture_call(fixture->api, "bob");
    struct store_user bob;
    struct auth_grant grant;
    assert_int_equal(store_user_get_by_username(fixture->api->store, NULL, arena, "bob", &bob, &fixture->api->status),
                     STATUS_OK);
    assert_int_equal(auth_begin_session(fixture->api->auth, call, &bob, &grant, &fixture->api->status), STATUS_OK);
    char *cookie = arena_strndup(arena, call->cookies[0], strcspn(call->cookies[0], ";"));
    refuse(fixture, " HTTP/1.1");
    refuse(fixture, arena_printf(arena, " HTTP/1.1\r\nCookie: %s", cookie));
    refuse(fixture, arena_printf(arena, "?access_token=%s HTTP/1.1", grant.access_token));
    refuse(fixture, arena_printf(arena, "?token=%s HTTP/1.1", grant.access_token));
    refuse(fixture, arena_printf(arena, " HTTP/1.1\r\nAuthorization: %s", grant.access_token));
    refuse(fixture, arena_printf(arena, " HTTP/1.1\r\nAuthorization: Bearer %sx", grant.access_token));
    refuse(fixture, " HTTP/1.1\r\nAuthorization: Bearer memos_pat_00000000000000000000000000000000");
    assert_int_equal(atomic_load(&fixture->sse.open), 0);
}

static void other_methods_are_not_allowed(void **state)
{
    struct fixture *fixture = *state;
    static const char *const methods[] = {"POST", "PUT", "DELETE", "PATCH", "HEAD"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        struct answer answer = ask(fixture->port, arena_printf(fixture->api->arena,
                                                               "%s /api/v1/sse HTTP/1.1\r\nHost: h\r\n"
                                                               "Content-Length: 0\r\n\r\n",
                                                               methods[i]));
        assert_int_equal(answer.status, 405);
        assert_string_equal(answer_header(&answer, "Allow"), "OPTIONS, GET");
        if (i < 4)
            assert_string_equal(answer.body, "{\"message\":\"Method Not Allowed\"}\n");
        answer_free(&answer);
    }
    struct answer answer = ask(fixture->port, "OPTIONS /api/v1/sse HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(answer.status, 204);
    assert_string_equal(answer_header(&answer, "Allow"), "OPTIONS, GET");
    answer_free(&answer);
}

/* Heartbeats come on time, and a stream that is silent for longer than idle connections live goes on. */
static void hearts_beat(void **state)
{
    struct fixture *fixture = *state;
    fixture->config.idle_timeout_s = 1;
    restart(fixture);
    fixture->sse.heartbeat_ns = 2500 * (int64_t)1000000;
    const char *token = token_of(fixture, "bob");
    int64_t asked_ns = clock_mono_ns();
    struct listener *listener = listen_as(fixture, token);
    for (int i = 1; i <= 2; i++) {
        hear(listener, ": heartbeat\n\n");
        assert_true(clock_mono_ns() - asked_ns >= i * fixture->sse.heartbeat_ns);
    }
    publish(fixture, "memos/x", true, 1);
    hear(listener, "data: {\"type\":\"memo.created\",\"name\":\"memos/x\"}\n\n");
    stop_listening(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(begins_at_once_and_tells_of_events, setup, teardown),
        cmocka_unit_test_setup_teardown(private_events_reach_owner_and_administrators, setup, teardown),
        cmocka_unit_test_setup_teardown(only_a_bearer_token_opens_it, setup, teardown),
        cmocka_unit_test_setup_teardown(other_methods_are_not_allowed, setup, teardown),
        cmocka_unit_test_setup_teardown(hearts_beat, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
