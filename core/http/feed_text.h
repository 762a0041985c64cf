/* Text of feeds: XML escaping, titles and dates (contract memos.md 6). */
#ifndef MEMORA_HTTP_FEED_TEXT_H
#define MEMORA_HTTP_FEED_TEXT_H

#include <stdint.h>

#include "base/buf.h"

/* Escapes as XML text and attribute values; what XML 1.0 has no place for becomes U+FFFD (XML 1.0, section 2.2). */
void feed_text_escape(struct buf *out, const char *text, size_t length);

/* indent<name>text</name> and a newline. */
void feed_text_element(struct buf *out, const char *indent, const char *name, const char *text);

/* A CDATA section; an end mark inside the text is split over two sections. */
void feed_text_cdata(struct buf *out, const char *text);

/* First line of the content without heading marks, at most 100 bytes; "Memo" if there is nothing. */
const char *feed_text_title(struct arena *arena, const char *content, size_t length);

/* "Tue, 24 Nov 2026 03:02:42 +0000". */
const char *feed_text_date(struct arena *arena, int64_t seconds);

#endif
