#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "event/bus.h"

static void count_wake(void *ctx)
{
    (*(int *)ctx)++;
}

static void take(struct event_subscription *subscription, const char *expected)
{
    char text[EVENT_TEXT_MAX];
    size_t length;
    assert_true(event_next(subscription, text, &length));
    assert_string_equal(text, expected);
    assert_int_equal(length, strlen(expected));
}

static void assert_empty(struct event_subscription *subscription)
{
    char text[EVENT_TEXT_MAX];
    size_t length;
    assert_false(event_next(subscription, text, &length));
}

/* What waits for somebody as administrator is gone when the role is; what is for everyone or the owner stays. */
static void test_a_role_may_change(void **state)
{
    (void)state;
    struct event_bus *bus = event_bus_create();
    int wakes = 0;
    struct event_subscription *subscription = event_subscribe(bus, 3, true, count_wake, &wakes);
    const struct event secret = {.type = "memo.created", .name = "memos/a", .owner_id = 1},
                       own = {.type = "memo.created", .name = "memos/b", .owner_id = 3},
                       shown = {.type = "memo.created", .name = "memos/c", .for_everyone = true};
    event_bus_publish(bus, &secret);
    event_bus_publish(bus, &own);
    event_bus_publish(bus, &secret);
    event_bus_publish(bus, &shown);
    event_set_admin(subscription, false);
    event_bus_publish(bus, &secret);
    take(subscription, "{\"type\":\"memo.created\",\"name\":\"memos/b\"}");
    take(subscription, "{\"type\":\"memo.created\",\"name\":\"memos/c\"}");
    assert_empty(subscription);
    event_set_admin(subscription, true);
    event_bus_publish(bus, &secret);
    take(subscription, "{\"type\":\"memo.created\",\"name\":\"memos/a\"}");
    event_unsubscribe(subscription);
    event_bus_destroy(bus);
}

static void test_events_reach_those_who_may_see_them(void **state)
{
    (void)state;
    struct event_bus *bus = event_bus_create();
    int wakes[3] = {0};
    struct event_subscription *owner = event_subscribe(bus, 1, false, count_wake, &wakes[0]);
    struct event_subscription *stranger = event_subscribe(bus, 2, false, count_wake, &wakes[1]);
    struct event_subscription *admin = event_subscribe(bus, 3, true, count_wake, &wakes[2]);

    event_bus_publish(bus, &(struct event){.type = "memo.created", .name = "memos/a", .for_everyone = true});
    event_bus_publish(bus,
                      &(struct event){.type = "memo.updated", .name = "memos/b", .parent = "memos/a", .owner_id = 1});
    take(owner, "{\"type\":\"memo.created\",\"name\":\"memos/a\"}");
    take(owner, "{\"type\":\"memo.updated\",\"name\":\"memos/b\",\"parent\":\"memos/a\"}");
    assert_empty(owner);
    take(stranger, "{\"type\":\"memo.created\",\"name\":\"memos/a\"}");
    assert_empty(stranger);
    take(admin, "{\"type\":\"memo.created\",\"name\":\"memos/a\"}");
    take(admin, "{\"type\":\"memo.updated\",\"name\":\"memos/b\",\"parent\":\"memos/a\"}");
    /* One wake for a queue that was empty, not one per event. */
    assert_int_equal(wakes[0], 1);
    assert_int_equal(wakes[1], 1);

    event_unsubscribe(stranger);
    event_bus_publish(bus, &(struct event){.type = "memo.deleted", .name = "memos/a", .for_everyone = true});
    assert_int_equal(wakes[1], 1);
    event_unsubscribe(admin);
    event_unsubscribe(owner);
    event_bus_destroy(bus);
}

static void test_full_queue_drops_the_newest(void **state)
{
    (void)state;
    struct event_bus *bus = event_bus_create();
    int wakes = 0;
    struct event_subscription *slow = event_subscribe(bus, 1, false, count_wake, &wakes);
    for (int i = 0; i < EVENT_QUEUE + 5; i++) {
        char name[32];
        snprintf(name, sizeof name, "memos/%d", i);
        event_bus_publish(bus, &(struct event){.type = "t", .name = name, .for_everyone = true});
    }
    for (int i = 0; i < EVENT_QUEUE; i++) {
        char expected[64];
        snprintf(expected, sizeof expected, "{\"type\":\"t\",\"name\":\"memos/%d\"}", i);
        take(slow, expected);
    }
    assert_empty(slow);
    event_unsubscribe(slow);
    event_bus_destroy(bus);
}

