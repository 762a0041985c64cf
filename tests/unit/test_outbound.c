/* Requests to others: where they may go, what ends them, what is kept of the answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "outbound/body.h"
#include "outbound/outbound.h"

enum { REQUEST_MAX = 65536 };
static const char body[] = "{\"a\":1}";
static const int64_t second_ns = INT64_C(1000000000);

/* A server on every loopback address that gives the same answer to each connection; NULL: none at all. */
struct peer {
    int listener, port;
    _Atomic(const char *) answer;
    atomic_size_t filler; /* bytes behind it */
    atomic_int connections;
    char last[REQUEST_MAX]; /* read after peer_stop() only */
    pthread_t thread;
};

struct fixture {
    struct arena *arena;
    struct peer peer;
    struct outbound_options options;
    struct outbound_answer answer;
    struct status status;
};

/* Head and body, or whatever comes first of something that is no HTTP. */
static void read_request(struct peer *peer, int fd)
{
    size_t length = 0;
    ssize_t n;
    const char *end = NULL;
    while (length < sizeof peer->last - 1 && (n = read(fd, peer->last + length, sizeof peer->last - 1 - length)) > 0) {
        length += (size_t)n;
        peer->last[length] = '\0';
        end = strstr(peer->last, "\r\n\r\n");
        if (peer->last[0] < 'A' || (end && (peer->last[0] != 'P' || strlen(end) >= 4 + strlen(body))))
            return;
    }
}

static void answer_one(struct peer *peer, int fd)
{
    static const char filler[4096] = {'x'};
    read_request(peer, fd);
    const char *answer = peer->answer;
    if (answer)
        (void)!send(fd, answer, strlen(answer), MSG_NOSIGNAL);
    for (size_t sent = 0, all = peer->filler; sent < all; sent += sizeof filler)
        if (send(fd, filler, sizeof filler, MSG_NOSIGNAL) < 0)
            break;
    if (answer)
        shutdown(fd, SHUT_WR);
    while (read(fd, &(char){0}, 1) > 0) /* until the other side has had enough */
        continue;
}

static void *serve(void *ctx)
{
    struct peer *peer = ctx;
    int fd;
    while ((fd = accept(peer->listener, NULL, NULL)) >= 0) {
        peer->connections++;
        answer_one(peer, fd);
        close(fd);
    }
    return NULL;
}

static void peer_start(struct peer *peer)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
    socklen_t size = sizeof at;
    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(peer->listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(peer->listener, 16), 0);
    assert_int_equal(getsockname(peer->listener, (struct sockaddr *)&at, &size), 0);
    peer->port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&peer->thread, NULL, serve, peer), 0);
}

static void peer_stop(struct peer *peer)
{
    shutdown(peer->listener, SHUT_RDWR);
    pthread_join(peer->thread, NULL);
    close(peer->listener);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->arena = arena_create();
    f->options = (struct outbound_options){.ca_file = "", .timeout_ns = 60 * second_ns};
    f->peer.answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    peer_start(&f->peer);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    peer_stop(&f->peer);
    arena_destroy(f->arena);
    free(f);
    return 0;
}

static enum status_code send_to(struct fixture *f, const struct outbound_request *request)
{
    f->status = (struct status){0};
    return outbound_send(f->arena, request, &f->options, &f->answer, &f->status);
}

static enum status_code post_to(struct fixture *f, const char *url)
{
    static const char *const headers[] = {"Content-Type: application/json", "webhook-id: msg_1", NULL};
    const struct outbound_request post = {.url = url, .headers = headers, .body = body, .body_length = strlen(body)};
    return send_to(f, &post);
}

static const char *url_at(struct fixture *f, const char *host, const char *path)
{
    return arena_printf(f->arena, "http://%s:%d%s", host, f->peer.port, path);
}

