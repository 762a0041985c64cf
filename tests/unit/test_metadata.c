/* Taking metadata out of files, byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "metadata_cases.h"

#define TIFF_6 "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
#define TIFF_6_LITTLE "II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
#define JPEG_START "\xff\xd8\xff\xe0\0\x07JFIF\0"
#define JPEG_REST "\xff\xdb\0\x03q\xff\xda\0\x03s\xff\0data\xff\xd3more\xff\xd9"
#define JPEG_EXIF_6                                                                                                    \
    "\xff\xe1\0\x22"                                                                                                   \
    "Exif\0\0" TIFF_6

static void test_jpeg(void **state)
{
    (void)state;
    EXPECT_SAME(JPEG_START JPEG_REST);
    EXPECT(JPEG_START "\xff\xe1\0\x0a"
                      "Exif\0\0??"
                      "\xff\xed\0\x06IPTC"
                      "\xff\xfe\0\x05hey" JPEG_REST,
           JPEG_START JPEG_REST, 1);
    EXPECT(JPEG_START JPEG_EXIF_6 "\xff\xe1\0\x06XMP!" JPEG_REST, JPEG_START JPEG_EXIF_6 JPEG_REST, 6);
    EXPECT(JPEG_START "\xff\xe1\0\x22"
                      "Exif\0\0" TIFF_6_LITTLE JPEG_REST,
           JPEG_START JPEG_EXIF_6 JPEG_REST, 6);
    /* The first one counts. */
    EXPECT(JPEG_START "\xff\xe1\0\x0a"
                      "Exif\0\0??" JPEG_EXIF_6 JPEG_REST,
           JPEG_START JPEG_REST, 1);
    /* Profiles and Adobe's colours stay; other profiles of applications don't. */
    EXPECT_SAME(JPEG_START "\xff\xe2\0\x10ICC_PROFILE\0\1\1"
                           "\xff\xee\0\x0e"
                           "Adobe\0\0\0\0\0\0\1" JPEG_REST);
    EXPECT(JPEG_START "\xff\xe2\0\x06MPF\0"
                      "\xff\xe0\0\x07JFXX\0" JPEG_REST,
           JPEG_START JPEG_REST, 1);
    /* What lies behind the end, such as another picture with its own place. */
    EXPECT(JPEG_START JPEG_REST JPEG_START JPEG_EXIF_6 JPEG_REST, JPEG_START JPEG_REST, 1);
    /* Fill bytes go with the segment; a segment between scans is found. */
    EXPECT(JPEG_START "\xff\xff\xff\xfe\0\x05hey" JPEG_REST, JPEG_START JPEG_REST, 1);
    EXPECT(JPEG_START "\xff\xda\0\x03s-\xff\xfe\0\x05hey" JPEG_REST, JPEG_START "\xff\xda\0\x03s-" JPEG_REST, 1);
    /* Cut off within the pixels. */
    EXPECT(JPEG_START JPEG_EXIF_6 "\xff\xda\0\x03s-----", JPEG_START JPEG_EXIF_6 "\xff\xda\0\x03s-----", 6);
    EXPECT_NONE(JPEG_START JPEG_EXIF_6);
    EXPECT_NONE(JPEG_START "\xff\xe1\0\x01" JPEG_REST);
    EXPECT_NONE(JPEG_START "\xff\xe1\xff\xff" JPEG_REST);
    EXPECT_NONE(JPEG_START JPEG_START JPEG_REST);
    EXPECT_NONE("\xff\xd8\xff\xd9");
    EXPECT_NONE("notjpeg");
    EXPECT_NONE("");
}

static void test_orientations(void **state)
{
    (void)state;
    char text[] = JPEG_START JPEG_EXIF_6 JPEG_REST;
    size_t at = sizeof JPEG_START JPEG_EXIF_6 - 1 - 7, length = 0;
    unsigned orientation = 0;
    for (int value = 0; value < 12; value++) {
        text[at] = (char)value;
        assert_non_null(strip(text, sizeof text - 1, &length, &orientation));
        bool turned = value >= 2 && value <= 8;
        assert_int_equal(orientation, turned ? value : 1);
        assert_int_equal(length, sizeof text - 1 - (turned ? 0 : sizeof JPEG_EXIF_6 - 1));
    }
}

