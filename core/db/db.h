/* What the store sees of a database: connections, statements, transactions. Behind it are the loaded plugin, the pool,
 * the statement cache, group commit and retry. store/ is the only caller.
 *
 * SQL text is written once for all dialects:
 *   ?                   a bound parameter (rewritten to $1.. where the dialect wants it)
 *   `name`              a quoted identifier (rewritten to the dialect's quote character)
 *   {fragment:a|b}      a dialect fragment with its arguments, e.g. {time_read:memo.created_ts}; arguments may nest
 * Fragments that every dialect has (more may be listed in the plugin's documentation):
 *   {time_read:column}       Unix seconds of a time column            {time_write:?}  the reverse, for a bound value
 *   {upsert:key, key|column} tail of an INSERT: on a clash of the unique key set column to the inserted value
 * dialect.md lists the fragments. Each connection keeps its prepared statements by the text as it is written here, so a
 * known text costs one hash look-up. */
#ifndef MEMORA_DB_DB_H
#define MEMORA_DB_DB_H

#include <memora/db.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"

struct db;
struct db_conn;
struct db_rows;

struct db_options {
    unsigned read_connections; /* most connections for reading, and for writing where writers need not queue; >= 1 */
    unsigned idle_connections; /* to a server: opened at start and kept; 0 = 1 */
    int64_t idle_timeout_ns;   /* after which further ones are closed; 0 = 5 minutes */
    unsigned statement_cache;  /* statements kept per connection */
    int64_t statement_timeout_ns;
    int64_t slow_statement_ns; /* logged at WARN when slower; 0 = never */
};

/* ops and config come from the plugin registry. Opens the instance and one connection; does not migrate. */
enum status_code db_open(const struct memora_db_ops *ops, const struct memora_config *config,
                         const struct db_options *options, struct db **out, struct status *status);
void db_close(struct db *db); /* NULL is fine; waits for running writes */

const struct memora_dialect *db_dialect(const struct db *db);
/* The database runs in this process: searching costs, asking does not. Elsewhere it plans statements by what it knows
 * of their values, and a range with unknown ends may make it read a whole table. */
bool db_in_process(const struct db_conn *conn);
int64_t db_size_bytes(struct db *db); /* -1 if the plugin cannot tell */

/* Bound values. Text and blobs are borrowed until the statement has run. */
static inline struct memora_value db_null(void)
{
    return (struct memora_value){.type = MEMORA_NULL};
}
static inline struct memora_value db_int(int64_t value)
{
    return (struct memora_value){.type = MEMORA_INT, .u.i = value};
}
static inline struct memora_value db_bool(bool value)
{
    return (struct memora_value){.type = MEMORA_BOOL, .u.i = value};
}
static inline struct memora_value db_double(double value)
{
    return (struct memora_value){.type = MEMORA_DOUBLE, .u.d = value};
}
static inline struct memora_value db_blob(const void *bytes, size_t length)
{
    return (struct memora_value){.type = MEMORA_BLOB, .len = length, .u.p = bytes};
}
static inline struct memora_value db_text_n(const char *text, size_t length)
{
    return (struct memora_value){.type = MEMORA_TEXT, .len = length, .u.p = text};
}
struct memora_value db_text(const char *text); /* NULL gives NULL */

/* Reading: a connection of the read pool; every db_read_begin needs a db_read_end. One thread at a time. All queries
 * of one begin/end see one snapshot where the dialect can give it cheaply (SQLite): what is written meanwhile, even by
 * the same thread, shows after the next db_read_begin. Don't hold it while waiting for something else. Waits for a free
 * connection up to the statement timeout, then STATUS_UNAVAILABLE. */
enum status_code db_read_begin(struct db *db, struct db_conn **out, struct status *status);
void db_read_end(struct db_conn *conn);

/* As db_read_begin, with one snapshot on every database until db_read_end, however long that is: for reading all of it.
 * A connection that is lost stays lost: the snapshot is gone with it. */
enum status_code db_snapshot_begin(struct db *db, struct db_conn **out, struct status *status);

/* Runs a SELECT. Rows are read with db_next until it gives false (end, or error in status), then closed. Beyond the
 * statement timeout, counted from db_query to db_rows_close: STATUS_DEADLINE_EXCEEDED. */
