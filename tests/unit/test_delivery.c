/* Sending what the outbox holds: once each, again when it fails, and not for ever. */
#include "api_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "event/delivery.h"

enum { ROWS = 200, PATIENCE_S = 60 };
#define KIND "webhook"

/* What plays the one who sends. */
struct sender {
    pthread_mutex_t lock;
    enum delivery_outcome outcome;
    const char *beginning;
    bool slow;
    unsigned sent[ROWS + 1]; /* by the number that the payload ends in */
    atomic_uint total, at_once, at_once_most;
};

static enum delivery_outcome note(void *ctx, struct arena *arena, const struct store_outbox_item *item,
                                  struct delivery_report *report)
{
    struct sender *sender = ctx;
    (void)arena;
    unsigned busy = ++sender->at_once;
    pthread_mutex_lock(&sender->lock);
    if (busy > sender->at_once_most)
        sender->at_once_most = busy;
    sender->sent[strtoul(strchr(item->payload, '-') + 1, NULL, 10)]++;
    enum delivery_outcome outcome = sender->outcome;
    pthread_mutex_unlock(&sender->lock);
    if (sender->slow)
        usleep(200);
    sender->total++;
    sender->at_once--;
    if (sender->beginning)
        snprintf(report->beginning, sizeof report->beginning, "%s", sender->beginning);
    status_set(&report->problem, STATUS_UNAVAILABLE, "as the test wants it");
    return outcome;
}

static struct delivery *start(struct api_fixture *f, struct sender *sender)
{
    struct delivery *delivery = NULL;
    const struct delivery_kind kind = {
        .kind = KIND, .what = KIND, .send = note, .ctx = sender, .threads = 4, .claim_ms = 60000};
    if (!sender->at_once_most)
        pthread_mutex_init(&sender->lock, NULL);
    assert_works(f, delivery_start(f->store, &kind, &delivery, &f->status));
    return delivery;
}

static enum status_code add_rows(struct db_conn *conn, void *ctx, struct status *status)
{
    unsigned count = *(const unsigned *)ctx;
    enum status_code code = STATUS_OK;
    for (unsigned i = 0; !code && i < count; i++) {
        char payload[32];
        int64_t id;
        snprintf(payload, sizeof payload, "%c-%u", i % 2 ? 'b' : 'a', i);
        code = store_outbox_add(conn, KIND, payload, 0, &id, status);
    }
    return code;
}

static void fill(struct api_fixture *f, unsigned count)
{
    if (store_write(f->store, add_rows, &count, &f->status))
        fail_msg("%s", f->status.message);
}

static long number(struct api_fixture *f, const char *sql)
{
    return strtol(fixture_query(f, sql), NULL, 10);
}

/* Until the query gives that number. */
static void wait_for(struct api_fixture *f, const char *sql, long wanted)
{
    int64_t deadline_ns = clock_mono_ns() + PATIENCE_S * INT64_C(1000000000);
    while (number(f, sql) != wanted) {
        if (clock_mono_ns() > deadline_ns)
            fail_msg("%s: %ld, not %ld", sql, number(f, sql), wanted);
        usleep(1000);
    }
}

static void sends_each_once(void **state)
{
    struct api_fixture *f = *state;
    struct sender sender = {.outcome = DELIVERY_DONE, .slow = true};
    fill(f, ROWS);
    /* Two servers on one database. */
    struct delivery *one = start(f, &sender), *two = start(f, &sender);
    wait_for(f, "SELECT COUNT(*) FROM memora_outbox", 0);
    delivery_stop(one);
    delivery_stop(two);
    for (unsigned i = 0; i < ROWS; i++)
        assert_int_equal(sender.sent[i], 1);
    assert_true(sender.at_once_most <= 8);
}

static void wakes_for_new_ones(void **state)
{
    struct api_fixture *f = *state;
    struct sender sender = {.outcome = DELIVERY_DONE};
    struct delivery *delivery = start(f, &sender);
    for (int i = 0; i < 3; i++) {
        fill(f, 1);
        delivery_wake(delivery);
        wait_for(f, "SELECT COUNT(*) FROM memora_outbox", 0);
    }
    delivery_wake(NULL);
    assert_false(delivery_is_full(NULL));
    delivery_stop(delivery);
    delivery_stop(NULL);
    assert_int_equal(sender.sent[0], 3);
}

