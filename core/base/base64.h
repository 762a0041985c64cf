/* Base64 (RFC 4648, sections 4 and 5). */
#ifndef MEMORA_BASE_BASE64_H
#define MEMORA_BASE_BASE64_H

#include <stdbool.h>

#include "base/buf.h"

void base64_encode(struct buf *out, const void *data, size_t length);     /* standard alphabet, padded */
void base64_encode_url(struct buf *out, const void *data, size_t length); /* URL alphabet, no padding */

/* Both alphabets, with or without padding; line breaks are passed over. On failure *bad_at (may be NULL) is the index
 * of the first bad byte. */
bool base64_decode(struct buf *out, const char *text, size_t length, size_t *bad_at);
/* Standard alphabet with padding only, as page tokens and secrets want it. */
bool base64_decode_strict(struct buf *out, const char *text, size_t length, size_t *bad_at);

/* The same for a text in pieces, which may be cut anywhere: starts zeroed, strict set as wanted; *bad_at counts from
 * the start of the first piece. Nothing but the stream is kept between the pieces. */
struct base64_stream {
    bool strict;
    uint32_t word; /* of digits that don't make a whole group yet */
    size_t pending, padding;
    size_t at, start, pad_at; /* the end of the last piece, the first pending digit, the first padding */
};
bool base64_stream_add(struct base64_stream *stream, struct buf *out, const char *text, size_t length, size_t *bad_at);
bool base64_stream_end(struct base64_stream *stream, struct buf *out, size_t *bad_at);

#endif
