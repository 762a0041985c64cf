/* Pictures of every kind (made by media-sample) through memora-media and without it: no metadata are left, and what is
 * to be seen stays what it was. */
#include "attachment_fixture.h"

#include <zlib.h>

#include "blob/media.h"
#include "blob/metadata.h"

#define HELPER MEMORA_TEST_PLUGIN_DIR "/../libexec/memora-media"
#define SAMPLE MEMORA_TEST_PLUGIN_DIR "/../tests/media-sample"
#define MARK "PLACE-MARK"

enum { LOSSY = 6 }; /* mean difference, of 255, that a picture may have that was made anew with some loss */

struct gallery {
    char dir[64], data[80], list[96];
    struct config config;
    struct blob *with, *without; /* the helper */
    struct media *media;
    struct arena *arena;
    FILE *pairs; /* what media-sample is to compare */
};

static struct blob *open_with(struct gallery *g, const char *helper)
{
    struct blob *blob = NULL;
    struct status status = {0};
    g->config.media_helper = helper;
    if (blob_open(load(MEMORA_KIND_STORAGE, "fs"), &g->config, &blob, &status))
        fail_msg("%s", status.message);
    return blob;
}

static int open_gallery(void **state)
{
    struct gallery *g = calloc(1, sizeof *g);
    snprintf(g->dir, sizeof g->dir, "/tmp/memora-media-XXXXXX");
    assert_non_null(mkdtemp(g->dir));
    snprintf(g->data, sizeof g->data, "%s/data", g->dir);
    snprintf(g->list, sizeof g->list, "%s/list", g->dir);
    assert_int_equal(mkdir(g->data, 0755), 0);
    run_shell("%s make %s", SAMPLE, g->dir);
    g->config = (struct config){.data_dir = g->data, .storage = {.name = "storage"}};
    g->with = open_with(g, HELPER);
    g->without = open_with(g, "");
    const struct media_limits limits = media_limits_default();
    g->media = media_create(HELPER, &limits);
    g->arena = arena_create();
    g->pairs = fopen(g->list, "we");
    assert_non_null(g->pairs);
    *state = g;
    return 0;
}

static int close_gallery(void **state)
{
    struct gallery *g = *state;
    arena_destroy(g->arena);
    media_destroy(g->media);
    blob_close(g->with);
    blob_close(g->without);
    if (g->pairs)
        fclose(g->pairs);
    run_shell("rm -rf '%s'", g->dir);
    free(g);
    return 0;
}