#define PNG_START "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR0123456789abcCRC!"
#define PNG_REST "\0\0\0\x04IDATdataCRC!\0\0\0\0IENDCRC!"
#define PNG_EXIF_6                                                                                                     \
    "\0\0\0\x1a"                                                                                                       \
    "eXIf" TIFF_6 "\xba\x57\xed\xd9"

static void test_png(void **state)
{
    (void)state;
    EXPECT_SAME(PNG_START PNG_REST);
    EXPECT_SAME(PNG_START "\0\0\0\x0atEXtTitle\0textCRC!" PNG_REST);
    EXPECT(PNG_START "\0\0\0\x10tEXtGPSLatitude\0textCRC!" PNG_REST, PNG_START PNG_REST, 1);
    EXPECT(PNG_START "\0\0\0\x16zTXtXML:com.adobe.xmp\0textCRC!" PNG_REST, PNG_START PNG_REST, 1);
    EXPECT(PNG_START "\0\0\0\x15iTXtRaw profile type exifCRC!" PNG_REST "behind", PNG_START PNG_REST "behind", 1);
    EXPECT(PNG_START "\0\0\0\x04"
                     "eXIf????CRC!" PNG_REST,
           PNG_START PNG_REST, 1);
    EXPECT(PNG_START PNG_REST "\0\0\0\x04"
                              "eXIf????CRC!",
           PNG_START PNG_REST "\0\0\0\x04"
                              "eXIf????CRC!",
           1);
    EXPECT_SAME(PNG_START "\0\0\0\0tEXtCRC!" PNG_REST);
    EXPECT_SAME(PNG_START "\xff\xff\xff\xfftEXtGPS");
    EXPECT(PNG_START "\0\0\0\x03tEXtGPSCRC!\0\0\1\0IDATcut", PNG_START "\0\0\1\0IDATcut", 1);
    size_t length = 0;
    unsigned orientation = 0;
    static const char turned[] = PNG_START "\0\0\0\x1a"
                                           "eXIf" TIFF_6_LITTLE "CRC!" PNG_REST;
    const char *out = strip(turned, sizeof turned - 1, &length, &orientation);
    assert_int_equal(orientation, 6);
    assert_int_equal(length, sizeof turned - 1);
    assert_memory_equal(out + sizeof PNG_START - 1 + 8, TIFF_6, sizeof TIFF_6 - 1);
}

#define WEBP_PIXELS "VP8 \x05\0\0\0pixel\0"

static void test_webp(void **state)
{
    (void)state;
    EXPECT_SAME("RIFF\x12\0\0\0WEBP" WEBP_PIXELS);
    EXPECT_SAME("RIFF\x24\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0"
                "123456" WEBP_PIXELS);
    EXPECT("RIFF\x3c\0\0\0WEBPVP8X\x0a\0\0\0\x1c\0\0\0"
           "123456" WEBP_PIXELS "EXIF\x04\0\0\0????"
           "XMP \x03\0\0\0xmp\0",
           "RIFF\x24\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0"
           "123456" WEBP_PIXELS,
           1);
    /* Flags without the parts; a part without flags. */
    EXPECT("RIFF\x24\0\0\0WEBPVP8X\x0a\0\0\0\x0c\0\0\0"
           "123456" WEBP_PIXELS,
           "RIFF\x24\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0"
           "123456" WEBP_PIXELS,
           1);
    EXPECT("RIFF\x1d\0\0\0WEBP" WEBP_PIXELS "EXIF\x03\0\0\0???", "RIFF\x12\0\0\0WEBP" WEBP_PIXELS, 1);
    EXPECT("RIFF\x58\0\0\0WEBPVP8X\x0a\0\0\0\x08\0\0\0"
           "123456" WEBP_PIXELS "EXIF\x2b\0\0\0Exif\0\0" TIFF_6_LITTLE "here I am!!\0",
           "RIFF\x46\0\0\0WEBPVP8X\x0a\0\0\0\x08\0\0\0"
           "123456" WEBP_PIXELS "EXIF\x1a\0\0\0" TIFF_6,
           6);
    EXPECT_NONE("RIFF\x13\0\0\0WEBP" WEBP_PIXELS);
    EXPECT_NONE("RIFF\x03\0\0\0WEBP" WEBP_PIXELS);
    EXPECT_SAME("RIFF\x12\0\0\0WEBPEXIF\xff\xff\xff\xffpixel\0");
}

#define GIF_START                                                                                                      \
    "GIF89a\1\0\1\0\x80\0\0"                                                                                           \
    "rgbRGB"
#define GIF_IMAGE ",\0\0\0\0\1\0\1\0\0\2\2DL\0"

