/* Shared by verify.c and verify_attachment.c. */
#ifndef MEMORA_MOVE_VERIFY_H
#define MEMORA_MOVE_VERIFY_H

#include "move/internal.h"

enum {
    VERIFY_BUCKETS_MAX = 32,    /* told apart, beside the configured one */
    VERIFY_BUCKET_FAILURES = 3, /* after so many a bucket is not asked any more */
    VERIFY_HASH_STEP = 31
};

struct verify {
    struct move_sink sink; /* first: looks at the attachments */
    struct move_site *site;
    struct move_verify_options options;
    uint64_t found, repaired;
    uint64_t attachments, files; /* looked at; whose file or object is there */
    uint64_t read;               /* bytes of contents that were read */
    uint64_t damaged;            /* contents that are not what was stored */
    uint64_t skipped;            /* attachments in buckets that are not asked any more */
    struct ids {
        int64_t *ids;
        size_t count, room;
    } lost; /* rows without their content */
    struct names {
        uint64_t *hashes; /* of keys that rows name */
        size_t count, room;
    } named;
    struct verify_bucket {
        uint64_t hash; /* of endpoint and name */
        unsigned failures;
    } buckets[VERIFY_BUCKETS_MAX];
    size_t bucket_count;
};

/* Prints a fault. */
void verify_tell(struct verify *verify, bool repaired, const char *text);
/* Room for one more of count elements. */
void *verify_room_for_one(void *array, size_t count, size_t *room, size_t size);
/* Of move_live, with the struct verify. */
bool verify_skip(void *ctx, const struct store_attachment *attachment);
/* A sink's row: that of an attachment is looked at with its content. */
enum status_code verify_row(struct move_sink *sink, unsigned table, const struct store_move_row *row,
                            struct move_content *content, struct status *status);
/* After all rows: those whose content is missing. */
enum status_code verify_lost(struct verify *verify, struct status *status);

#endif
