/* Memory of one request: allocate freely, free all at once. Not thread-safe; one arena belongs to one request. */
#ifndef MEMORA_BASE_ARENA_H
#define MEMORA_BASE_ARENA_H

#include <stddef.h>

struct arena;

/* Allocator policy: memory that a request needs comes from its arena and is bounded by the limits on its input; when
 * the machine itself has no memory left, the process says so and ends (memory_exhausted), rather than limping on.
 * Hence none of these returns NULL. */
struct arena *arena_create(void);
void arena_destroy(struct arena *arena); /* NULL is fine */
/* The same for an arena that had secrets in it: its memory is wiped first. */
void arena_destroy_wiped(struct arena *arena);

/* Frees all but one block of moderate size, for re-use by the next request. */
void arena_reset(struct arena *arena);

/* 16-byte aligned, not cleared. A size of 0 gives a valid pointer. */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_zalloc(struct arena *arena, size_t size);

/* Grows in place when ptr was the last allocation, else copies. ptr may be NULL with old_size 0. */
void *arena_grow(struct arena *arena, void *ptr, size_t old_size, size_t new_size);

char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length); /* adds a NUL */
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define ARENA_NEW(arena, type) ((type *)arena_zalloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_zalloc((arena), sizeof(type) * (size_t)(count)))

/* Bytes handed out since creation or reset. */
size_t arena_used(const struct arena *arena);

/* malloc family with the same policy, for memory that outlives requests. */
void *memory_alloc(size_t size);
void *memory_zalloc(size_t size);
void *memory_realloc(void *ptr, size_t size);
char *memory_strdup(const char *text);
_Noreturn void memory_exhausted(void);

#endif
