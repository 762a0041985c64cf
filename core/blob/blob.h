/* Attachment bytes, wherever they lie: a storage plugin (LOCAL, S3) or a database column. */
#ifndef MEMORA_BLOB_BLOB_H
#define MEMORA_BLOB_BLOB_H

#include <memora/storage.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"

struct blob;
struct config;

/* The instance of the configured storage plugin, rooted in the data directory. Plugin tables come from the registry. */
enum status_code blob_open(const struct memora_storage_ops *ops, const struct memora_config *plugin_config,
                           const struct config *config, struct blob **out, struct status *status);
void blob_close(struct blob *blob);

#endif