static void tries_again_later(void **state)
{
    struct api_fixture *f = *state;
    struct sender sender = {.outcome = DELIVERY_AGAIN, .beginning = "a-"};
    fill(f, 6);
    int64_t before_ms = clock_wall_ns() / 1000000;
    struct delivery *delivery = start(f, &sender);
    wait_for(f, "SELECT COUNT(*) FROM memora_outbox WHERE payload LIKE 'b-%' AND attempts = 1", 3);
    wait_for(f,
             arena_printf(f->arena, "SELECT COUNT(*) FROM memora_outbox WHERE due_ms BETWEEN %lld AND %lld",
                          (long long)before_ms + 2000, (long long)before_ms + 60000),
             6);
    delivery_stop(delivery);
    assert_int_equal(number(f, "SELECT COUNT(*) FROM memora_outbox"), 6);
    /* What begins alike waits with the first that failed; threads that had begun with others had begun. */
    assert_true(sender.sent[0] + sender.sent[2] + sender.sent[4] >= 1);
    assert_int_equal(number(f, "SELECT SUM(attempts) FROM memora_outbox WHERE payload LIKE 'a-%'"),
                     sender.sent[0] + sender.sent[2] + sender.sent[4]);
}

static void gives_up(void **state)
{
    struct api_fixture *f = *state;
    struct sender sender = {.outcome = DELIVERY_AGAIN};
    fill(f, 2);
    fixture_sql(f, "UPDATE memora_outbox SET attempts = 7 WHERE payload = 'a-0'");
    log_set_level(LOG_LEVEL_ERROR);
    struct delivery *delivery = start(f, &sender);
    wait_for(f, "SELECT COUNT(*) FROM memora_outbox WHERE payload = 'a-0'", 0);
    wait_for(f, "SELECT COUNT(*) FROM memora_outbox WHERE attempts = 1 AND due_ms > 0", 1);
    pthread_mutex_lock(&sender.lock);
    sender.outcome = DELIVERY_NEVER;
    pthread_mutex_unlock(&sender.lock);
    fill(f, 1);
    delivery_wake(delivery);
    wait_for(f, "SELECT COUNT(*) FROM memora_outbox WHERE payload = 'a-0'", 0);
    delivery_stop(delivery);
    assert_int_equal(sender.sent[0], 2);
}

static void keeps_what_was_broken_off(void **state)
{
    struct api_fixture *f = *state;
    struct sender sender = {.outcome = DELIVERY_STOPPED};
    fill(f, 1);
    struct delivery *delivery = start(f, &sender);
    wait_for(f, "SELECT COUNT(*) FROM memora_outbox WHERE attempts > 0", 1);
    delivery_stop(delivery);
    assert_int_equal(number(f, "SELECT COUNT(*) FROM memora_outbox"), 1);
    /* It is due at once, for the next server. */
    sender.outcome = DELIVERY_DONE;
    delivery = start(f, &sender);
    wait_for(f, "SELECT COUNT(*) FROM memora_outbox", 0);
    delivery_stop(delivery);
}

/* Of a server that died: nobody touches it before its time, then somebody does. */
static void takes_over(void **state)
{
    struct api_fixture *f = *state;
    struct store_outbox_item item;
    struct sender sender = {.outcome = DELIVERY_DONE};
    bool found;
    fill(f, 1);
    assert_works(
        f, store_outbox_take(f->store, f->arena, KIND, clock_wall_ns() / 1000000 + 1500, &item, &found, &f->status));
    assert_true(found);
    assert_string_equal(item.payload, "a-0");
    assert_works(f, store_outbox_take(f->store, f->arena, KIND, 0, &item, &found, &f->status));
    assert_false(found);
    int64_t due_ms = number(f, "SELECT due_ms FROM memora_outbox");
    struct delivery *delivery = start(f, &sender);
    wait_for(f, "SELECT COUNT(*) FROM memora_outbox", 0);
    assert_true(clock_wall_ns() / 1000000 >= due_ms);
    delivery_stop(delivery);
    assert_int_equal(sender.sent[0], 1);
}

static void has_a_bound(void **state)
{
    struct api_fixture *f = *state;
    struct sender sender = {.outcome = DELIVERY_DONE};
    /* All for later. */
    fixture_sql(f,
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) INSERT INTO "
                "memora_outbox (kind, payload, due_ms, created_ms) SELECT 'webhook', 'z', 253402300800000, 0 FROM n");
    struct delivery *delivery = start(f, &sender);
    int64_t deadline_ns = clock_mono_ns() + PATIENCE_S * INT64_C(1000000000);
    while (!delivery_is_full(delivery) && clock_mono_ns() < deadline_ns)
        usleep(1000);
    assert_true(delivery_is_full(delivery));
    delivery_stop(delivery);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sends_each_once, fixture_empty, fixture_close),
        cmocka_unit_test_setup_teardown(wakes_for_new_ones, fixture_empty, fixture_close),
        cmocka_unit_test_setup_teardown(tries_again_later, fixture_empty, fixture_close),
        cmocka_unit_test_setup_teardown(gives_up, fixture_empty, fixture_close),
        cmocka_unit_test_setup_teardown(keeps_what_was_broken_off, fixture_empty, fixture_close),
        cmocka_unit_test_setup_teardown(takes_over, fixture_empty, fixture_close),
        cmocka_unit_test_setup_teardown(has_a_bound, fixture_empty, fixture_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
