/* Backups and checks: rows and manifests as JSON, archives that are refused, a backup beside an open server, faults
 * that are found and repaired. The moves between databases are tests/move. */
#include "api_fixture.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "move/internal.h"

static struct status status;
static const struct move_verify_options look = {0}, mend = {.repair = true}, read_all = {.contents = true};

static enum status_code read_row(struct arena *arena, unsigned table, const char *line)
{
    struct store_move_row row;
    enum move_row_content content;
    uint64_t size;
    return move_row_read(arena, &store_move_tables[table], line, strlen(line), &row, &content, &size, &status);
}

static void rows_are_read_as_written(void **state)
{
    struct arena *arena = arena_create();
    const struct store_move_table *table = &store_move_tables[STORE_MOVE_ATTACHMENT];
    struct store_move_row row = {.values = {db_int(7), db_text("uid"), db_int(1), db_int(-5), db_int(INT64_MAX),
                                            db_text("a\"b\n日"), db_text(""), db_int(3), db_null(), db_text("LOCAL"),
                                            db_text("assets/x"), db_text("{}")}};
    struct store_move_row again;
    enum move_row_content content;
    uint64_t size = 0;
    struct buf line = buf_in(arena);
    (void)state;
    assert_int_equal(move_row_write(&line, table, &row, MOVE_CONTENT_FOLLOWS, 3, &status), STATUS_OK);
    assert_int_equal(line.data[line.len - 1], '\n');
    assert_int_equal(move_row_read(arena, table, line.data, line.len - 1, &again, &content, &size, &status), STATUS_OK);
    assert_int_equal(content, MOVE_CONTENT_FOLLOWS);
    assert_int_equal(size, 3);
    struct move_sum a = {0}, b = {0};
    move_sum_row(&a, table, &row);
    move_sum_row(&b, table, &again);
    assert_true(move_sum_equal(&a, &b));
    assert_int_equal(again.values[8].type, MEMORA_NULL);
    row.values[5] = db_text_n("\xff", 1);
    assert_int_equal(move_row_write(&line, table, &row, MOVE_CONTENT_NONE, 0, &status), STATUS_DATA_LOSS);
    arena_destroy(arena);
}

