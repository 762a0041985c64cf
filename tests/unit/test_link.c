/* Pages for previews: what is fetched, how far, and what never is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/address.h"
#include "preview/link.h"
#include "preview/link_url.h"

#include "web_fixture.h"

#include "arena_fixture.h"

#define OK_HTML "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
#define REDIRECT(to) "HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: " to "\r\n\r\n"

static const int64_t second_ns = INT64_C(1000000000);
static struct outbound_options options;
static struct link_metadata found;
static struct status status;

static int start(void **state)
{
    set_up(state);
    web_start();
    options = (struct outbound_options){.timeout_ns = 60 * second_ns};
    return 0;
}

static int stop(void **state)
{
    web_stop();
    return tear_down(state);
}

static enum status_code fetch(const char *url)
{
    status = (struct status){0};
    return link_fetch(arena, url, &options, &found, &status);
}

/* %d in the text is the port. */
static const char *with_port(const char *text)
{
    struct buf out = buf_in(arena);
    for (; *text; text++)
        if (strncmp(text, "%d", 2) == 0) {
            buf_printf(&out, "%d", web.port);
            text++;
        } else {
            buf_add_char(&out, *text);
        }
    return buf_str(&out);
}

#define assert_found(url, wanted_title)                                                                                \
    do {                                                                                                               \
        if (fetch(with_port(url)) != STATUS_OK)                                                                        \
            fail_msg("%s: %s", url, status.message);                                                                   \
        assert_string_equal(found.title, wanted_title);                                                                \
    } while (0)

#define assert_refused(url, text)                                                                                      \
    do {                                                                                                               \
        assert_int_equal(fetch(with_port(url)), STATUS_INVALID_ARGUMENT);                                              \
        assert_string_equal(status.message, with_port(text));                                                          \
    } while (0)

static void reads_a_page(void **state)
{
    (void)state;
    web_add("/a", OK_HTML "<title>T</title><meta name=description content=D>"
                          "<meta property=og:image content=/i.png><body>");
    web_add("/gone", "HTTP/1.1 404 No\r\nContent-Type: TEXT/HTML ;x\r\n\r\n<title>No</title>");
    assert_found("http://one.test:%d/a?b=c%20d#e", "T");
    assert_string_equal(found.description, "D");
    assert_string_equal(found.image, "/i.png");
    assert_ptr_equal(strstr(web_last(), "GET /a?b=c%20d HTTP/1.1\r\n"), web.last);
    assert_non_null(strstr(web_last(), "\r\nAccept: text/html\r\n"));
    assert_null(strstr(web_last(), "Cookie"));
    assert_found("HTTP://one.test:%d/gone", "No");
}

