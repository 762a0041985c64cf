/* The web page from a directory: which file, which headers, and no way out of the directory. */
#include <fcntl.h>
#include <sys/stat.h>

#include "http/range.h"
#include "http/site.h"
#include "http/static_ui.h"
#include "http_client.h"

enum { BIG = 200000 };

static char root[64], dir[80];
static struct config config;
static struct http_server *server;
static int port;

static void put(const char *path, const char *content, size_t length)
{
    char name[256];
    snprintf(name, sizeof name, "%s/%s", root, path);
    int fd = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, length), length);
    close(fd);
}

static struct http_route_target route(void *ctx, const struct wire_request *request)
{
    static const struct site site = {&config, NULL};
    static struct static_ui ui = {dir, NULL}, missing = {"/nonexistent/ui", NULL};
    (void)ctx;
    if (strcmp(request->path, "/healthz") == 0)
        return (struct http_route_target){site_healthz, NULL, true, site_allow_get, HTTP_CHANGING};
    if (strcmp(request->path, "/robots.txt") == 0)
        return (struct http_route_target){site_robots, (void *)&site, true, site_allow_get, HTTP_CHANGING};
    if (strncmp(request->path, "/missing/", 9) == 0)
        return (struct http_route_target){static_ui_handle, &missing, true, NULL, HTTP_CHANGING};
    return (struct http_route_target){static_ui_handle, &ui, true, NULL, HTTP_CHANGING};
}

static int setup(void **state)
{
    char name[128], *big = malloc(BIG);
    (void)state;
    strcpy(root, "/tmp/memora-ui-XXXXXX");
    assert_non_null(mkdtemp(root));
    snprintf(dir, sizeof dir, "%s/ui", root);
    mkdir(dir, 0755);
    snprintf(name, sizeof name, "%s/ui/assets", root);
    mkdir(name, 0755);
    for (int i = 0; i < BIG; i++)
        big[i] = (char)('a' + i % 26);
    put("secret.txt", "secret", 6);
    put("ui/index.html", "<html>page</html>", 17);
    put("ui/index.html.br", "PAGE-BR", 7);
    put("ui/index.html.gz", "PAGE-GZ", 7);
    put("ui/assets/app-1.js", "plain script", 12);
    put("ui/assets/app-1.js.br", "BR", 2);
    put("ui/assets/app-1.js.gz", "GZ.", 3);
    put("ui/assets/big.png", big, BIG);
    put("ui/logo.svg", "<svg/>", 6);
    put("ui/a b.txt", "spaced", 6);
    put("ui/.hidden.txt", "hidden", 6);
    put("ui/empty.txt", "", 0);
    free(big);
    snprintf(name, sizeof name, "%s/ui/link.txt", root);
    assert_int_equal(symlink("../secret.txt", name), 0);
    snprintf(name, sizeof name, "%s/ui/out", root);
    assert_int_equal(symlink("..", name), 0);
    snprintf(name, sizeof name, "%s/ui/pipe.txt", root);
    assert_int_equal(mkfifo(name, 0644), 0);
    config = test_config();
    server = start_server(&config, route, NULL);
    port = http_server_port(server);
    return 0;
}

static int teardown(void **state)
{
    char command[128];
    (void)state;
    http_server_stop(server, 0);
    snprintf(command, sizeof command, "rm -r %s", root);
    return system(command);
}

static struct answer get(const char *method, const char *path, const char *more)
{
    char request[1024];
    snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: h\r\n%s\r\n", method, path, more);
    return ask(port, request);
}

static const char page[] = "<html>page</html>", not_found[] = "{\"message\":\"Not Found\"}\n";
static const char no_store[] = "no-cache, no-store, must-revalidate";

