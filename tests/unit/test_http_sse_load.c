/* The live event stream with many, slow and leaving listeners. */
#include "sse_fixture.h"

#include <sys/resource.h>

static void many_idle_streams_slow_nobody_down(void **state)
{
    struct fixture *fixture = *state;
    static struct listener *listeners[LISTENERS_MOST];
    struct rlimit files;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = files.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
    const char *token = token_of(fixture, "bob");
    for (int i = 0; i < LISTENERS_MOST; i++)
        listeners[i] = listen_as(fixture, token);
    assert_int_equal(atomic_load(&fixture->sse.open), LISTENERS_MOST);
    for (int i = 0; i < 100; i++) {
        struct answer answer = ask(fixture->port, i % 2 ? "GET /worker HTTP/1.1\r\nHost: h\r\n\r\n"
                                                        : "GET /quick HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_int_equal(answer.status, 200);
        answer_free(&answer);
    }
    publish(fixture, "memos/all", true, 1);
    for (int i = 0; i < LISTENERS_MOST; i++) {
        hear(listeners[i], "data: {\"type\":\"memo.created\",\"name\":\"memos/all\"}\n\n");
        stop_listening(listeners[i]);
    }
    wait_until_open(fixture, 0); /* long before the next heartbeat */
}

static void those_who_leave_make_room(void **state)
{
    struct fixture *fixture = *state;
    const char *token = token_of(fixture, "bob");
    fixture->sse.most = 2;
    struct listener *first = listen_as(fixture, token), *second = listen_as(fixture, token);
    struct listener *third = ask_to_listen(fixture, token);
    struct answer answer = client_read(third->client);
    assert_int_equal(answer.status, 503);
    assert_string_equal(answer_header(&answer, "Retry-After"), "30");
    answer_free(&answer);
    stop_listening(third);
    assert_int_equal(atomic_load(&fixture->sse.open), 2);

    stop_listening(first);
    wait_until_open(fixture, 1);
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    setsockopt(second->client->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    stop_listening(second);
    wait_until_open(fixture, 0);
    /* One that only stops sending, with bytes behind its request. */
    first = listen_as(fixture, token);
    client_send(first->client->fd, "GET /worker HTTP/1.1\r\nHost: h\r\n\r\n");
    shutdown(first->client->fd, SHUT_WR);
    wait_until_open(fixture, 0);
    stop_listening(first);
}

/* While its thread is held up, a listener misses what comes after the 32nd event, and goes on afterwards. */
static void full_queues_drop_events(void **state)
{
    struct fixture *fixture = *state;
    fixture->config.http_threads = 1;
    restart(fixture);
    struct listener *listener = listen_as(fixture, token_of(fixture, "bob"));
    struct client *blocker = client_new(fixture->port);
    client_send(blocker->fd, "GET /block HTTP/1.1\r\nHost: h\r\n\r\n");
    while (!atomic_load(&fixture->blocked))
        usleep(1000);
    for (int i = 0; i < EVENT_QUEUE + 8; i++) {
        char name[32];
        snprintf(name, sizeof name, "memos/%d", i);
        publish(fixture, name, true, 1);
    }
    atomic_store(&fixture->gate, true);
    for (int i = 0; i < EVENT_QUEUE; i++)
        hear(listener,
             arena_printf(fixture->api->arena, "data: {\"type\":\"memo.created\",\"name\":\"memos/%d\"}\n\n", i));
    assert_silent(listener);
    publish(fixture, "memos/after", true, 1);
    hear(listener, "data: {\"type\":\"memo.created\",\"name\":\"memos/after\"}\n\n");
    client_free(blocker);
    stop_listening(listener);
}

/* A client that takes nothing holds nobody up and is given up in the end. */
static void deaf_clients_are_given_up(void **state)
{
    struct fixture *fixture = *state;
    char name[200];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    fixture->config.idle_timeout_s = 1;
    restart(fixture);
    struct listener *deaf = listen_as(fixture, token_of(fixture, "bob"));
    int64_t until = clock_mono_ns() + 2 * PATIENCE_NS;
    while (atomic_load(&fixture->sse.open) > 0 && clock_mono_ns() < until) {
        for (int i = 0; i < EVENT_QUEUE; i++)
            publish(fixture, name, true, 1);
        usleep(200);
    }
    assert_int_equal(atomic_load(&fixture->sse.open), 0);
    stop_listening(deaf);
}

static void stop_ends_streams(void **state)
{
    struct fixture *fixture = *state;
    const char *token = token_of(fixture, "bob");
    struct listener *first = listen_as(fixture, token), *second = listen_as(fixture, token);
    int64_t before = clock_mono_ns();
    http_server_stop(fixture->server, 2 * PATIENCE_NS);
    assert_true(clock_mono_ns() - before < PATIENCE_NS);
    assert_int_equal(atomic_load(&fixture->sse.open), 0);
    assert_true(hears_end(first));
    assert_true(hears_end(second));
    stop_listening(first);
    stop_listening(second);
    sse_stop(&fixture->sse);
    sse_destroy(&fixture->sse);
    start(fixture);
}

/* The second event of each pair comes while the stream is anywhere between its next read and its suspension. */
static void no_wake_is_lost(void **state)
{
    struct fixture *fixture = *state;
    struct listener *listener = listen_as(fixture, token_of(fixture, "bob"));
    for (int i = 0; i < 4000; i++) {
        publish(fixture, "memos/first", true, 1);
        for (int64_t until = clock_mono_ns() + i % 100 * 1000; clock_mono_ns() < until;)
            ;
        publish(fixture, "memos/second", true, 1);
        hear(listener, "data: {\"type\":\"memo.created\",\"name\":\"memos/first\"}\n\n");
        hear(listener, "data: {\"type\":\"memo.created\",\"name\":\"memos/second\"}\n\n");
    }
    stop_listening(listener);
}

struct publisher {
    struct fixture *fixture;
    pthread_t thread;
    atomic_bool end;
};

static void *publish_all_the_time(void *arg)
{
    struct publisher *publisher = arg;
    while (!atomic_load(&publisher->end)) {
        publish(publisher->fixture, "memos/x", true, 1);
        sched_yield();
    }
    return NULL;
}

/* Clients come and go, and the server stops, while events are published without a pause. */
static void closing_and_publishing_do_not_meet(void **state)
{
    struct fixture *fixture = *state;
    struct publisher publisher = {.fixture = fixture};
    const char *token = token_of(fixture, "bob");
    atomic_init(&publisher.end, false);
    assert_int_equal(pthread_create(&publisher.thread, NULL, publish_all_the_time, &publisher), 0);
    for (int round = 0; round < 100; round++) {
        struct listener *listener = ask_to_listen(fixture, token);
        if (round % 3)
            assert_true(client_fill(listener->client));
        stop_listening(listener);
        if (round % 25 == 24)
            restart(fixture);
    }
    wait_until_open(fixture, 0);
    atomic_store(&publisher.end, true);
    pthread_join(publisher.thread, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(many_idle_streams_slow_nobody_down, setup, teardown),
        cmocka_unit_test_setup_teardown(those_who_leave_make_room, setup, teardown),
        cmocka_unit_test_setup_teardown(full_queues_drop_events, setup, teardown),
        cmocka_unit_test_setup_teardown(deaf_clients_are_given_up, setup, teardown),
        cmocka_unit_test_setup_teardown(stop_ends_streams, setup, teardown),
        cmocka_unit_test_setup_teardown(no_wake_is_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(closing_and_publishing_do_not_meet, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
