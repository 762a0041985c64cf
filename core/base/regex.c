/* The search: all ways through the program are followed at once, one character at a time (Thompson 1968, Pike). */
#include "base/regex.h"

#include <stdlib.h>
#include <string.h>

#include "base/regex_internal.h"
#include "base/utf8.h"

enum { SMALL_PROGRAM = 256 };

/* Instructions waiting for the next character: a sparse set, cleared by count = 0. */
struct threads {
    uint32_t *dense, *sparse;
    uint32_t count;
};

struct search {
    const struct regex *regex;
    const char *text;
    size_t length;
    uint32_t *stack;
};

enum status_code regex_compile(const char *pattern, size_t length, struct regex **out, struct status *status)
{
    *out = NULL;
    if (length > REGEX_MAX_PATTERN)
        return status_set(status, STATUS_INVALID_ARGUMENT, "expression too large");
    struct arena *arena = arena_create();
    struct regex_parser parser = {.arena = arena, .pattern = pattern, .length = length, .status = status};
    struct regex *regex = ARENA_NEW(arena, struct regex);
    regex->arena = arena;
    struct regex_node *root = regex_parse(&parser);
    if (!root || !regex_emit(regex, root, status)) {
        arena_destroy(arena);
        return STATUS_INVALID_ARGUMENT;
    }
    *out = regex;
    return STATUS_OK;
}

void regex_free(struct regex *regex)
{
    if (regex)
        arena_destroy(regex->arena);
}

/* \b of RE2 knows ASCII words only. */
static bool is_word(const struct search *search, size_t at, bool before)
{
    if (before ? at == 0 : at >= search->length)
        return false;
    char c = search->text[before ? at - 1 : at];
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static bool holds(const struct search *search, enum regex_assert assertion, size_t at)
{
    switch (assertion) {
    case REGEX_BEGIN_TEXT:
        return at == 0;
    case REGEX_END_TEXT:
        return at == search->length;
    case REGEX_BEGIN_LINE:
        return at == 0 || search->text[at - 1] == '\n';
    case REGEX_END_LINE:
        return at == search->length || search->text[at] == '\n';
    case REGEX_WORD_BOUNDARY:
        return is_word(search, at, true) != is_word(search, at, false);
    case REGEX_NOT_WORD_BOUNDARY:
        return is_word(search, at, true) == is_word(search, at, false);
    }
    return false;
}

static bool add_once(struct threads *threads, uint32_t pc)
{
    uint32_t slot = threads->sparse[pc];
    if (slot < threads->count && threads->dense[slot] == pc)
        return false;
    threads->sparse[pc] = threads->count;
    threads->dense[threads->count++] = pc;
    return true;
}

/* Adds pc and all that follows from it without a character. True if the program ends there. */
static bool follow(const struct search *search, struct threads *threads, uint32_t pc, size_t at)
{
    size_t depth = 0;
    search->stack[depth++] = pc;
    while (depth) {
        pc = search->stack[--depth];
        if (!add_once(threads, pc))
            continue;
        const struct regex_inst *inst = &search->regex->program[pc];
        switch (inst->op) {
        case REGEX_MATCH:
            return true;
        case REGEX_JUMP:
            search->stack[depth++] = inst->x;
            break;
        case REGEX_SPLIT:
            search->stack[depth++] = inst->y;
            search->stack[depth++] = inst->x;
            break;
        case REGEX_ASSERT:
            if (holds(search, (enum regex_assert)inst->x, at))
                search->stack[depth++] = pc + 1;
            break;
        default:
            break;
        }
    }
    return false;
}

static bool consumes(const struct regex *regex, const struct regex_inst *inst, uint32_t code_point)
{
    switch (inst->op) {
    case REGEX_CHAR:
        return inst->x == (code_point == UINT32_MAX ? 0xFFFD : code_point);
    case REGEX_ANY:
        return true;
    case REGEX_ANY_BUT_NEWLINE:
        return code_point != '\n';
    case REGEX_CLASS:
        return regex_class_has(regex->classes[inst->x], code_point);
    default:
        return false;
    }
}

/* Where the next match can begin; SIZE_MAX if nowhere. */
static size_t next_start(const struct search *search, size_t at)
{
    const struct regex *regex = search->regex;
    if (regex->anchored)
        return at == 0 ? 0 : SIZE_MAX;
    if (regex->prefix_length == 0)
        return at;
    const char *found = memmem(search->text + at, search->length - at, regex->prefix, regex->prefix_length);
    return found ? (size_t)(found - search->text) : SIZE_MAX;
}

static bool run(const struct search *search, struct threads *now, struct threads *next)
{
    for (size_t at = 0;;) {
        if (now->count == 0) {
            at = next_start(search, at);
            if (at == SIZE_MAX)
                return false;
        }
        if ((!search->regex->anchored || at == 0) && follow(search, now, 0, at))
            return true;
        if (at >= search->length)
            return false;
        size_t size;
        uint32_t code_point = utf8_decode(search->text + at, search->length - at, &size);
        at += size;
        next->count = 0;
        for (uint32_t i = 0; i < now->count; i++) {
            uint32_t pc = now->dense[i];
            if (consumes(search->regex, &search->regex->program[pc], code_point) && follow(search, next, pc + 1, at))
                return true;
        }
        struct threads *swap = now;
        now = next;
        next = swap;
    }
}

bool regex_search(const struct regex *regex, const char *text, size_t length)
{
    /* Two sets of two arrays, and the stack, on which a SPLIT leaves two entries for the one it takes. */
    uint32_t small[6 * SMALL_PROGRAM];
    uint32_t count = regex->program_count + 1;
    uint32_t *memory = small;
    if (count > SMALL_PROGRAM)
        memory = memory_alloc(sizeof *memory * 6 * count);
    memset(memory, 0, sizeof *memory * 4 * count);
    struct threads now = {.dense = memory, .sparse = memory + count};
    struct threads next = {.dense = memory + 2 * (size_t)count, .sparse = memory + 3 * (size_t)count};
    struct search search = {.regex = regex, .text = text, .length = length, .stack = memory + 4 * (size_t)count};
    bool found = run(&search, &now, &next);
    if (memory != small)
        free(memory);
    return found;
}