static void reads_no_more_than_the_head(void **state)
{
    (void)state;
    struct buf huge = buf_in(arena);
    buf_add_str(&huge, OK_HTML "<script>");
    while (huge.len < LINK_PAGE_MAX + sizeof OK_HTML)
        buf_add_str(&huge, "////////////////");
    buf_add_str(&huge, "</script><title>late</title>");
    web_add("/huge", buf_str(&huge));
    struct buf open = buf_in(arena);
    buf_add_str(&open, OK_HTML "<title>T</title><!--");
    for (int i = 0; i < 4096; i++)
        buf_add_char(&open, ' ');
    buf_add_str(&open, "--><body>");
    web_hold("/open", buf_str(&open));
    web_hold("/slow", OK_HTML "<title>S</title>");
    web_add("/short", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99\r\n\r\n<title>C</title>");
    assert_found("http://one.test:%d/huge", "");
    assert_found("http://one.test:%d/open", "T"); /* at once */
    assert_found("http://one.test:%d/short", "C");
    options.timeout_ns = second_ns / 5;
    assert_found("http://one.test:%d/slow", "S");
}

static void wants_html(void **state)
{
    (void)state;
    static const char *const types[] = {"text/plain", "application/xhtml+xml", "text/html5", "image/png",
                                        "text/html, x"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        web_hold("/x", arena_printf(arena, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: 9\r\n\r\n<title>x",
                                    types[i]));
        assert_refused("http://one.test:%d/x", "not a HTML page");
    }
    web_add("/x", "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n<title>x");
    assert_refused("http://one.test:%d/x", "not a HTML page");
    web_add("/x", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n");
    assert_refused("http://one.test:%d/x", "not a HTML page");
}

static void follows_redirects(void **state)
{
    (void)state;
    web_add("/a", with_port(REDIRECT("http://two.test:%d/b")));
    web_add("/b", REDIRECT("c?x"));
    web_add("/c", OK_HTML "<title>there</title>");
    web_add("/loop", REDIRECT("/loop"));
    web_add("/file", REDIRECT("file:///etc/passwd"));
    web_add("/bad", REDIRECT("http://[::1"));
    web_add("/here", "HTTP/1.1 302 Found\r\nContent-Type: text/html\r\n\r\n<title>here");
    assert_found("http://one.test:%d/a", "there");
    assert_found("http://one.test:%d/here", "here");
    int before = web.requests;
    assert_refused("http://one.test:%d/loop", "Get \"http://one.test:%d/loop\": too many redirects");
    assert_int_equal(web.requests, before + LINK_REQUESTS_MAX);
    assert_int_equal(fetch(with_port("http://one.test:%d/file")), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(status.message, "only http/https protocols are allowed"));
    assert_int_equal(fetch(with_port("http://one.test:%d/bad")), STATUS_INVALID_ARGUMENT);
}

static bool refuses_the_second(const struct sockaddr *address)
{
    return ((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr == htonl(INADDR_LOOPBACK + 1);
}

static void reaches_nothing_internal(void **state)
{
    (void)state;
    web_add("/", OK_HTML "<title>x");
    web_add("/literal", with_port(REDIRECT("http://127.0.0.2:%d/")));
    web_add("/name", with_port(REDIRECT("http://two.test:%d/")));
    options.refuses = refuses_the_second;
    assert_refused("http://127.0.0.2:%d/", "127.0.0.2: internal IP addresses are not allowed");
    assert_refused("http://two.test:%d/",
                   "Get \"http://two.test:%d/\": host=two.test, ip=127.0.0.2: internal IP addresses are not allowed");
    assert_refused("http://both.test:%d/",
                   "Get \"http://both.test:%d/\": host=both.test, ip=127.0.0.2: internal IP addresses are not allowed");
    assert_int_equal(web.requests, 0);
    assert_refused("http://one.test:%d/literal",
                   "Get \"http://127.0.0.2:%d/\": 127.0.0.2: internal IP addresses are not allowed");
    assert_refused("http://one.test:%d/name",
                   "Get \"http://two.test:%d/\": host=two.test, ip=127.0.0.2: internal IP addresses are not allowed");
    assert_int_equal(web.requests, 2);
}

/* A name that is looked at and then leads elsewhere: there is no second look. */
static void goes_where_it_looked(void **state)
{
    (void)state;
    web_add("/", OK_HTML "<title>first");
    options.refuses = refuses_the_second;
    assert_found("http://turns.test:%d/", "first");
    assert_int_equal(web.lookups, 1);
    assert_refused(
        "http://turns.test:%d/",
        "Get \"http://turns.test:%d/\": host=turns.test, ip=127.0.0.2: internal IP addresses are not allowed");
}

static void knows_internal_addresses(void **state)
{
    (void)state;
    static const char *const hosts[] = {"127.0.0.1",
                                        "10.1.2.3",
                                        "172.16.0.1",
                                        "172.31.255.255",
                                        "192.168.1.1",
                                        "169.254.169.254",
                                        "0.0.0.0",
                                        "0.1.2.3",
                                        "::1",
                                        "::",
                                        "fc00::1",
                                        "fdff::1",
                                        "fe80::1",
                                        "febf::1",
                                        "::ffff:10.0.0.1",
                                        "64:ff9b::7f00:1",
                                        "2002:7f00:1::"};
    options.refuses = address_is_reserved;
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        bool six = strchr(hosts[i], ':');
        const char *url = arena_printf(arena, six ? "http://[%s]:%d/" : "http://%s:%d/", hosts[i], web.port);
        assert_int_equal(fetch(url), STATUS_INVALID_ARGUMENT);
        assert_string_equal(status.message, arena_printf(arena, "%s: internal IP addresses are not allowed", hosts[i]));
    }
    assert_int_equal(web.requests, 0);
    /* Spellings of addresses that are no addresses by the book. */
    static const char *const odd[] = {"127.1", "0x7f.0.0.1", "2130706433", "0177.0.0.1", "localhost.", "127.0.0.1."};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        assert_int_equal(fetch(arena_printf(arena, "http://%s:%d/", odd[i], web.port)), STATUS_INVALID_ARGUMENT);
    assert_int_equal(web.requests, 0);
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *url, *text;
    } bad[] = {
        {"example.com", "only http/https protocols are allowed"},
        {"/path", "only http/https protocols are allowed"},
        {"//host/path", "only http/https protocols are allowed"},
        {"ftp://host/", "only http/https protocols are allowed"},
        {"javascript:alert(1)", "only http/https protocols are allowed"},
        {"file:///etc/passwd", "only http/https protocols are allowed"},
        {"http://", "empty hostname"},
        {"http:///path", "empty hostname"},
        {"http://:80/", "empty hostname"},
        {"http:host", "empty hostname"},
        {"http://user@/", "empty hostname"},
        {"http://a b/", "invalid URL format"},
        {"http://a/\n", "invalid URL format"},
        {"http://a/%zz", "invalid URL format"},
        {"http://a/#%z", "invalid URL format"},
        {"http://a:b/", "invalid URL format"},
        {"http://[::1/", "invalid URL format"},
        {"http://[::1]x/", "invalid URL format"},
        {"http://a%41/", "invalid URL format"},
        {":foo", "invalid URL format"},
        {"1http://x", "invalid URL format"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(fetch(bad[i].url), STATUS_INVALID_ARGUMENT);
        if (strcmp(status.message, bad[i].text) != 0)
            fail_msg("%s: %s", bad[i].url, status.message);
    }
    char *long_url = arena_alloc(arena, LINK_URL_MAX + 2);
    memset(long_url, 'a', LINK_URL_MAX + 1);
    memcpy(long_url, "http://", 7);
    long_url[LINK_URL_MAX + 1] = '\0';
    assert_int_equal(fetch(long_url), STATUS_INVALID_ARGUMENT);
    assert_string_equal(status.message, "invalid URL format");
    assert_refused(
        "http://nowhere.test/",
        "Get \"http://nowhere.test/\": failed to resolve hostname: lookup nowhere.test: Name or service not known");
    assert_int_equal(web.requests, 0);
}

static bool at_once(void *ctx)
{
    (void)ctx;
    return true;
}

static void gives_up_in_time(void **state)
{
    (void)state;
    web_add("/silent", NULL);
    web_add("/around", with_port(REDIRECT("http://one.test:%d/silent")));
    options.timeout_ns = second_ns / 5;
    assert_int_equal(fetch(with_port("http://one.test:%d/around")), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(status.message, "no answer in time"));
    options.timeout_ns = 60 * second_ns;
    options.stopping = at_once;
    assert_int_equal(fetch(with_port("http://one.test:%d/silent")), STATUS_UNAVAILABLE);
}

static void knows_videos(void **state)
{
    (void)state;
    web_add("/watch", OK_HTML "<title>V</title><meta property=og:image content=i>");
    web_add("/go", with_port(REDIRECT("http://www.youtube.com:%d/watch?v=x_y-Z1")));
    web_add("/watcher", OK_HTML "<meta property=og:image content=i>");
    static const struct {
        const char *url, *image;
    } cases[] = {
        {"http://www.youtube.com:%d/watch?a=b&v=dQw4w9%57gXcQ&v=other#v=no", "dQw4w9WgXcQ"},
        {"http://one.test:%d/go", "x_y-Z1"},
        {"http://www.youtube.com:%d/watch?v=a/../b", NULL},
        {"http://www.youtube.com:%d/watch?v=", NULL},
        {"http://www.youtube.com:%d/watch?vv=abc", NULL},
        {"http://www.youtube.com:%d/watch", NULL},
        {"http://www.youtube.com:%d/watcher?v=abc", NULL},
        {"http://one.test:%d/watch?v=abc", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *wanted =
            cases[i].image ? arena_printf(arena, "https://img.youtube.com/vi/%s/mqdefault.jpg", cases[i].image) : "i";
        if (fetch(with_port(cases[i].url)) != STATUS_OK || strcmp(found.image, wanted) != 0)
            fail_msg("%s: %s %s", cases[i].url, status.message, found.image);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_a_page, start, stop),
        cmocka_unit_test_setup_teardown(reads_no_more_than_the_head, start, stop),
        cmocka_unit_test_setup_teardown(wants_html, start, stop),
        cmocka_unit_test_setup_teardown(follows_redirects, start, stop),
        cmocka_unit_test_setup_teardown(reaches_nothing_internal, start, stop),
        cmocka_unit_test_setup_teardown(goes_where_it_looked, start, stop),
        cmocka_unit_test_setup_teardown(knows_internal_addresses, start, stop),
        cmocka_unit_test_setup_teardown(says_what_is_wrong, start, stop),
        cmocka_unit_test_setup_teardown(gives_up_in_time, start, stop),
        cmocka_unit_test_setup_teardown(knows_videos, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
