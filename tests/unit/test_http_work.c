/* Who gets a worker: changes and decoding leave some for reading, and decoding doesn't take all of the others. */
#include <stdatomic.h>
#include <unistd.h>

#include "http_client.h"

enum { WORKERS = 8, QUEUE = 64, DECODES = 20, CHANGES = 10, CALLS = 10, PREVIEWS = 20 };

struct fixture {
    struct http_server *server;
    int port;
    atomic_int running[HTTP_WORKS], most[HTTP_WORKS], done;
    atomic_bool gate;
};

static void note_most(struct fixture *fixture, enum http_work work, int running)
{
    int most = atomic_load(&fixture->most[work]);
    while (running > most && !atomic_compare_exchange_weak(&fixture->most[work], &most, running))
        ;
}

static enum http_work work_of(const struct wire_request *request)
{
    if (strcmp(request->path, "/call") == 0)
        return HTTP_CALLING;
    if (strcmp(request->path, "/preview") == 0)
        return HTTP_PREVIEWING;
    return strcmp(request->path, "/decode") == 0 ? HTTP_DECODING : HTTP_CHANGING;
}

static void wait_at_gate(void *ctx, struct wire_request *request, struct wire_response *response)
{
    struct fixture *fixture = ctx;
    enum http_work work = work_of(request);
    note_most(fixture, work, atomic_fetch_add(&fixture->running[work], 1) + 1);
    while (!atomic_load(&fixture->gate))
        usleep(1000);
    atomic_fetch_sub(&fixture->running[work], 1);
    atomic_fetch_add(&fixture->done, 1);
    buf_add_str(&response->body, "done");
}

static void read_something(void *ctx, struct wire_request *request, struct wire_response *response)
{
    (void)ctx;
    (void)request;
    buf_add_str(&response->body, "read");
}

static struct http_route_target route(void *ctx, const struct wire_request *request)
{
    if (strcmp(request->path, "/read") == 0)
        return (struct http_route_target){read_something, ctx, false, NULL, HTTP_READING};
    return (struct http_route_target){wait_at_gate, ctx, false, NULL, work_of(request)};
}

static void wait_for(atomic_int *counter, int value)
{
    for (int waited = 0; atomic_load(counter) != value; waited++) {
        assert_true(waited < CLIENT_WAIT_MS);
        usleep(1000);
    }
}

