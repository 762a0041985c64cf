/* What a hostile or slow client meets: limits on bodies, headers, time and connections. */
#include <pthread.h>
#include <stdatomic.h>

#include "http_client.h"
#include "patience.h"

enum { BODY_LIMIT = 64 * 1024, HALF_OPEN = 200 };

struct fixture {
    struct config config;
    struct http_server *server;
    int port;
    atomic_int running;
    atomic_bool gate;
};

static void report(void *ctx, struct wire_request *request, struct wire_response *response)
{
    (void)ctx;
    assert_true(!request->body_too_large || request->body_len == 0);
    buf_printf(&response->body, "%s %zu", request->body_too_large ? "large" : "fits", request->body_len);
}

static void wait_at_gate(void *ctx, struct wire_request *request, struct wire_response *response)
{
    struct fixture *fixture = ctx;
    atomic_fetch_add(&fixture->running, 1);
    while (!atomic_load(&fixture->gate))
        usleep(1000);
    report(ctx, request, response);
}

static struct http_route_target route(void *ctx, const struct wire_request *request)
{
    if (strcmp(request->path, "/wait") == 0)
        return (struct http_route_target){wait_at_gate, ctx, false, NULL, HTTP_CHANGING};
    return (struct http_route_target){report, ctx, strcmp(request->path, "/worker") != 0, NULL, HTTP_CHANGING};
}

static int start(void **state, unsigned idle_s)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture->config = test_config();
    fixture->config.max_body_bytes = BODY_LIMIT;
    fixture->config.idle_timeout_s = idle_s;
    fixture->server = start_server(&fixture->config, route, fixture);
    fixture->port = http_server_port(fixture->server);
    *state = fixture;
    return 0;
}

static int setup(void **state)
{
    return start(state, 30);
}

static int setup_impatient(void **state)
{
    return start(state, 1);
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    atomic_store(&fixture->gate, true);
    http_server_stop(fixture->server, 1000000000);
    free(fixture);
    return 0;
}

static bool send_filler(int fd, size_t length)
{
    static char filler[16 * 1024];
    memset(filler, 'x', sizeof filler);
    while (length > 0) {
        size_t n = length < sizeof filler ? length : sizeof filler;
        if (!client_send_n(fd, filler, n))
            return false;
        length -= n;
    }
    return true;
}

static void expect_large(struct client *client)
{
    struct answer answer = client_read(client);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "large 0");
    assert_string_equal(answer_header(&answer, "Connection"), "close");
    answer_free(&answer);
    assert_true(client_at_end(client));
    client_free(client);
}