static void bad_rows_are_refused(void **state)
{
    struct arena *arena = arena_create();
    const unsigned relation = STORE_MOVE_RELATION;
    (void)state;
    assert_int_equal(read_row(arena, relation, "{\"memo_id\":1,\"related_memo_id\":2,\"type\":\"COMMENT\"}"),
                     STATUS_OK);
    static const char *const bad[] = {"",
                                      "{",
                                      "[]",
                                      "null",
                                      "{\"memo_id\":1,\"related_memo_id\":2}",
                                      "{\"memo_id\":1,\"related_memo_id\":2,\"type\":null}",
                                      "{\"memo_id\":1,\"related_memo_id\":2,\"type\":3}",
                                      "{\"memo_id\":\"1\",\"related_memo_id\":2,\"type\":\"COMMENT\"}",
                                      "{\"memo_id\":1.5,\"related_memo_id\":2,\"type\":\"COMMENT\"}",
                                      "{\"memo_id\":1,\"related_memo_id\":2,\"type\":\"COMMENT\",\"more\":1}",
                                      "{\"memo_id\":1,\"memo_id\":1,\"related_memo_id\":2,\"type\":\"COMMENT\"}",
                                      "{\"memo_id\":99999999999999999999,\"related_memo_id\":2,\"type\":\"COMMENT\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(read_row(arena, relation, bad[i]), STATUS_DATA_LOSS);
    arena_destroy(arena);
}

/* JSON that a database has written in its own way is the same; another value is another. */
static void sums_do_not_see_blanks_and_order(void **state)
{
    const struct store_move_table *table = &store_move_tables[STORE_MOVE_INBOX];
    struct store_move_row row = {
        .values = {db_int(1), db_int(2), db_int(3), db_int(4), db_text("UNREAD"), db_text("{\"b\":1,\"a\":[1,2]}")}};
    struct move_sum one = {0}, two = {0}, three = {0};
    (void)state;
    move_sum_row(&one, table, &row);
    row.values[5] = db_text("{\"a\": [1, 2], \"b\": 1}");
    move_sum_row(&two, table, &row);
    row.values[5] = db_text("{\"a\": [2, 1], \"b\": 1}");
    move_sum_row(&three, table, &row);
    assert_true(move_sum_equal(&one, &two));
    assert_false(move_sum_equal(&one, &three));
}

struct file {
    const char *name, *text;
    const char *link; /* a symbolic link to it instead */
};

static void make_archive(const char *path, const struct file *files, size_t count)
{
    struct archive *archive = archive_write_new();
    archive_write_set_format_pax_restricted(archive);
    archive_write_add_filter_zstd(archive);
    assert_int_equal(archive_write_open_filename(archive, path), ARCHIVE_OK);
    for (size_t i = 0; i < count; i++) {
        struct archive_entry *entry = archive_entry_new();
        archive_entry_set_pathname(entry, files[i].name);
        archive_entry_set_perm(entry, 0600);
        archive_entry_set_filetype(entry, files[i].link ? AE_IFLNK : AE_IFREG);
        if (files[i].link)
            archive_entry_set_symlink(entry, files[i].link);
        archive_entry_set_size(entry, files[i].link ? 0 : (int64_t)strlen(files[i].text));
        assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
        if (!files[i].link)
            archive_write_data(archive, files[i].text, strlen(files[i].text));
        archive_entry_free(entry);
    }
    archive_write_close(archive);
    archive_write_free(archive);
}

#define HEADER                                                                                                         \
    {                                                                                                                  \
        "memora.json", "{\"format\": 1, \"schema\": \"0.30.1\"}", NULL                                                 \
    }
#define USER_SETTING                                                                                                   \
    {                                                                                                                  \
        "rows/user_setting/00000000.jsonl", "{\"user_id\":1,\"key\":\"GENERAL\",\"value\":\"{}\"}\n", NULL             \
    }
#define ATTACHMENT                                                                                                     \
    {                                                                                                                  \
        "rows/attachment/00000000.jsonl",                                                                              \
            "{\"id\":1,\"uid\":\"u\",\"creator_id\":1,\"created_ts\":1,\"updated_ts\":1,\"filename\":\"f\",\"type\":"  \
            "\"\","                                                                                                    \
            "\"size\":3,\"memo_id\":null,\"storage_type\":\"\",\"reference\":\"\",\"payload\":\"{}\",\"content\":3}"   \
            "\n",                                                                                                      \
            NULL                                                                                                       \
    }

static void hostile_archives_are_refused(void **state)
{
    struct arena *arena = arena_create();
    const struct move_totals none = {0};
    const char *empty = move_manifest_write(arena, &none);
    const struct {
        struct file files[5];
        const char *why;
    } cases[] = {
        {{{"other", "", NULL}}, "this is not a backup of Memora"},
        {{{"memora.json", "{}", NULL}}, "this is not a backup of Memora"},
        {{{"memora.json", "{\"format\": 2, \"schema\": \"0.30.1\"}", NULL}}, "format 2"},
        {{{"memora.json", "{\"format\": 1, \"schema\": \"0.31.0\"}", NULL}}, "schema version 0.31.0"},
        {{HEADER}, "it ends too early"},
        {{HEADER, {"../../etc/passwd", "x", NULL}}, "an unknown file"},
        {{HEADER, {"rows/../user/00000000.jsonl", "x", NULL}}, "an unknown file"},
        {{HEADER, {"rows/secrets/00000000.jsonl", "x", NULL}}, "an unknown file"},
        {{HEADER, {"attachments/1", "x", NULL}}, "an unknown file"},
        {{HEADER, {"rows/user/00000000.jsonl", "", "/etc/passwd"}}, "something else than plain files"},
        {{HEADER, {"rows/user_setting/00000001.jsonl", "{}\n", NULL}}, "a file of rows is missing"},
        {{HEADER, {"rows/user_setting/00000000.jsonl", "{}", NULL}}, "a row ends too early"},
        {{HEADER, {"rows/user_setting/00000000.jsonl", "{}\n", NULL}}, "is wrong in the columns"},
        {{HEADER, USER_SETTING, {"rows/user/00000000.jsonl", "{}\n", NULL}}, "not in order"},
        {{HEADER, USER_SETTING, {"manifest.json", empty, NULL}}, "user_setting has 1 rows instead of 0"},
        {{HEADER, ATTACHMENT, {"manifest.json", empty, NULL}}, "does not follow its row"},
        {{HEADER, ATTACHMENT, {"attachments/2", "abc", NULL}}, "does not follow its row"},
        {{HEADER, ATTACHMENT, {"attachments/1", "abcd", NULL}}, "another size than its row says"},
        {{HEADER, {"manifest.json", "{}", NULL}}, "the manifest of the archive is wrong"},
        {{HEADER, {"manifest.json", empty, NULL}, {"more", "x", NULL}}, "something follows the manifest"},
    };
    char path[] = "/tmp/memora-move-XXXXXX";
    int fd = mkstemp(path);
    (void)state;
    assert_true(fd >= 0);
    close(fd);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t count = 0;
        while (count < 5 && cases[i].files[count].name)
            count++;
        make_archive(path, cases[i].files, count);
        assert_int_equal(move_verify_archive(path, &status), STATUS_DATA_LOSS);
        if (!strstr(status.message, cases[i].why))
            fail_msg("case %zu: \"%s\" instead of \"%s\"", i, status.message, cases[i].why);
    }
    const struct file good[] = {HEADER, {"manifest.json", empty, NULL}};
    make_archive(path, good, 2);
    assert_int_equal(move_verify_archive(path, &status), STATUS_OK);
    unlink(path);
    assert_int_equal(move_verify_archive(path, &status), STATUS_NOT_FOUND);
    arena_destroy(arena);
}

