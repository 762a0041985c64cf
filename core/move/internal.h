/* Shared by the files of move/.
 *
 *   live.c (a database)  ─┐                ┌─► target.c (a database)
 *                         ├─► rows of all ─┼─► archive_write.c
 *   archive_read.c       ─┘   tables       └─► check.c (sums only)
 *
 * A source gives every table in the order of store_move_tables, and its rows in the order of their keys, to a sink. */
#ifndef MEMORA_MOVE_INTERNAL_H
#define MEMORA_MOVE_INTERNAL_H

#include <stdio.h>

#include "base/hash.h"
#include "move/move.h"
#include "store/attachment.h"
#include "store/move.h"

struct blob;
struct plugin;

/* site.c: an instance, opened without serving it. */
struct move_site {
    const struct config *config;
    struct db *db;
    struct store *store;
    struct blob *blob;
};
enum move_access { MOVE_READ, MOVE_REPAIR /* may write, but makes nothing */, MOVE_WRITE };
/* Fills *site, also on failure; MOVE_WRITE makes data directory and schema where they are missing. */
enum status_code move_site_open(struct move_site *site, const struct config *config, enum move_access access,
                                struct status *status);
void move_site_close(struct move_site *site);

/* sum.c: what rows are compared by. Does not depend on their order, since databases sort texts differently. */
struct move_sum {
    uint64_t words[4]; /* the SHA-256 of all rows, added up */
    uint64_t count;
};
void move_sum_row(struct move_sum *sum, const struct store_move_table *table, const struct store_move_row *row);
void move_sum_content(struct move_sum *sum, int64_t id, uint64_t size, const unsigned char digest[HASH_SHA256_SIZE]);
bool move_sum_equal(const struct move_sum *a, const struct move_sum *b);
enum { MOVE_SUM_HEX_SIZE = 65 };
void move_sum_hex(const struct move_sum *sum, char out[MOVE_SUM_HEX_SIZE]);
bool move_sum_parse(struct move_sum *sum, const char *hex, uint64_t count);

/* All sums of one instance. */
struct move_totals {
    struct move_sum tables[STORE_MOVE_TABLES];
    struct move_sum contents; /* of attachments whose bytes were read */
    uint64_t missing;         /* attachments whose bytes are not there */
    uint64_t bytes;           /* of contents */
};
/* STATUS_DATA_LOSS, naming the first difference. */
enum status_code move_totals_compare(const struct move_totals *expected, const struct move_totals *found,
                                     const char *what, struct status *status);

/* The bytes of one attachment; lies in the source. open at most once, then read until 0, then close. */
struct move_content {
    const struct move_content_ops *ops;
    uint64_t size; /* after open */
};
struct move_content_ops {
    /* STATUS_NOT_FOUND: they are missing. */
    enum status_code (*open)(struct move_content *content, struct status *status);
    /* 1..cap bytes, 0 at the end, -1 with status filled. The total is size, or it is an error. */
    int64_t (*read)(struct move_content *content, void *buf, size_t cap, struct status *status);
    void (*close)(struct move_content *content);
};

/* content is NULL for rows whose bytes are not ours to move. The row is the source's, valid during the call. */
struct move_sink {
    enum status_code (*begin)(struct move_sink *sink, unsigned table, struct status *status);
    enum status_code (*row)(struct move_sink *sink, unsigned table, const struct store_move_row *row,
                            struct move_content *content, struct status *status);
    enum status_code (*end)(struct move_sink *sink, unsigned table, struct status *status);
};

/* row_attachment.c: what a row of table attachment says. In the arena. */
enum status_code move_row_attachment(struct arena *arena, const struct store_move_row *row,
                                     struct store_attachment *out, struct status *status);
/* Puts storage, reference and payload into the row; texts are in the arena. */
enum status_code move_row_place(struct arena *arena, const struct store_attachment *attachment,
                                struct store_move_row *row, struct status *status);

/* live.c. A snapshot of a database; with_foreign: also the bytes in S3 buckets that rows name. */
struct move_live {
    struct move_site *site;
    struct db_conn *conn; /* with the snapshot */
    bool with_foreign;
    bool sizes_only; /* of contents: they are not read */
    bool exact;      /* a bucket out of reach is told, instead of counting as one without the object */
    bool (*skip)(void *ctx, const struct store_attachment *attachment); /* whose bytes are not looked at; NULL: none */
    void *skip_ctx;
    uint64_t rows; /* of all tables */
};
enum status_code move_live_begin(struct move_live *live, struct move_site *site, struct status *status);
void move_live_end(struct move_live *live);
enum status_code move_live_run(struct move_live *live, struct move_sink *sink, struct status *status);
/* Names the instance, so that a target can tell whose unfinished copy it holds. */
enum status_code move_live_identity(struct move_live *live, char out[HASH_SHA256_HEX_SIZE], struct status *status);

