/* Notifications: rows of table inbox (contract/database.md 1 and 3.4). */
#ifndef MEMORA_STORE_INBOX_H
#define MEMORA_STORE_INBOX_H

#include "memos/store/inbox.pb-c.h"
#include "store/store.h"

enum store_inbox_status { STORE_INBOX_UNREAD, STORE_INBOX_ARCHIVED };

struct store_inbox {
    int32_t id, sender_id, receiver_id;
    int64_t created_ts; /* Unix seconds */
    enum store_inbox_status status;
    const Memos__Store__InboxMessage *message; /* never NULL */
};

/* Inside a write: takes sender_id, receiver_id, status and message; fills id and created_ts. */
enum status_code store_inbox_create(struct db_conn *conn, struct arena *arena, struct store_inbox *inbox,
                                    struct status *status);

/* Of one receiver, newest first (ties: higher id first). One statement. A message that cannot be read is
 * STATUS_INTERNAL, as in the reference. */
enum status_code store_inbox_list(struct db_conn *conn, struct arena *arena, int32_t receiver_id,
                                  struct store_inbox **out, size_t *count, struct status *status);

/* STATUS_NOT_FOUND "notification not found". */
enum status_code store_inbox_get(struct db_conn *conn, struct arena *arena, int32_t id, struct store_inbox *out,
                                 struct status *status);

/* Inside a write. */
enum status_code store_inbox_set_status(struct db_conn *conn, int32_t id, enum store_inbox_status value,
                                        struct status *status);
enum status_code store_inbox_delete(struct db_conn *conn, int32_t id, struct status *status);

#endif
