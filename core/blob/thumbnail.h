/* Thumbnails of pictures and their cache `.thumbnail_cache/{uid}.v2.jpeg` in the data directory, which v0.30 shares
 * (contract memos.md 5.7). */
#ifndef MEMORA_BLOB_THUMBNAIL_H
#define MEMORA_BLOB_THUMBNAIL_H

#include "blob/blob.h"

/* Whether there are thumbnails of the media type. */
bool thumbnail_possible(const char *type);

/* Whether one is in the cache; asks the file system only. */
bool thumbnail_is_cached(const struct blob *blob, struct arena *arena, const char *uid);

/* The JPEG, from the cache, or made and put there; of several that ask for the same at once, one makes it. Any failure
 * means that the original is to be sent: no helper, a picture that cannot be decoded, one whose colours a JPEG of the
 * helper would not keep. Failures that a retry would not change are remembered for a while. Thread-safe. */
enum status_code thumbnail_get(struct blob *blob, struct store *store, struct arena *arena,
                               const struct store_attachment *attachment, struct buf *out, struct status *status);

/* The attachment is gone: so is its thumbnail. */
void thumbnail_forget(struct blob *blob, struct arena *arena, const char *uid);

struct thumbnails;
struct thumbnails *thumbnails_create(void);
void thumbnails_destroy(struct thumbnails *thumbnails); /* NULL is fine */

#endif
