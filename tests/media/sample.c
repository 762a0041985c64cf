/* media-sample: pictures for tests, and whether two show the same.
 *   media-sample make DIRECTORY   one of each kind; those that this machine cannot write are left out
 *   media-sample compare LIST     a file of lines "PICTURE PICTURE MOST": the mean difference, 0 to 255 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vips/vips.h>

enum { WIDTH = 64, HEIGHT = 40, PAGES = 3, PATH_ROOM = 512 };

/* Four fields, so that every way to turn or mirror the picture shows: red, green, blue, and a dark ramp. */
static VipsImage *make_pixels(int page)
{
    static unsigned char pixels[HEIGHT * WIDTH * 3];
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            unsigned char *pixel = &pixels[(y * WIDTH + x) * 3];
            bool right = x >= WIDTH / 2, low = y >= HEIGHT / 2;
            pixel[0] = !right && !low ? 220 : (unsigned char)(right && low ? x : 20 + 30 * page);
            pixel[1] = right && !low ? 200 : (unsigned char)(right && low ? y : 20);
            pixel[2] = !right && low ? 210 : 20;
        }
    VipsImage *image = vips_image_new_from_memory_copy(pixels, sizeof pixels, WIDTH, HEIGHT, 3, VIPS_FORMAT_UCHAR);
    VipsImage *copy = NULL;
    if (!image || vips_copy(image, &copy, "interpretation", VIPS_INTERPRETATION_sRGB, NULL) != 0)
        return NULL;
    g_object_unref(image);
    return copy;
}

/* A place in Exif, XMP and IPTC. */
static void tell(VipsImage *image, int orientation)
{
    static const char xmp[] =
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-"
        "syntax-ns#'><rdf:Description exif:GPSLatitude='PLACE-MARK' "
        "xmlns:exif='http://ns.adobe.com/exif/1.0/'/></rdf:RDF></x:xmpmeta>";
    static const char iptc[] = "Photoshop 3.0\0"
                               "8BIM\x04\x04\0\0\0\0\0\x10\x1c\x02\x5a\0\x0aPLACE-MARK\0\0\0";
    vips_image_set_string(image, "exif-ifd3-GPSLatitude",
                          "52/1 30/1 0/1 (52, 30, 0, Rational, 3 components, 24 bytes)");
    vips_image_set_string(image, "exif-ifd3-GPSLatitudeRef", "N (N, ASCII, 2 components, 2 bytes)");
    vips_image_set_string(image, "exif-ifd0-ImageDescription",
                          "PLACE-MARK (PLACE-MARK, ASCII, 11 components, 11 bytes)");
    vips_image_set_blob_copy(image, VIPS_META_XMP_NAME, xmp, sizeof xmp - 1);
    vips_image_set_blob_copy(image, VIPS_META_IPTC_NAME, iptc, sizeof iptc - 1);
    if (orientation)
        vips_image_set_int(image, VIPS_META_ORIENTATION, orientation);
}

static void replace(VipsImage **image, VipsImage *by)
{
    g_object_unref(*image);
    *image = by;
}

static bool write_picture(const char *dir, const char *name, VipsImage *image)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    if (image && vips_image_write_to_file(image, path, NULL) == 0)
        return true;
    vips_error_clear();
    path[strcspn(path, "[")] = '\0';
    remove(path);
    return false;
}

static bool make_turned(const char *dir)
{
    static const struct {
        const char *name, *ending;
    } formats[] = {{"jpeg", ".jpg[Q=95,subsample_mode=off]"},
                   {"webp", ".webp[Q=95]"},
                   {"lossless", ".webp[lossless]"},
                   {"png", ".png"},
                   {"tiff", ".tif"}};
    bool done = true;
    for (unsigned format = 0; format < sizeof formats / sizeof *formats; format++)
        for (int orientation = 1; orientation <= 8; orientation++) {
            char name[64];
            VipsImage *image = make_pixels(0);
            tell(image, orientation);
            snprintf(name, sizeof name, "%s-%d%s", formats[format].name, orientation, formats[format].ending);
            done = write_picture(dir, name, image) && done;
            g_object_unref(image);
        }
    return done;
}

static VipsImage *make_converted(VipsInterpretation colours)
{
    VipsImage *image = make_pixels(0), *converted = NULL;
    if (vips_colourspace(image, &converted, colours, NULL) == 0)
        replace(&image, converted);
    tell(image, 0);
    return image;
}

static VipsImage *make_transparent(VipsInterpretation colours)
{
    VipsImage *image = make_converted(colours), *both = NULL;
    if (vips_bandjoin_const1(image, &both, 128, NULL) == 0)
        replace(&image, both);
    return image;
}

static VipsImage *make_wide(void)
{
    VipsImage *image = make_pixels(0), *wide = NULL;
    if (vips_icc_transform(image, &wide, "p3", "input_profile", "srgb", NULL) == 0)
        replace(&image, wide);
    tell(image, 0);
    return image;
}

