/* GET /file/attachments/{uid}/{filename}: who may read, headers, ranges, conditional requests. */
#include "attachment_fixture.h"

#include <strings.h>

#include "auth/auth.h"
#include "base/time_rfc3339.h"
#include "http/files.h"

enum { REQUEST_HEADERS = 4 };

struct exchange {
    struct wire_request request;
    struct wire_response response;
    const char *headers[REQUEST_HEADERS][2];
    unsigned header_count;
    char *body; /* after it was sent */
    size_t body_length;
};

static const char *find_request_header(const struct wire_request *request, const char *name)
{
    const struct exchange *exchange = request->transport;
    for (unsigned i = 0; i < exchange->header_count; i++)
        if (strcasecmp(exchange->headers[i][0], name) == 0)
            return exchange->headers[i][1];
    return NULL;
}

/* Plays the HTTP layer: collects the body as it would be sent, and closes the stream. */
static void drain(struct fixture *f, struct exchange *exchange)
{
    struct wire_stream *stream = exchange->response.stream;
    if (!stream) {
        exchange->body = arena_strndup(f->arena, exchange->response.body.len ? exchange->response.body.data : "",
                                       exchange->response.body.len);
        exchange->body_length = exchange->response.body.len;
        return;
    }
    exchange->body = arena_alloc(f->arena, (size_t)stream->size + 1);
    while (exchange->body_length < stream->size) {
        size_t left = (size_t)stream->size - exchange->body_length, step = left > 30000 ? 30000 : left;
        char *out = exchange->body + exchange->body_length;
        int64_t n = stream->fd >= 0 ? pread(stream->fd, out, step, (off_t)(stream->fd_offset + exchange->body_length))
                                    : stream->read(stream->ctx, exchange->body_length, out, step);
        assert_true(n > 0);
        exchange->body_length += (size_t)n;
    }
    exchange->body[exchange->body_length] = '\0';
    stream->close(stream->ctx);
}

/* headers: up to four "Name", "value" pairs, ended by NULL. */
static struct exchange *get(struct fixture *f, const char *target, ...)
{
    struct exchange *exchange = ARENA_NEW(f->arena, struct exchange);
    va_list args;
    const char *mark = strchr(target, '?');
    exchange->request = (struct wire_request){
        .arena = f->arena,
        .method = "GET",
        .path = mark ? arena_strndup(f->arena, target, (size_t)(mark - target)) : target,
        .query = mark ? mark + 1 : "",
        .header = find_request_header,
        .transport = exchange,
    };
    va_start(args, target);
    const char *name;
    while ((name = va_arg(args, const char *))) {
        exchange->headers[exchange->header_count][0] = name;
        exchange->headers[exchange->header_count++][1] = va_arg(args, const char *);
    }
    va_end(args);
    exchange->response.status = 200;
    exchange->response.body = buf_in(f->arena);
    assert_true(files_owns(&exchange->request));
    files_handle(&f->services, &exchange->request, &exchange->response);
    drain(f, exchange);
    return exchange;
}

static const char *header(const struct exchange *exchange, const char *name)
{
    const char *found = NULL;
    for (unsigned i = 0; i < exchange->response.header_count; i++) {
        if (strcasecmp(exchange->response.headers[i].name, name) != 0)
            continue;
        assert_null(found); /* none is sent twice */
        found = exchange->response.headers[i].value;
    }
    return found;
}

static void expect_header(const struct exchange *exchange, const char *name, const char *value)
{
    const char *found = header(exchange, name);
    if (value && found)
        assert_string_equal(found, value);
    else if (value || found)
        fail_msg("%s: %s, expected %s", name, found ? found : "none", value ? value : "none");
}

static void expect_message(const struct exchange *exchange, int status, const char *text)
{
    char body[200];
    snprintf(body, sizeof body, "{\"message\":\"%s\"}\n", text);
    assert_int_equal(exchange->response.status, status);
    assert_string_equal(exchange->body, body);
    expect_header(exchange, "Content-Type", "application/json");
}

static char *bearer[4], *cookie[4]; /* Authorization and Cookie by user id */

static const char *no_metadata(const struct api_call *call, const char *name)
{
    (void)call, (void)name;
    return NULL;
}