/* The recorded data, opened by a server; config is what a command would have. */
static int recorded(void **state)
{
    fixture_recorded(state);
    struct api_fixture *f = *state;
    f->config.arena = f->arena;
    f->config.plugin_dir = MEMORA_TEST_PLUGIN_DIR;
    return 0;
}

static const char *in_dir(struct api_fixture *f, const char *name)
{
    return arena_printf(f->arena, "%s/%s", f->dir, name);
}

static char *read_file(const char *path, size_t *length)
{
    struct stat info;
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &info), 0);
    char *bytes = malloc((size_t)info.st_size + 1);
    assert_int_equal(read(fd, bytes, (size_t)info.st_size), info.st_size);
    close(fd);
    *length = (size_t)info.st_size;
    return bytes;
}

static void write_file(const char *path, const char *bytes, size_t length)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), (ssize_t)length);
    close(fd);
}

/* What fills up blocks of a tar file may change. */
static int same_content(const char *path, const char *other)
{
    struct move_totals a, b;
    struct move_check check;
    move_check_init(&check, NULL);
    assert_int_equal(move_archive_read(path, &check.sink, &a, &status), STATUS_OK);
    move_check_init(&check, NULL);
    assert_int_equal(move_archive_read(other, &check.sink, &b, &status), STATUS_OK);
    assert_int_equal(move_totals_compare(&a, &b, "", &status), STATUS_OK);
    return 1;
}

/* Stands in for the C library's, as a file system without links would answer. */
static bool no_links;

int link(const char *from, const char *to)
{
    if (!no_links)
        return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
    errno = EPERM;
    return -1;
}

static void a_backup_needs_no_links(void **state)
{
    struct api_fixture *f = *state;
    const char *path = in_dir(f, "unlinked.tar.zst");
    no_links = true;
    enum status_code code = move_backup(&f->config, path, &f->status);
    no_links = false;
    assert_works(f, code);
    assert_works(f, move_verify_archive(path, &f->status));
    assert_int_equal(move_backup(&f->config, path, &f->status), STATUS_FAILED_PRECONDITION);
}

static void damaged_backups_are_refused(void **state)
{
    struct api_fixture *f = *state;
    const char *path = in_dir(f, "good.tar.zst"), *bad = in_dir(f, "bad.tar.zst");
    struct stat info;
    size_t length;
    /* The server has its database open, with unwritten news in the log. */
    fixture_sql(f, "UPDATE user SET nickname = 'in the log' WHERE id = 1");
    assert_works(f, move_backup(&f->config, path, &f->status));
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_works(f, move_verify_archive(path, &f->status));
    assert_int_equal(move_backup(&f->config, path, &f->status), STATUS_FAILED_PRECONDITION);
    char *bytes = read_file(path, &length);
    enum { STEPS = 40 };
    int harmless = 0;
    for (size_t i = 0; i < STEPS; i++) {
        size_t at = length * i / STEPS;
        write_file(bad, bytes, at);
        assert_int_equal(move_verify_archive(bad, &f->status), STATUS_DATA_LOSS);
        bytes[at] ^= 0x10;
        write_file(bad, bytes, length);
        bytes[at] ^= 0x10;
        if (move_verify_archive(bad, &f->status) == STATUS_OK)
            harmless += same_content(path, bad);
    }
    assert_true(harmless < 4);
    write_file(bad, bytes, length / 2);
    free(bytes);
    /* Nothing is begun with a damaged one. */
    struct config other = f->config;
    other.data_dir = in_dir(f, "restored");
    assert_int_equal(move_restore(&other, bad, MOVE_KEEP, &f->status), STATUS_DATA_LOSS);
    assert_int_equal(access(other.data_dir, F_OK), -1);
    assert_works(f, move_restore(&other, path, MOVE_DATABASE, &f->status));
    assert_int_equal(access(in_dir(f, "restored/assets"), F_OK), -1);
    assert_int_equal(move_restore(&other, path, MOVE_DATABASE, &f->status), STATUS_FAILED_PRECONDITION);
}

