#include <gnutls/crypto.h>
#include <stdlib.h>

#include "move/internal.h"

enum { PIECE = 256 * 1024 };

static enum status_code pump(struct move_content *content, gnutls_hash_hd_t hash, uint64_t *total, move_bytes_fn each,
                             void *ctx, struct status *status)
{
    enum status_code code = STATUS_OK;
    char *piece = memory_alloc(PIECE);
    int64_t n;
    while (code == STATUS_OK && (n = content->ops->read(content, piece, PIECE, status)) != 0) {
        if (n < 0) {
            code = status->code;
            break;
        }
        *total += (uint64_t)n;
        gnutls_hash(hash, piece, (size_t)n);
        if (each)
            code = each(ctx, piece, (size_t)n, status);
    }
    free(piece);
    if (code == STATUS_OK && *total != content->size)
        code = status_set(status, STATUS_DATA_LOSS, "the content ended after %llu of %llu bytes",
                          (unsigned long long)*total, (unsigned long long)content->size);
    return code;
}

enum status_code move_content_pump(struct move_content *content, int64_t id, struct move_totals *totals,
                                   move_bytes_fn each, void *ctx, struct status *status)
{
    gnutls_hash_hd_t hash;
    unsigned char digest[HASH_SHA256_SIZE];
    uint64_t total = 0;
    if (gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) != 0)
        memory_exhausted();
    enum status_code code = pump(content, hash, &total, each, ctx, status);
    gnutls_hash_deinit(hash, digest);
    if (code)
        return code;
    move_sum_content(&totals->contents, id, total, digest);
    totals->bytes += total;
    return STATUS_OK;
}

static enum status_code begin(struct move_sink *sink, unsigned table, struct status *status)
{
    (void)sink;
    (void)table;
    (void)status;
    return STATUS_OK;
}

static enum status_code check_row(struct move_sink *sink, unsigned table, const struct store_move_row *row,
                                  struct move_content *content, struct status *status)
{
    struct move_check *check = (struct move_check *)sink;
    struct status problem = {0};
    move_progress_step(check->progress);
    move_sum_row(&check->totals.tables[table], &store_move_tables[table], row);
    if (!content)
        return STATUS_OK;
    enum status_code code = content->ops->open(content, &problem);
    if (code == STATUS_OK) {
        code = move_content_pump(content, row->values[STORE_MOVE_ID].u.i, &check->totals, NULL, NULL, &problem);
        content->ops->close(content);
    } else if (code == STATUS_NOT_FOUND) {
        check->totals.missing++;
        return STATUS_OK;
    }
    if (code)
        return status_set(status, code, "attachment %lld: %s", (long long)row->values[STORE_MOVE_ID].u.i,
                          problem.message);
    return STATUS_OK;
}

void move_check_init(struct move_check *check, struct move_progress *progress)
{
    *check = (struct move_check){.sink = {.begin = begin, .row = check_row, .end = begin}, .progress = progress};
}
