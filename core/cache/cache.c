#include "cache/cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/secret.h"

/* The time to live is the same for all entries, so the order of expiry is the order of writing: each shard keeps its
 * entries in one list, oldest first, and both expiry and eviction take from its head. */
enum { SHARDS = 8, SHARD_FROM = 256, BUCKETS = 256, GENERATIONS = 64 };

struct entry {
    struct entry *next_in_bucket;
    struct entry *older, *newer;
    uint64_t hash;
    int64_t expires_ns;
    size_t key_length, length;
    void *value;
    char key[];
};

struct shard {
    pthread_mutex_t lock;
    struct entry *buckets[BUCKETS];
    struct entry *oldest, *newest;
    size_t count;
    /* One counter for all keys that share it: a clash only costs a fill that is not kept. */
    uint64_t generations[GENERATIONS];
};

struct cache {
    size_t shard_count, shard_max;
    int64_t ttl_ns;
    struct shard shards[];
};

struct cache *cache_create(size_t max_entries, int64_t ttl_ns)
{
    size_t shards = max_entries >= SHARD_FROM ? SHARDS : 1;
    struct cache *cache = memory_zalloc(sizeof *cache + shards * sizeof cache->shards[0]);
    cache->shard_count = shards;
    cache->shard_max = max_entries / shards ? max_entries / shards : 1;
    cache->ttl_ns = ttl_ns;
    for (size_t i = 0; i < shards; i++)
        pthread_mutex_init(&cache->shards[i].lock, NULL);
    return cache;
}

static struct shard *shard_of(struct cache *cache, uint64_t hash)
{
    return &cache->shards[(hash >> 32) % cache->shard_count];
}

static uint64_t *generation_of(struct shard *shard, uint64_t hash)
{
    return &shard->generations[(hash >> 16) % GENERATIONS];
}

static struct entry **find(struct shard *shard, const char *key, size_t key_length, uint64_t hash)
{
    struct entry **at = &shard->buckets[hash % BUCKETS];
    while (*at && ((*at)->hash != hash || (*at)->key_length != key_length || memcmp((*at)->key, key, key_length) != 0))
        at = &(*at)->next_in_bucket;
    return at;
}

static void entry_free(struct entry *entry)
{
    secret_wipe(entry->value, entry->length);
    free(entry->value);
    free(entry);
}

/* at is the link that points to the entry. */
static void drop(struct shard *shard, struct entry **at)
{
    struct entry *entry = *at;
    *at = entry->next_in_bucket;
    if (entry->older)
        entry->older->newer = entry->newer;
    else
        shard->oldest = entry->newer;
    if (entry->newer)
        entry->newer->older = entry->older;
    else
        shard->newest = entry->older;
    shard->count--;
    entry_free(entry);
}

static void drop_oldest(struct shard *shard)
{
    struct entry *entry = shard->oldest;
    drop(shard, find(shard, entry->key, entry->key_length, entry->hash));
}

static void append(struct shard *shard, struct entry *entry)
{
    struct entry **bucket = &shard->buckets[entry->hash % BUCKETS];
    entry->next_in_bucket = *bucket;
    *bucket = entry;
    entry->older = shard->newest;
    if (shard->newest)
        shard->newest->newer = entry;
    else
        shard->oldest = entry;
    shard->newest = entry;
    shard->count++;
}

static void insert(struct cache *cache, struct shard *shard, struct entry *entry)
{
    int64_t now = clock_mono_ns();
    entry->expires_ns = now + cache->ttl_ns;
    struct entry **old = find(shard, entry->key, entry->key_length, entry->hash);
    if (*old)
        drop(shard, old);
    while (shard->oldest && shard->oldest->expires_ns <= now)
        drop_oldest(shard);
    if (shard->count >= cache->shard_max)
        for (size_t n = (cache->shard_max + 4) / 5; n > 0; n--) /* a fifth, as the contract has it */
            drop_oldest(shard);
    append(shard, entry);
}

static struct entry *entry_new(const char *key, const void *value, size_t length)
{
    size_t key_length = strlen(key);
    struct entry *entry = memory_zalloc(sizeof *entry + key_length + 1);
    memcpy(entry->key, key, key_length);
    entry->key_length = key_length;
    entry->hash = hash_fast(key, key_length);
    entry->value = memory_alloc(length ? length : 1);
    if (length)
        memcpy(entry->value, value, length);
    entry->length = length;
    return entry;
}

void *cache_get(struct cache *cache, const char *key, struct arena *arena, size_t *length)
{
    size_t key_length = strlen(key);
    uint64_t hash = hash_fast(key, key_length);
    struct shard *shard = shard_of(cache, hash);
    char *copy = NULL;
    pthread_mutex_lock(&shard->lock);
    struct entry **at = find(shard, key, key_length, hash);
    if (*at && (*at)->expires_ns <= clock_mono_ns()) {
        drop(shard, at);
    } else if (*at) {
        copy = arena_strndup(arena, (*at)->value, (*at)->length);
        if (length)
            *length = (*at)->length;
    }
    pthread_mutex_unlock(&shard->lock);
    return copy;
}

void cache_put(struct cache *cache, const char *key, const void *value, size_t length)
{
    struct entry *entry = entry_new(key, value, length);
    struct shard *shard = shard_of(cache, entry->hash);
    pthread_mutex_lock(&shard->lock);
    ++*generation_of(shard, entry->hash);
    insert(cache, shard, entry);
    pthread_mutex_unlock(&shard->lock);
}

void cache_remove(struct cache *cache, const char *key)
{
    size_t key_length = strlen(key);
    uint64_t hash = hash_fast(key, key_length);
    struct shard *shard = shard_of(cache, hash);
    pthread_mutex_lock(&shard->lock);
    ++*generation_of(shard, hash);
    struct entry **at = find(shard, key, key_length, hash);
    if (*at)
        drop(shard, at);
    pthread_mutex_unlock(&shard->lock);
}

void cache_clear(struct cache *cache)
{
    for (size_t i = 0; i < cache->shard_count; i++) {
        struct shard *shard = &cache->shards[i];
        pthread_mutex_lock(&shard->lock);
        for (size_t g = 0; g < GENERATIONS; g++)
            shard->generations[g]++;
        while (shard->oldest)
            drop_oldest(shard);
        pthread_mutex_unlock(&shard->lock);
    }
}

void cache_destroy(struct cache *cache)
{
    if (!cache)
        return;
    cache_clear(cache);
    for (size_t i = 0; i < cache->shard_count; i++)
        pthread_mutex_destroy(&cache->shards[i].lock);
    free(cache);
}

uint64_t cache_generation(struct cache *cache, const char *key)
{
    uint64_t hash = hash_fast(key, strlen(key));
    struct shard *shard = shard_of(cache, hash);
    pthread_mutex_lock(&shard->lock);
    uint64_t generation = *generation_of(shard, hash);
    pthread_mutex_unlock(&shard->lock);
    return generation;
}

void cache_put_if(struct cache *cache, const char *key, const void *value, size_t length, uint64_t generation)
{
    struct entry *entry = entry_new(key, value, length);
    struct shard *shard = shard_of(cache, entry->hash);
    pthread_mutex_lock(&shard->lock);
    /* Fills do not count as writes: two that began under the same generation have read equally fresh data. */
    if (*generation_of(shard, entry->hash) == generation) {
        insert(cache, shard, entry);
        entry = NULL;
    }
    pthread_mutex_unlock(&shard->lock);
    if (entry)
        entry_free(entry);
}