static const struct {
    const char *method, *path;
    int status;
    const char *body, *type, *cache;
} paths[] = {
    {"GET", "/", 200, page, "text/html; charset=utf-8", no_store},
    {"GET", "/index.html", 200, page, "text/html; charset=utf-8", no_store},
    {"GET", "/memos/abc", 200, page, "text/html; charset=utf-8", no_store},
    {"POST", "/", 200, page, "text/html; charset=utf-8", no_store},
    {"DELETE", "/whatever/you", 200, page, "text/html; charset=utf-8", no_store},
    {"GET", "/assets", 200, page, "text/html; charset=utf-8", no_store},
    {"GET", "/memos.api.v1/Foo", 200, page, "text/html; charset=utf-8", no_store},
    {"GET", "/apix", 200, page, "text/html; charset=utf-8", no_store},
    {"GET", "/assets/app-1.js", 200, "plain script", "text/javascript; charset=utf-8",
     "public, max-age=2592000, immutable"},
    {"GET", "/logo.svg?v=1", 200, "<svg/>", "image/svg+xml", "public, max-age=3600"},
    {"GET", "/a%20b.txt", 200, "spaced", "text/plain; charset=utf-8", "public, max-age=3600"},
    {"GET", "/empty.txt", 200, "", "text/plain; charset=utf-8", "public, max-age=3600"},
    {"POST", "/assets/app-1.js", 404, not_found, "application/json", no_store},
    {"GET", "/assets/gone.js", 404, not_found, "application/json", no_store},
    {"GET", "/u/some.one", 404, not_found, "application/json", no_store},
    {"GET", "/api", 404, not_found, "application/json", NULL},
    {"GET", "/api/v2/x", 404, not_found, "application/json", NULL},
    {"GET", "/file/x", 404, not_found, "application/json", NULL},
    {"GET", "/memos.api.v1", 404, not_found, "application/json", NULL},
    {"GET", "/memos.api.v1.X/Y", 404, not_found, "application/json", NULL},
    {"GET", "/u/bob/rss.xml", 404, not_found, "application/json", NULL},
    {"GET", "/sitemap.xml", 404, not_found, "application/json", NULL},
    /* Ways out, and things that are not files of the page. */
    {"GET", "/../secret.txt", 404, not_found, "application/json", no_store},
    {"GET", "/..%2fsecret.txt", 404, not_found, "application/json", no_store},
    {"GET", "/%2e%2e/secret.txt", 404, not_found, "application/json", no_store},
    {"GET", "/assets/../../secret.txt", 404, not_found, "application/json", no_store},
    {"GET", "/assets/..%2f..%2fsecret.txt", 404, not_found, "application/json", no_store},
    {"GET", "/./logo.svg", 404, not_found, "application/json", no_store},
    {"GET", "//logo.svg", 404, not_found, "application/json", no_store},
    {"GET", "/..%2f..%2f..%2fetc%2fpasswd", 200, page, "text/html; charset=utf-8", no_store},
    {"GET", "/..\\secret.txt", 404, not_found, "application/json", no_store},
    {"GET", "/link.txt", 404, not_found, "application/json", no_store},
    {"GET", "/out/secret.txt", 404, not_found, "application/json", no_store},
    {"GET", "/pipe.txt", 404, not_found, "application/json", no_store},
    {"GET", "/.hidden.txt", 404, not_found, "application/json", no_store},
    {"GET", "/logo.svg/", 200, page, "text/html; charset=utf-8", no_store},
    {"GET", "/logo.svg%00.html", 400, NULL, "application/json", NULL},
    {"GET", "/%00", 400, NULL, "application/json", NULL},
    {"GET", "/%ff", 400, NULL, "application/json", NULL},
    {"GET", "/a%2", 400, NULL, "application/json", NULL},
    {"GET", "/a%zz", 400, NULL, "application/json", NULL},
};

static void expect_header(const struct answer *answer, const char *name, const char *want, const char *path)
{
    const char *got = answer_header(answer, name);
    if (want ? !got || strcmp(got, want) != 0 : got != NULL)
        fail_msg("%s: %s is %s instead of %s", path, name, got ? got : "absent", want ? want : "absent");
}

static void test_paths(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct answer answer = get(paths[i].method, paths[i].path, "");
        if (answer.status != paths[i].status)
            fail_msg("%s %s gives %d", paths[i].method, paths[i].path, answer.status);
        if (paths[i].body)
            assert_string_equal(answer.body, paths[i].body);
        expect_header(&answer, "Content-Type", paths[i].type, paths[i].path);
        expect_header(&answer, "Cache-Control", paths[i].cache, paths[i].path);
        bool is_page = paths[i].body == page;
        assert_int_equal(answer_header(&answer, "Content-Security-Policy") != NULL, is_page);
        if (answer.status == 200)
            expect_header(&answer, "X-Content-Type-Options", "nosniff", paths[i].path);
        answer_free(&answer);
    }
}

static void test_very_long_and_deep_paths(void **state)
{
    char path[900] = "/";
    (void)state;
    for (int i = 0; i < 400; i++)
        strcat(path, "a/");
    strcat(path, "x.js");
    struct answer answer = get("GET", path, "");
    assert_int_equal(answer.status, 404);
    answer_free(&answer);
    memset(path + 1, 'b', 800);
    strcpy(path + 801, ".js");
    answer = get("GET", path, "");
    assert_int_equal(answer.status, 404);
    answer_free(&answer);
}

