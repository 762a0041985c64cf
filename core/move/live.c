/* A database as the source. */
#include <string.h>

#include "blob/place.h"
#include "move/internal.h"

enum { ROW_PIECE = 1024 * 1024 };

struct live_content {
    struct move_content content; /* first */
    enum status_code opened;     /* with why */
    struct status why;
    struct move_live *live;
    struct arena *arena, *piece; /* of the row; of the bytes at hand */
    struct store_attachment attachment;
    struct blob_content *object; /* NULL: the bytes are in the row */
    uint64_t at;
    const char *bytes; /* of the row, those that were read and not given */
    size_t left;
};

static enum status_code open_now(struct live_content *own, struct status *status)
{
    struct move_content *content = &own->content;
    const struct move_site *site = own->live->site;
    own->at = 0;
    own->left = 0;
    own->piece = arena_create();
    if (own->attachment.storage == STORE_ATTACHMENT_DATABASE) {
        int64_t size = 0;
        enum status_code code = store_attachment_bytes_size(own->live->conn, own->attachment.id, &size, status);
        if (code == STATUS_OK && size < 0)
            code = status_set(status, STATUS_NOT_FOUND, "the row has no content");
        content->size = size > 0 ? (uint64_t)size : 0;
        if (code)
            arena_destroy(own->piece);
        return code;
    }
    enum status_code code =
        own->live->sizes_only
            ? blob_content_stat(site->blob, site->store, own->arena, &own->attachment, &content->size, status)
            : blob_content_open(site->blob, site->store, own->arena, &own->attachment, &own->object, status);
    /* A bucket that is not the instance's own may be out of reach for good. */
    if (code && !own->live->exact && own->attachment.storage == STORE_ATTACHMENT_S3 &&
        !blob_in_configured_bucket(site->blob, &own->attachment))
        code = status_set(status, STATUS_NOT_FOUND, "%s", status->message);
    if (code == STATUS_OK && own->object) {
        content->size = blob_content_size(own->object);
        code = blob_content_select(own->object, 0, content->size, status);
        if (code)
            blob_content_close(own->object);
    }
    if (code)
        arena_destroy(own->piece);
    return code;
}

static int64_t read_row(struct live_content *own, void *buf, size_t cap, struct status *status)
{
    if (own->left == 0) {
        arena_reset(own->piece);
        if (store_attachment_bytes(own->live->conn, own->piece, own->attachment.id, own->at, ROW_PIECE, &own->bytes,
                                   &own->left, status))
            return -1;
    }
    size_t n = own->left < cap ? own->left : cap;
    memcpy(buf, own->bytes, n);
    own->bytes += n;
    own->left -= n;
    return (int64_t)n;
}

static int64_t read_content(struct move_content *content, void *buf, size_t cap, struct status *status)
{
    struct live_content *own = (struct live_content *)content;
    if (own->at >= content->size)
        return 0;
    int64_t n = own->object ? blob_content_read(own->object, own->at, buf, cap) : read_row(own, buf, cap, status);
    if (n < 0 && own->object)
        status_set(status, STATUS_INTERNAL, "%s", blob_content_problem(own->object));
    if (n > 0)
        own->at += (uint64_t)n;
    return n;
}

static enum status_code open_content(struct move_content *content, struct status *status)
{
    const struct live_content *own = (struct live_content *)content;
    return own->opened ? status_set(status, own->opened, "%s", own->why.message) : STATUS_OK;
}

static void close_content(struct move_content *content)
{
    (void)content; /* give_attachment does it, whether or not it was opened */
}

static void close_now(struct live_content *own)
{
    if (own->opened)
        return;
    blob_content_close(own->object);
    own->object = NULL;
    arena_destroy(own->piece);
}

static const struct move_content_ops content_ops = {open_content, read_content, close_content};

/* Bytes behind links, and those in a bucket that the row names and will go on naming, stay where they are. */
static bool is_ours(const struct move_live *live, const struct store_attachment *attachment)
{
    return attachment->storage == STORE_ATTACHMENT_DATABASE || attachment->storage == STORE_ATTACHMENT_LOCAL ||
           (attachment->storage == STORE_ATTACHMENT_S3 &&
            (live->with_foreign || blob_in_configured_bucket(live->site->blob, attachment)));
}

/* Files in the source's own place are told relative to it, so that the row means the same elsewhere. */
static void make_relative(const struct move_live *live, struct arena *arena, const struct store_attachment *attachment,
                          struct store_move_row *row)
{
    const char *path = attachment->storage == STORE_ATTACHMENT_LOCAL
                           ? blob_relative(live->site->blob, arena, attachment->reference)
                           : NULL;
    if (path)
        row->values[STORE_MOVE_ATTACHMENT_REFERENCE] = db_text(path);
}