static void sends_what_it_is_given(void **state)
{
    struct fixture *f = *state;
    setenv("http_proxy", "http://127.0.0.1:1", 1); /* no concern of ours */
    assert_int_equal(post_to(f, url_at(f, "127.0.0.1", "/p?q=a b#f")), STATUS_OK);
    unsetenv("http_proxy");
    assert_int_equal(f->answer.http_status, 200);
    assert_int_equal(f->answer.body.len, 2);
    peer_stop(&f->peer);
    assert_ptr_equal(strstr(f->peer.last, "POST /p?q=a+b HTTP/1.1\r\n"), f->peer.last);
    assert_non_null(strstr(f->peer.last, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(f->peer.last, "\r\nwebhook-id: msg_1\r\n"));
    assert_non_null(strstr(f->peer.last, "\r\nContent-Length: 7\r\n"));
    assert_non_null(strstr(f->peer.last, "\r\n\r\n{\"a\":1}"));
    peer_start(&f->peer);
}

static void goes_to_no_reserved_address(void **state)
{
    struct fixture *f = *state;
    static const char *const hosts[] = {"127.0.0.1", "localhost",          "127.1", "0x7f000001", "2130706433",
                                        "0.0.0.0",   "[::ffff:127.0.0.1]", "[::1]", "[::]",       "user@127.0.0.1"};
    f->options.refuses = address_is_reserved;
    f->options.refusal = "not there";
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        if (post_to(f, url_at(f, hosts[i], "/")) != STATUS_PERMISSION_DENIED)
            fail_msg("%s: %d %s", hosts[i], (int)f->status.code, f->status.message);
        assert_string_equal(f->status.message, "not there");
    }
    assert_int_equal(f->peer.connections, 0);
    f->options.refuses = NULL;
    for (size_t i = 0; i < 7; i++)
        if (post_to(f, url_at(f, hosts[i], "/")) != STATUS_OK)
            fail_msg("%s: %d %s", hosts[i], (int)f->status.code, f->status.message);
    assert_int_equal(f->peer.connections, 7);
}

