#include "store/stats.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { FIRST_BUCKETS = 256 };

/* One tag of one creator; all creators share one hash table. */
struct counted_tag {
    struct counted_tag *next; /* in its bucket */
    uint64_t hash;
    size_t creator; /* index into creators */
    struct store_tag_count tag;
};

struct collection {
    struct arena *arena;
    struct store_user_stats *creators;
    size_t creator_count, last; /* last: of the memo before, mostly the same again */
    struct counted_tag **buckets;
    size_t bucket_count, tag_count;
};

/* Room for one more element of an array whose capacities are powers of two. */
static void *grown(struct arena *arena, void *array, size_t count, size_t size)
{
    if (count & (count - 1))
        return array;
    return arena_grow(arena, array, count * size, (count ? count * 2 : 1) * size);
}

static size_t creator_index(struct collection *all, int32_t creator_id)
{
    if (all->creator_count && all->creators[all->last].creator_id == creator_id)
        return all->last;
    for (size_t i = 0; i < all->creator_count; i++)
        if (all->creators[i].creator_id == creator_id)
            return all->last = i;
    all->creators = grown(all->arena, all->creators, all->creator_count, sizeof *all->creators);
    all->creators[all->creator_count] = (struct store_user_stats){.creator_id = creator_id};
    return all->last = all->creator_count++;
}

static void rehash(struct collection *all)
{
    size_t count = all->bucket_count ? all->bucket_count * 4 : FIRST_BUCKETS;
    struct counted_tag **buckets = ARENA_ARRAY(all->arena, struct counted_tag *, count);
    for (size_t i = 0; i < all->bucket_count; i++) {
        while (all->buckets[i]) {
            struct counted_tag *tag = all->buckets[i];
            all->buckets[i] = tag->next;
            tag->next = buckets[tag->hash % count];
            buckets[tag->hash % count] = tag;
        }
    }
    all->buckets = buckets;
    all->bucket_count = count;
}

static void count_tag(struct collection *all, size_t creator, const char *text)
{
    uint64_t hash = hash_fast(text, strlen(text)) ^ (creator * UINT64_C(0x9E3779B97F4A7C15));
    if (all->tag_count >= all->bucket_count)
        rehash(all);
    struct counted_tag **bucket = &all->buckets[hash % all->bucket_count];
    for (struct counted_tag *at = *bucket; at; at = at->next) {
        if (at->hash == hash && at->creator == creator && strcmp(at->tag.tag, text) == 0) {
            at->tag.count++;
            return;
        }
    }
    struct counted_tag *fresh = ARENA_NEW(all->arena, struct counted_tag);
    *fresh = (struct counted_tag){
        .next = *bucket, .hash = hash, .creator = creator, .tag = {arena_strdup(all->arena, text), 1}};
    *bucket = fresh;
    all->tag_count++;
    all->creators[creator].tag_count++;
}

static void count_memo(void *ctx, const struct store_memo *memo)
{
    struct collection *all = ctx;
    size_t creator = creator_index(all, memo->creator_id);
    struct store_user_stats *stats = &all->creators[creator];
    const Memos__Store__MemoPayload__Property *property = memo->payload->property;
    stats->created_ts = grown(all->arena, stats->created_ts, stats->memo_count, sizeof *stats->created_ts);
    stats->updated_ts = grown(all->arena, stats->updated_ts, stats->memo_count, sizeof *stats->updated_ts);
    stats->created_ts[stats->memo_count] = memo->created_ts;
    stats->updated_ts[stats->memo_count++] = memo->updated_ts;
    if (memo->pinned) {
        stats->pinned_uids = grown(all->arena, stats->pinned_uids, stats->pinned_count, sizeof *stats->pinned_uids);
        stats->pinned_uids[stats->pinned_count++] = arena_strdup(all->arena, memo->uid);
    }
    if (property) {
        stats->links += property->has_link;
        stats->codes += property->has_code;
        stats->todos += property->has_task_list;
        stats->undone += property->has_incomplete_tasks;
    }
    for (size_t i = 0; i < memo->payload->n_tags; i++)
        count_tag(all, creator, memo->payload->tags[i]);
}

static int by_tag(const void *a, const void *b)
{
    return strcmp(((const struct store_tag_count *)a)->tag, ((const struct store_tag_count *)b)->tag);
}

static void hand_out_tags(struct collection *all)
{
    for (size_t i = 0; i < all->creator_count; i++) {
        struct store_user_stats *stats = &all->creators[i];
        stats->tags = ARENA_ARRAY(all->arena, struct store_tag_count, stats->tag_count);
        stats->tag_count = 0;
    }
    for (size_t i = 0; i < all->bucket_count; i++) {
        for (const struct counted_tag *at = all->buckets[i]; at; at = at->next) {
            struct store_user_stats *stats = &all->creators[at->creator];
            stats->tags[stats->tag_count++] = at->tag;
        }
    }
    for (size_t i = 0; i < all->creator_count; i++)
        qsort(all->creators[i].tags, all->creators[i].tag_count, sizeof *all->creators[i].tags, by_tag);
}

enum status_code store_stats_collect(struct db_conn *conn, struct arena *arena, const struct store_memo_find *find,
                                     struct store_user_stats **out, size_t *count, struct status *status)
{
    struct collection all = {.arena = arena};
    struct store_memo_find every = *find;
    every.limit = 0;
    every.without_content = true;
    enum status_code code = store_memo_visit(conn, &every, count_memo, &all, status);
    if (code)
        return code;
    hand_out_tags(&all);
    *out = all.creators;
    *count = all.creator_count;
    return STATUS_OK;
}
