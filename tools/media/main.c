/* memora-media: makes one picture of another, outside of the server. See core/blob/media.h for what calls it.
 *   memora-media strip|turn|thumbnail   reads the picture from standard input, writes another to standard output
 *   memora-media check                  status 0 if the process is confined as it should be */
#include <gmodule.h>
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
    PIXELS_MAX_SHRUNK = 4 * PIXELS_MAX, /* of a JPEG that is decoded to an eighth of its size */
    THUMBNAIL_SIDE = 600,
    THUMBNAIL_QUALITY = 90,
    STRIP_QUALITY = 95
};

enum job { JOB_STRIP, JOB_TURN, JOB_THUMBNAIL, JOB_CHECK, JOBS };

static const char *const job_names[JOBS] = {"strip", "turn", "thumbnail", "check"};

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
static enum exit_code check_pixels(const struct input *input, enum job job)
{
    VipsImage *image = vips_image_new_from_buffer(input->data, input->length, "", NULL);
    if (!image)
        return EXIT_NOT_A_PICTURE;
    bool jpeg = memcmp(input->data, "\xff\xd8", 2) == 0;
    guint64 pixels = (guint64)vips_image_get_width(image) * (guint64)vips_image_get_height(image);
    g_object_unref(image);
    return pixels <= (job == JOB_THUMBNAIL && jpeg ? PIXELS_MAX_SHRUNK : PIXELS_MAX) ? EXIT_DONE : EXIT_TOO_LARGE;
}

/* In place of *image; the profile goes with the metadata, so the colours must be those that its absence means. */
static bool convert_colours(VipsImage **image)
{
    VipsImage *converted = NULL;
    bool profile = vips_image_get_typeof(*image, VIPS_META_ICC_NAME) != 0;
    bool cmyk = vips_image_get_interpretation(*image) == VIPS_INTERPRETATION_CMYK;
    int depth = vips_image_get_format(*image) == VIPS_FORMAT_USHORT ? 16 : 8;
    if (!profile && !cmyk)
        return true;
    if (!profile || vips_icc_transform(*image, &converted, "srgb", "embedded", TRUE, "depth", depth, NULL) != 0) {
        if (!cmyk)
            return true; /* a profile that cannot be used: as if it were none */
        if (vips_colourspace(*image, &converted, VIPS_INTERPRETATION_sRGB, NULL) != 0)
            return false;
    }
    g_object_unref(*image);
    *image = converted;
    return true;
}

/* The writers are told to leave metadata out, but not all do. */
static void forget_metadata(VipsImage *image)
{
    static const char *const kinds[] = {"exif-", "xmp-", "iptc-", "photoshop-", "png-comment-", "orientation", "gif-"};
    char **fields = vips_image_get_fields(image);
    for (char **field = fields; field && *field; field++)
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            if (strncmp(*field, kinds[i], strlen(kinds[i])) == 0)
                vips_image_remove(image, *field);
    g_strfreev(fields);
}

static VipsImage *shrink(const struct input *input)
{
    VipsImage *small = NULL;
    return vips_thumbnail_buffer(input->data, input->length, &small, THUMBNAIL_SIDE, "height", THUMBNAIL_SIDE, "size",
                                 VIPS_SIZE_DOWN, NULL) == 0
               ? small
               : NULL;
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
    return upright;
}

static bool is_webp(const struct input *input)
{
    return input->length > 16 && memcmp(input->data, "RIFF", 4) == 0 && memcmp(input->data + 8, "WEBP", 4) == 0;
}

/* Whether the WebP has its pixels in a chunk "VP8L", without loss. */
static bool is_without_loss(const struct input *input)
{
    for (size_t at = 12; at + 8 <= input->length;) {
        const unsigned char *chunk = (const unsigned char *)input->data + at;
        size_t length = (size_t)chunk[7] << 24 | (size_t)chunk[6] << 16 | (size_t)chunk[5] << 8 | chunk[4];
        if (memcmp(chunk, "VP8L", 4) == 0)
            return true;
        if (length > input->length - at - 8)
            break;
        at += 8 + length + (length & 1);
    }
    return false;
}

static bool save(VipsImage *image, enum job job, const struct input *input, void **out, size_t *length)
{
    if (job == JOB_TURN && is_webp(input))
        return vips_webpsave_buffer(image, out, length, "Q", STRIP_QUALITY, "lossless", is_without_loss(input), "strip",
                                    TRUE, NULL) == 0;
    if (job == JOB_TURN)
        return vips_pngsave_buffer(image, out, length, "strip", TRUE, NULL) == 0;
    return vips_jpegsave_buffer(image, out, length, "Q", job == JOB_STRIP ? STRIP_QUALITY : THUMBNAIL_QUALITY, "strip",
                                TRUE, NULL) == 0;
}

static enum exit_code convert(const struct input *input, enum job job)
{
    void *made = NULL;
    size_t length = 0;
    enum exit_code code = check_pixels(input, job);
    if (code != EXIT_DONE)
        return code;
    VipsImage *image = job == JOB_THUMBNAIL ? shrink(input) : turn_upright(input);
    bool done = image && convert_colours(&image);
    if (done)
        forget_metadata(image);
    done = done && save(image, job, input, &made, &length) && write_output(made, length);
    if (image)
        g_object_unref(image);
    g_free(made);
    return done ? EXIT_DONE : EXIT_NOT_A_PICTURE;
}

/* Finding and loading all modules of libvips takes as long as all the rest. Of them only the one for HEIF is for us. */
static void load_module(const struct input *input)
{
    if (input->length > 8 && memcmp(input->data + 4, "ftyp", 4) == 0)
        (void)g_module_open(MEMORA_VIPS_HEIF_MODULE,
                            G_MODULE_BIND_LAZY); /* there is none where libvips has it inside */
}

static bool start_vips(const char *name)
{
    /* A decoded picture stays in memory, where the limit counts it, and is not put into a file; no code is made at run
     * time; modules are looked for where there are none; nobody reads warnings. */
    if (setenv("VIPS_WARNING", "0", 1) != 0 || setenv("VIPS_DISC_THRESHOLD", "4g", 1) != 0 ||
        setenv("VIPS_NOVECTOR", "1", 1) != 0 || setenv("VIPSHOME", "/nonexistent", 1) != 0 || VIPS_INIT(name) != 0)
        return false;
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    return true;
}

int main(int argc, char **argv)
{
    struct input input = {0};
    int job = 0;
    while (job < JOBS && (argc != 2 || strcmp(argv[1], job_names[job]) != 0))
        job++;
    if (job == JOBS)
        return EXIT_USAGE;
    if (!sandbox_limit() || !start_vips(argv[0]))
        return EXIT_NO_SANDBOX;
    bool whole = job == JOB_CHECK || read_input(&input);
    load_module(&input);
    choose_loaders();
    if (!sandbox_close())
        return EXIT_NO_SANDBOX;
    if (job == JOB_CHECK)
        return sandbox_holds() ? EXIT_DONE : EXIT_NO_SANDBOX;
    enum exit_code code = whole ? convert(&input, (enum job)job) : EXIT_TOO_LARGE;
    _exit((int)code); /* nothing is left to be written; freeing all that the libraries hold takes time */
}
