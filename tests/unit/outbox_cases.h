/* Rows of the outbox and promises of removals, on a database that the including program names. */
#ifndef TEST_OUTBOX_CASES_H
#define TEST_OUTBOX_CASES_H

#include "base/clock.h"
#include "codec/codec.h"
#include "store/attachment.h"
#include "store/removal.h"

enum { OUTBOX_ROWS = 5 };

struct outbox {
    struct store *store;
    struct arena *arena;
};

static struct outbox outbox_of(struct fixture *f)
{
    struct status status = {0};
    if (db_migrate(f->db, &status))
        fail_msg("%s", status.message);
    return (struct outbox){.store = store_create(f->db), .arena = arena_create()};
}

static void outbox_close(struct outbox *outbox)
{
    store_destroy(outbox->store);
    arena_destroy(outbox->arena);
}

static int64_t outbox_now_ms(void)
{
    return clock_wall_ns() / 1000000;
}

/* One change of the outbox in a transaction of its own. */
struct outbox_write {
    struct arena *arena;
    const char *kind, *payload;
    int64_t due_ms, ids[OUTBOX_ROWS];
    size_t count;
};

static enum status_code write_add(struct db_conn *conn, void *ctx, struct status *status)
{
    struct outbox_write *write = ctx;
    return store_outbox_add(conn, write->kind, write->payload, write->due_ms, &write->ids[0], status);
}

static enum status_code write_finish(struct db_conn *conn, void *ctx, struct status *status)
{
    struct outbox_write *write = ctx;
    return store_outbox_finish(conn, write->arena, write->ids, write->count, status);
}

static enum status_code write_put_off(struct db_conn *conn, void *ctx, struct status *status)
{
    struct outbox_write *write = ctx;
    return store_outbox_put_off(conn, write->ids[0], write->due_ms, status);
}

static int64_t outbox_add(struct outbox *outbox, const char *kind, const char *payload, int64_t due_ms)
{
    struct outbox_write write = {.kind = kind, .payload = payload, .due_ms = due_ms};
    struct status status = {0};
    if (store_write(outbox->store, write_add, &write, &status))
        fail_msg("%s", status.message);
    assert_true(write.ids[0] > 0);
    return write.ids[0];
}

static size_t outbox_claim(struct outbox *outbox, const char *kind, uint32_t limit, int64_t retry_ms,
                           struct store_outbox_item **items)
{
    struct status status = {0};
    size_t count = 0;
    if (store_outbox_claim(outbox->store, outbox->arena, kind, limit, retry_ms, items, &count, &status))
        fail_msg("%s", status.message);
    return count;
}

static int64_t outbox_next(struct outbox *outbox, const char *kind)
{
    struct status status = {0};
    int64_t due_ms = 0;
    if (store_outbox_next(outbox->store, kind, &due_ms, &status))
        fail_msg("%s", status.message);
    return due_ms;
}

static void what_is_due_is_claimed_once(void **state)
{
    struct outbox outbox = outbox_of(*state);
    struct store_outbox_item *items;
    int64_t now = outbox_now_ms(), later = now + 3600 * 1000, ids[OUTBOX_ROWS];
    assert_true(outbox_next(&outbox, "test") == INT64_MAX);
    assert_int_equal(outbox_claim(&outbox, "test", 10, later, &items), 0);
    for (int i = 0; i < OUTBOX_ROWS; i++)
        ids[i] = outbox_add(&outbox, i == 1 ? "other" : "test", i == 2 ? "{\"text\":\"é 🙂 ' \\\\ ?\"}" : "{}",
                            i == 4 ? later : now - 1000 + i);
    assert_true(outbox_next(&outbox, "test") == now - 1000);
    assert_int_equal(outbox_claim(&outbox, "test", 2, later + 1, &items), 2);
    assert_true(items[0].id == ids[0] && items[1].id == ids[2]);
    assert_string_equal(items[1].payload, "{\"text\":\"é 🙂 ' \\\\ ?\"}");
    assert_int_equal(items[0].attempts, 0);
    assert_true(items[0].created_ms >= now && items[0].created_ms <= outbox_now_ms());
    assert_int_equal(outbox_claim(&outbox, "test", 10, later + 1, &items), 1); /* the rest; the last is not due */
    assert_true(items[0].id == ids[3]);
    assert_int_equal(outbox_claim(&outbox, "test", 10, later, &items), 0);
    assert_true(outbox_next(&outbox, "test") == later);
    assert_true(outbox_next(&outbox, "other") == now - 999);
    outbox_close(&outbox);
}

static void what_is_finished_is_gone(void **state)
{
    struct outbox outbox = outbox_of(*state);
    struct store_outbox_item *items;
    struct status status = {0};
    int64_t now = outbox_now_ms();
    struct outbox_write write = {.arena = outbox.arena, .count = 3};
    for (int i = 0; i < OUTBOX_ROWS; i++)
        write.ids[i] = outbox_add(&outbox, "test", "{}", now - 10);
    assert_int_equal(store_write(outbox.store, write_finish, &write, &status), STATUS_OK);
    assert_int_equal(outbox_claim(&outbox, "test", 10, now - 5, &items), 2);
    assert_true(items[0].id == write.ids[3] && items[1].id == write.ids[4]);
    /* Both are due again, as if their process had died; put off, one is not. */
    write.ids[0] = write.ids[3];
    write.due_ms = INT64_C(253402300800000);
    assert_int_equal(store_write(outbox.store, write_put_off, &write, &status), STATUS_OK);
    assert_int_equal(outbox_claim(&outbox, "test", 10, now, &items), 1);
    assert_true(items[0].id == write.ids[4]);
    assert_int_equal(items[0].attempts, 1);
    outbox_close(&outbox);
}

