/* Objects to remove, as the outbox keeps them: what is needed for it when the attachment's row is gone. */
#ifndef MEMORA_STORE_REMOVAL_H
#define MEMORA_STORE_REMOVAL_H

#include "store/attachment.h"
#include "store/outbox.h"

/* Whether an attachment has bytes outside its row. */
bool store_removal_needed(const struct store_attachment *attachment);

/* Payload of the outbox row. Its beginning is the same for all that lie at the same place. */
enum status_code store_removal_text(struct arena *arena, const struct store_attachment *attachment, const char **out,
                                    struct status *status);
/* The attachment of a payload: uid, storage, reference (LOCAL) and payload (S3). STATUS_DATA_LOSS if it is none. */
enum status_code store_removal_parse(struct arena *arena, const char *text, struct store_attachment *out,
                                     struct status *status);

/* Inside a write: removal of the bytes of those attachments that have some elsewhere, due at due_ms. */
enum status_code store_removal_add(struct db_conn *conn, struct arena *arena,
                                   const struct store_attachment *attachments, size_t count, int64_t due_ms,
                                   struct status *status);

/* Promises, before an object is stored, its removal at due_ms; store_attachment_insert takes the promise back. Fills
 * attachment->promise. STATUS_ALREADY_EXISTS if a removal of the same object is pending: then another key is needed. */
enum status_code store_removal_promise(struct store *store, struct arena *arena, struct store_attachment *attachment,
                                       int64_t due_ms, struct status *status);
/* Inside a write, the one that brings the attachment. STATUS_ABORTED if the promise was broken off: the object is gone
 * or about to be. */
enum status_code store_removal_take_back(struct db_conn *conn, int64_t promise, struct status *status);
/* From now on that promise is a removal that nobody takes back. *gone: it was taken back before. */
enum status_code store_removal_break_off(struct store *store, int64_t promise, bool *gone, struct status *status);
/* The object is to go now. */
enum status_code store_removal_keep_promise(struct store *store, const struct store_attachment *attachment,
                                            struct status *status);

/* Whether anybody has or is about to have an object at the same place: an attachment, or a row of the outbox that is
 * younger than the row id. */
enum status_code store_removal_in_use(struct store *store, struct arena *arena, int64_t id, const char *text,
                                      const struct store_attachment *attachment, bool *in_use, struct status *status);

#endif
