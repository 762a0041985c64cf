/* Percent-encoding of URI components (RFC 3986, section 2.1). */
#ifndef MEMORA_WIRE_PERCENT_H
#define MEMORA_WIRE_PERCENT_H

#include "base/arena.h"

/* Decoded copy with a NUL; NULL on a bad escape, an encoded NUL or bytes that are no UTF-8. "+" stays itself. */
char *wire_percent_decode(struct arena *arena, const char *text, size_t length);

#endif
