/* Bodies that are too much for memory: where they go, what happens when there is no room, and what is left of them. */
#include "http_client.h"

#include <stdatomic.h>

#include "base/spool.h"
#include "patience.h"

enum { BODY_LIMIT = 16 * 1024 * 1024, LARGE = 3 * 1024 * 1024 + 77, PIECE = 40009 };

struct fixture {
    struct config config;
    struct http_large_bodies large;
    struct http_server *server;
    int port;
    atomic_int judged;
    atomic_bool hold; /* judge, or the handler of /hold, waits */
    atomic_bool holding;
};

/* What a body of that length is made of. */
static char byte_at(size_t i)
{
    return (char)(i * 7 + i / 1000);
}

static enum http_large judge(void *ctx, struct wire_request *request, size_t *file_at)
{
    struct fixture *f = ctx;
    atomic_fetch_add(&f->judged, 1);
    while (atomic_load(&f->hold))
        usleep(1000);
    if (strcmp(request->path, "/memory") == 0)
        return HTTP_LARGE_TO_MEMORY;
    sscanf(request->path, "/file/%zu", file_at);
    return strcmp(request->path, "/refused") == 0 ? HTTP_LARGE_DROPPED : HTTP_LARGE_TO_SPOOL;
}

/* All from there on, but for the last byte. */
static bool takes(const struct wire_request *request, size_t at)
{
    return spool_take(request->spools, request->body + at, request->body_len - at - 1) >= 0;
}

static void report(void *ctx, struct wire_request *request, struct wire_response *response)
{
    bool right = true;
    size_t at = 0;
    (void)ctx;
    for (size_t i = 0; i < request->body_len; i++)
        right = right && request->body[i] == byte_at(i);
    buf_printf(&response->body, "%zu %s %s %s", request->body_len, right ? "right" : "wrong",
               !spool_holds(request->spools, request->body)                         ? "memory"
               : sscanf(request->path, "/file/%zu", &at) == 1 && takes(request, at) ? "file"
                                                                                    : "spool",
               request->body_too_large ? "too large"
               : request->body_failure ? request->body_failure->message
                                       : "whole");
}

static void hold(void *ctx, struct wire_request *request, struct wire_response *response)
{
    struct fixture *f = ctx;
    (void)request, (void)response;
    atomic_store(&f->holding, true);
    while (atomic_load(&f->hold))
        usleep(1000);
}

static struct http_route_target route(void *ctx, const struct wire_request *request)
{
    bool holds = strcmp(request->path, "/hold") == 0;
    return (struct http_route_target){.handler = holds ? hold : report, .ctx = ctx, .quick = true};
}

static int start(void **state, uint64_t spool)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct status status = {0};
    f->config = test_config();
    f->config.http_threads = 1; /* which /hold holds */
    f->config.max_body_bytes = BODY_LIMIT;
    f->config.idle_timeout_s = 600; /* clients rest until they are told to go on, on a slow machine as well */
    f->large = (struct http_large_bodies){judge, f, spool_area_create("/tmp", spool)};
    if (http_server_start(&f->config, route, f, &f->large, &f->server, &status))
        fail_msg("%s", status.message);
    f->port = http_server_port(f->server);
    *state = f;
    return 0;
}

static int set_up(void **state)
{
    return start(state, UINT64_C(1) << 30);
}

static int set_up_small(void **state)
{
    return start(state, LARGE + 100);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    atomic_store(&f->hold, false);
    http_server_stop(f->server, 1000000000);
    spool_area_destroy(f->large.area);
    free(f);
    return 0;
}

static bool send_body(int fd, size_t length, bool chunked)
{
    static char piece[PIECE];
    for (size_t at = 0; at < length;) {
        char head[32];
        size_t n = length - at < PIECE ? length - at : PIECE;
        for (size_t i = 0; i < n; i++)
            piece[i] = byte_at(at + i);
        snprintf(head, sizeof head, "%zx\r\n", n);
        if ((chunked && !client_send(fd, head)) || !client_send_n(fd, piece, n) ||
            (chunked && !client_send(fd, "\r\n")))
            return false;
        at += n;
    }
    return !chunked || client_send(fd, "0\r\n\r\n");
}

