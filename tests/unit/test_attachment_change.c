/* Renaming and deleting attachments, and the store below. */
#include "attachment_fixture.h"

#include "api_handlers.h"
#include "base/clock.h"
#include "cut_files.h"

static enum status_code write_row(struct db_conn *conn, void *ctx, struct status *status)
{
    struct store_attachment *attachment = ctx;
    struct arena *arena = arena_create();
    enum status_code code = store_attachment_insert(conn, arena, attachment, status);
    arena_destroy(arena);
    return code;
}

/* An attachment of bob with a file of its own. */
static void add(struct fixture *f, const char *uid, int32_t creator, int32_t memo_id)
{
    struct status status = {0};
    struct store_attachment attachment = {.uid = uid,
                                          .creator_id = creator,
                                          .filename = "a.txt",
                                          .type = "text/plain",
                                          .size = 1,
                                          .memo_id = memo_id,
                                          .storage = STORE_ATTACHMENT_LOCAL,
                                          .reference = arena_printf(f->arena, "%s.txt", uid)};
    write_file(arena_printf(f->arena, "%s/%s.txt", f->data, uid), "x");
    if (store_write(f->store, write_row, &attachment, &status))
        fail_msg("%s", status.message);
    assert_true(attachment.id > 0);
}

/* An upload whose bytes are gone from the disk by the time they are to be kept is not kept. */
static void test_upload_that_cannot_be_read(void **state)
{
    struct fixture *f = *state;
    enum { SIZE = 1024 * 1024 };
    char *dir = arena_printf(f->arena, "%s/spool", f->data), *bytes = arena_zalloc(f->arena, SIZE);
    struct status status = {0};
    assert_int_equal(mkdir(dir, 0700), 0);
    struct spool_list list = {.area = spool_area_create(dir, 2 * SIZE)};
    struct spool_sink sink = spool_sink_in(&list, f->arena);
    const char *kept;
    struct store_attachment attachment = {
        .uid = "cut", .creator_id = BOB, .filename = "a", .type = "", .size = SIZE, .spools = &list, .reference = ""};
    memset(bytes, 'x', SIZE);
    assert_int_equal(spool_sink_add(&sink, bytes, SIZE, &status), STATUS_OK);
    assert_int_equal(spool_sink_finish(&sink, &kept, &attachment.bytes_length, &status), STATUS_OK);
    attachment.bytes = kept;
    cut_open_file(dir, SIZE / 2);
    assert_int_equal(store_write(f->store, write_row, &attachment, &status), STATUS_INTERNAL);
    assert_string_equal(status.message, "the upload cannot be read again");
    assert_int_equal(query_int(f, "SELECT COUNT(*) FROM attachment WHERE uid = 'cut'"), 0);
    spool_list_close(&list);
    spool_area_destroy(list.area);
}

static enum status_code rename_to(struct fixture *f, int32_t user, const char *name, const char *filename,
                                  const char *path, Memos__Api__V1__Attachment **out, struct status *status)
{
    struct api_call call = call_as(f, user);
    Memos__Api__V1__UpdateAttachmentRequest request = MEMOS__API__V1__UPDATE_ATTACHMENT_REQUEST__INIT;
    Memos__Api__V1__Attachment attachment = MEMOS__API__V1__ATTACHMENT__INIT;
    Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
    char *paths[] = {(char *)path};
    attachment.name = (char *)name;
    attachment.filename = (char *)filename;
    request.attachment = &attachment;
    if (path) {
        mask.n_paths = 1;
        mask.paths = paths;
        request.update_mask = &mask;
    }
    *status = (struct status){0};
    return api_attachment_service_update_attachment(&call, &request, out, status);
}

static void refuse_rename(struct fixture *f, int32_t user, const char *name, const char *filename, const char *path,
                          enum status_code code, const char *message)
{
    Memos__Api__V1__Attachment *out;
    struct status status;
    assert_int_equal(rename_to(f, user, name, filename, path, &out, &status), code);
    assert_string_equal(status.message, message);
}

static void test_update(void **state)
{
    struct fixture *f = *state;
    Memos__Api__V1__Attachment *out;
    struct status status;
    add(f, "u", BOB, 3);
    execute(f, "UPDATE attachment SET updated_ts = 5, created_ts = 4");
    assert_int_equal(rename_to(f, BOB, "attachments/u", "b c.txt", "filename", &out, &status), STATUS_OK);
    assert_string_equal(out->filename, "b c.txt");
    assert_string_equal(out->memo, "memos/private");
    assert_int_equal(out->create_time->seconds, 4);
    assert_true(query_int(f, "SELECT updated_ts FROM attachment") >= clock_wall_s() - 5);
    execute(f, "UPDATE attachment SET updated_ts = 5");
    assert_int_equal(rename_to(f, ALICE, "attachments/u", "ignored", "type", &out, &status), STATUS_OK);
    assert_string_equal(out->filename, "b c.txt");
    assert_true(query_int(f, "SELECT updated_ts FROM attachment") > 5);
    refuse_rename(f, BOB, "u", "x", "filename", STATUS_INVALID_ARGUMENT,
                  "invalid attachment id: invalid request \"u\"");
    refuse_rename(f, BOB, "attachments/u", "x", NULL, STATUS_INVALID_ARGUMENT, "update mask is required");
    refuse_rename(f, BOB, "attachments/none", "x", "filename", STATUS_NOT_FOUND, "attachment not found");
    refuse_rename(f, CAROL, "attachments/u", "a/b", "filename", STATUS_PERMISSION_DENIED, "permission denied");
    refuse_rename(f, BOB, "attachments/u", "a/b", "filename", STATUS_INVALID_ARGUMENT,
                  "filename contains invalid characters or format");
    refuse_rename(f, BOB, "attachments/u", "", "filename", STATUS_INVALID_ARGUMENT,
                  "filename contains invalid characters or format");
}