/* More pixels than are decoded but for a thumbnail. */
static VipsImage *make_large(void)
{
    VipsImage *image = make_pixels(0), *large = NULL;
    if (vips_replicate(image, &large, 9000 / WIDTH, 7000 / HEIGHT, NULL) == 0)
        replace(&image, large);
    tell(image, 0);
    return image;
}

static VipsImage *make_moving(void)
{
    VipsImage *pages[PAGES], *all = NULL;
    for (int i = 0; i < PAGES; i++)
        pages[i] = make_pixels(i);
    if (vips_arrayjoin(pages, &all, PAGES, "across", 1, NULL) != 0)
        return NULL;
    for (int i = 0; i < PAGES; i++)
        g_object_unref(pages[i]);
    tell(all, 0);
    vips_image_set_int(all, VIPS_META_PAGE_HEIGHT, HEIGHT);
    return all;
}

static bool make_kinds(const char *dir)
{
    const struct {
        const char *name;
        VipsImage *image;
        bool may_lack;
    } kinds[] = {
        {"cmyk.jpg[Q=95]", make_converted(VIPS_INTERPRETATION_CMYK), false},
        {"grey.jpg[Q=95]", make_converted(VIPS_INTERPRETATION_B_W), false},
        {"deep.png[bitdepth=16]", make_converted(VIPS_INTERPRETATION_RGB16), false},
        {"grey-alpha.png", make_transparent(VIPS_INTERPRETATION_B_W), false},
        {"alpha.webp[lossless]", make_transparent(VIPS_INTERPRETATION_sRGB), false},
        {"wide.jpg[Q=95]", make_wide(), false},
        {"large.jpg", make_large(), false},
        {"moving.gif", make_moving(), true},
        {"moving.webp[lossless]", make_moving(), false},
        {"still.heic[Q=90]", make_converted(VIPS_INTERPRETATION_sRGB), true},
        {"still.avif[Q=90]", make_converted(VIPS_INTERPRETATION_sRGB), true},
        {"progressive.jpg[interlace,Q=95]", make_converted(VIPS_INTERPRETATION_sRGB), false},
    };
    bool done = true;
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        done = (write_picture(dir, kinds[i].name, kinds[i].image) || kinds[i].may_lack) && done;
        g_object_unref(kinds[i].image);
    }
    return done;
}

/* As it is to be seen: upright, sRGB with alpha, all pages. */
static VipsImage *look_at(const char *path)
{
    VipsImage *upright = NULL, *converted = NULL, *image = vips_image_new_from_file(path, "n", -1, NULL);
    if (!image) {
        vips_error_clear();
        image = vips_image_new_from_file(path, NULL);
    }
    if (!image || vips_autorot(image, &upright, NULL) != 0)
        return NULL;
    replace(&image, upright);
    if (vips_image_get_typeof(image, VIPS_META_ICC_NAME) &&
        vips_icc_transform(image, &converted, "srgb", "embedded", TRUE, NULL) == 0)
        replace(&image, converted);
    converted = NULL;
    if (vips_colourspace(image, &converted, VIPS_INTERPRETATION_sRGB, NULL) == 0)
        replace(&image, converted);
    converted = NULL;
    if (vips_image_hasalpha(image) && vips_flatten(image, &converted, NULL) == 0)
        replace(&image, converted);
    return image;
}

static bool is_same(const char *one, const char *other, double most)
{
    VipsImage *a = look_at(one), *b = look_at(other), *difference = NULL, *absolute = NULL;
    double mean = 256;
    if (a && b && a->Xsize == b->Xsize && a->Ysize == b->Ysize && a->Bands == b->Bands &&
        vips_subtract(a, b, &difference, NULL) == 0 && vips_abs(difference, &absolute, NULL) == 0)
        vips_avg(absolute, &mean, NULL);
    if (mean > most)
        fprintf(stderr, "%s (%dx%d) and %s (%dx%d) differ by %.2f, more than %.2f: %s\n", one, a ? a->Xsize : 0,
                a ? a->Ysize : 0, other, b ? b->Xsize : 0, b ? b->Ysize : 0, mean, most, vips_error_buffer());
    return mean <= most;
}

static bool compare(const char *list)
{
    char line[2 * PATH_ROOM], one[PATH_ROOM], other[PATH_ROOM];
    double most;
    unsigned count = 0;
    bool same = true;
    FILE *file = fopen(list, "re");
    while (file && fgets(line, sizeof line, file)) {
        if (sscanf(line, "%511s %511s %lf", one, other, &most) != 3)
            return false;
        same = is_same(one, other, most) && same;
        count++;
    }
    if (file)
        fclose(file);
    return same && count > 0;
}

int main(int argc, char **argv)
{
    if (argc != 3 || VIPS_INIT(argv[0]) != 0)
        return EXIT_FAILURE;
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    bool done = strcmp(argv[1], "make") == 0 ? make_turned(argv[2]) && make_kinds(argv[2])
                                             : strcmp(argv[1], "compare") == 0 && compare(argv[2]);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
