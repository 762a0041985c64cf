#include "blob/metadata.h"

#include <stdlib.h>

#include "blob/metadata_internal.h"

enum {
    HEAD = 12, /* what tells the formats apart */
    COPY_STEP = 64 * 1024,
    IFD_ENTRY = 12, /* of a directory in Exif, which is TIFF 6.0 */
    IFD_ENTRIES_MAX = 1000,
    TAG_ORIENTATION = 0x0112,
    TYPE_SHORT = 3
};

const unsigned char *metadata_look(struct metadata_scan *scan, uint64_t pos, size_t *length)
{
    const struct media_source *picture = scan->picture;
    if (pos < scan->window_at || pos - scan->window_at >= scan->window_length) {
        uint64_t left = pos < picture->size ? picture->size - pos : 0;
        int64_t n = left == 0 ? 0
                              : picture->read(picture->ctx, pos, scan->window,
                                              left < METADATA_WINDOW ? (size_t)left : METADATA_WINDOW);
        scan->window_at = pos;
        scan->window_length = n > 0 ? (size_t)n : 0;
        if (n <= 0)
            return NULL;
    }
    *length = scan->window_length - (size_t)(pos - scan->window_at);
    return scan->window + (pos - scan->window_at);
}

bool metadata_read(struct metadata_scan *scan, uint64_t pos, void *out, size_t length)
{
    for (unsigned char *to = out; length > 0;) {
        size_t there = 0;
        const unsigned char *from = metadata_look(scan, pos, &there);
        if (!from)
            return false;
        size_t n = there < length ? there : length;
        memcpy(to, from, n);
        to += n;
        pos += n;
        length -= n;
    }
    return true;
}

void metadata_replace(struct metadata_scan *scan, uint64_t at, uint64_t length, const void *bytes, size_t bytes_length)
{
    struct metadata_edits *edits = scan->edits;
    struct metadata_edit *last = edits->count ? &edits->list[edits->count - 1] : NULL;
    if (last && last->at + last->length == at && bytes_length == 0) {
        last->length += length;
        return;
    }
    if (edits->count == METADATA_EDITS_MAX)
        scan->full = true;
    else
        edits->list[edits->count++] = (struct metadata_edit){at, length, bytes, bytes_length};
}

static uint32_t exif_number(const unsigned char *at, unsigned length, bool little)
{
    uint32_t number = 0;
    for (unsigned i = 0; i < length; i++)
        number = number << 8 | at[little ? length - 1 - i : i];
    return number;
}

unsigned metadata_orientation(struct metadata_scan *scan, uint64_t at, uint64_t length)
{
    unsigned char head[8], count[2], entry[IFD_ENTRY];
    if (length < sizeof head || !metadata_read(scan, at, head, sizeof head))
        return 1;
    bool little = memcmp(head, "II*\0", 4) == 0;
    if (!little && memcmp(head, "MM\0*", 4) != 0)
        return 1;
    uint64_t ifd = exif_number(head + 4, 4, little);
    if (ifd + sizeof count > length || !metadata_read(scan, at + ifd, count, sizeof count))
        return 1;
    uint32_t entries = exif_number(count, sizeof count, little);
    for (uint32_t i = 0; i < entries && i < IFD_ENTRIES_MAX; i++) {
        uint64_t from = ifd + sizeof count + (uint64_t)i * IFD_ENTRY;
        if (from + IFD_ENTRY > length || !metadata_read(scan, at + from, entry, IFD_ENTRY))
            return 1;
        if (exif_number(entry, 2, little) != TAG_ORIENTATION || exif_number(entry + 2, 2, little) != TYPE_SHORT)
            continue;
        uint32_t value = exif_number(entry + 8, 2, little);
        return value >= 1 && value <= 8 ? value : 1;
    }
    return 1;
}

bool metadata_keeps_orientation(struct metadata_scan *scan, uint64_t at, uint64_t length)
{
    if (scan->has_exif)
        return false;
    scan->has_exif = true;
    scan->edits->orientation = metadata_orientation(scan, at, length);
    return scan->edits->orientation != 1;
}

