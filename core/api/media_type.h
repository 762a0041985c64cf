/* Media types of uploads: as clients give them, by the extension of the name, or by looking at the first bytes
 * (contract memos.md 5.2). */
#ifndef MEMORA_API_MEDIA_TYPE_H
#define MEMORA_API_MEDIA_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum { MEDIA_TYPE_MAX = 255, MEDIA_TYPE_SNIFF = 512 };

/* Trims, checks "token" or "token/token" with parameters (RFC 2045, section 5.1), lower-cases and drops the
 * parameters. NULL if the text is none or longer than MEDIA_TYPE_MAX. */
char *media_type_parse(struct arena *arena, const char *text);

/* By the extension of the filename, without regard to case; NULL if it is not known. */
const char *media_type_by_name(const char *filename);

/* By the first MEDIA_TYPE_SNIFF bytes, after the WHATWG MIME Sniffing Standard; "text/plain" for what looks like text,
 * else "application/octet-stream". */
const char *media_type_sniff(const void *data, size_t length);

#endif