static bool send_head(int fd, const char *path, size_t length, bool chunked)
{
    char head[256], framing[64] = "Transfer-Encoding: chunked";
    if (!chunked)
        snprintf(framing, sizeof framing, "Content-Length: %zu", length);
    snprintf(head, sizeof head, "POST %s HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n", path, framing);
    return client_send(fd, head);
}

static void assert_answer(const struct fixture *f, const char *path, size_t length, bool chunked, const char *expected)
{
    struct client *client = client_new(f->port);
    for (int again = 0; again < 2; again++) { /* the connection goes on */
        assert_true(send_head(client->fd, path, length, chunked) && send_body(client->fd, length, chunked));
        struct answer answer = client_read_for(client, true);
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer.body, expected);
        answer_free(&answer);
    }
    client_free(client);
}

static void test_where_bodies_go(void **state)
{
    const struct fixture *f = *state;
    const size_t sizes[] = {0, 10, SPOOL_MEMORY - 1, SPOOL_MEMORY, SPOOL_MEMORY + 1, 2 * SPOOL_MEMORY, LARGE};
    char expected[64];
    for (int chunked = 0; chunked < 2; chunked++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            snprintf(expected, sizeof expected, "%zu right %s whole", sizes[i],
                     sizes[i] < SPOOL_MEMORY ? "memory" : "spool");
            assert_answer(f, "/spool", sizes[i], chunked, expected);
            snprintf(expected, sizeof expected, "%zu right memory whole", sizes[i]);
            assert_answer(f, "/memory", sizes[i], chunked, expected);
        }
    assert_answer(f, "/refused", LARGE, true, "0 right memory the upload could not be taken when it came");
    assert_answer(f, "/refused", 100, false, "100 right memory whole");
}

/* The body is the same wherever in it the file begins, and the file can be taken. */
static void test_files(void **state)
{
    const struct fixture *f = *state;
    static const size_t places[] = {0, 1, 4096, 5000, SPOOL_AROUND_MAX, SPOOL_AROUND_MAX + 1};
    static const size_t sizes[] = {SPOOL_MEMORY, SPOOL_MEMORY + 1, LARGE};
    char path[64], expected[64];
    for (size_t i = 0; i < 3 * sizeof places / sizeof *places; i++) {
        size_t size = sizes[i % 3], place = places[i / 3];
        snprintf(path, sizeof path, "/file/%zu", place);
        snprintf(expected, sizeof expected, "%zu right %s whole", size, place > SPOOL_AROUND_MAX ? "spool" : "file");
        assert_answer(f, path, size, i % 2 == 0, expected);
    }
}

static void test_judged_once(void **state)
{
    struct fixture *f = *state;
    assert_answer(f, "/spool", LARGE, true, "3145805 right spool whole");
    assert_int_equal(atomic_load(&f->judged), 2);
    assert_answer(f, "/memory", LARGE, false, "3145805 right memory whole");
    assert_int_equal(atomic_load(&f->judged), 4);
}

static void test_over_the_limit(void **state)
{
    const struct fixture *f = *state;
    struct client *client = client_new(f->port);
    assert_true(send_head(client->fd, "/spool", 0, true) && send_body(client->fd, BODY_LIMIT + 1, true));
    struct answer answer = client_read_for(client, true);
    assert_string_equal(answer.body, "0 right memory too large");
    answer_free(&answer);
    client_free(client);
    assert_answer(f, "/spool", LARGE, true, "3145805 right spool whole");
}

