#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "move/internal.h"

/* Reads all of an archive and compares it with its manifest. */
static enum status_code check_archive(const char *path, struct move_totals *manifest, struct status *status)
{
    struct move_check check;
    struct move_progress progress;
    move_progress_begin(&progress, "check", 0);
    move_check_init(&check, &progress);
    enum status_code code = move_archive_read(path, &check.sink, manifest, status);
    if (code == STATUS_OK)
        code = move_totals_compare(manifest, &check.totals, "the archive is damaged", status);
    if (code == STATUS_OK)
        move_progress_end(&progress);
    return code;
}

enum status_code move_verify_archive(const char *path, struct status *status)
{
    struct move_totals manifest;
    enum status_code code = check_archive(path, &manifest, status);
    if (code)
        return code;
    printf("The archive is good: %" PRIu64 " memos, %" PRIu64 " attachments (%" PRIu64 " with content of %" PRIu64
           " bytes, %" PRIu64 " missing); counts and SHA-256 agree.\n",
           manifest.tables[STORE_MOVE_MEMO].count, manifest.tables[STORE_MOVE_ATTACHMENT].count,
           manifest.contents.count, manifest.bytes, manifest.missing);
    return STATUS_OK;
}

struct restore {
    const char *path;
    uint64_t rows;
};

static enum status_code run_archive(void *ctx, struct move_sink *sink, struct status *status)
{
    const struct restore *restore = ctx;
    struct move_target *target = (struct move_target *)sink;
    struct move_totals manifest;
    move_progress_begin(target->progress, "restore", restore->rows);
    enum status_code code = move_archive_read(restore->path, sink, &manifest, status);
    if (code == STATUS_OK)
        move_progress_end(target->progress);
    return code;
}

/* Two archives of one state are alike enough: what is in them is the same. */
static void identify(const struct move_totals *manifest, char out[HASH_SHA256_HEX_SIZE])
{
    struct arena *arena = arena_create();
    const char *text = move_manifest_write(arena, manifest);
    hash_sha256_hex(text, strlen(text), out);
    arena_destroy(arena);
}

static enum status_code restore_into(struct move_site *site, const char *path, enum move_place place,
                                     const struct move_totals *manifest, struct status *status)
{
    char identity[HASH_SHA256_HEX_SIZE];
    struct move_progress progress;
    struct restore restore = {.path = path};
    struct move_target target = {.site = site, .place = place, .source = identity, .progress = &progress};
    identify(manifest, identity);
    for (unsigned i = 0; i < STORE_MOVE_TABLES; i++)
        restore.rows += manifest->tables[i].count;
    enum status_code code = move_target_fill(&target, run_archive, &restore, status);
    if (code == STATUS_OK)
        printf("Restored %" PRIu64 " memos and %" PRIu64 " attachments (%" PRIu64 " with content, %" PRIu64
               " missing); counts and SHA-256 agree.\n",
               manifest->tables[STORE_MOVE_MEMO].count, manifest->tables[STORE_MOVE_ATTACHMENT].count,
               manifest->contents.count, manifest->missing);
    move_target_free(&target);
    return code;
}

enum status_code move_restore(const struct config *config, const char *path, enum move_place place,
                              struct status *status)
{
    struct move_site site = {0};
    struct move_totals manifest;
    if (strcmp(path, "-") == 0)
        return status_set(status, STATUS_FAILED_PRECONDITION,
                          "an archive is read twice, so that it must be a file and not standard input");
    enum status_code code = check_archive(path, &manifest, status);
    if (code == STATUS_OK)
        code = move_site_open(&site, config, MOVE_WRITE, status);
    if (code == STATUS_OK)
        code = restore_into(&site, path, place, &manifest, status);
    move_site_close(&site);
    return code;
}
