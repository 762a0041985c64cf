/* Attachment bytes: stored by setting, read back, removed; and files that an earlier server left. */
#include "attachment_fixture.h"

#include "base/log.h"

static Memos__Store__InstanceStorageSetting setting(int type, const char *path_template)
{
    Memos__Store__InstanceStorageSetting made = MEMOS__STORE__INSTANCE_STORAGE_SETTING__INIT;
    made.storage_type = (Memos__Store__InstanceStorageSetting__StorageType)type;
    made.filepath_template = (char *)path_template;
    return made;
}

enum {
    UNSET = MEMOS__STORE__INSTANCE_STORAGE_SETTING__STORAGE_TYPE__STORAGE_TYPE_UNSPECIFIED,
    DATABASE = MEMOS__STORE__INSTANCE_STORAGE_SETTING__STORAGE_TYPE__DATABASE,
    LOCAL = MEMOS__STORE__INSTANCE_STORAGE_SETTING__STORAGE_TYPE__LOCAL,
    S3 = MEMOS__STORE__INSTANCE_STORAGE_SETTING__STORAGE_TYPE__S3
};

static struct store_attachment upload(const char *uid, const char *filename, const char *text)
{
    return (struct store_attachment){.uid = uid,
                                     .creator_id = BOB,
                                     .filename = filename,
                                     .type = "text/plain",
                                     .reference = "",
                                     .size = (int64_t)strlen(text),
                                     .bytes = text,
                                     .bytes_length = strlen(text)};
}

static enum status_code put(struct fixture *f, int type, const char *path_template, struct store_attachment *attachment,
                            struct status *status)
{
    Memos__Store__InstanceStorageSetting wanted = setting(type, path_template);
    return blob_put(f->blob, f->arena, &wanted, attachment, status);
}

static const char *in_data(const struct fixture *f, const char *path)
{
    return arena_printf(f->arena, "%s/%s", f->data, path);
}

static void expect_local(struct fixture *f, const char *uid, const char *filename, const char *path_template,
                         const char *expected)
{
    struct status status = {0};
    struct store_attachment attachment = upload(uid, filename, uid);
    size_t length;
    if (put(f, LOCAL, path_template, &attachment, &status))
        fail_msg("%s", status.message);
    assert_int_equal(attachment.storage, STORE_ATTACHMENT_LOCAL);
    assert_string_equal(attachment.reference, in_data(f, expected));
    assert_string_equal(read_attachment(f, &attachment, &length), uid);
}

static void test_local_names(void **state)
{
    struct fixture *f = *state;
    expect_local(f, "u1", "same.bin", "a/{filename}", "a/same.bin");
    expect_local(f, "u2", "same.bin", "a/{filename}", "a/same_u2.bin");
    expect_local(f, "u3", "b\xc3\xbcro \xe5\x86\x99.png", "a/b/c", "a/b/c/b\xc3\xbcro \xe5\x86\x99.png");
    expect_local(f, "u4", "x", in_data(f, "abs/{filename}"), "abs/x");
    expect_local(f, "u5", "x", "a/../d//./{filename}", "d/x");
    expect_local(f, "u6", "tab\there", "t/{filename}", "t/tab_here");
    expect_local(f, "u7", ".memora-put-1", "t/{filename}", "t/_u7.memora-put-1");
    /* The third of a name, and one whose uid is in the way as well, get something random. */
    struct store_attachment attachment = upload("u2", "same.bin", "third");
    struct status status = {0};
    assert_int_equal(put(f, LOCAL, "a/{filename}", &attachment, &status), STATUS_OK);
    assert_int_equal(strlen(attachment.reference), strlen(in_data(f, "a/same_.bin")) + 22);
    assert_int_equal(count_files(f), 8);
}

static void test_default_and_unset(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    struct store_attachment attachment = upload("u1", "n.txt", "");
    size_t length;
    assert_int_equal(put(f, UNSET, "", &attachment, &status), STATUS_OK);
    assert_int_equal(strncmp(attachment.reference, in_data(f, "assets/"), strlen(f->data) + 8), 0);
    read_attachment(f, &attachment, &length);
    assert_int_equal(length, 0);
    attachment = upload("u2", "n.txt", "x");
    assert_int_equal(put(f, DATABASE, "", &attachment, &status), STATUS_OK);
    assert_int_equal(attachment.storage, STORE_ATTACHMENT_DATABASE);
    assert_string_equal(attachment.reference, "");
    attachment = upload("u3", "n.txt", "x");
    assert_int_equal(put(f, S3, "", &attachment, &status), STATUS_INTERNAL);
    assert_string_equal(status.message, "No activated external storage found");
    assert_int_equal(count_files(f), 1);
}

