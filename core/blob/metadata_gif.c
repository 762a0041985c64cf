/* GIF89a: blocks up to the trailer. XMP is an application extension ("XMP Specification Part 3", 1.1.2). */
#include "blob/metadata_internal.h"

enum {
    SCREEN = 13, /* signature and logical screen descriptor */
    DESCRIPTOR = 10,
    BLOCK_EXTENSION = 0x21,
    BLOCK_IMAGE = 0x2c,
    BLOCK_TRAILER = 0x3b,
    LABEL_APPLICATION = 0xff,
    APPLICATION_LENGTH = 11,
    HAS_COLOURS = 0x80
};

static uint64_t colours_length(unsigned char packed)
{
    return packed & HAS_COLOURS ? UINT64_C(3) << ((packed & 7) + 1) : 0;
}

/* The position behind sub-blocks and the empty one that ends them; 0 if the file ends before. */
static uint64_t skip_sub_blocks(struct metadata_scan *scan, uint64_t at)
{
    for (unsigned char length; metadata_read(scan, at, &length, 1);) {
        at += 1 + (uint64_t)length;
        if (length == 0)
            return at;
    }
    return 0;
}

static bool is_xmp(struct metadata_scan *scan, uint64_t at, const unsigned char *head)
{
    unsigned char application[1 + APPLICATION_LENGTH];
    return head[1] == LABEL_APPLICATION && metadata_read(scan, at + 2, application, sizeof application) &&
           application[0] == APPLICATION_LENGTH && memcmp(application + 1, "XMP DataXMP", APPLICATION_LENGTH) == 0;
}

bool metadata_find_gif(struct metadata_scan *scan)
{
    unsigned char head[SCREEN];
    unsigned images = 0;
    if (!metadata_read(scan, 0, head, SCREEN))
        return false;
    for (uint64_t at = SCREEN + colours_length(head[10]), end; metadata_read(scan, at, head, 1); at = end) {
        if (head[0] == BLOCK_TRAILER)
            return true;
        if (head[0] == BLOCK_IMAGE) {
            if (!metadata_read(scan, at, head, DESCRIPTOR))
                break;
            /* The byte behind the colours is the size of the first codes. */
            end = skip_sub_blocks(scan, at + DESCRIPTOR + colours_length(head[9]) + 1);
            scan->edits->moving = ++images > 1;
        } else if (head[0] == BLOCK_EXTENSION && metadata_read(scan, at, head, 2)) {
            end = skip_sub_blocks(scan, at + 2);
            if (end && is_xmp(scan, at, head))
                metadata_remove(scan, at, end - at);
        } else {
            break;
        }
        if (!end)
            break;
    }
    return true; /* what is cut off shows, or not, without the rest */
}
