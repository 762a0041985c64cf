/* UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, at most U+10FFFF. */
#ifndef MEMORA_BASE_UTF8_H
#define MEMORA_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool utf8_valid(const char *text, size_t length);

/* Decodes the code point at text; *size becomes its bytes (1..4). Invalid: gives UINT32_MAX and size 1. length >= 1. */
uint32_t utf8_decode(const char *text, size_t length, size_t *size);

/* Encodes into out (4 bytes); returns the bytes written, 0 if not a scalar value. */
size_t utf8_encode(uint32_t code_point, char *out);

size_t utf8_count(const char *text, size_t length); /* code points; an invalid byte counts as one */

#endif
