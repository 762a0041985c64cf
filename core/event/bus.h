/* News of changes for those who listen now: the live event stream, of this server and, through a relay, of the others
 * that share its database. Nothing is kept for later. */
#ifndef MEMORA_EVENT_BUS_H
#define MEMORA_EVENT_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_bus;
struct event_subscription;

/* One event as the stream of memos.md 7 sends it: {"type":..,"name":..,"parent":..}. */
struct event {
    const char *type;   /* "memo.created", ... */
    const char *name;   /* resource name */
    const char *parent; /* resource name, NULL if none */
    bool for_everyone;  /* else only for owner_id and admins */
    int32_t owner_id;
};

enum { EVENT_QUEUE = 32, EVENT_TEXT_MAX = 256, EVENT_SUBSCRIPTIONS_MAX = 10000 };
struct event_bus *event_bus_create(void);
/* All subscriptions must be gone. NULL is fine. */
void event_bus_destroy(struct event_bus *bus);

/* Hands the event to every subscription that may see it. Never waits; thread-safe. bus may be NULL. */
void event_bus_publish(struct event_bus *bus, const struct event *event);

/* From now on relay is given each published event as a line of text (ended by '\n') for the other servers, whose
 * event_bus_hear takes it, without the '\n'. Before the first event; relay must not wait. */
enum { EVENT_LINE_MAX = EVENT_TEXT_MAX + 32 };
void event_bus_relay(struct event_bus *bus, void (*relay)(void *ctx, const char *line), void *ctx);
/* False if the line is no event. */
bool event_bus_hear(struct event_bus *bus, const char *line);

/* A listener with room for EVENT_QUEUE events; when full, further ones are dropped (memos.md 7). wake is called on the
 * publisher's thread, under the bus lock, when the queue was empty: it must only signal. NULL when there are
 * EVENT_SUBSCRIPTIONS_MAX listeners already. */
struct event_subscription *event_subscribe(struct event_bus *bus, int32_t user_id, bool admin, void (*wake)(void *ctx),
                                           void *ctx);
void event_unsubscribe(struct event_subscription *subscription); /* wake is not called any more when this returns */

/* Whether the user is an administrator from now on. What waits and was for administrators alone is not given to one who
 * no longer is. */
void event_set_admin(struct event_subscription *subscription, bool admin);

/* Takes the oldest waiting event as JSON text into out; false when there is none. */
bool event_next(struct event_subscription *subscription, char out[EVENT_TEXT_MAX], size_t *length);

#endif
