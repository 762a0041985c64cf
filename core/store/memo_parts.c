#include "store/memo_parts.h"

#include "store/parts.h"

enum { PARTS = 3 };

struct reading {
    struct arena *arena;
    const int32_t *ids;
    size_t count;
    bool with_content;
    struct store_memo_parts *out;
    enum store_memo_part parts[PARTS]; /* of each statement */
};

static enum status_code read_part(void *ctx, uint32_t index, struct db_rows *rows, struct status *status)
{
    struct reading *reading = ctx;
    struct store_memo_parts *out = reading->out;
    struct arena *arena = reading->arena;
    switch (reading->parts[index]) {
    case STORE_MEMO_ATTACHMENTS:
        return store_attachment_collect(arena, rows, reading->ids, reading->count, &out->attachments,
                                        &out->attachment_count, status);
    case STORE_MEMO_REACTIONS:
        return store_reaction_collect(arena, rows, &out->reactions, &out->reaction_count, status);
    case STORE_MEMO_RELATIONS:
        return store_relation_collect(arena, rows, reading->ids, reading->count, reading->with_content, &out->relations,
                                      &out->relation_count, status);
    }
    return STATUS_OK;
}

enum status_code store_memo_parts(struct db_conn *conn, struct arena *arena, const struct store_memo *memos,
                                  size_t count, unsigned wanted, const struct store_viewer *viewer, bool with_content,
                                  struct store_memo_parts *out, struct status *status)
{
    *out = (struct store_memo_parts){0};
    if (count == 0)
        return STATUS_OK;
    if (count > STORE_IN_MAX)
        return status_set(status, STATUS_INTERNAL, "too many memos in one look-up of their parts: %zu", count);
    int32_t *ids = ARENA_ARRAY(arena, int32_t, count);
    const char **uids = ARENA_ARRAY(arena, const char *, count);
    unsigned without = ~0U; /* of all of them */
    for (size_t i = 0; i < count; i++) {
        ids[i] = memos[i].id;
        uids[i] = memos[i].uid;
        without &= memos[i].without;
    }
    wanted &= ~without;
    struct reading reading = {.arena = arena, .ids = ids, .count = count, .with_content = with_content, .out = out};
    struct db_select selects[PARTS];
    uint32_t used = 0;
    if (wanted & STORE_MEMO_ATTACHMENTS) {
        reading.parts[used] = STORE_MEMO_ATTACHMENTS;
        selects[used++] = store_attachment_select(conn, arena, ids, count);
    }
    if (wanted & STORE_MEMO_REACTIONS) {
        reading.parts[used] = STORE_MEMO_REACTIONS;
        selects[used++] = store_reaction_select(arena, uids, count);
    }
    if (wanted & STORE_MEMO_RELATIONS) {
        reading.parts[used] = STORE_MEMO_RELATIONS;
        selects[used++] = store_relation_select(conn, arena, ids, count, viewer, with_content);
    }
    return db_query_all(conn, selects, used, read_part, &reading, status);
}
