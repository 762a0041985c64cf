/* Thumbnails and stripped metadata, made by memora-media in a process of its own. */
#include "media_fixture.h"

static void jpeg_size(const char *data, size_t length, unsigned *width, unsigned *height)
{
    const unsigned char *jpeg = (const unsigned char *)data;
    assert_true(length > 4 && jpeg[0] == 0xff && jpeg[1] == 0xd8);
    for (size_t at = 2; at + 9 < length; at += 2 + ((size_t)jpeg[at + 2] << 8 | jpeg[at + 3])) {
        assert_int_equal(jpeg[at], 0xff);
        if (jpeg[at + 1] >= 0xc0 && jpeg[at + 1] <= 0xc2) {
            *height = (unsigned)jpeg[at + 5] << 8 | jpeg[at + 6];
            *width = (unsigned)jpeg[at + 7] << 8 | jpeg[at + 8];
            return;
        }
    }
    fail_msg("no frame in the JPEG");
}

/* A JPEG of that size with the orientation and a mark that stands for a place in its Exif part. */
static struct bytes make_jpeg(struct fixture *f, struct media *media, uint32_t width, uint32_t height,
                              unsigned char orientation)
{
    struct bytes png = make_png(f->arena, width, height, height);
    struct buf plain = buf_in(f->arena), out = buf_in(f->arena);
    struct status status = {0};
    const unsigned char exif[] = {0xff, 0xe1,        0, 40, 'E', 'x', 'i',  'f',  0,   0,   'M', 'M', 0,   42,
                                  0,    0,           0, 8,  0,   1,   0x01, 0x12, 0,   3,   0,   0,   0,   1,
                                  0,    orientation, 0, 0,  0,   0,   0,    0,    'P', 'L', 'A', 'C', 'E', '!'};
    if (run(media, MEDIA_STRIP, &png, &plain, &status))
        fail_msg("%s", status.message);
    buf_add(&out, plain.data, 2);
    buf_add(&out, exif, sizeof exif);
    buf_add(&out, plain.data + 2, plain.len - 2);
    return (struct bytes){(const unsigned char *)out.data, out.len};
}

static void test_thumbnail_sizes(void **state)
{
    struct fixture *f = *state;
    static const unsigned cases[][4] = {
        {1200, 800, 600, 400}, {500, 1300, 231, 600}, {300, 200, 300, 200}, {1, 1, 1, 1}};
    struct media *media = open_media(HELPER);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes png = make_png(f->arena, cases[i][0], cases[i][1], cases[i][1]);
        struct buf out = buf_in(f->arena);
        struct status status = {0};
        unsigned width = 0, height = 0;
        if (run(media, MEDIA_THUMBNAIL, &png, &out, &status))
            fail_msg("%s", status.message);
        jpeg_size(out.data, out.len, &width, &height);
        assert_int_equal(width, cases[i][2]);
        assert_int_equal(height, cases[i][3]);
    }
    media_destroy(media);
    no_child_is_left();
}

static void test_orientations(void **state)
{
    struct fixture *f = *state;
    struct media *media = open_media(HELPER);
    for (unsigned char orientation = 1; orientation <= 8; orientation++) {
        struct bytes jpeg = make_jpeg(f, media, 30, 20, orientation);
        static const enum media_job jobs[] = {MEDIA_STRIP, MEDIA_THUMBNAIL};
        for (unsigned i = 0; i < 2; i++) {
            struct buf out = buf_in(f->arena);
            struct status status = {0};
            unsigned width = 0, height = 0;
            if (run(media, jobs[i], &jpeg, &out, &status))
                fail_msg("%s", status.message);
            jpeg_size(out.data, out.len, &width, &height);
            assert_int_equal(width, orientation < 5 ? 30 : 20);
            assert_int_equal(height, orientation < 5 ? 20 : 30);
            assert_null(memmem(out.data, out.len, "Exif", 4));
            assert_null(memmem(out.data, out.len, "PLACE!", 6));
        }
    }
    media_destroy(media);
}

static void test_what_cannot_be_decoded(void **state)
{
    struct fixture *f = *state;
    struct media *media = open_media(HELPER), *none = open_media(""), *missing = open_media("/nowhere/at-all");
    struct bytes bomb = make_png(f->arena, 50000, 50000, 1), text = {(const unsigned char *)"notjpeg", 7};
    struct bytes cut = make_png(f->arena, 800, 600, 600);
    struct bytes empty = {(const unsigned char *)"", 0};
    cut.length /= 2;
    struct bytes *const bad[] = {&bomb, &text, &cut, &empty};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct buf out = buf_in(f->arena);
        assert_int_equal(run(media, MEDIA_STRIP, bad[i], &out, NULL), STATUS_INVALID_ARGUMENT);
        assert_int_equal(out.len, 0);
    }
    struct buf out = buf_in(f->arena);
    assert_int_equal(run(none, MEDIA_STRIP, &text, &out, NULL), STATUS_FAILED_PRECONDITION);
    assert_int_equal(run(missing, MEDIA_STRIP, &text, &out, NULL), STATUS_FAILED_PRECONDITION);
    media_destroy(media);
    media_destroy(none);
    media_destroy(missing);
    no_child_is_left();
}

