/* Places in videos: MP4 (ISO/IEC 14496-12), 3GPP (TS 26.244, box loci) and QuickTime (its File Format, "User Data
 * Atoms" and "Metadata"). What tells one becomes a free box of the same length, so that no offset in the file changes.
 */
#include "blob/metadata_internal.h"

enum {
    BOX_HEAD = 8,
    LARGE_HEAD = 16,
    UUID_LENGTH = 16,
    BOXES_MAX = 100000, /* in all: samples lie in boxes of their own in some files */
    BLANK_MAX = 1024 * 1024,
    KEYS_HEAD = 8, /* version, flags, count */
    KEY_NAME_MAX = 256,
    KEYS_MAX = 1024,
    DEPTH_MAX = 6
};

struct video {
    struct metadata_scan *scan;
    unsigned boxes;
    bool has_movie;
    bool is_place[KEYS_MAX + 1]; /* of the keys of the metadata at hand, which count from 1 */
};

struct box {
    uint64_t at, body, end; /* of the head; of what it holds; of it */
    unsigned char type[4];
};

static bool is(const struct box *box, const char *type)
{
    return memcmp(box->type, type, sizeof box->type) == 0;
}

/* False at the end, and where what is there is no box. */
static bool next_box(struct video *video, uint64_t at, uint64_t end, struct box *box)
{
    unsigned char head[LARGE_HEAD];
    if (end - at < BOX_HEAD || ++video->boxes > BOXES_MAX || !metadata_read(video->scan, at, head, BOX_HEAD))
        return false;
    uint64_t length = metadata_be32(head), head_length = BOX_HEAD;
    if (length == 1) {
        if (end - at < LARGE_HEAD || !metadata_read(video->scan, at, head, LARGE_HEAD))
            return false;
        length = (uint64_t)metadata_be32(head + 8) << 32 | metadata_be32(head + 12);
        head_length = LARGE_HEAD;
    } else if (length == 0) {
        length = end - at; /* to the end */
    }
    if (length < head_length || length > end - at)
        return false;
    *box = (struct box){.at = at, .body = at + head_length, .end = at + length};
    memcpy(box->type, head + 4, sizeof box->type);
    return true;
}

static void blank(struct video *video, const struct box *box)
{
    uint64_t length = box->end - box->body;
    if (length > BLANK_MAX) {
        video->scan->full = true;
        return;
    }
    metadata_replace(video->scan, box->at + 4, 4, "free", 4);
    if (length > 0)
        metadata_replace(video->scan, box->body, length, arena_zalloc(video->scan->arena, (size_t)length),
                         (size_t)length);
}

/* "com.apple.quicktime.location.ISO6709" and its kin. */
static void read_keys(struct video *video, const struct box *keys)
{
    struct box key;
    char name[KEY_NAME_MAX + 1];
    memset(video->is_place, 0, sizeof video->is_place);
    if (keys->end - keys->body < KEYS_HEAD)
        return;
    uint64_t at = keys->body + KEYS_HEAD;
    for (unsigned i = 1; i <= KEYS_MAX && next_box(video, at, keys->end, &key); i++, at = key.end) {
        uint64_t length = key.end - key.body;
        size_t n = length < KEY_NAME_MAX ? (size_t)length : KEY_NAME_MAX;
        if (!metadata_read(video->scan, key.body, name, n))
            return;
        name[n] = '\0';
        video->is_place[i] = strstr(name, "location") || strstr(name, "GPS") || strstr(name, "xyz");
    }
}

/* "\xa9xyz": longitude, latitude and height as text. */
static bool tells_place(const struct box *box)
{
    return is(box, "\251xyz") || is(box, "loci") || is(box, "XMP_") || is(box, "Exif") || is(box, "exif");
}

static bool is_xmp(struct video *video, const struct box *box)
{
    static const unsigned char xmp[UUID_LENGTH] = {0xbe, 0x7a, 0xcf, 0xcb, 0x97, 0xa9, 0x42, 0xe8,
                                                   0x9c, 0x71, 0x99, 0x94, 0x91, 0xe3, 0xaf, 0xac};
    unsigned char uuid[UUID_LENGTH];
    return is(box, "uuid") && box->end - box->body >= UUID_LENGTH &&
           metadata_read(video->scan, box->body, uuid, UUID_LENGTH) && memcmp(uuid, xmp, UUID_LENGTH) == 0;
}

/* QuickTime has the boxes of `meta` right behind its head, ISO a version and flags before. */
static uint64_t inside_meta(struct video *video, const struct box *meta)
{
    unsigned char head[BOX_HEAD];
    bool plain = meta->end - meta->body >= BOX_HEAD && metadata_read(video->scan, meta->body, head, BOX_HEAD) &&
                 memcmp(head + 4, "hdlr", 4) == 0;
    return plain ? meta->body : meta->body + 4;
}

static void look_into(struct video *video, uint64_t at, uint64_t end, bool is_list, unsigned depth)
{
    struct box box;
    for (; at < end && next_box(video, at, end, &box); at = box.end) {
        uint32_t key = metadata_be32(box.type);
        if (tells_place(&box) || is_xmp(video, &box) || (is_list && key <= KEYS_MAX && video->is_place[key]))
            blank(video, &box);
        else if (is(&box, "keys"))
            read_keys(video, &box);
        else if (depth == DEPTH_MAX)
            continue;
        else if (is(&box, "meta"))
            look_into(video, inside_meta(video, &box), box.end, false, depth + 1);
        else if (is(&box, "moov") || is(&box, "trak") || is(&box, "udta") || is(&box, "ilst"))
            look_into(video, box.body, box.end, is(&box, "ilst"), depth + 1);
        video->has_movie = video->has_movie || is(&box, "moov");
    }
}

bool metadata_find_video(struct metadata_scan *scan)
{
    struct video *video = ARENA_NEW(scan->arena, struct video);
    video->scan = scan;
    look_into(video, 0, scan->picture->size, false, 0);
    return video->has_movie && video->boxes <= BOXES_MAX;
}
