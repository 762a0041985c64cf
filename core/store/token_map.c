#include "store/token_map.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "codec/codec.h"
#include "db/news.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "store/user_setting.h"

enum { MAP_BUCKETS = 1024, PENDING_MAX = 1024, LOAD_ATTEMPTS = 8 };
static const int64_t SECOND_NS = 1000000000;
static const int64_t MAP_LIFE_NS = INT64_C(600) * 1000000000;
static const int64_t FLUSH_INTERVAL_NS = 1000000000;

struct known {
    struct known *next;
    char hash[HASH_SHA256_HEX_SIZE];
    struct store_pat_owner owner;
};

/* Everything that was in the database at one time; replaced as a whole. */
struct map {
    struct arena *arena;
    struct known *buckets[MAP_BUCKETS];
    int64_t loaded_ns; /* clock_mono_ns() */
    bool lasting;      /* changes from then on are heard of; else it serves one look-up */
};

struct pending {
    int32_t user_id;
    int64_t used_ns;
    char *token_id;
};

struct store_tokens {
    struct store *store;
    pthread_mutex_t lock; /* for everything below */
    struct map *map;      /* NULL = to be read */
    uint64_t changes;

    struct pending pending[PENDING_MAX];
    size_t pending_count;
    pthread_cond_t wake;
    pthread_t flusher;
    bool flusher_runs, stop;
};

static void map_free(struct map *map)
{
    if (!map)
        return;
    arena_destroy(map->arena);
    free(map);
}

static struct known **bucket_of(struct map *map, const char *hash)
{
    return &map->buckets[hash_fast(hash, HASH_SHA256_HEX_SIZE - 1) % MAP_BUCKETS];
}

/* Times beyond what nanoseconds in 64 bits can say (years 1678 to 2261) become the nearest that they can. */
static int64_t wall_ns_of(const Google__Protobuf__Timestamp *time)
{
    const int64_t limit_s = INT64_MAX / SECOND_NS - 1;
    if (time->seconds > limit_s)
        return INT64_MAX;
    return time->seconds < -limit_s ? INT64_MIN : time->seconds * SECOND_NS + time->nanos;
}

static void map_add(struct map *map, int32_t user_id, const store_pat *token)
{
    if (strlen(token->token_hash) != HASH_SHA256_HEX_SIZE - 1)
        return; /* no hash of ours can equal it */
    struct known *known = ARENA_NEW(map->arena, struct known);
    memcpy(known->hash, token->token_hash, HASH_SHA256_HEX_SIZE);
    known->owner = (struct store_pat_owner){.user_id = user_id,
                                            .token_id = arena_strdup(map->arena, token->token_id),
                                            .expires = token->expires_at != NULL};
    if (token->expires_at)
        known->owner.expires_ns = wall_ns_of(token->expires_at);
    struct known **bucket = bucket_of(map, known->hash);
    known->next = *bucket;
    *bucket = known;
}

static void add_row(struct map *map, struct arena *scratch, const struct db_rows *rows)
{
    int32_t user_id = (int32_t)db_column_int(rows, 0);
    size_t length = 0;
    char *text = db_column_bytes(rows, 1, scratch, &length);
    ProtobufCMessage *message = NULL;
    if (codec_read_json(scratch, &memos__store__personal_access_tokens_user_setting__descriptor, text, length, NULL,
                        &message, NULL)) {
        log_warn("access tokens of user %d cannot be read and are ignored", user_id);
        return;
    }
    const Memos__Store__PersonalAccessTokensUserSetting *list =
        (const Memos__Store__PersonalAccessTokensUserSetting *)message;
    for (size_t i = 0; i < list->n_tokens; i++)
        map_add(map, user_id, list->tokens[i]);
}

static enum status_code map_load(struct store *store, struct map **out, struct status *status)
{
    struct status problem = {0};
    struct db_conn *conn;
    struct db_rows *rows;
    enum status_code code = store_read_begin(store, &conn, status);
    if (code)
        return code;
    struct map *map = memory_zalloc(sizeof *map);
    struct arena *scratch = arena_create();
    map->arena = arena_create();
    map->loaded_ns = clock_mono_ns();
    map->lasting = db_news_current(store->db);
    code = db_query(conn, "SELECT user_id, value FROM user_setting WHERE `key` = 'PERSONAL_ACCESS_TOKENS'", NULL, 0,
                    &rows, status);
    if (code == STATUS_OK) {
        while (db_next(rows, &problem)) {
            add_row(map, scratch, rows);
            arena_reset(scratch);
        }
        db_rows_close(rows);
        if (problem.code)
            code = status_set(status, problem.code, "%s", problem.message);
    }
    arena_destroy(scratch);
    store_read_end(conn);
    if (code) {
        map_free(map);
        map = NULL;
    }
    *out = map;
    return code;
}

