/* JSON string literals (RFC 8259, section 7). */
#ifndef MEMORA_CODEC_JSON_TEXT_H
#define MEMORA_CODEC_JSON_TEXT_H

#include "base/buf.h"

/* Appends the text as a quoted literal. Bytes that are not UTF-8 become U+FFFD, so the result is always valid. */
void json_add_string(struct buf *out, const char *text, size_t length);

/* The same with '<', '>' and '&' as \u003c, \u003e and \u0026, as the error bodies of Connect have them. */
void json_add_string_html(struct buf *out, const char *text, size_t length);

#endif
