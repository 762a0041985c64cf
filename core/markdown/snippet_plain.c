/* The snippet of a memo that begins like most do: headings, prose and bullets without any markup that a parser would
 * have to weigh. Such text needs no tree: each of its lines is shown after a blank, whatever blocks they make, but for
 * the first bullet of a list, which is shown without. At the first doubt this gives up, and the parser decides. */
#include <string.h>

#include "markdown/markdown.h"
#include "markdown/tree.h"

enum {
    ENOUGH = 65,       /* characters that settle the snippet: those it shows, and one that tells that there are more */
    EXAMINED_MAX = 512 /* bytes of the memo that are looked at */
};

struct plain {
    const char *text;
    size_t end, at;
    char shown[EXAMINED_MAX];
    size_t length;
    bool in_list, after_gap; /* after_gap: the line before is empty */
};

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Characters that mean nothing but themselves inside a line. ':' does before a blank or the line's end only. */
static bool means_itself(char c)
{
    return markdown_is_alnum(c) || (c && strchr(" !\"%'()+,-./;?", c));
}

/* Behind "# " or "- ", or where the line begins with a letter; 0 with *ok false if it begins otherwise. */
static size_t line_start(const struct plain *plain, size_t at, bool *ok)
{
    const char *text = plain->text;
    size_t start = at;
    if (text[start] == '-') {
        start++;
    } else {
        while (start < plain->end && text[start] == '#' && start - at < 6)
            start++;
    }
    if (start > at)
        start += start < plain->end && text[start] == ' ' ? 1 : plain->end;
    *ok = start < plain->end && is_letter(text[start]);
    return start;
}

static bool begins_address(const struct plain *plain, size_t at)
{
    static const char www[] = "www.";
    if (plain->end - at < sizeof www - 1 || (plain->text[at] | 0x20) != 'w')
        return false;
    for (size_t i = 0; i < sizeof www - 1; i++) {
        char c = plain->text[at + i];
        if ((c >= 'A' && c <= 'Z' ? c | 0x20 : c) != www[i])
            return false;
    }
    return true;
}

/* Takes one line, or the words of it that settle the snippet. False if it is not plain. */
static bool take_line(struct plain *plain)
{
    bool ok;
    const char *text = plain->text;
    size_t at = line_start(plain, plain->at, &ok);
    if (!ok)
        return false;
    bool bullet = text[plain->at] == '-';
    if (plain->length && (!bullet || plain->in_list))
        plain->shown[plain->length++] = ' ';
    /* A line of text below a bullet belongs to it, without a gap between them. */
    plain->in_list = bullet || (plain->in_list && text[plain->at] != '#' && !plain->after_gap);
    plain->after_gap = false;
    for (; at < plain->end && text[at] != '\n'; at++) {
        bool word_ends = at + 1 == plain->end || text[at + 1] == ' ' || text[at + 1] == '\n';
        if (text[at] == ' ' && plain->length >= ENOUGH)
            break;
        if (plain->length == sizeof plain->shown - 1 || begins_address(plain, at) ||
            !(means_itself(text[at]) || (text[at] == ':' && word_ends)) || (text[at] == ' ' && word_ends))
            return false;
        plain->shown[plain->length++] = text[at];
    }
    plain->at = at < plain->end && text[at] == '\n' ? at + 1 : at;
    return true;
}

const char *markdown_snippet_plain(struct arena *arena, const char *text, size_t length)
{
    /* A text that is cut here is long enough to settle the snippet, or doubtful. */
    struct plain plain = {.text = text, .end = length < EXAMINED_MAX ? length : EXAMINED_MAX};
    while (plain.length < ENOUGH && plain.at < plain.end) {
        if (text[plain.at] != '\n') {
            if (!take_line(&plain))
                return NULL;
        } else {
            plain.after_gap = true;
            plain.at++;
        }
    }
    if (plain.at == plain.end && plain.end < length)
        return NULL;
    return markdown_snippet_cut(arena, plain.shown, plain.length);
}
