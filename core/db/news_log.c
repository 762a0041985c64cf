/* News through the table memora_change, for databases that cannot tell their clients.
 *
 * Rows get their id when they are written but can be seen only once they are committed, so a row may appear behind one
 * of a higher id that was seen before. Each reading therefore goes back to the highest id of window_ns ago and skips
 * what it has seen since. The row is the last statement of its transaction, so what lies between is a commit. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/internal.h"

enum { PAGE = 500, SEEN_MAX = 100000, RESTART_IDS = 1000 };
static const int64_t window_ns = 10 * INT64_C(1000000000);
static const int64_t prune_every_ns = 60 * INT64_C(1000000000);

void news_log_free(struct news_log *log)
{
    free(log->seen);
    free(log->fresh);
}

enum status_code news_log_add(struct db_conn *conn, const char *text, struct status *status)
{
    const struct memora_value params[] = {db_text(conn->db->news.origin), db_int(clock_wall_ns() / 1000000),
                                          db_text(text)};
    return db_exec(conn, "INSERT INTO memora_change (origin, created_ms, payload) VALUES (?, ?, ?)", params, 3, NULL,
                   status);
}

static void note(struct news_log *log, int64_t id)
{
    if (log->fresh_count == log->fresh_capacity) {
        log->fresh_capacity = log->fresh_capacity ? log->fresh_capacity * 2 : PAGE;
        log->fresh = memory_realloc(log->fresh, log->fresh_capacity * sizeof *log->fresh);
    }
    log->fresh[log->fresh_count++] = id;
}

static void swap_lists(struct news_log *log)
{
    int64_t *ids = log->seen;
    size_t capacity = log->seen_capacity;
    log->seen = log->fresh;
    log->seen_count = log->fresh_count;
    log->seen_capacity = log->fresh_capacity;
    log->fresh = ids;
    log->fresh_count = 0;
    log->fresh_capacity = capacity;
}

/* One page of rows behind *after. Ids come in order and so are those seen before, hence one walk over both. */
static enum status_code read_page(struct news *news, struct arena *arena, int64_t *after, size_t *at, bool tell,
                                  size_t *count, struct status *status)
{
    struct news_log *log = &news->log;
    const struct memora_value params[] = {db_int(*after), db_int(PAGE)};
    struct status problem = {0};
    struct db_rows *rows;
    *count = 0;
    enum status_code code =
        db_query(news->conn, "SELECT id, origin, payload FROM memora_change WHERE id > ? ORDER BY id LIMIT ?", params,
                 2, &rows, status);
    if (code)
        return code;
    while (db_next(rows, &problem)) {
        size_t length = 0;
        *after = db_column_int(rows, 0);
        ++*count;
        note(log, *after);
        while (*at < log->seen_count && log->seen[*at] < *after)
            ++*at;
        bool known = *at < log->seen_count && log->seen[*at] == *after;
        if (known || !tell || strcmp(db_column_text(rows, 1, arena), news->origin) == 0)
            continue;
        const char *text = db_column_bytes(rows, 2, arena, &length);
        news_hear(news, text, length);
    }
    db_rows_close(rows);
    return problem.code ? status_set(status, problem.code, "%s", problem.message) : STATUS_OK;
}

static enum status_code read_all(struct news *news, bool tell, struct status *status)
{
    struct arena *arena = arena_create();
    int64_t after = news->log.low;
    size_t at = 0, count = PAGE;
    enum status_code code = STATUS_OK;
    news->log.fresh_count = 0;
    while (!code && count == PAGE) {
        code = read_page(news, arena, &after, &at, tell, &count, status);
        arena_reset(arena);
    }
    arena_destroy(arena);
    /* What was told before a failure is not told again. */
    for (; code && at < news->log.seen_count; at++)
        if (news->log.seen[at] > after)
            note(&news->log, news->log.seen[at]);
    swap_lists(&news->log);
    return code;
}

static enum status_code highest_id(struct news *news, int64_t *out, struct status *status)
{
    struct status problem = {0};
    struct db_rows *rows;
    enum status_code code =
        db_query(news->conn, "SELECT COALESCE(MAX(id), 0) FROM memora_change", NULL, 0, &rows, status);
    if (code)
        return code;
    *out = db_next(rows, &problem) ? db_column_int(rows, 0) : 0;
    db_rows_close(rows);
    return problem.code ? status_set(status, problem.code, "%s", problem.message) : STATUS_OK;
}

/* What was told before this reading is not told; whoever keeps anything from before it must drop that. */
static enum status_code restart(struct news *news, struct status *status)
{
    struct news_log *log = &news->log;
    int64_t highest;
    enum status_code code = highest_id(news, &highest, status);
    if (code)
        return code;
    log->low = highest > RESTART_IDS ? highest - RESTART_IDS : 0;
    log->seen_count = 0;
    log->mark_count = 0;
    code = read_all(news, false, status);
    if (!code)
        news_hear(news, NULL, 0);
    return code;
}

/* Remembers how far this reading came, and moves low to where readings of window_ns ago had come. */
static void mark(struct news_log *log, int64_t now_ns)
{
    int64_t highest = log->seen_count ? log->seen[log->seen_count - 1] : log->low;
    if (log->mark_count == 0 || now_ns - log->marks[log->mark_count - 1].ns >= window_ns / NEWS_MARKS) {
        if (log->mark_count == NEWS_MARKS)
            memmove(log->marks, log->marks + 1, --log->mark_count * sizeof log->marks[0]);
        log->marks[log->mark_count++] = (struct news_mark){.ns = now_ns, .id = highest};
    }
    size_t old = 0;
    while (old < log->mark_count && log->marks[old].ns <= now_ns - window_ns)
        log->low = log->marks[old++].id;
    log->mark_count -= old;
    memmove(log->marks, log->marks + old, log->mark_count * sizeof log->marks[0]);
}

struct removal {
    int64_t id;
};

static enum status_code remove_old(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct removal *removal = ctx;
    const struct memora_value param = db_int(removal->id);
    return db_exec(conn, "DELETE FROM memora_change WHERE id <= ?", &param, 1, NULL, status);
}

/* Every server does this; that it was done already does no harm. */
static void prune(struct news *news, int64_t now_ns)
{
    struct news_log *log = &news->log;
    struct status status = {0};
    struct removal removal = {.id = log->prune_id};
    if (now_ns < log->prune_ns)
        return;
    log->prune_ns = now_ns + prune_every_ns;
    log->prune_id = log->low;
    if (removal.id == 0)
        return;
    if (tx_begin(news->conn, &status) != MEMORA_OK)
        return;
    if (tx_call(news->conn, remove_old, &removal, &status) || tx_commit(news->conn, &status) != MEMORA_OK)
        log_debug("old news were not removed: %s", status.message);
    if (news->conn->writing)
        tx_rollback(news->conn);
}

enum status_code news_log_read(struct news *news, struct status *status)
{
    struct news_log *log = &news->log;
    int64_t now_ns = clock_boot_ns();
    bool known = log->read_ns && now_ns - log->read_ns < window_ns && log->seen_count < SEEN_MAX;
    enum status_code code = known ? read_all(news, true, status) : restart(news, status);
    if (code)
        return code;
    log->read_ns = now_ns;
    news_current_since(news, now_ns);
    mark(log, now_ns);
    prune(news, now_ns);
    return STATUS_OK;
}
