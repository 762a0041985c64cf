/* HTML of a memo for feeds. Tags and mentions render to nothing, raw HTML to a comment (contract memos.md 6). */
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/hash.h"
#include "markdown/entity.h"
#include "markdown/markdown.h"
#include "markdown/tree.h"

/* Heading ids in use, by text: how often each was wanted. */
struct heading_id {
    const char *id;
    size_t repeats;
};

struct html {
    struct arena *arena;
    struct markdown_document *document;
    struct buf out;
    struct heading_id *ids; /* hash table, id NULL = free; id_cap is a power of 2 */
    size_t id_count, id_cap;
};

static void put(struct html *html, const char *text)
{
    buf_add_str(&html->out, text);
}

static void escape(struct html *html, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        switch (text[i]) {
        case '&':
            put(html, "&amp;");
            break;
        case '<':
            put(html, "&lt;");
            break;
        case '>':
            put(html, "&gt;");
            break;
        case '"':
            put(html, "&quot;");
            break;
        default:
            buf_add_char(&html->out, text[i]);
        }
    }
}

static void decode_and_escape(struct html *html, const char *text, size_t length)
{
    struct buf decoded = buf_in(html->arena);
    markdown_decode(&decoded, text, length);
    escape(html, decoded.data, decoded.len);
}

static bool has_prefix(const struct buf *url, const char *prefix)
{
    size_t size = strlen(prefix);
    return url->len >= size && strncasecmp(url->data, prefix, size) == 0;
}

