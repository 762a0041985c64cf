/* News between the servers that share one database: what one of them has changed, the others drop from their memory.
 *
 * News are lines of text whose meaning is the caller's. They travel by the plugin's notify and listen where it has
 * them, else through the table memora_change, which every server reads a few times a second. A database in the process
 * (MEMORA_SQL_SINGLE_WRITER) belongs to one server: nothing is sent, and all is current at all times.
 *
 * How stale may memory be? A server also hears what it sends itself. All news committed before its own had been sent
 * have then been heard, too: until DB_NEWS_BOUND_NS after that sending it counts as current. A server that is cut off
 * from the news stops being so by itself, and must not answer from memory any more. */
#ifndef MEMORA_DB_NEWS_H
#define MEMORA_DB_NEWS_H

#include "db/db.h"

#define DB_NEWS_BOUND_NS INT64_C(1000000000)
enum { DB_NEWS_TEXT_MAX = 7000 }; /* bytes of one text, all its lines */

/* Called on threads of db/, one at a time, with the news of other servers: one or more lines, each ended by '\n'. A
 * text of NULL: news may have been missed, so anything may have changed. Must not use the database. */
typedef void (*db_news_fn)(void *ctx, const char *text, size_t length);

/* Begins to listen. The schema must be there. Until then the database counts as current. */
enum status_code db_news_start(struct db *db, db_news_fn fn, void *ctx, struct status *status);
/* Sends what waits; fn is not called any more when this returns. Fine without a start. */
void db_news_stop(struct db *db);

/* Inside db_write, as its last statement: the text is told to the other servers when and only when the write
 * commits. */
enum status_code db_tell(struct db_conn *conn, const char *text, struct status *status);

/* Outside of a write, for what may be lost: the line (with its '\n') is told within a few milliseconds, with others
 * that wait. Never waits itself; lines beyond a bound are dropped. */
void db_tell_soon(struct db *db, const char *line);

/* Whether fn has been told of everything that was committed longer than DB_NEWS_BOUND_NS ago. */
bool db_news_current(struct db *db);

#endif
