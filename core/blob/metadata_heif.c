/* HEIF and AVIF: boxes (ISO/IEC 14496-12). Metadata are items of the box `meta`; `iinf` says of what kind an item is,
 * `iloc` where its bytes lie. They are overwritten in place, since places of other items count from the file's start.
 * The orientation of such pictures is a property of theirs; where the Exif part tells one as well, it still does. */
#include "blob/metadata_internal.h"

enum {
    BOX_HEAD = 8,
    BOX_HEAD_LONG = 16,
    BOXES_MAX = 1024,
    META_MAX = 4 * 1024 * 1024,
    ITEMS_MAX = 16, /* of metadata */
    EXTENTS_MAX = 8192,
    EXIF_OFFSET = 4 /* before the Exif part of an item, where it starts behind that */
};

struct span {
    const unsigned char *at, *end;
};

struct item {
    uint32_t id;
    bool exif; /* else XMP */
};

struct extent {
    uint64_t at, length; /* in the file */
    int item;            /* index, or -1 for what is not metadata */
};

struct heif {
    struct metadata_scan *scan;
    uint64_t meta_at, meta_end;  /* in the file */
    const unsigned char *meta;   /* the box, from its first byte */
    struct span info, locations; /* of iinf and iloc, behind version and flags */
    unsigned char info_version, locations_version;
    struct span data; /* of idat */
    struct item items[ITEMS_MAX];
    int item_count;
    struct extent *extents;
    unsigned extent_count;
};

/* A big-endian number of 0 to 8 bytes; false behind the end. */
static bool take(struct span *span, unsigned length, uint64_t *out)
{
    if ((size_t)(span->end - span->at) < length)
        return false;
    *out = 0;
    while (length-- > 0)
        *out = *out << 8 | *span->at++;
    return true;
}

/* A box at the start of the span, which becomes what is behind it. */
static bool take_box(struct span *span, const unsigned char **type, struct span *inside)
{
    uint64_t size, long_size;
    const unsigned char *start = span->at;
    if (!take(span, 4, &size) || span->end - span->at < 4)
        return false;
    *type = span->at;
    span->at += 4;
    if (size == 1) {
        if (!take(span, 8, &long_size))
            return false;
        size = long_size;
    } else if (size == 0) {
        size = (uint64_t)(span->end - start);
    }
    if (size < (uint64_t)(span->at - start) || size > (uint64_t)(span->end - start))
        return false;
    *inside = (struct span){span->at, start + size};
    span->at = start + size;
    return true;
}

static bool take_version(struct span *span, unsigned char *version)
{
    uint64_t number;
    if (!take(span, 4, &number))
        return false;
    *version = (unsigned char)(number >> 24);
    return true;
}

static bool is_picture_brand(const unsigned char *brand)
{
    static const char brands[][5] = {"heic", "heix", "heim", "heis", "hevc", "hevx",
                                     "mif1", "mif2", "msf1", "avif", "avis"};
    for (size_t i = 0; i < sizeof brands / sizeof *brands; i++)
        if (memcmp(brand, brands[i], 4) == 0)
            return true;
    return false;
}

/* Finds the box meta among those of the file. */
static bool find_meta(struct heif *heif)
{
    struct metadata_scan *scan = heif->scan;
    unsigned char head[BOX_HEAD_LONG];
    uint64_t at = 0;
    for (unsigned i = 0; i < BOXES_MAX && metadata_read(scan, at, head, BOX_HEAD); i++) {
        uint64_t size = metadata_be32(head), least = BOX_HEAD;
        if (size == 1) {
            if (!metadata_read(scan, at, head, BOX_HEAD_LONG))
                return false;
            size = (uint64_t)metadata_be32(head + 8) << 32 | metadata_be32(head + 12);
            least = BOX_HEAD_LONG;
        } else if (size == 0) {
            size = scan->picture->size - at;
        }
        if (size < least || size > scan->picture->size - at)
            return false;
        if (memcmp(head + 4, "meta", 4) == 0) {
            heif->meta_at = at;
            heif->meta_end = at + size;
            return size <= META_MAX;
        }
        at += size;
    }
    return false;
}

