#include "preview/html_reader.h"

#include <string.h>
#include <strings.h>

bool html_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static bool is_letter(char c)
{
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'z';
}

bool html_equals(struct html_text text, const char *other)
{
    return text.length == strlen(other) && strncasecmp(text.bytes, other, text.length) == 0;
}

bool html_is_raw(struct html_text name)
{
    static const char *const raw[] = {"title", "script", "style", "textarea", "iframe", "noembed", "noframes", "xmp"};
    for (size_t i = 0; i < sizeof raw / sizeof raw[0]; i++)
        if (html_equals(name, raw[i]))
            return true;
    return false;
}

static size_t left(const struct html_reader *reader)
{
    return (size_t)(reader->end - reader->at);
}

static bool begins(const struct html_reader *reader, const char *text)
{
    size_t length = strlen(text);
    return left(reader) >= length && memcmp(reader->at, text, length) == 0;
}

/* Behind the next one of c, or to the end. */
static void skip_past(struct html_reader *reader, char c)
{
    const char *found = memchr(reader->at, c, left(reader));
    reader->at = found ? found + 1 : reader->end;
}

/* Behind "<!--". "<!-->" and "<!--->" are whole comments, and "--!>" ends one, too. */
static void skip_comment(struct html_reader *reader)
{
    const char *begin = reader->at;
    for (skip_past(reader, '>'); reader->at < reader->end; skip_past(reader, '>')) {
        const char *mark = reader->at - 1;
        size_t before = (size_t)(mark - begin);
        bool dashes = before >= 2 && memcmp(mark - 2, "--", 2) == 0;
        if (dashes || (before >= 3 && memcmp(mark - 3, "--!", 3) == 0) || before == 0 || (before == 1 && *begin == '-'))
            return;
    }
}

static void skip_spaces(struct html_reader *reader)
{
    while (reader->at < reader->end && html_is_space(*reader->at))
        reader->at++;
}

static struct html_text tag_name(struct html_reader *reader)
{
    const char *begin = reader->at;
    while (reader->at < reader->end && !html_is_space(*reader->at) && *reader->at != '/' && *reader->at != '>')
        reader->at++;
    return (struct html_text){begin, (size_t)(reader->at - begin)};
}

bool html_next_tag(struct html_reader *reader, struct html_text *name)
{
    for (skip_past(reader, '<'); reader->at < reader->end; skip_past(reader, '<')) {
        if (is_letter(*reader->at)) {
            *name = tag_name(reader);
            return true;
        }
        if (begins(reader, "!--")) {
            reader->at += 3;
            skip_comment(reader);
        } else if (*reader->at == '!' || *reader->at == '?') {
            skip_past(reader, '>');
        } else if (*reader->at == '/' && left(reader) > 1) {
            reader->at++;
            if (!is_letter(*reader->at))
                skip_past(reader, '>');
            else
                html_end_tag(reader);
        }
    }
    return false;
}

static struct html_text quoted_value(struct html_reader *reader, bool *whole)
{
    char quote = *reader->at++;
    const char *begin = reader->at, *close = memchr(begin, quote, left(reader));
    *whole = close != NULL;
    reader->at = close ? close + 1 : reader->end;
    return (struct html_text){begin, (size_t)((close ? close : reader->end) - begin)};
}

static struct html_text bare_value(struct html_reader *reader)
{
    const char *begin = reader->at;
    while (reader->at < reader->end && !html_is_space(*reader->at) && *reader->at != '>')
        reader->at++;
    return (struct html_text){begin, (size_t)(reader->at - begin)};
}

/* Behind the name; there may be none. */
static struct html_text attribute_value(struct html_reader *reader, bool *whole)
{
    skip_spaces(reader);
    if (reader->at == reader->end || *reader->at != '=')
        return (struct html_text){reader->at, 0};
    reader->at++;
    skip_spaces(reader);
    if (reader->at < reader->end && (*reader->at == '"' || *reader->at == '\''))
        return quoted_value(reader, whole);
    return bare_value(reader);
}

bool html_next_attribute(struct html_reader *reader, struct html_text *name, struct html_text *value, bool *whole)
{
    while (reader->at < reader->end && (html_is_space(*reader->at) || *reader->at == '/'))
        reader->at++;
    *whole = reader->at < reader->end;
    if (!*whole)
        return false;
    if (*reader->at == '>') {
        reader->at++;
        return false;
    }
    name->bytes = reader->at++; /* a leading "=" is part of the name */
    while (reader->at < reader->end && !html_is_space(*reader->at) && !strchr("/>=", *reader->at))
        reader->at++;
    name->length = (size_t)(reader->at - name->bytes);
    *value = attribute_value(reader, whole);
    return *whole;
}

bool html_end_tag(struct html_reader *reader)
{
    struct html_text name, value;
    bool whole;
    while (html_next_attribute(reader, &name, &value, &whole))
        continue;
    return whole;
}

struct html_text html_raw_text(struct html_reader *reader, struct html_text name)
{
    const char *begin = reader->at;
    for (skip_past(reader, '<'); reader->at < reader->end; skip_past(reader, '<')) {
        const char *mark = reader->at - 1;
        if (*reader->at != '/' || left(reader) < 2 + name.length)
            continue;
        char behind = reader->at[1 + name.length];
        if (strncasecmp(reader->at + 1, name.bytes, name.length) != 0 ||
            !(html_is_space(behind) || behind == '/' || behind == '>'))
            continue;
        reader->at += 1 + name.length;
        html_end_tag(reader);
        return (struct html_text){begin, (size_t)(mark - begin)};
    }
    return (struct html_text){begin, (size_t)(reader->end - begin)};
}
