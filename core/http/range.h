/* Byte ranges of a Range header (RFC 9110 14.1.2 and 14.2). */
#ifndef MEMORA_HTTP_RANGE_H
#define MEMORA_HTTP_RANGE_H

#include <stdint.h>

enum range_kind {
    RANGE_WHOLE,        /* no header, another unit or nonsense: send everything */
    RANGE_PART,         /* 206 */
    RANGE_UNSATISFIABLE /* 416 with Content-Range: bytes *<slash>size */
};

struct range {
    enum range_kind kind;
    uint64_t first, length; /* of RANGE_PART; length >= 1 */
};

/* For one range only: several count as nonsense. header may be NULL. */
struct range range_parse(const char *header, uint64_t size);

enum { RANGE_MAX_PARTS = 16 };

struct range_set {
    enum range_kind kind;
    unsigned count; /* of RANGE_PART, >= 1; in the order of the header, those beyond the end left out */
    struct range parts[RANGE_MAX_PARTS];
};

/* Several ranges, answered as multipart/byteranges when more than one is left. More than RANGE_MAX_PARTS, or more bytes
 * than the whole has, are an attack or a mistake (RFC 9110 14.2) and give RANGE_WHOLE. */
void range_parse_set(const char *header, uint64_t size, struct range_set *out);

#endif
