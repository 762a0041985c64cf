/* gzip (RFC 1952) of messages and bodies. */
#ifndef MEMORA_RPC_GZIP_H
#define MEMORA_RPC_GZIP_H

#include <stdbool.h>

#include "base/spool.h"

enum gzip_result { GZIP_OK, GZIP_INVALID, GZIP_TOO_LARGE, GZIP_FAILED /* status is filled */ };

/* Appends what data expands to; GZIP_TOO_LARGE as soon as that is more than limit bytes, GZIP_FAILED if the sink takes
 * no more. data may lie in a spool. */
enum gzip_result gzip_expand(struct spool_sink *out, const void *data, size_t length, size_t limit,
                             struct status *status);

/* Appends the compressed form: quick rather than small. */
void gzip_compress(struct buf *out, const void *data, size_t length);

/* Whether a list of codings ("br, gzip;q=0.5") has gzip with a weight other than 0. */
bool gzip_accepted(const char *list);

#endif
