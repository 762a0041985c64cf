/* What begins with '<': autolinks (CommonMark 6.5) and raw HTML (6.6). */
#include <string.h>

#include "markdown/inline_scan.h"

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool in_local_part(char c)
{
    return markdown_is_alnum(c) || (c != '\0' && strchr(".!#$%&'*+/=?^_`{|}~-", c) != NULL);
}

/* One label of a domain: 1..63 letters, digits and inner hyphens. */
static size_t label_length(const char *text, size_t length)
{
    size_t end = 0;
    while (end < length && end < 63 && (markdown_is_alnum(text[end]) || text[end] == '-'))
        end++;
    while (end > 0 && text[end - 1] == '-')
        end--;
    return end > 0 && text[0] != '-' ? end : 0;
}

size_t markdown_email_length(const char *text, size_t length, size_t *local_end)
{
    size_t at = 0;
    while (at < length && in_local_part(text[at]))
        at++;
    *local_end = at;
    if (at == 0 || at >= length || text[at] != '@')
        return 0;
    at++;
    size_t label = label_length(text + at, length - at);
    if (label == 0)
        return 0;
    at += label;
    while (at < length && text[at] == '.' && (label = label_length(text + at + 1, length - at - 1)) > 0)
        at += 1 + label;
    return at;
}

/* scheme:anything without blanks, controls and angles. */
static size_t uri_length(const char *text, size_t length)
{
    size_t at = 0;
    while (at < length && (markdown_is_alnum(text[at]) || text[at] == '+' || text[at] == '.' || text[at] == '-'))
        at++;
    if (at < 2 || at > 32 || !is_letter(text[0]) || at >= length || text[at] != ':')
        return 0;
    while (at < length && (unsigned char)text[at] > ' ' && text[at] != '<' && text[at] != '>')
        at++;
    return at;
}

static size_t skip_spaces(const struct markdown_scan *scan, size_t at)
{
    while (at < scan->length && markdown_is_space(scan->text[at]))
        at++;
    return at;
}

static size_t skip_name(const struct markdown_scan *scan, size_t at, const char *extra)
{
    while (at < scan->length &&
           (markdown_is_alnum(scan->text[at]) || (scan->text[at] && strchr(extra, scan->text[at]))))
        at++;
    return at;
}

/* '= value' behind an attribute's name, or nothing; SIZE_MAX if it is broken. */
static size_t skip_value(const struct markdown_scan *scan, size_t name_end)
{
    size_t at = skip_spaces(scan, name_end);
    if (at >= scan->length || scan->text[at] != '=')
        return name_end;
    at = skip_spaces(scan, at + 1);
    if (at >= scan->length)
        return SIZE_MAX;
    char quote = scan->text[at];
    if (quote == '"' || quote == '\'') {
        const char *close = memchr(scan->text + at + 1, quote, scan->length - at - 1);
        return close ? (size_t)(close - scan->text) + 1 : SIZE_MAX;
    }
    size_t start = at;
    while (at < scan->length && (unsigned char)scan->text[at] > ' ' && !strchr("\"'=<>`", scan->text[at]))
        at++;
    return at > start ? at : SIZE_MAX;
}

/* The end of an opening or closing tag; 0 if it is none. */
static size_t tag_end(const struct markdown_scan *scan, size_t at)
{
    bool closing = at + 1 < scan->length && scan->text[at + 1] == '/';
    at += closing ? 2 : 1;
    if (at >= scan->length || !is_letter(scan->text[at]))
        return 0;
    at = skip_name(scan, at, "-");
    for (;;) {
        size_t next = skip_spaces(scan, at);
        if (next >= scan->length)
            return 0;
        char c = scan->text[next];
        if (c == '>')
            return next + 1;
        if (!closing && c == '/')
            return next + 1 < scan->length && scan->text[next + 1] == '>' ? next + 2 : 0;
        if (closing || next == at || !(is_letter(c) || c == '_' || c == ':'))
            return 0;
        at = skip_value(scan, skip_name(scan, next, "_:.-"));
        if (at == SIZE_MAX)
            return 0;
    }
}

/* Behind the next end mark; 0 if there is none in the block, which is remembered. */
static size_t behind(const struct markdown_scan *scan, size_t from, const char *mark, bool *missing)
{
    size_t size = strlen(mark);
    if (*missing || from > scan->length)
        return 0;
    const char *found = memmem(scan->text + from, scan->length - from, mark, size);
    *missing = !found;
    return found ? (size_t)(found - scan->text) + size : 0;
}

static bool starts_with(const struct markdown_scan *scan, const char *prefix)
{
    size_t size = strlen(prefix);
    return scan->length - scan->at >= size && memcmp(scan->text + scan->at, prefix, size) == 0;
}

static size_t html_end(struct markdown_scan *scan)
{
    size_t at = scan->at;
    if (starts_with(scan, "<!-->"))
        return at + 5;
    if (starts_with(scan, "<!--->"))
        return at + 6;
    if (starts_with(scan, "<!--"))
        return behind(scan, at + 4, "-->", &scan->no_comment_end);
    if (starts_with(scan, "<?"))
        return behind(scan, at + 2, "?>", &scan->no_instruction_end);
    if (starts_with(scan, "<![CDATA["))
        return behind(scan, at + 9, "]]>", &scan->no_cdata_end);
    if (starts_with(scan, "<!") && at + 2 < scan->length && scan->text[at + 2] >= 'A' && scan->text[at + 2] <= 'Z')
        return behind(scan, at + 2, ">", &scan->no_greater);
    return tag_end(scan, at);
}

static void add_autolink(struct markdown_scan *scan, size_t length, bool email)
{
    size_t start = scan->at + 1;
    markdown_flush(scan);
    markdown_add_inline(scan, MARKDOWN_AUTOLINK, start, start + length)->email = email;
    markdown_continue_at(scan, start + length + 1);
}

bool markdown_scan_angle(struct markdown_scan *scan)
{
    const char *text = scan->text + scan->at + 1;
    size_t length = scan->length - scan->at - 1, local_end;
    size_t size = markdown_email_length(text, length, &local_end);
    if (size && size < length && text[size] == '>') {
        add_autolink(scan, size, true);
        return true;
    }
    size = uri_length(text, length);
    if (size && size < length && text[size] == '>') {
        add_autolink(scan, size, false);
        return true;
    }
    size_t end = html_end(scan);
    if (!end)
        return false;
    markdown_flush(scan);
    markdown_add_inline(scan, MARKDOWN_RAW_HTML, scan->at, end);
    markdown_continue_at(scan, end);
    return true;
}