static struct buf read_picture(struct gallery *g, const char *name)
{
    struct buf bytes = buf_in(g->arena);
    int fd = open(arena_printf(g->arena, "%s/%s", g->dir, name), O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : 0;
    do
        bytes.len += (size_t)n, buf_reserve(&bytes, 65536);
    while (fd >= 0 && (n = read(fd, bytes.data + bytes.len, 65536)) > 0);
    if (fd >= 0)
        close(fd);
    else
        bytes.len = 0; /* media-sample cannot write that kind */
    return bytes;
}

static void write_picture(struct gallery *g, const char *name, const struct buf *bytes)
{
    int fd = open(arena_printf(g->arena, "%s/%s", g->dir, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes->data, bytes->len), (ssize_t)bytes->len);
    close(fd);
}

static const char *type_of(const char *name)
{
    static const char *const types[][2] = {{".jpg", "image/jpeg"},  {".webp", "image/webp"}, {".png", "image/png"},
                                           {".tif", "image/tiff"},  {".gif", "image/gif"},   {".heic", "image/heic"},
                                           {".avif", "image/avif"}, {".heif", "image/heif"}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(strrchr(name, '.'), types[i][0]) == 0)
            return types[i][1];
    fail_msg("no type of %s", name);
    return NULL;
}

static void expect_same(struct gallery *g, const char *one, const char *other, int most)
{
    fprintf(g->pairs, "%s/%s %s/%s %d\n", g->dir, one, g->dir, other, most);
}

static void compare_all(struct gallery *g)
{
    assert_int_equal(fclose(g->pairs), 0);
    g->pairs = NULL;
    run_shell("%s compare %s", SAMPLE, g->list);
}

/* The upload of the picture, as it is kept. */
static struct buf stripped(struct gallery *g, struct blob *blob, const char *name, const struct buf *bytes)
{
    struct status status = {0};
    struct store_attachment attachment = {
        .uid = name, .type = type_of(name), .bytes = (const void *)bytes->data, .bytes_length = bytes->len};
    if (blob_strip(blob, g->arena, &attachment, &status))
        fail_msg("%s: %s", name, status.message);
    if (attachment.bytes == (const void *)bytes->data)
        fail_msg("%s was not stripped", name);
    assert_int_equal(attachment.size, attachment.bytes_length);
    return (struct buf){.arena = g->arena, .data = (char *)attachment.bytes, .len = attachment.bytes_length};
}

static bool is_there(const struct buf *bytes, const char *text)
{
    return memmem(bytes->data, bytes->len, text, strlen(text)) != NULL;
}

static void expect_no_metadata(const char *name, const struct buf *bytes)
{
    static const char *const signs[] = {MARK, "GPSLatitude", "adobe.xmp", "Photoshop", "XMP Data"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (is_there(bytes, signs[i]))
            fail_msg("%s still has %s", name, signs[i]);
}

/* Kept without metadata, with the helper (if it differs by that much) and without it. */
static void check_picture(struct gallery *g, const char *name, int most, bool alone)
{
    const char *made = arena_printf(g->arena, "made-%s", name), *cleaned = arena_printf(g->arena, "clean-%s", name);
    struct buf bytes = read_picture(g, name);
    if (bytes.len == 0)
        return;
    struct buf kept = stripped(g, g->with, name, &bytes);
    expect_no_metadata(name, &kept);
    write_picture(g, made, &kept);
    expect_same(g, name, made, most);
    if (!alone)
        return;
    kept = stripped(g, g->without, name, &bytes);
    expect_no_metadata(name, &kept);
    write_picture(g, cleaned, &kept);
    expect_same(g, name, cleaned, 0);
}

static void test_every_orientation(void **state)
{
    struct gallery *g = *state;
    for (int orientation = 1; orientation <= 8; orientation++) {
        check_picture(g, arena_printf(g->arena, "jpeg-%d.jpg", orientation), LOSSY, true);
        check_picture(g, arena_printf(g->arena, "webp-%d.webp", orientation), LOSSY, true);
        check_picture(g, arena_printf(g->arena, "lossless-%d.webp", orientation), 0, true);
        check_picture(g, arena_printf(g->arena, "tiff-%d.tif", orientation), LOSSY, false);
    }
    compare_all(g);
}

static void test_every_kind(void **state)
{
    struct gallery *g = *state;
    static const struct {
        const char *name;
        int most;
    } kinds[] = {
        {"cmyk.jpg", 2 * LOSSY}, {"grey.jpg", LOSSY},   {"wide.jpg", LOSSY}, {"progressive.jpg", LOSSY},
        {"deep.png", 0},         {"grey-alpha.png", 0}, {"alpha.webp", 0},   {"moving.webp", 0},
        {"still.heic", 0},       {"still.avif", 0},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        check_picture(g, kinds[i].name, kinds[i].most, true);
    compare_all(g);
}

static void add_u32(struct buf *out, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_add_char(out, (char)(value >> shift));
}

static void add_chunk(struct buf *out, const char *type, const void *data, size_t length)
{
    add_u32(out, (uint32_t)length);
    size_t start = out->len;
    buf_add(out, type, 4);
    buf_add(out, data, length);
    add_u32(out, (uint32_t)crc32(0, (const unsigned char *)out->data + start, (uInt)(out->len - start)));
}

#define ADD_TEXT(out, type, text) add_chunk(out, type, text, sizeof text - 1)

/* The PNG with chunks behind its head that tell a place, and one that tells a title. */
static struct buf add_chunks(struct gallery *g, const struct buf *png, unsigned char orientation)
{
    enum { HEAD = 33 };
    const unsigned char exif[] = {'I', 'I', 42,  0,   8,   0,   0,           0,   1,   0,   0x12, 0x01,
                                  3,   0,   1,   0,   0,   0,   orientation, 0,   0,   0,   0,    0,
                                  0,   0,   'P', 'L', 'A', 'C', 'E',         '-', 'M', 'A', 'R',  'K'};
    struct buf out = buf_in(g->arena);
    buf_add(&out, png->data, HEAD);
    add_chunk(&out, "eXIf", exif, sizeof exif);
    ADD_TEXT(&out, "tEXt", "exif:GPSLatitude\0" MARK);
    ADD_TEXT(&out, "tEXt", "Raw profile type APP1\0" MARK);
    ADD_TEXT(&out, "iTXt", "XML:com.adobe.xmp\0\0\0\0\0" MARK);
    ADD_TEXT(&out, "tEXt", "Location\0" MARK);
    ADD_TEXT(&out, "tEXt", "Title\0A title");
    buf_add(&out, png->data + HEAD, png->len - HEAD);
    return out;
}

static void test_png_texts(void **state)
{
    struct gallery *g = *state;
    struct buf plain = read_picture(g, "png-1.png");
    for (unsigned char orientation = 1; orientation <= 8; orientation++) {
        const char *name = arena_printf(g->arena, "texts-%d.png", orientation);
        struct buf told = add_chunks(g, &plain, orientation);
        assert_true(is_there(&told, MARK));
        write_picture(g, name, &told);
        check_picture(g, name, 0, true);
        struct buf kept = stripped(g, g->without, name, &told);
        assert_true(is_there(&kept, "Title\0A title"));
        assert_int_equal(is_there(&kept, "eXIf"), orientation != 1);
    }
    compare_all(g);
}

static void test_gif_xmp(void **state)
{
    static const char xmp[] = "\x21\xff\x0bXMP DataXMP<x:xmpmeta>" MARK "</x:xmpmeta>\x01";
    struct gallery *g = *state;
    struct buf gif = read_picture(g, "moving.gif"), told = buf_in(g->arena);
    if (gif.len == 0)
        return;
    size_t head = 13 + ((unsigned char)gif.data[10] & 0x80 ? (size_t)3 << ((gif.data[10] & 7) + 1) : 0);
    buf_add(&told, gif.data, head);
    buf_add(&told, xmp, sizeof xmp - 1);
    for (int i = 255; i >= 0; i--)
        buf_add_char(&told, (char)i); /* wherever one enters, sub-blocks end at the 0 */
    buf_add_char(&told, 0);
    buf_add(&told, gif.data + head, gif.len - head);
    write_picture(g, "told.gif", &told);
    check_picture(g, "told.gif", 0, true);
    struct buf kept = stripped(g, g->with, "told.gif", &told);
    assert_int_equal(kept.len, gif.len);
    assert_memory_equal(kept.data, gif.data, gif.len);
    compare_all(g);
}

static int64_t read_buf(void *ctx, uint64_t pos, void *out, size_t cap)
{
    const struct buf *bytes = ctx;
    size_t left = pos < bytes->len ? bytes->len - (size_t)pos : 0, n = left < cap ? left : cap;
    memcpy(out, bytes->data + pos, n);
    return (int64_t)n;
}

static void check_thumbnail(struct gallery *g, const char *name, int most)
{
    struct buf bytes = read_picture(g, name), made = buf_in(g->arena);
    const char *thumbnail = arena_printf(g->arena, "thumbnail-%s.jpg", name);
    const struct media_source picture = {read_buf, &bytes, bytes.len};
    const struct media_sink sink = media_sink_to(&made);
    struct status status = {0};
    if (bytes.len == 0)
        return;
    if (media_run(g->media, MEDIA_THUMBNAIL, &picture, &sink, &status))
        fail_msg("%s: %s", name, status.message);
    expect_no_metadata(name, &made);
    write_picture(g, thumbnail, &made);
    expect_same(g, name, thumbnail, most);
}

static void test_thumbnails_are_upright(void **state)
{
    struct gallery *g = *state;
    static const char *const kinds[] = {"cmyk.jpg",       "grey.jpg",   "wide.jpg",   "progressive.jpg", "deep.png",
                                        "grey-alpha.png", "alpha.webp", "still.heic", "still.avif"};
    struct buf plain = read_picture(g, "png-1.png");
    for (unsigned char orientation = 1; orientation <= 8; orientation++) {
        const char *png = arena_printf(g->arena, "turned-%d.png", orientation);
        struct buf turned = add_chunks(g, &plain, orientation);
        write_picture(g, png, &turned);
        check_thumbnail(g, png, LOSSY);
        check_thumbnail(g, arena_printf(g->arena, "jpeg-%d.jpg", orientation), LOSSY);
        check_thumbnail(g, arena_printf(g->arena, "webp-%d.webp", orientation), LOSSY);
        check_thumbnail(g, arena_printf(g->arena, "tiff-%d.tif", orientation), LOSSY);
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        check_thumbnail(g, kinds[i], 2 * LOSSY);
    compare_all(g);
}

/* Too large to be made anew, but not for a thumbnail. */
static void test_large(void **state)
{
    struct gallery *g = *state;
    struct buf bytes = read_picture(g, "large.jpg"), made = buf_in(g->arena);
    const struct media_source picture = {read_buf, &bytes, bytes.len};
    const struct media_sink sink = media_sink_to(&made);
    assert_int_equal(media_run(g->media, MEDIA_STRIP, &picture, &sink, NULL), STATUS_INVALID_ARGUMENT);
    made.len = 0;
    assert_int_equal(media_run(g->media, MEDIA_THUMBNAIL, &picture, &sink, NULL), STATUS_OK);
    struct buf kept = stripped(g, g->with, "large.jpg", &bytes), alone = stripped(g, g->without, "large.jpg", &bytes);
    expect_no_metadata("large.jpg", &kept);
    assert_int_equal(kept.len, alone.len);
    assert_memory_equal(kept.data, alone.data, kept.len);
    assert_true(kept.len > bytes.len - 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_orientation, open_gallery, close_gallery),
        cmocka_unit_test_setup_teardown(test_every_kind, open_gallery, close_gallery),
        cmocka_unit_test_setup_teardown(test_png_texts, open_gallery, close_gallery),
        cmocka_unit_test_setup_teardown(test_gif_xmp, open_gallery, close_gallery),
        cmocka_unit_test_setup_teardown(test_thumbnails_are_upright, open_gallery, close_gallery),
        cmocka_unit_test_setup_teardown(test_large, open_gallery, close_gallery),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