static void expect_read(struct fixture *fixture)
{
    struct answer answer = ask(fixture->port, "GET /read HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(answer.status, 200);
    answer_free(&answer);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    static struct config config;
    config = test_config();
    config.worker_threads = WORKERS;
    config.worker_queue = QUEUE;
    fixture->server = start_server(&config, route, fixture);
    fixture->port = http_server_port(fixture->server);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    http_server_stop(fixture->server, 0);
    free(fixture);
    return 0;
}

static void send_all(struct fixture *fixture, struct client **clients, int count, const char *path)
{
    char text[64];
    snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", path);
    for (int i = 0; i < count; i++) {
        clients[i] = client_new(fixture->port);
        client_send(clients[i]->fd, text);
    }
}

static void read_all(struct client **clients, int count)
{
    for (int i = 0; i < count; i++) {
        struct answer answer = client_read(clients[i]);
        assert_int_equal(answer.status, 200);
        answer_free(&answer);
        client_free(clients[i]);
    }
}

static int most_decoding(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors < HTTP_DECODING_MAX ? (int)processors : HTTP_DECODING_MAX;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

static void test_page_of_pictures(void **state)
{
    struct fixture *fixture = *state;
    struct client *decodes[DECODES], *changes[CHANGES];
    send_all(fixture, decodes, DECODES, "/decode");
    wait_for(&fixture->running[HTTP_DECODING], most_decoding());
    expect_read(fixture);
    send_all(fixture, changes, CHANGES, "/change");
    wait_for(&fixture->running[HTTP_CHANGING], WORKERS - WORKERS / 4 - most_decoding());
    expect_read(fixture);
    atomic_store(&fixture->gate, true);
    read_all(decodes, DECODES);
    read_all(changes, CHANGES);
    assert_int_equal(atomic_load(&fixture->done), DECODES + CHANGES);
    assert_int_equal(atomic_load(&fixture->most[HTTP_DECODING]), most_decoding());
    assert_true(atomic_load(&fixture->most[HTTP_CHANGING]) <= WORKERS - WORKERS / 4);
}

/* Others' servers that do not answer keep a quarter of the workers, and with pictures all but one for changes. */
static void test_silent_servers(void **state)
{
    struct fixture *fixture = *state;
    struct client *calls[CALLS], *decodes[DECODES], *changes[CHANGES];
    send_all(fixture, calls, CALLS, "/call");
    wait_for(&fixture->running[HTTP_CALLING], WORKERS / 4);
    send_all(fixture, decodes, DECODES, "/decode");
    wait_for(&fixture->running[HTTP_DECODING], least(most_decoding(), WORKERS - WORKERS / 4 - 1 - WORKERS / 4));
    expect_read(fixture);
    send_all(fixture, changes, CHANGES, "/change");
    wait_for(&fixture->running[HTTP_CHANGING], WORKERS - WORKERS / 4 - WORKERS / 4 - fixture->running[HTTP_DECODING]);
    assert_true(fixture->running[HTTP_CHANGING] >= 1);
    expect_read(fixture);
    atomic_store(&fixture->gate, true);
    read_all(calls, CALLS);
    read_all(decodes, DECODES);
    read_all(changes, CHANGES);
    assert_int_equal(atomic_load(&fixture->most[HTTP_CALLING]), WORKERS / 4);
}

/* Twenty sites that do not answer keep a quarter of the workers: who signs in, reads or writes does so beside them. */
static void test_silent_sites(void **state)
{
    struct fixture *fixture = *state;
    struct client *previews[PREVIEWS], *calls[CALLS], *changes[CHANGES];
    send_all(fixture, previews, WORKERS / 4, "/preview");
    wait_for(&fixture->running[HTTP_PREVIEWING], WORKERS / 4);
    send_all(fixture, previews + WORKERS / 4, PREVIEWS - WORKERS / 4, "/preview"); /* all that may wait */
    expect_read(fixture);
    send_all(fixture, calls, CALLS, "/call");
    wait_for(&fixture->running[HTTP_CALLING], WORKERS / 4);
    send_all(fixture, changes, CHANGES, "/change");
    wait_for(&fixture->running[HTTP_CHANGING], WORKERS - 3 * (WORKERS / 4));
    expect_read(fixture);
    atomic_store(&fixture->gate, true);
    read_all(previews, PREVIEWS);
    read_all(calls, CALLS);
    read_all(changes, CHANGES);
    assert_int_equal(atomic_load(&fixture->most[HTTP_PREVIEWING]), WORKERS / 4);
}

/* How many have got an answer. */
static int count_answered(struct client **clients, int count)
{
    int answered = 0;
    for (int i = 0; i < count; i++) {
        struct pollfd ready = {.fd = clients[i]->fd, .events = POLLIN};
        answered += poll(&ready, 1, 0) == 1;
    }
    return answered;
}

/* Pictures that wait leave half of the queue to others. */
static void test_flood_of_pictures(void **state)
{
    enum { FLOOD = QUEUE + WORKERS };
    struct fixture *fixture = *state;
    struct client *decodes[FLOOD], *changes[CHANGES];
    int running = most_decoding(), accepted = 2 * running + QUEUE / 2, waited = 0;
    send_all(fixture, decodes, running, "/decode");
    wait_for(&fixture->running[HTTP_DECODING], running);
    send_all(fixture, decodes + running, FLOOD - running, "/decode");
    while (count_answered(decodes, FLOOD) < FLOOD - accepted) {
        assert_true(waited++ < CLIENT_WAIT_MS);
        usleep(1000);
    }
    send_all(fixture, changes, CHANGES, "/change");
    wait_for(&fixture->running[HTTP_CHANGING], WORKERS - WORKERS / 4 - running);
    expect_read(fixture);
    atomic_store(&fixture->gate, true);
    for (int i = 0; i < FLOOD; i++) {
        struct answer answer = client_read(decodes[i]);
        assert_true(answer.status == 200 || answer.status == 503);
        accepted -= answer.status == 200;
        answer_free(&answer);
        client_free(decodes[i]);
    }
    assert_int_equal(accepted, 0);
    read_all(changes, CHANGES);
}

static void test_changes_leave_readers(void **state)
{
    struct fixture *fixture = *state;
    struct client *changes[CHANGES];
    send_all(fixture, changes, CHANGES, "/change");
    wait_for(&fixture->running[HTTP_CHANGING], WORKERS - WORKERS / 4);
    expect_read(fixture);
    atomic_store(&fixture->gate, true);
    read_all(changes, CHANGES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_page_of_pictures, setup, teardown),
        cmocka_unit_test_setup_teardown(test_flood_of_pictures, setup, teardown),
        cmocka_unit_test_setup_teardown(test_silent_servers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_silent_sites, setup, teardown),
        cmocka_unit_test_setup_teardown(test_changes_leave_readers, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
