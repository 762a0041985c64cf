/* Numbers as JSON text (RFC 8259, section 6) to and from C types. The process runs in the "C" locale. */
#ifndef MEMORA_CODEC_NUMBER_H
#define MEMORA_CODEC_NUMBER_H

#include <stdbool.h>

#include "base/buf.h"

/* Length of the JSON number at the start of text, 0 if there is none. */
size_t number_scan(const char *text, size_t length);

/* The text is exactly one JSON number; it must have an integral value within the range ("1e2" and "5.0" are fine). */
bool number_to_int(const char *text, size_t length, int64_t low, int64_t high, int64_t *out);
bool number_to_uint(const char *text, size_t length, uint64_t high, uint64_t *out);
/* False if the value overflows the type. */
bool number_to_double(const char *text, size_t length, double *out);
bool number_to_float(const char *text, size_t length, float *out);

/* Shortest text that reads back as the same value; NaN and infinities as the quoted words of the proto3 JSON mapping.
 */
void number_add_double(struct buf *out, double value);
void number_add_float(struct buf *out, float value);

#endif
