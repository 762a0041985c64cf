/* Large bytes of a request in files instead of memory: unlinked from the start, so that nothing is left of them
 * whatever ends the request or the process. What lies in a spool is read as memory through a mapping, whose pages are
 * given back as they are passed, or by position without touching memory at all. A file that cannot be read any more
 * ends the request, not the process. */
#ifndef MEMORA_BASE_SPOOL_H
#define MEMORA_BASE_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"

enum {
    SPOOL_MEMORY = 512 * 1024,   /* bytes up to here stay in memory */
    SPOOL_STEP = 256 * 1024,     /* how far a reader of a mapping goes before it gives back what it has passed */
    SPOOL_AROUND_MAX = 64 * 1024 /* bytes before and behind those of interest that a spool holds in memory */
};

/* The directory of the files, and how many bytes all of them may have. Thread-safe. */
struct spool_area;
struct spool_area *spool_area_create(const char *directory, uint64_t most_bytes);
/* Files are stored on the same disk, so that spool_keep is worth its while. Before there are spools. */
void spool_area_keep(struct spool_area *area);
void spool_area_destroy(struct spool_area *area); /* NULL is fine; all spools are closed before */

/* The spools of one request; one thread at a time. Without an area there can be none, and all stays in memory. */
struct spool_list {
    struct spool_area *area;
    struct spool *first;
};
/* What was mapped is gone afterwards. */
void spool_list_close(struct spool_list *list);

/* STATUS_RESOURCE_EXHAUSTED: the disk is full, or there are too many bytes in spools. */
enum status_code spool_create(struct spool_list *list, struct spool **out, struct status *status);
enum status_code spool_write(struct spool *spool, const void *bytes, size_t length, struct status *status);
/* The first bytes, when nothing is written yet, where those of interest, which are going to be stored, come only behind
 * them: SPOOL_AROUND_MAX at most. They stay in memory, so that the file begins with the others. */
enum status_code spool_write_before(struct spool *spool, const void *bytes, size_t length, struct status *status);
/* The file is likely to be taken as it is, see spool_take: with spool_area_keep it goes to the disk while it is
 * written. */
void spool_keep(struct spool *spool);
uint64_t spool_size(const struct spool *spool);
/* All bytes, with a NUL behind them, until the list is closed. Nothing may be written any more. */
enum status_code spool_map(struct spool *spool, const char **out, struct status *status);

/* Whether bytes could not be read from a mapping, which gave zeros instead: what was made of them is worth nothing.
 * Logged. list: NULL is fine. */
bool spool_damaged(const struct spool_list *list);

/* Whether they lie in a mapping. list: NULL is fine. */
bool spool_holds(const struct spool_list *list, const void *bytes);
/* Copies up to cap of length bytes from position pos on: out of the file if they lie in a mapping, whose memory is not
 * touched then. 0 at the end, -1 on failure (logged). list: NULL is fine. */
int64_t spool_copy(const struct spool_list *list, const void *bytes, size_t length, uint64_t pos, void *out,
                   size_t cap);

/* A file that has these bytes, which lie in a mapping, and nothing else, for whoever gives it a name: open(2) tells how
 * under O_TMPFILE. It stays the list's to close, and nothing may be written to it. -1 if there is none such: all that
 * comes before them must have been written with spool_write_before, and not too much may come behind them. The mapping
 * stays as it is. Nobody may use spool_copy meanwhile. list: NULL is fine. */
int spool_take(const struct spool_list *list, const void *bytes, size_t length);

/* [from, to) is not needed soon: if it lies in a mapping, it takes no memory until it is touched again. */
void spool_forget(const struct spool_list *list, const char *from, const char *to); /* list: NULL is fine */

/* Bytes that grow in memory at first and go on in a spool when they become many. */
struct spool_sink {
    struct spool_list *list; /* NULL: memory only */
    struct buf memory;
    struct spool *spool;
};
struct spool_sink spool_sink_in(struct spool_list *list, struct arena *arena);
enum status_code spool_sink_add(struct spool_sink *sink, const void *bytes, size_t length, struct status *status);
size_t spool_sink_length(const struct spool_sink *sink);
/* They live as long as the arena and the list. */
enum status_code spool_sink_finish(struct spool_sink *sink, const char **out, size_t *length, struct status *status);

#endif
