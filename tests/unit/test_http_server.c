/* Requests over real sockets: keep-alive, pipelining, bodies, streams, workers, drain. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "http_client.h"
#include "patience.h"

struct fixture {
    struct config config;
    struct http_server *server;
    int port;
    atomic_int closed, running, calls;
    atomic_bool gate; /* workers of /wait go on when it opens */
};

static void echo(void *ctx, struct wire_request *request, struct wire_response *response)
{
    (void)ctx;
    wire_response_header(response, "Content-Type", "text/plain");
    buf_printf(&response->body, "%s %s ?%s %zu%s ", request->method, request->path, request->query, request->body_len,
               request->body_too_large ? " too large" : "");
    buf_add(&response->body, request->body, request->body_len < 64 ? request->body_len : 64);
}

static void wait_at_gate(void *ctx, struct wire_request *request, struct wire_response *response)
{
    struct fixture *fixture = ctx;
    atomic_fetch_add(&fixture->running, 1);
    while (!atomic_load(&fixture->gate))
        usleep(1000);
    atomic_fetch_sub(&fixture->running, 1);
    atomic_fetch_add(&fixture->calls, 1);
    echo(ctx, request, response);
}

static int64_t read_pattern(void *ctx, uint64_t position, void *out, size_t cap)
{
    (void)ctx;
    for (size_t i = 0; i < cap; i++)
        ((char *)out)[i] = (char)('a' + (position + i) % 26);
    return (int64_t)cap;
}

static int64_t read_failing(void *ctx, uint64_t position, void *out, size_t cap)
{
    return position < 1000 ? read_pattern(ctx, position, out, cap < 500 ? cap : 500) : -1;
}

static void count_close(void *ctx)
{
    atomic_fetch_add((atomic_int *)ctx, 1);
}

static void stream(void *ctx, struct wire_request *request, struct wire_response *response)
{
    struct fixture *fixture = ctx;
    struct wire_stream *out = ARENA_NEW(request->arena, struct wire_stream);
    bool endless = strcmp(request->path, "/endless") == 0, failing = strcmp(request->path, "/failing") == 0;
    *out = (struct wire_stream){.size = endless ? (uint64_t)1 << 40 : 100000,
                                .read = failing ? read_failing : read_pattern,
                                .close = count_close,
                                .ctx = &fixture->closed,
                                .fd = -1};
    response->stream = out;
}

struct file_part {
    int fd;
    atomic_int *closed;
};

static void close_part(void *ctx)
{
    const struct file_part *part = ctx;
    assert_int_equal(close(part->fd), 0);
    atomic_fetch_add(part->closed, 1);
}

static void send_file(void *ctx, struct wire_request *request, struct wire_response *response)
{
    struct fixture *fixture = ctx;
    struct wire_stream *out = ARENA_NEW(request->arena, struct wire_stream);
    struct file_part *part = ARENA_NEW(request->arena, struct file_part);
    char name[] = "/tmp/memora-http-XXXXXX";
    part->fd = mkstemp(name);
    part->closed = &fixture->closed;
    unlink(name);
    for (int i = 0; i < 100; i++)
        assert_int_equal(write(part->fd, "0123456789", 10), 10);
    *out = (struct wire_stream){.size = 15, .close = close_part, .ctx = part, .fd = part->fd, .fd_offset = 501};
    response->stream = out;
}

static void headers(void *ctx, struct wire_request *request, struct wire_response *response)
{
    (void)ctx;
    const char *value = request->header(request, "X-TEST"), *none = request->header(request, "X-None");
    buf_printf(&response->body, "%s|%s|%s|%s", value ? value : "-", none ? none : "-", request->host, request->peer);
    wire_response_header(response, "X-Split", "a\r\nX-Evil: 1");
    wire_response_header(response, "X-Good", "yes");
}

