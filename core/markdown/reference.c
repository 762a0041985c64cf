/* Link reference definitions (CommonMark 4.7) and what they are found by. */
#include <string.h>

#include "base/buf.h"
#include "base/fold.h"
#include "base/hash.h"
#include "markdown/tree.h"

/* A long target used by thousands of short references would make an answer of any size from a small memo; beyond this
 * sum references find nothing. */
enum { LONGEST_LABEL = 999, DEEPEST_PARENTHESES = 32, MOST_EXPANDED = 256 * 1024 };

static void skip_spaces(const char *text, size_t length, size_t *at)
{
    while (*at < length && markdown_is_space(text[*at]))
        ++*at;
}

static bool is_escape(const char *text, size_t length, size_t at)
{
    return text[at] == '\\' && at + 1 < length && markdown_is_punctuation(text[at + 1]);
}

static bool scan_pointy(const char *text, size_t length, size_t *at, const char **out, size_t *out_length)
{
    size_t start = *at + 1;
    for (size_t i = start; i < length && text[i] != '\n' && text[i] != '<'; i++) {
        if (is_escape(text, length, i)) {
            i++;
        } else if (text[i] == '>') {
            *out = text + start;
            *out_length = i - start;
            *at = i + 1;
            return true;
        }
    }
    return false;
}

bool markdown_scan_destination(const char *text, size_t length, size_t *at, const char **out, size_t *out_length)
{
    if (*at < length && text[*at] == '<')
        return scan_pointy(text, length, at, out, out_length);
    size_t i = *at;
    int depth = 0;
    for (; i < length && !markdown_is_space(text[i]); i++) {
        if (is_escape(text, length, i))
            i++;
        else if (text[i] == '(' && ++depth > DEEPEST_PARENTHESES)
            return false;
        else if (text[i] == ')' && --depth < 0)
            break;
    }
    *out = text + *at;
    *out_length = i - *at;
    *at = i;
    return *out_length > 0;
}

bool markdown_scan_title(const char *text, size_t length, size_t *at, const char **out, size_t *out_length)
{
    char opener = *at < length ? text[*at] : '\0';
    if (opener != '"' && opener != '\'' && opener != '(')
        return false;
    char closer = opener == '(' ? ')' : opener;
    for (size_t i = *at + 1; i < length; i++) {
        if (is_escape(text, length, i)) {
            i++;
        } else if (text[i] == closer) {
            *out = text + *at + 1;
            *out_length = i - *at - 1;
            *at = i + 1;
            return true;
        } else if (text[i] == '(' && opener == '(') {
            return false;
        }
    }
    return false;
}

/* "[label]:"; gives the label between the brackets. */
static bool scan_label(const char *text, size_t length, size_t *at, const char **label, size_t *label_length)
{
    if (*at >= length || text[*at] != '[')
        return false;
    size_t start = *at + 1, i = start;
    bool blank = true;
    for (; i < length && text[i] != ']' && i - start <= LONGEST_LABEL; i++) {
        if (text[i] == '[')
            return false;
        blank = blank && markdown_is_space(text[i]);
        if (is_escape(text, length, i))
            i++;
    }
    if (blank || i + 1 >= length || text[i] != ']' || text[i + 1] != ':' || i - start > LONGEST_LABEL)
        return false;
    *label = text + start;
    *label_length = i - start;
    *at = i + 2;
    return true;
}

/* Behind blanks to the line's end. */
static bool at_line_end(const char *text, size_t length, size_t *at)
{
    size_t i = *at;
    while (i < length && text[i] != '\n' && markdown_is_space(text[i]))
        i++;
    if (i < length && text[i] != '\n')
        return false;
    *at = i < length ? i + 1 : i;
    return true;
}

