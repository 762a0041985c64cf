/* GetLinkMetadata and BatchGetLinkMetadata: their checks, and what they make of pages. */
#include "api_fixture.h"

#include "outbound/outbound.h"

#include "web_fixture.h"

#define PAGE(title) "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/html\r\n\r\n<title>" title

static struct outbound_options options;

static int open_all(void **state)
{
    fixture_empty(state);
    struct api_fixture *f = *state;
    web_start();
    web_add("/a", PAGE("A"));
    web_add("/b", PAGE("B"));
    options = (struct outbound_options){.timeout_ns = 60 * INT64_C(1000000000)};
    f->services.links = &options;
    return 0;
}

static int close_all(void **state)
{
    web_stop();
    return fixture_close(state);
}

static enum status_code get(struct api_fixture *f, const char *url, Memos__Api__V1__LinkMetadata **out)
{
    Memos__Api__V1__GetLinkMetadataRequest request = MEMOS__API__V1__GET_LINK_METADATA_REQUEST__INIT;
    request.url = arena_strdup(f->arena, url);
    return api_memo_service_get_link_metadata(fixture_call(f, NULL), &request, out, &f->status);
}

static enum status_code get_all(struct api_fixture *f, const char *json,
                                Memos__Api__V1__BatchGetLinkMetadataResponse **out)
{
    const void *request = fixture_request(f, &memos__api__v1__batch_get_link_metadata_request__descriptor, json);
    return api_memo_service_batch_get_link_metadata(fixture_call(f, NULL), request, out, &f->status);
}

static void tells_of_one(void **state)
{
    struct api_fixture *f = *state;
    Memos__Api__V1__LinkMetadata *found = NULL;
    const char *url = arena_printf(f->arena, " http://one.test:%d/a ", web.port);
    assert_works(f, get(f, url, &found));
    assert_shows(f, found,
                 arena_printf(f->arena, "{\"url\":\"%s\",\"title\":\"A\",\"description\":\"\",\"image\":\"\"}", url));
    assert_fails(f, get(f, "", &found), STATUS_INVALID_ARGUMENT, "url is required");
    assert_fails(f, get(f, " \t\n ", &found), STATUS_INVALID_ARGUMENT, "url is required");
    assert_fails(f, get(f, "example.com", &found), STATUS_INVALID_ARGUMENT,
                 "failed to fetch link metadata: only http/https protocols are allowed");
    assert_fails(f, get(f, arena_printf(f->arena, "http://one.test:%d/c", web.port), &found), STATUS_INVALID_ARGUMENT,
                 "failed to fetch link metadata: not a HTML page");
}

static void tells_of_several(void **state)
{
    struct api_fixture *f = *state;
    Memos__Api__V1__BatchGetLinkMetadataResponse *found = NULL;
    const char *b = arena_printf(f->arena, "\"http://one.test:%d/b\"", web.port);
    const char *a = arena_printf(f->arena, "\"http://one.test:%d/a\"", web.port);
    assert_works(f, get_all(f, arena_printf(f->arena, "{\"urls\":[%s,%s,%s]}", b, a, b), &found));
    assert_int_equal(found->n_link_metadata, 3);
    assert_string_equal(found->link_metadata[0]->title, "B");
    assert_string_equal(found->link_metadata[1]->title, "A");
    assert_string_equal(found->link_metadata[2]->title, "B");
    assert_int_equal(web.requests, 3); /* nothing is kept */
    assert_fails(f, get_all(f, "{}", &found), STATUS_INVALID_ARGUMENT, "urls are required");
    assert_fails(f, get_all(f, "{\"urls\":[\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"]}", &found),
                 STATUS_INVALID_ARGUMENT, "too many urls (max 10)");
    assert_fails(f, get_all(f, "{\"urls\":[\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"]}", &found),
                 STATUS_INVALID_ARGUMENT, "url is required");
    /* The first failure is that of all; what follows is not looked at. */
    assert_fails(f, get_all(f, arena_printf(f->arena, "{\"urls\":[%s,\"ftp://x\",%s]}", a, b), &found),
                 STATUS_INVALID_ARGUMENT, "failed to fetch link metadata: only http/https protocols are allowed");
    assert_int_equal(web.requests, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tells_of_one, open_all, close_all),
        cmocka_unit_test_setup_teardown(tells_of_several, open_all, close_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
