/* JSON string literals (RFC 8259, section 7). */
#ifndef MEMORA_CODEC_JSON_TEXT_H
#define MEMORA_CODEC_JSON_TEXT_H

#include "base/buf.h"

/* Appends the text as a quoted literal. Bytes that are not UTF-8 become U+FFFD, so the result is always valid. */
void json_add_string(struct buf *out, const char *text, size_t length);

/* The same with '<', '>', '&', U+2028 and U+2029 as \u003c and so on, as the error bodies of Connect and the bodies of
 * webhooks have them. */
void json_add_string_html(struct buf *out, const char *text, size_t length);

#endif
