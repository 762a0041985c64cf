/* Character references of HTML and backslash escapes, which Markdown shares (CommonMark 2.4, 2.5). */
#ifndef MEMORA_MARKDOWN_ENTITY_H
#define MEMORA_MARKDOWN_ENTITY_H

#include <stddef.h>

#include "base/buf.h"

/* The reference that text begins with ("&amp;", "&#35;", "&#x23;"): writes its characters (at most 7 bytes) and their
 * number of bytes, and gives the length of the reference; 0 if there is none. */
size_t markdown_entity(const char *text, size_t length, char out[8], size_t *out_length);

/* Appends text with references and backslash escapes replaced by what they stand for. */
void markdown_decode(struct buf *out, const char *text, size_t length);

#endif
