/* Finding the video that Android cameras put behind a JPEG. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blob/motion.h"

struct image {
    unsigned char *bytes;
    size_t size;
    uint64_t fail_at; /* reads beyond it fail */
};

static int64_t read_image(void *ctx, uint64_t pos, void *out, size_t cap)
{
    const struct image *image = ctx;
    if (pos + cap > image->fail_at)
        return -1;
    size_t n = image->size - (size_t)pos < cap ? image->size - (size_t)pos : cap;
    n = n > 1000 ? 1000 : n; /* short reads are normal */
    memcpy(out, image->bytes + pos, n);
    return (int64_t)n;
}

/* A JPEG of size bytes with text behind its head. */
static struct image make(size_t size, const char *text)
{
    struct image image = {.bytes = calloc(1, size), .size = size, .fail_at = UINT64_MAX};
    assert_non_null(image.bytes);
    image.bytes[0] = 0xff;
    image.bytes[1] = 0xd8;
    memcpy(image.bytes + 4, text, strlen(text));
    return image;
}

static void put_video(struct image *image, size_t at)
{
    memcpy(image->bytes + at,
           "\x00\x00\x00\x18"
           "ftypmp42",
           12);
}

static bool find(struct image *image, struct motion_photo *photo)
{
    *photo = (struct motion_photo){UINT64_MAX, -1};
    return motion_find(read_image, image, image->size, photo);
}

static void expect_at(struct image image, uint64_t at, int64_t presentation_us)
{
    struct motion_photo photo;
    assert_true(find(&image, &photo));
    assert_int_equal(photo.video_at, at);
    assert_int_equal(photo.presentation_us, presentation_us);
    free(image.bytes);
}

static void expect_none(struct image image)
{
    struct motion_photo photo;
    assert_false(find(&image, &photo));
    free(image.bytes);
}

static void test_marks(void **state)
{
    static const char *const marks[] = {"GCamera:MotionPhoto=\"1\"",
                                        "Camera:MotionPhoto='1'",
                                        "gcamera:motionphoto = 1",
                                        "MicroVideo=\"1\"",
                                        "<GCamera:MicroVideo>1</GCamera:MicroVideo>",
                                        "MicroVideo=\"0\" GCamera:MotionPhoto:\n 1"};
    static const char *const none[] = {"",
                                       "GCamera:MotionPhoto=\"0\"",
                                       "GCamera:MotionPhoto1",
                                       "MotionPhoto=\"1\"",
                                       "MicroVideoOffset=\"100\"",
                                       "GCamera:MotionPhoto=\"\""};
    (void)state;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        struct image image = make(5000, marks[i]);
        put_video(&image, 4000);
        expect_at(image, 4000, 0);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        struct image image = make(5000, none[i]);
        put_video(&image, 4000);
        expect_none(image);
    }
}

static void test_offset_from_the_end(void **state)
{
    (void)state;
    struct image image = make(5000, "MicroVideo=\"1\" GCamera:MicroVideoOffset=\"1500\" "
                                    "GCamera:MotionPhotoPresentationTimestampUs=\"1234567\"");
    put_video(&image, 3500);
    put_video(&image, 4500);
    expect_at(image, 3500, 1234567);
    /* Where no video begins at the offset, the last one counts. */
    image = make(5000, "MicroVideo=1 Camera:MicroVideoOffset=1501 Camera:MotionPhotoPresentationTimestampUs=-1");
    put_video(&image, 3500);
    put_video(&image, 4500);
    expect_at(image, 4500, -1);
    static const char *const useless[] = {"0", "3", "5001", "99999999999999999999999", "-1500", "x"};
    for (size_t i = 0; i < sizeof useless / sizeof *useless; i++) {
        char text[200];
        snprintf(text, sizeof text, "MicroVideo=1 Camera:MicroVideoOffset=%s", useless[i]);
        image = make(5000, text);
        put_video(&image, 4100);
        expect_at(image, 4100, 0);
    }
}

static void test_search_crosses_blocks(void **state)
{
    (void)state;
    /* Positions around the borders of the blocks that the search goes through. */
    const size_t size = 1000000;
    for (size_t back = 65530; back < 65560; back++) {
        struct image image = make(size, "MicroVideo=1");
        put_video(&image, size - back);
        expect_at(image, size - back, 0);
    }
    struct image image = make(size, "MicroVideo=1");
    put_video(&image, 300);
    expect_at(image, 300, 0);
    image = make(size, "MicroVideo=1");
    put_video(&image, size - 12);
    expect_at(image, size - 12, 0);
}

static void test_no_video(void **state)
{
    (void)state;
    expect_none(make(5000, "MicroVideo=1"));
    struct image image = make(5000, "MicroVideo=1");
    memcpy(image.bytes + 4000,
           "\x00\x00\x00\x07"
           "ftypmp42",
           12);
    memcpy(image.bytes + 4989,
           "\x00\x00\x00\x18"
           "ftypmp4",
           11);
    expect_none(image);
    image = make(5000, "MicroVideo=1");
    memcpy(image.bytes + 4000,
           "\x00\x00\x00\x01"
           "ftypmp42",
           12);
    expect_at(image, 4000, 0);
    image = make(300000, "");
    memcpy(image.bytes + 262144, "MicroVideo=1", 12); /* behind the part that is searched */
    put_video(&image, 290000);
    expect_none(image);
    image = make(5000, "MicroVideo=1");
    put_video(&image, 4000);
    image.bytes[1] = 0xd9;
    expect_none(image);
    image = make(15, "MicroVideo");
    expect_none(image);
    image = make(16, "MicroVideo=1");
    expect_none(image);
    image = make(400000, "MicroVideo=1");
    put_video(&image, 4000);
    image.fail_at = 350000;
    expect_none(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_offset_from_the_end),
        cmocka_unit_test(test_search_crosses_blocks),
        cmocka_unit_test(test_no_video),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
