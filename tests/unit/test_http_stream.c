/* Streams that have nothing to send at times: they rest, and go on when woken or when their time has come. */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "http_client.h"
#include "patience.h"

enum { READS_WITH_DATA = 3 };

/* A handler's stream gives READS_WITH_DATA bytes, one a read, with a rest before each. */
struct fixture {
    struct config config;
    struct http_server *server;
    int port;
    bool by_time; /* rests end by themselves; else by a wake that comes before the rest begins */
    atomic_int closed;
    int pipe[2];       /* what /piped sends */
    atomic_int waited; /* how often it had to wait */
    int64_t drain_ns;
};

struct resting {
    struct fixture *fixture;
    const struct wire_request *request;
    struct wire_stream stream;
    unsigned reads;
};

static int64_t resting_read(void *ctx, uint64_t position, void *out, size_t cap)
{
    struct resting *resting = ctx;
    assert_true(cap > 0);
    if (resting->reads++ % 2 == 0) {
        resting->stream.wake_ns = resting->fixture->by_time ? clock_mono_ns() : INT64_MAX;
        if (!resting->fixture->by_time)
            resting->request->wake(resting->request);
        return WIRE_STREAM_WAIT;
    }
    memset(out, 'r', 1);
    return position < READS_WITH_DATA ? 1 : 0;
}

static void resting_close(void *ctx)
{
    atomic_fetch_add(&((struct resting *)ctx)->fixture->closed, 1);
}

static void rest(void *ctx, struct wire_request *request, struct wire_response *response)
{
    struct resting *resting = ARENA_NEW(request->arena, struct resting);
    resting->fixture = ctx;
    resting->request = request;
    request->wake(request); /* before there is a stream at all */
    resting->stream = (struct wire_stream){
        .size = WIRE_STREAM_ENDLESS, .read = resting_read, .close = resting_close, .ctx = resting, .fd = -1};
    response->stream = &resting->stream;
}

static int64_t piped_read(void *ctx, uint64_t position, void *out, size_t cap)
{
    struct resting *resting = ctx;
    (void)position;
    assert_true(cap > 0);
    ssize_t n = read(resting->fixture->pipe[0], out, 1);
    if (n >= 0)
        return n;
    resting->stream.wait_fd = resting->fixture->pipe[0];
    resting->stream.wake_ns = INT64_MAX;
    atomic_fetch_add(&resting->fixture->waited, 1);
    return WIRE_STREAM_WAIT;
}

static void send_piped(void *ctx, struct wire_request *request, struct wire_response *response)
{
    struct resting *resting = ARENA_NEW(request->arena, struct resting);
    resting->fixture = ctx;
    resting->stream =
        (struct wire_stream){.size = strcmp(request->path, "/sized") == 0 ? READS_WITH_DATA : WIRE_STREAM_ENDLESS,
                             .read = piped_read,
                             .close = resting_close,
                             .ctx = resting,
                             .fd = -1};
    response->stream = &resting->stream;
}

static struct http_route_target route(void *ctx, const struct wire_request *request)
{
    if (strcmp(request->path, "/piped") == 0 || strcmp(request->path, "/sized") == 0)
        return (struct http_route_target){send_piped, ctx, false, NULL, HTTP_READING};
    return (struct http_route_target){rest, ctx, strcmp(request->path, "/quick") == 0, NULL, HTTP_CHANGING};
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->config = test_config();
    fixture->server = start_server(&fixture->config, route, fixture);
    fixture->port = http_server_port(fixture->server);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    http_server_stop(fixture->server, 1000000000);
    free(fixture);
    return 0;
}

static void expect_stream(struct fixture *fixture, const char *request, const char *body)
{
    struct client *client = client_new(fixture->port);
    int closed = atomic_load(&fixture->closed);
    client_send(client->fd, request);
    struct answer answer = client_read(client);
    assert_int_equal(answer.status, 200);
    answer_free(&answer);
    size_t length = strlen(body);
    while (client->held < length && client_fill(client))
        ;
    assert_int_equal(client->held, length);
    assert_memory_equal(client->buffer, body, length);
    AWAIT(atomic_load(&fixture->closed) == closed + 1);
    client_free(client);
}

static const char chunks[] = "1\r\nr\r\n1\r\nr\r\n1\r\nr\r\n0\r\n\r\n";

static void a_wake_before_the_rest_counts(void **state)
{
    struct fixture *fixture = *state;
    expect_stream(fixture, "GET /quick HTTP/1.1\r\nHost: h\r\n\r\n", chunks);
    expect_stream(fixture, "GET /worker HTTP/1.1\r\nHost: h\r\n\r\n", chunks);
    /* HTTP/1.0 has no chunks; the end of the connection ends the stream. */
    expect_stream(fixture, "GET /quick HTTP/1.0\r\n\r\n", "rrr");
}

static void rests_end_in_time(void **state)
{
    struct fixture *fixture = *state;
    fixture->by_time = true;
    expect_stream(fixture, "GET /quick HTTP/1.1\r\nHost: h\r\n\r\n", chunks);
}

