/* One byte range of a Range header (RFC 9110 14.2). */
#ifndef MEMORA_HTTP_RANGE_H
#define MEMORA_HTTP_RANGE_H

#include <stdint.h>

enum range_kind {
    RANGE_WHOLE,        /* no header, another unit, several ranges or nonsense: send everything */
    RANGE_PART,         /* 206 */
    RANGE_UNSATISFIABLE /* 416 with Content-Range: bytes *<slash>size */
};

struct range {
    enum range_kind kind;
    uint64_t first, length; /* of RANGE_PART; length >= 1 */
};

/* header may be NULL. */
struct range range_parse(const char *header, uint64_t size);

#endif