static bool upload_gives(const struct fixture *f, const char *expected)
{
    struct client *client = client_new(f->port);
    assert_true(send_head(client->fd, "/spool", LARGE, true) && send_body(client->fd, LARGE, true));
    struct answer answer = client_read_for(client, true);
    assert_int_equal(answer.status, 200);
    bool gives = strcmp(answer.body, expected) == 0;
    answer_free(&answer);
    client_free(client);
    return gives;
}

/* One upload has all the room there is, until its client goes. */
static void test_no_room(void **state)
{
    const struct fixture *f = *state;
    struct client *first = client_new(f->port);
    assert_true(send_head(first->fd, "/spool", LARGE, false) && send_body(first->fd, LARGE - 1000, false));
    /* The last of its bytes may still be on their way into the spool: then the other one fits. */
    AWAIT(upload_gives(f, "0 right memory too many uploads at a time"));
    client_free(first);
    AWAIT(upload_gives(f, "3145805 right spool whole"));
}

/* The last bytes of a client come together with its end, as they do when the HTTP thread is late. */
static void test_client_leaves(void **state)
{
    struct fixture *f = *state;
    struct client *holder = client_new(f->port), *leaver = client_new(f->port);
    assert_true(send_head(leaver->fd, "/spool", LARGE, false) && send_body(leaver->fd, 1000, false));
    atomic_store(&f->hold, true);
    assert_true(client_send(holder->fd, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"));
    AWAIT(atomic_load(&f->holding));
    assert_true(client_send(leaver->fd, "more"));
    client_free(leaver);
    atomic_store(&f->hold, false);
    struct answer answer = client_read(holder);
    assert_int_equal(answer.status, 200);
    answer_free(&answer);
    client_free(holder);
    int64_t before_ns = clock_mono_ns();
    http_server_stop(f->server, 2 * PATIENCE_NS); /* at most, while a request runs */
    f->server = NULL;
    assert_true(clock_mono_ns() - before_ns < PATIENCE_NS);
}

/* Workers that are busy judging, and a queue that is full: the third upload is told to come again. */
static void test_no_worker(void **state)
{
    struct fixture *f = *state;
    enum { WAITING = 4 }; /* two workers of which one may write, and a queue of two */
    struct client *clients[WAITING + 1];
    unsigned overloaded = 0, whole = 0;
    atomic_store(&f->hold, true);
    for (int i = 0; i <= WAITING; i++) {
        clients[i] = client_new(f->port);
        assert_true(send_head(clients[i]->fd, "/spool", SPOOL_MEMORY, false));
        assert_true(send_body(clients[i]->fd, SPOOL_MEMORY, false));
    }
    /* One of them is refused while the others wait; only then they may go on. */
    struct pollfd ready[WAITING + 1];
    for (int i = 0; i <= WAITING; i++)
        ready[i] = (struct pollfd){.fd = clients[i]->fd, .events = POLLIN};
    assert_true(poll(ready, WAITING + 1, CLIENT_WAIT_MS) > 0);
    atomic_store(&f->hold, false);
    for (int i = 0; i <= WAITING; i++) {
        struct answer answer = client_read_for(clients[i], true);
        overloaded += answer.status == 503;
        whole += answer.status == 200 && strcmp(answer.body, "524288 right spool whole") == 0;
        answer_free(&answer);
        client_free(clients[i]);
    }
    assert_true(overloaded > 0);
    assert_true(whole > 0);
    assert_int_equal(overloaded + whole, WAITING + 1);
}

/* The server stops while a worker is at the body of a request. */
static void test_stop(void **state)
{
    struct fixture *f = *state;
    struct client *client = client_new(f->port);
    assert_true(send_head(client->fd, "/spool", LARGE, false) && send_body(client->fd, SPOOL_MEMORY + 1, false));
    while (atomic_load(&f->judged) == 0)
        usleep(1000);
    client_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_where_bodies_go, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_judged_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_over_the_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_room, set_up_small, tear_down),
        cmocka_unit_test_setup_teardown(test_client_leaves, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_worker, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stop, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("http_large", tests, NULL, NULL);
}
