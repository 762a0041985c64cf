/* Table memora_lease: who does a piece of background work. For event/lease.c, which knows how long a lease is good. */
#ifndef MEMORA_STORE_LEASE_H
#define MEMORA_STORE_LEASE_H

#include "base/uid.h"
#include "store/store.h"

/* A row as it was read. A holder that renews writes a new number each time, so two equal readings mean that it did
 * not. The number is a time (Unix milliseconds) for those who look at the table; nothing depends on anybody's clock. */
struct store_lease {
    bool exists;
    char holder[UID_UUID_LENGTH + 1];
    int64_t number;
};

enum status_code store_lease_read(struct store *store, const char *name, struct store_lease *out,
                                  struct status *status);
/* Makes the lease that of holder if its row still is as it was read; *taken tells. */
enum status_code store_lease_take(struct store *store, const char *name, const struct store_lease *read,
                                  const char *holder, bool *taken, struct status *status);
/* Gives it up if it is that of holder. */
enum status_code store_lease_leave(struct store *store, const char *name, const char *holder, struct status *status);

#endif