static void test_page_is_guarded(void **state)
{
    (void)state;
    struct answer answer = get("GET", "/", "");
    const char *policy = answer_header(&answer, "Content-Security-Policy");
    assert_non_null(strstr(policy, "default-src 'self'; script-src 'self'; "));
    assert_non_null(strstr(policy, "frame-ancestors 'none'; base-uri 'self'; form-action 'self'"));
    assert_null(strstr(policy, "unsafe-"));
    expect_header(&answer, "Referrer-Policy", "same-origin", "/");
    expect_header(&answer, "Pragma", "no-cache", "/");
    expect_header(&answer, "Expires", "0", "/");
    answer_free(&answer);
}

static const struct {
    const char *accept, *encoding, *body;
} encodings[] = {
    {"gzip, deflate, br", "br", "BR"},
    {"gzip, deflate", "gzip", "GZ."},
    {"br;q=1.0, gzip;q=0.5", "br", "BR"},
    {"br;q=0, gzip", "gzip", "GZ."},
    {"GZIP", "gzip", "GZ."},
    {"identity", NULL, "plain script"},
    {"br;q=0,gzip;q=0.0", NULL, "plain script"},
    {"brotli, gzipx", NULL, "plain script"},
    {",;,=,br", "br", "BR"},
};

static void test_precompressed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof encodings / sizeof encodings[0]; i++) {
        char more[128];
        snprintf(more, sizeof more, "Accept-Encoding: %s\r\n", encodings[i].accept);
        struct answer answer = get("GET", "/assets/app-1.js", more);
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer.body, encodings[i].body);
        expect_header(&answer, "Content-Encoding", encodings[i].encoding, more);
        expect_header(&answer, "Content-Type", "text/javascript; charset=utf-8", more);
        assert_string_equal(answer_header_n(&answer, "Vary", 0), "Accept-Encoding");
        assert_string_equal(answer_header_n(&answer, "Vary", 1), "Origin");
        answer_free(&answer);
    }
    struct answer answer = get("GET", "/", "Accept-Encoding: br\r\n");
    assert_string_equal(answer.body, "PAGE-BR");
    answer_free(&answer);
    answer = get("GET", "/logo.svg", "Accept-Encoding: br\r\n"); /* no sibling */
    assert_string_equal(answer.body, "<svg/>");
    expect_header(&answer, "Content-Encoding", NULL, "logo");
    answer_free(&answer);
}

static void test_entity_tags(void **state)
{
    char plain[128], more[512];
    (void)state;
    struct answer answer = get("GET", "/assets/app-1.js", "");
    snprintf(plain, sizeof plain, "%.100s", answer_header(&answer, "ETag"));
    answer_free(&answer);
    answer = get("GET", "/assets/app-1.js", "Accept-Encoding: br\r\n");
    assert_string_not_equal(answer_header(&answer, "ETag"), plain);
    answer_free(&answer);
    snprintf(more, sizeof more, "If-None-Match: \"x\", W/%s\r\n", plain);
    answer = get("GET", "/assets/app-1.js", more);
    assert_int_equal(answer.status, 304);
    assert_int_equal(answer.body_len, 0);
    expect_header(&answer, "Cache-Control", "public, max-age=2592000, immutable", "304");
    answer_free(&answer);
    answer = get("GET", "/assets/app-1.js", "If-None-Match: \"x\"\r\n");
    assert_int_equal(answer.status, 200);
    answer_free(&answer);
}

static void test_big_files_and_ranges(void **state)
{
    (void)state;
    struct answer answer = get("GET", "/assets/big.png", "");
    assert_int_equal(answer.body_len, BIG);
    assert_int_equal(answer.body[BIG - 1], 'a' + (BIG - 1) % 26);
    expect_header(&answer, "Accept-Ranges", "bytes", "big");
    answer_free(&answer);
    answer = get("GET", "/assets/big.png", "Range: bytes=26-79999\r\n");
    assert_int_equal(answer.status, 206);
    assert_int_equal(answer.body_len, 79974);
    assert_memory_equal(answer.body, "abcdef", 6);
    expect_header(&answer, "Content-Range", "bytes 26-79999/200000", "big");
    answer_free(&answer);
    answer = get("GET", "/assets/app-1.js", "Range: bytes=-6\r\nAccept-Encoding: br\r\n");
    assert_int_equal(answer.status, 206);
    assert_string_equal(answer.body, "script");
    expect_header(&answer, "Content-Encoding", NULL, "range");
    answer_free(&answer);
    answer = get("GET", "/assets/app-1.js", "Range: bytes=12-\r\n");
    assert_int_equal(answer.status, 416);
    expect_header(&answer, "Content-Range", "bytes */12", "range");
    answer_free(&answer);
    answer = get("HEAD", "/assets/big.png", "");
    assert_int_equal(answer.status, 200);
    expect_header(&answer, "Content-Length", "200000", "head");
    answer_free(&answer);
}

