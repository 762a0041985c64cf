#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) /* clang's way of saying it */
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

enum { ALIGNMENT = 16, FIRST_BLOCK = 8 * 1024, LARGEST_STEP = 1024 * 1024, LARGEST_KEPT = 64 * 1024, SMALL_TEXT = 256 };

struct block {
    struct block *next;
    size_t size, used;
    _Alignas(16) char data[];
};

struct arena {
    struct block *first, *current;
    size_t total;
};

_Noreturn void memory_exhausted(void)
{
    static const char text[] = "memora: out of memory\n";
    ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);
    (void)ignored;
    abort();
}

void *memory_alloc(size_t size)
{
    void *ptr = malloc(size ? size : 1);
    if (!ptr)
        memory_exhausted();
    return ptr;
}

void *memory_zalloc(size_t size)
{
    void *ptr = calloc(1, size ? size : 1);
    if (!ptr)
        memory_exhausted();
    return ptr;
}

void *memory_realloc(void *ptr, size_t size)
{
    void *grown = realloc(ptr, size ? size : 1);
    if (!grown)
        memory_exhausted();
    return grown;
}

char *memory_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(memory_alloc(size), text, size);
}

static struct block *block_create(size_t size)
{
    if (size > SIZE_MAX - sizeof(struct block))
        memory_exhausted();
    struct block *block = memory_alloc(sizeof *block + size);
    block->next = NULL;
    block->size = size;
    block->used = 0;
    ASAN_POISON_MEMORY_REGION(block->data, size);
    return block;
}

struct arena *arena_create(void)
{
    struct arena *arena = memory_alloc(sizeof *arena);
    arena->first = arena->current = block_create(FIRST_BLOCK);
    arena->total = 0;
    return arena;
}

static void free_blocks(struct block *block)
{
    while (block) {
        struct block *next = block->next;
        ASAN_UNPOISON_MEMORY_REGION(block->data, block->size);
        free(block);
        block = next;
    }
}

void arena_destroy(struct arena *arena)
{
    if (!arena)
        return;
    free_blocks(arena->first);
    free(arena);
}

void arena_destroy_wiped(struct arena *arena)
{
    for (struct block *block = arena ? arena->first : NULL; block; block = block->next) {
        ASAN_UNPOISON_MEMORY_REGION(block->data, block->size);
        secret_wipe(block->data, block->used);
    }
    arena_destroy(arena);
}

/* The larger block is kept, within a bound: the next request is likely to need as much as this one. */
void arena_reset(struct arena *arena)
{
    struct block *kept = arena->first, *next = kept->next;
    while (next) {
        struct block *block = next, *drop = next;
        next = block->next;
        if (block->size > kept->size && block->size <= LARGEST_KEPT) {
            drop = kept;
            kept = block;
        }
        drop->next = NULL;
        free_blocks(drop);
    }
    kept->next = NULL;
    kept->used = 0;
    ASAN_POISON_MEMORY_REGION(kept->data, kept->size);
    arena->first = arena->current = kept;
    arena->total = 0;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX - ALIGNMENT)
        memory_exhausted();
    size_t rounded = size ? (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1) : ALIGNMENT;
    struct block *block = arena->current;
    if (block->size - block->used < rounded) {
        size_t step = block->size * 2 < LARGEST_STEP ? block->size * 2 : LARGEST_STEP;
        block->next = block_create(rounded > step ? rounded : step);
        block = arena->current = block->next;
    }
    void *ptr = block->data + block->used;
    block->used += rounded;
    arena->total += rounded;
    ASAN_UNPOISON_MEMORY_REGION(ptr, size);
    return ptr;
}

void *arena_zalloc(struct arena *arena, size_t size)
{
    return memset(arena_alloc(arena, size), 0, size);
}

void *arena_grow(struct arena *arena, void *ptr, size_t old_size, size_t new_size)
{
    if (new_size <= old_size && ptr)
        return ptr;
    struct block *block = arena->current;
    size_t rounded_old = (old_size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (ptr && old_size && (char *)ptr + rounded_old == block->data + block->used && new_size <= SIZE_MAX - ALIGNMENT) {
        size_t rounded_new = (new_size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
        if (rounded_new - rounded_old <= block->size - block->used) {
            block->used += rounded_new - rounded_old;
            arena->total += rounded_new - rounded_old;
            ASAN_UNPOISON_MEMORY_REGION(ptr, new_size);
            return ptr;
        }
    }
    void *grown = arena_alloc(arena, new_size);
    if (old_size)
        memcpy(grown, ptr, old_size);
    return grown;
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_alloc(arena, length + 1);
    if (length)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_strndup(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    char small[SMALL_TEXT]; /* most texts fit, and are formatted only once */
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    char *text;
    if (length < (int)sizeof small) {
        text = arena_strndup(arena, small, (size_t)(length < 0 ? 0 : length));
    } else {
        text = arena_alloc(arena, (size_t)length + 1);
        vsnprintf(text, (size_t)length + 1, format, again);
    }
    va_end(again);
    return text;
}

size_t arena_used(const struct arena *arena)
{
    return arena->total;
}