static bool scan_definition(const char *text, size_t length, size_t *at, struct markdown_reference *out)
{
    size_t i = *at;
    skip_spaces(text, length, &i);
    if (!scan_label(text, length, &i, &out->label, &out->label_length))
        return false;
    skip_spaces(text, length, &i);
    if (!markdown_scan_destination(text, length, &i, &out->target, &out->target_length))
        return false;
    size_t behind_target = i;
    skip_spaces(text, length, &i);
    out->title = NULL;
    out->title_length = 0;
    if (i > behind_target && markdown_scan_title(text, length, &i, &out->title, &out->title_length) &&
        at_line_end(text, length, &i)) {
        *at = i;
        return true;
    }
    out->title = NULL;
    out->title_length = 0;
    if (!at_line_end(text, length, &behind_target))
        return false;
    *at = behind_target;
    return true;
}

/* Case-folded, runs of white space as one space, none at the ends. */
static const char *normalize(struct arena *arena, const char *label, size_t length, size_t *out_length)
{
    struct buf spaced = buf_in(arena);
    for (size_t i = 0; i < length; i++) {
        if (!markdown_is_space(label[i]))
            buf_add_char(&spaced, label[i]);
        else if (spaced.len && spaced.data[spaced.len - 1] != ' ')
            buf_add_char(&spaced, ' ');
    }
    if (spaced.len && spaced.data[spaced.len - 1] == ' ')
        spaced.len--;
    size_t size = fold_utf8(spaced.data, spaced.len, NULL, 0);
    char *folded = arena_alloc(arena, size + 1);
    *out_length = fold_utf8(spaced.data, spaced.len, folded, size);
    return folded;
}

static void add_reference(struct markdown_document *document, struct markdown_reference reference)
{
    if (document->reference_count == document->reference_cap) {
        size_t cap = document->reference_cap ? document->reference_cap * 2 : 8;
        document->references = arena_grow(document->arena, document->references,
                                          document->reference_cap * sizeof reference, cap * sizeof reference);
        document->reference_cap = cap;
    }
    reference.label = normalize(document->arena, reference.label, reference.label_length, &reference.label_length);
    reference.hash = hash_fast(reference.label, reference.label_length);
    document->references[document->reference_count++] = reference;
}

void markdown_take_references(struct markdown_document *document, struct markdown_node *paragraph)
{
    struct markdown_reference reference;
    size_t at = 0;
    while (at < paragraph->length && scan_definition(paragraph->text, paragraph->length, &at, &reference))
        add_reference(document, reference);
    paragraph->text += at;
    paragraph->length -= at;
    if (paragraph->length == 0)
        paragraph->kind = MARKDOWN_TEXT_BLOCK; /* nothing is left to show */
}

/* The slot of a label: where it is, or the free one where it would be. */
static size_t *find_slot(struct markdown_document *document, const char *label, size_t length, uint64_t hash)
{
    size_t i = (size_t)hash & (document->slot_count - 1);
    for (;; i = (i + 1) & (document->slot_count - 1)) {
        size_t *slot = &document->slots[i];
        if (*slot == 0)
            return slot;
        const struct markdown_reference *reference = &document->references[*slot - 1];
        if (reference->hash == hash && reference->label_length == length &&
            memcmp(reference->label, label, length) == 0)
            return slot;
    }
}

static void build_slots(struct markdown_document *document)
{
    document->slot_count = 16;
    while (document->slot_count < document->reference_count * 2)
        document->slot_count *= 2;
    document->slots = ARENA_ARRAY(document->arena, size_t, document->slot_count);
    for (size_t i = 0; i < document->reference_count; i++) {
        const struct markdown_reference *reference = &document->references[i];
        size_t *slot = find_slot(document, reference->label, reference->label_length, reference->hash);
        if (*slot == 0)
            *slot = i + 1;
    }
}

const struct markdown_reference *markdown_find_reference(struct markdown_document *document, const char *label,
                                                         size_t length)
{
    if (document->reference_count == 0 || length > LONGEST_LABEL) {
        document->reference_missed = true;
        return NULL;
    }
    if (!document->slots)
        build_slots(document);
    size_t size;
    const char *normal = normalize(document->arena, label, length, &size);
    size_t *slot = find_slot(document, normal, size, hash_fast(normal, size));
    if (*slot == 0) {
        document->reference_missed = true;
        return NULL;
    }
    const struct markdown_reference *found = &document->references[*slot - 1];
    document->expanded += found->target_length + found->title_length;
    return document->expanded <= MOST_EXPANDED ? found : NULL;
}