static void test_hostile_or_long_names_are_no_events(void **state)
{
    (void)state;
    struct event_bus *bus = event_bus_create();
    int wakes = 0;
    struct event_subscription *listener = event_subscribe(bus, 1, false, count_wake, &wakes);
    char longer[EVENT_TEXT_MAX];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    event_bus_publish(bus, &(struct event){.type = "t", .name = "a\"b", .for_everyone = true});
    event_bus_publish(bus, &(struct event){.type = "t", .name = longer, .for_everyone = true});
    event_bus_publish(NULL, &(struct event){.type = "t", .name = "a", .for_everyone = true});
    assert_empty(listener);
    assert_int_equal(wakes, 0);
    event_unsubscribe(listener);
    event_bus_destroy(bus);
}

static void *publish_many(void *bus)
{
    for (int i = 0; i < 2000; i++)
        event_bus_publish(bus, &(struct event){.type = "t", .name = "memos/a", .for_everyone = true});
    return NULL;
}

static void wake_nothing(void *ctx)
{
    (void)ctx;
}

static void test_listeners_come_and_go_while_others_publish(void **state)
{
    (void)state;
    struct event_bus *bus = event_bus_create();
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, publish_many, bus), 0);
    for (int i = 0; i < 500; i++) {
        struct event_subscription *listener = event_subscribe(bus, i, i % 2 == 0, wake_nothing, NULL);
        char text[EVENT_TEXT_MAX];
        size_t length;
        while (event_next(listener, text, &length))
            assert_string_equal(text, "{\"type\":\"t\",\"name\":\"memos/a\"}");
        event_unsubscribe(listener);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    event_bus_destroy(bus);
}

struct line {
    char text[EVENT_LINE_MAX];
    int count;
};

static void keep_line(void *ctx, const char *line)
{
    struct line *kept = ctx;
    snprintf(kept->text, sizeof kept->text, "%s", line);
    kept->count++;
}

static void test_events_pass_between_servers(void **state)
{
    (void)state;
    struct event_bus *here = event_bus_create(), *there = event_bus_create();
    struct line line = {0};
    int wakes = 0;
    struct event_subscription *owner = event_subscribe(there, 1, false, count_wake, &wakes);
    struct event_subscription *stranger = event_subscribe(there, 2, false, count_wake, &wakes);
    event_bus_relay(here, keep_line, &line);
    event_bus_publish(here,
                      &(struct event){.type = "memo.created", .name = "memos/a", .parent = "memos/b", .owner_id = 1});
    assert_int_equal(line.count, 1);
    assert_int_equal(line.text[strlen(line.text) - 1], '\n');
    line.text[strlen(line.text) - 1] = '\0';
    assert_true(event_bus_hear(there, line.text));
    take(owner, "{\"type\":\"memo.created\",\"name\":\"memos/a\",\"parent\":\"memos/b\"}");
    assert_empty(stranger);
    event_bus_publish(here, &(struct event){.type = "memo.deleted", .name = "memos/a", .for_everyone = true});
    line.text[strlen(line.text) - 1] = '\0';
    assert_true(event_bus_hear(there, line.text));
    take(stranger, "{\"type\":\"memo.deleted\",\"name\":\"memos/a\"}");
    event_unsubscribe(owner);
    event_unsubscribe(stranger);
    event_bus_destroy(here);
    event_bus_destroy(there);
}

static void test_what_is_no_event_is_not_taken_for_one(void **state)
{
    (void)state;
    struct event_bus *bus = event_bus_create();
    int wakes = 0;
    struct event_subscription *admin = event_subscribe(bus, 3, true, count_wake, &wakes);
    char longest[EVENT_TEXT_MAX + 64];
    memset(longest, 'x', sizeof longest);
    memcpy(longest, "event 1 1 {", 11);
    longest[sizeof longest - 1] = '\0';
    const char *const lines[] = {"", "event", "event 1", "event 1 2", "event 1 2 ", "event x 2 {}", "user 12", longest};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_false(event_bus_hear(bus, lines[i]));
    assert_empty(admin);
    event_unsubscribe(admin);
    event_bus_destroy(bus);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events_reach_those_who_may_see_them),
        cmocka_unit_test(test_a_role_may_change),
        cmocka_unit_test(test_full_queue_drops_the_newest),
        cmocka_unit_test(test_hostile_or_long_names_are_no_events),
        cmocka_unit_test(test_listeners_come_and_go_while_others_publish),
        cmocka_unit_test(test_events_pass_between_servers),
        cmocka_unit_test(test_what_is_no_event_is_not_taken_for_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
