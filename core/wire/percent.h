/* Percent-encoding (RFC 3986, section 2.1). */
#ifndef MEMORA_WIRE_PERCENT_H
#define MEMORA_WIRE_PERCENT_H

#include <stdbool.h>

#include "base/arena.h"

/* Decodes length bytes; plus_is_space as in form data. The result is NUL-terminated in the arena, *out_length bytes.
 * NULL on a bad escape; *bad (may be NULL) then points at its '%'. */
char *wire_percent_decode(struct arena *arena, const char *text, size_t length, bool plus_is_space, size_t *out_length,
                          const char **bad);

/* As above, of what is to be used as text: NULL also when it is no UTF-8 or has a NUL inside, neither of which a
 * database takes. */
char *wire_percent_decode_text(struct arena *arena, const char *text, size_t length, bool plus_is_space);

/* As gRPC wants its messages in a header: what isn't printable ASCII, and '%', is escaped. */
char *wire_percent_encode_message(struct arena *arena, const char *text);

#endif
