/* memora-media: makes one picture of another, outside of the server. See core/blob/media.h for what calls it.
 *   memora-media strip|thumbnail   reads the picture from standard input, writes a JPEG to standard output
 *   memora-media check             status 0 if this kernel lets the process be confined */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vips/vips.h>

#include "sandbox.h"

enum exit_code { EXIT_DONE = 0, EXIT_USAGE = 2, EXIT_NOT_A_PICTURE = 3, EXIT_TOO_LARGE = 4, EXIT_NO_SANDBOX = 5 };

enum {
    INPUT_MAX = 256 * 1024 * 1024,
    READ_STEP = 1024 * 1024,
    PIXELS_MAX = 50 * 1000 * 1000,
    THUMBNAIL_SIDE = 600,
    THUMBNAIL_QUALITY = 90,
    STRIP_QUALITY = 95
};

struct input {
    char *data;
    size_t length;
};

static bool read_input(struct input *input)
{
    size_t room = 0;
    for (;;) {
        if (room - input->length < READ_STEP) {
            room = room ? room * 2 : (size_t)READ_STEP * 2;
            char *grown = room <= (size_t)INPUT_MAX * 2 ? realloc(input->data, room) : NULL;
            if (!grown)
                return false;
            input->data = grown;
        }
        ssize_t n = read(STDIN_FILENO, input->data + input->length, READ_STEP);
        if (n <= 0)
            return n == 0 && input->length <= INPUT_MAX;
        input->length += (size_t)n;
    }
}

static bool write_output(const char *data, size_t length)
{
    while (length > 0) {
        ssize_t n = write(STDOUT_FILENO, data, length);
        if (n <= 0)
            return false;
        data += n;
        length -= (size_t)n;
    }
    return true;
}

/* Only loaders that are made for bytes of strangers, and of those only the formats that attachments have. */
static void choose_loaders(void)
{
    static const char *const wanted[] = {"VipsForeignLoadJpeg", "VipsForeignLoadPng",   "VipsForeignLoadWebp",
                                         "VipsForeignLoadTiff", "VipsForeignLoadNsgif", "VipsForeignLoadHeif"};
    vips_operation_block_set("VipsForeignLoad", TRUE);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        vips_operation_block_set(wanted[i], FALSE);
    vips_block_untrusted_set(TRUE);
}

/* The header alone says how large the picture is. */
static enum exit_code check_pixels(const struct input *input)
{
    VipsImage *image = vips_image_new_from_buffer(input->data, input->length, "", NULL);
    if (!image)
        return EXIT_NOT_A_PICTURE;
    guint64 pixels = (guint64)vips_image_get_width(image) * (guint64)vips_image_get_height(image);
    g_object_unref(image);
    return pixels <= PIXELS_MAX ? EXIT_DONE : EXIT_TOO_LARGE;
}

static VipsImage *shrink(const struct input *input)
{
    VipsImage *out = NULL;
    return vips_thumbnail_buffer(input->data, input->length, &out, THUMBNAIL_SIDE, "height", THUMBNAIL_SIDE, "size",
                                 VIPS_SIZE_DOWN, NULL) == 0
               ? out
               : NULL;
}

/* In place of *image; the profile goes with the metadata, so the colours must be those that its absence means. */
static void convert_colours(VipsImage **image)
{
    VipsImage *converted = NULL;
    if (!vips_image_get_typeof(*image, VIPS_META_ICC_NAME) ||
        vips_icc_transform(*image, &converted, "srgb", "embedded", TRUE, NULL) != 0)
        return;
    g_object_unref(*image);
    *image = converted;
}

static VipsImage *turn_upright(const struct input *input)
{
    VipsImage *upright = NULL;
    VipsImage *image =
        vips_image_new_from_buffer(input->data, input->length, "", "fail_on", VIPS_FAIL_ON_TRUNCATED, NULL);
    if (!image || vips_autorot(image, &upright, NULL) != 0)
        upright = NULL;
    if (image)
        g_object_unref(image);
    if (upright)
        convert_colours(&upright);
    return upright;
}

static enum exit_code convert(const struct input *input, bool thumbnail)
{
    void *jpeg = NULL;
    size_t length = 0;
    enum exit_code code = check_pixels(input);
    if (code != EXIT_DONE)
        return code;
    VipsImage *image = thumbnail ? shrink(input) : turn_upright(input);
    bool done = image &&
                vips_jpegsave_buffer(image, &jpeg, &length, "Q", thumbnail ? THUMBNAIL_QUALITY : STRIP_QUALITY, "strip",
                                     TRUE, NULL) == 0 &&
                write_output(jpeg, length);
    if (image)
        g_object_unref(image);
    g_free(jpeg);
    return done ? EXIT_DONE : EXIT_NOT_A_PICTURE;
}

int main(int argc, char **argv)
{
    struct input input = {0};
    bool thumbnail = argc == 2 && strcmp(argv[1], "thumbnail") == 0;
    bool check = argc == 2 && strcmp(argv[1], "check") == 0;
    if (!thumbnail && !check && (argc != 2 || strcmp(argv[1], "strip") != 0))
        return EXIT_USAGE;
    /* A decoded picture stays in memory, where the limit counts it, and is not put into a file; no code is made at run
     * time. */
    if (!sandbox_limit() || setenv("VIPS_DISC_THRESHOLD", "4g", 1) != 0 || setenv("VIPS_NOVECTOR", "1", 1) != 0 ||
        VIPS_INIT(argv[0]) != 0)
        return EXIT_NO_SANDBOX;
    choose_loaders();
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    if (!sandbox_close())
        return EXIT_NO_SANDBOX;
    if (check)
        return sandbox_holds() ? EXIT_DONE : EXIT_NO_SANDBOX;
    enum exit_code code = read_input(&input) ? convert(&input, thumbnail) : EXIT_TOO_LARGE;
    free(input.data);
    _exit((int)code); /* nothing is left to be written; the libraries' own ends take time */
}