static bool is_fresh(const struct store_tokens *tokens)
{
    const struct map *map = tokens->map;
    return map && map->lasting && clock_mono_ns() - map->loaded_ns < MAP_LIFE_NS && db_news_current(tokens->store->db);
}

/* Leaves with the lock held and a map that has seen every change up to now, or with an error and no lock. */
static enum status_code lock_with_map(struct store_tokens *tokens, struct status *status)
{
    pthread_mutex_lock(&tokens->lock);
    for (int attempt = 0; attempt < LOAD_ATTEMPTS; attempt++) {
        if (is_fresh(tokens))
            return STATUS_OK;
        uint64_t changes = tokens->changes;
        struct map *fresh = NULL;
        pthread_mutex_unlock(&tokens->lock);
        enum status_code code = map_load(tokens->store, &fresh, status);
        if (code)
            return code;
        pthread_mutex_lock(&tokens->lock);
        if (tokens->changes == changes) {
            map_free(tokens->map);
            tokens->map = fresh;
            return STATUS_OK;
        }
        map_free(fresh);
    }
    pthread_mutex_unlock(&tokens->lock);
    return status_set(status, STATUS_UNAVAILABLE, "access tokens change faster than they can be read");
}

enum status_code store_pat_find(struct store *store, struct arena *arena, const char hash[HASH_SHA256_HEX_SIZE],
                                struct store_pat_owner *out, struct status *status)
{
    struct store_tokens *tokens = store->tokens;
    enum status_code code = lock_with_map(tokens, status);
    if (code)
        return code;
    const struct known *known = *bucket_of(tokens->map, hash);
    while (known && strcmp(known->hash, hash) != 0)
        known = known->next;
    if (known) {
        *out = known->owner;
        out->token_id = arena_strdup(arena, known->owner.token_id);
    }
    pthread_mutex_unlock(&tokens->lock);
    return known ? STATUS_OK : status_set(status, STATUS_NOT_FOUND, "access token not found");
}

void store_tokens_changed(struct store_tokens *tokens)
{
    pthread_mutex_lock(&tokens->lock);
    tokens->changes++;
    map_free(tokens->map);
    tokens->map = NULL;
    pthread_mutex_unlock(&tokens->lock);
}

/* The uses of one user's tokens among a batch. */
struct uses {
    const struct pending *batch;
    size_t count;
    int32_t user_id;
};

static bool is_before(const Google__Protobuf__Timestamp *time, int64_t seconds, int32_t nanos)
{
    return !time || time->seconds < seconds || (time->seconds == seconds && time->nanos < nanos);
}

static enum status_code note_uses(struct arena *arena, ProtobufCMessage *setting, void *ctx, bool *changed,
                                  struct status *status)
{
    (void)status;
    const struct uses *uses = ctx;
    Memos__Store__PersonalAccessTokensUserSetting *list = (Memos__Store__PersonalAccessTokensUserSetting *)setting;
    *changed = false;
    for (size_t u = 0; u < uses->count; u++) {
        const struct pending *use = &uses->batch[u];
        int64_t seconds = use->used_ns / 1000000000;
        int32_t nanos = (int32_t)(use->used_ns % 1000000000);
        for (size_t i = 0; use->user_id == uses->user_id && i < list->n_tokens; i++) {
            store_pat *token = list->tokens[i];
            if (strcmp(token->token_id, use->token_id) != 0 || !is_before(token->last_used_at, seconds, nanos))
                continue;
            token->last_used_at =
                CODEC_NEW(arena, Google__Protobuf__Timestamp, google__protobuf__timestamp__descriptor);
            token->last_used_at->seconds = seconds;
            token->last_used_at->nanos = nanos;
            *changed = true;
        }
    }
    return STATUS_OK;
}