static const char *const place = "k/é 🙂\\_%'\".txt";

static struct store_attachment object_at(struct outbox *outbox, const char *uid, const char *bucket, const char *key)
{
    struct arena *arena = outbox->arena;
    Memos__Store__StorageS3Config *config =
        CODEC_NEW(arena, Memos__Store__StorageS3Config, memos__store__storage_s3_config__descriptor);
    Memos__Store__AttachmentPayload__S3Object *object = CODEC_NEW(
        arena, Memos__Store__AttachmentPayload__S3Object, memos__store__attachment_payload__s3_object__descriptor);
    Memos__Store__AttachmentPayload *payload =
        CODEC_NEW(arena, Memos__Store__AttachmentPayload, memos__store__attachment_payload__descriptor);
    config->endpoint = "http://store";
    config->bucket = (char *)bucket;
    object->key = (char *)key;
    object->s3_config = config;
    payload->payload_case = MEMOS__STORE__ATTACHMENT_PAYLOAD__PAYLOAD_S3_OBJECT;
    payload->s3_object = object;
    return (struct store_attachment){.uid = uid,
                                     .creator_id = 1,
                                     .filename = "a.txt",
                                     .type = "text/plain",
                                     .storage = STORE_ATTACHMENT_S3,
                                     .reference = "http://store/link",
                                     .payload = payload};
}

static enum status_code promise(struct outbox *outbox, struct store_attachment *attachment, int64_t due_ms)
{
    struct status status = {0};
    return store_removal_promise(outbox->store, outbox->arena, attachment, due_ms, &status);
}

/* The key of an object that is about to go is taken, and no other. */
static void a_promise_takes_the_key(void **state)
{
    struct outbox outbox = outbox_of(*state);
    int64_t later = outbox_now_ms() + 3600 * 1000;
    struct store_attachment first = object_at(&outbox, "u1", "b", place), same = object_at(&outbox, "u2", "b", place),
                            other_key = object_at(&outbox, "u3", "b", "k/other.txt"),
                            other_bucket = object_at(&outbox, "u4", "c", place);
    assert_int_equal(promise(&outbox, &first, later), STATUS_OK);
    assert_true(first.promise > 0);
    assert_int_equal(promise(&outbox, &same, later), STATUS_ALREADY_EXISTS);
    assert_int_equal(promise(&outbox, &other_key, later), STATUS_OK);
    assert_int_equal(promise(&outbox, &other_bucket, later), STATUS_OK);
    outbox_close(&outbox);
}

static enum status_code insert(struct db_conn *conn, void *ctx, struct status *status)
{
    struct arena *arena = arena_create();
    enum status_code code = store_attachment_insert(conn, arena, ctx, status);
    arena_destroy(arena);
    return code;
}

static bool in_use(struct outbox *outbox, const struct store_attachment *attachment, int64_t id)
{
    struct status status = {0};
    const char *text;
    bool used = false;
    assert_int_equal(store_removal_text(outbox->arena, attachment, &text, &status), STATUS_OK);
    if (store_removal_in_use(outbox->store, outbox->arena, id, text, attachment, &used, &status))
        fail_msg("%s", status.message);
    return used;
}

/* The row takes the promise back in its own transaction; without the row it can be made due at once. */
static void a_promise_ends_with_the_row(void **state)
{
    struct outbox outbox = outbox_of(*state);
    struct store_outbox_item *items;
    struct status status = {0};
    int64_t later = outbox_now_ms() + 3600 * 1000;
    struct store_attachment kept = object_at(&outbox, "u1", "b", place), lost = object_at(&outbox, "u2", "b", "k/lost");
    assert_int_equal(promise(&outbox, &kept, later), STATUS_OK);
    int64_t id = kept.promise;
    assert_false(in_use(&outbox, &kept, id));
    if (store_write(outbox.store, insert, &kept, &status))
        fail_msg("%s", status.message);
    assert_true(outbox_next(&outbox, store_outbox_promise) == INT64_MAX);
    assert_true(in_use(&outbox, &kept, id));
    assert_int_equal(promise(&outbox, &lost, later), STATUS_OK);
    assert_int_equal(outbox_claim(&outbox, store_outbox_promise, 10, later, &items), 0);
    assert_int_equal(store_removal_keep_promise(outbox.store, &lost, &status), STATUS_OK);
    assert_int_equal(outbox_claim(&outbox, store_outbox_promise, 10, later, &items), 1);
    assert_true(items[0].id == lost.promise);
    struct store_attachment read;
    assert_int_equal(store_removal_parse(outbox.arena, items[0].payload, &read, &status), STATUS_OK);
    assert_string_equal(read.payload->s3_object->key, "k/lost");
    outbox_close(&outbox);
}

#define OUTBOX_CASES(setup, teardown)                                                                                  \
    cmocka_unit_test_setup_teardown(what_is_due_is_claimed_once, setup, teardown),                                     \
        cmocka_unit_test_setup_teardown(what_is_finished_is_gone, setup, teardown),                                    \
        cmocka_unit_test_setup_teardown(a_promise_takes_the_key, setup, teardown),                                     \
        cmocka_unit_test_setup_teardown(a_promise_ends_with_the_row, setup, teardown)

#endif
