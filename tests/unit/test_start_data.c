/* What the page brings along for its script. */
#include "api_fixture.h"

#include <strings.h>

#include "base/base64.h"
#include "http/start_data.h"
#include "http/static_ui.h"
#include "rpc/gzip.h"

static const char *cookie, *accepted, *path = "/", *query = "";

static const char *header(const struct wire_request *request, const char *name)
{
    (void)request;
    return strcasecmp(name, "Cookie") == 0 ? cookie : strcasecmp(name, "Accept-Encoding") == 0 ? accepted : NULL;
}

static struct wire_request request_of(struct api_fixture *f)
{
    return (struct wire_request){.arena = f->arena, .method = "GET", .path = path, .query = query, .header = header};
}

static json_t *start_data(struct api_fixture *f)
{
    static const char lead[] = "<script type=\"application/json\" id=\"start-data\">", tail[] = "</script>";
    struct wire_request request = request_of(f);
    struct buf out = buf_in(f->arena);
    start_data_add(&f->services, &request, &out);
    size_t length = out.len - strlen(lead) - strlen(tail);
    assert_memory_equal(out.data, lead, strlen(lead));
    assert_memory_equal(out.data + strlen(lead) + length, tail, strlen(tail));
    json_t *data = json_loadb(out.data + strlen(lead), length, 0, NULL);
    assert_non_null(data);
    return data;
}

static ProtobufCMessage *message(struct api_fixture *f, json_t *data, const char *name,
                                 const ProtobufCMessageDescriptor *descriptor)
{
    const char *text = json_string_value(json_object_get(data, name));
    struct buf bytes = buf_in(f->arena);
    ProtobufCMessage *out = NULL;
    assert_non_null(text);
    assert_true(base64_decode(&bytes, text, strlen(text), NULL));
    assert_int_equal(codec_read_proto(f->arena, descriptor, bytes.data, bytes.len, &out, &f->status), STATUS_OK);
    return out;
}

static void says_what_anyone_may_know(void **state)
{
    struct api_fixture *f = *state;
    cookie = NULL;
    json_t *data = start_data(f);
    const Memos__Api__V1__InstanceProfile *profile = (const Memos__Api__V1__InstanceProfile *)message(
        f, data, "profile", &memos__api__v1__instance_profile__descriptor);
    assert_string_equal(profile->instance_url, f->config.instance_url);
    assert_false(profile->needs_setup);
    assert_non_null(profile->admin);
    assert_string_equal(profile->admin->email, ""); /* for admins only */
    const Memos__Api__V1__BatchGetInstanceSettingsResponse *settings =
        (const Memos__Api__V1__BatchGetInstanceSettingsResponse *)message(
            f, data, "settings", &memos__api__v1__batch_get_instance_settings_response__descriptor);
    assert_int_equal(settings->n_settings, 3);
    assert_string_equal(settings->settings[0]->name, "instance/settings/GENERAL");
    assert_string_equal(settings->settings[1]->name, "instance/settings/MEMO_RELATED");
    assert_string_equal(settings->settings[2]->name, "instance/settings/TAGS");
    json_decref(data);
}

static void tells_a_cookie_from_none(void **state)
{
    static const struct {
        const char *cookie;
        bool session;
    } cases[] = {{NULL, false},
                 {"", false},
                 {"other=1", false},
                 {"memos_refresh=", false},
                 {"memos_refresh=x", true},
                 {"a=b; memos_refresh=\"x\"; c=d", true}};
    struct api_fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cookie = cases[i].cookie;
        json_t *data = start_data(f);
        assert_int_equal(json_is_true(json_object_get(data, "session")), cases[i].session);
        json_decref(data);
    }
    cookie = NULL;
}

static bool has_memos(struct api_fixture *f)
{
    json_t *data = start_data(f);
    bool memos = json_object_get(data, "memos") != NULL;
    assert_int_equal(json_object_get(data, "users") != NULL, memos);
    json_decref(data);
    return memos;
}

