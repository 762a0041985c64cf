/* Looking for what does not fit together in one instance, and mending what can be mended without losing anything that
 * somebody could still want. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "blob/place.h"
#include "move/verify.h"
#include "store/instance_setting.h"

static const int64_t orphan_age_ns = INT64_C(3600) * 1000000000;

void *verify_room_for_one(void *array, size_t count, size_t *room, size_t size)
{
    enum { FIRST = 64 };
    if (count < *room)
        return array;
    *room = *room ? *room * 2 : FIRST;
    return memory_realloc(array, *room * size);
}

void verify_tell(struct verify *verify, bool repaired, const char *text)
{
    verify->found++;
    verify->repaired += repaired;
    printf("%s%s\n", text, repaired ? ": repaired" : "");
}

/* --- rows that name rows which are gone --- */

struct dangling {
    const struct store_move_dangling *kind;
    int64_t repaired;
};

static enum status_code repair_dangling(struct db_conn *conn, void *ctx, struct status *status)
{
    struct dangling *dangling = ctx;
    return store_move_dangling_repair(conn, dangling->kind, &dangling->repaired, status);
}

static enum status_code verify_dangling(struct verify *verify, struct db_conn *conn, struct status *status)
{
    struct arena *arena = arena_create();
    enum status_code code = STATUS_OK;
    for (size_t i = 0; code == STATUS_OK && i < store_move_dangling_count; i++) {
        struct dangling dangling = {.kind = &store_move_dangling[i]};
        int64_t found = 0;
        code = store_move_dangling_find(conn, dangling.kind, &found, status);
        if (code || !found)
            continue;
        bool repair = verify->options.repair && dangling.kind->repair != STORE_MOVE_LEAVE;
        if (repair)
            code = db_write(verify->site->db, repair_dangling, &dangling, status);
        if (code == STATUS_OK)
            verify_tell(verify, repair,
                        arena_printf(arena, "%s: %" PRId64 " %s", dangling.kind->table, found, dangling.kind->what));
    }
    arena_destroy(arena);
    return code;
}

static enum status_code begin_table(struct move_sink *sink, unsigned table, struct status *status)
{
    (void)sink;
    (void)table;
    (void)status;
    return STATUS_OK;
}

/* --- files that no row names --- */

static int by_value(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

struct orphans {
    struct verify *verify;
    int64_t before_ns; /* younger ones may belong to an upload that is under way */
    struct arena *arena;
    const char **keys;
    size_t count, room;
    uint64_t files;
};

static bool look_at_file(void *ctx, const char *key, const struct memora_object *object)
{
    struct orphans *orphans = ctx;
    const struct names *named = &orphans->verify->named;
    uint64_t hash = hash_fast(key, strlen(key));
    orphans->files++;
    if ((named->count && bsearch(&hash, named->hashes, named->count, sizeof hash, by_value)) || object->mtime_ns == 0 ||
        object->mtime_ns > orphans->before_ns)
        return true;
    orphans->keys = verify_room_for_one(orphans->keys, orphans->count, &orphans->room, sizeof *orphans->keys);
    orphans->keys[orphans->count++] = arena_strdup(orphans->arena, key);
    return true;
}

static enum status_code verify_folder(struct verify *verify, struct orphans *orphans, const char *prefix,
                                      struct status *status)
{
    enum status_code code = blob_list(verify->site->blob, prefix, look_at_file, orphans, status);
    if (code == STATUS_UNIMPLEMENTED) {
        printf("files that no row names were not looked for: %s\n", status->message);
        return STATUS_OK;
    }
    for (size_t i = 0; code == STATUS_OK && i < orphans->count; i++) {
        if (verify->options.repair)
            code = blob_remove_key(verify->site->blob, orphans->keys[i], status);
        if (code == STATUS_OK)
            verify_tell(verify, verify->options.repair,
                        arena_printf(orphans->arena, "file %s: no attachment has it", orphans->keys[i]));
    }
    orphans->count = 0;
    return code;
}

/* Only folders that hold nothing but attachments: the usual one, and that of the instance's path template. The data
 * directory has the database and caches as well. */
static enum status_code verify_orphans(struct verify *verify, uint64_t *files, struct status *status)
{
    static const char usual[] = "assets/";
    struct arena *arena = arena_create();
    struct orphans orphans = {
        .verify = verify, .arena = arena, .before_ns = clock_wall_s() * INT64_C(1000000000) - orphan_age_ns};
    Memos__Store__InstanceStorageSetting *setting;
    qsort(verify->named.hashes ? verify->named.hashes : (void *)&orphans.files, verify->named.count, sizeof(uint64_t),
          by_value);
    enum status_code code = store_instance_storage_setting(verify->site->store, arena, &setting, status);
    if (code == STATUS_OK)
        code = verify_folder(verify, &orphans, blob_template_prefix(verify->site->blob, arena, usual), status);
    const char *other = code ? "" : blob_template_prefix(verify->site->blob, arena, setting->filepath_template);
    if (code == STATUS_OK && *other && strncmp(other, usual, sizeof usual - 1) != 0)
        code = verify_folder(verify, &orphans, other, status);
    *files = orphans.files;
    free(orphans.keys);
    arena_destroy(arena);
    return code;
}

static enum status_code verify_site(struct verify *verify, struct status *status)
{
    struct move_live live;
    uint64_t files = 0;
    verify->sink = (struct move_sink){begin_table, verify_row, begin_table};
    enum status_code code = store_move_check_complete(verify->site->db, status);
    if (code == STATUS_OK)
        code = move_live_begin(&live, verify->site, status);
    else
        return code;
    if (code == STATUS_OK)
        code = verify_dangling(verify, live.conn, status);
    live.with_foreign = live.exact = true;
    live.sizes_only = !verify->options.contents;
    live.skip = verify_skip;
    live.skip_ctx = verify;
    if (code == STATUS_OK)
        code = move_live_run(&live, &verify->sink, status);
    move_live_end(&live);
    if (code == STATUS_OK)
        code = verify_lost(verify, status);
    if (code == STATUS_OK)
        code = verify_orphans(verify, &files, status);
    if (code == STATUS_OK && verify->skipped)
        printf("%" PRIu64 " attachments in buckets that do not answer were not looked at\n", verify->skipped);
    if (code == STATUS_OK && verify->options.repair && verify->damaged)
        printf("damaged contents stay, since there is no other: put them back from a backup\n");
    if (code == STATUS_OK && verify->options.contents)
        printf("%" PRIu64 " bytes of contents were read\n", verify->read);
    if (code == STATUS_OK)
        printf("%" PRIu64 " rows, %" PRIu64 " attachments, %" PRIu64 " files: %" PRIu64 " faults, %" PRIu64
               " repaired\n",
               live.rows, verify->attachments, files, verify->found, verify->repaired);
    return code;
}

enum status_code move_verify(const struct config *config, const struct move_verify_options *options, uint64_t *left,
                             struct status *status)
{
    struct move_site site = {0};
    struct verify verify = {.site = &site, .options = *options};
    enum status_code code = move_site_open(&site, config, MOVE_READ, status);
    if (code == STATUS_OK && options->repair) { /* only what is there: opening it to write might make it */
        move_site_close(&site);
        code = move_site_open(&site, config, MOVE_REPAIR, status);
    }
    if (code == STATUS_OK)
        code = verify_site(&verify, status);
    *left = verify.found - verify.repaired;
    free(verify.lost.ids);
    free(verify.named.hashes);
    move_site_close(&site);
    return code;
}
