/* Filling a target to its end. */
#include <inttypes.h>

#include "move/internal.h"

static enum status_code remove_mark(struct db_conn *conn, void *ctx, struct status *status)
{
    (void)ctx;
    return store_move_marker_set(conn, NULL, status);
}

/* Reads all of the target again. */
static enum status_code verify(struct move_target *target, struct status *status)
{
    struct move_live live;
    struct move_check check;
    struct move_progress progress;
    enum status_code code = move_live_begin(&live, target->site, status);
    if (code)
        return code;
    move_progress_begin(&progress, "verify", live.rows);
    move_check_init(&check, &progress);
    code = move_live_run(&live, &check.sink, status);
    move_live_end(&live);
    if (code)
        return code;
    move_progress_end(&progress);
    return move_totals_compare(&target->totals, &check.totals, "the copy differs from the source", status);
}

enum status_code move_target_finish(struct move_target *target, struct status *status)
{
    enum status_code code = verify(target, status);
    if (code)
        return code;
    code = db_advance_ids(target->site->db, status);
    return code ? code : db_write(target->site->db, remove_mark, NULL, status);
}

static enum status_code attempt(struct move_target *target, move_run_fn run, void *ctx, struct status *status)
{
    enum status_code code = run(ctx, &target->sink, status);
    return code ? code : move_target_finish(target, status);
}

enum status_code move_target_fill(struct move_target *target, move_run_fn run, void *ctx, struct status *status)
{
    enum status_code code = move_target_begin(target, status);
    if (code)
        return code;
    bool resumed = target->resume.active;
    if (resumed)
        fprintf(stderr, "going on with an unfinished copy, from table %s on\n",
                store_move_tables[target->resume.table].name);
    code = attempt(target, run, ctx, status);
    /* What an earlier run left may be of a state that the source is no longer in. */
    if (resumed && (code == STATUS_ABORTED || code == STATUS_DATA_LOSS || code == STATUS_ALREADY_EXISTS)) {
        fprintf(stderr, "the source has changed since the unfinished copy: starting anew\n");
        code = move_target_clear(target, status);
        if (code == STATUS_OK)
            code = attempt(target, run, ctx, status);
    }
    return code;
}
