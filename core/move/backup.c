#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "move/internal.h"

static enum status_code write_archive(struct move_live *live, const char *path, struct status *status)
{
    struct move_archive *archive = NULL;
    struct move_progress progress;
    move_progress_begin(&progress, "backup", live->rows);
    enum status_code code = move_archive_create(path, &progress, &archive, status);
    if (code == STATUS_OK)
        code = move_live_run(live, move_archive_sink(archive), status);
    if (code == STATUS_OK)
        code = move_archive_finish(archive, status);
    if (code == STATUS_OK) {
        const struct move_totals *totals = move_archive_totals(archive);
        move_progress_end(&progress);
        fprintf(strcmp(path, "-") == 0 ? stderr : stdout,
                "Backed up %" PRIu64 " memos and %" PRIu64 " attachments (%" PRIu64 " with content of %" PRIu64
                " bytes, %" PRIu64 " missing).\n",
                totals->tables[STORE_MOVE_MEMO].count, totals->tables[STORE_MOVE_ATTACHMENT].count,
                totals->contents.count, totals->bytes, totals->missing);
    }
    move_archive_free(archive);
    return code;
}

enum status_code move_backup(const struct config *config, const char *path, struct status *status)
{
    struct move_site site = {0};
    struct move_live live = {0};
    enum status_code code = move_site_open(&site, config, MOVE_READ, status);
    if (code == STATUS_OK)
        code = move_live_begin(&live, &site, status);
    live.with_foreign = true;
    if (code == STATUS_OK)
        code = store_move_check_complete(site.db, status);
    if (code == STATUS_OK)
        code = write_archive(&live, path, status);
    move_live_end(&live);
    move_site_close(&site);
    return code;
}
