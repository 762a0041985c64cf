/* Syntax tree to program, after Thompson: every way through the tree becomes a way through the instructions. */
#include <string.h>

#include "base/regex_internal.h"
#include "base/utf8.h"

struct emitter {
    struct regex *regex;
    uint32_t inst_cap, class_count, class_cap;
    const struct regex_class **classes;
    bool full;
};

static uint32_t emit(struct emitter *e, enum regex_op op, uint32_t x)
{
    struct regex *regex = e->regex;
    if (regex->program_count >= REGEX_MAX_PROGRAM) {
        e->full = true;
        return 0;
    }
    if (regex->program_count == e->inst_cap) {
        uint32_t cap = e->inst_cap ? e->inst_cap * 2 : 32;
        regex->program = arena_grow(regex->arena, regex->program, sizeof *regex->program * e->inst_cap,
                                    sizeof *regex->program * cap);
        e->inst_cap = cap;
    }
    regex->program[regex->program_count] = (struct regex_inst){.op = op, .x = x};
    return regex->program_count++;
}

static uint32_t add_class(struct emitter *e, const struct regex_class *class)
{
    if (e->class_count == e->class_cap) {
        uint32_t cap = e->class_cap ? e->class_cap * 2 : 8;
        e->classes = arena_grow(e->regex->arena, e->classes, sizeof(void *) * e->class_cap, sizeof(void *) * cap);
        e->class_cap = cap;
    }
    e->classes[e->class_count] = class;
    return e->class_count++;
}

static void emit_node(struct emitter *e, const struct regex_node *node);

static void emit_alternate(struct emitter *e, const struct regex_node *node)
{
    struct regex_inst *program;
    uint32_t last_jump = UINT32_MAX;
    for (const struct regex_node *child = node->child; child && !e->full; child = child->next) {
        uint32_t split = 0;
        if (child->next)
            split = emit(e, REGEX_SPLIT, e->regex->program_count + 1);
        emit_node(e, child);
        if (child->next && !e->full) {
            /* Jumps to the end are chained through x until the end is known. */
            last_jump = emit(e, REGEX_JUMP, last_jump);
            e->regex->program[split].y = e->regex->program_count;
        }
    }
    program = e->regex->program;
    while (last_jump != UINT32_MAX && !e->full) {
        uint32_t before = program[last_jump].x;
        program[last_jump].x = e->regex->program_count;
        last_jump = before;
    }
}

static void emit_star(struct emitter *e, const struct regex_node *child)
{
    uint32_t split = emit(e, REGEX_SPLIT, e->regex->program_count + 1);
    emit_node(e, child);
    emit(e, REGEX_JUMP, split);
    if (!e->full)
        e->regex->program[split].y = e->regex->program_count;
}

static void emit_repeat(struct emitter *e, const struct regex_node *node)
{
    for (int i = 0; i < node->min && !e->full; i++)
        emit_node(e, node->child);
    if (node->max < 0) {
        emit_star(e, node->child);
        return;
    }
    /* x{0,3} is (x(x(x)?)?)?: each optional copy may leave for the common end. */
    uint32_t last_split = UINT32_MAX;
    for (int i = node->min; i < node->max && !e->full; i++) {
        uint32_t split = emit(e, REGEX_SPLIT, e->regex->program_count + 1);
        if (!e->full)
            e->regex->program[split].y = last_split;
        last_split = split;
        emit_node(e, node->child);
    }
    while (last_split != UINT32_MAX && !e->full) {
        uint32_t before = e->regex->program[last_split].y;
        e->regex->program[last_split].y = e->regex->program_count;
        last_split = before;
    }
}

static void emit_node(struct emitter *e, const struct regex_node *node)
{
    if (e->full)
        return;
    switch (node->kind) {
    case REGEX_NODE_EMPTY:
        break;
    case REGEX_NODE_CHAR:
        emit(e, REGEX_CHAR, node->code_point);
        break;
    case REGEX_NODE_ANY:
        emit(e, REGEX_ANY, 0);
        break;
    case REGEX_NODE_ANY_BUT_NEWLINE:
        emit(e, REGEX_ANY_BUT_NEWLINE, 0);
        break;
    case REGEX_NODE_CLASS:
        emit(e, REGEX_CLASS, add_class(e, node->class));
        break;
    case REGEX_NODE_ASSERT:
        emit(e, REGEX_ASSERT, (uint32_t)node->assertion);
        break;
    case REGEX_NODE_CONCAT:
        for (const struct regex_node *child = node->child; child && !e->full; child = child->next)
            emit_node(e, child);
        break;
    case REGEX_NODE_ALTERNATE:
        emit_alternate(e, node);
        break;
    case REGEX_NODE_REPEAT:
        emit_repeat(e, node);
        break;
    }
}

/* The run of plain characters at the start of the program, so that the search can leap to where a match may begin. */
static void find_prefix(struct regex *regex)
{
    uint32_t pc = 0;
    regex->anchored = regex->program[0].op == REGEX_ASSERT && regex->program[0].x == REGEX_BEGIN_TEXT;
    while (regex->program[pc].op == REGEX_CHAR && regex->program[pc].x != 0xFFFD) /* which invalid bytes equal */
        pc++;
    char *prefix = arena_alloc(regex->arena, (size_t)pc * 4 + 1);
    for (uint32_t i = 0; i < pc; i++)
        regex->prefix_length += utf8_encode(regex->program[i].x, prefix + regex->prefix_length);
    regex->prefix = prefix;
}

bool regex_emit(struct regex *regex, const struct regex_node *root, struct status *status)
{
    struct emitter e = {.regex = regex};
    emit_node(&e, root);
    emit(&e, REGEX_MATCH, 0);
    if (e.full) {
        status_set(status, STATUS_INVALID_ARGUMENT, "expression too large");
        return false;
    }
    regex->classes = e.classes;
    find_prefix(regex);
    return true;
}