static bool refuses_the_second(const struct sockaddr *address)
{
    return ((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr == htonl(INADDR_LOOPBACK + 1);
}

static void looks_again_at_each_redirect(void **state)
{
    struct fixture *f = *state;
    f->options.refuses = refuses_the_second;
    f->peer.answer = arena_printf(f->arena,
                                  "HTTP/1.1 307 Over There\r\nLocation: http://127.0.0.2:%d/\r\nContent-Length: "
                                  "0\r\nConnection: close\r\n\r\n",
                                  f->peer.port);
    assert_int_equal(post_to(f, url_at(f, "127.0.0.1", "/")), STATUS_PERMISSION_DENIED);
    assert_int_equal(f->peer.connections, 1);
    f->peer.answer = "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n";
    assert_int_equal(post_to(f, url_at(f, "127.0.0.1", "/")), STATUS_INVALID_ARGUMENT);
    f->peer.answer = "HTTP/1.1 307 Again\r\nLocation: /\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    assert_int_equal(post_to(f, url_at(f, "127.0.0.1", "/")), STATUS_INVALID_ARGUMENT);
    assert_string_equal(f->status.message, "stopped after 10 redirects");
    assert_int_equal(f->peer.connections, 2 + OUTBOUND_REDIRECTS_MAX + 1);
}

static bool at_once(void *ctx)
{
    (void)ctx;
    return true;
}

static void gives_up_in_time(void **state)
{
    struct fixture *f = *state;
    f->peer.answer = NULL;
    f->options.timeout_ns = second_ns / 5;
    assert_int_equal(post_to(f, url_at(f, "127.0.0.1", "/")), STATUS_DEADLINE_EXCEEDED);
    f->options.timeout_ns = 60 * second_ns;
    f->options.stopping = at_once;
    assert_int_equal(post_to(f, url_at(f, "127.0.0.1", "/")), STATUS_CANCELLED);
}

static void keeps_only_so_much(void **state)
{
    struct fixture *f = *state;
    f->peer.answer = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    f->peer.filler = 4 * OUTBOUND_ANSWER_MAX;
    assert_int_equal(post_to(f, url_at(f, "127.0.0.1", "/")), STATUS_OK);
    assert_int_equal(f->answer.http_status, 200);
    assert_int_equal(f->answer.body.len, OUTBOUND_ANSWER_MAX);
    assert_true(f->answer.cut_off);
    f->options.answer_max = 4096;
    f->options.secret = true;
    f->peer.filler = 4096;
    assert_int_equal(post_to(f, url_at(f, "127.0.0.1", "/")), STATUS_OK);
    assert_int_equal(f->answer.body.len, 4096);
    assert_false(f->answer.cut_off);
    f->options.answer_max = 4095;
    assert_int_equal(post_to(f, url_at(f, "127.0.0.1", "/")), STATUS_OK);
    assert_int_equal(f->answer.body.len, 4095);
    assert_true(f->answer.cut_off);
}

/* The peer redirects to that host and then answers 404 there: the second request is the last one it saw. */
static const char *last_after_redirect(struct fixture *f, const char *host, const struct outbound_request *request)
{
    f->peer.answer = arena_printf(f->arena,
                                  "HTTP/1.1 307 Over There\r\nLocation: http://%s:%d/b\r\nContent-Length: 0\r\n"
                                  "Connection: close\r\n\r\n",
                                  host, f->peer.port);
    assert_int_equal(send_to(f, request), STATUS_INVALID_ARGUMENT);
    peer_stop(&f->peer);
    return f->peer.last;
}

static void keeps_credentials_to_one_host(void **state)
{
    struct fixture *f = *state;
    const struct outbound_request request = {.url = url_at(f, "127.0.0.1", "/a"), .authorization = "Bearer s3cret"};
    const char *seen = last_after_redirect(f, "127.0.0.1", &request);
    assert_ptr_equal(strstr(seen, "GET /b HTTP/1.1\r\n"), seen);
    assert_non_null(strstr(seen, "\r\nAuthorization: Bearer s3cret\r\n"));
    peer_start(&f->peer);
    const struct outbound_request again = {.url = url_at(f, "127.0.0.1", "/a"), .authorization = "Bearer s3cret"};
    seen = last_after_redirect(f, "127.0.0.2", &again);
    assert_ptr_equal(strstr(seen, "GET /b HTTP/1.1\r\n"), seen);
    assert_null(strstr(seen, "s3cret"));
    f->peer.connections = 0;
    peer_start(&f->peer);
    f->options.same_host = true;
    const struct outbound_request third = {.url = url_at(f, "127.0.0.1", "/a"), .authorization = "Bearer s3cret"};
    last_after_redirect(f, "127.0.0.2", &third);
    assert_string_equal(f->status.message, "redirected to another host");
    assert_int_equal(f->peer.connections, 1);
    peer_start(&f->peer);
}

static void sends_pieces(void **state)
{
    struct fixture *f = *state;
    const struct outbound_piece pieces[] = {{"{\"a\":", 5, false}, {"", 0, false}, {"", 0, true}, {"1}", 2, false}};
    const struct outbound_request request = {.url = url_at(f, "127.0.0.1", "/p"), .pieces = pieces, .piece_count = 4};
    assert_int_equal(send_to(f, &request), STATUS_OK);
    peer_stop(&f->peer);
    assert_non_null(strstr(f->peer.last, "POST /p HTTP/1.1\r\n"));
    assert_non_null(strstr(f->peer.last, "\r\nContent-Length: 7\r\n"));
    assert_non_null(strstr(f->peer.last, "\r\n\r\n{\"a\":1}"));
    peer_start(&f->peer);
}

/* However the reader cuts it. */
static void encodes_pieces(void **state)
{
    (void)state;
    static const char all[] = "<Zg==Zm8=Zm9v+/8AZm9vYg==>";
    const struct outbound_piece pieces[] = {
        {"<", 1, false}, {"f", 1, true}, {"fo", 2, true}, {"foo", 3, true}, {"\xFB\xFF\0foob", 7, true},
        {">", 1, false}};
    const struct outbound_request request = {.pieces = pieces, .piece_count = 6};
    assert_int_equal(outbound_body_size(&request), sizeof all - 1);
    for (size_t step = 1; step <= sizeof all; step++) {
        struct outbound_reader reader = outbound_reader_of(pieces, 6);
        char out[sizeof all + 1] = "";
        size_t length = 0;
        for (size_t n; (n = outbound_reader_read(&reader, out + length,
                                                 step < sizeof all - length ? step : sizeof all - length)) > 0;)
            length += n;
        assert_string_equal(out, all);
    }
}

static void may_stay(void **state)
{
    struct fixture *f = *state;
    const struct outbound_request request = {.url = url_at(f, "127.0.0.1", "/a")};
    f->options.stays = true;
    f->peer.answer = "HTTP/1.1 302 There\r\nLocation: b?c\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    assert_int_equal(send_to(f, &request), STATUS_OK);
    assert_int_equal(f->answer.http_status, 302);
    assert_string_equal(f->answer.redirect, url_at(f, "127.0.0.1", "/b?c"));
    assert_int_equal(f->peer.connections, 1);
    f->peer.answer = "HTTP/1.1 300 Well\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    assert_int_equal(send_to(f, &request), STATUS_OK);
    assert_null(f->answer.redirect);
}

static void tells_who_answered(void **state)
{
    struct fixture *f = *state;
    const struct outbound_request request = {.url = url_at(f, "127.0.0.1", "/a")};
    f->peer.answer = "HTTP/1.1 404 No\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 0\r\n\r\n";
    assert_int_equal(send_to(f, &request), STATUS_OK);
    assert_int_equal(f->answer.http_status, 404);
    assert_string_equal(f->answer.content_type, "text/html; charset=utf-8");
    assert_string_equal(f->answer.url, request.url);
    f->peer.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    assert_int_equal(send_to(f, &request), STATUS_OK);
    assert_string_equal(f->answer.content_type, "");
}

static void tells_what_may_work_later(void **state)
{
    struct fixture *f = *state;
    f->peer.answer = "";
    assert_int_equal(post_to(f, url_at(f, "127.0.0.1", "/")), STATUS_UNAVAILABLE);
    f->peer.answer = "SSH-2.0-nonsense\r\n";
    assert_int_equal(post_to(f, url_at(f, "127.0.0.1", "/")), STATUS_UNAVAILABLE);
    assert_int_equal(post_to(f, arena_printf(f->arena, "https://127.0.0.1:%d/", f->peer.port)), STATUS_UNAVAILABLE);
    assert_int_equal(post_to(f, "http://no-such-host.invalid/"), STATUS_UNAVAILABLE);
    static const char *const bad[] = {"",      "http://",    "ftp://127.0.0.1/", "http://127.0.0.1:99999/",
                                      "/path", "http://[::1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (post_to(f, bad[i]) != STATUS_INVALID_ARGUMENT)
            fail_msg("%s: %d %s", bad[i], (int)f->status.code, f->status.message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sends_what_it_is_given, set_up, tear_down),
        cmocka_unit_test_setup_teardown(goes_to_no_reserved_address, set_up, tear_down),
        cmocka_unit_test_setup_teardown(looks_again_at_each_redirect, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gives_up_in_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_only_so_much, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_credentials_to_one_host, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sends_pieces, set_up, tear_down),
        cmocka_unit_test_setup_teardown(encodes_pieces, set_up, tear_down),
        cmocka_unit_test_setup_teardown(may_stay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_who_answered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_what_may_work_later, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
