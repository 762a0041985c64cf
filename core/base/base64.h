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

#endif
