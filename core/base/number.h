/* Whole numbers from text, strictly. */
#ifndef MEMORA_BASE_NUMBER_H
#define MEMORA_BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* A decimal 32-bit integer with optional sign and nothing else. */
bool number_parse_int32(const char *text, int32_t *out);

#endif
