/* ListAttachments: whose, in which order, pages, filters. */
#include "attachment_fixture.h"

#include "api_handlers.h"

static enum status_code list(struct fixture *f, int32_t user, int32_t size, const char *token, const char *filter,
                             Memos__Api__V1__ListAttachmentsResponse **out, struct status *status)
{
    struct api_call call = call_as(f, user);
    Memos__Api__V1__ListAttachmentsRequest request = MEMOS__API__V1__LIST_ATTACHMENTS_REQUEST__INIT;
    request.page_size = size;
    request.page_token = (char *)token;
    request.filter = (char *)filter;
    request.order_by = "is ignored";
    *status = (struct status){0};
    return api_attachment_service_list_attachments(&call, &request, out, status);
}

/* names: the uids, each followed by a blank. */
static void expect(struct fixture *f, int32_t user, int32_t size, const char *token, const char *filter,
                   const char *names, const char *next)
{
    Memos__Api__V1__ListAttachmentsResponse *out;
    struct status status;
    struct buf got = buf_in(f->arena);
    if (list(f, user, size, token, filter, &out, &status))
        fail_msg("%s", status.message);
    for (size_t i = 0; i < out->n_attachments; i++)
        buf_printf(&got, "%s ", out->attachments[i]->name + strlen("attachments/"));
    assert_string_equal(buf_str(&got), names);
    assert_string_equal(out->next_page_token, next);
}

static void refuse(struct fixture *f, const char *token, const char *filter, const char *message)
{
    Memos__Api__V1__ListAttachmentsResponse *out;
    struct status status;
    assert_int_equal(list(f, ALICE, 0, token, filter, &out, &status), STATUS_INVALID_ARGUMENT);
    assert_int_equal(strncmp(status.message, message, strlen(message)), 0);
}

static const char all_of_alice[] =
    "att-db-note att-db-red att-local-blue att-s3-green att-live-still att-live-video att-local-bin att-local-dup ";

static void test_whose(void **state)
{
    struct fixture *f = *state;
    expect(f, ALICE, 100, "", "", all_of_alice, "");
    expect(f, BOB, 100, "", "", "att-db-bob att-local-csv ", "");
    expect(f, CAROL, 100, "", "", "", "");
    db_statement_count_reset();
    expect(f, ALICE, 0, "", "", all_of_alice, "");
    assert_int_equal(db_statement_count_reset(), 1);
}

static void test_pages(void **state)
{
    struct fixture *f = *state;
    expect(f, ALICE, 3, "", "", "att-db-note att-db-red att-local-blue ", "3");
    expect(f, ALICE, 3, "3", "", "att-s3-green att-live-still att-live-video ", "6");
    expect(f, ALICE, 3, "6", "", "att-local-bin att-local-dup ", "");
    /* A full page has a next one, even if that is empty. */
    expect(f, ALICE, 2, "6x", "", "att-local-bin att-local-dup ", "8");
    expect(f, ALICE, 2, "8", "", "", "");
    expect(f, ALICE, 1, "-1", "", "att-db-note ", "0");
    expect(f, ALICE, -5, "0", "", all_of_alice, "");
    expect(f, ALICE, 5000, "9999999999", "", "", "");
    refuse(f, "x", "", "invalid page token");
    refuse(f, "99999999999999999999", "", "invalid page token");
    refuse(f, "-", "", "invalid page token");
}

static void test_filters(void **state)
{
    struct fixture *f = *state;
    expect(f, ALICE, 100, "", "filename.contains(\"BLUE\")", "att-local-blue att-local-dup ", "");
    expect(f, ALICE, 100, "", "memo_id == null", "att-local-bin att-local-dup ", "");
    expect(f, ALICE, 100, "", "mime_type.startsWith(\"video/\")", "att-live-video ", "");
    expect(f, ALICE, 100, "", "create_time < timestamp(\"2026-01-01T00:00:00Z\")", "", "");
    expect(f, ALICE, 1, "1", "memo_id == null || true", "att-db-red ", "2");
    expect(f, BOB, 100, "", "true", "att-db-bob att-local-csv ", ""); /* never widens */
    refuse(f, "", "memo == \"memos/att-memo\"", "invalid filter: failed to compile filter: ");
    refuse(f, "", " ", "invalid filter: failed to compile filter: ");
}

static void test_what_is_shown(void **state)
{
    struct fixture *f = *state;
    Memos__Api__V1__ListAttachmentsResponse *out;
    struct status status;
    assert_int_equal(list(f, ALICE, 100, "", "", &out, &status), STATUS_OK);
    const Memos__Api__V1__Attachment *note = out->attachments[0], *green = out->attachments[3],
                                     *still = out->attachments[4], *dup = out->attachments[7];
    assert_string_equal(note->memo, "memos/att-priv");
    assert_string_equal(note->external_link, "");
    assert_int_equal(note->size, 47);
    assert_int_equal(note->content.len, 0);
    assert_int_equal(strncmp(green->external_link, "http://localhost:9000/", 22), 0);
    assert_string_equal(still->motion_media->group_id, "live-group-1");
    assert_int_equal(still->motion_media->role, MEMOS__API__V1__MOTION_MEDIA_ROLE__STILL);
    assert_int_equal(dup->optional_memo_case, 0);
    assert_null(dup->motion_media);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_whose, setup_recorded, teardown),
        cmocka_unit_test_setup_teardown(test_pages, setup_recorded, teardown),
        cmocka_unit_test_setup_teardown(test_filters, setup_recorded, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_shown, setup_recorded, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
