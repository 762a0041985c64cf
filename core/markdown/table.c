/* Pipe tables (GFM 4.10): a line of dashes below a line with as many cells makes a table of the rest of a paragraph. */
#include <string.h>

#include "markdown/tree.h"

/* Rows shorter than the header are filled up with empty cells; a hostile table must not grow by that without end. */
enum { MOST_EMPTY_CELLS = 10000 };

struct span {
    const char *text;
    size_t length;
};

struct columns {
    struct arena *arena;
    enum markdown_align *aligns;
    size_t count, cap, empty_cells;
};

static struct span trim(struct span span)
{
    while (span.length && markdown_is_space(span.text[0])) {
        span.text++;
        span.length--;
    }
    while (span.length && markdown_is_space(span.text[span.length - 1]))
        span.length--;
    return span;
}

static struct span line_at(const struct markdown_node *paragraph, size_t at)
{
    const char *line = paragraph->text + at;
    const char *end = memchr(line, '\n', paragraph->length - at);
    return (struct span){line, end ? (size_t)(end - line) : paragraph->length - at};
}

static void add_column(struct columns *columns, enum markdown_align align)
{
    if (columns->count == columns->cap) {
        size_t cap = columns->cap ? columns->cap * 2 : 8;
        columns->aligns = arena_grow(columns->arena, columns->aligns, columns->cap * sizeof *columns->aligns,
                                     cap * sizeof *columns->aligns);
        columns->cap = cap;
    }
    columns->aligns[columns->count++] = align;
}

/* One of "---", ":--", "--:", ":-:". */
static bool read_column(struct span cell, enum markdown_align *align)
{
    cell = trim(cell);
    bool left = cell.length && cell.text[0] == ':';
    bool right = cell.length > 1 && cell.text[cell.length - 1] == ':';
    size_t start = left, end = cell.length - right;
    if (start >= end)
        return false;
    for (size_t i = start; i < end; i++)
        if (cell.text[i] != '-')
            return false;
    *align = left && right ? MARKDOWN_ALIGN_CENTER
             : left        ? MARKDOWN_ALIGN_LEFT
             : right       ? MARKDOWN_ALIGN_RIGHT
                           : MARKDOWN_ALIGN_NONE;
    return true;
}

static struct span next_cell(struct span *rest, bool escapes)
{
    size_t i = 0;
    while (i < rest->length && !(rest->text[i] == '|' && !(escapes && i && rest->text[i - 1] == '\\')))
        i++;
    struct span cell = {rest->text, i};
    size_t used = i < rest->length ? i + 1 : i;
    rest->text += used;
    rest->length -= used;
    return cell;
}

/* The outer bars of a row are only decoration. */
static struct span without_bars(struct span line)
{
    line = trim(line);
    if (line.length && line.text[0] == '|') {
        line.text++;
        line.length--;
    }
    if (line.length && line.text[line.length - 1] == '|')
        line.length--;
    return line;
}

static bool read_columns(struct span line, struct columns *columns)
{
    columns->count = 0;
    for (size_t i = 0; i < line.length; i++)
        if (!markdown_is_space(line.text[i]) && !strchr("|:-", line.text[i]))
            return false;
    struct span rest = without_bars(line);
    while (rest.length) {
        enum markdown_align align;
        if (!read_column(next_cell(&rest, false), &align))
            return false;
        add_column(columns, align);
    }
    return columns->count > 0;
}

static size_t count_cells(struct span line)
{
    struct span rest = without_bars(line);
    size_t count = 0;
    for (; rest.length; count++)
        next_cell(&rest, true);
    return count;
}

static void add_row(struct arena *arena, struct markdown_node *table, enum markdown_kind kind, struct span line,
                    struct columns *columns)
{
    struct markdown_node *row = markdown_append(arena, table, kind);
    struct span rest = without_bars(line);
    for (size_t i = 0; i < columns->count; i++) {
        bool missing = rest.length == 0;
        if (missing && columns->empty_cells++ >= MOST_EMPTY_CELLS)
            return;
        struct markdown_node *cell = markdown_append(arena, row, MARKDOWN_CELL);
        struct span span = missing ? (struct span){"", 0} : trim(next_cell(&rest, true));
        cell->align = missing ? MARKDOWN_ALIGN_NONE : columns->aligns[i];
        cell->text = span.text;
        cell->length = span.length;
    }
}

static void add_table(struct arena *arena, struct markdown_node *paragraph, size_t header_at, size_t rows_at,
                      struct columns *columns)
{
    struct markdown_node *table = markdown_append(arena, NULL, MARKDOWN_TABLE);
    markdown_insert_after(paragraph, table);
    add_row(arena, table, MARKDOWN_TABLE_HEADER, line_at(paragraph, header_at), columns);
    while (rows_at < paragraph->length) {
        struct span line = line_at(paragraph, rows_at);
        add_row(arena, table, MARKDOWN_TABLE_ROW, line, columns);
        rows_at += line.length + 1;
    }
    paragraph->length = header_at ? header_at - 1 : 0;
    if (paragraph->length == 0)
        markdown_remove(paragraph);
}

void markdown_take_table(struct markdown_document *document, struct markdown_node *paragraph)
{
    struct columns columns = {.arena = document->arena};
    size_t before = 0, at = 0;
    while (at < paragraph->length) {
        struct span line = line_at(paragraph, at);
        size_t next = at + line.length + 1;
        if (at > 0 && read_columns(line, &columns)) {
            if (count_cells(line_at(paragraph, before)) == columns.count)
                add_table(document->arena, paragraph, before, next, &columns);
            return;
        }
        before = at;
        at = next;
    }
}