static void sign_in(struct fixture *f, int32_t user_id)
{
    struct api_call call = call_as(f, user_id);
    call.metadata = no_metadata;
    struct store_user user;
    struct auth_grant grant;
    struct status status = {0};
    if (store_user_get(f->store, NULL, f->arena, user_id, &user, &status) ||
        auth_begin_session(f->services.auth, &call, &user, &grant, &status))
        fail_msg("%s", status.message);
    bearer[user_id] = arena_printf(f->arena, "Bearer %s", grant.access_token);
    assert_int_equal(call.cookie_count, 1);
    cookie[user_id] = arena_strndup(f->arena, call.cookies[0], strcspn(call.cookies[0], ";"));
}

static enum status_code write_row(struct db_conn *conn, void *ctx, struct status *status)
{
    struct arena *arena = arena_create();
    enum status_code code = store_attachment_insert(conn, arena, ctx, status);
    arena_destroy(arena);
    return code;
}

/* A row of bob's, with its file unless bytes are NULL. */
static void add(struct fixture *f, const char *uid, const char *filename, const char *type,
                enum store_attachment_storage storage, int32_t memo_id, const char *bytes)
{
    struct status status = {0};
    struct store_attachment attachment = {
        .uid = uid,
        .creator_id = BOB,
        .filename = filename,
        .type = type,
        .size = bytes ? (int64_t)strlen(bytes) : 0,
        .memo_id = memo_id,
        .storage = storage,
        .reference = storage == STORE_ATTACHMENT_DATABASE ? "" : arena_printf(f->arena, "assets/%s", uid),
        .bytes = bytes,
        .bytes_length = bytes ? strlen(bytes) : 0};
    if (bytes && storage == STORE_ATTACHMENT_LOCAL)
        write_file(arena_printf(f->arena, "%s/assets/%s", f->data, uid), bytes);
    if (store_write(f->store, write_row, &attachment, &status))
        fail_msg("%s", status.message);
}

static int setup_files(void **state)
{
    struct status status = {0};
    if (setup(state))
        return -1;
    struct fixture *f = *state;
    run_shell("mkdir '%s/assets'", f->data);
    if (auth_create(f->store, false, &f->services.auth, &status))
        fail_msg("%s", status.message);
    for (int32_t user = ALICE; user <= CAROL; user++)
        sign_in(f, user);
    return 0;
}

static int teardown_files(void **state)
{
    struct fixture *f = *state;
    auth_destroy(f->services.auth);
    return teardown(state);
}

static void expect_statuses(struct fixture *f, const char *target, int anonymous, int alice, int bob, int carol)
{
    const int expected[] = {anonymous, alice, bob, carol};
    for (int32_t user = 0; user <= CAROL; user++) {
        struct exchange *exchange = user ? get(f, target, "Authorization", bearer[user], NULL) : get(f, target, NULL);
        if (exchange->response.status != expected[user])
            fail_msg("%s as %d: %d, expected %d", target, user, exchange->response.status, expected[user]);
        if (expected[user] == 401)
            expect_message(exchange, 401, "unauthorized access");
        if (expected[user] == 403)
            expect_message(exchange, 403, "forbidden access");
    }
}

static void test_who_may_read(void **state)
{
    struct fixture *f = *state;
    add(f, "free", "a.txt", "text/plain", STORE_ATTACHMENT_LOCAL, 0, "x");
    add(f, "pub", "a.txt", "text/plain", STORE_ATTACHMENT_LOCAL, 1, "x");
    add(f, "prot", "a.txt", "text/plain", STORE_ATTACHMENT_LOCAL, 2, "x");
    add(f, "priv", "a.txt", "text/plain", STORE_ATTACHMENT_LOCAL, 3, "x");
    add(f, "orphan", "a.txt", "text/plain", STORE_ATTACHMENT_LOCAL, 99, "x");
    expect_statuses(f, "/file/attachments/free/a.txt", 401, 200, 200, 403);
    expect_statuses(f, "/file/attachments/pub/whatever", 200, 200, 200, 200);
    expect_statuses(f, "/file/attachments/prot/a.txt", 401, 200, 200, 200);
    expect_statuses(f, "/file/attachments/priv/a.txt", 401, 200, 200, 403);
    expect_statuses(f, "/file/attachments/orphan/a.txt", 404, 404, 404, 404);
    expect_message(get(f, "/file/attachments/orphan/a.txt", NULL), 404, "memo not found");
    expect_message(get(f, "/file/attachments/none/a.txt", NULL), 404, "attachment not found");
    expect_message(get(f, "/file/attachments/%zz/a.txt", NULL), 400, "Bad Request");
    assert_int_equal(get(f, "/file/attachments/%70ub/a.txt", NULL)->response.status, 200);
    expect_header(get(f, "/file/attachments/pub/a", NULL), "Cache-Control", "public, max-age=3600");
    expect_header(get(f, "/file/attachments/prot/a", "Authorization", bearer[BOB], NULL), "Cache-Control",
                  "private, max-age=3600");
    /* Pictures of a page come with the cookie only. */
    assert_int_equal(get(f, "/file/attachments/priv/a", "Cookie", cookie[BOB], NULL)->response.status, 200);
    assert_int_equal(get(f, "/file/attachments/priv/a", "Cookie", cookie[CAROL], NULL)->response.status, 403);
    assert_int_equal(get(f, "/file/attachments/priv/a", "Cookie", "memos_refresh=x", NULL)->response.status, 401);
    /* Archived state does not count; a private instance shows nothing to anonymous callers. */
    execute(f, "UPDATE memo SET row_status = 'ARCHIVED'");
    expect_statuses(f, "/file/attachments/pub/a", 200, 200, 200, 200);
    f->config.instance_url = " ";
    expect_statuses(f, "/file/attachments/pub/a", 401, 200, 200, 200);
    assert_int_equal(get(f, "/file/attachments/pub/a", "Authorization", "Bearer x", NULL)->response.status, 401);
}

