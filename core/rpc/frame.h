/* Length-prefixed messages of gRPC: a byte of flags, the length in four bytes (big-endian), the data. */
#ifndef MEMORA_RPC_FRAME_H
#define MEMORA_RPC_FRAME_H

#include "base/buf.h"

enum { FRAME_HEAD = 5 };
enum frame_flags { FRAME_COMPRESSED = 0x01, FRAME_TRAILER = 0x80 };

struct frame {
    unsigned flags;
    const char *data; /* in the body */
    size_t length;
};

enum frame_result { FRAME_READ, FRAME_END, FRAME_BROKEN };

/* The frame at *at, which moves behind it. FRAME_END exactly at the end of the body. */
enum frame_result frame_read(const char *body, size_t body_length, size_t *at, struct frame *out);
void frame_add(struct buf *out, unsigned flags, const char *data, size_t length);

#endif