static enum status_code delete_one(struct fixture *f, int32_t user, const char *name, struct status *status)
{
    struct api_call call = call_as(f, user);
    Google__Protobuf__Empty *out;
    Memos__Api__V1__DeleteAttachmentRequest request = MEMOS__API__V1__DELETE_ATTACHMENT_REQUEST__INIT;
    request.name = (char *)name;
    *status = (struct status){0};
    return api_attachment_service_delete_attachment(&call, &request, &out, status);
}

static void test_delete(void **state)
{
    struct fixture *f = *state;
    struct status status;
    add(f, "u", BOB, 0);
    assert_int_equal(delete_one(f, ALICE, "attachments/u", &status), STATUS_NOT_FOUND);
    assert_string_equal(status.message, "attachment not found");
    assert_int_equal(delete_one(f, CAROL, "attachments/u", &status), STATUS_NOT_FOUND);
    assert_int_equal(delete_one(f, BOB, "attachments/", &status), STATUS_INVALID_ARGUMENT);
    assert_int_equal(count_files(f), 1);
    assert_int_equal(delete_one(f, BOB, "attachments/u", &status), STATUS_OK);
    assert_int_equal(count_files(f), 0);
    assert_int_equal(query_int(f, "SELECT COUNT(*) FROM attachment"), 0);
    assert_int_equal(delete_one(f, BOB, "attachments/u", &status), STATUS_NOT_FOUND);
    /* A missing file is no error, nor is one that cannot be removed: the row is gone. */
    add(f, "v", BOB, 0);
    run_shell("rm '%s/v.txt'", f->data);
    assert_int_equal(delete_one(f, BOB, "attachments/v", &status), STATUS_OK);
    add(f, "w", BOB, 0);
    execute(f, "UPDATE attachment SET reference = 'a\tb'");
    assert_int_equal(delete_one(f, BOB, "attachments/w", &status), STATUS_OK);
}

/* When the rows stay, so do the files. */
static void test_delete_fails_whole(void **state)
{
    struct fixture *f = *state;
    struct status status;
    add(f, "u", BOB, 0);
    execute(f, "CREATE TRIGGER refuse BEFORE DELETE ON attachment BEGIN SELECT RAISE(ABORT, 'no'); END");
    assert_int_equal(delete_one(f, BOB, "attachments/u", &status), STATUS_INTERNAL);
    assert_int_equal(count_files(f), 1);
}

static enum status_code delete_many(struct fixture *f, int32_t user, const char *const *names, size_t count,
                                    struct status *status)
{
    struct api_call call = call_as(f, user);
    Google__Protobuf__Empty *out;
    Memos__Api__V1__BatchDeleteAttachmentsRequest request = MEMOS__API__V1__BATCH_DELETE_ATTACHMENTS_REQUEST__INIT;
    request.n_names = count;
    request.names = (char **)(uintptr_t)names;
    *status = (struct status){0};
    return api_attachment_service_batch_delete_attachments(&call, &request, &out, status);
}

static void test_batch_delete(void **state)
{
    static const struct {
        const char *names[4];
        int32_t user;
        enum status_code code;
        const char *message;
    } refusals[] = {
        {{"attachments/a", ""}, BOB, STATUS_INVALID_ARGUMENT, "attachment name is required"},
        {{"attachments/a", "b"}, BOB, STATUS_INVALID_ARGUMENT, "invalid attachment id: invalid request \"b\""},
        {{"attachments/a", "attachments/none", ""}, BOB, STATUS_NOT_FOUND, "attachment not found"},
        {{"attachments/a", "attachments/c"}, BOB, STATUS_PERMISSION_DENIED, "permission denied"},
        {{"", "attachments/none"}, BOB, STATUS_INVALID_ARGUMENT, "attachment name is required"},
    };
    struct fixture *f = *state;
    struct status status;
    add(f, "a", BOB, 0);
    add(f, "b", BOB, 1);
    add(f, "c", CAROL, 0);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        size_t count = 0;
        while (refusals[i].names[count])
            count++;
        assert_int_equal(delete_many(f, refusals[i].user, refusals[i].names, count, &status), refusals[i].code);
        assert_string_equal(status.message, refusals[i].message);
    }
    const char *many[101];
    for (size_t i = 0; i < 101; i++)
        many[i] = "attachments/a";
    assert_int_equal(delete_many(f, BOB, many, 0, &status), STATUS_INVALID_ARGUMENT);
    assert_string_equal(status.message, "attachment names are required");
    assert_int_equal(delete_many(f, BOB, many, 101, &status), STATUS_INVALID_ARGUMENT);
    assert_string_equal(status.message, "too many attachment names; max 100");
    assert_int_equal(count_files(f), 3);
    assert_int_equal(delete_many(f, BOB, many, 100, &status), STATUS_OK);
    assert_int_equal(count_files(f), 2);
    assert_int_equal(delete_many(f, ALICE, (const char *[]){"attachments/c", "attachments/b"}, 2, &status), STATUS_OK);
    assert_int_equal(count_files(f), 0);
    assert_int_equal(query_int(f, "SELECT COUNT(*) FROM attachment"), 0);
}

