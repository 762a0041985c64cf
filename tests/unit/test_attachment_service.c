/* AttachmentService without listing: who may do what, what is checked, and that rows and files come and go together. */
#include "attachment_fixture.h"

#include "api_handlers.h"
#include "base/uid.h"

static Memos__Api__V1__Attachment upload(const char *filename, const char *type, const char *content)
{
    Memos__Api__V1__Attachment attachment = MEMOS__API__V1__ATTACHMENT__INIT;
    attachment.filename = (char *)filename;
    attachment.type = (char *)type;
    attachment.content.data = (uint8_t *)content;
    attachment.content.len = strlen(content);
    return attachment;
}

static enum status_code create(struct fixture *f, int32_t user, Memos__Api__V1__Attachment *attachment, const char *id,
                               Memos__Api__V1__Attachment **out, struct status *status)
{
    struct api_call call = call_as(f, user);
    Memos__Api__V1__CreateAttachmentRequest request = MEMOS__API__V1__CREATE_ATTACHMENT_REQUEST__INIT;
    request.attachment = attachment;
    request.attachment_id = (char *)id;
    *status = (struct status){0};
    return api_attachment_service_create_attachment(&call, &request, out, status);
}

/* An upload by bob that must work. */
static Memos__Api__V1__Attachment *must_create(struct fixture *f, const char *id, const char *filename,
                                               const char *type, const char *content, const char *memo)
{
    Memos__Api__V1__Attachment attachment = upload(filename, type, content), *out = NULL;
    struct status status;
    if (memo) {
        attachment.optional_memo_case = MEMOS__API__V1__ATTACHMENT__OPTIONAL_MEMO_MEMO;
        attachment.memo = (char *)memo;
    }
    if (create(f, BOB, &attachment, id, &out, &status))
        fail_msg("%s: %s", filename, status.message);
    return out;
}

static void refuse(struct fixture *f, int32_t user, Memos__Api__V1__Attachment *attachment, const char *id,
                   enum status_code code, const char *message)
{
    Memos__Api__V1__Attachment *out = NULL;
    struct status status;
    assert_int_equal(create(f, user, attachment, id, &out, &status), code);
    assert_string_equal(status.message, message);
    assert_int_equal(count_files(f), 0);
    assert_int_equal(query_int(f, "SELECT COUNT(*) FROM attachment"), 0);
}

static void test_create(void **state)
{
    struct fixture *f = *state;
    Memos__Api__V1__Attachment *made = must_create(f, "", "a.txt", "", "hello", NULL);
    assert_int_equal(strncmp(made->name, "attachments/", 12), 0);
    assert_int_equal(strlen(made->name), 12 + 22);
    assert_true(uid_valid(made->name + 12));
    assert_string_equal(made->filename, "a.txt");
    assert_string_equal(made->type, "text/plain");
    assert_string_equal(made->external_link, "");
    assert_int_equal(made->size, 5);
    assert_int_equal(made->content.len, 0);
    assert_null(made->motion_media);
    assert_true(llabs(made->create_time->seconds - (long long)time(NULL)) < 60);
    assert_int_equal(made->optional_memo_case, 0);
    made = must_create(f, " pad1 ", "b.bin", "Text/HTML; charset=x", "", "memos/private");
    assert_string_equal(made->name, "attachments/pad1");
    assert_string_equal(made->type, "text/html");
    assert_int_equal(made->optional_memo_case, 0); /* only later reads name the memo */
    assert_int_equal(query_int(f, "SELECT memo_id FROM attachment WHERE uid = 'pad1'"), 3);
    assert_int_equal(query_int(f, "SELECT creator_id FROM attachment WHERE uid = 'pad1'"), BOB);
    assert_int_equal(query_int(f, "SELECT COUNT(*) FROM attachment WHERE payload = '{}' AND storage_type = 'LOCAL' "
                                  "AND `blob` IS NULL"),
                     2);
    assert_int_equal(count_files(f), 2);
    struct store_attachment row = get_attachment(f, made->name + 12);
    size_t length;
    read_attachment(f, &row, &length);
    assert_int_equal(length, 0);
}

