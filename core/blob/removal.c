/* Removing bytes: at once, or as the outbox says. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "blob/internal.h"
#include "blob/key_template.h"
#include "blob/thumbnail.h"
#include "store/removal.h"

#define NS_PER_MS 1000000

enum {
    BATCH = 100,
    CLAIM_MS = 20 * 1000, /* after a crash in the middle of a batch, what was claimed waits that long */
    BACK_OFF_FIRST_MS = 2000,
    BACK_OFF_MAX_MS = 3600 * 1000,
    CLOCKS_APART_MS = 20 * 60 * 1000, /* at most: beyond 15 minutes S3 answers nothing at all */
    LOOK_AGAIN_LEAST_MS = 100,
    LOOK_AGAIN_MS = 30 * 1000 /* other servers and programs may add to the outbox */
};

/* Given up: no longer due in anybody's lifetime. */
static const int64_t never_ms = INT64_C(253402300800000);

/* Derived files in the data directory (clips are of v0.30): with the original they go as well. */
static void remove_cached(struct blob *blob, struct arena *arena, const char *uid)
{
    const char *clip = arena_printf(arena, ".motion_cache/%s.mp4", uid);
    const char *key = blob_key_inside(blob, path_absolute(arena, blob->data_dir, clip));
    struct memora_error error = {0};
    thumbnail_forget(blob, arena, uid);
    if (blob->inside.storage && key && key_valid(key) && blob_instance_remove(&blob->inside, key, &error) != MEMORA_OK)
        log_warn("cannot remove %s: %s", key, error.message);
}

static enum status_code remove_from_bucket(struct blob *blob, struct arena *arena,
                                           const struct store_attachment *attachment, struct status *status)
{
    struct blob_instance *bucket;
    const char *key = "";
    struct memora_error error = {0};
    enum status_code code = blob_bucket_of(blob, blob->store, arena, attachment, &bucket, &key, status);
    if (code)
        return code;
    int result = blob_instance_remove(bucket, key, &error);
    blob_bucket_release(blob, bucket);
    return result == MEMORA_OK ? STATUS_OK : blob_bucket_status(result, "remove", key, &error, status);
}

enum status_code blob_remove(struct blob *blob, struct arena *arena, const struct store_attachment *attachment,
                             struct status *status)
{
    struct blob_instance *instance;
    const char *key;
    remove_cached(blob, arena, attachment->uid);
    if (attachment->storage == STORE_ATTACHMENT_S3)
        return remove_from_bucket(blob, arena, attachment, status);
    if (attachment->storage != STORE_ATTACHMENT_LOCAL)
        return STATUS_OK;
    if (!blob_locate(blob, arena, attachment->reference, &instance, &key)) {
        log_warn("the file of attachment %s stays: its path cannot be used", attachment->uid);
        return STATUS_OK;
    }
    struct memora_error error = {0};
    int result = blob_instance_remove(instance, key, &error);
    return result == MEMORA_OK ? STATUS_OK : blob_status(result, "remove", key, &error, status);
}

void blob_use_outbox(struct blob *blob, struct store *store, void (*wake)(void *ctx), void *ctx)
{
    blob->store = store;
    blob->wake = wake;
    blob->wake_ctx = ctx;
}

void blob_remove_while(struct blob *blob, bool (*may_remove)(void *ctx), void *ctx)
{
    blob->may_remove = may_remove;
    blob->may_remove_ctx = ctx;
}

static bool may_go_on(const struct blob *blob)
{
    return !plugin_host()->stopping() && (!blob->may_remove || blob->may_remove(blob->may_remove_ctx));
}

void blob_removals_due(struct blob *blob)
{
    if (blob->wake)
        blob->wake(blob->wake_ctx);
    else if (blob->store)
        (void)blob_remove_due(blob);
}

static enum status_code finish_write(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct store_attachment *attachment = ctx;
    struct arena *arena = arena_create();
    enum status_code code = store_outbox_finish(conn, arena, &attachment->promise, 1, status);
    arena_destroy(arena);
    return code;
}

void blob_break_promise(struct blob *blob, const struct store_attachment *attachment)
{
    struct status problem = {0};
    if (attachment->promise && store_write(blob->store, finish_write, (void *)attachment, &problem))
        log_warn("a promise to remove an object that is another's stays until it is found to be: %s", problem.message);
}

void blob_abandon(struct blob *blob, struct arena *arena, const struct store_attachment *attachment)
{
    struct status problem = {0};
    if (!attachment->promise) { /* there is no outbox */
        if (blob_remove(blob, arena, attachment, &problem))
            log_warn("bytes of attachment %s, whose row could not be written, stay: %s", attachment->uid,
                     problem.message);
        return;
    }
    if (store_removal_keep_promise(blob->store, attachment, &problem))
        log_warn("the object of attachment %s, whose row could not be written, goes later: %s", attachment->uid,
                 problem.message);
    blob_removals_due(blob);
}

/* Doubled each time, with a random part so that servers don't come all at once. */
static int64_t back_off_ms(int64_t attempts)
{
    int64_t pause = BACK_OFF_FIRST_MS;
    uint32_t random;
    for (int64_t i = 0; i < attempts && pause < BACK_OFF_MAX_MS; i++)
        pause *= 2;
    if (pause > BACK_OFF_MAX_MS)
        pause = BACK_OFF_MAX_MS;
    random_bytes(&random, sizeof random);
    return pause / 2 + (int64_t)(random % (uint32_t)(pause / 2 + 1));
}

struct batch {
    struct blob *blob;
    const char *kind;
    struct arena *arena;
    struct store_outbox_item *items;
    size_t count;
    int64_t *done;
    size_t done_count;
    int64_t *later_due_ms; /* of each item; 0 = as claimed */
};

