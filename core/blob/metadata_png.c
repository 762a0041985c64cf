/* PNG: chunks up to IEND. Texts are kept unless their keyword says that they hold what Exif, XMP or IPTC would. */
#include <ctype.h>
#include <strings.h>
#include <zlib.h>

#include "blob/metadata_internal.h"

enum { SIGNATURE = 8, CHUNK_HEAD = 8, CHUNK_CRC = 4, KEYWORD_MAX = 79 };

static bool begins_with(const char *text, const char *start)
{
    return strncasecmp(text, start, strlen(start)) == 0;
}

static bool tells_too_much(const char *keyword)
{
    static const char *const starts[] = {
        "XML:com.adobe.xmp", "Raw profile type", "exif:", "xmp:", "iptc:", "photoshop:"};
    static const char *const parts[] = {"gps", "location", "latitude", "longitude"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (begins_with(keyword, starts[i]))
            return strcasecmp(keyword, "Raw profile type icc") != 0;
    for (const char *at = keyword; *at; at++)
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
            if (begins_with(at, parts[i]))
                return true;
    return false;
}

static bool is_private_text(struct metadata_scan *scan, uint64_t at, uint32_t length)
{
    char keyword[KEYWORD_MAX + 2] = "";
    size_t n = length < KEYWORD_MAX + 1 ? length : KEYWORD_MAX + 1;
    return metadata_read(scan, at, keyword, n) && tells_too_much(keyword);
}

static const unsigned char *orientation_chunk(struct metadata_scan *scan, unsigned orientation, size_t *length)
{
    *length = CHUNK_HEAD + METADATA_EXIF_LENGTH + CHUNK_CRC;
    unsigned char *chunk = arena_alloc(scan->arena, *length), *crc_at = chunk + CHUNK_HEAD + METADATA_EXIF_LENGTH;
    memcpy(chunk, "\0\0\0\0eXIf", CHUNK_HEAD);
    chunk[3] = METADATA_EXIF_LENGTH;
    metadata_exif(orientation, chunk + CHUNK_HEAD);
    uint32_t crc = (uint32_t)crc32(0, chunk + 4, 4 + METADATA_EXIF_LENGTH);
    for (int i = 0; i < CHUNK_CRC; i++)
        crc_at[i] = (unsigned char)(crc >> (24 - 8 * i));
    return chunk;
}

static void look_at_exif(struct metadata_scan *scan, uint64_t at, uint32_t length)
{
    size_t kept_length = 0;
    const unsigned char *kept = NULL;
    if (metadata_keeps_orientation(scan, at + CHUNK_HEAD, length))
        kept = orientation_chunk(scan, scan->edits->orientation, &kept_length);
    metadata_replace(scan, at, CHUNK_HEAD + (uint64_t)length + CHUNK_CRC, kept, kept_length);
}

bool metadata_find_png(struct metadata_scan *scan)
{
    unsigned char head[CHUNK_HEAD];
    for (uint64_t at = SIGNATURE; metadata_read(scan, at, head, CHUNK_HEAD);) {
        uint32_t length = metadata_be32(head);
        const char *type = (const char *)head + 4;
        uint64_t whole = CHUNK_HEAD + (uint64_t)length + CHUNK_CRC;
        if (length > INT32_MAX || whole > scan->picture->size - at)
            return true; /* what is cut off shows, or not, without the rest */
        if (memcmp(type, "eXIf", 4) == 0)
            look_at_exif(scan, at, length);
        else if (memcmp(type, "acTL", 4) == 0)
            scan->edits->moving = true;
        else if ((memcmp(type, "tEXt", 4) == 0 || memcmp(type, "zTXt", 4) == 0 || memcmp(type, "iTXt", 4) == 0) &&
                 is_private_text(scan, at + CHUNK_HEAD, length))
            metadata_remove(scan, at, whole);
        else if (memcmp(type, "IEND", 4) == 0)
            return true;
        at += whole;
    }
    return true;
}