static void test_upload_is_stripped(void **state)
{
    struct fixture *f = *state;
    struct media *media = open_media(HELPER);
    size_t length;
    unsigned width = 0, height = 0;
    use_helper(f, HELPER);
    struct store_attachment turned = upload(f, "turned", "e.jpg", make_jpeg(f, media, 300, 200, 6));
    char *stored = read_attachment(f, &turned, &length);
    jpeg_size(stored, length, &width, &height);
    assert_int_equal(width, 200);
    assert_int_equal(height, 300);
    assert_int_equal(turned.size, length);
    assert_null(memmem(stored, length, "PLACE!", 6));
    struct store_attachment bad = upload(f, "bad", "e.jpg", (struct bytes){(const unsigned char *)"notjpeg", 7});
    assert_string_equal(read_attachment(f, &bad, &length), "notjpeg");
    media_destroy(media);
}

/* A picture that lies in a spool, as large uploads do, becomes one in another; the first one is left as it is. */
static void test_spooled_upload_is_stripped(void **state)
{
    struct fixture *f = *state;
    struct media *media = open_media(HELPER);
    use_helper(f, HELPER);
    struct bytes jpeg = make_jpeg(f, media, 300, 200, 6);
    struct spool_list spools = {.area = spool_area_create(f->dir, jpeg.length + 4)};
    struct spool *spool;
    struct status status = {0};
    const char *mapped;
    unsigned width = 0, height = 0;
    assert_int_equal(spool_create(&spools, &spool, &status), STATUS_OK);
    assert_int_equal(spool_write(spool, jpeg.data, jpeg.length, &status), STATUS_OK);
    assert_int_equal(spool_write(spool, "more", 4, &status), STATUS_OK);
    assert_int_equal(spool_map(spool, &mapped, &status), STATUS_OK);
    struct store_attachment attachment = {
        .uid = "file", .type = "image/jpeg", .bytes = mapped, .bytes_length = jpeg.length, .spools = &spools};
    if (blob_strip(f->blob, f->arena, &attachment, &status))
        fail_msg("%s", status.message);
    assert_true(attachment.bytes != mapped);
    assert_int_equal(attachment.size, attachment.bytes_length);
    jpeg_size(attachment.bytes, attachment.bytes_length, &width, &height);
    assert_int_equal(width, 200);
    assert_int_equal(height, 300);
    assert_null(memmem(attachment.bytes, attachment.bytes_length, "PLACE!", 6));
    assert_memory_equal(mapped, jpeg.data, jpeg.length);
    spool_list_close(&spools);
    spool_area_destroy(spools.area);
    media_destroy(media);
}

static void test_thumbnail_is_kept(void **state)
{
    struct fixture *f = *state;
    char path[160];
    use_helper(f, HELPER);
    set_storage(f, "{\"storageType\":\"DATABASE\"}");
    struct store_attachment picture = upload(f, "pic", "e.png", make_png(f->arena, 1200, 800, 800));
    struct buf first = buf_in(f->arena), second = buf_in(f->arena);
    struct status status = {0};
    snprintf(path, sizeof path, "%s/.thumbnail_cache/pic.v2.jpeg", f->data);
    if (thumbnail_get(f->blob, f->store, f->arena, &picture, &first, &status))
        fail_msg("%s", status.message);
    assert_int_equal(access(path, R_OK), 0);
    write_file(path, "cached");
    assert_int_equal(thumbnail_get(f->blob, f->store, f->arena, &picture, &second, &status), STATUS_OK);
    assert_string_equal(buf_str(&second), "cached");
    /* One that is older is of another attachment that had this uid. */
    const struct timespec times[] = {{picture.created_ts - 1, 0}, {picture.created_ts - 1, 0}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    second.len = 0;
    assert_int_equal(thumbnail_get(f->blob, f->store, f->arena, &picture, &second, &status), STATUS_OK);
    assert_int_equal(second.len, first.len);
    assert_memory_equal(second.data, first.data, first.len);
    assert_int_equal(blob_remove(f->blob, f->arena, &picture, &status), STATUS_OK);
    assert_int_equal(access(path, R_OK), -1);
}

static void test_wide_colours_have_none(void **state)
{
    struct fixture *f = *state;
    use_helper(f, HELPER);
    struct bytes png = make_png(f->arena, 30, 20, 20);
    struct buf marked = buf_in(f->arena), out = buf_in(f->arena);
    buf_add(&marked, png.data, png.length);
    buf_add_str(&marked, "Display P3");
    struct store_attachment picture =
        upload(f, "wide", "e.png", (struct bytes){(const unsigned char *)marked.data, marked.len});
    for (int i = 0; i < 2; i++)
        assert_int_not_equal(thumbnail_get(f->blob, f->store, f->arena, &picture, &out, NULL), STATUS_OK);
    assert_int_equal(count_files(f), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_thumbnail_sizes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_orientations, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_decoded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_upload_is_stripped, setup, teardown),
        cmocka_unit_test_setup_teardown(test_spooled_upload_is_stripped, setup, teardown),
        cmocka_unit_test_setup_teardown(test_thumbnail_is_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wide_colours_have_none, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