static void test_nothing_outside_of_root(void **state)
{
    static const char *const templates[] = {"../{filename}",   "a/../../{filename}",     "/{filename}",
                                            "/tmp/{filename}", "../data-too/{filename}", "/etc/../{filename}"};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof templates / sizeof *templates; i++) {
        struct status status = {0};
        struct store_attachment attachment = upload("u", "n.txt", "x");
        assert_int_equal(put(f, LOCAL, templates[i], &attachment, &status), STATUS_INTERNAL);
        assert_null(strstr(status.message, "/"));
    }
    run_shell("ln -s '%s' '%s/link'", f->dir, f->data);
    struct status status = {0};
    struct store_attachment attachment = upload("u", "n.txt", "x");
    assert_int_not_equal(put(f, LOCAL, "link/{filename}", &attachment, &status), STATUS_OK);
    assert_int_not_equal(access(arena_printf(f->arena, "%s/n.txt", f->dir), F_OK), 0);
    assert_int_equal(count_files(f), 0);
}

/* A file beside the database must not be able to become its journal, whatever it is called. */
static void test_nothing_beside_the_database(void **state)
{
    static const char *const names[] = {"memos_prod.db-journal", "memos_prod.db-wal", "memos_prod.db", "plain.txt"};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct status status = {0};
        struct store_attachment attachment = upload("uid", names[i], "x");
        assert_int_equal(put(f, LOCAL, "{filename}", &attachment, &status), STATUS_OK);
        assert_string_not_equal(attachment.reference, in_data(f, names[i]));
        assert_null(strstr(attachment.reference, "_uid"));
    }
    struct status status = {0};
    struct store_attachment attachment = upload("uid", "other.db-journal", "x");
    assert_int_equal(put(f, LOCAL, "db/{filename}", &attachment, &status), STATUS_OK);
    assert_string_not_equal(attachment.reference, in_data(f, "db/other.db-journal"));
    assert_int_equal(query_int(f, "SELECT COUNT(*) FROM memo"), 4);
}

static void expect_read(struct fixture *f, const char *reference, const char *expected)
{
    struct store_attachment attachment = upload("u", "n", "");
    size_t length;
    attachment.storage = STORE_ATTACHMENT_LOCAL;
    attachment.reference = reference;
    assert_string_equal(read_attachment(f, &attachment, &length), expected);
}

static void expect_missing(struct fixture *f, const char *reference)
{
    struct store_attachment attachment = upload("u", "n", "");
    struct blob_content *content = NULL;
    struct status status = {0};
    attachment.storage = STORE_ATTACHMENT_LOCAL;
    attachment.reference = reference;
    assert_int_equal(blob_content_open(f->blob, f->store, f->arena, &attachment, &content, &status), STATUS_NOT_FOUND);
    blob_content_close(content);
}

static void test_references_of_earlier_servers(void **state)
{
    struct fixture *f = *state;
    const char *outside = arena_printf(f->arena, "%s/outside.txt", f->dir);
    run_shell("mkdir -p '%s/assets' '%s/real' && ln -s real '%s/linked'", f->data, f->dir, f->dir);
    write_file(in_data(f, "assets/a.txt"), "inside");
    write_file(outside, "outside");
    write_file(arena_printf(f->arena, "%s/real/b.txt", f->dir), "behind a link");
    expect_read(f, "assets/a.txt", "inside");
    expect_read(f, "./assets/../assets//a.txt", "inside");
    expect_read(f, in_data(f, "assets/a.txt"), "inside");
    expect_read(f, outside, "outside");
    expect_read(f, "../outside.txt", "outside");
    expect_read(f, arena_printf(f->arena, "%s/linked/b.txt", f->dir), "behind a link");
    expect_missing(f, "assets/none");
    expect_missing(f, "assets");
    expect_missing(f, "");
    expect_missing(f, "/");
    expect_missing(f, "/nowhere/at/all");
    expect_missing(f, "assets/a\nb");
    run_shell("ln -s ../../outside.txt '%s/assets/link'", f->data);
    expect_missing(f, "assets/link");
}

static void test_remove(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    struct store_attachment attachment = upload("u1", "n.txt", "x");
    assert_int_equal(put(f, LOCAL, "a/{filename}", &attachment, &status), STATUS_OK);
    run_shell("mkdir -p '%s/.thumbnail_cache' '%s/.motion_cache'", f->data, f->data);
    write_file(in_data(f, ".thumbnail_cache/u1.v2.jpeg"), "small");
    write_file(in_data(f, ".motion_cache/u1.mp4"), "moving");
    write_file(in_data(f, ".motion_cache/u2.mp4"), "another's");
    assert_int_equal(count_files(f), 4);
    assert_int_equal(blob_remove(f->blob, f->arena, &attachment, &status), STATUS_OK);
    assert_int_equal(count_files(f), 1);
    assert_int_equal(blob_remove(f->blob, f->arena, &attachment, &status), STATUS_OK);
    attachment.reference = arena_printf(f->arena, "%s/outside.txt", f->dir);
    write_file(attachment.reference, "outside");
    assert_int_equal(blob_remove(f->blob, f->arena, &attachment, &status), STATUS_OK);
    assert_int_not_equal(access(attachment.reference, F_OK), 0);
    attachment.reference = "";
    assert_int_equal(blob_remove(f->blob, f->arena, &attachment, &status), STATUS_OK);
    attachment.storage = STORE_ATTACHMENT_S3; /* without telling where */
    assert_int_equal(blob_remove(f->blob, f->arena, &attachment, &status), STATUS_FAILED_PRECONDITION);
}

