/* Bare web and e-mail addresses in the text (contract memos.md 3.1, "Bare URLs"). */
#include <string.h>

#include "markdown/inline_scan.h"

enum { LONGEST_HOST = 256 };

struct address {
    const char *text;
    size_t length; /* what is left of the block's text */
};

static bool has_prefix(struct address address, const char *prefix)
{
    size_t size = strlen(prefix);
    return address.length >= size && memcmp(address.text, prefix, size) == 0;
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool in_host(char c)
{
    return markdown_is_alnum(c) || (c != '\0' && strchr("-@:%._+~#=", c) != NULL);
}

static bool in_path(char c, bool dollar)
{
    return markdown_is_alnum(c) || (c == '$' && dollar) ||
           (c != '\0' && c != '$' && strchr("-@:%_+.~#!?&/=();,'\">^{}[]`", c) != NULL);
}

/* The host: anything of its characters up to the last dot that small letters follow. Its end, or 0. */
static size_t host_end(struct address address, size_t start)
{
    size_t end = start, dot = 0;
    while (end < address.length && end - start <= LONGEST_HOST && in_host(address.text[end])) {
        if (address.text[end] == '.' && end > start && end + 1 < address.length && is_lower(address.text[end + 1]))
            dot = end;
        end++;
    }
    if (dot == 0)
        return 0;
    end = dot + 1;
    while (end < address.length && is_lower(address.text[end]))
        end++;
    return end;
}

static size_t skip_port(struct address address, size_t at)
{
    size_t end = at + 1;
    if (at >= address.length || address.text[at] != ':')
        return at;
    while (end < address.length && address.text[end] >= '0' && address.text[end] <= '9')
        end++;
    return end > at + 1 ? end : at;
}

static size_t skip_path(struct address address, size_t at, bool dollar)
{
    if (at >= address.length || !strchr("/#?", address.text[at]) || address.text[at] == '\0')
        return at;
    at++;
    while (at < address.length && in_path(address.text[at], dollar))
        at++;
    return at;
}

/* Punctuation at the end belongs to the sentence around the address. */
static size_t without_closers(const char *text, size_t length)
{
    char last = text[length - 1];
    if (last == '.')
        return length - 1;
    if (last == ')') {
        size_t opened = 0, closed = 0;
        for (size_t i = 0; i < length; i++) {
            opened += text[i] == '(';
            closed += text[i] == ')';
        }
        return closed > opened ? length - (closed - opened) : length;
    }
    if (last == ';') {
        size_t name = length - 1;
        while (name > 0 && markdown_is_alnum(text[name - 1]))
            name--;
        if (name > 0 && name < length - 1 && text[name - 1] == '&')
            return name - 1;
    }
    return length;
}

static size_t without_sentence_marks(const char *text, size_t length)
{
    while (length > 1 && strchr("?!.,:*_~", text[length - 1]))
        length--;
    return length;
}

static size_t web_length(struct address address)
{
    size_t scheme = has_prefix(address, "https://")  ? 8
                    : has_prefix(address, "http://") ? 7
                    : has_prefix(address, "ftp://")  ? 6
                                                     : 0;
    bool bare = !scheme && has_prefix(address, "www.");
    if (!scheme && !bare)
        return 0;
    size_t end = host_end(address, bare ? 4 : scheme);
    if (!end)
        return 0;
    if (!bare)
        end = skip_port(address, end);
    return without_closers(address.text, skip_path(address, end, !bare));
}

static size_t email_length(struct markdown_scan *scan, struct address address)
{
    size_t local_end;
    if (scan->at < scan->no_email_before)
        return 0;
    size_t length = markdown_email_length(address.text, address.length, &local_end);
    bool dotted = length && memchr(address.text + local_end, '.', length - local_end) != NULL;
    char after = length < address.length ? address.text[length] : ' ';
    if (dotted && after != '-' && after != '_')
        return length;
    /* A later start before the same @ would come to the same end. */
    scan->no_email_before = scan->at + local_end;
    return 0;
}

bool markdown_scan_url(struct markdown_scan *scan)
{
    struct address address = {scan->text + scan->at, scan->length - scan->at};
    if (address.length == 0 || scan->brackets || markdown_is_space(address.text[0]) ||
        markdown_is_punctuation(address.text[0]))
        return false;
    size_t length = web_length(address);
    bool email = length == 0;
    if (email)
        length = email_length(scan, address);
    if (length == 0)
        return false;
    length = without_sentence_marks(address.text, length);
    markdown_flush(scan);
    struct markdown_node *node = markdown_add_inline(scan, MARKDOWN_AUTOLINK, scan->at, scan->at + length);
    node->email = email;
    if (!email && has_prefix(address, "www.")) {
        node->target = arena_printf(scan->document->arena, "http://%.*s", (int)length, address.text);
        node->target_length = length + sizeof "http://" - 1;
    }
    markdown_continue_at(scan, scan->at + length);
    return true;
}
