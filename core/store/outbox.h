/* Work that must outlive the request that caused it: rows of table memora_outbox, written in the transaction of what
 * they follow from, and deleted when done. Times are Unix milliseconds. */
#ifndef MEMORA_STORE_OUTBOX_H
#define MEMORA_STORE_OUTBOX_H

#include "store/store.h"

/* Kinds. */
extern const char store_outbox_removal[]; /* an object to remove: store/removal.h */
extern const char store_outbox_promise[]; /* one to remove if its attachment does not come */
extern const char store_outbox_webhook[]; /* an event for a webhook: event/webhook.h */
extern const char store_outbox_mail[];    /* a notification to send by mail: event/notice.h */

struct store_outbox_item {
    int64_t id, created_ms;
    int64_t attempts; /* begun before, by this or an earlier process */
    const char *payload;
};

/* Inside a write. Adds a row that is due at due_ms. */
enum status_code store_outbox_add(struct db_conn *conn, const char *kind, const char *payload, int64_t due_ms,
                                  int64_t *id, struct status *status);
/* The same for several, in one statement; at most STORE_IN_MAX. */
enum status_code store_outbox_add_many(struct db_conn *conn, struct arena *arena, const char *kind,
                                       const char *const *payloads, size_t count, int64_t due_ms,
                                       struct status *status);

/* Takes up to limit rows that are due, oldest first, and counts an attempt: they are due again at retry_ms unless they
 * are finished or put off before. One transaction; none at all when nothing is due. For one
 * server at a time; limit is at most STORE_IN_MAX. */
enum status_code store_outbox_claim(struct store *store, struct arena *arena, const char *kind, uint32_t limit,
                                    int64_t retry_ms, struct store_outbox_item **out, size_t *count,
                                    struct status *status);

/* Takes the one row that has been due longest, if any is, and counts an attempt: it is due again at retry_ms unless it
 * is finished or put off before. Of several servers and threads that take at once, one gets it. No transaction when
 * nothing is due. */
enum status_code store_outbox_take(struct store *store, struct arena *arena, const char *kind, int64_t retry_ms,
                                   struct store_outbox_item *out, bool *found, struct status *status);

enum status_code store_outbox_count(struct store *store, const char *kind, int64_t *count, struct status *status);

/* When the next row of the kind is due; INT64_MAX if there is none. */
enum status_code store_outbox_next(struct store *store, const char *kind, int64_t *due_ms, struct status *status);

/* Inside a write: done. At most STORE_IN_MAX. */
enum status_code store_outbox_finish(struct db_conn *conn, struct arena *arena, const int64_t *ids, size_t count,
                                     struct status *status);
/* Inside a write: not before due_ms. */
enum status_code store_outbox_put_off(struct db_conn *conn, int64_t id, int64_t due_ms, struct status *status);

/* What became of a row that was taken. */
struct store_outbox_outcome {
    int64_t id;
    bool finished;                /* else it is due again, */
    int64_t due_ms;               /* then, */
    const char *kind, *beginning; /* as is every row of the kind that is due by now and whose payload begins like that;
                                     "" for none */
};
enum status_code store_outbox_settle(struct store *store, struct arena *arena,
                                     const struct store_outbox_outcome *outcome, struct status *status);

#endif