static void test_another_root(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    fixture_close(f);
    fixture_open(f, f->dir);
    struct store_attachment attachment = upload("u1", "n.txt", "x");
    size_t length;
    assert_int_equal(put(f, LOCAL, "../photos/{filename}", &attachment, &status), STATUS_OK);
    assert_string_equal(attachment.reference, arena_printf(f->arena, "%s/photos/n.txt", f->dir));
    attachment = upload("u2", "n.txt", "y");
    assert_int_equal(put(f, LOCAL, "a/{filename}", &attachment, &status), STATUS_OK);
    assert_string_equal(attachment.reference, in_data(f, "a/n.txt"));
    assert_string_equal(read_attachment(f, &attachment, &length), "y");
    expect_read(f, "a/n.txt", "y");
    assert_int_equal(put(f, LOCAL, "/tmp/{filename}", &attachment, &status), STATUS_INTERNAL);
}

/* A root that has nothing to do with the data directory takes what the usual template names. */
static void test_root_elsewhere(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    char place[96];
    snprintf(place, sizeof place, "%s/elsewhere", f->dir);
    run_shell("mkdir -p '%s' '%s/assets'", place, f->data);
    write_file(in_data(f, "assets/old.txt"), "from before");
    fixture_close(f);
    fixture_open(f, place);
    struct store_attachment attachment = upload("u1", "n.txt", "x");
    size_t length;
    assert_int_equal(put(f, LOCAL, "assets/{filename}", &attachment, &status), STATUS_OK);
    assert_string_equal(attachment.reference, arena_printf(f->arena, "%s/assets/n.txt", place));
    assert_string_equal(read_attachment(f, &attachment, &length), "x");
    expect_read(f, "assets/old.txt", "from before");
    assert_int_equal(put(f, LOCAL, "../{filename}", &attachment, &status), STATUS_INTERNAL);
    assert_int_equal(put(f, LOCAL, in_data(f, "{filename}"), &attachment, &status), STATUS_INTERNAL);
}

static void test_recorded_files(void **state)
{
    static const struct {
        const char *uid;
        size_t size;
        const char *head;
    } files[] = {{"att-db-red", 79, "\x89PNG"},    {"att-db-note", 47, ""},  {"att-local-blue", 100, "\x89PNG"},
                 {"att-local-dup", 75, "\x89PNG"}, {"att-local-csv", 8, ""}, {"att-live-still", 601, "\xff\xd8"},
                 {"att-live-video", 84, ""}};
    struct fixture *f = *state;
    unsigned before = open_files();
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct store_attachment attachment = get_attachment(f, files[i].uid);
        size_t length;
        const char *bytes = read_attachment(f, &attachment, &length);
        assert_int_equal(length, files[i].size);
        assert_int_equal(length, attachment.size);
        assert_memory_equal(bytes, files[i].head, strlen(files[i].head));
    }
    struct store_attachment s3 = get_attachment(f, "att-s3-green");
    struct blob_content *content = NULL;
    assert_int_equal(blob_content_open(f->blob, f->store, f->arena, &s3, &content, NULL), STATUS_FAILED_PRECONDITION);
    assert_int_equal(open_files(), before);
}

static void test_parts_of_a_row(void **state)
{
    struct fixture *f = *state;
    struct store_attachment attachment = get_attachment(f, "att-db-note");
    struct blob_content *content = NULL;
    size_t length;
    char buffer[100];
    const char *whole = read_attachment(f, &attachment, &length);
    assert_int_equal(blob_content_open(f->blob, f->store, f->arena, &attachment, &content, NULL), STATUS_OK);
    assert_int_equal(blob_content_modified(content), attachment.updated_ts);
    assert_int_equal(blob_content_select(content, 10, 5, NULL), STATUS_OK);
    assert_int_equal(blob_content_read(content, 10, buffer, sizeof buffer), 5);
    assert_memory_equal(buffer, whole + 10, 5);
    assert_int_equal(blob_content_read(content, 12, buffer, 2), 2);
    assert_memory_equal(buffer, whole + 12, 2);
    assert_int_equal(blob_content_read(content, 9, buffer, 1), -1);
    assert_int_equal(blob_content_read(content, 16, buffer, 1), -1);
    assert_int_equal(blob_content_select(content, 40, 100, NULL), STATUS_OK);
    assert_int_equal(blob_content_read(content, 40, buffer, sizeof buffer), 7);
    blob_content_close(content);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_local_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_default_and_unset, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_outside_of_root, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_beside_the_database, setup, teardown),
        cmocka_unit_test_setup_teardown(test_references_of_earlier_servers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_remove, setup, teardown),
        cmocka_unit_test_setup_teardown(test_another_root, setup, teardown),
        cmocka_unit_test_setup_teardown(test_root_elsewhere, setup, teardown),
        cmocka_unit_test_setup_teardown(test_recorded_files, setup_recorded, teardown),
        cmocka_unit_test_setup_teardown(test_parts_of_a_row, setup_recorded, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
