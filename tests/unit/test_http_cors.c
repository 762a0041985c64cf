/* The table of platform.md 1.2, over the wire. */
#include "http_client.h"

static void hello(void *ctx, struct wire_request *request, struct wire_response *response)
{
    (void)ctx;
    (void)request;
    wire_response_text(response, 200, "text/plain", "hello");
}

static struct http_route_target route(void *ctx, const struct wire_request *request)
{
    return (struct http_route_target){hello, ctx, true,
                                      strcmp(request->path, "/framework") == 0 ? "OPTIONS, GET" : NULL, HTTP_CHANGING};
}

static int port;
static struct config config;
static struct http_server *server;

static int setup(void **state)
{
    (void)state;
    config = test_config();
    config.instance_url = " https://Notes.example:8443/sub ";
    server = start_server(&config, route, NULL);
    port = http_server_port(server);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    http_server_stop(server, 0);
    return 0;
}

struct expectation {
    const char *origin; /* NULL: no header */
    const char *host;
    const char *allow_origin, *credentials; /* NULL: absent */
};

static void expect_header(const struct answer *answer, const char *name, unsigned index, const char *want)
{
    const char *got = answer_header_n(answer, name, index);
    if (want)
        assert_non_null(got);
    if (want && got)
        assert_string_equal(got, want);
    if (!want)
        assert_null(got);
}

static struct answer ask_with(const char *method, const char *path, const struct expectation *row, const char *more)
{
    char request[2048], origin[512] = "";
    if (row->origin)
        snprintf(origin, sizeof origin, "Origin: %s\r\n", row->origin);
    snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: %s\r\n%s%s\r\n", method, path, row->host, origin, more);
    return ask(port, request);
}

static const struct expectation table[] = {
    {NULL, "a.example", NULL, NULL},
    {"", "a.example", NULL, NULL},
    {"null", "a.example", NULL, NULL},
    {"http://evil.example", "a.example", "http://evil.example", NULL},
    {"http://a.example", "a.example", "http://a.example", "true"},
    {"https://A.Example", "a.example", "https://A.Example", "true"}, /* the scheme is not compared with Host */
    {"http://a.example:80", "a.example", "http://a.example:80", NULL},
    {"http://a.example:81", "a.example:81", "http://a.example:81", "true"},
    {"https://notes.EXAMPLE:8443", "a.example", "https://notes.EXAMPLE:8443", "true"},
    {"http://notes.example:8443", "a.example", "http://notes.example:8443", NULL}, /* another scheme */
    {"https://notes.example", "a.example", "https://notes.example", NULL},
    {"https://notes.example:8443.evil.example", "a.example", "https://notes.example:8443.evil.example", NULL},
    {"a.example", "a.example", "a.example", NULL}, /* no scheme, no host */
    {"://a.example", "a.example", "://a.example", NULL},
};

static void test_requests(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct answer answer = ask_with("GET", "/x", &table[i], "");
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer.body, "hello");
        expect_header(&answer, "Vary", 0, "Origin");
        expect_header(&answer, "Vary", 1, NULL);
        expect_header(&answer, "Access-Control-Allow-Origin", 0, table[i].allow_origin);
        expect_header(&answer, "Access-Control-Allow-Credentials", 0, table[i].credentials);
        expect_header(&answer, "Access-Control-Allow-Methods", 0, NULL);
        expect_header(&answer, "Access-Control-Expose-Headers", 0, NULL);
        answer_free(&answer);
    }
}

static void test_preflights(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        bool allowed = table[i].allow_origin != NULL;
        struct answer answer =
            ask_with("OPTIONS", "/framework", &table[i],
                     "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type,X-Y\r\n");
        assert_int_equal(answer.status, 204);
        assert_int_equal(answer.body_len, 0);
        expect_header(&answer, "Vary", 0, "Origin");
        expect_header(&answer, "Vary", 1, allowed ? "Access-Control-Request-Method" : NULL);
        expect_header(&answer, "Vary", 2, allowed ? "Access-Control-Request-Headers" : NULL);
        expect_header(&answer, "Access-Control-Allow-Origin", 0, table[i].allow_origin);
        expect_header(&answer, "Access-Control-Allow-Credentials", 0, table[i].credentials);
        expect_header(&answer, "Access-Control-Allow-Methods", 0, allowed ? "GET,HEAD,PUT,PATCH,POST,DELETE" : NULL);
        expect_header(&answer, "Access-Control-Allow-Headers", 0, allowed ? "content-type,X-Y" : NULL);
        expect_header(&answer, "Access-Control-Max-Age", 0, NULL);
        bool no_origin = !table[i].origin || !table[i].origin[0];
        expect_header(&answer, "Allow", 0, no_origin ? "OPTIONS, GET" : NULL);
        answer_free(&answer);
    }
}

static void test_preflight_without_wishes(void **state)
{
    (void)state;
    struct answer answer = ask_with("OPTIONS", "/x", &table[3], "");
    assert_int_equal(answer.status, 204);
    expect_header(&answer, "Access-Control-Allow-Origin", 0, "http://evil.example");
    expect_header(&answer, "Access-Control-Allow-Headers", 0, NULL);
    answer_free(&answer);
    answer = ask_with("OPTIONS", "/x", &table[0], "");
    assert_int_equal(answer.status, 204);
    expect_header(&answer, "Allow", 0, NULL);
    answer_free(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_preflights),
        cmocka_unit_test(test_preflight_without_wishes),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