static void test_gif(void **state)
{
    (void)state;
    EXPECT_SAME(GIF_START GIF_IMAGE ";");
    EXPECT_SAME(GIF_START "!\xff\x0bNETSCAPE2.0\3\1\0\0\0"
                          "!\xfe\3hey\0" GIF_IMAGE GIF_IMAGE ";");
    EXPECT(GIF_START "!\xff\x0bXMP DataXMP\5place\0" GIF_IMAGE ";behind", GIF_START GIF_IMAGE ";behind", 1);
    EXPECT(GIF_START GIF_IMAGE "!\xff\x0bXMP DataXMP\5place\0" GIF_IMAGE, GIF_START GIF_IMAGE GIF_IMAGE, 1);
    EXPECT_SAME(GIF_START "!\xff\x0bXMP DataXMP\5pl");
    EXPECT_SAME(GIF_START "?!\xff\x0bXMP DataXMP\5place\0");
    EXPECT_NONE("GIF89a\1\0");
}

static void put(struct buf *out, uint64_t value, unsigned length)
{
    while (length-- > 0)
        buf_add_char(out, (char)(value >> 8 * length));
}

static void put_box(struct buf *out, const char *type, const struct buf *inside)
{
    put(out, inside->len + 8, 4);
    buf_add(out, type, 4);
    buf_add(out, inside->data, inside->len);
}

struct place {
    uint64_t at, length;
};

/* What may be wrong with a picture, or unusual. */
struct shape {
    unsigned version;       /* of iloc */
    unsigned method;        /* of where Exif and XMP lie: 1 = in idat */
    struct place exif, xmp; /* where iloc says they are; 0 = where they are */
    bool no_places, twice;  /* no iloc; the Exif part has another extent */
};

static void put_info(struct buf *meta)
{
    static const char *const entries[] = {"\2\0\0\0\0\1\0\0hvc1", "\2\0\0\0\0\2\0\0Exif", "\2\0\0\0\0\3\0\0mime"};
    struct buf info = buf_in(arena);
    put(&info, 0, 4);
    put(&info, 3, 2);
    for (size_t i = 0; i < 3; i++) {
        struct buf entry = buf_in(arena);
        buf_add(&entry, entries[i], 12);
        buf_add(&entry, "\0application/rdf+xml", i == 2 ? 21 : 1);
        put_box(&info, "infe", &entry);
    }
    put_box(meta, "iinf", &info);
}

static void put_places(struct buf *meta, const struct shape *shape, const struct place places[3])
{
    struct buf all = buf_in(arena);
    put(&all, (uint64_t)shape->version << 24, 4);
    put(&all, 0x4400, 2);
    put(&all, 3, shape->version < 2 ? 2 : 4);
    for (unsigned i = 0; i < 3; i++) {
        unsigned count = i == 1 && shape->twice ? 2 : 1;
        put(&all, i + 1, shape->version < 2 ? 2 : 4);
        if (shape->version > 0)
            put(&all, i == 0 ? 0 : shape->method, 2);
        put(&all, 0, 2);
        put(&all, count, 2);
        while (count-- > 0) {
            put(&all, places[i].at, 4);
            put(&all, places[i].length, 4);
        }
    }
    put_box(meta, "iloc", &all);
}

#define PIXELS "pixels"
#define TOLD_EXIF "\0\0\0\0" TIFF_6_LITTLE "here, I am"
#define TOLD_XMP "<x:xmpmeta>somewhere in 52 N 13 E</x:xmpmeta>"
#define LEFT_EXIF "\0\0\0\0" TIFF_6 "\0\0\0\0\0\0\0\0\0\0"
#define LEFT_XMP "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"/>        "

static struct place or_else(struct place wanted, uint64_t at, uint64_t length)
{
    return wanted.length ? wanted : (struct place){at, length};
}

