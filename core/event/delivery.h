/* Work of the outbox that goes out into the world: webhooks and mail. Threads of its own take rows that are due, from
 * this server or any other on the same database, hand them to what sends them, and remove or put off the row.
 *
 * Each row is taken by one thread of one server. What is taken by a server that dies is due again after the kind's
 * claim_ms; so a row is sent once in the ordinary case and at least once in any. */
#ifndef MEMORA_EVENT_DELIVERY_H
#define MEMORA_EVENT_DELIVERY_H

#include "store/outbox.h"

enum {
    DELIVERY_ATTEMPTS_MAX = 8,  /* of one row, over about three hours */
    DELIVERY_QUEUE_MAX = 10000, /* rows of a kind that may wait; further ones are not written */
    DELIVERY_BEGINNING_SIZE = 64
};

enum delivery_outcome {
    DELIVERY_DONE,   /* or there is nothing to do any more */
    DELIVERY_AGAIN,  /* may work later */
    DELIVERY_NEVER,  /* will not */
    DELIVERY_STOPPED /* the server is stopping */
};

struct delivery_report {
    struct status problem; /* for the log, unless DELIVERY_DONE */
    /* Where DELIVERY_AGAIN: the other rows whose payload begins like that have to wait, too. "" for none. */
    char beginning[DELIVERY_BEGINNING_SIZE];
};

/* May block for less than claim_ms. Called by several threads at once. item lives in the arena. */
typedef enum delivery_outcome (*delivery_fn)(void *ctx, struct arena *arena, const struct store_outbox_item *item,
                                             struct delivery_report *report);

struct delivery_kind {
    const char *kind; /* of the outbox */
    const char *what; /* for the log: "webhook" */
    delivery_fn send;
    void *ctx;
    unsigned threads; /* at most; they are started as they are needed */
    int64_t claim_ms;
};

struct delivery;

/* Begins to send. kind is copied. */
enum status_code delivery_start(struct store *store, const struct delivery_kind *kind, struct delivery **out,
                                struct status *status);
/* There is something new: call after the commit. Never waits; thread-safe; NULL is fine. */
void delivery_wake(struct delivery *delivery);
/* Whether so much waits already that nothing should be added. NULL gives false. */
bool delivery_is_full(const struct delivery *delivery);
/* Waits for the threads. NULL is fine. */
void delivery_stop(struct delivery *delivery);

#endif