/* What a guest would be given by ListMemos and BatchGetUsers. */
static void brings_a_guest_the_first_memos(void **state)
{
    struct api_fixture *f = *state;
    json_t *data = start_data(f);
    const Memos__Api__V1__ListMemosResponse *list = (const Memos__Api__V1__ListMemosResponse *)message(
        f, data, "memos", &memos__api__v1__list_memos_response__descriptor);
    const Memos__Api__V1__BatchGetUsersResponse *users = (const Memos__Api__V1__BatchGetUsersResponse *)message(
        f, data, "users", &memos__api__v1__batch_get_users_response__descriptor);
    assert_true(list->n_memos > 1 && list->n_memos <= 16);
    for (size_t i = 0; i < list->n_memos; i++) {
        const Memos__Api__V1__Memo *memo = list->memos[i];
        assert_int_equal(memo->visibility, MEMOS__API__V1__VISIBILITY__PUBLIC);
        assert_true(i == 0 || memo->create_time->seconds <= list->memos[i - 1]->create_time->seconds);
        size_t known = 0;
        while (known < users->n_users && strcmp(users->users[known]->name, memo->creator) != 0)
            known++;
        assert_int_equal(known < users->n_users, strcmp(memo->creator, "users/carol") != 0); /* she is archived */
    }
    for (size_t i = 0; i < users->n_users; i++) {
        assert_string_equal(users->users[i]->email, "");
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(users->users[i]->name, users->users[j]->name);
    }
    json_decref(data);
}

static void brings_memos_to_guests_of_public_lists_only(void **state)
{
    struct api_fixture *f = *state;
    assert_true(has_memos(f));
    path = "/explore";
    assert_true(has_memos(f));
    query = "q=tea";
    assert_false(has_memos(f));
    query = "";
    path = "/setting";
    assert_false(has_memos(f));
    path = "/";
    cookie = "memos_refresh=x";
    assert_false(has_memos(f));
    cookie = NULL;
    f->config.instance_url = "";
    assert_false(has_memos(f));
}

static void leaves_long_memos_to_the_script(void **state)
{
    struct api_fixture *f = *state;
    struct api_call *call = fixture_call(f, "alice");
    Memos__Api__V1__Memo memo = MEMOS__API__V1__MEMO__INIT, *made;
    Memos__Api__V1__CreateMemoRequest ask = MEMOS__API__V1__CREATE_MEMO_REQUEST__INIT;
    memo.visibility = MEMOS__API__V1__VISIBILITY__PUBLIC;
    memo.content = arena_alloc(f->arena, 8001);
    memset(memo.content, 'x', 8000);
    memo.content[8000] = '\0';
    ask.memo = &memo;
    for (int i = 0; i < 7; i++)
        assert_int_equal(api_memo_service_create_memo(call, &ask, &made, &f->status), STATUS_OK);
    assert_false(has_memos(f));
}

static void write_page(struct api_fixture *f, const char *text)
{
    char file_path[128];
    snprintf(file_path, sizeof file_path, "%s/index.html", f->dir);
    FILE *file = fopen(file_path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static const char *page(struct api_fixture *f)
{
    struct static_ui ui = {f->dir, &f->services};
    struct wire_request request = request_of(f);
    struct wire_response response = {.status = 200, .body = buf_in(f->arena)};
    static_ui_handle(&ui, &request, &response);
    assert_int_equal(response.status, 200);
    return buf_str(&response.body);
}

static void stands_at_the_end_of_the_head(void **state)
{
    struct api_fixture *f = *state;
    write_page(f, "<html><head><title>x</title></head><body>y</body></html>");
    const char *text = page(f), *at = strstr(text, "<script type=\"application/json\"");
    assert_memory_equal(text, "<html><head><title>x</title>", 28);
    assert_ptr_equal(at, text + 28);
    assert_non_null(strstr(at, "</script></head><body>y</body></html>"));
    write_page(f, "<p>no head");
    assert_string_equal(page(f), "<p>no head");
}

static void goes_compressed_to_whom_that_suits(void **state)
{
    struct api_fixture *f = *state;
    struct static_ui ui = {f->dir, &f->services};
    struct wire_response response = {.status = 200, .body = buf_in(f->arena)};
    struct spool_sink expanded = spool_sink_in(NULL, f->arena);
    write_page(f, "<html><head></head><body>y</body></html>");
    const char *plain = page(f);
    accepted = "gzip, br";
    struct wire_request request = request_of(f);
    static_ui_handle(&ui, &request, &response);
    accepted = NULL;
    bool told = false;
    for (unsigned i = 0; i < response.header_count; i++)
        told |=
            strcmp(response.headers[i].name, "Content-Encoding") == 0 && strcmp(response.headers[i].value, "gzip") == 0;
    assert_true(told);
    assert_int_equal(gzip_expand(&expanded, response.body.data, response.body.len, 1 << 20, NULL), GZIP_OK);
    assert_string_equal(buf_str(&expanded.memory), plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(says_what_anyone_may_know, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(tells_a_cookie_from_none, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(brings_a_guest_the_first_memos, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(brings_memos_to_guests_of_public_lists_only, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(leaves_long_memos_to_the_script, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(stands_at_the_end_of_the_head, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(goes_compressed_to_whom_that_suits, fixture_recorded, fixture_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
