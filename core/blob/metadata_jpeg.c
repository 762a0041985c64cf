/* JPEG: segments up to the end of the image (ITU-T T.81, annex B), however many scans there are. */
#include "blob/metadata_internal.h"

enum {
    MARKER_SOI = 0xd8,
    MARKER_EOI = 0xd9,
    MARKER_SOS = 0xda,
    MARKER_RST0 = 0xd0,
    MARKER_RST7 = 0xd7,
    MARKER_TEM = 0x01,
    MARKER_APP0 = 0xe0,
    MARKER_APP1 = 0xe1,
    MARKER_APP2 = 0xe2,
    MARKER_APP14 = 0xee,
    MARKER_APP15 = 0xef,
    MARKER_COM = 0xfe,
    NAME_ROOM = 12, /* of the names at the start of application segments */
    EXIF_NAME = 6,
    SEGMENT_HEAD = 4 /* marker and length */
};

/* The next marker at or after *pos, which becomes the position behind it; other bytes are skipped, as decoders do.
 * *start is where it begins, with the 0xff bytes that may stand before it. 0 at the end of the file. */
static unsigned next_marker(struct metadata_scan *scan, uint64_t *pos, uint64_t *start)
{
    bool behind_ff = false;
    size_t length = 0;
    const unsigned char *bytes;
    while ((bytes = metadata_look(scan, *pos, &length))) {
        for (size_t i = 0; i < length; i++) {
            if (behind_ff && bytes[i] != 0 && bytes[i] != 0xff) {
                *pos += i + 1;
                return bytes[i];
            }
            if (bytes[i] == 0xff) {
                *start = behind_ff ? *start : *pos + i;
                behind_ff = true;
                continue;
            }
            behind_ff = false;
            const unsigned char *next = memchr(bytes + i, 0xff, length - i);
            i = next ? (size_t)(next - bytes) - 1 : length;
        }
        *pos += length;
    }
    return 0;
}

/* What decoders need: how colours are meant. */
static bool is_needed(unsigned marker, const unsigned char *name, size_t length)
{
    switch (marker) {
    case MARKER_APP0:
        return length >= 5 && memcmp(name, "JFIF", 5) == 0;
    case MARKER_APP2:
        return length >= 12 && memcmp(name, "ICC_PROFILE", 12) == 0;
    case MARKER_APP14:
        return length >= 5 && memcmp(name, "Adobe", 5) == 0;
    default:
        return false;
    }
}

static const unsigned char *orientation_segment(struct metadata_scan *scan, unsigned orientation, size_t *length)
{
    *length = SEGMENT_HEAD + EXIF_NAME + METADATA_EXIF_LENGTH;
    unsigned char *segment = arena_alloc(scan->arena, *length);
    memcpy(segment, "\xff\xe1\0\0Exif\0\0", SEGMENT_HEAD + EXIF_NAME);
    segment[3] = (unsigned char)(*length - 2);
    metadata_exif(orientation, segment + SEGMENT_HEAD + EXIF_NAME);
    return segment;
}

/* The segment of an application or a comment; its length bytes are behind marker and length, which begin at start. */
static bool look_at_segment(struct metadata_scan *scan, unsigned marker, uint64_t start, uint64_t at, size_t length)
{
    unsigned char name[NAME_ROOM];
    size_t name_length = length < NAME_ROOM ? length : NAME_ROOM, kept_length = 0;
    const unsigned char *kept = NULL;
    if (!metadata_read(scan, at, name, name_length))
        return false;
    if (is_needed(marker, name, name_length))
        return true;
    if (marker == MARKER_APP1 && length > EXIF_NAME && memcmp(name, "Exif\0", 5) == 0 &&
        metadata_keeps_orientation(scan, at + EXIF_NAME, (uint64_t)length - EXIF_NAME))
        kept = orientation_segment(scan, scan->edits->orientation, &kept_length);
    metadata_replace(scan, start, at + length - start, kept, kept_length);
    return true;
}

bool metadata_find_jpeg(struct metadata_scan *scan)
{
    uint64_t pos = 2, start = 0;
    bool has_scan = false;
    for (unsigned marker; (marker = next_marker(scan, &pos, &start));) {
        unsigned char bytes[2];
        if (marker == MARKER_TEM || (marker >= MARKER_RST0 && marker <= MARKER_RST7))
            continue;
        if (marker == MARKER_SOI)
            return false;
        if (marker == MARKER_EOI) { /* other pictures may follow, each with metadata of its own */
            if (pos < scan->picture->size)
                metadata_remove(scan, pos, scan->picture->size - pos);
            return has_scan;
        }
        if (!metadata_read(scan, pos, bytes, sizeof bytes) || metadata_be16(bytes) < sizeof bytes)
            return has_scan;
        size_t length = metadata_be16(bytes) - sizeof bytes;
        uint64_t end = pos + sizeof bytes + length;
        if (end > scan->picture->size)
            return has_scan;
        if (((marker >= MARKER_APP0 && marker <= MARKER_APP15) || marker == MARKER_COM) &&
            !look_at_segment(scan, marker, start, pos + sizeof bytes, length))
            return false;
        has_scan = has_scan || marker == MARKER_SOS;
        pos = end;
    }
    return has_scan;
}