void metadata_exif(unsigned orientation, unsigned char out[METADATA_EXIF_LENGTH])
{
    static const unsigned char exif[METADATA_EXIF_LENGTH] = {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12,
                                                             0,   3,   0, 0,  0, 1, 0, 1, 0, 0, 0,    0};
    memcpy(out, exif, METADATA_EXIF_LENGTH);
    out[19] = (unsigned char)orientation;
}

static int by_place(const void *a, const void *b)
{
    const struct metadata_edit *one = a, *other = b;
    return one->at < other->at ? -1 : one->at > other->at;
}

static bool in_order(const struct metadata_scan *scan)
{
    uint64_t end = 0;
    for (unsigned i = 0; i < scan->edits->count; i++) {
        const struct metadata_edit *edit = &scan->edits->list[i];
        if (edit->at < end || edit->at > scan->picture->size || edit->length > scan->picture->size - edit->at)
            return false;
        end = edit->at + edit->length;
    }
    return true;
}

static bool is_one_of(const unsigned char code[4], const char *codes)
{
    for (; *codes; codes += 4)
        if (memcmp(code, codes, 4) == 0)
            return true;
    return false;
}

/* Brands of ISO/IEC 23008-12 and AVIF 1.1; what has another is a video. */
static bool is_picture(const unsigned char brand[4])
{
    return is_one_of(brand, "heicheixheimheishevchevxhevmhevsmif1mif2msf1avifavis");
}

/* What files of QuickTime and its children begin with. */
static bool is_box(const unsigned char type[4])
{
    return is_one_of(type, "ftypmoovmdatwidefreeskippnot");
}

static bool find(struct metadata_scan *scan)
{
    unsigned char head[HEAD] = {0};
    uint64_t size = scan->picture->size;
    if (!metadata_read(scan, 0, head, size < HEAD ? (size_t)size : HEAD))
        return false;
    if (memcmp(head, "\xff\xd8", 2) == 0)
        return metadata_find_jpeg(scan);
    if (memcmp(head, "\x89PNG\r\n\x1a\n", 8) == 0)
        return metadata_find_png(scan);
    if (memcmp(head, "RIFF", 4) == 0 && memcmp(head + 8, "WEBP", 4) == 0)
        return metadata_find_webp(scan);
    if (memcmp(head, "GIF8", 4) == 0)
        return metadata_find_gif(scan);
    if (memcmp(head + 4, "ftyp", 4) == 0 && is_picture(head + 8))
        return metadata_find_heif(scan);
    return is_box(head + 4) && metadata_find_video(scan);
}

bool metadata_find(struct arena *arena, const struct media_source *picture, struct metadata_edits *out)
{
    struct metadata_scan *scan = memory_zalloc(sizeof *scan);
    scan->picture = picture;
    scan->arena = arena;
    scan->edits = out;
    out->count = 0;
    out->orientation = 1;
    out->moving = false;
    bool found = find(scan) && !scan->full;
    qsort(out->list, out->count, sizeof *out->list, by_place);
    found = found && in_order(scan);
    free(scan);
    return found;
}

static bool copy(const struct media_source *picture, uint64_t from, uint64_t to, char *block,
                 const struct media_sink *out)
{
    while (from < to) {
        int64_t n = picture->read(picture->ctx, from, block, to - from < COPY_STEP ? (size_t)(to - from) : COPY_STEP);
        if (n <= 0 || !out->write(out->ctx, block, (size_t)n))
            return false;
        from += (uint64_t)n;
    }
    return true;
}

bool metadata_apply(const struct media_source *picture, const struct metadata_edits *edits,
                    const struct media_sink *out)
{
    uint64_t at = 0;
    bool done = true;
    char *block = memory_alloc(COPY_STEP);
    for (unsigned i = 0; i < edits->count && done; i++) {
        const struct metadata_edit *edit = &edits->list[i];
        done = copy(picture, at, edit->at, block, out) &&
               (edit->bytes_length == 0 || out->write(out->ctx, edit->bytes, edit->bytes_length));
        at = edit->at + edit->length;
    }
    done = done && copy(picture, at, picture->size, block, out);
    free(block);
    return done;
}
