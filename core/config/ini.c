#include <dirent.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/internal.h"
#include "config/value.h"

enum { LINE_BYTES_MAX = 16 * 1024, NAME_BYTES_MAX = 40, CONF_D_FILES_MAX = 1000 };

static const char blanks[] = " \t\r\n\v\f";

/* inih takes lines of at most 199 bytes, tells no line numbers, and takes an indented line for the continuation of a
 * value. The reader below counts the lines, removes indentation, and hands a longer line out in pieces, as such
 * continuations, which the handler joins again. */
struct reader {
    FILE *stream;
    const char *file;
    struct config_settings *settings;
    struct status *status;
    char *line; /* getline(3)'s */
    size_t capacity;
    const char *start, *rest; /* of the current line: all of it, and what inih has not seen yet (NULL: nothing) */
    int number;
    const char *value; /* what the handler has of the current line; NULL: nothing */
    char section[NAME_BYTES_MAX + 1], key[NAME_BYTES_MAX + 1];
    bool failed;
};

static bool fail(struct reader *reader, const char *text)
{
    reader->failed = true;
    config_error(reader->status, reader->file, reader->number, "%s", text);
    return false;
}

/* Removes blanks at both ends, and comments: a whole line, or the end of one from a ';' that follows a blank. */
static const char *trim(char *line)
{
    char *start = line + strspn(line, blanks), *end = start;
    if (*start == ';' || *start == '#')
        *start = '\0';
    while (*end && !(*end == ';' && end > start && strchr(blanks, end[-1])))
        end++;
    while (end > start && strchr(blanks, end[-1]))
        end--;
    *end = '\0';
    return start;
}

/* inih passes over what follows a section's name, but not over a second piece of it. */
static bool end_section(struct reader *reader, size_t length)
{
    char *behind = reader->line + (reader->start - reader->line) + length;
    size_t gap = strspn(behind, blanks);
    if (behind[gap] != '\0' && behind[gap] != '#')
        return fail(reader, "expected nothing behind \"[section]\"");
    *behind = '\0';
    return true;
}

static bool check_line(struct reader *reader)
{
    const char *start = reader->start;
    size_t name = *start == '[' ? strcspn(start + 1, "]") : strcspn(start, "=:" /* inih's two separators */);
    if (*start == '\0')
        return true;
    if (name == 0 || start[*start == '[' ? name + 1 : name] == '\0')
        return fail(reader, "expected \"[section]\" or \"key = value\"");
    if (*start == '[' && !end_section(reader, name + 2))
        return false;
    while (name > 0 && start[0] != '[' && strchr(blanks, start[name - 1]))
        name--;
    return name <= NAME_BYTES_MAX || fail(reader, "the name is too long");
}

static void finish_line(struct reader *reader)
{
    if (reader->value && !reader->failed) {
        struct config_entry entry = {reader->key, reader->value, reader->file, reader->number};
        reader->failed = config_settings_add(reader->settings, reader->section, &entry, reader->status) != STATUS_OK;
    }
    reader->value = NULL;
}

static bool next_line(struct reader *reader)
{
    finish_line(reader);
    ssize_t length = reader->failed ? -1 : getline(&reader->line, &reader->capacity, reader->stream);
    if (length < 0)
        return false;
    reader->number++;
    if (length > LINE_BYTES_MAX)
        return fail(reader, "the line is too long");
    if (memchr(reader->line, '\0', (size_t)length))
        return fail(reader, "the line has a NUL byte");
    char *text = reader->line;
    if (reader->number == 1 && strncmp(text, "\xEF\xBB\xBF", 3) == 0)
        text += 3;
    reader->start = reader->rest = trim(text);
    return check_line(reader);
}

/* How much fits into a piece. The cut must not meet a blank, since inih trims, nor begin a piece like a comment. */
static size_t piece_length(const char *text, size_t room)
{
    size_t length = strlen(text);
    if (length <= room)
        return length;
    length = room;
    while (length > 0 && (strchr(blanks, text[length - 1]) || strchr(" \t\v\f;#", text[length])))
        length--;
    return length;
}

static char *read_piece(char *out, int size, void *stream)
{
    struct reader *reader = stream;
    if (!reader->rest && !next_line(reader))
        return NULL;
    bool first = reader->rest == reader->start;
    size_t length = piece_length(reader->rest, (size_t)size - sizeof " \n");
    bool whole = reader->rest[length] == '\0';
    if (!whole && (length == 0 || (first && strcspn(reader->rest, "=:") >= length))) {
        fail(reader, "the line is too long");
        return NULL;
    }
    snprintf(out, (size_t)size, "%s%.*s\n", first ? "" : " ", (int)length, reader->rest);
    reader->rest = whole ? NULL : reader->rest + length;
    return out;
}

static int take_piece(void *user, const char *section, const char *key, const char *value)
{
    struct reader *reader = user;
    if (!reader->value) {
        snprintf(reader->section, sizeof reader->section, "%s", section);
        snprintf(reader->key, sizeof reader->key, "%s", key);
    }
    reader->value = arena_printf(reader->settings->arena, "%s%s", reader->value ? reader->value : "", value);
    return 1;
}

enum status_code config_read_file(struct config_settings *settings, const char *file, struct status *status)
{
    struct reader reader = {.file = arena_strdup(settings->arena, file), .settings = settings, .status = status};
    struct stat info;
    reader.stream = fopen(file, "re");
    if (!reader.stream || fstat(fileno(reader.stream), &info) != 0 || S_ISDIR(info.st_mode)) {
        config_error(status, file, 0, "cannot be read: %s", strerror(reader.stream ? EISDIR : errno));
        if (reader.stream)
            fclose(reader.stream);
        return status->code;
    }
    int result = ini_parse_stream(read_piece, &reader, take_piece, &reader);
    finish_line(&reader);
    if (!reader.failed && (ferror(reader.stream) || result != 0)) {
        reader.failed = true;
        config_error(status, file, 0, "cannot be read%s", result > 0 ? ": the syntax is wrong" : "");
    }
    fclose(reader.stream);
    free(reader.line);
    return reader.failed ? status->code : STATUS_OK;
}

static int is_conf(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 5 && strcmp(entry->d_name + length - 5, ".conf") == 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static enum status_code read_conf_d(struct config_settings *settings, const char *file, struct status *status)
{
    const char *slash = strrchr(file, '/');
    const char *dir = slash ? arena_printf(settings->arena, "%.*s/conf.d", (int)(slash - file), file) : "conf.d";
    struct dirent **entries = NULL;
    int count = scandir(dir, &entries, is_conf, by_bytes);
    if (count < 0)
        return errno == ENOENT || errno == ENOTDIR
                   ? STATUS_OK
                   : config_error(status, dir, 0, "cannot be read: %s", strerror(errno));
    enum status_code code = STATUS_OK;
    if (count > CONF_D_FILES_MAX)
        code = config_error(status, dir, 0, "has more than %d files", CONF_D_FILES_MAX);
    for (int i = 0; i < count; i++) {
        if (code == STATUS_OK)
            code = config_read_file(settings, arena_printf(settings->arena, "%s/%s", dir, entries[i]->d_name), status);
        free(entries[i]);
    }
    free(entries);
    return code;
}

enum status_code config_read_files(struct config_settings *settings, const char *file, bool must_exist, bool *found,
                                   struct status *status)
{
    struct stat info;
    *found = must_exist || stat(file, &info) == 0 || errno != ENOENT;
    if (*found && config_read_file(settings, file, status))
        return status->code;
    return read_conf_d(settings, file, status);
}
