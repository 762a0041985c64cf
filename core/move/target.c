/* A database that is filled. Rows are written in batches; each batch commits together with a mark that says how far the
 * target is, so that whatever ends the program, the next run goes on behind the last whole batch. */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "move/internal.h"

enum { BATCH_ROWS = 1000, BATCH_BYTES = 4 * 1024 * 1024 };

static const char *const place_names[] = {"keep", "storage", "database"};

bool move_place_parse(const char *text, enum move_place *out)
{
    for (size_t i = 0; i < sizeof place_names / sizeof place_names[0]; i++)
        if (strcmp(text, place_names[i]) == 0) {
            *out = (enum move_place)i;
            return true;
        }
    return false;
}

static void set_sum(json_t *object, const char *name, const struct move_sum *sum)
{
    char hex[MOVE_SUM_HEX_SIZE];
    move_sum_hex(sum, hex);
    json_object_set_new(object, name, json_pack("{s:s,s:I}", "sum", hex, "count", (json_int_t)sum->count));
}

static bool get_sum(const json_t *object, const char *name, struct move_sum *sum)
{
    const json_t *member = json_object_get(object, name);
    const char *hex = json_string_value(json_object_get(member, "sum"));
    return hex && move_sum_parse(sum, hex, (uint64_t)json_integer_value(json_object_get(member, "count")));
}

static char *mark_text(struct arena *arena, const struct move_target *target, unsigned table)
{
    json_t *mark = json_object();
    json_object_set_new(mark, "source", json_string(target->source));
    json_object_set_new(mark, "attachments", json_string(place_names[target->place]));
    json_object_set_new(mark, "table", json_integer(table));
    json_object_set_new(mark, "missing", json_integer((json_int_t)target->totals.missing));
    set_sum(mark, "rows", &target->totals.tables[table]);
    set_sum(mark, "contents", &target->totals.contents);
    char *text = json_dumps(mark, JSON_COMPACT), *copy = arena_strdup(arena, text);
    free(text);
    json_decref(mark);
    return copy;
}

static enum status_code read_mark(struct move_target *target, const char *text, struct status *status)
{
    json_t *mark = json_loads(text, 0, NULL);
    const char *source = json_string_value(json_object_get(mark, "source"));
    const char *place = json_string_value(json_object_get(mark, "attachments"));
    json_int_t table = json_integer_value(json_object_get(mark, "table"));
    enum status_code code = STATUS_OK;
    if (!source || !place || table < 0 || table >= STORE_MOVE_TABLES || !get_sum(mark, "rows", &target->resume.rows) ||
        !get_sum(mark, "contents", &target->resume.totals.contents))
        code = status_set(status, STATUS_FAILED_PRECONDITION, "the target holds an unfinished copy of another version");
    else if (strcmp(source, target->source) != 0)
        code = status_set(status, STATUS_FAILED_PRECONDITION, "the target holds an unfinished copy of another source");
    else if (strcmp(place, place_names[target->place]) != 0)
        code = status_set(status, STATUS_FAILED_PRECONDITION,
                          "the target holds an unfinished copy with --attachments %s", place);
    target->resume.active = true;
    target->resume.table = (unsigned)table;
    target->resume.totals.missing = (uint64_t)json_integer_value(json_object_get(mark, "missing"));
    json_decref(mark);
    return code;
}

struct flush {
    struct move_target *target;
    struct arena *arena;
    const char *mark;
    unsigned table;
    bool clear_table;
};

static enum status_code write_batch(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct flush *flush = ctx;
    const struct store_move_table *table = &store_move_tables[flush->table];
    enum status_code code = flush->clear_table ? store_move_clear(conn, table, status) : STATUS_OK;
    if (code == STATUS_OK)
        code = store_move_insert(conn, flush->arena, table, flush->target->batch, flush->target->batch_count, status);
    return code ? code : store_move_marker_set(conn, flush->mark, status);
}

static enum status_code flush_batch(struct move_target *target, unsigned table, struct status *status)
{
    if (target->batch_count == 0)
        return STATUS_OK;
    /* A fresh database has settings of its own, which go with the first of ours. */
    bool first = target->totals.tables[table].count == target->batch_count && !target->resume.active;
    struct arena *arena = arena_create();
    struct flush flush = {target, arena, mark_text(arena, target, table), table, table == STORE_MOVE_SETTING && first};
    enum status_code code = db_write(target->site->db, write_batch, &flush, status);
    if (code) {
        struct status cause = *status;
        uint64_t last = target->totals.tables[table].count;
        code = status_set(status, code, "rows %" PRIu64 " to %" PRIu64 " of table %s: %s",
                          last - target->batch_count + 1, last, store_move_tables[table].name, cause.message);
    }
    arena_destroy(arena);
    arena_reset(target->arena);
    target->batch_count = 0;
    target->batch_bytes = 0;
    return code;
}

static void add_to_batch(struct move_target *target, unsigned table, const struct store_move_row *row)
{
    struct store_move_row *copy = &target->batch[target->batch_count++];
    *copy = *row; /* bytes of attachments are in the arena already */
    target->batch_bytes += row->bytes_length;
    for (unsigned i = 0; i < store_move_tables[table].columns; i++) {
        struct memora_value *value = &copy->values[i];
        if (value->type != MEMORA_TEXT)
            continue;
        value->u.p = arena_strndup(target->arena, value->len ? value->u.p : "", value->len);
        target->batch_bytes += value->len;
    }
}