static void old_file(const char *path, bool old)
{
    const struct timespec times[2] = {{.tv_sec = old ? 1000000000 : time(NULL)},
                                      {.tv_sec = old ? 1000000000 : time(NULL)}};
    write_file(path, "x", 1);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void faults_are_found_and_repaired(void **state)
{
    struct api_fixture *f = *state;
    uint64_t left = 0;
    enum { FAULTS = 12 };
    fixture_sql(f, "DELETE FROM attachment WHERE storage_type = 'S3'"); /* of a bucket that is not there */
    fixture_sql(f, "DELETE FROM memo_relation WHERE memo_id NOT IN (SELECT id FROM memo)");
    fixture_sql(f, "DELETE FROM reaction WHERE SUBSTR(content_id, 7) NOT IN (SELECT uid FROM memo)");
    fixture_close_services(f);
    assert_works(f, move_verify(&f->config, &look, &left, &f->status));
    assert_int_equal(left, 1); /* the recorded one */
    fixture_open_services(f);
    fixture_sql(f, "INSERT INTO memo_relation VALUES (999, 1, 'REFERENCE'), (1, 998, 'COMMENT')");
    fixture_sql(f, "INSERT INTO reaction (creator_id, content_id, reaction_type) VALUES (77, 'memos/welcome', 'x'), "
                   "(1, 'memos/nobody', 'y')");
    fixture_sql(f, "INSERT INTO user_setting VALUES (77, 'GENERAL', '{}')");
    fixture_sql(f, "INSERT INTO inbox (sender_id, receiver_id, status) VALUES (77, 1, 'UNREAD'), (1, 78, 'UNREAD')");
    fixture_sql(f, "INSERT INTO memo_share (uid, memo_id, creator_id) VALUES ('share', 999, 1)");
    fixture_sql(f, "INSERT INTO user_identity (user_id, provider, extern_uid) VALUES (77, 'p', 'e')");
    fixture_sql(f, "UPDATE attachment SET memo_id = 999 WHERE id = 1");
    old_file(in_dir(f, "assets/orphan.bin"), true);
    old_file(in_dir(f, "assets/upload-under-way.bin"), false);
    old_file(in_dir(f, "not-ours.bin"), true);
    fixture_close_services(f);
    assert_works(f, move_verify(&f->config, &look, &left, &f->status));
    assert_int_equal(left, FAULTS);
    assert_works(f, move_verify(&f->config, &mend, &left, &f->status));
    assert_int_equal(left, 0);
    assert_works(f, move_verify(&f->config, &look, &left, &f->status));
    assert_int_equal(left, 0);
    assert_int_equal(access(in_dir(f, "assets/orphan.bin"), F_OK), -1);
    assert_int_equal(access(in_dir(f, "assets/upload-under-way.bin"), F_OK), 0);
    assert_int_equal(access(in_dir(f, "not-ours.bin"), F_OK), 0);
    assert_int_equal(access(in_dir(f, "assets/live.jpg"), F_OK), 0);
    fixture_open_services(f);
    assert_string_equal(fixture_query(f, "SELECT COUNT(*) FROM attachment WHERE id = 1 AND memo_id IS NULL"), "1");
    assert_string_equal(fixture_query(f, "SELECT COUNT(*) FROM attachment WHERE id = 7"), "0");
    assert_string_equal(fixture_query(f, "SELECT COUNT(*) FROM memo"), "68");
}

/* Sizes are always compared; damaged contents are told and stay. */
static void damaged_contents_are_told(void **state)
{
    struct api_fixture *f = *state;
    uint64_t left = 0, usual = 0;
    fixture_sql(f, "UPDATE attachment SET payload = replace(payload, 'http://localhost:9000', 'http://127.0.0.1:1')");
    fixture_close_services(f);
    assert_works(f, move_verify(&f->config, &look, &usual, &f->status));
    assert_works(f, move_verify(&f->config, &read_all, &left, &f->status));
    assert_int_equal(left, usual);
    assert_int_equal(truncate(in_dir(f, "assets/live.jpg"), 600), 0);
    fixture_open_services(f);
    fixture_sql(f, "UPDATE attachment SET size = 48 WHERE id = 2");
    fixture_close_services(f);
    assert_works(f, move_verify(&f->config, &look, &left, &f->status));
    assert_int_equal(left, usual + 2);
    const struct move_verify_options both = {.repair = true, .contents = true};
    assert_works(f, move_verify(&f->config, &both, &left, &f->status));
    assert_int_equal(left, 3); /* and the bucket that cannot be asked */
    assert_int_equal(access(in_dir(f, "assets/live.jpg"), F_OK), 0);
    fixture_open_services(f);
    assert_string_equal(fixture_query(f, "SELECT COUNT(*) FROM attachment WHERE id IN (2, 8, 10)"), "3");
}

/* When none of the contents can be found, it is the storage that is wrong. */
static void rows_stay_when_the_storage_is_not_there(void **state)
{
    struct api_fixture *f = *state;
    uint64_t left = 0;
    fixture_close_services(f);
    assert_int_equal(rename(in_dir(f, "assets"), in_dir(f, "elsewhere")), 0);
    assert_works(f, move_verify(&f->config, &mend, &left, &f->status));
    assert_true(left >= 6);
    assert_int_equal(rename(in_dir(f, "elsewhere"), in_dir(f, "assets")), 0);
    fixture_open_services(f);
    assert_string_equal(fixture_query(f, "SELECT COUNT(*) FROM attachment"), "10");
}

/* Commands that read, or repair, make nothing. */
static void nothing_is_made(void **state)
{
    struct api_fixture *f = *state;
    uint64_t left = 0;
    struct config other = f->config;
    other.data_dir = in_dir(f, "absent");
    assert_int_not_equal(move_verify(&other, &mend, &left, &f->status), STATUS_OK);
    assert_int_not_equal(move_backup(&other, in_dir(f, "x.tar.zst"), &f->status), STATUS_OK);
    assert_int_equal(mkdir(other.data_dir, 0700), 0);
    assert_int_not_equal(move_verify(&other, &mend, &left, &f->status), STATUS_OK);
    assert_int_equal(rmdir(other.data_dir), 0); /* it is empty */
}

/* An unfinished copy is not served. */
static void unfinished_copies_are_refused(void **state)
{
    struct api_fixture *f = *state;
    uint64_t left = 0;
    fixture_sql(f, "INSERT INTO system_setting VALUES ('MEMORA_UNFINISHED_COPY', '{}', '')");
    assert_fails(f, store_move_check_complete(f->db, &f->status), STATUS_FAILED_PRECONDITION,
                 "a copy or restore into this database was not finished; run the same command again");
    assert_int_equal(move_backup(&f->config, in_dir(f, "x.tar.zst"), &f->status), STATUS_FAILED_PRECONDITION);
    assert_int_equal(move_verify(&f->config, &look, &left, &f->status), STATUS_FAILED_PRECONDITION);
    assert_int_equal(access(in_dir(f, "x.tar.zst"), F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_read_as_written),
        cmocka_unit_test(bad_rows_are_refused),
        cmocka_unit_test(sums_do_not_see_blanks_and_order),
        cmocka_unit_test(hostile_archives_are_refused),
        cmocka_unit_test_setup_teardown(a_backup_needs_no_links, recorded, fixture_close),
        cmocka_unit_test_setup_teardown(damaged_backups_are_refused, recorded, fixture_close),
        cmocka_unit_test_setup_teardown(faults_are_found_and_repaired, recorded, fixture_close),
        cmocka_unit_test_setup_teardown(damaged_contents_are_told, recorded, fixture_close),
        cmocka_unit_test_setup_teardown(rows_stay_when_the_storage_is_not_there, recorded, fixture_close),
        cmocka_unit_test_setup_teardown(nothing_is_made, recorded, fixture_close),
        cmocka_unit_test_setup_teardown(unfinished_copies_are_refused, recorded, fixture_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
