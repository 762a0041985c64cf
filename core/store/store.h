/* The data of the server: every SQL text is in this folder and nowhere else. All functions are thread-safe, put what
 * they return into the given arena, and run a constant number of statements. */
#ifndef MEMORA_STORE_STORE_H
#define MEMORA_STORE_STORE_H

#include "base/arena.h"
#include "base/status.h"
#include "db/db.h"

struct cache; /* cache/cache.h */

struct store {
    struct db *db;
    struct cache *users;             /* decimal id -> struct store_user */
    struct cache *user_settings;     /* "id-KEY" -> JSON text */
    struct cache *instance_settings; /* name -> JSON text */
};

enum store_row_status { STORE_NORMAL, STORE_ARCHIVED };
const char *store_row_status_name(enum store_row_status status); /* "NORMAL", "ARCHIVED" */
enum store_row_status store_row_status_parse(const char *text);

#endif