static void test_share_tokens(void **state)
{
    struct fixture *f = *state;
    add(f, "priv", "a.txt", "text/plain", STORE_ATTACHMENT_LOCAL, 3, "x");
    execute(f, "INSERT INTO memo_share (uid, memo_id, creator_id, expires_ts) VALUES ('good', 3, 2, NULL), "
               "('later', 3, 2, 4102444799), ('gone', 3, 2, 1), ('other', 1, 2, NULL)");
    expect_statuses(f, "/file/attachments/priv/a?share_token=good", 200, 200, 200, 200);
    expect_statuses(f, "/file/attachments/priv/a?x=1&share_token=later", 200, 200, 200, 200);
    expect_statuses(f, "/file/attachments/priv/a?share_token=gone", 401, 200, 200, 403);
    expect_statuses(f, "/file/attachments/priv/a?share_token=other", 401, 200, 200, 403);
    expect_statuses(f, "/file/attachments/priv/a?share_token=nonsense", 401, 200, 200, 403);
    expect_statuses(f, "/file/attachments/priv/a?share_token=", 401, 200, 200, 403);
    expect_header(get(f, "/file/attachments/priv/a?share_token=good", NULL), "Cache-Control", "private, max-age=3600");
}

static void test_paths(void **state)
{
    static const char *const others[] = {"/file/attachments/a",     "/file/attachments/a/", "/file/attachments//b",
                                         "/file/attachments/a/b/c", "/file/users/a/avatar", "/file/attachments"};
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(files_owns(&(struct wire_request){.method = "GET", .path = others[i]}));
    assert_true(files_owns(&(struct wire_request){.method = "HEAD", .path = "/file/attachments/a/b"}));
    assert_false(files_owns(&(struct wire_request){.method = "POST", .path = "/file/attachments/a/b"}));
}

static void test_head_is_not_there(void **state)
{
    struct fixture *f = *state;
    struct exchange exchange = {
        .request = {.arena = f->arena, .method = "HEAD", .path = "/file/attachments/a/b", .query = ""},
        .response = {.status = 200, .body = buf_in(f->arena)}};
    files_handle(&f->services, &exchange.request, &exchange.response);
    assert_int_equal(exchange.response.status, 404);
}

