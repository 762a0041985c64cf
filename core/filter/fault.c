/* Texts of faults, in the form of CEL. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "filter/ast.h"

__attribute__((format(printf, 2, 0))) static const char *format_text(struct arena *arena, const char *format,
                                                                     va_list args)
{
    char text[512];
    int length = vsnprintf(text, sizeof text, format, args);
    size_t kept = length < 0 ? 0 : (size_t)length < sizeof text ? (size_t)length : sizeof text - 1;
    while (kept && !utf8_valid(text, kept))
        kept--; /* cut in the middle of a character */
    return arena_strndup(arena, text, kept);
}

void filter_fault(struct filter_source *source, size_t at, const char *format, ...)
{
    if (source->fault_count == FILTER_MAX_FAULTS)
        return;
    va_list args;
    va_start(args, format);
    source->faults[source->fault_count++] =
        (struct filter_fault){.at = at, .message = format_text(source->arena, format, args)};
    va_end(args);
}

bool filter_problem(struct filter_source *source, const char *format, ...)
{
    if (source->problem)
        return false;
    va_list args;
    va_start(args, format);
    source->problem = format_text(source->arena, format, args);
    va_end(args);
    return false;
}

static void sort_faults(struct filter_source *source)
{
    for (size_t i = 1; i < source->fault_count; i++) {
        struct filter_fault fault = source->faults[i];
        size_t j = i;
        for (; j > 0 && source->faults[j - 1].at > fault.at; j--)
            source->faults[j] = source->faults[j - 1];
        source->faults[j] = fault;
    }
}

/* The line of the fault, and below it a mark; characters beyond ASCII are taken as twice as wide. */
static void add_excerpt(struct buf *out, const char *line, size_t length, size_t column_at)
{
    buf_add_str(out, "\n | ");
    for (size_t i = 0; i < length; i++)
        buf_add_char(out, line[i] == '\t' ? ' ' : line[i]);
    buf_add_str(out, "\n | ");
    for (size_t i = 0, size; i < column_at; i += size) {
        utf8_decode(line + i, length - i, &size);
        buf_add_str(out, size > 1 ? "\uFF0E" : ".");
    }
    bool wide = column_at < length && (unsigned char)line[column_at] >= 0x80;
    buf_add_str(out, wide ? "\uFF3E" : "^");
}

static void add_fault(struct buf *out, const struct filter_source *source, const struct filter_fault *fault)
{
    size_t start = 0, number = 1;
    for (size_t i = 0; i < fault->at && i < source->length; i++)
        if (source->text[i] == '\n') {
            start = i + 1;
            number++;
        }
    const char *line = source->text + start;
    const char *end = memchr(line, '\n', source->length - start);
    size_t length = end ? (size_t)(end - line) : source->length - start;
    size_t column = utf8_count(line, fault->at - start) + 1;
    buf_printf(out, "ERROR: <input>:%zu:%zu: %s", number, column, fault->message);
    add_excerpt(out, line, length, fault->at - start);
}

const char *filter_fault_text(struct filter_source *source)
{
    struct buf out = buf_in(source->arena);
    sort_faults(source);
    for (size_t i = 0; i < source->fault_count; i++) {
        if (i)
            buf_add_char(&out, '\n');
        add_fault(&out, source, &source->faults[i]);
    }
    return buf_str(&out);
}
