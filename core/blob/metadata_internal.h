/* Shared by the files that find metadata. */
#ifndef MEMORA_BLOB_METADATA_INTERNAL_H
#define MEMORA_BLOB_METADATA_INTERNAL_H

#include <string.h>

#include "blob/metadata.h"

enum {
    METADATA_WINDOW = 64 * 1024,
    METADATA_EXIF_LENGTH = 26 /* of metadata_exif */
};

/* A file that is looked through, mostly from its start to its end. */
struct metadata_scan {
    const struct media_source *picture;
    struct arena *arena;
    struct metadata_edits *edits;
    bool full;     /* there were too many edits */
    bool has_exif; /* the first Exif part has been found; further ones don't count */
    uint64_t window_at;
    size_t window_length;
    unsigned char window[METADATA_WINDOW];
};

/* The bytes from pos on, as many as *length says, at least one; NULL at the end or if they cannot be read. Good until
 * the next call. */
const unsigned char *metadata_look(struct metadata_scan *scan, uint64_t pos, size_t *length);
/* Exactly length bytes. */
bool metadata_read(struct metadata_scan *scan, uint64_t pos, void *out, size_t length);

/* Bytes that are borrowed from the arena or the program. Edits may come in any order. */
void metadata_replace(struct metadata_scan *scan, uint64_t at, uint64_t length, const void *bytes, size_t bytes_length);
static inline void metadata_remove(struct metadata_scan *scan, uint64_t at, uint64_t length)
{
    metadata_replace(scan, at, length, NULL, 0);
}

/* The orientation, 1 to 8, that the Exif part (without "Exif\0\0") in [at, at + length) tells; 1 if it tells none. */
unsigned metadata_orientation(struct metadata_scan *scan, uint64_t at, uint64_t length);
/* Takes the orientation from an Exif part. True: another one, of the orientation alone, has to stay in its place. */
bool metadata_keeps_orientation(struct metadata_scan *scan, uint64_t at, uint64_t length);
/* An Exif part that tells the orientation and nothing else. */
void metadata_exif(unsigned orientation, unsigned char out[METADATA_EXIF_LENGTH]);

/* One for each format: false as metadata_find. */
bool metadata_find_jpeg(struct metadata_scan *scan);
bool metadata_find_png(struct metadata_scan *scan);
bool metadata_find_webp(struct metadata_scan *scan);
bool metadata_find_gif(struct metadata_scan *scan);
bool metadata_find_heif(struct metadata_scan *scan);
bool metadata_find_video(struct metadata_scan *scan);

static inline uint32_t metadata_be16(const unsigned char *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

static inline uint32_t metadata_be32(const unsigned char *at)
{
    return metadata_be16(at) << 16 | metadata_be16(at + 2);
}

static inline uint32_t metadata_le32(const unsigned char *at)
{
    return (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

#endif
