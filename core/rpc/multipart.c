#include "rpc/multipart.h"

#include <string.h>
#include <strings.h>

#include "base/utf8.h"

struct reader {
    struct arena *arena;
    const struct spool_list *spools;
    const char *at, *end;
    const char *delimiter; /* CRLF "--" boundary */
    size_t delimiter_length;
    struct status *status;
};

static const char form_type[] = "multipart/form-data";

bool multipart_is_form(const char *content_type)
{
    const char *after = content_type ? content_type + strspn(content_type, " \t") : "";
    if (strncasecmp(after, form_type, sizeof form_type - 1) != 0)
        return false;
    after += sizeof form_type - 1;
    return *after == '\0' || strchr("; \t", *after);
}

/* The value of a parameter at *at: a token, or a quoted string whose quotes and backslashes are escaped. NULL if it is
 * neither. */
static char *parameter_value(struct arena *arena, const char **at)
{
    const char *c = *at;
    if (*c != '"') {
        size_t length = strcspn(c, "; \t\"");
        *at = c + length;
        return length ? arena_strndup(arena, c, length) : NULL;
    }
    struct buf value = buf_in(arena);
    for (c++; *c && *c != '"'; c++) {
        if (*c == '\\' && (c[1] == '"' || c[1] == '\\'))
            c++;
        buf_add_char(&value, *c);
    }
    if (*c != '"')
        return NULL;
    *at = c + 1;
    buf_str(&value);
    return value.data;
}

/* Finds a parameter among "; name=value" ones; false if they are malformed. */
static bool find_parameter(struct arena *arena, const char *at, const char *wanted, char **out)
{
    *out = NULL;
    for (;;) {
        at += strspn(at, " \t");
        if (!*at)
            return true;
        if (*at++ != ';')
            return false;
        at += strspn(at, " \t");
        size_t name = strcspn(at, "=; \t");
        if (name == 0 && !*at)
            return true;
        bool found = name == strlen(wanted) && strncasecmp(at, wanted, name) == 0;
        at += name;
        if (*at++ != '=')
            return false;
        char *value = parameter_value(arena, &at);
        if (!value || (found && *out))
            return false;
        if (found)
            *out = value;
    }
}