static bool read_meta(struct heif *heif)
{
    size_t length = (size_t)(heif->meta_end - heif->meta_at);
    unsigned char *bytes = arena_alloc(heif->scan->arena, length), version;
    const unsigned char *type;
    struct span all = {bytes, bytes + length}, meta, box;
    heif->meta = bytes;
    if (!metadata_read(heif->scan, heif->meta_at, bytes, length) || !take_box(&all, &type, &meta) ||
        !take_version(&meta, &version))
        return false;
    while (meta.at < meta.end) {
        if (!take_box(&meta, &type, &box))
            return false;
        if (memcmp(type, "idat", 4) == 0) {
            heif->data = box;
        } else if (memcmp(type, "iinf", 4) == 0) {
            if (!take_version(&box, &heif->info_version))
                return false;
            heif->info = box;
        } else if (memcmp(type, "iloc", 4) == 0) {
            if (!take_version(&box, &heif->locations_version))
                return false;
            heif->locations = box;
        }
    }
    return heif->info.at && heif->locations.at;
}

/* Whether an entry of iinf (`infe`, of version 2 or 3) is one of metadata. */
static bool is_metadata(struct span entry, struct item *out)
{
    static const char xmp[] = "application/rdf+xml";
    unsigned char version;
    uint64_t id, protection;
    if (!take_version(&entry, &version) || (version != 2 && version != 3) || !take(&entry, version == 2 ? 2 : 4, &id) ||
        !take(&entry, 2, &protection) || entry.end - entry.at < 4)
        return false;
    const unsigned char *type = entry.at;
    *out = (struct item){(uint32_t)id, memcmp(type, "Exif", 4) == 0};
    if (out->exif)
        return true;
    if (memcmp(type, "mime", 4) != 0)
        return false;
    const unsigned char *name_end = memchr(type + 4, 0, (size_t)(entry.end - type - 4));
    return name_end && (size_t)(entry.end - name_end - 1) >= sizeof xmp && memcmp(name_end + 1, xmp, sizeof xmp) == 0;
}

static bool read_info(struct heif *heif)
{
    struct span info = heif->info, entry;
    const unsigned char *type;
    uint64_t count;
    if (!take(&info, heif->info_version == 0 ? 2 : 4, &count))
        return false;
    for (uint64_t i = 0; i < count && info.at < info.end; i++) {
        struct item item;
        if (!take_box(&info, &type, &entry))
            return false;
        if (memcmp(type, "infe", 4) != 0 || !is_metadata(entry, &item))
            continue;
        if (heif->item_count == ITEMS_MAX)
            return false;
        heif->items[heif->item_count++] = item;
    }
    return true;
}

static int find_item(const struct heif *heif, uint64_t id)
{
    for (int i = 0; i < heif->item_count; i++)
        if (heif->items[i].id == id)
            return i;
    return -1;
}

/* Where the bytes of one kind of places begin and end in the file. */
static bool area_of(const struct heif *heif, uint64_t method, uint64_t *start, uint64_t *end)
{
    *start = 0;
    *end = heif->scan->picture->size;
    if (method == 0)
        return true;
    if (method != 1 || !heif->data.at)
        return false;
    *start = heif->meta_at + (uint64_t)(heif->data.at - heif->meta);
    *end = heif->meta_at + (uint64_t)(heif->data.end - heif->meta);
    return true;
}

struct sizes {
    unsigned offset, length, base, index;
};

/* The extents of one item of iloc. */
static bool read_item(struct heif *heif, struct span *span, const struct sizes *sizes)
{
    unsigned char version = heif->locations_version;
    uint64_t id, method = 0, reference, base, count, ignored, offset, length, start = 0, end = 0;
    if (!take(span, version < 2 ? 2 : 4, &id) || (version > 0 && !take(span, 2, &method)) ||
        !take(span, 2, &reference) || !take(span, sizes->base, &base) || !take(span, 2, &count))
        return false;
    method &= 0xf;
    bool here = reference == 0 && area_of(heif, method, &start, &end);
    int item = find_item(heif, id);
    for (uint64_t i = 0; i < count; i++) {
        if ((version > 0 && !take(span, sizes->index, &ignored)) || !take(span, sizes->offset, &offset) ||
            !take(span, sizes->length, &length))
            return false;
        if (!here)
            continue;
        if (base > end - start || offset > end - start - base)
            return false;
        uint64_t at = start + base + offset;
        length = sizes->length == 0 || length == 0 ? end - at : length;
        if (length > end - at || heif->extent_count == EXTENTS_MAX)
            return false;
        heif->extents[heif->extent_count++] = (struct extent){at, length, item};
    }
    return true;
}

