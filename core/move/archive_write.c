/* The archive as the sink: a tar file, compressed as zstd, written as it comes. Rows lie in files of about a MiB, a
 * JSON object a line; each attachment's row in one of its own, and its content behind it. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "move/internal.h"

enum { CHUNK = 1024 * 1024, MODE = 0600 };

struct move_archive {
    struct move_sink sink; /* first */
    struct archive *archive;
    int fd;
    const char *path, *temporary; /* temporary "": standard output */
    struct arena *arena;          /* of paths */
    struct arena *rows_arena;
    struct buf rows;
    unsigned chunk; /* number of the next file of rows */
    time_t now;
    struct move_progress *progress;
    struct move_totals totals;
};

static enum status_code fail(struct move_archive *archive, struct status *status)
{
    const char *text = archive_error_string(archive->archive);
    int number = archive_errno(archive->archive);
    return status_set(status, number == ENOSPC ? STATUS_RESOURCE_EXHAUSTED : STATUS_INTERNAL,
                      "cannot write the archive: %s", text ? text : strerror(number));
}

static enum status_code write_header(struct move_archive *archive, const char *name, uint64_t size,
                                     struct status *status)
{
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, name);
    archive_entry_set_size(entry, (int64_t)size);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, MODE);
    archive_entry_set_mtime(entry, archive->now, 0);
    int result = archive_write_header(archive->archive, entry);
    archive_entry_free(entry);
    return result == ARCHIVE_OK ? STATUS_OK : fail(archive, status);
}

static enum status_code write_bytes(void *ctx, const void *bytes, size_t length, struct status *status)
{
    struct move_archive *archive = ctx;
    la_ssize_t written = archive_write_data(archive->archive, bytes, length);
    return written == (la_ssize_t)length ? STATUS_OK : fail(archive, status);
}

static enum status_code write_file(struct move_archive *archive, const char *name, const char *text, size_t length,
                                   struct status *status)
{
    enum status_code code = write_header(archive, name, length, status);
    return code ? code : write_bytes(archive, text, length, status);
}

static enum status_code flush_rows(struct move_archive *archive, unsigned table, struct status *status)
{
    char name[128];
    if (archive->rows.len == 0)
        return STATUS_OK;
    snprintf(name, sizeof name, "rows/%s/%08u.jsonl", store_move_tables[table].name, archive->chunk++);
    enum status_code code = write_file(archive, name, archive->rows.data, archive->rows.len, status);
    arena_reset(archive->rows_arena);
    archive->rows = buf_in(archive->rows_arena);
    return code;
}

static enum status_code begin_table(struct move_sink *sink, unsigned table, struct status *status)
{
    struct move_archive *archive = (struct move_archive *)sink;
    (void)table;
    (void)status;
    archive->chunk = 0;
    return STATUS_OK;
}

static enum status_code write_attachment(struct move_archive *archive, const struct store_move_row *row,
                                         struct move_content *content, struct status *status)
{
    const struct store_move_table *table = &store_move_tables[STORE_MOVE_ATTACHMENT];
    enum status_code opened = content ? content->ops->open(content, status) : STATUS_NOT_FOUND;
    if (opened && opened != STATUS_NOT_FOUND)
        return opened;
    enum move_row_content kind = !content ? MOVE_CONTENT_NONE : opened ? MOVE_CONTENT_MISSING : MOVE_CONTENT_FOLLOWS;
    int64_t id = row->values[STORE_MOVE_ID].u.i;
    if (kind == MOVE_CONTENT_MISSING) {
        fprintf(stderr, "the content of attachment %lld is missing; its row is in the backup\n", (long long)id);
        archive->totals.missing++;
    }
    enum status_code code = move_row_write(&archive->rows, table, row, kind, opened ? 0 : content->size, status);
    if (code == STATUS_OK)
        code = flush_rows(archive, STORE_MOVE_ATTACHMENT, status);
    if (opened)
        return code;
    char name[64];
    snprintf(name, sizeof name, "attachments/%lld", (long long)id);
    if (code == STATUS_OK)
        code = write_header(archive, name, content->size, status);
    if (code == STATUS_OK)
        code = move_content_pump(content, id, &archive->totals, write_bytes, archive, status);
    content->ops->close(content);
    return code;
}

static enum status_code write_row(struct move_sink *sink, unsigned table, const struct store_move_row *row,
                                  struct move_content *content, struct status *status)
{
    struct move_archive *archive = (struct move_archive *)sink;
    enum status_code code;
    move_progress_step(archive->progress);
    move_sum_row(&archive->totals.tables[table], &store_move_tables[table], row);
    if (table == STORE_MOVE_ATTACHMENT) {
        code = write_attachment(archive, row, content, status);
        if (code) {
            struct status cause = *status;
            status_set(status, code, "attachment %lld: %s", (long long)row->values[STORE_MOVE_ID].u.i, cause.message);
        }
        return code;
    }
    code = move_row_write(&archive->rows, &store_move_tables[table], row, MOVE_CONTENT_NONE, 0, status);
    return code == STATUS_OK && archive->rows.len >= CHUNK ? flush_rows(archive, table, status) : code;
}

