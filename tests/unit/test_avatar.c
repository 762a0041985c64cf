#include "api_fixture.h"

#include <strings.h>

#include "base/hash.h"
#include "http/avatar.h"

struct exchange {
    struct wire_request request;
    struct wire_response response;
    const char *authorization, *cookie;
};

static const char *header(const struct wire_request *request, const char *name)
{
    const struct exchange *exchange = request->transport;
    if (strcasecmp(name, "Authorization") == 0)
        return exchange->authorization;
    return strcasecmp(name, "Cookie") == 0 ? exchange->cookie : NULL;
}

static struct exchange *request_of(struct api_fixture *f, const char *method, const char *path)
{
    struct exchange *exchange = ARENA_NEW(f->arena, struct exchange);
    exchange->request = (struct wire_request){
        .arena = f->arena, .method = method, .path = path, .query = "", .header = header, .transport = exchange};
    exchange->response = (struct wire_response){.status = 200, .body = buf_in(f->arena)};
    return exchange;
}

static struct wire_response *get(struct api_fixture *f, const char *path)
{
    struct exchange *exchange = request_of(f, "GET", path);
    assert_true(avatar_owns(&exchange->request));
    avatar_handle(&f->services, &exchange->request, &exchange->response);
    return &exchange->response;
}

static const char *response_header(const struct wire_response *response, const char *name)
{
    for (unsigned i = 0; i < response->header_count; i++)
        if (strcasecmp(response->headers[i].name, name) == 0)
            return response->headers[i].value;
    return "";
}

static void assert_message(struct wire_response *response, int status, const char *text)
{
    assert_int_equal(response->status, status);
    assert_string_equal(buf_str(&response->body), text);
}

static void serves_the_picture(void **state)
{
    struct api_fixture *f = *state;
    struct wire_response *response = get(f, "/file/users/alice/avatar");
    char digest[HASH_SHA256_HEX_SIZE];
    assert_int_equal(response->status, 200);
    assert_int_equal(response->body.len, 74);
    hash_sha256_hex(response->body.data, response->body.len, digest);
    assert_string_equal(digest, "2327ad60b05635331673c27852b52f6f99b600039d4fc7d93ea4a97fca18ca90"); /* as recorded */
    assert_string_equal(response_header(response, "Content-Type"), "image/png");
    assert_string_equal(response_header(response, "Cache-Control"), "public, max-age=3600");
    assert_string_equal(response_header(response, "X-Content-Type-Options"), "nosniff");
    assert_string_equal(response_header(response, "X-Frame-Options"), "DENY");
    assert_string_equal(response_header(response, "Content-Security-Policy"),
                        "default-src 'none'; style-src 'unsafe-inline';");
    assert_int_equal(get(f, "/file/users/%61lice/avatar")->status, 200);
}

static void tells_what_is_missing(void **state)
{
    struct api_fixture *f = *state;
    assert_message(get(f, "/file/users/nobody/avatar"), 404, "{\"message\":\"user not found\"}\n");
    assert_message(get(f, "/file/users/1/avatar"), 404, "{\"message\":\"user not found\"}\n");
    assert_message(get(f, "/file/users/%zz/avatar"), 404, "{\"message\":\"user not found\"}\n");
    assert_message(get(f, "/file/users/bob/avatar"), 404, "{\"message\":\"avatar not found\"}\n");
    fixture_sql(f, "UPDATE `user` SET avatar_url = 'https://sso.example/b.png' WHERE id = 2");
    assert_message(get(f, "/file/users/bob/avatar"), 500, "{\"message\":\"failed to parse avatar data\"}\n");
    fixture_sql(f, "UPDATE `user` SET avatar_url = 'data:image/png;base64,###' WHERE id = 2");
    assert_message(get(f, "/file/users/bob/avatar"), 500, "{\"message\":\"failed to parse avatar data\"}\n");
    fixture_sql(f, "UPDATE `user` SET avatar_url = 'data:image/svg+xml;base64,YWJj' WHERE id = 2");
    assert_message(get(f, "/file/users/bob/avatar"), 400, "{\"message\":\"invalid avatar image type\"}\n");
}

static void a_private_instance_wants_a_credential(void **state)
{
    struct api_fixture *f = *state;
    f->config.instance_url = " ";
    assert_message(get(f, "/file/users/alice/avatar"), 401, "{\"message\":\"unauthorized access\"}\n");
    assert_message(get(f, "/file/users/nobody/avatar"), 401, "{\"message\":\"unauthorized access\"}\n");
    struct exchange *exchange = request_of(f, "GET", "/file/users/alice/avatar");
    exchange->authorization = "Bearer memos_pat_pT27zK7Zj4t7pKjGVX1O0taJwbjCitVz";
    avatar_handle(&f->services, &exchange->request, &exchange->response);
    assert_int_equal(exchange->response.status, 200);

    struct api_call *call = fixture_call(f, NULL);
    struct auth_grant grant;
    struct store_user bob;
    assert_works(f, store_user_get(f->store, NULL, f->arena, 2, &bob, &f->status));
    assert_works(f, auth_begin_session(f->auth, call, &bob, &grant, &f->status));
    exchange = request_of(f, "GET", "/file/users/alice/avatar");
    exchange->cookie = arena_strndup(f->arena, call->cookies[0], strcspn(call->cookies[0], ";"));
    avatar_handle(&f->services, &exchange->request, &exchange->response);
    assert_int_equal(exchange->response.status, 200);
}

static void owns_its_paths_only(void **state)
{
    struct api_fixture *f = *state;
    static const char *const others[] = {
        "/file/users//avatar",   "/file/users/a/b/avatar",     "/file/users/a/avatar/",      "/file/users/avatar",
        "/file/users/a/avatarx", "/file/attachments/a/avatar", "/api/v1/file/users/a/avatar"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_false(avatar_owns(&request_of(f, "GET", others[i])->request));
    assert_true(avatar_owns(&request_of(f, "HEAD", "/file/users/a/avatar")->request));
    assert_false(avatar_owns(&request_of(f, "POST", "/file/users/a/avatar")->request));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(serves_the_picture, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(tells_what_is_missing, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(a_private_instance_wants_a_credential, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(owns_its_paths_only, fixture_empty, fixture_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
