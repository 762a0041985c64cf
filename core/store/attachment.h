/* Attachments: rows of table attachment (contract database.md 1, 3.2, 3.3). Where the bytes of one lie is the business
 * of blob/; this table knows only those that are kept in its own column. */
#ifndef MEMORA_STORE_ATTACHMENT_H
#define MEMORA_STORE_ATTACHMENT_H

#include "base/spool.h"
#include "filter/filter.h"
#include "memos/store/attachment.pb-c.h"
#include "store/store.h"

enum store_attachment_storage {
    STORE_ATTACHMENT_DATABASE, /* column value "", and any other text that is none of those below */
    STORE_ATTACHMENT_LOCAL,
    STORE_ATTACHMENT_S3,
    STORE_ATTACHMENT_EXTERNAL
};

struct store_attachment {
    int32_t id, creator_id;
    const char *uid;
    int64_t created_ts, updated_ts; /* Unix seconds; updated_ts is also the sort key */
    const char *filename, *type;    /* type: media type without parameters */
    int64_t size;                   /* bytes */
    int32_t memo_id;                /* 0 = not attached */
    const char *memo_uid;           /* NULL when not attached or when that memo is gone */
    enum store_attachment_storage storage;
    const char *reference;                          /* LOCAL: path; S3, EXTERNAL: URL; else "" */
    const Memos__Store__AttachmentPayload *payload; /* never NULL when read */
    const void *bytes;                              /* only for inserting into DATABASE; never read with the row */
    size_t bytes_length;
    struct spool_list *spools; /* in which new bytes may lie; NULL: in memory */
    int64_t
        promise; /* outbox row that removes the object unless the attachment is inserted; 0 = none. store/removal.h */
};

/* STATUS_NOT_FOUND "attachment not found" when there is none. */
enum status_code store_attachment_get(struct db_conn *conn, struct arena *arena, const char *uid,
                                      struct store_attachment *out, struct status *status);

/* In no order, missing ones left out. One statement; at most STORE_IN_MAX. */
enum status_code store_attachment_get_many(struct db_conn *conn, struct arena *arena, const char *const *uids,
                                           size_t uid_count, struct store_attachment **out, size_t *count,
                                           struct status *status);

/* All attachments of several memos, updated_ts descending, then id descending: pick by memo_id. One statement; at most
 * STORE_IN_MAX memos. The array may be NULL when *count is 0. */
enum status_code store_attachment_list_for_memos(struct db_conn *conn, struct arena *arena, const int32_t *memo_ids,
                                                 size_t memo_count, struct store_attachment **out, size_t *count,
                                                 struct status *status);

struct store_attachment_find {
    int32_t creator_id;              /* 0 = any */
    const struct filter_sql *filter; /* NULL = none */
    uint32_t limit;                  /* 0 = all */
    uint64_t offset;
};

/* updated_ts descending, then id descending. One statement. */
enum status_code store_attachment_list(struct db_conn *conn, struct arena *arena,
                                       const struct store_attachment_find *find, struct store_attachment **out,
                                       size_t *count, struct status *status);

/* Size of the bytes kept in the row; -1 if there are none (NULL). */
enum status_code store_attachment_bytes_size(struct db_conn *conn, int32_t id, int64_t *size, struct status *status);
/* Bytes [off, off + len) of those kept in the row, cut at their end. */
enum status_code store_attachment_bytes(struct db_conn *conn, struct arena *arena, int32_t id, uint64_t off,
                                        uint64_t len, const char **out, size_t *length, struct status *status);

/* Inside a write. Takes uid, creator_id, filename, type, size, memo_id, storage, reference, payload (NULL = empty),
 * promise and bytes; fills id, created_ts and updated_ts. A taken uid is STATUS_ALREADY_EXISTS. */
enum status_code store_attachment_insert(struct db_conn *conn, struct arena *arena, struct store_attachment *attachment,
                                         struct status *status);

/* Inside a write. filename NULL leaves it as it is. */
enum status_code store_attachment_update(struct db_conn *conn, int32_t id, const char *filename, int64_t updated_ts,
                                         struct status *status);

/* Inside a write: puts the attachment (which may belong to another memo by now) below the memo. */
enum status_code store_attachment_link(struct db_conn *conn, int32_t id, int32_t memo_id, int64_t updated_ts,
                                       struct status *status);

/* Inside a write: removes the rows, at most STORE_IN_MAX, and adds the removal of their bytes elsewhere to the outbox:
 * call blob_removals_due once the write is done. Those that are gone by now are passed over; *deleted (NULL: of no
 * interest) is how many were not. */
enum status_code store_attachment_delete(struct db_conn *conn, struct arena *arena,
                                         const struct store_attachment *attachments, size_t count, size_t *deleted,
                                         struct status *status);

/* S3 attachments with an id above after_id, by id; at most limit. */
enum status_code store_attachment_list_s3(struct db_conn *conn, struct arena *arena, int32_t after_id, uint32_t limit,
                                          struct store_attachment **out, size_t *count, struct status *status);
/* Inside a write: sets reference and payload; updated_ts stays. */
enum status_code store_attachment_relink(struct db_conn *conn, struct arena *arena,
                                         const struct store_attachment *attachment, struct status *status);

#endif