/* The connection serves on after a stream that came to its end. */
static void the_connection_goes_on(void **state)
{
    struct fixture *fixture = *state;
    struct client *client = client_new(fixture->port);
    for (int i = 0; i < 2; i++) {
        client_send(client->fd, "GET /worker HTTP/1.1\r\nHost: h\r\n\r\n");
        struct answer answer = client_read(client);
        assert_int_equal(answer.status, 200);
        answer_free(&answer);
        while (client->held < sizeof chunks - 1 && client_fill(client))
            ;
        assert_int_equal(client->held, sizeof chunks - 1);
        client->held = 0;
    }
    client_free(client);
}

static void a_rest_ends_when_a_descriptor_is_readable(void **state)
{
    struct fixture *fixture = *state;
    struct client *client = client_new(fixture->port);
    assert_int_equal(pipe2(fixture->pipe, O_NONBLOCK | O_CLOEXEC), 0);
    client_send(client->fd, "GET /piped HTTP/1.1\r\nHost: h\r\n\r\n");
    for (int i = 1; i <= READS_WITH_DATA; i++) {
        AWAIT(atomic_load(&fixture->waited) >= i);
        assert_int_equal(write(fixture->pipe[1], "r", 1), 1);
        if (i == 1) {
            struct answer answer = client_read(client);
            assert_int_equal(answer.status, 200);
            answer_free(&answer);
        }
    }
    AWAIT(atomic_load(&fixture->waited) > READS_WITH_DATA);
    close(fixture->pipe[1]);
    while (client->held < sizeof chunks - 1 && client_fill(client))
        ;
    assert_int_equal(client->held, sizeof chunks - 1);
    assert_memory_equal(client->buffer, chunks, sizeof chunks - 1);
    AWAIT(atomic_load(&fixture->closed) == 1);
    client_free(client);
    close(fixture->pipe[0]);
}

/* The client of a stream that waits for a descriptor leaves; the descriptor closes after its stream. */
static void a_client_may_leave_while_its_stream_waits(void **state)
{
    struct fixture *fixture = *state;
    struct client *client = client_new(fixture->port);
    assert_int_equal(pipe2(fixture->pipe, O_NONBLOCK | O_CLOEXEC), 0);
    client_send(client->fd, "GET /piped HTTP/1.1\r\nHost: h\r\n\r\n");
    AWAIT(atomic_load(&fixture->waited) >= 1);
    client_free(client);
    AWAIT(atomic_load(&fixture->closed) == 1);
    close(fixture->pipe[0]);
    close(fixture->pipe[1]);
}

static void *stop(void *ctx)
{
    struct fixture *fixture = ctx;
    http_server_stop(fixture->server, fixture->drain_ns);
    return NULL;
}

/* Begins a download of READS_WITH_DATA bytes, and stops the server when it waits for the first. */
static struct client *stop_amid_download(struct fixture *fixture, int64_t drain_ns, pthread_t *stopper)
{
    struct client *client = client_new(fixture->port);
    assert_int_equal(pipe2(fixture->pipe, O_NONBLOCK | O_CLOEXEC), 0);
    client_send(client->fd, "GET /sized HTTP/1.1\r\nHost: h\r\n\r\n");
    AWAIT(atomic_load(&fixture->waited) >= 1);
    fixture->drain_ns = drain_ns;
    assert_int_equal(pthread_create(stopper, NULL, stop, fixture), 0);
    AWAIT(is_refused(fixture->port));
    return client;
}

static void end_of_stop(struct fixture *fixture, struct client *client, pthread_t stopper)
{
    pthread_join(stopper, NULL);
    assert_int_equal(atomic_load(&fixture->closed), 1);
    client_free(client);
    close(fixture->pipe[0]);
    close(fixture->pipe[1]);
    fixture->server = start_server(&fixture->config, route, fixture);
}

static void a_download_goes_on_while_the_server_drains(void **state)
{
    struct fixture *fixture = *state;
    pthread_t stopper;
    struct client *client = stop_amid_download(fixture, 2 * PATIENCE_NS, &stopper);
    for (int i = 1; i <= READS_WITH_DATA; i++) {
        assert_int_equal(write(fixture->pipe[1], "r", 1), 1);
        if (i < READS_WITH_DATA)
            AWAIT(atomic_load(&fixture->waited) > i);
    }
    struct answer answer = client_read(client);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "rrr");
    answer_free(&answer);
    end_of_stop(fixture, client, stopper);
}

static void a_download_is_cut_at_the_end_of_the_drain(void **state)
{
    struct fixture *fixture = *state;
    pthread_t stopper;
    struct client *client = stop_amid_download(fixture, 100 * 1000 * 1000, &stopper);
    while (client_fill(client)) /* the head at most */
        ;
    end_of_stop(fixture, client, stopper);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_wake_before_the_rest_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(rests_end_in_time, setup, teardown),
        cmocka_unit_test_setup_teardown(the_connection_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(a_rest_ends_when_a_descriptor_is_readable, setup, teardown),
        cmocka_unit_test_setup_teardown(a_client_may_leave_while_its_stream_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(a_download_goes_on_while_the_server_drains, setup, teardown),
        cmocka_unit_test_setup_teardown(a_download_is_cut_at_the_end_of_the_drain, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