/* A picture with the Exif part and the XMP. Where they lie is known when the size of the rest is. */
static struct buf make_heif(const struct shape *shape, const char *exif, const char *xmp)
{
    const size_t exif_length = sizeof TOLD_EXIF - 1, xmp_length = sizeof TOLD_XMP - 1;
    struct buf out = buf_in(arena);
    uint64_t data_at = 0;
    for (int round = 0; round < 2; round++) {
        uint64_t at = shape->method ? 0 : data_at;
        const struct place places[] = {{data_at, 6},
                                       or_else(shape->exif, at + (shape->method ? 0 : 6), exif_length),
                                       or_else(shape->xmp, at + (shape->method ? 0 : 6) + exif_length, xmp_length)};
        struct buf brands = buf_in(arena), meta = buf_in(arena), told = buf_in(arena), data = buf_in(arena);
        out.len = 0;
        buf_add(&brands, "heic\0\0\0\0mif1", 12);
        put_box(&out, "ftyp", &brands);
        put(&meta, 0, 4);
        put_info(&meta);
        if (!shape->no_places)
            put_places(&meta, shape, places);
        buf_add(&told, exif, exif_length);
        buf_add(&told, xmp, xmp_length);
        if (shape->method)
            put_box(&meta, "idat", &told);
        put_box(&out, "meta", &meta);
        data_at = out.len + 8;
        buf_add(&data, PIXELS, 6);
        if (!shape->method)
            buf_add(&data, told.data, told.len);
        put_box(&out, "mdat", &data);
    }
    return out;
}

static void test_heif(void **state)
{
    (void)state;
    const struct shape shapes[] = {{.version = 0}, {.version = 1}, {.version = 2}, {.version = 1, .method = 1}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct buf told = make_heif(&shapes[i], TOLD_EXIF, TOLD_XMP), left = make_heif(&shapes[i], LEFT_EXIF, LEFT_XMP);
        expect(told.data, told.len, left.data, left.len, 1);
        for (size_t cut = 0; cut < told.len; cut++) /* whatever becomes of it, nothing is read that is not there */
            (void)strip(memcpy(arena_alloc(arena, cut + 1), told.data, cut), cut, &(size_t){0}, &(unsigned){0});
    }
}

static void test_broken_heif(void **state)
{
    (void)state;
    const struct shape shapes[] = {
        {.exif = {UINT32_MAX, 4}},
        {.exif = {4, UINT32_MAX}},
        {.exif = {30, 20}}, /* in the box that tells where it is */
        {.xmp = {30, 20}},
        {.xmp = {280, 40}}, /* where others are, too */
        {.twice = true},
        {.version = 3},
        {.version = 1, .method = 2},
        {.version = 1, .method = 1, .xmp = {0, 1000}},
        {.no_places = true},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct buf told = make_heif(&shapes[i], TOLD_EXIF, TOLD_XMP);
        size_t length = 0;
        unsigned orientation;
        const char *out = strip(told.data, told.len, &length, &orientation);
        if (shapes[i].method == 2) /* made of other items: nothing of its own */
            assert_memory_equal(out, told.data, told.len);
        else
            assert_null(out);
    }
    EXPECT_NONE("\0\0\0\x14"
                "ftypisom\0\0\0\0mp42");
    EXPECT_NONE("\0\0\0\x14"
                "ftypheic\0\0\0\0mif1");
}

static void test_failures(void **state)
{
    (void)state;
    static const char text[] = JPEG_START JPEG_EXIF_6 JPEG_REST;
    struct metadata_edits *edits = arena_alloc(arena, sizeof *edits);
    struct buf out = buf_in(arena);
    const struct media_sink sink = media_sink_to(&out);
    for (uint64_t at = 1; at < sizeof text - 1; at++) {
        struct bytes bytes = {text, sizeof text - 1, at};
        const struct media_source source = {read_bytes, &bytes, sizeof text - 1};
        if (metadata_find(arena, &source, edits)) /* it looks like one that is cut off there */
            assert_false(metadata_apply(&source, edits, &sink));
    }
}

static void test_too_many(void **state)
{
    (void)state;
    struct buf many = buf_in(arena);
    buf_add(&many, PNG_START, sizeof PNG_START - 1);
    for (int i = 0; i < METADATA_EDITS_MAX + 1; i++) {
        buf_add(&many, "\0\0\0\3tEXtgpsCRC!", 15);
        buf_add(&many, "\0\0\0\3tEXtabcCRC!", 15);
    }
    buf_add(&many, PNG_REST, sizeof PNG_REST - 1);
    expect_none(many.data, many.len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jpeg),        cmocka_unit_test(test_orientations), cmocka_unit_test(test_png),
        cmocka_unit_test(test_webp),        cmocka_unit_test(test_gif),          cmocka_unit_test(test_heif),
        cmocka_unit_test(test_broken_heif), cmocka_unit_test(test_failures),     cmocka_unit_test(test_too_many),
    };
    arena = arena_create();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_destroy(arena);
    return failed;
}