/* Whether it has been deleted since the snapshot: then its content is, too. */
static bool is_gone(const struct move_live *live, struct arena *arena, const struct store_attachment *attachment)
{
    struct db_conn *conn;
    struct store_attachment now;
    if (attachment->storage == STORE_ATTACHMENT_DATABASE || db_read_begin(live->site->db, &conn, NULL))
        return false;
    bool gone = store_attachment_get(conn, arena, attachment->uid, &now, NULL) == STATUS_NOT_FOUND;
    db_read_end(conn);
    return gone;
}

static enum status_code give_attachment(struct move_live *live, struct move_sink *sink, struct store_move_row *row,
                                        struct status *status)
{
    struct arena *arena = arena_create();
    struct live_content content = {.content.ops = &content_ops, .live = live, .arena = arena};
    enum status_code code = move_row_attachment(arena, row, &content.attachment, status);
    bool ours = code == STATUS_OK && is_ours(live, &content.attachment) &&
                !(live->skip && live->skip(live->skip_ctx, &content.attachment));
    bool skip = false;
    if (ours) {
        content.opened = open_now(&content, &content.why);
        skip = content.opened == STATUS_NOT_FOUND && is_gone(live, arena, &content.attachment);
    }
    if (code == STATUS_OK && !skip) {
        make_relative(live, arena, &content.attachment, row);
        code = sink->row(sink, STORE_MOVE_ATTACHMENT, row, ours ? &content.content : NULL, status);
    }
    if (ours)
        close_now(&content);
    arena_destroy(arena);
    return code;
}

static void copy_key(struct store_move_row *key, struct arena *arena, const struct store_move_table *table,
                     const struct store_move_row *row)
{
    arena_reset(arena);
    for (unsigned i = 0; i < table->keys; i++) {
        key->values[i] = row->values[i];
        if (key->values[i].type == MEMORA_TEXT)
            key->values[i].u.p = arena_strndup(arena, key->values[i].len ? key->values[i].u.p : "", key->values[i].len);
    }
}

static enum status_code give_table(struct move_live *live, struct move_sink *sink, unsigned index,
                                   struct status *status)
{
    const struct store_move_table *table = &store_move_tables[index];
    struct arena *arena = arena_create(), *key_arena = arena_create();
    struct store_move_row *rows, key = {0};
    size_t count = STORE_MOVE_PAGE_MAX;
    bool first = true;
    enum status_code code = sink->begin(sink, index, status);
    while (code == STATUS_OK && count == STORE_MOVE_PAGE_MAX) {
        arena_reset(arena);
        code =
            store_move_page(live->conn, arena, table, first ? NULL : &key, STORE_MOVE_PAGE_MAX, &rows, &count, status);
        first = false;
        for (size_t i = 0; code == STATUS_OK && i < count; i++)
            code = index == STORE_MOVE_ATTACHMENT ? give_attachment(live, sink, &rows[i], status)
                                                  : sink->row(sink, index, &rows[i], NULL, status);
        if (code == STATUS_OK && count)
            copy_key(&key, key_arena, table, &rows[count - 1]);
    }
    arena_destroy(arena);
    arena_destroy(key_arena);
    return code ? code : sink->end(sink, index, status);
}

enum status_code move_live_run(struct move_live *live, struct move_sink *sink, struct status *status)
{
    enum status_code code = STATUS_OK;
    for (unsigned i = 0; code == STATUS_OK && i < STORE_MOVE_TABLES; i++)
        code = give_table(live, sink, i, status);
    return code;
}

enum status_code move_live_begin(struct move_live *live, struct move_site *site, struct status *status)
{
    *live = (struct move_live){.site = site};
    enum status_code code = db_snapshot_begin(site->db, &live->conn, status);
    for (unsigned i = 0; code == STATUS_OK && i < STORE_MOVE_TABLES; i++) {
        int64_t count = 0;
        code = store_move_count(live->conn, &store_move_tables[i], &count, status);
        live->rows += (uint64_t)count;
    }
    return code;
}

void move_live_end(struct move_live *live)
{
    if (live->conn)
        db_read_end(live->conn);
    live->conn = NULL;
}

/* The setting BASIC holds a key that each instance makes for itself. */
enum status_code move_live_identity(struct move_live *live, char out[HASH_SHA256_HEX_SIZE], struct status *status)
{
    struct arena *arena = arena_create();
    struct store_move_row *rows;
    struct move_sum sum = {0};
    size_t count;
    const struct store_move_table *table = &store_move_tables[STORE_MOVE_SETTING];
    enum status_code code = store_move_page(live->conn, arena, table, NULL, STORE_MOVE_PAGE_MAX, &rows, &count, status);
    for (size_t i = 0; code == STATUS_OK && i < count; i++)
        if (rows[i].values[0].len == strlen("BASIC") && memcmp(rows[i].values[0].u.p, "BASIC", strlen("BASIC")) == 0)
            move_sum_row(&sum, table, &rows[i]);
    arena_destroy(arena);
    move_sum_hex(&sum, out);
    return code;
}
