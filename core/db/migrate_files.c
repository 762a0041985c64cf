/* Which embedded file is which: versions from paths, index names from statements. */
#include "db/migrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse_number(const char **at, int *out)
{
    enum { MAX_DIGITS = 9 };
    size_t digits = strspn(*at, "0123456789");
    if (digits == 0 || digits > MAX_DIGITS)
        return false;
    *out = atoi(*at);
    *at += digits;
    return true;
}

bool schema_version_parse(const char *text, struct schema_version *out)
{
    return parse_number(&text, &out->major) && *text++ == '.' && parse_number(&text, &out->minor) && *text++ == '.' &&
           parse_number(&text, &out->patch) && *text == '\0';
}

int schema_version_compare(struct schema_version a, struct schema_version b)
{
    if (a.major != b.major)
        return a.major < b.major ? -1 : 1;
    if (a.minor != b.minor)
        return a.minor < b.minor ? -1 : 1;
    return (a.patch > b.patch) - (a.patch < b.patch);
}

/* The path behind "dialect/", or NULL if it is in another folder. */
static const char *in_dialect(const struct schema_file *file, const char *dialect)
{
    size_t length = strlen(dialect);
    return strncmp(file->path, dialect, length) == 0 && file->path[length] == '/' ? file->path + length + 1 : NULL;
}

const struct schema_file *schema_file_find(const char *dialect, const char *name)
{
    for (size_t i = 0; i < schema_file_count; i++) {
        const char *rest = in_dialect(&schema_files[i], dialect);
        if (rest && strcmp(rest, name) == 0)
            return &schema_files[i];
    }
    return NULL;
}

static bool step_version(const char *path, struct schema_version *out)
{
    if (!parse_number(&path, &out->major) || *path++ != '.' || !parse_number(&path, &out->minor) || *path++ != '/' ||
        !parse_number(&path, &out->patch) || strncmp(path, "__", 2) != 0)
        return false;
    out->patch++;
    return true;
}

const struct schema_file *schema_step_next(const char *dialect, struct schema_version after,
                                           struct schema_version *version)
{
    const struct schema_file *best = NULL;
    for (size_t i = 0; i < schema_file_count; i++) {
        const char *rest = in_dialect(&schema_files[i], dialect);
        struct schema_version found;
        if (!rest || !step_version(rest, &found) || schema_version_compare(found, after) <= 0)
            continue;
        if (!best || schema_version_compare(found, *version) < 0) {
            best = &schema_files[i];
            *version = found;
        }
    }
    return best;
}

bool schema_statement_next(const char **at, const char **statement, size_t *length)
{
    const char *start = *at + strspn(*at, " \t\r\n"), *end = start;
    for (char quote = '\0'; *end && (quote || *end != ';'); end++) {
        if (!quote && strncmp(end, "--", 2) == 0)
            end += strcspn(end, "\n") - 1;
        else if (*end == quote)
            quote = '\0';
        else if (!quote && strchr("'\"`", *end))
            quote = *end;
    }
    *statement = start;
    *length = (size_t)(end - start);
    *at = end + (*end == ';');
    return *end == ';';
}

/* The statement that starts with `create` at or behind *at, its name, and *at moved behind it. */
static bool statement_next(const char **at, const char *create, struct arena *arena, const char **name,
                           const char **statement, size_t *length)
{
    const char *start = strstr(*at, create);
    const char *end = start ? strchr(start, ';') : NULL;
    if (!end)
        return false;
    const char *word = start + strlen(create);
    word += *word == '`';
    *name = arena_strndup(arena, word, strcspn(word, "` "));
    *statement = start;
    *length = (size_t)(end - start);
    *at = end + 1;
    return true;
}

bool schema_index_next(const char **at, struct arena *arena, const char **name, const char **statement, size_t *length)
{
    return statement_next(at, "CREATE INDEX ", arena, name, statement, length);
}

bool schema_table_next(const char **at, struct arena *arena, const char **name)
{
    const char *statement;
    size_t length;
    return statement_next(at, "CREATE TABLE IF NOT EXISTS ", arena, name, &statement, &length);
}
