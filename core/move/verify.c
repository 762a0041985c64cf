/* Looking for what does not fit together in one instance, and mending what can be mended without losing anything that
 * somebody could still want. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "blob/place.h"
#include "move/internal.h"
#include "store/instance_setting.h"

static const int64_t orphan_age_ns = INT64_C(3600) * 1000000000;

struct verify {
    struct move_sink sink; /* first: looks at the attachments */
    struct move_site *site;
    bool repair;
    uint64_t found, repaired;
    uint64_t attachments, files; /* looked at; found outside of the database */
    struct ids {
        int64_t *ids;
        size_t count, room;
    } lost; /* rows without their content */
    struct names {
        uint64_t *hashes; /* of keys that rows name */
        size_t count, room;
    } named;
};

static void *room_for_one(void *array, size_t count, size_t *room, size_t size)
{
    enum { FIRST = 64 };
    if (count < *room)
        return array;
    *room = *room ? *room * 2 : FIRST;
    return memory_realloc(array, *room * size);
}

static void tell(struct verify *verify, bool repaired, const char *text)
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
        bool repair = verify->repair && dangling.kind->repair != STORE_MOVE_LEAVE;
        if (repair)
            code = db_write(verify->site->db, repair_dangling, &dangling, status);
        if (code == STATUS_OK)
            tell(verify, repair,
                 arena_printf(arena, "%s: %" PRId64 " %s", dangling.kind->table, found, dangling.kind->what));
    }
    arena_destroy(arena);
    return code;
}

/* --- attachments --- */

static void note_name(struct verify *verify, const struct store_move_row *row)
{
    struct arena *arena = arena_create();
    struct store_attachment attachment;
    const char *key = NULL;
    if (move_row_attachment(arena, row, &attachment, NULL) == STATUS_OK)
        key = blob_key_of(verify->site->blob, arena, &attachment);
    if (key) {
        struct names *named = &verify->named;
        named->hashes = room_for_one(named->hashes, named->count, &named->room, sizeof *named->hashes);
        named->hashes[named->count++] = hash_fast(key, strlen(key));
    }
    arena_destroy(arena);
}

static enum status_code begin_table(struct move_sink *sink, unsigned table, struct status *status)
{
    (void)sink;
    (void)table;
    (void)status;
    return STATUS_OK;
}

static enum status_code look_at_row(struct move_sink *sink, unsigned table, const struct store_move_row *row,
                                    struct move_content *content, struct status *status)
{
    struct verify *verify = (struct verify *)sink;
    struct status problem = {0};
    char text[sizeof problem.message];
    int64_t id = row->values[STORE_MOVE_ID].u.i, size = row->values[STORE_MOVE_ATTACHMENT_SIZE].u.i;
    if (table != STORE_MOVE_ATTACHMENT)
        return STATUS_OK;
    verify->attachments++;
    note_name(verify, row);
    if (!content)
        return STATUS_OK;
    enum status_code code = content->ops->open(content, &problem);
    if (code && code != STATUS_NOT_FOUND)
        return status_set(status, code, "attachment %" PRId64 ": %s", id, problem.message);
    if (code) {
        struct ids *lost = &verify->lost;
        lost->ids = room_for_one(lost->ids, lost->count, &lost->room, sizeof *lost->ids);
        lost->ids[lost->count++] = id;
        return STATUS_OK;
    }
    verify->files += row->values[STORE_MOVE_ATTACHMENT_STORAGE].len > 0;
    if (content->size != (uint64_t)size) {
        snprintf(text, sizeof text, "attachment %" PRId64 ": its content has %" PRIu64 " bytes, its row says %" PRId64,
                 id, content->size, size);
        tell(verify, false, text);
    }
    content->ops->close(content);
    return STATUS_OK;
}

static enum status_code remove_row(struct db_conn *conn, void *ctx, struct status *status)
{
    const int32_t *id = ctx;
    struct arena *arena = arena_create();
    /* Only the row: there is nothing else. */
    const struct store_attachment attachment = {.id = *id, .storage = STORE_ATTACHMENT_DATABASE, .reference = ""};
    enum status_code code = store_attachment_delete(conn, arena, &attachment, 1, NULL, status);
    arena_destroy(arena);
    return code;
}

/* An attachment without content can only fail. But when no file at all is found, it is rather the storage that is not
 * the right one, or not mounted. */
static enum status_code verify_lost(struct verify *verify, struct status *status)
{
    char text[128];
    bool repair = verify->repair && verify->files > 0;
    for (size_t i = 0; i < verify->lost.count; i++) {
        int32_t id = (int32_t)verify->lost.ids[i];
        if (repair && db_write(verify->site->db, remove_row, &id, status))
            return status->code;
        snprintf(text, sizeof text, "attachment %d: its content is missing", id);
        tell(verify, repair, text);
    }
    if (verify->repair && !repair && verify->lost.count)
        printf("none of the files was found: is this the right storage? No row is removed.\n");
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
    orphans->keys = room_for_one(orphans->keys, orphans->count, &orphans->room, sizeof *orphans->keys);
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
        if (verify->repair)
            code = blob_remove_key(verify->site->blob, orphans->keys[i], status);
        if (code == STATUS_OK)
            tell(verify, verify->repair,
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
    verify->sink = (struct move_sink){begin_table, look_at_row, begin_table};
    enum status_code code = store_move_check_complete(verify->site->db, status);
    if (code == STATUS_OK)
        code = move_live_begin(&live, verify->site, status);
    else
        return code;
    if (code == STATUS_OK)
        code = verify_dangling(verify, live.conn, status);
    if (code == STATUS_OK)
        code = move_live_run(&live, &verify->sink, status);
    move_live_end(&live);
    if (code == STATUS_OK)
        code = verify_lost(verify, status);
    if (code == STATUS_OK)
        code = verify_orphans(verify, &files, status);
    if (code == STATUS_OK)
        printf("%" PRIu64 " rows, %" PRIu64 " attachments, %" PRIu64 " files: %" PRIu64 " faults, %" PRIu64
               " repaired\n",
               live.rows, verify->attachments, files, verify->found, verify->repaired);
    return code;
}

enum status_code move_verify(const struct config *config, bool repair, uint64_t *left, struct status *status)
{
    struct move_site site = {0};
    struct verify verify = {.site = &site, .repair = repair};
    enum status_code code = move_site_open(&site, config, MOVE_READ, status);
    if (code == STATUS_OK && repair) { /* only what is there: opening it to write might make it */
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