const char *multipart_boundary(struct arena *arena, const char *content_type)
{
    static const char allowed[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'()+_,-./:=? ";
    char *boundary;
    const char *parameters = content_type + strcspn(content_type, ";");
    if (!find_parameter(arena, parameters, "boundary", &boundary) || !boundary)
        return NULL;
    size_t length = strlen(boundary);
    if (length == 0 || length > MULTIPART_BOUNDARY_MAX || strspn(boundary, allowed) != length ||
        boundary[length - 1] == ' ')
        return NULL;
    return boundary;
}

static bool broken(struct reader *reader, const char *what)
{
    status_set(reader->status, STATUS_INVALID_ARGUMENT, "multipart: %s", what);
    return false;
}

/* Browsers write a quote as %22 and line breaks as %0D and %0A (HTML, "multipart/form-data encoding algorithm"). */
static void decode_name(char *name)
{
    static const char escapes[][4] = {"%22", "%0D", "%0A"}, meanings[] = "\"\r\n";
    char *to = name;
    for (const char *from = name; *from; from++) {
        char c = *from;
        for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
            if (strncasecmp(from, escapes[i], 3) == 0) {
                c = meanings[i];
                from += 2;
                break;
            }
        *to++ = c;
    }
    *to = '\0';
}

static bool read_disposition(struct reader *reader, const char *value, struct multipart_part *part)
{
    char *name, *filename;
    size_t kind = strcspn(value, "; \t");
    if (part->name || kind != 9 || strncasecmp(value, "form-data", kind) != 0 ||
        !find_parameter(reader->arena, value + kind, "name", &name) || !name ||
        !find_parameter(reader->arena, value + kind, "filename", &filename))
        return broken(reader, "a part has no usable Content-Disposition");
    decode_name(name);
    if (filename)
        decode_name(filename);
    part->name = name;
    part->filename = filename;
    return true;
}

static bool is_plain(const char *encoding)
{
    return strcasecmp(encoding, "binary") == 0 || strcasecmp(encoding, "8bit") == 0 ||
           strcasecmp(encoding, "7bit") == 0;
}

static bool read_header(struct reader *reader, char *line, struct multipart_part *part)
{
    char *colon = strchr(line, ':');
    if (!colon || colon == line || strcspn(line, " \t") < (size_t)(colon - line))
        return broken(reader, "a header line is malformed");
    *colon = '\0';
    char *value = colon + 1 + strspn(colon + 1, " \t");
    for (size_t length = strlen(value); length > 0 && strchr(" \t", value[length - 1]); length--)
        value[length - 1] = '\0';
    if (strcasecmp(line, "Content-Disposition") == 0)
        return read_disposition(reader, value, part);
    if (strcasecmp(line, "Content-Type") == 0)
        part->type = value;
    if (strcasecmp(line, "Content-Transfer-Encoding") == 0 && !is_plain(value))
        return broken(reader, "transfer encodings are not supported");
    return true;
}

/* The header lines up to and with the empty one. */
static bool read_headers(struct reader *reader, struct multipart_part *part)
{
    size_t left = (size_t)(reader->end - reader->at);
    const char *limit = reader->at + (left < MULTIPART_HEADER_MAX ? left : MULTIPART_HEADER_MAX);
    for (;;) {
        const char *line_end = memmem(reader->at, (size_t)(limit - reader->at), "\r\n", 2);
        if (!line_end)
            return broken(reader, "the header of a part does not end or is too long");
        size_t length = (size_t)(line_end - reader->at);
        char *line = arena_strndup(reader->arena, reader->at, length);
        reader->at = line_end + 2;
        if (length == 0)
            break;
        if (strlen(line) != length || !utf8_valid(line, length))
            return broken(reader, "a header line is not UTF-8 text");
        if (!read_header(reader, line, part))
            return false;
    }
    return part->name || broken(reader, "a part has no usable Content-Disposition");
}

/* The next delimiter from c on; what is passed takes no memory. */
static const char *find_delimiter(const struct reader *reader, const char *c)
{
    size_t length = reader->delimiter_length;
    while ((size_t)(reader->end - c) >= length) {
        size_t left = (size_t)(reader->end - c), window = left < SPOOL_STEP ? left : SPOOL_STEP;
        const char *found = memmem(c, window, reader->delimiter, length);
        if (found)
            return found;
        const char *next = c + window - (length - 1);
        spool_forget(reader->spools, c, next);
        c = next;
        if (window == left)
            break;
    }
    return NULL;
}

/* What may follow a delimiter: "--" ends the body, a line break begins a part. False: neither, so it was none. */
static bool pass_line(struct reader *reader, const char *c, bool *last)
{
    *last = reader->end - c >= 2 && c[0] == '-' && c[1] == '-';
    if (*last)
        return true;
    while (c < reader->end && (*c == ' ' || *c == '\t'))
        c++;
    if (reader->end - c < 2 || c[0] != '\r' || c[1] != '\n')
        return false;
    reader->at = c + 2;
    return true;
}

static bool read_part(struct reader *reader, struct multipart_part *part, bool *last)
{
    if (!read_headers(reader, part))
        return false;
    part->data = reader->at;
    /* The line break that ends the header may also begin the delimiter: then there are no bytes. */
    for (const char *c = reader->at - 2;; c += reader->delimiter_length) {
        c = find_delimiter(reader, c);
        if (!c)
            return broken(reader, "the form does not end");
        if (!pass_line(reader, c + reader->delimiter_length, last))
            continue;
        part->length = c > part->data ? (size_t)(c - part->data) : 0;
        return true;
    }
}

enum status_code multipart_read(struct arena *arena, const struct spool_list *spools, const char *boundary,
                                const char *body, size_t length, struct multipart *out, struct status *status)
{
    struct status local;
    struct reader reader = {.arena = arena,
                            .spools = spools,
                            .at = body,
                            .end = body + length,
                            .delimiter = arena_printf(arena, "\r\n--%s", boundary),
                            .status = status ? status : &local};
    bool last = false;
    reader.delimiter_length = strlen(reader.delimiter);
    *out = (struct multipart){0};
    size_t first = reader.delimiter_length - 2; /* before the first one there is no line break */
    if (length < first || memcmp(body, reader.delimiter + 2, first) != 0 || !pass_line(&reader, body + first, &last)) {
        broken(&reader, "the form does not begin with its boundary");
        return reader.status->code;
    }
    while (!last) {
        if (out->count == MULTIPART_PARTS_MAX) {
            broken(&reader, "the form has too many parts");
            return reader.status->code;
        }
        if (!read_part(&reader, &out->parts[out->count], &last))
            return reader.status->code;
        out->count++;
    }
    return STATUS_OK;
}

bool multipart_unfinished(struct arena *arena, const char *boundary, const char *body, size_t length,
                          struct multipart_part *out)
{
    struct multipart *form = ARENA_NEW(arena, struct multipart);
    if (multipart_read(arena, NULL, boundary, body, length, form, NULL) == STATUS_OK ||
        form->count == MULTIPART_PARTS_MAX)
        return false;
    *out = form->parts[form->count]; /* where it stopped */
    if (!out->data)
        return false;
    out->length = (size_t)(body + length - out->data);
    return true;
}
