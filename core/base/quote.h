/* Text in double quotes, the way error messages of the contract show names that clients sent. */
#ifndef MEMORA_BASE_QUOTE_H
#define MEMORA_BASE_QUOTE_H

#include "base/arena.h"

/* "abc" with the quotes; '"', '\' and what does not print are escaped as \", \\, \n, \x7f, \u200b, \U000e0001. Bytes
 * that are not UTF-8 become \xNN, so the result is always valid UTF-8. */
char *text_quote(struct arena *arena, const char *text);

#endif
