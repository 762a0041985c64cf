/* The statements of a connection, found by the text that store/ wrote. A hit costs one hash and one comparison of that
 * text; only a miss rewrites it for the dialect and has it prepared. Being per connection it needs no lock. */
#include "db/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { MIN_STATEMENTS = 8, MAX_STATEMENTS = 4096, MAX_CACHED_TEXT = 64 * 1024 };
static const char returning_id[] = " RETURNING id";

void stmt_cache_init(struct stmt_cache *cache, unsigned capacity)
{
    capacity = capacity < MIN_STATEMENTS ? MIN_STATEMENTS : capacity > MAX_STATEMENTS ? MAX_STATEMENTS : capacity;
    unsigned buckets = 1;
    while (buckets < capacity * 2)
        buckets *= 2;
    *cache = (struct stmt_cache){.buckets = memory_zalloc(buckets * sizeof(struct statement *)),
                                 .capacity = capacity,
                                 .bucket_mask = buckets - 1};
}

static void statement_free(struct db_conn *conn, struct statement *statement)
{
    if (statement->prepared)
        conn->db->ops->finalize(statement->prepared);
    free(statement->rows.values);
    free(statement->bound);
    free(statement->order);
    free(statement->text);
    free(statement);
}

static void list_remove(struct stmt_cache *cache, struct statement *statement)
{
    *(statement->newer ? &statement->newer->older : &cache->newest) = statement->older;
    *(statement->older ? &statement->older->newer : &cache->oldest) = statement->newer;
}

static void list_add_newest(struct stmt_cache *cache, struct statement *statement)
{
    statement->newer = NULL;
    statement->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = statement;
    cache->newest = statement;
}

static void cache_remove(struct stmt_cache *cache, struct statement *statement)
{
    struct statement **at = &cache->buckets[statement->hash & cache->bucket_mask];
    while (*at != statement)
        at = &(*at)->chain;
    *at = statement->chain;
    list_remove(cache, statement);
    cache->count--;
}

static void cache_add(struct db_conn *conn, struct statement *statement)
{
    struct stmt_cache *cache = &conn->cache;
    struct statement *oldest = cache->oldest;
    while (cache->count >= cache->capacity && oldest) {
        struct statement *newer = oldest->newer;
        if (!oldest->busy) {
            cache_remove(cache, oldest);
            statement_free(conn, oldest);
        }
        oldest = newer;
    }
    struct statement **bucket = &cache->buckets[statement->hash & cache->bucket_mask];
    statement->chain = *bucket;
    *bucket = statement;
    list_add_newest(cache, statement);
    cache->count++;
}

void stmt_cache_clear(struct db_conn *conn)
{
    struct stmt_cache *cache = &conn->cache;
    while (cache->newest) {
        struct statement *statement = cache->newest;
        cache_remove(cache, statement);
        statement_free(conn, statement);
    }
}

static enum status_code prepare(struct db_conn *conn, struct statement *statement, const char *sql, size_t length,
                                struct status *status)
{
    struct arena *arena = arena_create();
    struct rewritten text;
    enum status_code code = rewrite_sql(conn->db->dialect, sql, length, arena, &text, status);
    if (code == STATUS_OK) {
        struct memora_error error = {0};
        const char *final = text.sql;
        if (statement->returning)
            final = arena_printf(arena, "%s%s", text.sql, returning_id);
        int result = conn->db->ops->prepare(conn->handle, final, strlen(final), &statement->prepared, &error);
        if (result != MEMORA_OK)
            code = conn_fail(conn, result, &error, status);
    }
    if (code == STATUS_OK) {
        statement->param_count = text.param_count;
        statement->bind_count = text.bind_count;
        if (text.order) {
            size_t size = text.bind_count * sizeof *text.order;
            statement->order = memcpy(memory_alloc(size), text.order, size);
            statement->bound = memory_alloc(text.bind_count * sizeof *statement->bound);
        }
    }
    arena_destroy(arena);
    return code;
}

static struct statement *find(struct stmt_cache *cache, uint64_t hash, const char *sql, size_t length, bool returning)
{
    struct statement *statement = cache->buckets[hash & cache->bucket_mask];
    while (statement && (statement->hash != hash || statement->length != length || statement->returning != returning ||
                         memcmp(statement->text, sql, length) != 0))
        statement = statement->chain;
    return statement;
}

enum status_code stmt_cache_get(struct db_conn *conn, const char *sql, bool returning, struct statement **out,
                                struct status *status)
{
    struct stmt_cache *cache = &conn->cache;
    size_t length = strlen(sql);
    uint64_t hash = hash_fast(sql, length);
    struct statement *found = find(cache, hash, sql, length, returning);
    if (found && !found->busy) {
        if (cache->newest != found) {
            list_remove(cache, found);
            list_add_newest(cache, found);
        }
        found->busy = true;
        *out = found;
        return STATUS_OK;
    }
    struct statement *statement = memory_zalloc(sizeof *statement);
    statement->hash = hash;
    statement->length = length;
    statement->text = memcpy(memory_alloc(length + 1), sql, length + 1);
    statement->returning = returning;
    statement->busy = true;
    enum status_code code = prepare(conn, statement, sql, length, status);
    if (code) {
        statement_free(conn, statement);
        return code;
    }
    statement->cached = !found && length <= MAX_CACHED_TEXT;
    if (statement->cached)
        cache_add(conn, statement);
    *out = statement;
    return STATUS_OK;
}

void stmt_cache_release(struct db_conn *conn, struct statement *statement)
{
    if (!statement->cached) {
        statement_free(conn, statement);
        return;
    }
    conn->db->ops->reset(statement->prepared);
    statement->busy = false;
}
