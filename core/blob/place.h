/* Attachment files by their place: for moving them between storages and for finding those that nobody names. */
#ifndef MEMORA_BLOB_PLACE_H
#define MEMORA_BLOB_PLACE_H

#include <memora/storage.h>

#include "blob/blob.h"

/* A LOCAL reference below the place for files or the data directory, as a path relative to that; NULL if elsewhere. */
const char *blob_relative(struct blob *blob, struct arena *arena, const char *reference);

/* A path below that place for an attachment: of a LOCAL reference that is relative, or an S3 key; NULL if neither. */
const char *blob_wanted_path(const struct store_attachment *attachment);

/* Stores bytes in the configured storage at a path below the place for files, replacing what is there: path if that is
 * a name files may have, else (or NULL) "assets/UID_FILENAME". Reads uid, filename and payload; fills storage,
 * reference and payload. References are relative to the data directory where files lie below it, else absolute. */
enum status_code blob_put_at(struct blob *blob, struct arena *arena, const char *path, const struct memora_put *put,
                             struct store_attachment *attachment, struct status *status);
/* Takes what the payload says of an object in a bucket away. */
void blob_forget_object(struct arena *arena, struct store_attachment *attachment);

/* Whether the attachment is in the bucket that the configuration names. */
bool blob_in_configured_bucket(struct blob *blob, const struct store_attachment *attachment);
/* Its key in the storage that the configuration names; NULL if it lies elsewhere. */
const char *blob_key_of(struct blob *blob, struct arena *arena, const struct store_attachment *attachment);
/* The start of all keys that a path template of the settings makes, "" if it has no folder of its own. */
const char *blob_template_prefix(struct blob *blob, struct arena *arena, const char *path_template);

/* Keys that start with prefix, in order; stops when item gives false. STATUS_UNIMPLEMENTED: this storage has no lists.
 */
typedef bool (*blob_item_fn)(void *ctx, const char *key, const struct memora_object *object);
enum status_code blob_list(struct blob *blob, const char *prefix, blob_item_fn item, void *ctx, struct status *status);
enum status_code blob_remove_key(struct blob *blob, const char *key, struct status *status);

#endif
