/* Full Unicode case folding (Unicode CaseFolding.txt, statuses C and F), so that "straße" equals "STRASSE". */
#ifndef MEMORA_BASE_FOLD_H
#define MEMORA_BASE_FOLD_H

#include <stddef.h>

/* Folds n bytes of UTF-8 into out (cap bytes, not NUL-terminated). Returns the bytes needed; if that is more than cap,
 * out holds no useful text. Invalid bytes are copied as they are. */
size_t fold_utf8(const char *in, size_t n, char *out, size_t cap);

#endif
