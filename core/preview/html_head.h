/* What the head of an HTML page says about the page (contract memos.md 2.13). */
#ifndef MEMORA_PREVIEW_HTML_HEAD_H
#define MEMORA_PREVIEW_HTML_HEAD_H

#include <stddef.h>

#include "base/arena.h"

enum { HTML_TITLE_MAX = 1024, HTML_DESCRIPTION_MAX = 4096, HTML_IMAGE_MAX = 4096 };

/* UTF-8 of at most HTML_..._MAX bytes; "" where the page does not say. Texts are cut at a character; a longer address
 * of an image is none. */
struct html_head {
    const char *title;       /* <title> or og:title, whichever comes last */
    const char *description; /* og:description, else <meta name=description> */
    const char *image;       /* og:image, as written */
};

/* Reads up to <body>. The document may be cut anywhere; content_type (NULL: none) may name its encoding. */
void html_head_read(struct arena *arena, const char *content_type, const char *bytes, size_t length,
                    struct html_head *out);

#endif
