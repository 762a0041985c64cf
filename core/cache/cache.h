/* A bounded, sharded, thread-safe map from text keys to byte values with a time to live that counts from the last
 * write (contract/database.md 12). Values are copied in and out, so nothing is shared between requests. */
#ifndef MEMORA_CACHE_CACHE_H
#define MEMORA_CACHE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct cache;

struct cache *cache_create(size_t max_entries, int64_t ttl_ns);
void cache_destroy(struct cache *cache); /* wipes values before freeing them */

/* Copy of the value in the arena with a NUL behind it, or NULL. */
void *cache_get(struct cache *cache, const char *key, struct arena *arena, size_t *length);
void cache_put(struct cache *cache, const char *key, const void *value, size_t length);
void cache_remove(struct cache *cache, const char *key);
void cache_clear(struct cache *cache);

/* For fills that race with writes: take the generation before reading the database, and put only if nothing was
 * removed or put for that key since; else a stale read could overwrite a fresh eviction. */
uint64_t cache_generation(struct cache *cache, const char *key);
void cache_put_if(struct cache *cache, const char *key, const void *value, size_t length, uint64_t generation);

#endif
