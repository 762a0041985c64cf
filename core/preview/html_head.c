#include "preview/html_head.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "markdown/entity.h"
#include "preview/charset.h"
#include "preview/html_reader.h"

enum { REFERENCE_DIGITS = 7, REPLACEMENT = 0xFFFD };

/* References to these may lack their semicolon. */
static const struct {
    const char *name, *text;
} bare_references[] = {{"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"nbsp", "\xC2\xA0"}};

static bool is_alnum(char c)
{
    char lower = (char)(c | 0x20);
    return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z');
}

static int digit_value(char c, unsigned base)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char lower = (char)(c | 0x20);
    return base == 16 && lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Behind "&#"; appends the character and gives the length of the reference. */
static size_t add_number(struct buf *out, const char *text, size_t length)
{
    unsigned base = length > 2 && (text[2] | 0x20) == 'x' ? 16 : 10;
    size_t start = base == 16 ? 3 : 2, at = start;
    uint32_t value = 0;
    char bytes[4];
    for (; at < length && digit_value(text[at], base) >= 0; at++)
        value = value > UINT32_MAX / 32 ? UINT32_MAX / 32 : value * base + (uint32_t)digit_value(text[at], base);
    if (at == start)
        return 0;
    size_t size = value ? utf8_encode(value, bytes) : 0;
    buf_add(out, bytes, size ? size : utf8_encode(REPLACEMENT, bytes));
    return at < length && text[at] == ';' ? at + 1 : at;
}

/* The character reference that text begins with: appends what it stands for and gives its length; 0 if there is none.
 */
static size_t add_reference(struct buf *out, const char *text, size_t length)
{
    char bytes[8];
    size_t bytes_length, size = 0;
    if (length > 2 && text[1] == '#')
        return add_number(out, text, length);
    size = markdown_entity(text, length, bytes, &bytes_length);
    if (size)
        buf_add(out, bytes, bytes_length);
    for (size_t i = 0; !size && i < sizeof bare_references / sizeof bare_references[0]; i++) {
        size_t name = strlen(bare_references[i].name);
        if (length <= name || memcmp(text + 1, bare_references[i].name, name) != 0)
            continue;
        if (length > name + 1 && (is_alnum(text[name + 1]) || text[name + 1] == '='))
            continue;
        buf_add_str(out, bare_references[i].text);
        size = name + 1;
    }
    return size;
}

/* Without references, with each run of white space as one blank and none at the ends. */
static struct buf plain(struct arena *arena, struct html_text raw, size_t most)
{
    struct buf out = buf_in(arena);
    bool blank = false;
    for (size_t at = 0, size; at < raw.length && out.len <= most; at += size) {
        size = 1;
        if (html_is_space(raw.bytes[at])) {
            blank = out.len > 0;
            continue;
        }
        if (blank)
            buf_add_char(&out, ' ');
        blank = false;
        size = raw.bytes[at] == '&' ? add_reference(&out, raw.bytes + at, raw.length - at) : 0;
        if (size)
            continue;
        buf_add_char(&out, raw.bytes[at]);
        size = 1;
    }
    return out;
}

static const char *cut_text(struct arena *arena, struct html_text raw, size_t most)
{
    struct buf out = plain(arena, raw, most);
    if (out.len > most)
        for (out.len = most; out.len > 0 && ((unsigned char)out.data[out.len] & 0xC0) == 0x80;)
            out.len--;
    return buf_str(&out);
}

static const char *image_text(struct arena *arena, struct html_text raw)
{
    struct buf out = plain(arena, raw, HTML_IMAGE_MAX);
    return out.len > HTML_IMAGE_MAX ? "" : buf_str(&out);
}

/* What one <meta> says. property counts like name. */
struct meta {
    struct html_text property, name, content;
    bool has_content;
};

static bool read_meta(struct html_reader *reader, struct meta *meta)
{
    struct html_text name, value;
    bool whole;
    *meta = (struct meta){.property = {"", 0}, .name = {"", 0}};
    while (html_next_attribute(reader, &name, &value, &whole)) {
        if (html_equals(name, "property") && meta->property.length == 0)
            meta->property = value;
        else if (html_equals(name, "name") && meta->name.length == 0)
            meta->name = value;
        else if (html_equals(name, "content") && !meta->has_content) {
            meta->content = value;
            meta->has_content = true;
        }
    }
    return whole && meta->has_content;
}

static bool is_about(const struct meta *meta, const char *what)
{
    return html_equals(meta->property, what) || html_equals(meta->name, what);
}

static void take_meta(struct arena *arena, const struct meta *meta, struct html_head *out)
{
    if (is_about(meta, "og:title"))
        out->title = cut_text(arena, meta->content, HTML_TITLE_MAX);
    else if (is_about(meta, "og:description"))
        out->description = cut_text(arena, meta->content, HTML_DESCRIPTION_MAX);
    else if (is_about(meta, "description") && !*out->description)
        out->description = cut_text(arena, meta->content, HTML_DESCRIPTION_MAX);
    else if (is_about(meta, "og:image"))
        out->image = image_text(arena, meta->content);
}

void html_head_read(struct arena *arena, const char *content_type, const char *bytes, size_t length,
                    struct html_head *out)
{
    const char *charset = charset_of_html(arena, content_type, bytes, length);
    const char *text = charset_to_utf8(arena, charset, bytes, length, &length);
    struct html_reader reader = html_reader_of(text, length);
    *out = (struct html_head){"", "", ""};
    for (struct html_text name; html_next_tag(&reader, &name) && !html_equals(name, "body");) {
        struct meta meta;
        if (html_equals(name, "meta")) {
            if (read_meta(&reader, &meta))
                take_meta(arena, &meta, out);
        } else if (html_end_tag(&reader) && html_is_raw(name)) {
            struct html_text content = html_raw_text(&reader, name);
            if (html_equals(name, "title"))
                out->title = cut_text(arena, content, HTML_TITLE_MAX);
        }
    }
}
