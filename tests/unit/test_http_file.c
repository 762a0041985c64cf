/* Large files as answers: read for clients on this machine, handed to the kernel for those on a unix socket (as for all
 * others); both send the same. */
#include <stdatomic.h>
#include <sys/un.h>

#include "http_client.h"
#include "patience.h"

enum { FILE_SIZE = 3 * 1024 * 1024 + 17, FIRST = 1001 };

struct fixture {
    struct config config;
    struct http_server *server;
    char socket[64];
    int fd; /* of the file */
    atomic_int closed;
};

static void count_close(void *ctx)
{
    atomic_fetch_add(&((struct fixture *)ctx)->closed, 1);
}

/* The file from FIRST on, which is what "/longer" announces a byte too much of. */
static void send_file(void *ctx, struct wire_request *request, struct wire_response *response)
{
    struct fixture *fixture = ctx;
    struct wire_stream *out = ARENA_NEW(request->arena, struct wire_stream);
    *out = (struct wire_stream){.size = FILE_SIZE - FIRST + (strcmp(request->path, "/longer") == 0),
                                .close = count_close,
                                .ctx = fixture,
                                .fd = fixture->fd,
                                .fd_offset = FIRST};
    response->stream = out;
}

static struct http_route_target route(void *ctx, const struct wire_request *request)
{
    (void)request;
    return (struct http_route_target){send_file, ctx, true, NULL, HTTP_READING};
}

static char byte_at(size_t position)
{
    return (char)(position * 7 + position / 251);
}

static void make_file(struct fixture *fixture)
{
    char name[] = "/tmp/memora-http-file-XXXXXX", block[4096];
    fixture->fd = mkstemp(name);
    assert_true(fixture->fd >= 0);
    unlink(name);
    for (size_t at = 0; at < FILE_SIZE;) {
        size_t n = FILE_SIZE - at < sizeof block ? FILE_SIZE - at : sizeof block;
        for (size_t i = 0; i < n; i++)
            block[i] = byte_at(at + i);
        assert_int_equal(write(fixture->fd, block, n), n);
        at += n;
    }
}

static void start(struct fixture *fixture, bool on_socket)
{
    fixture->config = test_config();
    if (on_socket) {
        snprintf(fixture->socket, sizeof fixture->socket, "/tmp/memora-http-file-%d.sock", (int)getpid());
        fixture->config.unix_socket = fixture->socket;
    }
    make_file(fixture);
    fixture->server = start_server(&fixture->config, route, fixture);
}

static int setup_tcp(void **state)
{
    struct fixture *fixture = *state = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    start(fixture, false);
    return 0;
}

static int setup_unix(void **state)
{
    struct fixture *fixture = *state = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    start(fixture, true);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    http_server_stop(fixture->server, 1000000000);
    close(fixture->fd);
    free(fixture);
    return 0;
}

static int connect_to(const struct fixture *fixture)
{
    if (!fixture->socket[0])
        return client_open(http_server_port(fixture->server));
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(to.sun_path, sizeof to.sun_path, "%s", fixture->socket);
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static struct client *client_of(const struct fixture *fixture)
{
    struct client *client = calloc(1, sizeof *client);
    assert_non_null(client);
    client->fd = connect_to(fixture);
    return client;
}

/* Reads the head, which announces `announced` bytes, and then up to so many of the body; gives how many came. */
static size_t read_body(struct client *client, size_t announced)
{
    char expected[64], *end;
    while (!(end = strstr(client->buffer, "\r\n\r\n")))
        assert_true(client_fill(client));
    snprintf(expected, sizeof expected, "Content-Length: %zu\r\n", announced);
    assert_memory_equal(client->buffer, "HTTP/1.1 200 ", 13);
    assert_non_null(strstr(client->buffer, expected));
    char *at = end + 4;
    size_t seen = 0;
    for (;;) {
        size_t n = (size_t)(client->buffer + client->held - at);
        for (size_t i = 0; i < n; i++)
            if (at[i] != byte_at(FIRST + seen + i))
                fail_msg("byte %zu is another", seen + i);
        seen += n;
        client->held = 0;
        at = client->buffer;
        if (seen >= announced || !client_fill(client))
            break;
    }
    memset(client->buffer, 0, sizeof client->buffer);
    return seen;
}

/* Twice on one connection. */
static void a_file_comes_whole(void **state)
{
    struct fixture *fixture = *state;
    struct client *client = client_of(fixture);
    for (int i = 0; i < 2; i++) {
        client_send(client->fd, "GET /file HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_int_equal(read_body(client, FILE_SIZE - FIRST), FILE_SIZE - FIRST);
        AWAIT(atomic_load(&fixture->closed) == i + 1);
    }
    client_free(client);
}

/* What was announced cannot be sent any more: the client sees the connection end before all is there. */
static void a_file_that_became_shorter_ends_the_connection(void **state)
{
    struct fixture *fixture = *state;
    struct client *client = client_of(fixture);
    client_send(client->fd, "GET /longer HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(read_body(client, FILE_SIZE - FIRST + 1), FILE_SIZE - FIRST);
    AWAIT(atomic_load(&fixture->closed) == 1);
    client_free(client);
}

static void a_client_may_leave_in_the_middle(void **state)
{
    struct fixture *fixture = *state;
    struct client *client = client_of(fixture);
    client_send(client->fd, "GET /file HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(client_fill(client));
    client_free(client);
    AWAIT(atomic_load(&fixture->closed) == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_comes_whole, setup_tcp, teardown),
        cmocka_unit_test_setup_teardown(a_file_comes_whole, setup_unix, teardown),
        cmocka_unit_test_setup_teardown(a_file_that_became_shorter_ends_the_connection, setup_tcp, teardown),
        cmocka_unit_test_setup_teardown(a_client_may_leave_in_the_middle, setup_tcp, teardown),
        cmocka_unit_test_setup_teardown(a_client_may_leave_in_the_middle, setup_unix, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
