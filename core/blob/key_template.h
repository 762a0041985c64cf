/* Where a new file goes: the path template of the storage setting (contract memos.md 5.4). */
#ifndef MEMORA_BLOB_KEY_TEMPLATE_H
#define MEMORA_BLOB_KEY_TEMPLATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

/* Replaces the variables {filename} {timestamp} {year} {month} {day} {hour} {minute} {second} (local time) and {uuid};
 * what only looks like one stays. A template without {filename} gets "/{filename}" behind it, an empty one is the
 * default. Control characters of the filename become '_', so that the result can be a key. */
char *key_template_expand(struct arena *arena, const char *path_template, const char *filename, int64_t now_s);

/* The path with suffix put in before the extension of its last segment ("a/b.tar.gz", "_x" -> "a/b.tar_x.gz"). The
 * segment is cut to what file systems take (255 bytes), at a code point, keeping suffix and extension. */
char *key_template_suffix(struct arena *arena, const char *path, const char *suffix);

/* An absolute path without "." and ".." segments and doubled slashes, without trailing slash ("" = the root itself).
 * path is taken relative to base (absolute) unless it is absolute. ".." is resolved in the text, and not above "/". */
char *path_absolute(struct arena *arena, const char *base, const char *path);

/* Whether the text keeps the rules of the storage interface for keys (memora/storage.h). */
bool key_valid(const char *key);

#endif
