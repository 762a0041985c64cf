/* The archive as the source. Nothing of it is believed: names, order, sizes and JSON are checked as they come, and
 * everything together against the manifest at its end. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "move/internal.h"

enum { READ_BLOCK = 256 * 1024, NAME_MAX_LENGTH = 100 };
static const int64_t content_max = INT64_C(64) * 1024 * 1024 * 1024;

struct reading {
    struct archive *archive;
    struct archive_entry *entry; /* the current one */
    struct move_sink *sink;
    struct arena *arena; /* of one file of rows */
    unsigned table;      /* begun */
    unsigned chunk;      /* number that the next file of its rows must have */
    bool in_table, ended;
    struct move_totals totals, *manifest;
};

struct archive_content {
    struct move_content content; /* first */
    struct reading *reading;
    int64_t id;
    bool missing;
};

static enum status_code broken(struct status *status, const char *why)
{
    return status_set(status, STATUS_DATA_LOSS, "the archive is damaged: %s", why);
}

static enum status_code fail(const struct reading *reading, struct status *status)
{
    const char *text = archive_error_string(reading->archive);
    return broken(status, text ? text : "it cannot be read");
}

/* Moves to the next file. *end: there is none. */
static enum status_code next_entry(struct reading *reading, bool *end, struct status *status)
{
    int result = archive_read_next_header(reading->archive, &reading->entry);
    *end = result == ARCHIVE_EOF;
    if (*end)
        return STATUS_OK;
    if (result != ARCHIVE_OK)
        return fail(reading, status);
    const char *name = archive_entry_pathname(reading->entry);
    if (!name || strlen(name) > NAME_MAX_LENGTH || archive_entry_filetype(reading->entry) != AE_IFREG ||
        archive_entry_hardlink(reading->entry) || !archive_entry_size_is_set(reading->entry) ||
        archive_entry_size(reading->entry) < 0)
        return broken(status, "it holds something else than plain files");
    return STATUS_OK;
}

static enum status_code read_all(struct reading *reading, struct arena *arena, int64_t most, const char **text,
                                 size_t *length, struct status *status)
{
    int64_t size = archive_entry_size(reading->entry);
    if (size > most)
        return status_set(status, STATUS_DATA_LOSS, "the archive is damaged: %.100s has %" PRId64 " bytes",
                          archive_entry_pathname(reading->entry), size);
    char *bytes = arena_alloc(arena, (size_t)size + 1);
    size_t got = 0;
    while (got < (size_t)size) {
        la_ssize_t n = archive_read_data(reading->archive, bytes + got, (size_t)size - got);
        if (n < 0)
            return fail(reading, status);
        if (n == 0)
            return broken(status, "it ends too early");
        got += (size_t)n;
    }
    bytes[got] = '\0';
    *text = bytes;
    *length = got;
    return STATUS_OK;
}

static enum status_code open_content(struct move_content *content, struct status *status)
{
    const struct archive_content *own = (struct archive_content *)content;
    return own->missing ? status_set(status, STATUS_NOT_FOUND, "the content is missing") : STATUS_OK;
}

static int64_t read_content(struct move_content *content, void *buf, size_t cap, struct status *status)
{
    struct archive_content *own = (struct archive_content *)content;
    la_ssize_t n = archive_read_data(own->reading->archive, buf, cap);
    if (n < 0)
        fail(own->reading, status);
    return n;
}

static void close_content(struct move_content *content)
{
    (void)content;
}

static const struct move_content_ops content_ops = {open_content, read_content, close_content};

/* Moves on to the content that must follow the row. */
static enum status_code expect_content(struct reading *reading, int64_t id, uint64_t size, struct status *status)
{
    char name[64];
    bool end;
    enum status_code code = next_entry(reading, &end, status);
    if (code)
        return code;
    snprintf(name, sizeof name, "attachments/%" PRId64, id);
    if (end || strcmp(archive_entry_pathname(reading->entry), name) != 0)
        return broken(status, "the content of an attachment does not follow its row");
    if (size > (uint64_t)content_max || (uint64_t)archive_entry_size(reading->entry) != size)
        return broken(status, "the content of an attachment has another size than its row says");
    return STATUS_OK;
}

static enum status_code give_row(struct reading *reading, const char *line, size_t length, struct status *status)
{
    struct store_move_row row;
    enum move_row_content kind;
    uint64_t size;
    const struct store_move_table *table = &store_move_tables[reading->table];
    enum status_code code = move_row_read(reading->arena, table, line, length, &row, &kind, &size, status);
    if (code)
        return code;
    move_sum_row(&reading->totals.tables[reading->table], table, &row);
    struct archive_content content = {.content = {.ops = &content_ops, .size = size},
                                      .reading = reading,
                                      .id = row.values[STORE_MOVE_ID].u.i,
                                      .missing = kind == MOVE_CONTENT_MISSING};
    reading->totals.missing += content.missing;
    if (kind == MOVE_CONTENT_FOLLOWS)
        code = expect_content(reading, content.id, size, status);
    if (code)
        return code;
    return reading->sink->row(reading->sink, reading->table, &row, kind == MOVE_CONTENT_NONE ? NULL : &content.content,
                              status);
}

static enum status_code read_rows(struct reading *reading, struct status *status)
{
    const char *text;
    size_t length;
    arena_reset(reading->arena);
    enum status_code code = read_all(reading, reading->arena, MOVE_ROWS_MAX, &text, &length, status);
    for (size_t at = 0; code == STATUS_OK && at < length;) {
        const char *newline = memchr(text + at, '\n', length - at);
        if (!newline)
            return broken(status, "a row ends too early");
        size_t line = (size_t)(newline - (text + at));
        /* The content of an attachment is the next file, so that its row is alone in one. */
        if (reading->table == STORE_MOVE_ATTACHMENT && at + line + 1 != length)
            return broken(status, "rows of attachments are not in files of their own");
        code = give_row(reading, text + at, line, status);
        at += line + 1;
    }
    return code;
}