static void test_headers(void **state)
{
    static const struct {
        const char *filename, *stored, *type, *disposition;
    } cases[] = {
        {"e.png", "image/png", "image/png", NULL},
        {"e.svg", "image/svg+xml", "image/svg+xml", NULL},
        {"e.mp4", "video/mp4", "video/mp4", NULL},
        {"e.mp3", "audio/mpeg", "audio/mpeg", NULL},
        {"e.pdf", "application/pdf", "application/pdf", NULL},
        {"new.bin", "text/html", "application/octet-stream", "attachment; filename=\"new.bin\""},
        {"a.xml", "application/xhtml+xml", "application/octet-stream", "attachment; filename=\"a.xml\""},
        {"a.js", "text/javascript", "application/octet-stream", "attachment; filename=\"a.js\""},
        {"a.md", "text/markdown", "text/markdown; charset=utf-8", "attachment; filename=\"a.md\""},
        {"a.zip", "application/zip", "application/zip", "attachment; filename=\"a.zip\""},
        {"q\"b\\.txt", "text/plain", "text/plain; charset=utf-8", "attachment; filename=\"q\\\"b\\\\.txt\""},
        {"l\nf\x01.txt", "text/plain", "text/plain; charset=utf-8", "attachment; filename=\"l\\nf\\x01.txt\""},
        {"b\xc3\xbcro.txt", "text/plain", "text/plain; charset=utf-8", "attachment; filename=\"b\xc3\xbcro.txt\""},
        {"odd", "", "application/octet-stream", "attachment; filename=\"odd\""},
        {"odd", "a\r\nX: y", "application/octet-stream", "attachment; filename=\"odd\""},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *uid = arena_printf(f->arena, "u%zu", i);
        add(f, uid, cases[i].filename, cases[i].stored, i % 2 ? STORE_ATTACHMENT_DATABASE : STORE_ATTACHMENT_LOCAL, 1,
            "0123456789");
        struct exchange *exchange = get(f, arena_printf(f->arena, "/file/attachments/%s/x", uid), NULL);
        assert_int_equal(exchange->response.status, 200);
        assert_string_equal(exchange->body, "0123456789");
        expect_header(exchange, "Content-Type", cases[i].type);
        expect_header(exchange, "Content-Disposition", cases[i].disposition);
        expect_header(exchange, "X-Content-Type-Options", "nosniff");
        expect_header(exchange, "X-Frame-Options", "DENY");
        expect_header(exchange, "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline';");
        expect_header(exchange, "Accept-Ranges", "bytes");
        assert_non_null(header(exchange, "Last-Modified"));
        bool gamut = strncmp(cases[i].stored, "image/", 6) == 0 || strncmp(cases[i].stored, "video/", 6) == 0;
        expect_header(exchange, "Color-Gamut", gamut ? "srgb, p3, rec2020" : NULL);
    }
    assert_string_equal(get(f, "/file/attachments/u0/x?thumbnail=true", NULL)->body, "0123456789");
}