static enum status_code begin_table(struct move_sink *sink, unsigned table, struct status *status)
{
    (void)sink;
    (void)table;
    (void)status;
    return STATUS_OK;
}

/* Whether the row is in the target already. STATUS_ABORTED: what is there was of an earlier state of the source. */
static enum status_code skip_row(struct move_target *target, unsigned table, bool *skip, struct status *status)
{
    const struct move_sum *now = &target->totals.tables[table];
    *skip = target->resume.active && (table < target->resume.table ||
                                      (table == target->resume.table && now->count <= target->resume.rows.count));
    if (!*skip || table < target->resume.table || now->count < target->resume.rows.count)
        return STATUS_OK;
    if (!move_sum_equal(now, &target->resume.rows))
        return status_set(status, STATUS_ABORTED, "the source has changed");
    return STATUS_OK;
}

static enum status_code take_row(struct move_sink *sink, unsigned table, const struct store_move_row *row,
                                 struct move_content *content, struct status *status)
{
    struct move_target *target = (struct move_target *)sink;
    bool skip;
    move_progress_step(target->progress);
    move_sum_row(&target->totals.tables[table], &store_move_tables[table], row);
    enum status_code code = skip_row(target, table, &skip, status);
    if (code || skip)
        return code;
    struct store_move_row placed = *row;
    if (content)
        code = move_target_content(target, &placed, content, status);
    if (code)
        return code;
    add_to_batch(target, table, &placed);
    return target->batch_count == BATCH_ROWS || target->batch_bytes >= BATCH_BYTES ? flush_batch(target, table, status)
                                                                                   : STATUS_OK;
}

static enum status_code end_table(struct move_sink *sink, unsigned table, struct status *status)
{
    struct move_target *target = (struct move_target *)sink;
    if (target->resume.active && table == target->resume.table &&
        target->totals.tables[table].count < target->resume.rows.count)
        return status_set(status, STATUS_ABORTED, "the source has changed");
    return flush_batch(target, table, status);
}

static enum status_code set_mark(struct db_conn *conn, void *ctx, struct status *status)
{
    return store_move_marker_set(conn, ctx, status);
}

static enum status_code require_empty(struct db_conn *conn, struct status *status)
{
    enum status_code code = STATUS_OK;
    for (unsigned i = 0; code == STATUS_OK && i < STORE_MOVE_TABLES; i++) {
        int64_t count = 0;
        code = store_move_count(conn, &store_move_tables[i], &count, status);
        if (code == STATUS_OK && count && i != STORE_MOVE_SETTING)
            code = status_set(status, STATUS_FAILED_PRECONDITION,
                              "the target is in use: table %s has %" PRId64 " rows; nothing was changed",
                              store_move_tables[i].name, count);
    }
    return code;
}

static void start_anew(struct move_target *target)
{
    arena_reset(target->arena);
    memset(&target->totals, 0, sizeof target->totals);
    memset(&target->resume, 0, sizeof target->resume);
    target->batch_count = 0;
    target->batch_bytes = 0;
}

struct clearing {
    const char *mark;
    unsigned table;
};

static enum status_code clear_table(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct clearing *clearing = ctx;
    enum status_code code = store_move_clear(conn, &store_move_tables[clearing->table], status);
    return code ? code : store_move_marker_set(conn, clearing->mark, status);
}

enum status_code move_target_clear(struct move_target *target, struct status *status)
{
    enum status_code code = STATUS_OK;
    start_anew(target);
    struct arena *arena = arena_create();
    struct clearing clearing = {.mark = mark_text(arena, target, 0)};
    /* The mark that says "nothing is there" comes with the first of them, so that the rest is cleared by the next run
     * if this one ends here. */
    for (unsigned i = STORE_MOVE_TABLES; code == STATUS_OK && i > 0; i--) {
        clearing.table = i - 1;
        code = db_write(target->site->db, clear_table, &clearing, status);
    }
    arena_destroy(arena);
    return code;
}

enum status_code move_target_begin(struct move_target *target, struct status *status)
{
    struct db_conn *conn;
    const char *mark = NULL;
    target->sink = (struct move_sink){begin_table, take_row, end_table};
    target->arena = arena_create();
    target->batch = memory_zalloc(BATCH_ROWS * sizeof *target->batch);
    start_anew(target);
    struct arena *arena = arena_create();
    enum status_code code = db_read_begin(target->site->db, &conn, status);
    if (code == STATUS_OK) {
        code = store_move_marker_get(conn, arena, &mark, status);
        if (code == STATUS_OK && !mark)
            code = require_empty(conn, status);
        db_read_end(conn);
    }
    if (code == STATUS_OK && mark)
        code = read_mark(target, mark, status);
    else if (code == STATUS_OK)
        code = db_write(target->site->db, set_mark, mark_text(arena, target, 0), status);
    arena_destroy(arena);
    /* Marked, but without a row that counts: it may have been stopped while it was cleared. */
    if (code == STATUS_OK && mark && target->resume.table == 0 && target->resume.rows.count == 0)
        return move_target_clear(target, status);
    /* The contents of rows that are skipped are not read again. */
    target->totals.contents = target->resume.totals.contents;
    target->totals.missing = target->resume.totals.missing;
    return code;
}

void move_target_free(struct move_target *target)
{
    if (target->arena)
        arena_destroy(target->arena);
    free(target->batch);
    target->arena = NULL;
    target->batch = NULL;
}