enum status_code db_query(struct db_conn *conn, const char *sql, const struct memora_value *params, uint32_t count,
                          struct db_rows **out, struct status *status);
bool db_next(struct db_rows *rows, struct status *status);
void db_rows_close(struct db_rows *rows); /* NULL is fine; must precede the next use of the same SQL text */

/* Several SELECTs in one round trip where the plugin can do that, else one after the other; read sees each of them
 * once, in this order, as between db_query and db_rows_close. Its error ends the whole. */
enum { DB_SELECTS_MAX = 8 };
struct db_select {
    const char *sql;
    const struct memora_value *params;
    uint32_t count;
};
typedef enum status_code (*db_read_fn)(void *ctx, uint32_t index, struct db_rows *rows, struct status *status);
enum status_code db_query_all(struct db_conn *conn, const struct db_select *selects, uint32_t count, db_read_fn read,
                              void *ctx, struct status *status);

/* Values of the current row, borrowed until the next db_next or db_rows_close. Missing or NULL gives 0 / "" / NULL. */
uint32_t db_column_count(const struct db_rows *rows);
const struct memora_value *db_column(const struct db_rows *rows, uint32_t index);
int64_t db_column_int(const struct db_rows *rows, uint32_t index);
double db_column_double(const struct db_rows *rows, uint32_t index);
bool db_column_bool(const struct db_rows *rows, uint32_t index);
bool db_column_null(const struct db_rows *rows, uint32_t index);
char *db_column_text(const struct db_rows *rows, uint32_t index, struct arena *arena); /* copy; "" for NULL */
char *db_column_bytes(const struct db_rows *rows, uint32_t index, struct arena *arena, size_t *length); /* copy */

/* Writing. fn runs inside a write transaction on a write connection and may run more than once (it must start from
 * scratch each time and touch nothing outside but ctx). When db_write returns STATUS_OK the write is on disk. Where
 * the database has one writer (MEMORA_SQL_SINGLE_WRITER) concurrent calls share one commit; a failing fn undoes only
 * itself. fn's own error passes through. It may run on another thread, while the caller waits; it must not call
 * db_write. Once a statement has failed inside fn, all further ones fail alike and so does the write, as PostgreSQL has
 * it: to go on after a duplicate, avoid it with {insert_ignore:...} or {upsert:...}.
 * STATUS_UNAVAILABLE: nothing was written, for lack of a turn. STATUS_UNKNOWN: the connection broke during the commit.
 */
typedef enum status_code (*db_write_fn)(struct db_conn *conn, void *ctx, struct status *status);
enum status_code db_write(struct db *db, db_write_fn fn, void *ctx, struct status *status);

/* A statement without rows; affected may be NULL. A unique key in the way is STATUS_ALREADY_EXISTS. */
enum status_code db_exec(struct db_conn *conn, const char *sql, const struct memora_value *params, uint32_t count,
                         int64_t *affected, struct status *status);
/* An INSERT; *id becomes the new row's column `id` (RETURNING is added where the dialect has it). */
enum status_code db_insert(struct db_conn *conn, const char *sql, const struct memora_value *params, uint32_t count,
                           int64_t *id, struct status *status);

/* Inside a write, as its first step: this write collides with fewer others, and in exchange what it reads may change
 * before it commits. For statements that each stand for themselves. Nothing where the database has no such thing. */
enum status_code db_relax(struct db_conn *conn, struct status *status);

uint32_t db_max_params(const struct db_conn *conn); /* of one statement */
/* Appends "?, ?, ?" (count marks). count must be within the dialect's max_params. */
void db_sql_marks(struct buf *sql, uint32_t count);

/* Creates or upgrades the schema as contract/database.md 5 says; refuses newer and too old databases untouched. */
enum status_code db_migrate(struct db *db, struct status *status);

/* STATUS_FAILED_PRECONDITION, with a text for people, unless the schema is the one db_migrate makes. Only reads. */
enum status_code db_schema_check(struct db *db, struct status *status);
/* After many rows were inserted with ids of their own: the next id that the database gives is beyond them, and its
 * planner knows how many there are. */
enum status_code db_advance_ids(struct db *db, struct status *status);

/* Number of statements run by the calling thread since it last called this: for the tests of constant statements. */
unsigned db_statement_count_reset(void);

#endif