static void check_ranges(struct fixture *f, const char *target)
{
    static const struct {
        const char *range;
        int status;
        const char *content_range, *body;
    } cases[] = {
        {"bytes=2-5", 206, "bytes 2-5/10", "2345"},
        {"bytes=0-", 206, "bytes 0-9/10", "0123456789"},
        {"bytes=-3", 206, "bytes 7-9/10", "789"},
        {"bytes=9-20", 206, "bytes 9-9/10", "9"},
        {"bytes=-30", 206, "bytes 0-9/10", "0123456789"},
        {"bytes=20-,1-1", 206, "bytes 1-1/10", "1"},
        {"bytes=5-2", 200, NULL, "0123456789"},
        {"items=0-1", 200, NULL, "0123456789"},
        {"bytes=0-9,0-9", 200, NULL, "0123456789"},
        {"bytes=10-", 416, "bytes */10", "invalid range: failed to overlap\n"},
        {"bytes=-0", 416, "bytes */10", "invalid range: failed to overlap\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct exchange *exchange = get(f, target, "Range", cases[i].range, NULL);
        assert_int_equal(exchange->response.status, cases[i].status);
        expect_header(exchange, "Content-Range", cases[i].content_range);
        assert_string_equal(exchange->body, cases[i].body);
        expect_header(exchange, "Content-Type", cases[i].status == 416 ? "text/plain; charset=utf-8" : "video/mp4");
        if (cases[i].status == 416)
            expect_header(exchange, "Cache-Control", NULL);
    }
    struct exchange *exchange = get(f, target, "Range", "bytes=8-9, 0-0 ,-1", NULL);
    assert_int_equal(exchange->response.status, 206);
    expect_header(exchange, "Content-Range", NULL);
    const char *type = header(exchange, "Content-Type");
    assert_int_equal(strncmp(type, "multipart/byteranges; boundary=", 31), 0);
    const char *mark = type + 31;
    const char *expected = arena_printf(f->arena,
                                        "--%s\r\nContent-Range: bytes 8-9/10\r\nContent-Type: video/mp4\r\n\r\n89"
                                        "\r\n--%s\r\nContent-Range: bytes 0-0/10\r\nContent-Type: video/mp4\r\n\r\n0"
                                        "\r\n--%s\r\nContent-Range: bytes 9-9/10\r\nContent-Type: video/mp4\r\n\r\n9"
                                        "\r\n--%s--\r\n",
                                        mark, mark, mark, mark);
    assert_string_equal(exchange->body, expected);
}

static void test_ranges(void **state)
{
    struct fixture *f = *state;
    unsigned before = open_files();
    add(f, "file", "a.mp4", "video/mp4", STORE_ATTACHMENT_LOCAL, 1, "0123456789");
    add(f, "row", "a.mp4", "video/mp4", STORE_ATTACHMENT_DATABASE, 1, "0123456789");
    add(f, "none", "a.mp4", "video/mp4", STORE_ATTACHMENT_LOCAL, 1, "");
    check_ranges(f, "/file/attachments/file/a");
    check_ranges(f, "/file/attachments/row/a");
    struct exchange *exchange = get(f, "/file/attachments/none/a", "Range", "bytes=0-", NULL);
    assert_int_equal(exchange->response.status, 200);
    assert_int_equal(exchange->body_length, 0);
    assert_int_equal(open_files(), before);
}

static void test_large_bodies(void **state)
{
    struct fixture *f = *state;
    const size_t size = 1000000;
    char *text = malloc(size + 1);
    unsigned before = open_files();
    for (size_t i = 0; i < size; i++)
        text[i] = (char)('a' + i % 23);
    text[size] = '\0';
    add(f, "file", "a.mp4", "video/mp4", STORE_ATTACHMENT_LOCAL, 1, text);
    add(f, "row", "a.mp4", "video/mp4", STORE_ATTACHMENT_DATABASE, 1, text);
    for (int i = 0; i < 2; i++) {
        const char *target = i ? "/file/attachments/file/a" : "/file/attachments/row/a";
        struct exchange *exchange = get(f, target, NULL);
        assert_non_null(exchange->response.stream);
        assert_int_equal(exchange->response.stream->fd >= 0, i == 1);
        assert_int_equal(exchange->body_length, size);
        assert_memory_equal(exchange->body, text, size);
        exchange = get(f, target, "Range", "bytes=100000-899999", NULL);
        assert_int_equal(exchange->body_length, 800000);
        assert_memory_equal(exchange->body, text + 100000, 800000);
        exchange = get(f, target, "Range", "bytes=0-99999,500000-599999", NULL);
        assert_true(exchange->body_length > 200000);
        assert_memory_equal(strstr(exchange->body, "\r\n\r\n") + 4, text, 100000);
    }
    free(text);
    assert_int_equal(open_files(), before);
}

static void test_conditions(void **state)
{
    struct fixture *f = *state;
    char now[TIME_RFC3339_SIZE], old[TIME_RFC3339_SIZE];
    unsigned before = open_files();
    add(f, "file", "a.png", "image/png", STORE_ATTACHMENT_LOCAL, 1, "0123456789");
    const char *target = "/file/attachments/file/a";
    const char *modified = header(get(f, target, NULL), "Last-Modified");
    time_format_http((int64_t)time(NULL) + 10, now);
    time_format_http((int64_t)time(NULL) - 1000000, old);
    struct exchange *exchange = get(f, target, "If-Modified-Since", modified, NULL);
    assert_int_equal(exchange->response.status, 304);
    assert_int_equal(exchange->body_length, 0);
    expect_header(exchange, "Cache-Control", "public, max-age=3600");
    expect_header(exchange, "Last-Modified", modified);
    assert_int_equal(get(f, target, "If-Modified-Since", now, NULL)->response.status, 304);
    assert_int_equal(get(f, target, "If-Modified-Since", old, NULL)->response.status, 200);
    assert_int_equal(get(f, target, "If-Modified-Since", "yesterday", NULL)->response.status, 200);
    assert_int_equal(get(f, target, "If-None-Match", "\"x\"", "If-Modified-Since", now, NULL)->response.status, 200);
    assert_int_equal(get(f, target, "If-None-Match", "*", NULL)->response.status, 304);
    assert_int_equal(get(f, target, "If-Unmodified-Since", old, NULL)->response.status, 412);
    assert_int_equal(get(f, target, "If-Unmodified-Since", now, NULL)->response.status, 200);
    assert_int_equal(get(f, target, "If-Match", "\"x\"", NULL)->response.status, 412);
    assert_int_equal(get(f, target, "Range", "bytes=0-1", "If-Range", modified, NULL)->response.status, 206);
    assert_int_equal(get(f, target, "Range", "bytes=0-1", "If-Range", old, NULL)->response.status, 200);
    assert_int_equal(get(f, target, "Range", "bytes=0-1", "If-Range", "\"x\"", NULL)->response.status, 200);
    assert_int_equal(open_files(), before);
}

static void test_bytes_elsewhere(void **state)
{
    struct fixture *f = *state;
    add(f, "lost", "a.png", "image/png", STORE_ATTACHMENT_LOCAL, 1, NULL);
    struct exchange *exchange = get(f, "/file/attachments/lost/a", NULL);
    assert_int_equal(exchange->response.status, 404);
    assert_string_equal(exchange->body, "404 page not found\n");
    expect_header(exchange, "Content-Type", "text/plain; charset=utf-8");
    add(f, "s3", "a.png", "image/png", STORE_ATTACHMENT_S3, 1, NULL);
    execute(f, "UPDATE attachment SET reference = 'https://s3.example/x?sig=1' WHERE uid = 's3'");
    exchange = get(f, "/file/attachments/s3/a", NULL);
    assert_int_equal(exchange->response.status, 307);
    expect_header(exchange, "Location", "https://s3.example/x?sig=1");
    add(f, "ext", "a.png", "image/png", STORE_ATTACHMENT_EXTERNAL, 1, NULL);
    exchange = get(f, "/file/attachments/ext/a", NULL);
    assert_int_equal(exchange->response.status, 200);
    assert_int_equal(exchange->body_length, 0);
    expect_header(exchange, "Content-Type", "image/png");
}

static void test_motion(void **state)
{
    struct fixture *f = *state;
    add(f, "still", "a.jpg", "image/jpeg", STORE_ATTACHMENT_LOCAL, 1, "x");
    add(f, "both", "a.jpg", "image/jpeg", STORE_ATTACHMENT_DATABASE, 1,
        "\xff\xd8 MicroVideo=1 ........\x01\x01\x01\x18"
        "ftypmp42 video");
    add(f, "bad", "a.jpg", "image/jpeg", STORE_ATTACHMENT_LOCAL, 1, "no photo at all");
    execute(f, "UPDATE attachment SET payload = '{\"motionMedia\":{\"hasEmbeddedVideo\":true}}' WHERE uid <> 'still'");
    expect_message(get(f, "/file/attachments/still/a?motion=true", NULL), 400, "attachment does not have motion clip");
    expect_message(get(f, "/file/attachments/bad/a?motion=true", NULL), 500, "failed to get motion clip");
    assert_string_equal(get(f, "/file/attachments/still/a?motion=1", NULL)->body, "x");
    struct exchange *exchange = get(f, "/file/attachments/both/a?motion=true", NULL);
    assert_int_equal(exchange->response.status, 200);
    expect_header(exchange, "Content-Type", "video/mp4");
    assert_string_equal(exchange->body, "\x01\x01\x01\x18"
                                        "ftypmp42 video");
    exchange = get(f, "/file/attachments/both/a?motion=true", "Range", "bytes=4-7", NULL);
    expect_header(exchange, "Content-Range", "bytes 4-7/18");
    assert_string_equal(exchange->body, "ftyp");
    /* What was found is remembered, and not believed when the bytes are others. */
    execute(f, "UPDATE attachment SET blob = CAST(substr(blob, 1, 18) || substr(blob, 22) || 'xyz' AS BLOB) "
               "WHERE uid = 'both'");
    exchange = get(f, "/file/attachments/both/a?motion=true", NULL);
    assert_string_equal(exchange->body, "\x01\x01\x01\x18"
                                        "ftypmp42 videoxyz");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_who_may_read, setup_files, teardown_files),
        cmocka_unit_test_setup_teardown(test_share_tokens, setup_files, teardown_files),
        cmocka_unit_test(test_paths),
        cmocka_unit_test_setup_teardown(test_head_is_not_there, setup_files, teardown_files),
        cmocka_unit_test_setup_teardown(test_headers, setup_files, teardown_files),
        cmocka_unit_test_setup_teardown(test_ranges, setup_files, teardown_files),
        cmocka_unit_test_setup_teardown(test_large_bodies, setup_files, teardown_files),
        cmocka_unit_test_setup_teardown(test_conditions, setup_files, teardown_files),
        cmocka_unit_test_setup_teardown(test_bytes_elsewhere, setup_files, teardown_files),
        cmocka_unit_test_setup_teardown(test_motion, setup_files, teardown_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
