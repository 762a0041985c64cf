/* Bodies of requests that go out in pieces; for outbound.c. */
#ifndef MEMORA_OUTBOUND_BODY_H
#define MEMORA_OUTBOUND_BODY_H

#include "outbound/outbound.h"

struct outbound_reader {
    const struct outbound_piece *pieces; /* borrowed */
    unsigned count, at;
    uint64_t position; /* in the piece, as it goes out */
};

static inline struct outbound_reader outbound_reader_of(const struct outbound_piece *pieces, unsigned count)
{
    return (struct outbound_reader){.pieces = pieces, .count = count};
}

/* The next bytes, room at most; fewer only at the end. */
size_t outbound_reader_read(struct outbound_reader *reader, char *out, size_t room);

/* All bytes of the body, as they go out. */
uint64_t outbound_body_size(const struct outbound_request *request);

#endif
