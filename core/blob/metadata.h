/* Where a picture tells more than it shows: Exif (place, time, camera, thumbnail), XMP, IPTC, comments. Found without
 * decoding and taken out of the file, so that the pixels stay what they are, bit for bit. Formats: JPEG (ITU-T T.81),
 * PNG (with its Extensions, 1.5.0), WebP (RFC 9649), GIF89a, HEIF and AVIF (ISO/IEC 14496-12 and 23008-12); of MP4 and
 * QuickTime videos, where they were taken. */
#ifndef MEMORA_BLOB_METADATA_H
#define MEMORA_BLOB_METADATA_H

#include "base/arena.h"
#include "blob/media.h"

enum { METADATA_EDITS_MAX = 1024 };

/* Bytes [at, at + length) become others. */
struct metadata_edit {
    uint64_t at, length;
    const void *bytes;
    size_t bytes_length;
};

struct metadata_edits {
    struct metadata_edit list[METADATA_EDITS_MAX + 1]; /* in the order of the file, apart from each other */
    unsigned count;
    unsigned orientation; /* as the Exif part says, 1 to 8; where it is not 1, an Exif part with nothing else stays */
    bool moving;          /* an animation */
};

/* False: not a file of those formats, or one so broken that nobody can tell what is what (one that is cut off can be
 * one of them all the same). With *out->count == 0 there
 * is nothing to take out. Memory: the arena gets what the edits put in, and of HEIF the box `meta` (4 MiB at most). */
bool metadata_find(struct arena *arena, const struct media_source *picture, struct metadata_edits *out);

/* Writes the picture with the edits done. False: it cannot be read or written. */
bool metadata_apply(const struct media_source *picture, const struct metadata_edits *edits,
                    const struct media_sink *out);

#endif
