#include "store/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cache/cache.h"
#include "db/news.h"
#include "store/deployed.h"
#include "store/token.h"

/* contract/database.md 12 */
enum { CACHE_ENTRIES = 1000 };
static const int64_t CACHE_LIFE_NS = INT64_C(600) * 1000000000;
static const int64_t STATS_LIFE_NS = INT64_C(60) * 1000000000; /* platform.md 4.4 */

struct store *store_create(struct db *db)
{
    struct store *store = memory_zalloc(sizeof *store);
    store->db = db;
    store->users = cache_create(CACHE_ENTRIES, CACHE_LIFE_NS);
    store->user_settings = cache_create(CACHE_ENTRIES, CACHE_LIFE_NS);
    store->instance_settings = cache_create(CACHE_ENTRIES, CACHE_LIFE_NS);
    store->instance_stats = cache_create(1, STATS_LIFE_NS);
    store->tokens = store_tokens_create(store);
    store->deployed = store_deployed_create();
    return store;
}

void store_destroy(struct store *store)
{
    if (!store)
        return;
    store_tokens_destroy(store->tokens);
    store_deployed_destroy(store->deployed);
    cache_destroy(store->instance_stats);
    cache_destroy(store->instance_settings);
    cache_destroy(store->user_settings);
    cache_destroy(store->users);
    free(store);
}

void store_listen(struct store *store, void (*fn)(void *ctx, int32_t user_id, bool signed_out), void *ctx)
{
    store->listener = (struct store_listener){fn, ctx};
}

bool store_is_current(struct store *store)
{
    return db_news_current(store->db);
}

bool store_is_shared(const struct store *store)
{
    return !(db_dialect(store->db)->features & MEMORA_SQL_SINGLE_WRITER);
}

const char *store_row_status_name(enum store_row_status status)
{
    return status == STORE_ARCHIVED ? "ARCHIVED" : "NORMAL";
}

enum store_row_status store_row_status_parse(const char *text)
{
    return strcmp(text, "ARCHIVED") == 0 ? STORE_ARCHIVED : STORE_NORMAL;
}

enum status_code store_read_begin(struct store *store, struct db_conn **out, struct status *status)
{
    return db_read_begin(store->db, out, status);
}

void store_read_end(struct db_conn *conn)
{
    if (conn)
        db_read_end(conn);
}

enum status_code store_write(struct store *store, db_write_fn fn, void *ctx, struct status *status)
{
    return db_write(store->db, fn, ctx, status);
}

/* The row is written rather than locked, since databases of several writing machines compare what was written. */
enum status_code store_lock(struct db_conn *conn, const char *name, struct status *status)
{
    const struct memora_value params[] = {db_text(name), db_int(clock_wall_ns() / 1000000)};
    return db_exec(conn,
                   "INSERT INTO memora_lease (name, holder, until_ms) VALUES (?, 'lock', ?) {upsert:name|until_ms}",
                   params, 2, NULL, status);
}

static uint32_t rounded_count(size_t count)
{
    static const uint32_t steps[] = {1, 2, 4, 8, 20, 50, 100, 256, STORE_IN_MAX};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (count <= steps[i])
            return steps[i];
    return STORE_IN_MAX;
}

struct memora_value *store_sql_params(struct arena *arena, size_t count, size_t lists, size_t others)
{
    return arena_alloc(arena, (rounded_count(count) * lists + others) * sizeof(struct memora_value));
}

void store_sql_in(struct buf *sql, struct memora_value *params, uint32_t *used, const int32_t *ids, size_t count)
{
    uint32_t marks = rounded_count(count);
    buf_add_char(sql, '(');
    db_sql_marks(sql, marks);
    buf_add_char(sql, ')');
    for (uint32_t i = 0; i < marks; i++)
        params[(*used)++] = db_int(ids[i < count ? i : count - 1]);
}

enum { NEAR_LEAST = 3, NEAR_SPREAD = 2 };

void store_sql_near(struct db_conn *conn, struct buf *sql, struct memora_value *params, uint32_t *used,
                    const int32_t *ids, size_t count)
{
    int32_t least = ids[0], most = ids[0];
    for (size_t i = 1; i < count; i++) {
        least = ids[i] < least ? ids[i] : least;
        most = ids[i] > most ? ids[i] : most;
    }
    if (!db_in_process(conn) || count < NEAR_LEAST || (int64_t)most - least >= (int64_t)count * NEAR_SPREAD) {
        buf_add_str(sql, " IN ");
        store_sql_in(sql, params, used, ids, count);
        return;
    }
    buf_add_str(sql, " BETWEEN ? AND ?");
    params[(*used)++] = db_int(least);
    params[(*used)++] = db_int(most);
}

bool store_ids_have(const int32_t *ids, size_t count, int32_t id)
{
    for (size_t i = 0; i < count; i++)
        if (ids[i] == id)
            return true;
    return false;
}

void store_sql_in_text(struct buf *sql, struct memora_value *params, uint32_t *used, const char *const *texts,
                       size_t count)
{
    uint32_t marks = rounded_count(count);
    buf_add_char(sql, '(');
    db_sql_marks(sql, marks);
    buf_add_char(sql, ')');
    for (uint32_t i = 0; i < marks; i++)
        params[(*used)++] = db_text(texts[i < count ? i : count - 1]);
}
