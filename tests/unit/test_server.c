/* The whole server in a process of its own: banner, routes, limits on the wire, start errors, stop. */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "http_client.h"
#include "server/server.h"

enum { BODY_LIMIT = 1024 * 1024, BANNER_CAP = 2048 };

struct running {
    char dir[64], ui[80], banner[BANNER_CAP];
    struct config config;
    pid_t pid;
    int port;
};

static struct config server_config(struct running *running)
{
    struct config config = test_config();
    config.data_dir = running->dir;
    config.ui_dir = running->ui;
    config.max_body_bytes = BODY_LIMIT;
    config.plugin_dir = MEMORA_TEST_PLUGIN_DIR;
    config.database_plugin = "sqlite";
    config.database = (struct config_section){.name = "database"};
    config.statement_timeout_s = 30;
    config.storage_plugin = "fs";
    config.storage = (struct config_section){.name = "storage"};
    return config;
}

static struct running *running_new(void)
{
    struct running *running = calloc(1, sizeof *running);
    strcpy(running->dir, "/tmp/memora-server-XXXXXX");
    assert_non_null(mkdtemp(running->dir));
    snprintf(running->ui, sizeof running->ui, "%s/ui", running->dir);
    running->config = server_config(running);
    return running;
}

/* In the child: exit code 0 after an orderly stop; the reason of a failed start goes to the pipe. */
static void serve(const struct config *config, int out)
{
    struct status status = {0};
    dup2(out, STDOUT_FILENO);
    enum status_code code = server_run(config, &status);
    if (code != STATUS_OK)
        printf("%s\n", status.message);
    fflush(stdout);
    exit(code == STATUS_OK ? 0 : 1);
}

/* Until the banner is complete or the server has ended. */
static void launch(struct running *running)
{
    int pipes[2];
    size_t length = 0;
    assert_int_equal(pipe(pipes), 0);
    fflush(stdout);
    running->pid = fork();
    assert_true(running->pid >= 0);
    if (running->pid == 0)
        serve(&running->config, pipes[1]);
    close(pipes[1]);
    for (ssize_t n; length < BANNER_CAP - 1; length += (size_t)n) {
        n = read(pipes[0], running->banner + length, BANNER_CAP - 1 - length);
        if (n <= 0)
            break;
        running->banner[length + (size_t)n] = '\0';
        if (strstr(running->banner, "Happy note-taking!"))
            break;
    }
    close(pipes[0]);
    const char *at = strstr(running->banner, "Server running on 127.0.0.1:");
    running->port = at ? atoi(at + strlen("Server running on 127.0.0.1:")) : 0;
}

static int stop_and_wait(struct running *running)
{
    int result = -1;
    kill(running->pid, SIGTERM);
    assert_int_equal(waitpid(running->pid, &result, 0), running->pid);
    return WIFEXITED(result) ? WEXITSTATUS(result) : -1;
}

static void running_free(struct running *running)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", running->dir);
    assert_int_equal(system(command), 0);
    free(running);
}

static int setup(void **state)
{
    struct running *running = running_new();
    launch(running);
    if (running->port == 0)
        fail_msg("%s", running->banner);
    *state = running;
    return 0;
}

static int teardown(void **state)
{
    struct running *running = *state;
    assert_int_equal(stop_and_wait(running), 0);
    running_free(running);
    return 0;
}

static void expect(const struct running *running, const char *request, int status, const char *body)
{
    struct answer answer = ask(running->port, request);
    if (answer.status != status)
        fail_msg("%d instead of %d for %s", answer.status, status, request);
    if (body)
        assert_string_equal(answer.body, body);
    answer_free(&answer);
}