static void test_body_over_the_limit(void **state)
{
    struct fixture *fixture = *state;
    /* Told beforehand, and asked: the answer comes before any byte of the body. */
    struct client *client = client_new(fixture->port);
    client_send(client->fd,
                "POST /worker HTTP/1.1\r\nHost: h\r\nContent-Length: 65537\r\nExpect: 100-continue\r\n\r\n");
    expect_large(client);
    /* Told but not asked: the client sends everything and then looks. */
    client = client_new(fixture->port);
    client_send(client->fd, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 65537\r\n\r\n");
    assert_true(send_filler(client->fd, 65537));
    expect_large(client);
    /* Not told. */
    client = client_new(fixture->port);
    client_send(client->fd, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n12000\r\n");
    assert_true(send_filler(client->fd, 0x12000));
    client_send(client->fd, "\r\n0\r\n\r\n");
    expect_large(client);
    /* Absurd: not even read. */
    client = client_new(fixture->port);
    client_send(client->fd, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9223372036854775807\r\n\r\n");
    expect_large(client);
    /* Endless chunks are cut. */
    client = client_new(fixture->port);
    client_send(client->fd, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n");
    assert_false(send_filler(client->fd, 64 * 1024 * 1024));
    client_free(client);
}

static void expect_status(int port, const char *request, int status)
{
    struct answer answer = ask(port, request);
    if (answer.status != status)
        fail_msg("%d instead of %d for %s", answer.status, status, request);
    answer_free(&answer);
}

static void test_bad_framing_is_refused(void **state)
{
    struct fixture *fixture = *state;
    static const char *const requests[] = {
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1x\r\n\r\na",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost h\r\n\r\n",
        "GET /\r\n\r\n",
        "\x16\x03\x01\x02 is TLS\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
        expect_status(fixture->port, requests[i], 400);
    expect_status(fixture->port, "GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505);
    expect_status(fixture->port, "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 200);
}

static void test_header_limit(void **state)
{
    struct fixture *fixture = *state;
    char *request = malloc(1 << 20);
    int length = sprintf(request, "GET / HTTP/1.1\r\nHost: h\r\nX: ");
    memset(request + length, 'x', 8000);
    strcpy(request + length + 8000, "\r\n\r\n");
    expect_status(fixture->port, request, 200);
    memset(request + length, 'x', 9000);
    strcpy(request + length + 9000, "\r\n\r\n");
    expect_status(fixture->port, request, 431);
    memset(request + length, 'x', 1000000);
    strcpy(request + length + 1000000, "\r\n\r\n");
    expect_status(fixture->port, request, 431);
    /* Many small ones. */
    length = sprintf(request, "GET / HTTP/1.1\r\nHost: h\r\n");
    for (int i = 0; i < 2000; i++)
        length += sprintf(request + length, "a:b\r\n");
    strcpy(request + length, "\r\n");
    expect_status(fixture->port, request, 431);
    /* A long address. */
    length = sprintf(request, "GET /");
    memset(request + length, 'x', 100000);
    strcpy(request + length + 100000, " HTTP/1.1\r\nHost: h\r\n\r\n");
    expect_status(fixture->port, request, 414);
    free(request);
}

/* Whether the server has read all that was sent to it (/proc/net/tcp, proc(5)). */
static bool has_read_all(int port)
{
    char line[512];
    bool all = true;
    FILE *table = fopen("/proc/net/tcp", "re");
    assert_non_null(table);
    while (fgets(line, sizeof line, table)) {
        unsigned local, unread;
        if (sscanf(line, " %*u: %*x:%x %*x:%*x %*x %*x:%x", &local, &unread) == 2 && local == (unsigned)port)
            all &= unread == 0;
    }
    fclose(table);
    return all;
}

/* All bodies together have a bound: four times that of one. */
static void test_budget_of_all_bodies(void **state)
{
    struct fixture *fixture = *state;
    struct client *clients[5];
    for (int i = 0; i < 5; i++) {
        clients[i] = client_new(fixture->port);
        client_send(clients[i]->fd, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 65536\r\n\r\n");
        assert_true(send_filler(clients[i]->fd, 65535));
        AWAIT(has_read_all(fixture->port));
    }
    int refused = 0;
    for (int i = 0; i < 5; i++) {
        assert_true(send_filler(clients[i]->fd, 1));
        struct answer answer = client_read(clients[i]);
        if (answer.status == 503)
            refused++;
        else
            assert_string_equal(answer.body, "fits 65536");
        answer_free(&answer);
        client_free(clients[i]);
    }
    assert_true(refused >= 1 && refused <= 2);
    expect_status(fixture->port, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab", 200);
}

/* 200 half-open connections of all kinds and a handler that does not end: another client notices nothing. */
static void test_slow_clients_hold_up_nobody(void **state)
{
    struct fixture *fixture = *state;
    static const char *const beginnings[] = {"",
                                             "GE",
                                             "GET / HTTP/1.1\r\n",
                                             "GET / HTTP/1.1\r\nHost: h\r\nX",
                                             "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc",
                                             "POST /w HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\na"};
    int half_open[HALF_OPEN];
    for (size_t i = 0; i < HALF_OPEN; i++) {
        half_open[i] = client_open(fixture->port);
        client_send(half_open[i], beginnings[i % 6]);
    }
    struct client *stuck = client_new(fixture->port);
    client_send(stuck->fd, "GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
    AWAIT(atomic_load(&fixture->running) > 0);
    for (int i = 0; i < 200; i++) {
        int64_t before = clock_mono_ns();
        expect_status(fixture->port,
                      i % 2 ? "GET / HTTP/1.1\r\nHost: h\r\n\r\n" : "GET /worker HTTP/1.1\r\nHost: h\r\n\r\n", 200);
        /* Whoever had to wait for one of those would wait until its time is over. */
        assert_true(clock_mono_ns() - before < (fixture->config.idle_timeout_s - 5) * INT64_C(1000000000));
    }
    for (size_t i = 0; i < HALF_OPEN; i++)
        close(half_open[i]);
    atomic_store(&fixture->gate, true);
    struct answer answer = client_read(stuck);
    assert_int_equal(answer.status, 200);
    answer_free(&answer);
    client_free(stuck);
}

/* The server ends the connection of a client that repeats piece every 100 ms, but not before its second is over. */
static void expect_cut(int port, const char *beginning, const char *piece)
{
    int64_t before = clock_mono_ns(), took = 0;
    struct client *client = client_new(port);
    bool cut = !client_send(client->fd, beginning);
    while (!cut && took < PATIENCE_NS) {
        struct pollfd ended = {.fd = client->fd, .events = POLLIN};
        char byte;
        cut = !client_send(client->fd, piece) || (poll(&ended, 1, 100) > 0 && recv(client->fd, &byte, 1, 0) <= 0);
        took = clock_mono_ns() - before;
    }
    assert_true(cut);
    assert_true(took > 900 * INT64_C(1000000));
    client_free(client);
}

/* A slow but steady upload; false if this client itself was not steady enough to say anything. */
static bool steady_upload_passes(int port)
{
    enum { PIECES = 20, STEP_US = 150000 };
    int64_t sent_ns = clock_mono_ns(), longest_ns = 0;
    struct client *client = client_new(port);
    client_send(client->fd, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 20000\r\n\r\n");
    for (int i = 0; i < PIECES; i++) {
        bool sent = send_filler(client->fd, 20000 / PIECES);
        int64_t gap_ns = clock_mono_ns() - sent_ns;
        sent_ns += gap_ns;
        longest_ns = gap_ns > longest_ns ? gap_ns : longest_ns;
        if (!sent)
            break;
        usleep(STEP_US);
    }
    bool steady = longest_ns < 500 * INT64_C(1000000);
    struct answer answer = client_read(client);
    if (steady)
        assert_string_equal(answer.body, "fits 20000");
    answer_free(&answer);
    client_free(client);
    return steady;
}

static void test_dripping_clients_are_cut(void **state)
{
    struct fixture *fixture = *state;
    expect_cut(fixture->port, "GET / HTTP/1.1\r\nHost: h\r\nX: ", "x");
    expect_cut(fixture->port, "GET /", "x");
    expect_cut(fixture->port, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\n", "x");
    expect_cut(fixture->port, "", "");
    AWAIT(steady_upload_passes(fixture->port));
}

/* A handler may take longer than the idle time: the client is waiting, not idle. */
static void test_waiting_is_not_idling(void **state)
{
    struct fixture *fixture = *state;
    struct client *client = client_new(fixture->port);
    client_send(client->fd, "GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
    usleep(3500000);
    atomic_store(&fixture->gate, true);
    struct answer answer = client_read(client);
    assert_int_equal(answer.status, 200);
    answer_free(&answer);
    client_free(client);
}

/* Beyond the limit newcomers wait for a place. */
static void test_connection_limit(void **state)
{
    (void)state;
    struct config config = test_config();
    config.max_connections = 4;
    struct http_server *server = start_server(&config, route, NULL);
    struct client *clients[5];
    for (int i = 0; i < 5; i++) {
        clients[i] = client_new(http_server_port(server));
        client_send(clients[i]->fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        if (i == 4)
            break;
        struct answer answer = client_read(clients[i]);
        assert_int_equal(answer.status, 200);
        answer_free(&answer);
    }
    struct pollfd silent = {.fd = clients[4]->fd, .events = POLLIN};
    assert_int_equal(poll(&silent, 1, 200), 0);
    client_free(clients[0]);
    struct answer answer = client_read(clients[4]);
    assert_int_equal(answer.status, 200);
    answer_free(&answer);
    for (int i = 1; i < 5; i++)
        client_free(clients[i]);
    http_server_stop(server, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_body_over_the_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_framing_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_header_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_budget_of_all_bodies, setup, teardown),
        cmocka_unit_test_setup_teardown(test_slow_clients_hold_up_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dripping_clients_are_cut, setup_impatient, teardown),
        cmocka_unit_test_setup_teardown(test_waiting_is_not_idling, setup_impatient, teardown),
        cmocka_unit_test(test_connection_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
