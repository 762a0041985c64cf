/* Mapped files whose bytes may turn out not to be there: on a disk error, or when somebody cuts the file, the kernel
 * answers a read from the mapping with SIGBUS, which would end the process. In a guarded range the page reads as zeros
 * instead, and the guard says afterwards that what was read is not what was written. Thread-safe. */
#ifndef MEMORA_BASE_GUARD_H
#define MEMORA_BASE_GUARD_H

#include <stdbool.h>
#include <stddef.h>

/* How many there can be at a time; what is mapped beyond is not guarded. */
enum { GUARDS_MAX = 4096 };

struct guard;

/* Guards a mapping, which is of whole pages, until guard_remove; to be called before that is unmapped. NULL: there are
 * too many. */
struct guard *guard_add(const void *start, size_t length);
bool guard_damaged(const struct guard *guard); /* false for NULL */
void guard_remove(struct guard *guard);        /* NULL is fine */

#endif