static int by_user(const void *a, const void *b)
{
    int32_t x = ((const struct pending *)a)->user_id, y = ((const struct pending *)b)->user_id;
    return (x > y) - (x < y);
}

static void write_uses(struct store *store, struct pending *batch, size_t count)
{
    struct arena *arena = arena_create();
    qsort(batch, count, sizeof *batch, by_user);
    for (size_t at = 0; at < count;) {
        struct uses uses = {.batch = batch + at, .user_id = batch[at].user_id};
        while (at < count && batch[at].user_id == uses.user_id) {
            uses.count++;
            at++;
        }
        struct status status = {0};
        if (store_user_setting_edit(store, arena, uses.user_id, MEMOS__STORE__USER_SETTING__KEY__PERSONAL_ACCESS_TOKENS,
                                    note_uses, &uses, &status))
            log_warn("the last use of access tokens of user %d was not stored: %s", uses.user_id, status.message);
        arena_reset(arena);
    }
    for (size_t i = 0; i < count; i++)
        free(batch[i].token_id);
    arena_destroy(arena);
}

static void wait_until(struct store_tokens *tokens, int64_t mono_ns)
{
    const struct timespec until = {.tv_sec = mono_ns / 1000000000, .tv_nsec = mono_ns % 1000000000};
    while (!tokens->stop && clock_mono_ns() < mono_ns)
        pthread_cond_timedwait(&tokens->wake, &tokens->lock, &until);
}

static void *flush_loop(void *arg)
{
    struct store_tokens *tokens = arg;
    pthread_mutex_lock(&tokens->lock);
    while (!tokens->stop || tokens->pending_count) {
        if (tokens->pending_count == 0) {
            pthread_cond_wait(&tokens->wake, &tokens->lock);
            continue;
        }
        size_t count = tokens->pending_count;
        struct pending *batch = memory_alloc(count * sizeof *batch);
        memcpy(batch, tokens->pending, count * sizeof *batch);
        tokens->pending_count = 0;
        pthread_mutex_unlock(&tokens->lock);
        write_uses(tokens->store, batch, count);
        free(batch);
        pthread_mutex_lock(&tokens->lock);
        wait_until(tokens, clock_mono_ns() + FLUSH_INTERVAL_NS);
    }
    pthread_mutex_unlock(&tokens->lock);
    return NULL;
}

void store_pat_touch(struct store *store, const struct store_pat_owner *owner, int64_t wall_ns)
{
    struct store_tokens *tokens = store->tokens;
    pthread_mutex_lock(&tokens->lock);
    size_t i = 0;
    while (i < tokens->pending_count &&
           (tokens->pending[i].user_id != owner->user_id || strcmp(tokens->pending[i].token_id, owner->token_id) != 0))
        i++;
    if (i < tokens->pending_count) {
        if (tokens->pending[i].used_ns < wall_ns)
            tokens->pending[i].used_ns = wall_ns;
    } else if (i < PENDING_MAX) { /* beyond that a use goes unrecorded rather than holding up the request */
        tokens->pending[tokens->pending_count++] =
            (struct pending){.user_id = owner->user_id, .used_ns = wall_ns, .token_id = memory_strdup(owner->token_id)};
        if (!tokens->flusher_runs)
            tokens->flusher_runs = pthread_create(&tokens->flusher, NULL, flush_loop, tokens) == 0;
        pthread_cond_signal(&tokens->wake);
    }
    pthread_mutex_unlock(&tokens->lock);
}

struct store_tokens *store_tokens_create(struct store *store)
{
    struct store_tokens *tokens = memory_zalloc(sizeof *tokens);
    pthread_condattr_t attributes;
    tokens->store = store;
    pthread_mutex_init(&tokens->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&tokens->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    return tokens;
}

void store_tokens_destroy(struct store_tokens *tokens)
{
    pthread_mutex_lock(&tokens->lock);
    tokens->stop = true;
    pthread_cond_signal(&tokens->wake);
    pthread_mutex_unlock(&tokens->lock);
    if (tokens->flusher_runs)
        pthread_join(tokens->flusher, NULL);
    for (size_t i = 0; i < tokens->pending_count; i++) /* only if no thread could be made */
        free(tokens->pending[i].token_id);
    map_free(tokens->map);
    pthread_cond_destroy(&tokens->wake);
    pthread_mutex_destroy(&tokens->lock);
    free(tokens);
}