static void test_create_in_database(void **state)
{
    struct fixture *f = *state;
    size_t length;
    set_storage(f, "{\"storageType\":\"DATABASE\"}");
    must_create(f, "db", "a.txt", "", "hello", NULL);
    must_create(f, "empty", "e.txt", "", "", NULL);
    assert_int_equal(count_files(f), 0);
    assert_int_equal(query_int(f, "SELECT COUNT(*) FROM attachment WHERE storage_type = '' AND reference = '' AND "
                                  "`blob` IS NOT NULL"),
                     2);
    struct store_attachment row = get_attachment(f, "db");
    assert_string_equal(read_attachment(f, &row, &length), "hello");
    row = get_attachment(f, "empty");
    assert_string_equal(read_attachment(f, &row, &length), "");
}

static void test_create_types(void **state)
{
    static const char *const cases[][4] = {
        {"a.svg", "", "<svg/>", "image/svg+xml"},   {"noext", "", "%PDF-1.4", "application/pdf"},
        {"a.xyzzy", "", "text", "text/plain"},      {"a.xyzzy", "", "\x01\x02", "application/octet-stream"},
        {"a.png", "image/webp", "x", "image/webp"}, {"a.webm", "", "x", "audio/webm"},
        {"a.JPG", "", "notjpeg", "image/jpeg"},     {"a.b", "foo", "x", "foo"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(must_create(f, "", cases[i][0], cases[i][1], cases[i][2], NULL)->type, cases[i][3]);
}

static void test_create_refusals(void **state)
{
    static const char *const bad_names[] = {"a/b", "a\\b", ".", "..", ".hidden", "a.", " a", "a ", "/", "../x"};
    static const char *const bad_ids[] = {"a_b", "-a",       "a-",
                                          "a b", "\xc3\xa9", "0123456789012345678901234567890123456"};
    struct fixture *f = *state;
    refuse(f, BOB, NULL, "", STATUS_INVALID_ARGUMENT, "attachment is required");
    Memos__Api__V1__Attachment a = upload("", "a b c", "x");
    refuse(f, BOB, &a, "", STATUS_INVALID_ARGUMENT, "filename is required");
    for (size_t i = 0; i < sizeof bad_names / sizeof *bad_names; i++) {
        a = upload(bad_names[i], "a b c", "x");
        refuse(f, BOB, &a, "a_b", STATUS_INVALID_ARGUMENT, "filename contains invalid characters or format");
    }
    a = upload("a", "a b c", "x");
    refuse(f, BOB, &a, "a_b", STATUS_INVALID_ARGUMENT, "invalid MIME type format");
    for (size_t i = 0; i < sizeof bad_ids / sizeof *bad_ids; i++) {
        a = upload("a", "", "x");
        refuse(f, BOB, &a, bad_ids[i], STATUS_INVALID_ARGUMENT,
               "invalid UID: must be 1-36 characters, contain only letters, digits, or hyphens, and start and end with "
               "a letter or digit");
    }
    a.optional_memo_case = MEMOS__API__V1__ATTACHMENT__OPTIONAL_MEMO_MEMO;
    a.memo = "x/a";
    refuse(f, BOB, &a, "", STATUS_INVALID_ARGUMENT, "invalid memo name: invalid prefix \"memos/\" in request \"x/a\"");
    a.memo = "memos/none";
    refuse(f, BOB, &a, "", STATUS_NOT_FOUND, "memo not found: memos/none");
    a.memo = "memos/of-alice";
    refuse(f, BOB, &a, "", STATUS_PERMISSION_DENIED, "permission denied");
    a.memo = "memos/public";
    refuse(f, CAROL, &a, "", STATUS_PERMISSION_DENIED, "permission denied");
    set_storage(f, "{\"storageType\":\"S3\"}");
    a.optional_memo_case = 0;
    refuse(f, BOB, &a, "", STATUS_INTERNAL, "failed to save attachment blob: No activated external storage found");
}

static void test_create_size_limit(void **state)
{
    struct fixture *f = *state;
    set_storage(f, "{\"uploadSizeLimitMb\":\"1\"}");
    char *content = malloc(1048578);
    memset(content, 'x', 1048577);
    content[1048577] = '\0';
    Memos__Api__V1__Attachment a = upload("a.txt", "", content);
    refuse(f, BOB, &a, "", STATUS_INVALID_ARGUMENT, "file size exceeds the limit");
    content[1048576] = '\0';
    assert_int_equal(must_create(f, "", "a.txt", "", content, NULL)->size, 1048576);
    free(content);
}

static void test_admin_attaches_to_any_memo(void **state)
{
    struct fixture *f = *state;
    Memos__Api__V1__Attachment a = upload("a", "", "x"), *out;
    struct status status;
    a.optional_memo_case = MEMOS__API__V1__ATTACHMENT__OPTIONAL_MEMO_MEMO;
    a.memo = "memos/private";
    assert_int_equal(create(f, ALICE, &a, "by-admin", &out, &status), STATUS_OK);
}

static void test_motion_from_clients(void **state)
{
    struct fixture *f = *state;
    Memos__Api__V1__Attachment a = upload("a.jpg", "", "x"), *out;
    Memos__Api__V1__MotionMedia motion = MEMOS__API__V1__MOTION_MEDIA__INIT;
    struct status status;
    a.motion_media = &motion;
    refuse(f, BOB, &a, "", STATUS_INVALID_ARGUMENT, "only Apple Live Photo motion metadata can be provided by clients");
    motion.family = MEMOS__API__V1__MOTION_MEDIA_FAMILY__APPLE_LIVE_PHOTO;
    refuse(f, BOB, &a, "", STATUS_INVALID_ARGUMENT, "invalid Apple Live Photo motion role");
    motion.role = MEMOS__API__V1__MOTION_MEDIA_ROLE__CONTAINER;
    refuse(f, BOB, &a, "", STATUS_INVALID_ARGUMENT, "invalid Apple Live Photo motion role");
    motion.role = MEMOS__API__V1__MOTION_MEDIA_ROLE__VIDEO;
    refuse(f, BOB, &a, "", STATUS_INVALID_ARGUMENT, "motion media group_id is required");
    motion.group_id = "g";
    motion.presentation_timestamp_us = 7;
    assert_int_equal(create(f, BOB, &a, "live", &out, &status), STATUS_OK);
    assert_string_equal(out->motion_media->group_id, "g");
    const struct store_attachment row = get_attachment(f, "live");
    assert_int_equal(row.payload->motion_media->role, MEMOS__STORE__MOTION_MEDIA_ROLE__VIDEO);
    assert_int_equal(row.payload->motion_media->presentation_timestamp_us, 7);
}

static void test_motion_photo_is_found(void **state)
{
    struct fixture *f = *state;
    static const char photo[] = "\xff\xd8 GCamera:MotionPhoto=\"1\" "
                                "GCamera:MotionPhotoPresentationTimestampUs=\"500\" ...."
                                "\x01\x01\x01\x18"
                                "ftypmp42 video";
    Memos__Api__V1__Attachment *made = must_create(f, "moving", "a.jpg", "", photo, NULL);
    assert_int_equal(made->motion_media->family, MEMOS__API__V1__MOTION_MEDIA_FAMILY__ANDROID_MOTION_PHOTO);
    assert_int_equal(made->motion_media->role, MEMOS__API__V1__MOTION_MEDIA_ROLE__CONTAINER);
    assert_string_equal(made->motion_media->group_id, "moving");
    assert_int_equal(made->motion_media->presentation_timestamp_us, 500);
    assert_true(made->motion_media->has_embedded_video);
    assert_null(must_create(f, "", "a.png", "", photo, NULL)->motion_media);
}

static void test_taken_id(void **state)
{
    struct fixture *f = *state;
    Memos__Api__V1__Attachment a = upload("b.txt", "", "other"), *out;
    struct status status;
    size_t length;
    must_create(f, "taken", "a.txt", "", "first", NULL);
    assert_int_equal(create(f, CAROL, &a, "taken", &out, &status), STATUS_ALREADY_EXISTS);
    assert_string_equal(status.message, "attachment with ID \"taken\" already exists");
    assert_int_equal(count_files(f), 1);
    const struct store_attachment row = get_attachment(f, "taken");
    assert_string_equal(read_attachment(f, &row, &length), "first");
}

/* When the row cannot be written, the file that was written before goes again. */
static void test_no_row_no_file(void **state)
{
    struct fixture *f = *state;
    Memos__Api__V1__Attachment a = upload("b.txt", "", "x"), *out;
    struct status status;
    execute(f, "CREATE TRIGGER refuse BEFORE INSERT ON attachment BEGIN SELECT RAISE(ABORT, 'no'); END");
    assert_int_equal(create(f, BOB, &a, "", &out, &status), STATUS_INTERNAL);
    assert_int_equal(strncmp(status.message, "failed to create attachment: ", 29), 0);
    assert_int_equal(count_files(f), 0);
}

static enum status_code get(struct fixture *f, int32_t user, const char *name, Memos__Api__V1__Attachment **out,
                            struct status *status)
{
    struct api_call call = call_as(f, user);
    Memos__Api__V1__GetAttachmentRequest request = MEMOS__API__V1__GET_ATTACHMENT_REQUEST__INIT;
    request.name = (char *)name;
    *status = (struct status){0};
    return api_attachment_service_get_attachment(&call, &request, out, status);
}

static void test_get(void **state)
{
    static const struct {
        const char *memo;
        enum status_code alice, bob, carol;
    } cases[] = {
        {NULL, STATUS_OK, STATUS_OK, STATUS_PERMISSION_DENIED},
        {"memos/public", STATUS_OK, STATUS_OK, STATUS_OK},
        {"memos/protected", STATUS_OK, STATUS_OK, STATUS_OK},
        {"memos/private", STATUS_OK, STATUS_OK, STATUS_PERMISSION_DENIED},
    };
    struct fixture *f = *state;
    Memos__Api__V1__Attachment *out;
    struct status status;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *name = must_create(f, "", "a.txt", "", "x", cases[i].memo)->name;
        assert_int_equal(get(f, ALICE, name, &out, &status), cases[i].alice);
        assert_int_equal(get(f, BOB, name, &out, &status), cases[i].bob);
        assert_int_equal(out->optional_memo_case != 0, cases[i].memo != NULL);
        if (cases[i].memo)
            assert_string_equal(out->memo, cases[i].memo);
        assert_int_equal(get(f, CAROL, name, &out, &status), cases[i].carol);
        if (cases[i].carol)
            assert_string_equal(status.message, "permission denied");
    }
    assert_int_equal(get(f, BOB, "attachments/none", &out, &status), STATUS_NOT_FOUND);
    assert_string_equal(status.message, "attachment not found");
    assert_int_equal(get(f, BOB, "memos/x", &out, &status), STATUS_INVALID_ARGUMENT);
    assert_string_equal(status.message,
                        "invalid attachment id: invalid prefix \"attachments/\" in request \"memos/x\"");
    must_create(f, "orphan", "a.txt", "", "x", "memos/public");
    execute(f, "DELETE FROM memo WHERE uid = 'public'");
    assert_int_equal(get(f, BOB, "attachments/orphan", &out, &status), STATUS_NOT_FOUND);
    assert_string_equal(status.message, "memo not found");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_create, setup, teardown),
        cmocka_unit_test_setup_teardown(test_create_in_database, setup, teardown),
        cmocka_unit_test_setup_teardown(test_create_types, setup, teardown),
        cmocka_unit_test_setup_teardown(test_create_refusals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_create_size_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_admin_attaches_to_any_memo, setup, teardown),
        cmocka_unit_test_setup_teardown(test_motion_from_clients, setup, teardown),
        cmocka_unit_test_setup_teardown(test_motion_photo_is_found, setup, teardown),
        cmocka_unit_test_setup_teardown(test_taken_id, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_row_no_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_get, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