static enum status_code write_outcome(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct batch *batch = ctx;
    enum status_code code = store_outbox_finish(conn, batch->arena, batch->done, batch->done_count, status);
    for (size_t i = 0; !code && i < batch->count; i++)
        if (batch->later_due_ms[i])
            code = store_outbox_put_off(conn, batch->items[i].id, batch->later_due_ms[i], status);
    return code;
}

/* Whether the object may be the one that was promised to go: an older one was there before, and is somebody else's. */
static bool is_younger(const struct batch *batch, const struct store_attachment *attachment, int64_t since_ms)
{
    struct blob_content *content = NULL;
    bool younger = true;
    if (blob_content_open(batch->blob, batch->blob->store, batch->arena, attachment, &content, NULL) == STATUS_OK)
        younger =
            blob_content_modified(content) == 0 || blob_content_modified(content) * 1000 >= since_ms - CLOCKS_APART_MS;
    blob_content_close(content);
    return younger;
}

/* An item that was begun before may have lost its object, and the place may be another's by now. */
static enum status_code remove_item(const struct batch *batch, const struct store_outbox_item *item,
                                    struct status *status)
{
    struct store_attachment attachment;
    bool in_use = false, gone = false, promise = strcmp(batch->kind, store_outbox_promise) == 0;
    enum status_code code = store_removal_parse(batch->arena, item->payload, &attachment, status);
    if (!code && (promise || item->attempts > 0))
        code = store_removal_in_use(batch->blob->store, batch->arena, item->id, item->payload, &attachment, &in_use,
                                    status);
    if (code || in_use)
        return code;
    if (promise && !is_younger(batch, &attachment, item->created_ms))
        return STATUS_OK;
    /* From here on the attachment of the promise can no longer be inserted; where it was, there is nothing to do. */
    if (promise && (store_removal_break_off(batch->blob->store, item->id, &gone, status) || gone))
        return gone ? STATUS_OK : status->code;
    return blob_remove(batch->blob, batch->arena, &attachment, status);
}

static void put_off(struct batch *batch, size_t i, const struct status *problem)
{
    const struct store_outbox_item *item = &batch->items[i];
    int64_t now_ms = clock_wall_ns() / NS_PER_MS;
    if (item->attempts + 1 < BLOB_REMOVAL_ATTEMPTS) {
        batch->later_due_ms[i] = now_ms + back_off_ms(item->attempts);
        log_warn("cannot remove the bytes of a deleted attachment yet: %s", problem->message);
        return;
    }
    batch->later_due_ms[i] = never_ms;
    log_error("the bytes of a deleted attachment stay, after %d attempts to remove them (memora_outbox %lld): %s",
              BLOB_REMOVAL_ATTEMPTS, (long long)item->id, problem->message);
}

/* False when it is better to go on later. */
static bool run_batch(struct batch *batch)
{
    bool reachable = true;
    for (size_t i = 0; i < batch->count; i++) {
        struct status problem = {0};
        if (reachable && may_go_on(batch->blob) && remove_item(batch, &batch->items[i], &problem) == STATUS_OK) {
            batch->done[batch->done_count++] = batch->items[i].id;
            continue;
        }
        if (problem.code == STATUS_OK) /* not tried */
            batch->later_due_ms[i] = clock_wall_ns() / NS_PER_MS + back_off_ms(0);
        else
            put_off(batch, i, &problem);
        reachable = reachable && problem.code != STATUS_UNAVAILABLE;
    }
    struct status problem = {0};
    if (store_write(batch->blob->store, write_outcome, batch, &problem) == STATUS_OK)
        return reachable;
    log_warn("what was removed is not noted: %s", problem.message);
    return false;
}

static bool next_batch(struct blob *blob, const char *kind, struct arena *arena)
{
    struct status problem = {0};
    struct batch batch = {.blob = blob, .kind = kind, .arena = arena};
    int64_t retry_ms = clock_wall_ns() / NS_PER_MS + CLAIM_MS;
    if (store_outbox_claim(blob->store, arena, kind, BATCH, retry_ms, &batch.items, &batch.count, &problem)) {
        log_warn("cannot read which objects to remove: %s", problem.message);
        return false;
    }
    batch.done = ARENA_ARRAY(arena, int64_t, BATCH);
    batch.later_due_ms = ARENA_ARRAY(arena, int64_t, BATCH);
    memset(batch.later_due_ms, 0, BATCH * sizeof *batch.later_due_ms);
    return batch.count > 0 && run_batch(&batch) && batch.count == BATCH;
}

/* Gives the milliseconds to the next time. */
static int64_t remove_kind(struct blob *blob, const char *kind)
{
    bool more = true;
    int64_t due_ms = INT64_MAX;
    while (more && may_go_on(blob)) {
        struct arena *arena = arena_create();
        more = next_batch(blob, kind, arena);
        arena_destroy(arena);
    }
    int64_t now_ms = clock_wall_ns() / NS_PER_MS;
    if (store_outbox_next(blob->store, kind, &due_ms, NULL) || due_ms - now_ms > LOOK_AGAIN_MS)
        return LOOK_AGAIN_MS;
    return due_ms > now_ms + LOOK_AGAIN_LEAST_MS ? due_ms - now_ms : LOOK_AGAIN_LEAST_MS;
}

int64_t blob_remove_due(struct blob *blob)
{
    int64_t removals = remove_kind(blob, store_outbox_removal), promises = remove_kind(blob, store_outbox_promise);
    return (removals < promises ? removals : promises) * NS_PER_MS;
}
