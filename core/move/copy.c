#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "move/internal.h"

static enum status_code run_live(void *ctx, struct move_sink *sink, struct status *status)
{
    struct move_live *live = ctx;
    struct move_target *target = (struct move_target *)sink;
    move_progress_begin(target->progress, "copy", live->rows);
    enum status_code code = move_live_run(live, sink, status);
    if (code == STATUS_OK)
        move_progress_end(target->progress);
    return code;
}

static enum status_code copy(struct move_site *from, struct move_site *to, enum move_place place, struct status *status)
{
    struct move_live live;
    struct move_progress progress;
    char identity[HASH_SHA256_HEX_SIZE] = "";
    struct move_target target = {.site = to, .place = place, .source = identity, .progress = &progress};
    enum status_code code = move_live_begin(&live, from, status);
    live.with_foreign = place != MOVE_KEEP;
    if (code == STATUS_OK)
        code = move_live_identity(&live, identity, status);
    if (code == STATUS_OK)
        code = move_target_fill(&target, run_live, &live, status);
    if (code == STATUS_OK)
        printf("Copied %" PRIu64 " memos and %" PRIu64 " attachments (%" PRIu64 " with content, %" PRIu64
               " missing in the source); counts and SHA-256 agree.\n",
               target.totals.tables[STORE_MOVE_MEMO].count, target.totals.tables[STORE_MOVE_ATTACHMENT].count,
               target.totals.contents.count, target.totals.missing);
    move_target_free(&target);
    move_live_end(&live);
    return code;
}

enum status_code move_copy(const struct config *from, const struct config *to, enum move_place place,
                           struct status *status)
{
    struct move_site source = {0}, target = {0};
    enum status_code code = move_site_open(&source, from, MOVE_READ, status);
    if (code) {
        status_prefix(status, "source: ");
    } else {
        code = move_site_open(&target, to, MOVE_WRITE, status);
        if (code)
            status_prefix(status, "target: ");
    }
    if (code == STATUS_OK)
        code = copy(&source, &target, place, status);
    move_site_close(&target);
    move_site_close(&source);
    return code;
}
