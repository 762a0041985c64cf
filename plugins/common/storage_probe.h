/* memora_storage_ops.check for storage plugins: an object of its own is written, read back and removed. */
#ifndef COMMON_STORAGE_PROBE_H
#define COMMON_STORAGE_PROBE_H

#include <memora/storage.h>

/* MEMORA_OK, or the code and message of the operation that failed; MEMORA_E_IO if other bytes come back. Thread-safe
 * if the operations are. */
int storage_probe(const struct memora_host *host, const struct memora_storage_ops *ops, struct memora_storage *storage,
                  struct memora_error *error);

#endif