static bool is_dangerous(const struct buf *url)
{
    static const char *const images[] = {"data:image/png;", "data:image/gif;", "data:image/jpeg;", "data:image/webp;",
                                         "data:image/svg+xml;"};
    static const char *const schemes[] = {"javascript:", "vbscript:", "file:", "data:"};
    for (size_t i = 0; i < sizeof images / sizeof images[0]; i++)
        if (has_prefix(url, images[i]))
            return false;
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (has_prefix(url, schemes[i]))
            return true;
    return false;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* Percent-encodes what may not stand in a URL; escapes that are there stay. */
static void put_url(struct html *html, const struct buf *url)
{
    static const char digits[] = "0123456789ABCDEF", safe[] = ";/?:@&=+$,-_.!~*'()#";
    if (is_dangerous(url))
        return;
    struct buf encoded = buf_in(html->arena);
    for (size_t i = 0; i < url->len; i++) {
        char c = url->data[i];
        bool escaped = c == '%' && i + 2 < url->len && is_hex(url->data[i + 1]) && is_hex(url->data[i + 2]);
        if (markdown_is_alnum(c) || escaped || (c && strchr(safe, c))) {
            buf_add_char(&encoded, c);
        } else {
            buf_add_char(&encoded, '%');
            buf_add_char(&encoded, digits[(unsigned char)c >> 4]);
            buf_add_char(&encoded, digits[(unsigned char)c & 15]);
        }
    }
    escape(html, encoded.data, encoded.len);
}

static void put_target(struct html *html, const struct markdown_node *node)
{
    struct buf url = buf_in(html->arena);
    markdown_decode(&url, node->target, node->target_length);
    put_url(html, &url);
}

static void put_title(struct html *html, const struct markdown_node *node)
{
    if (!node->title)
        return;
    put(html, " title=\"");
    decode_and_escape(html, node->title, node->title_length);
    put(html, "\"");
}

static struct heading_id *find_id(struct html *html, const char *id)
{
    size_t i = (size_t)hash_fast(id, strlen(id)) & (html->id_cap - 1);
    while (html->ids[i].id && strcmp(html->ids[i].id, id) != 0)
        i = (i + 1) & (html->id_cap - 1);
    return &html->ids[i];
}

static void reserve_ids(struct html *html)
{
    if (html->id_count * 2 < html->id_cap)
        return;
    struct heading_id *old = html->ids;
    size_t old_cap = html->id_cap;
    html->id_cap = old_cap ? old_cap * 2 : 16;
    html->ids = ARENA_ARRAY(html->arena, struct heading_id, html->id_cap);
    for (size_t i = 0; i < old_cap; i++)
        if (old[i].id)
            *find_id(html, old[i].id) = old[i];
}

/* The id itself, or id-1, id-2, ... whichever is free. */
static const char *unique_id(struct html *html, const char *id)
{
    reserve_ids(html);
    struct heading_id *known = find_id(html, id);
    const char *unique = id;
    if (known->id) {
        size_t number = known->repeats;
        do
            unique = arena_printf(html->arena, "%s-%zu", id, ++number);
        while (find_id(html, unique)->id);
        known->repeats = number;
    }
    *find_id(html, unique) = (struct heading_id){.id = unique};
    html->id_count++;
    return unique;
}

static const char *heading_id(struct html *html, const struct markdown_node *heading)
{
    const char *text = heading->text ? heading->text : "", *end = text + heading->length;
    const char *last_line = memrchr(text, '\n', heading->length);
    struct buf id = buf_in(html->arena);
    text = last_line ? last_line + 1 : text;
    while (text < end && markdown_is_space(*text))
        text++;
    while (end > text && markdown_is_space(end[-1]))
        end--;
    for (; text < end; text++) {
        if (markdown_is_alnum(*text))
            buf_add_char(&id, (char)(*text >= 'A' && *text <= 'Z' ? *text + 32 : *text));
        else if (markdown_is_space(*text) || *text == '-' || *text == '_')
            buf_add_char(&id, '-');
    }
    return unique_id(html, id.len ? buf_str(&id) : "heading");
}

static void put_code(struct html *html, const struct markdown_node *span)
{
    put(html, "<code>");
    for (const struct markdown_node *line = span->first; line; line = line->next) {
        bool newline = line->length && line->text[line->length - 1] == '\n';
        escape(html, line->text, line->length - newline);
        if (newline)
            put(html, " ");
    }
    put(html, "</code>");
}

/* The text of an image's children; marks of emphasis and the like are left out. */
static void put_image(struct html *html, struct markdown_node *image)
{
    put(html, "<img src=\"");
    put_target(html, image);
    put(html, "\" alt=\"");
    for (struct markdown_node *node = image; node; node = markdown_next(image, node, false)) {
        if (node->kind != MARKDOWN_TEXT)
            continue;
        if (node->code)
            escape(html, node->text, node->length);
        else
            decode_and_escape(html, node->text, node->length);
        if (node->line_break != MARKDOWN_NO_BREAK)
            put(html, "\n");
    }
    put(html, "\"");
    put_title(html, image);
    put(html, ">");
}

static void put_autolink(struct html *html, const struct markdown_node *node)
{
    struct buf url = buf_in(html->arena);
    if (node->email && (node->length < 7 || strncasecmp(node->text, "mailto:", 7) != 0))
        buf_add_str(&url, "mailto:");
    buf_add(&url, node->target ? node->target : node->text, node->target ? node->target_length : node->length);
    put(html, "<a href=\"");
    put_url(html, &url);
    put(html, "\">");
    escape(html, node->text, node->length);
    put(html, "</a>");
}

static void put_text(struct html *html, const struct markdown_node *node)
{
    decode_and_escape(html, node->text, node->length);
    if (node->line_break == MARKDOWN_HARD_BREAK)
        put(html, "<br>\n");
    else if (node->line_break == MARKDOWN_SOFT_BREAK)
        put(html, "\n");
}

static void put_code_block(struct html *html, const struct markdown_node *node)
{
    put(html, "<pre><code");
    if (node->target_length) {
        put(html, " class=\"language-");
        decode_and_escape(html, node->target, node->target_length);
        put(html, "\"");
    }
    put(html, ">");
    escape(html, node->text, node->length);
    put(html, "</code></pre>\n");
}

static void open_cell(struct html *html, const struct markdown_node *cell)
{
    static const char *const aligns[] = {"", " style=\"text-align:left\"", " style=\"text-align:center\"",
                                         " style=\"text-align:right\""};
    put(html, cell->parent->kind == MARKDOWN_TABLE_HEADER ? "<th" : "<td");
    put(html, aligns[cell->align]);
    put(html, ">");
}

static void open_list(struct html *html, const struct markdown_node *list)
{
    put(html, list->ordered ? "<ol" : "<ul");
    if (list->ordered && list->number != 1)
        buf_printf(&html->out, " start=\"%u\"", list->number);
    put(html, ">\n");
}

/* Gives false if the node's children are already written. */
static bool enter(struct html *html, struct markdown_node *node)
{
    switch (node->kind) {
    case MARKDOWN_QUOTE:
        put(html, "<blockquote>\n");
        return true;
    case MARKDOWN_LIST:
        open_list(html, node);
        return true;
    case MARKDOWN_ITEM:
        put(html, node->first && node->first->kind != MARKDOWN_TEXT_BLOCK ? "<li>\n" : "<li>");
        return true;
    case MARKDOWN_PARAGRAPH:
        put(html, "<p>");
        return true;
    case MARKDOWN_HEADING:
        buf_printf(&html->out, "<h%u id=\"%s\">", node->number, heading_id(html, node));
        return true;
    case MARKDOWN_CODE_BLOCK:
        put_code_block(html, node);
        return false;
    case MARKDOWN_HTML_BLOCK:
        put(html, "<!-- raw HTML omitted -->\n");
        return false;
    case MARKDOWN_RULE:
        put(html, "<hr>\n");
        return false;
    case MARKDOWN_TABLE:
        put(html, "<table>\n");
        return true;
    case MARKDOWN_TABLE_HEADER:
        put(html, "<thead>\n<tr>\n");
        return true;
    case MARKDOWN_TABLE_ROW:
        put(html, "<tr>\n");
        return true;
    case MARKDOWN_CELL:
        open_cell(html, node);
        return true;
    default:
        return true;
    }
}

static bool enter_inline(struct html *html, struct markdown_node *node)
{
    switch (node->kind) {
    case MARKDOWN_TEXT:
        put_text(html, node);
        return false;
    case MARKDOWN_CODE_SPAN:
        put_code(html, node);
        return false;
    case MARKDOWN_EMPHASIS:
        put(html, "<em>");
        return true;
    case MARKDOWN_STRONG:
        put(html, "<strong>");
        return true;
    case MARKDOWN_STRIKE:
        put(html, "<del>");
        return true;
    case MARKDOWN_LINK:
        put(html, "<a href=\"");
        put_target(html, node);
        put(html, "\"");
        put_title(html, node);
        put(html, ">");
        return true;
    case MARKDOWN_IMAGE:
        put_image(html, node);
        return false;
    case MARKDOWN_AUTOLINK:
        put_autolink(html, node);
        return false;
    case MARKDOWN_RAW_HTML:
        put(html, "<!-- raw HTML omitted -->");
        return false;
    case MARKDOWN_CHECKBOX:
        put(html, node->checked ? "<input checked=\"\" disabled=\"\" type=\"checkbox\"> "
                                : "<input disabled=\"\" type=\"checkbox\"> ");
        return false;
    default:
        return true;
    }
}

static void leave(struct html *html, const struct markdown_node *node)
{
    static const char *const ends[] = {
        [MARKDOWN_QUOTE] = "</blockquote>\n", [MARKDOWN_ITEM] = "</li>\n",   [MARKDOWN_PARAGRAPH] = "</p>\n",
        [MARKDOWN_TABLE] = "</table>\n",      [MARKDOWN_EMPHASIS] = "</em>", [MARKDOWN_STRONG] = "</strong>",
        [MARKDOWN_STRIKE] = "</del>",         [MARKDOWN_LINK] = "</a>",      [MARKDOWN_CHECKBOX] = NULL,
    };
    if (ends[node->kind])
        put(html, ends[node->kind]);
    else if (node->kind == MARKDOWN_LIST)
        put(html, node->ordered ? "</ol>\n" : "</ul>\n");
    else if (node->kind == MARKDOWN_HEADING)
        buf_printf(&html->out, "</h%u>\n", node->number);
    else if (node->kind == MARKDOWN_TEXT_BLOCK && node->next && node->first)
        put(html, "\n");
    else if (node->kind == MARKDOWN_CELL)
        put(html, node->parent->kind == MARKDOWN_TABLE_HEADER ? "</th>\n" : "</td>\n");
    else if (node->kind == MARKDOWN_TABLE_HEADER)
        put(html, node->next ? "</tr>\n</thead>\n<tbody>\n" : "</tr>\n</thead>\n");
    else if (node->kind == MARKDOWN_TABLE_ROW)
        put(html, node->next ? "</tr>\n" : "</tr>\n</tbody>\n");
}

const char *markdown_html(struct arena *arena, const char *text, size_t length)
{
    struct html html = {.arena = arena, .document = markdown_parse(arena, text, length, true), .out = buf_in(arena)};
    struct markdown_node *root = html.document->root, *node = root;
    for (;;) {
        bool inline_node = node->kind >= MARKDOWN_TEXT;
        if (markdown_has_inlines(node->kind))
            markdown_parse_inlines(html.document, node, SIZE_MAX);
        bool descend = inline_node ? enter_inline(&html, node) : enter(&html, node);
        if (descend && node->first) {
            node = node->first;
            continue;
        }
        if (descend)
            leave(&html, node);
        while (node != root && !node->next) {
            node = node->parent;
            leave(&html, node);
        }
        if (node == root)
            return buf_str(&html.out);
        node = node->next;
    }
}
