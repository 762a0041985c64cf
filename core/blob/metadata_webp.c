/* WebP: chunks of a RIFF container (RFC 9649, section 2). */
#include "blob/metadata_internal.h"

enum {
    RIFF_HEAD = 12, /* "RIFF", the size of what follows, "WEBP" */
    CHUNK_HEAD = 8,
    FLAG_EXIF = 0x08,
    FLAG_XMP = 0x04,
    FLAG_ANIMATION = 0x02,
    EXIF_NAME = 6 /* "Exif\0\0", which some writers put before it although it doesn't belong there */
};

struct container {
    struct metadata_scan *scan;
    uint64_t flags_at; /* 0: there are none */
    unsigned char flags;
    int64_t growth;
};

static const unsigned char *orientation_chunk(struct metadata_scan *scan, unsigned orientation, size_t *length)
{
    *length = CHUNK_HEAD + METADATA_EXIF_LENGTH;
    unsigned char *chunk = arena_alloc(scan->arena, *length);
    memcpy(chunk, "EXIF\0\0\0\0", CHUNK_HEAD);
    chunk[4] = METADATA_EXIF_LENGTH;
    metadata_exif(orientation, chunk + CHUNK_HEAD);
    return chunk;
}

static void look_at_exif(struct container *container, uint64_t at, uint64_t whole, uint64_t length)
{
    struct metadata_scan *scan = container->scan;
    size_t kept_length = 0;
    const unsigned char *kept = NULL;
    unsigned char name[EXIF_NAME];
    bool named =
        length > EXIF_NAME && metadata_read(scan, at + CHUNK_HEAD, name, EXIF_NAME) && memcmp(name, "Exif\0", 5) == 0;
    size_t skip = named ? EXIF_NAME : 0;
    if (metadata_keeps_orientation(scan, at + CHUNK_HEAD + skip, length - skip))
        kept = orientation_chunk(scan, scan->edits->orientation, &kept_length);
    metadata_replace(scan, at, whole, kept, kept_length);
    container->growth += (int64_t)kept_length - (int64_t)whole;
}

static bool look_at_chunks(struct container *container, uint64_t end)
{
    struct metadata_scan *scan = container->scan;
    unsigned char head[CHUNK_HEAD];
    for (uint64_t at = RIFF_HEAD; at + CHUNK_HEAD <= end;) {
        if (!metadata_read(scan, at, head, CHUNK_HEAD))
            return false;
        uint64_t length = metadata_le32(head + 4), whole = CHUNK_HEAD + length + (length & 1);
        if (whole > end - at) /* some writers leave out the byte that makes the last one even */
            whole = end - at;
        if (CHUNK_HEAD + length > end - at)
            break;
        if (memcmp(head, "VP8X", 4) == 0 && !container->flags_at && length >= 1) {
            container->flags_at = at + CHUNK_HEAD;
            if (!metadata_read(scan, container->flags_at, &container->flags, 1))
                return false;
        } else if (memcmp(head, "EXIF", 4) == 0) {
            look_at_exif(container, at, whole, length);
        } else if (memcmp(head, "XMP ", 4) == 0) {
            metadata_remove(scan, at, whole);
            container->growth -= (int64_t)whole;
        }
        at += whole;
    }
    return true;
}

static void put_flags(const struct container *container)
{
    struct metadata_edits *edits = container->scan->edits;
    unsigned char flags = container->flags & (unsigned char)~(FLAG_EXIF | FLAG_XMP);
    edits->moving = container->flags & FLAG_ANIMATION;
    if (edits->orientation != 1)
        flags |= FLAG_EXIF;
    if (container->flags_at && flags != container->flags)
        metadata_replace(container->scan, container->flags_at, 1,
                         arena_strndup(container->scan->arena, (const char *)&flags, 1), 1);
}

bool metadata_find_webp(struct metadata_scan *scan)
{
    struct container container = {.scan = scan};
    unsigned char head[RIFF_HEAD];
    if (!metadata_read(scan, 0, head, RIFF_HEAD))
        return false;
    uint64_t size = metadata_le32(head + 4), end = CHUNK_HEAD + size;
    if (end > scan->picture->size || size < 4 || !look_at_chunks(&container, end))
        return false;
    put_flags(&container);
    int64_t left = (int64_t)size + container.growth;
    if (container.growth != 0) {
        unsigned char *bytes = arena_alloc(scan->arena, 4);
        for (int i = 0; i < 4; i++)
            bytes[i] = (unsigned char)((uint64_t)left >> (8 * i));
        metadata_replace(scan, 4, 4, bytes, 4);
    }
    return left >= 4 && left <= UINT32_MAX;
}
