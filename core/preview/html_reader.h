/* Reads the tags of an HTML document one after another, as the tokenizer of HTML does (html.spec.whatwg.org, 13.2.5),
 * as far as that is needed to look at some of them: comments and declarations are passed over, text is what lies
 * between tags. Works on bytes of any encoding that has ASCII in it. Reads each byte a bounded number of times,
 * allocates nothing, and never fails: whatever comes is some document. */
#ifndef MEMORA_PREVIEW_HTML_READER_H
#define MEMORA_PREVIEW_HTML_READER_H

#include <stdbool.h>
#include <stddef.h>

struct html_text {
    const char *bytes; /* borrowed from the document */
    size_t length;
};

struct html_reader {
    const char *at, *end;
};

static inline struct html_reader html_reader_of(const char *bytes, size_t length)
{
    return (struct html_reader){bytes, bytes + length};
}

/* The next start tag up to its name, which is as written; its attributes follow. False at the end. */
bool html_next_tag(struct html_reader *reader, struct html_text *name);

/* The next attribute of the tag; false at the tag's end, which has been read then. value is raw: character references
 * stand as they are. *whole becomes false where the document ends within the tag, which is then none. */
bool html_next_attribute(struct html_reader *reader, struct html_text *name, struct html_text *value, bool *whole);

/* Passes over the attributes that are left. False where the document ends within the tag. */
bool html_end_tag(struct html_reader *reader);

/* The content of an element that holds no others (title, script, style, ...), up to its end tag or the end of the
 * document. */
struct html_text html_raw_text(struct html_reader *reader, struct html_text name);

/* The content of an element of that name holds no others. */
bool html_is_raw(struct html_text name);

/* Compares without regard to the case of ASCII letters. */
bool html_equals(struct html_text text, const char *other);

bool html_is_space(char c);

#endif
