/* Text of web pages as UTF-8, whichever encoding it comes in (encoding.spec.whatwg.org). */
#ifndef MEMORA_PREVIEW_CHARSET_H
#define MEMORA_PREVIEW_CHARSET_H

#include <stddef.h>

#include "base/arena.h"

/* The encoding that a label such as "latin1" names, under the name that iconv knows; NULL if it names none of those
 * that the web uses. */
const char *charset_of_label(const char *label, size_t length);

/* The encoding of an HTML document: by its byte order mark, else as the answer's Content-Type says, else as a <meta> in
 * its first 1024 bytes does, else UTF-8 if it is that, else windows-1252. content_type may be NULL. */
const char *charset_of_html(struct arena *arena, const char *content_type, const char *bytes, size_t length);

/* The text without a byte order mark. What is invalid, and NUL, becomes U+FFFD. *out_length bytes and a NUL. */
const char *charset_to_utf8(struct arena *arena, const char *charset, const char *bytes, size_t length,
                            size_t *out_length);

#endif
