/* Background work that is to run once, not once on each server of a database: whoever holds the lease of its name does
 * it. A holder that dies or is cut off from the database loses it, and another server takes over.
 *
 * A lease is renewed every LEASE_RENEW_NS. The holder counts on it for LEASE_LIFE_NS from the moment that it began to
 * renew; another server takes it only after having seen it unchanged for LEASE_LIFE_NS plus LEASE_MARGIN_NS by its own
 * clock that never steps. So two do not hold the same lease, whatever their clocks show, but work that was begun under
 * a lease may outlast it: look again between its steps, and let each step do no harm when it is done twice. */
#ifndef MEMORA_EVENT_LEASE_H
#define MEMORA_EVENT_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#define LEASE_RENEW_NS INT64_C(2000000000)
#define LEASE_LIFE_NS INT64_C(7000000000)
#define LEASE_MARGIN_NS INT64_C(1000000000)
enum { LEASE_NAMES_MAX = 8 };

struct store;
struct leases;

/* Tries to hold the leases of these names (static texts, at most LEASE_NAMES_MAX) from now on, on a thread of its own;
 * where the database belongs to this server alone, it holds them without. changed may be NULL: called on that thread
 * when a lease was won. */
enum status_code leases_start(struct store *store, const char *const *names, unsigned count,
                              void (*changed)(void *ctx, const char *name), void *ctx, struct leases **out,
                              struct status *status);
/* Gives them up, so that another server can take over at once. The work must have stopped. NULL is fine. */
void leases_stop(struct leases *leases);

/* Whether this server is to do the work of that name now. Any thread; costs no look at the database. */
bool lease_held(const struct leases *leases, const char *name);

#endif