static struct http_route_target route(void *ctx, const struct wire_request *request)
{
    static const struct {
        const char *path;
        wire_handler handler;
        bool quick;
    } routes[] = {{"/wait", wait_at_gate, false}, {"/worker", echo, false},      {"/stream", stream, true},
                  {"/endless", stream, true},     {"/failing", stream, true},    {"/file", send_file, false},
                  {"/headers", headers, true},    {"/headers-w", headers, false}};
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++)
        if (strcmp(request->path, routes[i].path) == 0)
            return (struct http_route_target){routes[i].handler, ctx, routes[i].quick, NULL, HTTP_CHANGING};
    return (struct http_route_target){echo, ctx, true, NULL, HTTP_CHANGING};
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture->config = test_config();
    fixture->server = start_server(&fixture->config, route, fixture);
    fixture->port = http_server_port(fixture->server);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    atomic_store(&fixture->gate, true);
    http_server_stop(fixture->server, 1000000000);
    free(fixture);
    return 0;
}

static void wait_for(atomic_int *counter, int value)
{
    AWAIT(atomic_load(counter) == value);
}

static void expect(int port, const char *request, int status, const char *body)
{
    struct answer answer = ask(port, request);
    assert_int_equal(answer.status, status);
    if (body)
        assert_string_equal(answer.body, body);
    answer_free(&answer);
}

static void test_address_stays_encoded(void **state)
{
    struct fixture *fixture = *state;
    expect(fixture->port, "GET /a%2Fb%20c?x=1%262&y=+ HTTP/1.1\r\nHost: h\r\n\r\n", 200,
           "GET /a%2Fb%20c ?x=1%262&y=+ 0 ");
    expect(fixture->port, "GET http://h:1/p?q HTTP/1.1\r\nHost: h\r\n\r\n", 200, "GET /p ?q 0 ");
    expect(fixture->port, "GET http://h HTTP/1.1\r\nHost: h\r\n\r\n", 200, "GET / ? 0 ");
    expect(fixture->port, "GET ?a=b HTTP/1.1\r\nHost: h\r\n\r\n", 200, "GET / ?a=b 0 ");
    expect(fixture->port, "PATCH /?a?b HTTP/1.1\r\nHost: h\r\n\r\n", 200, "PATCH / ?a?b 0 ");
}

static void test_keep_alive_and_pipelining(void **state)
{
    struct fixture *fixture = *state;
    struct client *client = client_new(fixture->port);
    client_send(client->fd,
                "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /worker HTTP/1.1\r\nHost: h\r\n\r\n"
                "POST /3 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhiGET /4 HTTP/1.1\r\nHost: h\r\n\r\n");
    static const char *const want[] = {"GET /1 ? 0 ", "GET /worker ? 0 ", "POST /3 ? 2 hi", "GET /4 ? 0 "};
    for (size_t i = 0; i < 4; i++) {
        struct answer answer = client_read(client);
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer.body, want[i]);
        assert_string_equal(answer_header(&answer, "Vary"), "Origin");
        assert_memory_equal(answer_header(&answer, "Server"), "Memora/", 7);
        answer_free(&answer);
    }
    client_send(client->fd, "GET /5 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    struct answer last = client_read(client);
    assert_int_equal(last.status, 200);
    answer_free(&last);
    assert_true(client_at_end(client));
    client_free(client);
}