/* However many are named, the statements are as few. */
static void test_constant_statements(void **state)
{
    struct fixture *f = *state;
    struct status status;
    unsigned counts[2];
    static const size_t sizes[2] = {2, 90};
    for (size_t round = 0; round < 2; round++) {
        const char *names[90];
        for (size_t i = 0; i < sizes[round]; i++) {
            const char *uid = arena_printf(f->arena, "n%zu", i);
            add(f, uid, BOB, 1);
            names[i] = arena_printf(f->arena, "attachments/%s", uid);
        }
        db_statement_count_reset();
        assert_int_equal(delete_many(f, BOB, names, sizes[round], &status), STATUS_OK);
        counts[round] = db_statement_count_reset();
    }
    assert_true(counts[0] > 0);
    assert_int_equal(counts[0], counts[1]);
}

static enum status_code link_all(struct db_conn *conn, void *ctx, struct status *status)
{
    (void)ctx;
    enum status_code code = store_attachment_link(conn, 1, 2, 100, status);
    return code ? code : store_attachment_link(conn, 2, 2, 101, status);
}

static void test_lists_of_memos(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    struct db_conn *conn;
    struct store_attachment *found;
    size_t count;
    add(f, "a", BOB, 1);
    add(f, "b", BOB, 0);
    add(f, "c", BOB, 3);
    execute(f, "UPDATE attachment SET updated_ts = 50");
    assert_int_equal(store_write(f->store, link_all, NULL, &status), STATUS_OK);
    assert_int_equal(store_read_begin(f->store, &conn, &status), STATUS_OK);
    db_statement_count_reset();
    assert_int_equal(
        store_attachment_list_for_memos(conn, f->arena, (int32_t[]){1, 2, 3, 4}, 4, &found, &count, &status),
        STATUS_OK);
    assert_int_equal(db_statement_count_reset(), 1);
    assert_int_equal(count, 3);
    assert_string_equal(found[0].uid, "b");
    assert_string_equal(found[1].uid, "a");
    assert_string_equal(found[2].uid, "c");
    assert_string_equal(found[0].memo_uid, "protected");
    assert_int_equal(found[0].updated_ts, 101);
    assert_int_equal(store_attachment_list_for_memos(conn, f->arena, (int32_t[]){4}, 1, &found, &count, &status),
                     STATUS_OK);
    assert_int_equal(count, 0);
    assert_int_equal(store_attachment_list_for_memos(conn, f->arena, NULL, 0, &found, &count, &status), STATUS_OK);
    assert_int_equal(count, 0);
    store_read_end(conn);
}

static void test_bad_payload_is_told(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    struct db_conn *conn;
    struct store_attachment row;
    add(f, "a", BOB, 1);
    execute(f, "UPDATE attachment SET payload = '[]'");
    assert_int_equal(store_read_begin(f->store, &conn, &status), STATUS_OK);
    assert_int_equal(store_attachment_get(conn, f->arena, "a", &row, &status), STATUS_INTERNAL);
    assert_non_null(strstr(status.message, "bad payload of attachment 1"));
    store_read_end(conn);
    execute(f, "UPDATE attachment SET payload = '{\"future\":1}', storage_type = 'ODD', memo_id = 99");
    assert_int_equal(store_read_begin(f->store, &conn, &status), STATUS_OK);
    assert_int_equal(store_attachment_get(conn, f->arena, "a", &row, &status), STATUS_OK);
    assert_int_equal(row.storage, STORE_ATTACHMENT_DATABASE);
    assert_int_equal(row.memo_id, 99);
    assert_null(row.memo_uid);
    store_read_end(conn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_upload_that_cannot_be_read, setup, teardown),
        cmocka_unit_test_setup_teardown(test_update, setup, teardown),
        cmocka_unit_test_setup_teardown(test_delete, setup, teardown),
        cmocka_unit_test_setup_teardown(test_delete_fails_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(test_batch_delete, setup, teardown),
        cmocka_unit_test_setup_teardown(test_constant_statements, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lists_of_memos, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_payload_is_told, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