static bool read_locations(struct heif *heif)
{
    struct span span = heif->locations;
    uint64_t packed, count;
    if (heif->locations_version > 2 || !take(&span, 2, &packed) ||
        !take(&span, heif->locations_version < 2 ? 2 : 4, &count))
        return false;
    const struct sizes sizes = {packed >> 12 & 15, packed >> 8 & 15, packed >> 4 & 15, packed & 15};
    if (sizes.offset > 8 || sizes.length > 8 || sizes.base > 8 || (heif->locations_version > 0 && sizes.index > 8))
        return false;
    heif->extents = ARENA_ARRAY(heif->scan->arena, struct extent, EXTENTS_MAX);
    for (uint64_t i = 0; i < count; i++)
        if (!read_item(heif, &span, &sizes))
            return false;
    return true;
}

static bool overlap(uint64_t at, uint64_t end, const struct extent *other)
{
    return at < other->at + other->length && other->at < end;
}

/* Whether nothing but this item needs its bytes. */
static bool is_separate(const struct heif *heif, const struct extent *extent)
{
    uint64_t end = extent->at + extent->length;
    uint64_t data_at = 0, data_end = 0;
    bool in_data = area_of(heif, 1, &data_at, &data_end) && extent->at >= data_at && end <= data_end;
    if (!in_data && extent->at < heif->meta_end && end > heif->meta_at)
        return false;
    for (unsigned i = 0; i < heif->extent_count; i++) {
        const struct extent *other = &heif->extents[i];
        if (other != extent && overlap(extent->at, end, other))
            return false;
    }
    return true;
}

static void blank_exif(struct metadata_scan *scan, uint64_t at, unsigned char *blank, size_t length)
{
    static const unsigned char nothing[] = {0, 0, 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0};
    unsigned char start[EXIF_OFFSET];
    unsigned orientation = 1;
    memset(blank, 0, length);
    if (length > EXIF_OFFSET && metadata_read(scan, at, start, EXIF_OFFSET)) {
        uint64_t skip = EXIF_OFFSET + (uint64_t)metadata_be32(start);
        if (skip < length)
            orientation = metadata_orientation(scan, at + skip, length - skip);
    }
    if (orientation != 1 && length >= EXIF_OFFSET + METADATA_EXIF_LENGTH)
        metadata_exif(orientation, blank + EXIF_OFFSET);
    else if (length >= sizeof nothing)
        memcpy(blank, nothing, sizeof nothing);
}

static void blank_xmp(unsigned char *blank, size_t length)
{
    static const char nothing[] = "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"/>";
    memset(blank, ' ', length);
    if (length >= sizeof nothing)
        memcpy(blank, nothing, sizeof nothing - 1);
}

static bool put_edits(struct heif *heif)
{
    uint64_t total = 0;
    for (unsigned i = 0; i < heif->extent_count; i++) {
        const struct extent *extent = &heif->extents[i];
        if (extent->item < 0 || extent->length == 0)
            continue;
        total += extent->length;
        if (total > META_MAX || heif->scan->full || !is_separate(heif, extent))
            return false;
        size_t length = (size_t)extent->length;
        unsigned char *blank = arena_alloc(heif->scan->arena, length);
        if (heif->items[extent->item].exif)
            blank_exif(heif->scan, extent->at, blank, length);
        else
            blank_xmp(blank, length);
        metadata_replace(heif->scan, extent->at, length, blank, length);
    }
    return true;
}

bool metadata_find_heif(struct metadata_scan *scan)
{
    struct heif heif = {.scan = scan};
    unsigned char head[BOX_HEAD + 4];
    if (!metadata_read(scan, 0, head, sizeof head) || !is_picture_brand(head + BOX_HEAD) || !find_meta(&heif) ||
        !read_meta(&heif) || !read_info(&heif))
        return false;
    return heif.item_count == 0 || (read_locations(&heif) && put_edits(&heif));
}