/* Begins all tables up to this one; those between have no rows. */
static enum status_code enter_table(struct reading *reading, unsigned table, struct status *status)
{
    enum status_code code = STATUS_OK;
    while (code == STATUS_OK && (!reading->in_table || reading->table < table)) {
        if (reading->in_table)
            code = reading->sink->end(reading->sink, reading->table++, status);
        reading->in_table = true;
        reading->chunk = 0;
        if (code == STATUS_OK)
            code = reading->sink->begin(reading->sink, reading->table, status);
    }
    return code;
}

/* "rows/TABLE/NUMBER.jsonl"; false for anything else. */
static bool parse_name(const char *name, unsigned *table, unsigned *chunk)
{
    static const char rows[] = "rows/", end[] = ".jsonl";
    enum { DIGITS = 8 };
    if (strncmp(name, rows, sizeof rows - 1) != 0)
        return false;
    name += sizeof rows - 1;
    const char *slash = strchr(name, '/');
    if (!slash || strspn(slash + 1, "0123456789") != DIGITS || strcmp(slash + 1 + DIGITS, end) != 0)
        return false;
    *chunk = (unsigned)strtoul(slash + 1, NULL, 10);
    for (*table = 0; *table < STORE_MOVE_TABLES; ++*table)
        if (strlen(store_move_tables[*table].name) == (size_t)(slash - name) &&
            strncmp(store_move_tables[*table].name, name, (size_t)(slash - name)) == 0)
            return true;
    return false;
}

static enum status_code read_manifest(struct reading *reading, struct status *status)
{
    const char *text;
    size_t length;
    bool end;
    arena_reset(reading->arena);
    enum status_code code = read_all(reading, reading->arena, MOVE_MANIFEST_MAX, &text, &length, status);
    if (code == STATUS_OK)
        code = move_manifest_read(text, length, reading->manifest, status);
    if (code == STATUS_OK)
        code = enter_table(reading, STORE_MOVE_TABLES - 1, status);
    if (code == STATUS_OK)
        code = reading->sink->end(reading->sink, STORE_MOVE_TABLES - 1, status);
    if (code == STATUS_OK)
        code = next_entry(reading, &end, status);
    if (code == STATUS_OK && !end)
        code = broken(status, "something follows the manifest");
    reading->ended = true;
    return code;
}

static enum status_code read_entry(struct reading *reading, struct status *status)
{
    unsigned table, chunk;
    const char *name = archive_entry_pathname(reading->entry);
    if (strcmp(name, MOVE_MANIFEST_NAME) == 0)
        return read_manifest(reading, status);
    if (!parse_name(name, &table, &chunk))
        return status_set(status, STATUS_DATA_LOSS, "the archive is damaged: it holds an unknown file");
    if (reading->in_table && table < reading->table)
        return broken(status, "its tables are not in order");
    enum status_code code = enter_table(reading, table, status);
    if (code == STATUS_OK && chunk != reading->chunk++)
        code = broken(status, "a file of rows is missing");
    return code ? code : read_rows(reading, status);
}

static enum status_code read_header(struct reading *reading, struct status *status)
{
    const char *text;
    size_t length;
    bool end;
    enum status_code code = next_entry(reading, &end, status);
    if (code == STATUS_OK && (end || strcmp(archive_entry_pathname(reading->entry), MOVE_HEADER_NAME) != 0))
        code = status_set(status, STATUS_DATA_LOSS, "this is not a backup of Memora");
    if (code == STATUS_OK)
        code = read_all(reading, reading->arena, MOVE_MANIFEST_MAX, &text, &length, status);
    return code ? code : move_header_read(text, length, status);
}

static enum status_code read_entries(struct reading *reading, struct status *status)
{
    bool end = false;
    enum status_code code = read_header(reading, status);
    while (code == STATUS_OK && !reading->ended) {
        code = next_entry(reading, &end, status);
        if (code == STATUS_OK && end)
            code = broken(status, "it ends too early");
        if (code == STATUS_OK)
            code = read_entry(reading, status);
    }
    if (code == STATUS_OK) {
        reading->totals.contents = reading->manifest->contents; /* whoever read them compares */
        code = move_totals_compare(reading->manifest, &reading->totals, "the archive is damaged", status);
    }
    return code;
}

enum status_code move_archive_read(const char *path, struct move_sink *sink, struct move_totals *manifest,
                                   struct status *status)
{
    struct reading reading = {
        .sink = sink, .manifest = manifest, .archive = archive_read_new(), .arena = arena_create()};
    enum status_code code;
    memset(manifest, 0, sizeof *manifest);
    if (!reading.archive)
        memory_exhausted();
    if (archive_read_support_filter_zstd(reading.archive) != ARCHIVE_OK ||
        archive_read_support_format_tar(reading.archive) != ARCHIVE_OK)
        code = status_set(status, STATUS_INTERNAL, "libarchive cannot read zstd");
    else if (archive_read_open_filename(reading.archive, path, READ_BLOCK) != ARCHIVE_OK)
        code = access(path, R_OK) == 0 ? fail(&reading, status)
                                       : status_set(status, STATUS_NOT_FOUND, "%s: %s", path, strerror(errno));
    else
        code = read_entries(&reading, status);
    archive_read_free(reading.archive);
    arena_destroy(reading.arena);
    return code;
}
