/* The data of the server: every SQL text is in this folder and nowhere else. All functions are thread-safe, put what
 * they return into the given arena, and run a constant number of statements. */
#ifndef MEMORA_STORE_STORE_H
#define MEMORA_STORE_STORE_H

#include "base/arena.h"
#include "base/status.h"
#include "db/db.h"

struct cache;          /* cache/cache.h */
struct store_tokens;   /* store/token.h */
struct store_deployed; /* store/deployed.h */

struct store {
    struct db *db;
    struct cache *users;             /* decimal id -> struct store_user */
    struct cache *user_settings;     /* "id-KEY" -> JSON text */
    struct cache *instance_settings; /* name -> JSON text */
    struct cache *instance_stats;    /* sizes that are dear to find out; lives a minute */
    struct store_tokens *tokens;     /* personal access tokens by hash */
    struct store_deployed *deployed; /* what files set in place of the database */
    struct store_listener {
        void (*fn)(void *ctx, int32_t user_id, bool signed_out);
        void *ctx;
    } listener; /* store_listen */
};

/* A store over an open and migrated database, with empty caches. Destroying it (NULL is fine) writes what is pending,
 * so the database is closed afterwards. */
struct store *store_create(struct db *db);
void store_destroy(struct store *store);

/* fn is told, on whatever thread, when the rights of a user may have changed, on this server or another: role, state, a
 * personal access token. user_id 0: of anybody. signed_out: the user has ended one of the sessions. fn must not wait.
 * Before other threads use the store. */
void store_listen(struct store *store, void (*fn)(void *ctx, int32_t user_id, bool signed_out), void *ctx);

/* Whether this server knows of everything that others have changed more than DB_NEWS_BOUND_NS ago. */
bool store_is_current(struct store *store);
/* Whether there can be others at all. */
bool store_is_shared(const struct store *store);

/* What a caller reads through: a connection with one snapshot. Functions that take a conn work inside such a bracket or
 * inside a write; the others open one themselves. */
enum status_code store_read_begin(struct store *store, struct db_conn **out, struct status *status);
void store_read_end(struct db_conn *conn); /* NULL is fine */

/* Several changes that appear together or not at all; see db_write for the rules of fn. */
enum status_code store_write(struct store *store, db_write_fn fn, void *ctx, struct status *status);

/* Inside a write: until its end no other write, of whatever server, is past the same call with the same name. */
enum status_code store_lock(struct db_conn *conn, const char *name, struct status *status);

/* Appends "(?, ?, ...)" for count ids to sql and the ids to params (made by store_sql_params, or with room for
 * STORE_IN_MAX values from *used on). The number of marks is rounded up (repeating the last id), so that few statement
 * texts exist. 1 <= count <= STORE_IN_MAX. */
enum { STORE_IN_MAX = 1024 };
/* Room, not cleared, for the values of so many such lists of count ids, and for others beside them. */
struct memora_value *store_sql_params(struct arena *arena, size_t count, size_t lists, size_t others);
void store_sql_in(struct buf *sql, struct memora_value *params, uint32_t *used, const int32_t *ids, size_t count);
/* " IN (...)" to follow the name of a column. Where the ids lie close together, as those of a page of the newest memos
 * do, and the database runs in the process, " BETWEEN ? AND ?": one walk along an index instead of a search for each.
 * Then rows of ids in the gaps come too, which the caller drops with store_ids_have. Takes as many params as
 * store_sql_in at most. */
void store_sql_near(struct db_conn *conn, struct buf *sql, struct memora_value *params, uint32_t *used,
                    const int32_t *ids, size_t count);
bool store_ids_have(const int32_t *ids, size_t count, int32_t id);
void store_sql_in_text(struct buf *sql, struct memora_value *params, uint32_t *used, const char *const *texts,
                       size_t count);

enum store_row_status { STORE_NORMAL, STORE_ARCHIVED };
const char *store_row_status_name(enum store_row_status status); /* "NORMAL", "ARCHIVED" */
enum store_row_status store_row_status_parse(const char *text);

#endif