static enum status_code end_table(struct move_sink *sink, unsigned table, struct status *status)
{
    return flush_rows((struct move_archive *)sink, table, status);
}

struct move_sink *move_archive_sink(struct move_archive *archive)
{
    return &archive->sink;
}

const struct move_totals *move_archive_totals(const struct move_archive *archive)
{
    return &archive->totals;
}

static enum status_code open_file(struct move_archive *archive, const char *path, struct status *status)
{
    if (strcmp(path, "-") == 0) {
        archive->fd = STDOUT_FILENO;
        archive->temporary = "";
        if (!isatty(STDOUT_FILENO))
            return STATUS_OK;
        return status_set(status, STATUS_FAILED_PRECONDITION, "an archive is not written to a terminal");
    }
    if (access(path, F_OK) == 0)
        return status_set(status, STATUS_FAILED_PRECONDITION, "%s exists already", path);
    char *temporary = arena_printf(archive->arena, "%s.XXXXXX", path);
    archive->fd = mkstemp(temporary); /* mode 0600: it holds password hashes and keys */
    archive->temporary = temporary;
    return archive->fd >= 0
               ? STATUS_OK
               : status_set(status, STATUS_FAILED_PRECONDITION, "cannot create %s: %s", temporary, strerror(errno));
}

enum status_code move_archive_create(const char *path, struct move_progress *progress, struct move_archive **out,
                                     struct status *status)
{
    struct move_archive *archive = memory_zalloc(sizeof *archive);
    *out = archive;
    archive->sink = (struct move_sink){begin_table, write_row, end_table};
    archive->arena = arena_create();
    archive->rows_arena = arena_create();
    archive->rows = buf_in(archive->rows_arena);
    archive->path = path;
    archive->now = (time_t)clock_wall_s();
    archive->progress = progress;
    archive->fd = -1;
    enum status_code code = open_file(archive, path, status);
    if (code)
        return code;
    archive->archive = archive_write_new();
    if (!archive->archive || archive_write_set_format_pax_restricted(archive->archive) != ARCHIVE_OK ||
        archive_write_add_filter_zstd(archive->archive) != ARCHIVE_OK ||
        archive_write_open_fd(archive->archive, archive->fd) != ARCHIVE_OK)
        return fail(archive, status);
    struct arena *arena = archive->arena;
    const char *header = move_header_write(arena);
    return write_file(archive, MOVE_HEADER_NAME, header, strlen(header), status);
}

/* Some file systems know no links, others no renaming that replaces nothing. */
static bool take_name(const char *temporary, const char *path)
{
    if (syscall(SYS_renameat2, AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
        return true;
    bool unknown = errno == EINVAL || errno == ENOSYS;
    return unknown && link(temporary, path) == 0 && unlink(temporary) == 0;
}

/* The name appears when all is on disk, and not over a file that came meanwhile. */
static enum status_code publish(struct move_archive *archive, struct status *status)
{
    if (*archive->temporary == '\0')
        return STATUS_OK;
    const char *slash = strrchr(archive->path, '/');
    const char *dir = !slash ? "."
                      : slash == archive->path
                          ? "/"
                          : arena_strndup(archive->arena, archive->path, (size_t)(slash - archive->path));
    int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good =
        dir_fd >= 0 && fsync(archive->fd) == 0 && take_name(archive->temporary, archive->path) && fsync(dir_fd) == 0;
    int number = errno;
    if (dir_fd >= 0)
        close(dir_fd);
    if (!good)
        return status_set(status, STATUS_INTERNAL, "cannot complete %s: %s", archive->path, strerror(number));
    archive->temporary = "";
    return STATUS_OK;
}

enum status_code move_archive_finish(struct move_archive *archive, struct status *status)
{
    const char *manifest = move_manifest_write(archive->arena, &archive->totals);
    enum status_code code = write_file(archive, MOVE_MANIFEST_NAME, manifest, strlen(manifest), status);
    if (code == STATUS_OK && archive_write_close(archive->archive) != ARCHIVE_OK)
        code = fail(archive, status);
    return code ? code : publish(archive, status);
}

void move_archive_free(struct move_archive *archive)
{
    if (!archive)
        return;
    if (archive->archive)
        archive_write_free(archive->archive);
    if (archive->fd >= 0 && archive->fd != STDOUT_FILENO)
        close(archive->fd);
    if (archive->temporary && *archive->temporary)
        unlink(archive->temporary);
    arena_destroy(archive->rows_arena);
    arena_destroy(archive->arena);
    free(archive);
}
