#include "event/bus.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

struct event_subscription {
    struct event_bus *bus;
    struct event_subscription *next, *previous;
    int32_t user_id;
    bool admin;
    void (*wake)(void *ctx);
    void *ctx;
    unsigned first, waiting;
    struct waiting {
        bool as_admin; /* taken for no other reason */
        char text[EVENT_TEXT_MAX];
    } queue[EVENT_QUEUE];
};

struct event_bus {
    pthread_mutex_t lock;
    struct event_subscription *subscriptions;
    unsigned count;
    void (*relay)(void *ctx, const char *line);
    void *relay_ctx;
};

struct event_bus *event_bus_create(void)
{
    struct event_bus *bus = memory_zalloc(sizeof *bus);
    pthread_mutex_init(&bus->lock, NULL);
    return bus;
}

void event_bus_destroy(struct event_bus *bus)
{
    if (!bus)
        return;
    assert(!bus->subscriptions);
    pthread_mutex_destroy(&bus->lock);
    free(bus);
}

/* Names are uids of ours, so nothing in them needs escaping; too long a text is no event of ours. */
static bool render(const struct event *event, char out[EVENT_TEXT_MAX])
{
    int length = event->parent && event->parent[0]
                     ? snprintf(out, EVENT_TEXT_MAX, "{\"type\":\"%s\",\"name\":\"%s\",\"parent\":\"%s\"}", event->type,
                                event->name, event->parent)
                     : snprintf(out, EVENT_TEXT_MAX, "{\"type\":\"%s\",\"name\":\"%s\"}", event->type, event->name);
    return length > 0 && length < EVENT_TEXT_MAX && !strpbrk(event->name, "\"\\");
}

static void deliver(struct event_bus *bus, bool for_everyone, int32_t owner_id, const char text[EVENT_TEXT_MAX])
{
    pthread_mutex_lock(&bus->lock);
    for (struct event_subscription *s = bus->subscriptions; s; s = s->next) {
        bool as_admin = !for_everyone && s->user_id != owner_id;
        if ((as_admin && !s->admin) || s->waiting == EVENT_QUEUE)
            continue;
        struct waiting *entry = &s->queue[(s->first + s->waiting) % EVENT_QUEUE];
        entry->as_admin = as_admin;
        memcpy(entry->text, text, EVENT_TEXT_MAX);
        if (s->waiting++ == 0)
            s->wake(s->ctx);
    }
    pthread_mutex_unlock(&bus->lock);
}

void event_bus_publish(struct event_bus *bus, const struct event *event)
{
    char text[EVENT_TEXT_MAX], line[EVENT_LINE_MAX];
    if (!bus || !render(event, text))
        return;
    deliver(bus, event->for_everyone, event->owner_id, text);
    if (!bus->relay)
        return;
    snprintf(line, sizeof line, "event %d %d %s\n", event->for_everyone, event->owner_id, text);
    bus->relay(bus->relay_ctx, line);
}

void event_bus_relay(struct event_bus *bus, void (*relay)(void *ctx, const char *line), void *ctx)
{
    bus->relay = relay;
    bus->relay_ctx = ctx;
}

bool event_bus_hear(struct event_bus *bus, const char *line)
{
    char text[EVENT_TEXT_MAX] = "";
    int for_everyone, owner_id, start = 0;
    if (sscanf(line, "event %d %d %n", &for_everyone, &owner_id, &start) < 2 || line[start] != '{' ||
        strlen(line + start) >= sizeof text)
        return false;
    memcpy(text, line + start, strlen(line + start));
    deliver(bus, for_everyone != 0, owner_id, text);
    return true;
}

struct event_subscription *event_subscribe(struct event_bus *bus, int32_t user_id, bool admin, void (*wake)(void *ctx),
                                           void *ctx)
{
    struct event_subscription *s = memory_zalloc(sizeof *s);
    s->bus = bus;
    s->user_id = user_id;
    s->admin = admin;
    s->wake = wake;
    s->ctx = ctx;
    pthread_mutex_lock(&bus->lock);
    bool full = bus->count == EVENT_SUBSCRIPTIONS_MAX;
    if (!full) {
        bus->count++;
        s->next = bus->subscriptions;
        if (s->next)
            s->next->previous = s;
        bus->subscriptions = s;
    }
    pthread_mutex_unlock(&bus->lock);
    if (full) {
        free(s);
        return NULL;
    }
    return s;
}

void event_unsubscribe(struct event_subscription *subscription)
{
    struct event_bus *bus = subscription->bus;
    pthread_mutex_lock(&bus->lock);
    if (subscription->previous)
        subscription->previous->next = subscription->next;
    else
        bus->subscriptions = subscription->next;
    if (subscription->next)
        subscription->next->previous = subscription->previous;
    bus->count--;
    pthread_mutex_unlock(&bus->lock);
    free(subscription);
}

void event_set_admin(struct event_subscription *subscription, bool admin)
{
    struct event_bus *bus = subscription->bus;
    pthread_mutex_lock(&bus->lock);
    subscription->admin = admin;
    pthread_mutex_unlock(&bus->lock);
}

bool event_next(struct event_subscription *subscription, char out[EVENT_TEXT_MAX], size_t *length)
{
    struct event_bus *bus = subscription->bus;
    bool any = false;
    pthread_mutex_lock(&bus->lock);
    while (subscription->waiting > 0 && !any) {
        const struct waiting *entry = &subscription->queue[subscription->first];
        any = !entry->as_admin || subscription->admin;
        if (any)
            memcpy(out, entry->text, EVENT_TEXT_MAX);
        subscription->first = (subscription->first + 1) % EVENT_QUEUE;
        subscription->waiting--;
    }
    pthread_mutex_unlock(&bus->lock);
    if (any)
        *length = strlen(out);
    return any;
}