static void test_missing_page(void **state)
{
    (void)state;
    struct answer answer = get("GET", "/missing/", "");
    assert_int_equal(answer.status, 503);
    assert_non_null(strstr(answer.body, "ui_dir"));
    answer_free(&answer);
}

static void test_healthz(void **state)
{
    (void)state;
    struct answer answer = get("GET", "/healthz", "");
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "Service ready.");
    expect_header(&answer, "Content-Type", "text/plain; charset=UTF-8", "healthz");
    expect_header(&answer, "Cache-Control", no_store, "healthz");
    answer_free(&answer);
    answer = get("POST", "/healthz", "");
    assert_int_equal(answer.status, 405);
    assert_string_equal(answer.body, "{\"message\":\"Method Not Allowed\"}\n");
    expect_header(&answer, "Allow", "OPTIONS, GET", "healthz");
    expect_header(&answer, "Content-Type", "application/json", "healthz");
    answer_free(&answer);
}

static void test_robots(void **state)
{
    (void)state;
    struct answer answer = get("GET", "/robots.txt", "");
    assert_int_equal(answer.status, 404);
    assert_string_equal(answer.body, "{\"message\":\"instance URL is not configured\"}\n");
    answer_free(&answer);
    config.instance_url = " https://n.example/x// ";
    answer = get("GET", "/robots.txt", "");
    config.instance_url = "";
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "User-agent: *\nAllow: /\nHost: https://n.example/x\n"
                                     "Sitemap: https://n.example/x/sitemap.xml");
    expect_header(&answer, "Content-Type", "text/plain; charset=UTF-8", "robots");
    expect_header(&answer, "Cache-Control", NULL, "robots");
    answer_free(&answer);
}

static const struct {
    const char *header;
    uint64_t size;
    struct range want;
} ranges[] = {
    {NULL, 10, {RANGE_WHOLE, 0, 10}},
    {"bytes=0-0", 10, {RANGE_PART, 0, 1}},
    {"bytes=0-9", 10, {RANGE_PART, 0, 10}},
    {"bytes=0-99999999999999999999", 10, {RANGE_WHOLE, 0, 10}},
    {"bytes=3-100", 10, {RANGE_PART, 3, 7}},
    {"bytes= 3-", 10, {RANGE_PART, 3, 7}},
    {"bytes=-3", 10, {RANGE_PART, 7, 3}},
    {"bytes=-30", 10, {RANGE_PART, 0, 10}},
    {"bytes=-0", 10, {RANGE_UNSATISFIABLE, 0, 0}},
    {"bytes=-1", 0, {RANGE_UNSATISFIABLE, 0, 0}},
    {"bytes=0-", 0, {RANGE_UNSATISFIABLE, 0, 0}},
    {"bytes=10-", 10, {RANGE_UNSATISFIABLE, 0, 0}},
    {"bytes=5-3", 10, {RANGE_WHOLE, 0, 10}},
    {"bytes=0-1,3-4", 10, {RANGE_WHOLE, 0, 10}},
    {"bytes=", 10, {RANGE_WHOLE, 0, 10}},
    {"bytes=-", 10, {RANGE_WHOLE, 0, 10}},
    {"bytes=a-b", 10, {RANGE_WHOLE, 0, 10}},
    {"items=0-1", 10, {RANGE_WHOLE, 0, 10}},
};

static void test_range_header(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        struct range got = range_parse(ranges[i].header, ranges[i].size);
        assert_int_equal(got.kind, ranges[i].want.kind);
        assert_int_equal(got.first, ranges[i].want.first);
        assert_int_equal(got.length, ranges[i].want.length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),           cmocka_unit_test(test_very_long_and_deep_paths),
        cmocka_unit_test(test_page_is_guarded), cmocka_unit_test(test_precompressed),
        cmocka_unit_test(test_entity_tags),     cmocka_unit_test(test_big_files_and_ranges),
        cmocka_unit_test(test_missing_page),    cmocka_unit_test(test_healthz),
        cmocka_unit_test(test_robots),          cmocka_unit_test(test_range_header),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