static void test_banner(void **state)
{
    struct running *running = *state;
    char want[BANNER_CAP];
    snprintf(want, sizeof want,
             "started successfully!\nData directory: %s\nDatabase driver: sqlite\nServer running on 127.0.0.1:%d\n"
             "Access your memos at: http://127.0.0.1:%d\nAccess mode: private\n\n",
             running->dir, running->port, running->port);
    assert_memory_equal(running->banner, "Memora ", 7);
    assert_non_null(strstr(running->banner, want));
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"

static void test_routes(void **state)
{
    struct running *running = *state;
    expect(running, GET("/healthz"), 200, "Service ready.");
    expect(running, "PUT /healthz HTTP/1.1\r\nHost: h\r\n\r\n", 405, "{\"message\":\"Method Not Allowed\"}\n");
    expect(running, GET("/robots.txt"), 404, "{\"message\":\"instance URL is not configured\"}\n");
    expect(running, GET("/sitemap.xml"), 404, "{\"message\":\"instance URL is not configured\"}\n");
    expect(running, GET("/api"), 404, "{\"message\":\"Not Found\"}\n");
    expect(running, GET("/api/v2/x"), 404, "{\"message\":\"Not Found\"}\n");
    expect(running, GET("/api/v1/nothing"), 404, "{\"code\":5,\"message\":\"Not Found\",\"details\":[]}");
    expect(running, GET("/file/nothing"), 404, "{\"code\":5,\"message\":\"Not Found\",\"details\":[]}");
    expect(running, "POST /memos.api.v1.MemoService/Nope HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", 404,
           "404 page not found\n");
    expect(running, "PUT /api/v1/memos HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", 501,
           "{\"code\":12,\"message\":\"Method Not Allowed\",\"details\":[]}");
    expect(running, GET("/anything/else"), 503, NULL); /* no page is installed here */
    expect(running, GET("/anything.else"), 404, "{\"message\":\"Not Found\"}\n");
    struct answer answer = ask(running->port, "OPTIONS /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(answer.status, 204);
    assert_string_equal(answer_header(&answer, "Allow"), "OPTIONS, GET");
    answer_free(&answer);
}

/* What platform.md 1.3 says of bodies over the limit, on each transport. */
static void test_body_limit_on_the_wire(void **state)
{
    struct running *running = *state;
    expect(running,
           "POST /api/v1/auth/signin HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\nExpect: 100-continue\r\n\r\n",
           400, "{\"code\":3,\"message\":\"http: request body too large\",\"details\":[]}");
    struct answer answer = ask(running->port, "POST /memos.api.v1.AuthService/SignIn HTTP/1.1\r\nHost: h\r\n"
                                              "Content-Type: application/json\r\nContent-Length: 1048577\r\n"
                                              "Expect: 100-continue\r\n\r\n");
    assert_int_equal(answer.status, 429);
    assert_string_equal(answer.body, "{\"code\":\"resource_exhausted\",\"message\":\"read first 1048576 bytes of "
                                     "message: exceeded 1048576 byte http.MaxBytesReader limit\"}");
    assert_string_equal(answer_header(&answer, "Connection"), "close");
    answer_free(&answer);
}

static char *post(const struct running *running, const char *path, const char *token, const char *body)
{
    char request[4096];
    snprintf(request, sizeof request,
             "POST %s HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer %s\r\nContent-Length: %zu\r\n\r\n%s", path, token,
             strlen(body), body);
    struct answer answer = ask(running->port, request);
    if (answer.status != 200)
        fail_msg("%d for %s: %s", answer.status, path, answer.body);
    free(answer.head);
    return answer.body;
}

static char *sign_up(const struct running *running)
{
    free(post(running, "/api/v1/users", "-", "{\"username\":\"ann\",\"password\":\"ann-secret\"}"));
    char *body = post(running, "/api/v1/auth/signin", "-",
                      "{\"passwordCredentials\":{\"username\":\"ann\",\"password\":\"ann-secret\"}}");
    const char *at = strstr(body, "\"accessToken\":\"");
    assert_non_null(at);
    at += strlen("\"accessToken\":\"");
    char *token = strndup(at, strcspn(at, "\""));
    free(body);
    return token;
}

static void test_memos_outlive_the_process(void **state)
{
    (void)state;
    struct running *running = running_new();
    running->config.instance_url = "https://notes.example/";
    launch(running);
    assert_non_null(strstr(running->banner, "Access mode: public\n"));
    char *token = sign_up(running);
    free(post(running, "/api/v1/memos?memoId=first", token, "{\"content\":\"kept <&>\",\"visibility\":\"PUBLIC\"}"));
    free(post(running, "/api/v1/memos?memoId=second", token, "{\"content\":\"mine\",\"visibility\":\"PRIVATE\"}"));
    assert_int_equal(stop_and_wait(running), 0);
    launch(running);
    struct answer answer = ask(running->port, GET("/api/v1/memos/first"));
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(answer.body, "kept <&>"));
    answer_free(&answer);
    expect(running, GET("/sitemap.xml"), 200,
           "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
           "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">"
           "<url><loc>https://notes.example/memos/first</loc></url></urlset>");
    assert_int_equal(stop_and_wait(running), 0);
    free(token);
    running_free(running);
}

static void expect_failed_start(struct running *running, const char *reason)
{
    int result = 0;
    launch(running);
    assert_int_equal(waitpid(running->pid, &result, 0), running->pid);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), 1);
    if (!strstr(running->banner, reason))
        fail_msg("\"%s\" does not tell of \"%s\"", running->banner, reason);
}

static void test_failed_starts(void **state)
{
    struct running *first = *state;
    struct running *running = running_new();
    running->config.port = first->port;
    expect_failed_start(running, "Address already in use");
    running->config.port = 0;
    running->config.database_plugin = "nothing";
    expect_failed_start(running, "db-nothing.so");
    running->config.database_plugin = "sqlite";
    running->config.storage_plugin = "nothing";
    expect_failed_start(running, "storage-nothing.so");
    running->config.storage_plugin = "fs";
    running->config.data_dir = "/proc/no/such/place";
    expect_failed_start(running, "cannot use data directory /proc/no/such/place");
    running->config.data_dir = "/etc/hostname";
    expect_failed_start(running, "cannot use data directory /etc/hostname: Not a directory");
    running->config.data_dir = first->dir; /* two servers on one database */
    expect_failed_start(running, "in use by another server");
    running_free(running);
}

static void test_data_directory_is_made(void **state)
{
    (void)state;
    struct running *running = running_new();
    char deep[128];
    struct stat info;
    snprintf(deep, sizeof deep, "%s/a/b/c", running->dir);
    running->config.data_dir = deep;
    mode_t before = umask(0);
    launch(running);
    umask(before);
    assert_int_equal(stat(deep, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0770);
    assert_int_equal(stop_and_wait(running), 0);
    running_free(running);
}

static void test_unix_socket_is_named(void **state)
{
    (void)state;
    struct running *running = running_new();
    char path[96], want[160];
    snprintf(path, sizeof path, "%s/memora.sock", running->dir);
    running->config.unix_socket = path;
    launch(running);
    snprintf(want, sizeof want, "Server running on unix socket: %s\nAccess mode: private\n", path);
    assert_non_null(strstr(running->banner, want));
    assert_int_equal(stop_and_wait(running), 0);
    assert_int_equal(access(path, F_OK), -1);
    running_free(running);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_banner, setup, teardown),
        cmocka_unit_test_setup_teardown(test_routes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_body_limit_on_the_wire, setup, teardown),
        cmocka_unit_test(test_memos_outlive_the_process),
        cmocka_unit_test_setup_teardown(test_failed_starts, setup, teardown),
        cmocka_unit_test(test_data_directory_is_made),
        cmocka_unit_test(test_unix_socket_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
