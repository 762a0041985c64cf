/* The schema and the store of the server, run through a plugin: what is written to a transcript must be the same on
 * every database. */
#ifndef PLUGIN_CHECK_DB_STORE_H
#define PLUGIN_CHECK_DB_STORE_H

#include "base/buf.h"
#include "check.h"
#include "store/store.h"

struct transcript {
    struct db *db;
    struct store *store;
    struct arena *arena; /* lives as long as one golden test */
    struct buf text;
};

struct golden {
    const char *name;
    void (*run)(struct transcript *transcript);
    const char *expected;
};

/* They build on one another: users, then memos, and so on. Each list ends with a NULL name. */
extern const struct golden golden_notes[];  /* db_golden.c */
extern const struct golden golden_around[]; /* db_golden_around.c: what hangs on notes, and how it all goes */

/* "what: ok", or the code; messages differ between databases. */
void transcript_code(struct transcript *transcript, const char *what, enum status_code code);

#endif