/* check.c: reads everything and adds it up. */
struct move_check {
    struct move_sink sink;
    struct move_totals totals;
    struct move_progress *progress; /* NULL: silent */
};
void move_check_init(struct move_check *check, struct move_progress *progress);
/* Reads content to its end; STATUS_NOT_FOUND if it is missing. each may be NULL. */
typedef enum status_code (*move_bytes_fn)(void *ctx, const void *bytes, size_t length, struct status *status);
enum status_code move_content_pump(struct move_content *content, int64_t id, struct move_totals *totals,
                                   move_bytes_fn each, void *ctx, struct status *status);

/* target.c: a database that is filled. */
struct move_target {
    struct move_sink sink;
    struct move_site *site;
    enum move_place place;
    const char *source; /* identity */
    struct move_progress *progress;
    struct move_totals totals; /* of the source, as it was given */
    struct arena *arena;       /* of the batch */
    struct store_move_row *batch;
    size_t batch_count, batch_bytes;
    struct {
        bool active;
        unsigned table;
        struct move_sum rows;
        struct move_totals totals;
    } resume; /* where the target stood when it was opened */
};
/* Opens the target for this source: fresh, or where an earlier run ended. */
enum status_code move_target_begin(struct move_target *target, struct status *status);
/* After the source is through: compares what is in the database with what was given, then takes the mark away. */
enum status_code move_target_finish(struct move_target *target, struct status *status);
/* Removes all rows, so that it can be begun anew. */
enum status_code move_target_clear(struct move_target *target, struct status *status);
void move_target_free(struct move_target *target);
/* Runs source into target; when an unfinished copy turns out to be one of an earlier state, from the start. */
typedef enum status_code (*move_run_fn)(void *ctx, struct move_sink *sink, struct status *status);
enum status_code move_target_fill(struct move_target *target, move_run_fn run, void *ctx, struct status *status);

/* target_content.c: stores the bytes and makes the row say where. Counts them into target->totals. */
enum status_code move_target_content(struct move_target *target, struct store_move_row *row,
                                     struct move_content *content, struct status *status);

/* progress.c */
struct move_progress {
    FILE *stream; /* NULL: silent */
    bool bar;     /* stream is a terminal */
    const char *what;
    uint64_t done, total;
    int64_t started_ns, shown_ns;
};
void move_progress_begin(struct move_progress *progress, const char *what, uint64_t total);
void move_progress_step(struct move_progress *progress);
void move_progress_end(struct move_progress *progress);

/* archive_row.c: rows and the manifest as JSON. */
enum { MOVE_FORMAT_VERSION = 1, MOVE_MANIFEST_MAX = 1024 * 1024, MOVE_ROWS_MAX = 64 * 1024 * 1024 };
enum move_row_content { MOVE_CONTENT_NONE, MOVE_CONTENT_MISSING, MOVE_CONTENT_FOLLOWS };
enum status_code move_row_write(struct buf *out, const struct store_move_table *table, const struct store_move_row *row,
                                enum move_row_content content, uint64_t size, struct status *status);
/* line has no newline. Texts are in the arena. */
enum status_code move_row_read(struct arena *arena, const struct store_move_table *table, const char *line,
                               size_t length, struct store_move_row *row, enum move_row_content *content,
                               uint64_t *size, struct status *status);
char *move_manifest_write(struct arena *arena, const struct move_totals *totals);
enum status_code move_manifest_read(const char *text, size_t length, struct move_totals *totals, struct status *status);
const char *move_header_write(struct arena *arena);
enum status_code move_header_read(const char *text, size_t length, struct status *status);

#define MOVE_HEADER_NAME "memora.json"
#define MOVE_MANIFEST_NAME "manifest.json"

/* archive_read.c. Gives the totals that were found, compared with the manifest. */
struct move_progress;
enum status_code move_archive_read(const char *path, struct move_sink *sink, struct move_totals *manifest,
                                   struct status *status);
/* archive_write.c */
struct move_archive;
enum status_code move_archive_create(const char *path, struct move_progress *progress, struct move_archive **out,
                                     struct status *status);
struct move_sink *move_archive_sink(struct move_archive *archive);
const struct move_totals *move_archive_totals(const struct move_archive *archive);
/* Writes the manifest and makes the file appear. */
enum status_code move_archive_finish(struct move_archive *archive, struct status *status);
void move_archive_free(struct move_archive *archive); /* removes what is unfinished; NULL is fine */

#endif
