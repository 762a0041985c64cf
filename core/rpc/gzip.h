/* gzip (RFC 1952) of messages and bodies, in one piece and in the arena. */
#ifndef MEMORA_RPC_GZIP_H
#define MEMORA_RPC_GZIP_H

#include <stdbool.h>

#include "base/buf.h"

enum gzip_result { GZIP_OK, GZIP_INVALID, GZIP_TOO_LARGE };

/* Appends what data expands to; GZIP_TOO_LARGE as soon as that is more than limit bytes. */
enum gzip_result gzip_expand(struct buf *out, const void *data, size_t length, size_t limit);

/* Appends the compressed form: quick rather than small. */
void gzip_compress(struct buf *out, const void *data, size_t length);

/* Whether a list of codings ("br, gzip;q=0.5") has gzip with a weight other than 0. */
bool gzip_accepted(const char *list);

#endif