static void test_head_sends_no_body(void **state)
{
    struct fixture *fixture = *state;
    struct client *client = client_new(fixture->port);
    client_send(client->fd, "HEAD /x HTTP/1.1\r\nHost: h\r\n\r\nHEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    struct answer answer = client_read_for(client, false);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer_header(&answer, "Content-Length"), "12");
    answer_free(&answer);
    answer = client_read_for(client, false);
    assert_string_equal(answer_header(&answer, "Content-Length"), "100000");
    answer_free(&answer);
    client_free(client);
    wait_for(&fixture->closed, 1);
}

static void test_bodies(void **state)
{
    struct fixture *fixture = *state;
    struct client *client = client_new(fixture->port);
    client_send(client->fd, "POST /worker HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    usleep(20000);
    client_send(client->fd, "6;x=y\r\n world\r\n0\r\nTrailer: 1\r\n\r\n");
    struct answer answer = client_read(client);
    assert_string_equal(answer.body, "POST /worker ? 11 hello world");
    answer_free(&answer);

    client_send(client->fd, "POST /e HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    answer = client_read(client);
    assert_int_equal(answer.status, 100);
    answer_free(&answer);
    client_send(client->fd, "abc");
    answer = client_read(client);
    assert_string_equal(answer.body, "POST /e ? 3 abc");
    answer_free(&answer);

    /* Exactly the limit passes, in many pieces. */
    client_send(client->fd, "PUT /b HTTP/1.1\r\nHost: h\r\nContent-Length: 65536\r\n\r\n");
    for (int i = 0; i < 64; i++) {
        char piece[1024];
        memset(piece, 'z', sizeof piece);
        client_send_n(client->fd, piece, sizeof piece);
    }
    answer = client_read(client);
    assert_memory_equal(answer.body, "PUT /b ? 65536 zzz", 18);
    answer_free(&answer);
    client_free(client);
}

static void test_headers_are_found(void **state)
{
    struct fixture *fixture = *state;
    static const char *const requests[] = {
        "GET /headers HTTP/1.1\r\nHost: Me:1\r\nx-test: one\r\nX-Test: two\r\n\r\n",
        "GET /headers-w HTTP/1.1\r\nHost: Me:1\r\nx-test: one\r\nX-Test: two\r\n\r\n"};
    for (size_t i = 0; i < 2; i++) {
        struct answer answer = ask(fixture->port, requests[i]);
        assert_string_equal(answer.body, "one|-|Me:1|127.0.0.1");
        assert_null(answer_header(&answer, "X-Split"));
        assert_null(answer_header(&answer, "X-Evil"));
        assert_string_equal(answer_header(&answer, "X-Good"), "yes");
        answer_free(&answer);
    }
}

static void test_streams_are_closed_once(void **state)
{
    struct fixture *fixture = *state;
    struct answer answer = ask(fixture->port, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(answer.body_len, 100000);
    assert_memory_equal(answer.body, "abcdefghijklmnopqrstuvwxyzab", 28);
    assert_int_equal(answer.body[99999], 'a' + 99999 % 26);
    answer_free(&answer);
    wait_for(&fixture->closed, 1);

    answer = ask(fixture->port, "GET /file HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_string_equal(answer.body, "123456789012345");
    answer_free(&answer);
    wait_for(&fixture->closed, 2);

    answer = ask(fixture->port, "GET /failing HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(answer.body_len, 1000); /* cut, since the promised length cannot be kept */
    answer_free(&answer);
    wait_for(&fixture->closed, 3);

    /* The client goes away in the middle. */
    struct client *client = client_new(fixture->port);
    client_send(client->fd, "GET /endless HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(client_fill(client));
    client_free(client);
    wait_for(&fixture->closed, 4);
    usleep(50000);
    assert_int_equal(atomic_load(&fixture->closed), 4);
}

/* Two workers and two places in the queue: the fifth request, whichever comes last, is told at once to come again. */
static void test_full_queue_answers_503(void **state)
{
    enum { CLIENTS = 5, RUNNING = 2 };
    struct fixture *fixture = *state;
    struct client *waiting[CLIENTS];
    struct pollfd answers[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        waiting[i] = client_new(fixture->port);
        answers[i] = (struct pollfd){.fd = waiting[i]->fd, .events = POLLIN};
        client_send(waiting[i]->fd, "GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
        if (i == RUNNING - 1)
            wait_for(&fixture->running, RUNNING);
    }
    assert_int_equal(poll(answers, CLIENTS, CLIENT_WAIT_MS), 1);
    int refused = 0;
    while (!answers[refused].revents)
        refused++;
    struct answer answer = client_read(waiting[refused]);
    assert_int_equal(answer.status, 503);
    assert_string_equal(answer_header(&answer, "Retry-After"), "1");
    assert_string_equal(answer.body, "{\"message\":\"Service Unavailable\"}\n");
    answer_free(&answer);
    client_free(waiting[refused]);
    expect(fixture->port, "GET /quick HTTP/1.1\r\nHost: h\r\n\r\n", 200, "GET /quick ? 0 ");
    atomic_store(&fixture->gate, true);
    for (int i = 0; i < CLIENTS; i++) {
        if (i == refused)
            continue;
        answer = client_read(waiting[i]);
        assert_int_equal(answer.status, 200);
        answer_free(&answer);
        client_free(waiting[i]);
    }
}

/* A client that leaves while its request is being worked on harms nobody. */
static void test_client_leaves_while_worker_runs(void **state)
{
    struct fixture *fixture = *state;
    struct client *client = client_new(fixture->port);
    client_send(client->fd, "GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
    wait_for(&fixture->running, 1);
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    client_free(client);
    atomic_store(&fixture->gate, true);
    wait_for(&fixture->calls, 1);
    expect(fixture->port, "GET /worker HTTP/1.1\r\nHost: h\r\n\r\n", 200, "GET /worker ? 0 ");
}

struct stopper {
    pthread_t thread;
    struct http_server *server;
};

static void *stop_server(void *arg)
{
    const struct stopper *stopper = arg;
    http_server_stop(stopper->server, 2 * PATIENCE_NS);
    return NULL;
}

static void test_stop_lets_running_requests_finish(void **state)
{
    struct fixture *fixture = *state;
    struct client *client = client_new(fixture->port), *idle = client_new(fixture->port);
    client_send(client->fd, "GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
    wait_for(&fixture->running, 1);
    struct stopper stopper = {.server = fixture->server};
    pthread_create(&stopper.thread, NULL, stop_server, &stopper);
    AWAIT(is_refused(fixture->port));
    atomic_store(&fixture->gate, true);
    struct answer answer = client_read(client);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer_header(&answer, "Connection"), "close");
    answer_free(&answer);
    pthread_join(stopper.thread, NULL);
    assert_true(client_at_end(idle));
    client_free(client);
    client_free(idle);
    fixture->server = start_server(&fixture->config, route, fixture);
}

static void test_unix_socket(void **state)
{
    (void)state;
    char path[] = "/tmp/memora-sock-XXXXXX";
    assert_non_null(mkdtemp(path));
    char name[64];
    snprintf(name, sizeof name, "%s/s", path);
    struct config config = test_config();
    config.unix_socket = name;
    struct http_server *server = start_server(&config, route, NULL), *second = NULL;
    struct stat info;
    assert_int_equal(stat(name, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0660);
    assert_int_equal(http_server_port(server), 0);
    struct status status = {0};
    assert_int_equal(http_server_start(&config, route, NULL, NULL, &second, &status), STATUS_UNAVAILABLE);
    assert_non_null(strstr(status.message, name));
    assert_int_equal(stat(name, &info), 0); /* the loser removes nothing */
    http_server_stop(server, 0);
    assert_int_equal(stat(name, &info), -1);
    rmdir(path);
}

static void test_taken_port_is_named(void **state)
{
    struct fixture *fixture = *state;
    struct config config = test_config();
    config.port = fixture->port;
    struct http_server *server = NULL;
    struct status status = {0};
    char want[64];
    snprintf(want, sizeof want, "cannot listen on 127.0.0.1:%d: Address already in use", fixture->port);
    assert_int_equal(http_server_start(&config, route, NULL, NULL, &server, &status), STATUS_UNAVAILABLE);
    assert_string_equal(status.message, want);
    config.port = 0;
    config.address = "no.such.host.invalid";
    assert_int_equal(http_server_start(&config, route, NULL, NULL, &server, &status), STATUS_UNAVAILABLE);
}

/* No address: IPv4 and IPv6 on one socket, and the peer of an IPv4 client is written as IPv4. */
static void test_dual_stack(void **state)
{
    (void)state;
    struct config config = test_config();
    config.address = "";
    struct http_server *server = start_server(&config, route, NULL);
    struct answer answer = ask(http_server_port(server), "GET /headers HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_string_equal(answer.body, "-|-|h|127.0.0.1");
    answer_free(&answer);
    http_server_stop(server, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_address_stays_encoded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keep_alive_and_pipelining, setup, teardown),
        cmocka_unit_test_setup_teardown(test_head_sends_no_body, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bodies, setup, teardown),
        cmocka_unit_test_setup_teardown(test_headers_are_found, setup, teardown),
        cmocka_unit_test_setup_teardown(test_streams_are_closed_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_queue_answers_503, setup, teardown),
        cmocka_unit_test_setup_teardown(test_client_leaves_while_worker_runs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stop_lets_running_requests_finish, setup, teardown),
        cmocka_unit_test(test_unix_socket),
        cmocka_unit_test_setup_teardown(test_taken_port_is_named, setup, teardown),
        cmocka_unit_test(test_dual_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
